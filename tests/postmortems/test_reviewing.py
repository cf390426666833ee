"""Review with rows: who may, what is kept, what lapses, what publishing asks for."""

from datetime import date
from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command

from incidents.access import SYSTEM
from incidents.lib.conflict import Conflict
from incidents.models import AuditEvent, Milestone, Severity
from postmortems import action_items, drafting, publishing, reviewing, states
from postmortems.approvals import Approvals
from postmortems.models import ApprovalRule, Decision, Participant, Postmortem, Review, Transition
from tests.factories import T0, make_event, make_postmortem, make_user, make_written

pytestmark = pytest.mark.django_db


def make_rule(*people, **fields):
    rule = ApprovalRule.objects.create(**{"name": "Legal", "reason": "The law asks for it.", "who": "people", **fields})
    rule.people.set(people)
    return rule


def fresh(postmortem):
    return Postmortem.objects.get(pk=postmortem.pk)


def submit(postmortem, actor, *people, audience="internal", **fields):
    return reviewing.submit(actor=actor, postmortem=fresh(postmortem), audience=audience, people=people, **fields)


def decide(postmortem, actor, verdict="approved", **fields):
    return reviewing.decide(actor=actor, postmortem=fresh(postmortem), verdict=verdict, **fields)


def edit(postmortem, key, actor, body="Other words"):
    section = postmortem.sections.get(key=key)
    return drafting.save_section(actor=actor, section=section, version=section.version, body=body, values=section.values)


def status(postmortem):
    return fresh(postmortem).status


def test_from_draft_to_published_every_step_is_kept(pm, alice, ana):
    submit(pm, alice, ana, due_on=date(2026, 3, 9), note="Please look at the impact")
    assert status(pm) == "in_review"
    decide(pm, ana, "changes_requested", note="Name the number of customers")
    assert status(pm) == "changes_requested"
    submit(pm, alice)  # who was asked is asked again
    decide(pm, ana, note="Good")
    assert status(pm) == "approved"
    revision = publishing.publish(actor=alice, postmortem=fresh(pm))
    rows = [(row.name, row.before, row.after, row.actor.username, row.note) for row in reversed(pm.transitions.all())]
    assert rows == [
        ("submit", "draft", "in_review", "alice", "Please look at the impact"),
        ("request", "in_review", "changes_requested", "ana", "Name the number of customers"),
        ("submit", "changes_requested", "in_review", "alice", ""),
        ("approve", "in_review", "approved", "ana", "Good"),
        ("publish", "approved", "published", "alice", ""),
    ]
    assert pm.transitions.first().detail["revision"] == revision.number
    assert not Review.objects.filter(closed_at=None).exists()
    assert {"postmortem.submit", "review.approved", "postmortem.approve", "postmortem.published"} <= set(AuditEvent.objects.values_list("verb", flat=True))


def test_empty_required_sections_want_a_word(alice, ana):
    draft = make_postmortem(alice)
    with pytest.raises(ValidationError, match="Say why these are empty"):
        submit(draft, alice, ana)
    assert status(draft) == "draft"
    assert submit(draft, alice, ana, note="Only the first half, on purpose").note


def test_somebody_is_asked(pm, alice, charlie):
    for people in ([], [charlie], [alice]):  # a viewer cannot read it, the owner is no reviewer
        with pytest.raises(ValidationError, match="Choose who"):
            submit(pm, alice, *people)
    Participant.objects.create(postmortem=pm, role="reviewer", user=make_user("rita"), name="Rita")
    Participant.objects.create(postmortem=pm, role="approver", user=make_user("dora"), name="Dora", state="declined")
    assert [str(one.user) for one in submit(pm, alice).reviewers.all()] == ["rita"]


def test_only_who_was_asked_has_a_say(pm, alice, ana, bob):
    submit(pm, alice, ana)
    with pytest.raises(PermissionDenied):
        decide(pm, bob)
    with pytest.raises(ValidationError, match="own this document"):
        Participant.objects.create(postmortem=pm, role="approver", user=alice, name="Alice")
        decide(pm, alice)
    with pytest.raises(ValidationError, match="Say what should change"):
        decide(pm, ana, "changes_requested", note=" ")
    with pytest.raises(ValidationError, match="no section"):
        decide(pm, ana, sections=["nonsense"])
    assert not Decision.objects.exists()


def test_nothing_is_decided_about_a_draft(pm, ana):
    with pytest.raises(states.NoSuchMove, match="Submit it"):
        decide(pm, ana)


def test_an_approval_lapses_when_what_it_covered_changes(pm, alice, ana):
    make_rule(ana)
    submit(pm, alice)
    decide(pm, ana)
    assert status(pm) == "approved"
    edit(pm, "impact", alice)
    assert status(pm) == "in_review"
    assert pm.transitions.first().note == "“Impact” changed after it was approved."
    [standing] = Approvals(fresh(pm)).required
    assert [lapse.keys for lapse in standing.lapsed] == [("impact",)]
    assert Approvals(fresh(pm)).in_words() == ["Legal: not given; Ana approved; Impact changed since."]
    decide(pm, ana, sections=["impact"])
    assert status(pm) == "approved"


def test_a_sign_off_by_section_leaves_the_rest_free(pm, alice, ana):
    make_rule(ana, sections="impact")
    submit(pm, alice)
    decide(pm, ana, sections=["impact"])
    edit(pm, "summary", alice)
    assert status(pm) == "approved"
    assert not Approvals(fresh(pm)).missing


@pytest.mark.parametrize("what", ["actions", "timeline", "milestones"])
def test_rows_that_a_section_shows_are_covered_too(pm, alice, ana, what):
    make_rule(ana)
    submit(pm, alice)
    decide(pm, ana)
    if what == "actions":
        action_items.add(actor=alice, incident=pm.incident, postmortem=pm, title="Another")
    elif what == "timeline":
        make_event(pm.incident, 30, "A key moment nobody had seen", salience=2)
    else:
        Milestone.objects.filter(incident=pm.incident, kind__key="detected").update(at=T0)
    [standing] = Approvals(fresh(pm)).required
    assert {pm.sections.get(key=key).kind for key in standing.lapsed[0].keys} == {what}


def test_who_read_something_else_does_not_approve(pm, alice, ana):
    submit(pm, alice, ana)
    seen = Approvals(fresh(pm)).seen
    edit(pm, "summary", alice)
    with pytest.raises(reviewing.Stale):
        decide(pm, ana, seen=seen)
    with pytest.raises(reviewing.Stale):
        decide(pm, ana, versions={"summary": 1})
    with pytest.raises(Conflict):
        old = fresh(pm)
        Postmortem.objects.filter(pk=pm.pk).update(version=99)
        reviewing.decide(actor=ana, postmortem=old, verdict="approved")
    assert not Decision.objects.exists()


def test_two_approvals_of_one_rule(pm, alice, ana, bob):
    make_rule(ana, bob, needed=2)
    submit(pm, alice)
    decide(pm, ana)
    assert status(pm) == "in_review"
    decide(pm, bob)
    assert status(pm) == "approved"


def test_publishing_needs_what_the_rule_asks_for(pm, alice, ana):
    make_rule(ana)
    with pytest.raises(reviewing.ApprovalMissing) as missing:
        publishing.publish(actor=alice, postmortem=fresh(pm), reason="I would rather not wait")
    assert missing.value.reasons == ["Legal: not given."] and not missing.value.may_override
    boss = make_user("boss", role="admin")
    with pytest.raises(reviewing.ApprovalMissing):
        publishing.publish(actor=boss, postmortem=fresh(pm))
    assert not pm.revisions.exists() and status(pm) == "draft"
    publishing.publish(actor=boss, postmortem=fresh(pm), reason="The regulator waits")
    row = pm.transitions.get(name="publish")
    assert (row.note, row.actor, row.detail["approvals"]) == ("The regulator waits", boss, [{"rule": "Legal", "by": [], "missing": 1}])


def test_a_rule_for_the_public_leaves_internal_revisions_alone(pm, alice, ana):
    make_rule(ana, audience="public")
    assert publishing.publish(actor=alice, postmortem=fresh(pm)).number == 1
    with pytest.raises(reviewing.ApprovalMissing):
        publishing.publish(actor=alice, postmortem=fresh(pm), audience="public")
    submit(pm, alice, audience="public")
    decide(pm, ana)
    assert publishing.publish(actor=alice, postmortem=fresh(pm), audience="public").number == 2


def test_editing_what_is_published_begins_the_next_revision(pm, alice):
    publishing.publish(actor=alice, postmortem=fresh(pm))
    version = fresh(pm).version
    edit(pm, "summary", alice)
    found = fresh(pm)
    assert (found.status, found.state, found.version) == ("draft", "Draft of the next revision", version)
    assert pm.transitions.first().note == "“Summary” was edited: this is the draft of revision 2."
    edit(pm, "impact", alice)
    assert pm.transitions.filter(name="edit").count() == 1


def test_withdrawing_archiving_and_coming_back(pm, alice, ana, bob):
    submit(pm, alice, ana)
    with pytest.raises(PermissionDenied):
        reviewing.withdraw(actor=bob, postmortem=fresh(pm))
    reviewing.withdraw(actor=alice, postmortem=fresh(pm))
    with pytest.raises(ValidationError, match="Say why"):
        reviewing.archive(actor=alice, postmortem=fresh(pm), note="")
    with pytest.raises(PermissionDenied):
        reviewing.archive(actor=bob, postmortem=fresh(pm), note="x")
    reviewing.archive(actor=alice, postmortem=fresh(pm), note="Another document says it better")
    with pytest.raises(states.NoSuchMove):
        publishing.publish(actor=alice, postmortem=fresh(pm))
    reviewing.restore(actor=alice, postmortem=fresh(pm))
    assert status(pm) == "draft"


def test_handing_over_passes_the_approval_on(pm, alice, ana, bob):
    make_rule(ana)
    submit(pm, alice)
    with pytest.raises(PermissionDenied):
        reviewing.hand_over(actor=alice, postmortem=fresh(pm), before=ana, user=bob, reason="On leave")
    with pytest.raises(ValidationError, match="own the document"):
        reviewing.hand_over(actor=ana, postmortem=fresh(pm), before=ana, user=alice, reason="On leave")
    reviewing.hand_over(actor=ana, postmortem=fresh(pm), before=ana, user=bob, reason="On leave")
    with pytest.raises(ValidationError):
        reviewing.hand_over(actor=ana, postmortem=fresh(pm), before=ana, user=make_user("dan"), reason="Once more")
    decide(pm, bob)
    assert status(pm) == "approved"
    reviewing.withdraw(actor=alice, postmortem=fresh(pm))
    submit(pm, alice)  # the hand-over holds in the next round too
    assert not Approvals(fresh(pm)).missing


def test_the_lead_and_the_team_are_those_of_the_incident(pm, alice, ana, bob):
    from tests.factories import make_team

    pm.incident.lead, pm.incident.team = ana, make_team()
    pm.incident.team.members.add(bob)
    pm.incident.save()
    make_rule(who="lead", name="Lead")
    make_rule(who="team", name="Team")
    assert [list(one.able.values()) for one in Approvals(fresh(pm)).required] == [["Ana"], ["bob"]]


def test_of_a_private_incident_only_members_approve(alice, ana, bob):
    secret = make_written(alice, is_private=True, members=[ana])
    rule = make_rule(ana, bob)
    found = Approvals(fresh(secret))
    assert list(found.required[0].able.values()) == ["Ana"]
    assert found.people.barred(rule) == ["bob"]
    with pytest.raises(ValidationError):
        submit(secret, alice)
        reviewing.invite(actor=alice, postmortem=fresh(secret), user=bob)


def test_a_rule_may_let_the_owner_approve(pm, alice):
    make_rule(alice, owner_counts=True)
    submit(pm, alice)
    decide(pm, alice)
    assert status(pm) == "approved"


def test_without_rules_little_is_asked_of_the_database(pm, alice, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        assert not Approvals(fresh(pm)).missing


def test_rules_cost_no_query_each(pm, alice, ana, django_assert_max_num_queries):
    for number in range(12):
        make_rule(ana, name=f"Rule {number}").severities.set([Severity.objects.first()])
    pm.incident.severity = Severity.objects.first()
    pm.incident.save()
    with django_assert_max_num_queries(20):
        assert len(Approvals(fresh(pm)).missing) == 12


def test_the_command_respects_it(pm, ana):
    make_rule(ana)
    with pytest.raises(CommandError, match="Legal: not given.*--reason"):
        call_command("publish", pm.reference)
    call_command("publish", pm.reference, "--reason", "Drill", stdout=StringIO())
    assert Transition.objects.get(name="publish").note == "Drill"
    reviewing.archive(actor=SYSTEM, postmortem=fresh(pm), note="Over")
    with pytest.raises(CommandError, match="it is archived"):
        call_command("publish", pm.reference)
