"""Steps, completeness and the console of what is written about several incidents look at each of them."""

from datetime import timedelta

import pytest
from django.urls import reverse

from incidents.models import Incident, Milestone, MilestoneKind, QualityReport, Severity
from postmortems import console, covering, invitees, overview, step_facts, stepping
from postmortems.models import Postmortem, Process
from tests.factories import T0, make_event, make_incident, make_postmortem

pytestmark = pytest.mark.django_db


def decide(incident, **moments):
    for key, minutes in moments.items():
        kind = MilestoneKind.objects.get(key=key)
        Milestone.objects.create(incident=incident, kind=kind, decision="confirmed", at=T0 + timedelta(minutes=minutes))


@pytest.fixture
def main():
    incident = make_incident("Checkout returns errors", severity=Severity.objects.get(rank=3))
    decide(incident, impact_started=0, detected=2, mitigated=20, resolved=30)
    make_event(incident, 1, "Rolled back", kind="action", actor="Ana Ruiz", salience=2)
    return incident


@pytest.fixture
def other():
    incident = make_incident("Ledger lags", severity=Severity.objects.get(rank=1), started_at=T0 + timedelta(days=7))
    decide(incident, impact_started=10_080, detected=10_085, resolved=10_140)
    make_event(incident, 10_086, "Restarted the replica", kind="action", actor="Vera Ledger", salience=2)
    return incident


@pytest.fixture
def pm(alice, main, other):
    found = make_postmortem(alice, incident=main)
    covering.cover(actor=alice, postmortem=found, incidents=[other])
    return found


def timing(pm):
    fresh = Postmortem.objects.select_related("incident__severity").get(pk=pm.pk)
    return step_facts.timing_of(fresh, Process.objects.select_related("plan").get(postmortem=pm))


def test_missing_milestones_are_named_by_their_incident(pm, main, other):
    check = overview.completeness_of(pm).of("milestones")
    assert check.gaps == (f"{other.reference}: “Mitigated” is not decided.",)
    decide(other, mitigated=10_100)
    assert overview.completeness_of(pm).of("milestones").state == "done"


def test_what_did_not_happen_has_no_milestones_to_decide(pm, alice):
    near = make_incident("Almost", kind=Incident.Kind.NEAR_MISS)
    covering.cover(actor=alice, postmortem=pm, incidents=[near])
    assert not any(near.reference in gap for gap in overview.completeness_of(pm).of("milestones").gaps)


def test_dates_count_from_the_last_end_and_the_worst_severity_urges(pm, main, other, alice):
    Postmortem.objects.filter(pk=pm.pk).update(created_at=T0 + timedelta(days=8))
    found = timing(pm)
    assert (found.base.day, found.base.reason, found.urgent) == ((T0 + timedelta(days=7)).date(), "the last of its incidents was resolved", True)
    covering.uncover(actor=alice, postmortem=pm, incident=other)
    alone = timing(pm)
    assert (alone.base.day, alone.base.reason, alone.urgent) == (T0.date(), "the incident was resolved", False)


def test_covering_another_moves_the_dates_at_once(alice, main, other, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        pm = make_postmortem(alice, incident=main)
    Postmortem.objects.filter(pk=pm.pk).update(created_at=T0 + timedelta(days=1))
    stepping.refresh(pm.pk)
    before = dict(pm.steps.values_list("key", "due_on"))
    with django_capture_on_commit_callbacks(execute=True):
        covering.cover(actor=alice, postmortem=pm, incidents=[other])
    after = dict(pm.steps.values_list("key", "due_on"))
    assert before != after
    assert all(after[key] is not None for key in after)


def test_the_timeline_is_settled_when_all_are(pm, main, other):
    QualityReport.objects.create(incident=main)
    assert step_facts.inspected(pm) == (False, 0)
    QualityReport.objects.create(incident=other)
    assert step_facts.inspected(pm) == (True, 0)
    Incident.objects.filter(pk=other.pk).update(open_findings=2)
    assert step_facts.inspected(pm) == (True, 2)


def test_the_console_asks_about_turning_points_of_each(pm, main, other):
    room = console.room_of(pm)
    reasons = {each.person.name: {reason.kind: reason.text for reason in each.reasons} for each in room.candidates}
    assert {"turning", "first", "last"} <= reasons["Ana Ruiz"].keys()
    assert {"turning", "first", "last"} <= reasons["Vera Ledger"].keys()
    assert f"of {other.reference}" in reasons["Vera Ledger"]["turning"]
    assert {"Ana Ruiz", "Vera Ledger"} <= {part.name for part in invitees.people_of(pm)}


def test_findings_of_each_are_asked_at_the_close(client, pm, alice, main, other):
    for incident in (main, other):
        QualityReport.objects.create(incident=incident, findings=[{"key": "gap", "kind": "gap", "title": "A silence of 20 minutes"}])
    texts = [one.text for one in console.open_findings(pm)]
    assert texts == [f"{main.reference}: A silence of 20 minutes", f"{other.reference}: A silence of 20 minutes"]
    assert len({one.key for one in console.open_findings(pm)}) == 2
    client.force_login(alice)
    page = client.get(reverse("postmortems:meeting_run", args=[pm.reference])).content.decode()
    assert f'href="{other.get_absolute_url()}">See the timeline' in page


def test_more_incidents_take_no_more_queries(client, pm, alice, django_assert_max_num_queries):
    client.force_login(alice)
    urls = [reverse(f"postmortems:{name}", args=[pm.reference]) for name in ("process", "meeting", "meeting_run", "postmortem")]
    urls.append(reverse("postmortems:postmortem_list"))
    few = []
    for url in urls:
        client.get(url)
        with django_assert_max_num_queries(120) as counted:
            client.get(url)
        few.append(len(counted))
    more = [make_incident(f"Another {number}") for number in range(4)]
    for incident in more:
        decide(incident, impact_started=0, resolved=5)
        make_event(incident, 1, "x", kind="action", actor="Ana Ruiz", salience=2)
    covering.cover(actor=alice, postmortem=pm, incidents=more)
    for url, most in zip(urls, few, strict=True):
        with django_assert_max_num_queries(most):
            client.get(url)
