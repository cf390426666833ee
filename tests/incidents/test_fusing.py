"""Fusions and clocks as rows: proposed by import, decided by people, kept over import, followed by every reader."""

import io
import json
from datetime import timedelta

import pytest

from incidents import fusing, intake, lifecycle, measuring, timeline_query
from incidents.access import SYSTEM
from incidents.lib.conflict import Conflict
from incidents.models import AuditEvent, Delivery, Fusion, Milestone, QualityReport, SourceClock, TimelineEvent
from incidents.timeline_filters import Filters
from postmortems.overview import printed_entries
from tests.factories import T0, make_event, make_incident

pytestmark = pytest.mark.django_db
LINK = "https://harbour.pagerduty.example/incidents/Q1RX04AB"


def delivery(incident, source, **fields):
    return Delivery.objects.create(
        incident=incident, channel="upload", sha256=(source * 64)[:64], size=1, stored_as="x", state="imported", source=source, **fields
    )


def tell(incident, source, second, text, **fields):
    home = Delivery.objects.filter(incident=incident, source=source).first() or delivery(incident, source)
    structural = {} if source == "slack" else {"rule": "field status"}
    return make_event(incident, text=text, at=T0 + timedelta(seconds=second), source=source, delivery=home, **(structural | fields))


@pytest.fixture
def outage():
    """An alert that three sources tell; only the message of the bot repeats the pager's link in the same second."""
    incident = make_incident()
    tell(incident, "alertmanager", 0, "Alert: DiskFull: Disk almost full on db-1", kind="alert", milestone="detected")
    tell(incident, "pagerduty", 10, "Triggered: DiskFull: Disk almost full on db-1", kind="alert", milestone="detected", url=LINK)
    tell(incident, "slack", 11, f"Triggered #4521 {LINK}", kind="message", actor="PagerDuty")
    tell(incident, "slack", 90, "looking", kind="message", actor="Ana")
    fusing.refresh(incident=incident)
    measuring.remeasure(incident=incident)
    incident.refresh_from_db()
    return incident


def shown(incident, **filters):
    events = timeline_query.matching(incident, Filters(**filters), None)
    return [row.text for row in timeline_query.window(events, marks={}).rows]


def leads(incident):
    return dict(TimelineEvent.objects.filter(incident=incident, fused_into__isnull=False).values_list("source", "fused_into__source"))


def test_what_is_sure_is_fused_and_what_is_likely_is_proposed(outage):
    assert leads(outage) == {"slack": "pagerduty"}
    assert outage.open_duplicates == 1
    assert [(row.decision, row.rule, row.decided_at) for row in Fusion.objects.all()] == [("accepted", "same id", None), ("proposed", "same title", None)]


def test_accepting_makes_one_entry_of_three(outage, bob):
    proposed = Fusion.objects.get(decision="proposed")
    assert fusing.accept(actor=bob, incident=outage, pks=[proposed.pk]) == 1
    assert len(set(TimelineEvent.objects.exclude(fused_into=None).values_list("fused_into"))) == 1
    assert shown(outage) == ["Alert: DiskFull: Disk almost full on db-1", "looking"]
    row = timeline_query.window(timeline_query.matching(outage, Filters(), None), marks={}).rows[0]
    assert [piece.source for piece in row.evidence] == ["pagerduty", "slack"]
    outage.refresh_from_db()
    assert outage.open_duplicates == 0 and AuditEvent.objects.filter(verb="entries fused").exists()


def test_a_fused_entry_is_found_by_any_of_its_evidence(outage):
    assert shown(outage, sources=("slack",)) == ["Triggered: DiskFull: Disk almost full on db-1", "looking"]
    assert shown(outage, text="#4521") == ["Triggered: DiskFull: Disk almost full on db-1"]
    assert shown(outage, actor="pagerduty") == ["Triggered: DiskFull: Disk almost full on db-1"]


def test_separating_one_is_kept_over_everything_that_comes_later(outage, bob):
    fusing.separate(actor=bob, event=TimelineEvent.objects.get(source="slack", actor="PagerDuty"))
    assert leads(outage) == {}
    fusing.refresh(incident=outage)
    assert leads(outage) == {}
    row = Fusion.objects.get(decision="dismissed")
    fusing.reopen(actor=bob, incident=outage, pks=[row.pk])
    assert leads(outage) == {"slack": "pagerduty"}  # the rule decides again


def test_the_others_stay_one_entry_when_the_leading_one_is_taken_out(outage, bob):
    fusing.accept(actor=bob, incident=outage, pks=Fusion.objects.values_list("pk", flat=True))
    fusing.separate(actor=bob, event=TimelineEvent.objects.get(source="alertmanager"))
    assert leads(outage) == {"slack": "pagerduty"}


def test_a_pair_that_was_fused_by_people_comes_apart(outage, bob):
    events = list(outage.events.values_list("pk", flat=True))[:3]
    fusing.join(actor=bob, incident=outage, events=events)
    row = Fusion.objects.get(first=events[0], second=events[2])
    fusing.dismiss(actor=bob, incident=outage, pks=[row.pk])
    apart = TimelineEvent.objects.get(pk=events[2])
    assert apart.fused_into is None and not apart.fused.exists()
    fusing.join(actor=bob, incident=outage, events=events)  # the later word counts
    assert TimelineEvent.objects.exclude(fused_into=None).count() == 2


def test_events_of_two_incidents_are_never_joined(outage, bob):
    stranger = make_event(make_incident())
    with pytest.raises(Exception, match="two entries"):
        fusing.join(actor=bob, incident=outage, events=[stranger.pk, outage.events.first().pk])


def test_readers_count_a_fact_once(outage, bob):
    fusing.accept(actor=bob, incident=outage, pks=Fusion.objects.values_list("pk", flat=True))
    assert printed_entries([outage], "all").count() == 2
    detected = Milestone.objects.get(incident=outage, kind__key="detected")
    assert len(detected.evidence) == 1 and detected.proposed_at == T0
    assert [(voice["source"], voice["meaning"]) for voice in detected.voices] == [("alertmanager", "states"), ("pagerduty", "states"), ("slack", "says")]


def test_the_milestone_that_further_evidence_states_belongs_to_the_entry(outage, bob):
    first, second = tell(outage, "slack", 600, "Ana has it", kind="message"), tell(outage, "pagerduty", 605, "Acknowledged", milestone="acknowledged")
    lifecycle.curate(actor=bob, event=first, version=0, title="Ana took over")
    fusing.join(actor=bob, incident=outage, events=[first.pk, second.pk])
    assert Milestone.objects.get(incident=outage, kind__key="acknowledged").evidence[0] == first.pk  # the curated one leads


def skewed(incident, offset, count=4):
    for number in range(count):
        url = f"https://harbour.pagerduty.example/incidents/Q{number}RX04AB"
        tell(incident, "pagerduty", 900 * number, f"Triggered: Queue {number} is stuck", kind="alert", url=url)
        tell(incident, "slack", 900 * number + offset + number, f"Triggered {url}", kind="message", actor="PagerDuty")
    fusing.refresh(incident=incident)
    measuring.remeasure(incident=incident)


def test_an_offset_is_suggested_applied_and_followed(bob):
    incident = make_incident()
    skewed(incident, 184)
    (suggestion,) = QualityReport.objects.get(incident=incident).clocks
    assert (suggestion["source"], suggestion["offset"], suggestion["pairs"]) == ("slack", -186, 4)
    fixed = incident.events.filter(source="slack").last()
    lifecycle.curate(actor=bob, event=fixed, version=0, corrected_at=T0)
    fusing.set_clock(actor=bob, incident=incident, source="slack", version=0, offset=-186)
    first = incident.events.filter(source="slack").first()
    assert first.at == first.occurred_at - timedelta(seconds=186)
    fixed.refresh_from_db()
    assert fixed.at == T0  # a person's correction wins
    lifecycle.curate(actor=bob, event=fixed, version=1, corrected_at=None)
    fixed.refresh_from_db()
    assert fixed.at == fixed.occurred_at - timedelta(seconds=186)
    assert QualityReport.objects.get(incident=incident).clocks == []
    with pytest.raises(Conflict):
        fusing.set_clock(actor=bob, incident=incident, source="slack", version=0, offset=5)
    fusing.forget_clock(actor=bob, incident=incident, source="slack", version=1)
    first.refresh_from_db()
    assert first.at == first.occurred_at and not SourceClock.objects.exists()


def test_a_dismissed_suggestion_does_not_come_back(bob):
    incident = make_incident()
    skewed(incident, 184)
    fusing.set_clock(actor=bob, incident=incident, source="slack", version=0, offset=0)
    fusing.refresh(incident=incident)
    assert [row["source"] for row in QualityReport.objects.get(incident=incident).clocks] == ["pagerduty"]


@pytest.mark.parametrize(("source", "offset"), [("manual", 5), ("nobody", 5), ("slack", 10**9)])
def test_a_clock_that_cannot_be_is_refused(outage, bob, source, offset):
    make_event(outage)
    with pytest.raises(Exception, match="source|days"):
        fusing.set_clock(actor=bob, incident=outage, source=source, version=0, offset=offset)


def slack(*messages):
    return io.BytesIO(
        json.dumps([{"type": "message", "user": "U1", "ts": f"{T0.timestamp() + second:.6f}", "text": text} for second, text in messages]).encode()
    )


def brought(incident, file):
    return intake.import_now(intake.receive(actor=SYSTEM, incident=incident, file=file, name="c.json", channel="upload"))


def test_what_people_said_survives_reading_the_evidence_again(bob):
    incident = make_incident()
    tell(incident, "pagerduty", 10, "Triggered: Disk almost full on db-1", kind="alert", url=LINK)
    assert brought(incident, slack((12, f"Triggered #1: Disk almost full on db-1 {LINK}"), (60, "rolled back the release"))).state == "imported"
    fusing.set_clock(actor=bob, incident=incident, source="slack", version=0, offset=30)
    change = incident.events.get(text="rolled back the release")
    lifecycle.curate(actor=bob, event=change, version=0, kind="decision")
    # The same file with one message changed, and one that is new.
    brought(incident, slack((12, f"Triggered #1: Disk almost full on db-1 {LINK}"), (60, "rolled back the release at last"), (70, "all quiet")))
    change.refresh_from_db()
    assert change.text == "rolled back the release at last" and change.curation.kind == "decision"
    assert all(event.at == event.occurred_at + timedelta(seconds=30) for event in incident.events.filter(source="slack"))
    assert TimelineEvent.objects.filter(pk=change.pk).as_curated().get().shown_kind == "decision"


def test_reading_the_evidence_again_changes_no_pair(outage, bob):
    fusing.accept(actor=bob, incident=outage, pks=Fusion.objects.filter(decision="proposed").values_list("pk", flat=True))
    before = list(Fusion.objects.values())
    fusing.refresh(incident=outage)
    assert list(Fusion.objects.values()) == before


def test_the_number_of_queries_does_not_grow_with_the_pairs(django_assert_max_num_queries):
    for count, offset in ((4, 2), (20, 2), (20, 0)):
        incident = make_incident()
        skewed(incident, offset, count)
        Fusion.objects.all().delete()
        with django_assert_max_num_queries(20):
            fusing.refresh(incident=incident)


def test_what_people_add_and_time_anew_is_compared_too():
    incident = make_incident()
    event = tell(incident, "alertmanager", 420, "Checkout error ratio above 4 %", kind="alert", milestone="detected")
    added = lifecycle.add_entry(actor=SYSTEM, incident=incident, at=T0 + timedelta(minutes=7), text="Checkout error ratio above 4 %", kind="alert")
    assert [(row.first_id, row.second_id) for row in Fusion.objects.filter(incident=incident)] == [(event.pk, added.pk)]
    lifecycle.curate(actor=SYSTEM, event=added, version=0, corrected_at=T0 + timedelta(hours=9))
    assert not Fusion.objects.filter(incident=incident).exists()
    lifecycle.curate(actor=SYSTEM, event=added, version=1, corrected_at=None)
    assert Fusion.objects.filter(incident=incident).count() == 1
