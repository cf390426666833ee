"""Measuring: proposals follow the evidence, decisions stay, corrections reach what was built on them."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from incidents import measuring
from incidents.lib.conflict import Conflict
from incidents.lifecycle import curate
from incidents.models import AuditEvent, Delivery, Milestone
from incidents.signals import incident_changed
from tests.factories import T0, make_event, make_incident

pytestmark = pytest.mark.django_db


def milestones(incident):
    return {row.kind.key: row for row in Milestone.objects.filter(incident=incident).select_related("kind")}


@pytest.fixture
def outage():
    incident = make_incident()
    make_event(incident, 0, "Error rate high", kind="alert", source="alertmanager", milestone="detected", salience=2)
    make_event(incident, 2, "Ana acknowledged", kind="acknowledgement", source="pagerduty", milestone="acknowledged")
    make_event(incident, 20, "Rolled back", kind="mitigation", source="slack", actor="Ana")
    make_event(incident, 50, "Resolved", kind="resolution", source="pagerduty", milestone="resolved")
    measuring.remeasure(incident=incident)
    return incident


def decide(incident, actor, key, decision="confirmed", **more):
    row = milestones(incident)[key]
    return measuring.decide(actor=actor, milestone=row, version=row.version, decision=decision, **more)


def measures(incident):
    return {row.key: row for row in measuring.measures(milestones(incident).values(), timezone.now())}


def test_every_kind_has_a_row_and_only_a_proposal(outage):
    rows = milestones(outage)
    assert set(rows) == {"impact_started", "detected", "acknowledged", "mitigated", "resolved"}
    assert all(row.at is None and row.decision == "open" and row.proposed_at for row in rows.values())
    assert {measure.state for measure in measures(outage).values()} == {"pending"}


def test_confirming_records_the_measure(outage, bob):
    decide(outage, bob, "detected")
    decide(outage, bob, "acknowledged")
    mtta = measures(outage)["mtta"]
    assert (mtta.state, mtta.seconds) == ("recorded", 120)


def test_measuring_again_changes_nothing(outage):
    before = list(Milestone.objects.values())
    measuring.remeasure(incident=outage)
    assert list(Milestone.objects.values()) == before


def test_a_confirmed_milestone_follows_the_correction_of_its_event(outage, bob):
    decide(outage, bob, "detected")
    decide(outage, bob, "acknowledged")
    event = outage.events.get(kind="acknowledgement")
    curate(actor=bob, event=event, version=0, corrected_at=T0 + timedelta(minutes=5))
    assert milestones(outage)["acknowledged"].at == T0 + timedelta(minutes=5)
    assert measures(outage)["mtta"].seconds == 300


def test_a_milestone_set_by_hand_stays_whatever_the_evidence_does(outage, bob):
    decide(outage, bob, "acknowledged", "overridden", at=T0 + timedelta(minutes=9))
    curate(actor=bob, event=outage.events.get(kind="acknowledgement"), version=0, corrected_at=T0 + timedelta(minutes=5))
    row = milestones(outage)["acknowledged"]
    assert (row.at, row.proposed_at) == (T0 + timedelta(minutes=9), T0 + timedelta(minutes=5))


def test_new_evidence_keeps_the_decision_and_shows_the_new_proposal(outage, bob):
    decide(outage, bob, "detected")
    make_event(outage, -10, "Error rate high", kind="alert", source="alertmanager", milestone="detected")
    measuring.remeasure(incident=outage)
    row = milestones(outage)["detected"]
    assert (row.at, row.proposed_at, row.decision) == (T0, T0 - timedelta(minutes=10), "confirmed")


def test_hidden_events_leave_the_proposals(outage, bob):
    curate(actor=bob, event=outage.events.get(kind="mitigation"), version=0, is_hidden=True)
    row = milestones(outage)["mitigated"]
    assert (row.proposed_at, row.rule, row.evidence) == (None, "", [])


def test_events_of_an_unfinished_import_are_no_evidence_yet(outage):
    delivery = Delivery.objects.create(incident=outage, channel="upload", sha256="0" * 64, size=1, stored_as="x", state="importing")
    make_event(outage, -30, "Earlier alert", kind="alert", source="alertmanager", milestone="detected", delivery=delivery)
    measuring.remeasure(incident=outage)
    assert milestones(outage)["detected"].proposed_at == T0
    Delivery.objects.update(state="imported")
    measuring.remeasure(incident=outage)
    assert milestones(outage)["detected"].proposed_at == T0 - timedelta(minutes=30)


def test_a_proposal_that_changed_meanwhile_cannot_be_confirmed_unseen(outage, bob):
    seen = milestones(outage)["detected"]
    make_event(outage, -10, "Error rate high", kind="alert", source="alertmanager", milestone="detected")
    measuring.remeasure(incident=outage)
    with pytest.raises(Conflict) as caught:
        measuring.decide(actor=bob, milestone=seen, version=seen.version, decision="confirmed")
    assert caught.value.current.proposed_at == T0 - timedelta(minutes=10)


def test_confirm_all_is_all_or_nothing(outage, bob):
    versions = {row.pk: row.version for row in milestones(outage).values()}
    with pytest.raises(Conflict):
        measuring.confirm_all(actor=bob, incident=outage, versions=versions | {milestones(outage)["resolved"].pk: 99})
    assert not Milestone.objects.exclude(decision="open").exists()
    assert len(measuring.confirm_all(actor=bob, incident=outage, versions=versions)) == 5
    assert {measure.state for measure in measures(outage).values()} == {"recorded"}
    assert outage.status == "open"  # the status is a person's word, too


def test_there_is_nothing_to_confirm_without_a_proposal(bob):
    incident = make_incident()
    measuring.remeasure(incident=incident)
    with pytest.raises(ValidationError):
        decide(incident, bob, "mitigated")


def test_a_time_in_the_future_is_refused(outage, bob):
    with pytest.raises(ValidationError):
        decide(outage, bob, "resolved", "overridden", at=timezone.now() + timedelta(hours=1))


def test_the_start_follows_the_impact_only_when_somebody_said_so(outage, bob):
    make_event(outage, -60, "Deploy of 4.2", kind="change", source="table")
    measuring.remeasure(incident=outage)
    outage.refresh_from_db()
    assert outage.started_at == T0 - timedelta(minutes=60)  # the first event; the impact is only proposed
    decide(outage, bob, "impact_started", "overridden", at=T0 - timedelta(minutes=5))
    outage.refresh_from_db()
    assert outage.started_at == T0 - timedelta(minutes=5)
    assert outage.version == 1


def test_decisions_are_in_the_log_and_announced(outage, bob, django_capture_on_commit_callbacks):
    heard = []

    def hear(sender, incident_id, **_):
        heard.append(incident_id)

    incident_changed.connect(hear)
    with django_capture_on_commit_callbacks(execute=True):
        decide(outage, bob, "detected")
    incident_changed.disconnect(hear)
    assert heard == [outage.pk]
    assert AuditEvent.objects.get(verb="milestone decided").detail["milestone"] == "detected"


def test_the_number_of_queries_does_not_grow_with_the_timeline(outage, django_assert_max_num_queries):
    for minute in range(60):
        make_event(outage, minute, "chatter", source="slack")
    with django_assert_max_num_queries(24):
        measuring.remeasure(incident=outage)
