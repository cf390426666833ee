"""Steps of a retrospective: laid out, settled by people and by what happened, dated anew."""

from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents import measuring
from incidents.lib.conflict import Conflict
from incidents.models import AuditEvent, Milestone, MilestoneKind, Severity
from postmortems import action_items, drafting, meetings, participating, publishing, step_facts, stepping
from postmortems.models import CalendarTeam, Holiday, Postmortem, Step, StepEvent, StepPlan, WorkCalendar
from tests.factories import T0, make_event, make_incident, make_postmortem, make_team, make_user

pytestmark = pytest.mark.django_db


def resolved(incident, at):
    return Milestone.objects.update_or_create(incident=incident, kind=MilestoneKind.objects.get(key="resolved"), defaults={"decision": "overridden", "at": at})[
        0
    ]


def started(owner, at=T0 + timedelta(days=1), **fields):
    """A retrospective begun the day after an incident that was resolved on Monday 2 March."""
    incident = make_incident(**fields)
    resolved(incident, T0 + timedelta(hours=1))
    postmortem = make_postmortem(owner, incident=incident)
    Postmortem.objects.filter(pk=postmortem.pk).update(created_at=at)
    stepping.refresh(postmortem.pk)
    return Postmortem.objects.get(pk=postmortem.pk)


def step(postmortem, key):
    return Step.objects.get(postmortem=postmortem, key=key)


def says(postmortem, key):
    return [(event.verb, event.actor.username if event.actor else None) for event in step(postmortem, key).events.all()]


def test_a_retrospective_begins_with_the_steps_of_its_template(alice):
    assert [one.key for one in make_postmortem(alice, template="quick_retro").steps.all()] == ["timeline", "draft", "actions", "publish"]
    assert step(make_postmortem(alice, template="learning_review"), "interviews").mandatory
    assert not step(make_postmortem(alice), "interviews").mandatory


def test_dates_count_in_working_days(alice):
    postmortem = started(alice)
    due = dict(postmortem.steps.values_list("key", "due_on"))
    assert due["facilitator"] == date(2026, 3, 3)
    assert due["meeting"] == date(2026, 3, 9)
    assert (due["calibrate"], due["soak"], due["publish"]) == (date(2026, 3, 6), date(2026, 3, 11), date(2026, 3, 16))


def test_a_severity_has_dates_of_its_own(alice):
    postmortem = started(alice, severity=Severity.objects.get(rank=1))
    assert (step(postmortem, "meeting").due_on, step(postmortem, "draft").due_on) == (date(2026, 3, 5), date(2026, 3, 4))


def test_the_teams_week_holidays_and_zone_count(alice):
    team = make_team()
    riyadh = WorkCalendar.objects.create(name="Riyadh", time_zone="Asia/Riyadh", friday=False, sunday=True)
    CalendarTeam.objects.create(calendar=riyadh, team=team)
    Holiday.objects.create(calendar=riyadh, day=date(2026, 3, 4), name="A holiday")
    incident = make_incident(team=team)
    resolved(incident, datetime.fromisoformat("2026-03-02T22:30:00+00:00"))  # already Tuesday there
    postmortem = make_postmortem(alice, incident=incident)
    Postmortem.objects.filter(pk=postmortem.pk).update(created_at=T0 + timedelta(days=1))
    stepping.refresh(postmortem.pk)
    assert step(postmortem, "facilitator").due_on == date(2026, 3, 5)  # Wednesday is a holiday
    assert step(postmortem, "timeline").due_on == date(2026, 3, 8)  # Friday and Saturday are free


def test_dates_move_with_the_end_of_the_incident_unless_a_person_set_them(alice, django_capture_on_commit_callbacks):
    postmortem = started(alice)
    meeting, draft = step(postmortem, "meeting"), step(postmortem, "draft")
    stepping.change(actor=alice, step=draft, version=draft.version, due_on=date(2026, 3, 20), owner=None)
    row = Milestone.objects.get(incident=postmortem.incident, kind__key="resolved")
    with django_capture_on_commit_callbacks(execute=True):
        measuring.decide(actor=alice, milestone=row, version=row.version, decision="overridden", at=T0 + timedelta(days=2))
    assert step(postmortem, "meeting").due_on == date(2026, 3, 11) != meeting.due_on
    assert step(postmortem, "draft").due_on == date(2026, 3, 20)
    assert step(postmortem, "meeting").events.last().note == "moved from 9 March 2026 to 11 March 2026"
    draft = step(postmortem, "draft")
    assert stepping.change(actor=alice, step=draft, version=draft.version, due_on=None, owner=None).due_on == date(2026, 3, 9)


def test_one_that_begins_late_is_not_late_from_its_first_day(alice):
    postmortem = started(alice, at=T0 + timedelta(days=60))
    assert step(postmortem, "facilitator").due_on == date(2026, 5, 4)
    timing = step_facts.timing_of(postmortem, postmortem.process)
    assert "working days after the incident was resolved" in timing.base.reason


def test_an_end_that_nobody_decided_is_not_told_as_one(alice):
    postmortem = started(alice)
    assert step_facts.timing_of(postmortem, postmortem.process).base.reason == "the incident was resolved"
    Milestone.objects.filter(incident=postmortem.incident).update(decision="open", at=None, proposed_at=T0 + timedelta(hours=1))
    timing = step_facts.timing_of(postmortem, postmortem.process)
    assert (timing.base.day, timing.base.reason) == (T0.date(), "the incident was resolved, as far as the evidence shows")


def test_done_skipped_and_opened_again_by_people(alice, bob):
    postmortem = make_postmortem(alice)
    meeting = step(postmortem, "meeting")
    stepping.complete(actor=bob, step=meeting, version=meeting.version, note="on Tuesday")
    done = step(postmortem, "meeting")
    assert (done.state, done.settled_by, done.note, done.by_itself) == ("done", bob, "on Tuesday", False)
    with pytest.raises(ValidationError, match="settled already"):
        stepping.skip(actor=bob, step=done, version=done.version, reason="twice")
    stepping.reopen(actor=alice, step=done, version=done.version, note="half of it was missing")
    again = step(postmortem, "meeting")
    with pytest.raises(ValidationError, match="why"):
        stepping.skip(actor=alice, step=again, version=again.version, reason="  ")
    stepping.skip(actor=alice, step=again, version=again.version, reason="All of it was said in writing")
    assert [pair for pair in says(postmortem, "meeting") if pair[0] != "dated"] == [("done", "bob"), ("reopened", "alice"), ("skipped", "alice")]
    assert AuditEvent.objects.filter(subject=postmortem.reference, verb__startswith="step ").count() == 3


def test_whoever_comes_second_is_told(alice, bob):
    meeting = step(make_postmortem(alice), "meeting")
    stepping.complete(actor=bob, step=meeting, version=meeting.version)
    for verb, more in ((stepping.complete, {}), (stepping.reopen, {}), (stepping.skip, {"reason": "x"}), (stepping.change, {"due_on": None, "owner": None})):
        with pytest.raises(Conflict) as conflict:
            verb(actor=alice, step=meeting, version=meeting.version, **more)
        assert conflict.value.current.state == "done"
    assert step(meeting.postmortem, "meeting").settled_by == bob


def test_viewers_settle_nothing(alice, charlie):
    meeting = step(make_postmortem(alice), "meeting")
    with pytest.raises(PermissionDenied):
        stepping.complete(actor=charlie, step=meeting, version=meeting.version)


def test_a_step_goes_to_somebody_who_can_see_it(alice, bob, charlie):
    postmortem = make_postmortem(alice, is_private=True, members=[alice])
    meeting = step(postmortem, "meeting")
    for person, words in ((bob, "cannot see"), (charlie, "cannot see")):
        with pytest.raises(ValidationError, match=words):
            stepping.change(actor=alice, step=meeting, version=meeting.version, due_on=None, owner=person)
    with pytest.raises(ValidationError, match="from 2000 to 2199"):
        stepping.change(actor=alice, step=meeting, version=meeting.version, due_on=date(9999, 12, 31), owner=None)
    open_one = step(make_postmortem(alice), "meeting")
    assert stepping.change(actor=alice, step=open_one, version=open_one.version, due_on=None, owner=bob).owner == bob
    with pytest.raises(ValidationError, match="cannot open drafts"):
        stepping.change(actor=alice, step=step(open_one.postmortem, "draft"), version=step(open_one.postmortem, "draft").version, due_on=None, owner=charlie)


def test_a_facilitator_who_accepts_completes_the_step_and_one_who_goes_opens_it(alice, bob):
    postmortem = make_postmortem(bob)
    row = participating.invite(actor=bob, postmortem=postmortem, role="facilitator", user=alice)
    assert step(postmortem, "facilitator").is_open
    row = participating.answer(actor=alice, participant=row, version=row.version, accept=True, was_no_responder=True, manages_nobody=True, has_the_hours=True)
    found = step(postmortem, "facilitator")
    assert (found.state, found.by_itself, found.settled_by, found.note) == ("done", True, None, "alice accepted to facilitate; bob owns the document.")
    participating.remove(actor=bob, participant=row, version=row.version)
    assert step(postmortem, "facilitator").is_open
    assert says(postmortem, "facilitator") == [("done", None), ("reopened", None)]


def test_a_persons_word_stands(alice, bob):
    postmortem = make_postmortem(bob)
    row = participating.invite(actor=bob, postmortem=postmortem, role="facilitator", user=alice)
    participating.answer(actor=alice, participant=row, version=row.version, accept=True, was_no_responder=True, manages_nobody=True, has_the_hours=True)
    done = step(postmortem, "facilitator")
    stepping.reopen(actor=bob, step=done, version=done.version, note="We look for a second one")
    stepping.refresh(postmortem.pk)
    assert step(postmortem, "facilitator").is_open
    by_hand = step(postmortem, "facilitator")
    stepping.complete(actor=bob, step=by_hand, version=by_hand.version)
    row.refresh_from_db()
    participating.remove(actor=bob, participant=row, version=row.version)
    assert not step(postmortem, "facilitator").is_open


def test_what_happened_completes_its_step(alice, django_capture_on_commit_callbacks):
    """Sections, findings, actions and the publication, each where it changes."""
    with django_capture_on_commit_callbacks(execute=True):
        incident = make_incident()
        make_event(incident, 1, "Error ratio above 4 %", kind="alert", source="alertmanager")
        measuring.remeasure(incident=incident)
        postmortem = make_postmortem(alice, template="quick_retro", incident=incident)
    incident.refresh_from_db()
    assert step(postmortem, "timeline").is_open == bool(incident.open_findings)
    with django_capture_on_commit_callbacks(execute=True):
        for finding in measuring.findings_of(incident):
            measuring.accept_finding(actor=alice, incident=incident, key=finding["key"])
    assert step(postmortem, "timeline").by_itself
    with django_capture_on_commit_callbacks(execute=True):
        action_items.add(actor=alice, incident=incident, postmortem=postmortem, title="Alert on age", owner=alice, due_on=date(2026, 4, 1))
        for row in Milestone.objects.filter(incident=incident):
            measuring.decide(actor=alice, milestone=row, version=row.version, decision="not_applicable")
        for section in postmortem.sections.all():
            drafting.save_section(actor=alice, section=section, version=section.version, body="Words of our own.", values=section.values)
    assert [step(postmortem, key).by_itself for key in ("draft", "actions")] == [True, True]
    with django_capture_on_commit_callbacks(execute=True):
        publishing.publish(actor=alice, postmortem=Postmortem.objects.get(pk=postmortem.pk))
    assert step(postmortem, "publish").note == "Revision 1 was published."
    assert not Step.objects.filter(postmortem=postmortem, state="open").exists()


def test_the_soak_ends_by_the_clock(alice):
    postmortem = started(alice)
    meeting = step(postmortem, "meeting")
    stepping.complete(actor=alice, step=meeting, version=meeting.version, now=T0 + timedelta(days=7))  # Monday 9 March
    stepping.refresh(postmortem.pk, now=T0 + timedelta(days=8))
    assert step(postmortem, "soak").due_on == date(2026, 3, 11)
    other = started(alice)
    stepping.refresh(other.pk, now=T0 + timedelta(days=30))
    assert step(other, "soak").is_open  # no meeting was held


def test_dates_follow_the_day_the_meeting_is_planned_for_and_held_on(alice, django_capture_on_commit_callbacks):
    postmortem = started(alice)
    plan = {"actor": alice, "postmortem": postmortem, "minutes": 60}
    with django_capture_on_commit_callbacks(execute=True):
        meeting = meetings.plan(**plan, version=meetings.ensure(postmortem).version, starts_at=T0 + timedelta(days=2))  # Wednesday 4 March
    assert [step(postmortem, key).due_on.day for key in ("meeting", "calibrate", "soak")] == [4, 3, 6]
    with django_capture_on_commit_callbacks(execute=True):
        meetings.settle(actor=alice, postmortem=postmortem, version=meeting.version, outcome="held", at=T0 + timedelta(days=1))
    assert [step(postmortem, key).due_on.day for key in ("soak", "actions")] == [5, 6]  # at once, and from Tuesday
    assert step(postmortem, "meeting").state == "done"


def test_refreshing_again_changes_nothing(alice):
    postmortem = started(alice)
    before = (list(Step.objects.values_list("pk", "version", "due_on")), StepEvent.objects.count())
    stepping.refresh(postmortem.pk)
    assert before == (list(Step.objects.values_list("pk", "version", "due_on")), StepEvent.objects.count())


def test_another_list_keeps_what_people_did(alice):
    postmortem = make_postmortem(alice)
    meeting, review = step(postmortem, "meeting"), step(postmortem, "review")
    stepping.complete(actor=alice, step=meeting, version=meeting.version)
    stepping.change(actor=alice, step=review, version=review.version, due_on=date(2030, 1, 1), owner=None)
    stepping.choose_plan(actor=alice, postmortem=postmortem, plan=StepPlan.objects.get(key="light"))
    assert {one.key for one in postmortem.steps.all()} == {"timeline", "draft", "actions", "publish", "meeting", "review"}
    stepping.choose_plan(actor=alice, postmortem=postmortem, plan=StepPlan.objects.get(key="deep"))
    assert (step(postmortem, "meeting").state, step(postmortem, "review").due_on) == ("done", date(2030, 1, 1))
    assert step(postmortem, "accounts").mandatory


def test_the_sweep_lays_out_what_has_no_steps_and_misses_nothing(alice):
    postmortem = make_postmortem(alice)
    Step.objects.all().delete()
    postmortem.process.delete()
    published = make_postmortem(alice)
    Postmortem.objects.filter(pk=published.pk).update(status="published")
    published.process.delete()
    published.steps.all().delete()
    assert stepping.sweep() == 1
    assert postmortem.steps.count() == 17
    assert not published.steps.exists()


def test_without_any_list_or_calendar_a_retrospective_begins_all_the_same(alice):
    StepPlan.objects.all().delete()
    WorkCalendar.objects.all().delete()
    postmortem = make_postmortem(alice)
    assert not postmortem.steps.exists()
    assert step_facts.calendar_of(postmortem.incident).weekdays == frozenset(range(5))


def test_a_long_list_takes_no_more_queries(alice):
    postmortem = started(alice)

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as context:
            stepping.refresh(postmortem.pk)
        return len(context)

    few = queries()
    for number in range(20):
        make_event(postmortem.incident, number, actor=f"Person {number}", kind="message")
        make_user(f"u{number}")
        participating.invite(actor=alice, postmortem=postmortem, role="observer", name=f"N{number}")
    assert queries() == few <= 31
