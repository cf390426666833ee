"""What was approved and changed is back in review everywhere: on its page, in lists, filters and the API, whatever changed it."""

import pytest
from django.urls import reverse

from incidents import lifecycle, measuring
from incidents.models import Milestone, Severity
from postmortems import action_items, covering, factoring, lapsing, participating, perspectives, reviewing, tasks
from postmortems.approvals import Approvals
from postmortems.models import ApprovalRule, Postmortem, Transition
from tests.factories import T0, api_client, make_event, make_incident, make_written

pytestmark = pytest.mark.django_db


def approved(alice, ana, **incident):
    pm = make_written(alice, **incident)
    pm.sections.filter(key="response").update(kind="perspectives")
    measuring.remeasure(incident=pm.incident)
    reviewing.submit(actor=alice, postmortem=fresh(pm), audience="internal", people=[ana])
    reviewing.decide(actor=ana, postmortem=fresh(pm), verdict="approved")
    assert fresh(pm).status == "approved"
    return fresh(pm)


def fresh(pm):
    return Postmortem.objects.get(pk=pm.pk)


def add_entry(pm, alice):
    make_event(pm.incident, 30, "A key moment nobody had seen", salience=2)
    measuring.remeasure(incident=pm.incident)


def decide_milestone(pm, alice):
    row = Milestone.objects.get(incident=pm.incident, kind__key="detected")
    measuring.decide(actor=alice, milestone=row, version=row.version, decision="overridden", at=T0, note="Seen earlier")


def unname(pm, alice):
    part = participating.invite(actor=alice, postmortem=pm, role="participant", user=alice)
    participating.set_unnamed(actor=alice, participant=part, version=part.version, unnamed=True)


CHANGES = {
    "an action item": lambda pm, alice: action_items.add(actor=alice, incident=pm.incident, postmortem=pm, title="Another"),
    "other words of one": lambda pm, alice: action_items.change(actor=alice, item=pm.action_items.get(), version=1, title="Another"),
    "an entry": add_entry,
    "a milestone": decide_milestone,
    "a factor": lambda pm, alice: factoring.add(actor=alice, postmortem=pm, statement="Rules applied to all regions at once."),
    "the trigger": lambda pm, alice: factoring.set_trigger(actor=alice, postmortem=pm, version=pm.version, trigger="flag_change"),
    "a perspective": lambda pm, alice: perspectives.save_perspective(actor=alice, postmortem=pm, at=T0, name="Ben", saw="A red graph"),
    "an incident": lambda pm, alice: covering.cover(actor=alice, postmortem=pm, incidents=[other_incident()]),
    "who is named": unname,
}


def other_incident():
    incident = make_incident("Search is slow")
    make_event(incident, 10, "Search times out", salience=2)
    return incident


@pytest.mark.parametrize("what", CHANGES)
def test_every_change_of_what_is_shown_puts_it_back_in_review(client, alice, ana, what, django_capture_on_commit_callbacks):
    pm = approved(alice, ana)
    with django_capture_on_commit_callbacks(execute=True):
        CHANGES[what](pm, alice)
    assert fresh(pm).status == "in_review"
    note = pm.transitions.first().note
    assert note.startswith("“")
    assert "changed after" in note
    client.force_login(alice)
    for url in (pm.get_absolute_url(), reverse("postmortems:review", args=[pm.reference]), reverse("postmortems:postmortem_list")):
        page = client.get(url).content.decode()
        assert "badge--in_review" in page, url
        assert "badge--approved" not in page, url
    api = api_client(alice)
    assert api.get(f"/api/v1/postmortems/{pm.reference}/").json()["status"] == "in_review"
    assert api.get("/api/v1/postmortems/?status=approved").json()["results"] == []


def test_what_goes_on_after_a_publication_lapses_nothing(alice, ana, django_capture_on_commit_callbacks):
    pm = approved(alice, ana)
    with django_capture_on_commit_callbacks(execute=True):
        action_items.change(actor=alice, item=pm.action_items.get(), version=1, status="done", closing_note="It fired", due_on=None)
        make_event(pm.incident, 30, "a line of a log", salience=0)
        measuring.remeasure(incident=pm.incident)
    assert fresh(pm).status == "approved"


def test_a_private_account_lapses_nothing(alice, ana, django_capture_on_commit_callbacks):
    pm = approved(alice, ana)
    with django_capture_on_commit_callbacks(execute=True):
        perspectives.save_perspective(actor=alice, postmortem=pm, at=T0, name="Ben", saw="A red graph", state="private")
    assert fresh(pm).status == "approved"


def test_a_higher_severity_asks_for_its_approval(alice, ana, django_capture_on_commit_callbacks):
    pm = approved(alice, ana)
    rule = ApprovalRule.objects.create(name="Board", reason="They answer for it.", who="people")
    rule.severities.set(Severity.objects.filter(rank=1))
    rule.people.set([ana])
    lapsing.sweep()
    assert fresh(pm).status == "approved"
    rule.needed = 2
    rule.save()
    incident = pm.incident
    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.edit(actor=alice, incident=incident, version=incident.version, severity=Severity.objects.get(rank=1))
    assert fresh(pm).status == "in_review"
    assert "Board" in pm.transitions.first().note


def test_the_sweep_finds_what_nobody_told(alice, ana):
    pm, other = approved(alice, ana), approved(alice, ana)
    make_event(pm.incident, 30, "A key moment nobody had seen", salience=2)
    tasks.sweep_steps()
    assert (fresh(pm).status, fresh(other).status) == ("in_review", "approved")
    assert lapsing.sweep() == 0
    assert Transition.objects.filter(postmortem=pm, name="lapse").count() == 1


def test_one_that_fails_keeps_no_change_from_being_stored(alice, ana, monkeypatch, django_capture_on_commit_callbacks, caplog):
    pm = approved(alice, ana)
    ApprovalRule.objects.create(name="Legal", reason="The law", who="people")
    pm.decisions.update(covered={"summary": {}})  # as no version of ours has written it
    with django_capture_on_commit_callbacks(execute=True):
        item = action_items.add(actor=alice, incident=pm.incident, postmortem=pm, title="Another")
    assert item.pk
    assert "could not be looked at again" in caplog.text


def test_approved_again_with_what_is_there_now(alice, ana, django_capture_on_commit_callbacks):
    pm = approved(alice, ana)
    with django_capture_on_commit_callbacks(execute=True):
        CHANGES["a factor"](pm, alice)
    reviewing.decide(actor=ana, postmortem=fresh(pm), verdict="approved")
    assert fresh(pm).status == "approved"
    assert Approvals(fresh(pm)).is_approved
