"""Every source over every recorded payload: what it gives, that it gives it again, and that it knows its own."""

from datetime import UTC

import pytest

from incidents.models import Kind
from incidents.sources import detect, named, registered
from incidents.sources.drafts import EventDraft, Rejected, SourceError
from tests.incidents.sources.reading import PAYLOADS, expected, options_for, payload_of, recorded, spelled

CASES = recorded()
IDS = [f"{source}/{name}" for source, name, _, _ in CASES]
#: Only people state when the impact began: in their own timeline, or in a field of a tool that holds just that, and that they may move.
STATES_IMPACT = {
    "datadog",  # "customer_impact_start" of an incident, and its impacts
    "firehydrant",  # the milestone "started", where it is another moment than the one it was set at
    "google_status",  # "begin"
    "gitlab",  # the tag "Start time" on the timeline of an incident
    "grafana_incident",  # "incidentStart", where it was moved away from the declaration
    "incident_io",  # the timestamp that the organisation calls "Impact started"
    "opsgenie",  # "impactStartDate" of an incident, "startTime" of a post-mortem
    "plain_text",
    "rootly",  # "started_at", where it was moved away from the declaration
    "statuspage",  # "started_at", where it was moved away from the posting
}
MILESTONES = {"", "impact_started", "detected", "acknowledged", "mitigated", "resolved"}


@pytest.mark.parametrize(("source", "name", "data", "path"), CASES, ids=IDS)
def test_gives_what_is_expected(source, name, data, path):
    items = [spelled(item) for item in named(source).read(payload_of(data, name), options_for())]

    assert items == expected(path, items)


@pytest.mark.parametrize(("source", "name", "data", "path"), CASES, ids=IDS)
def test_is_detected_by_its_content_alone(source, name, data, path):
    payload = payload_of(data, "export.bin")

    assert detect(payload).name == source
    assert payload.file.tell() == 0


@pytest.mark.parametrize(("source", "name", "data", "path"), CASES, ids=IDS)
def test_keeps_the_contract_of_drafts(source, name, data, path):
    items = list(named(source).read(payload_of(data), options_for()))
    again = list(named(source).read(payload_of(data, "renamed"), options_for()))
    events = [item for item in items if isinstance(item, EventDraft)]

    assert items == again
    for event in events:
        assert event.key and len(event.key) <= 200
        assert event.at is not None or event.needs
        assert event.at is None or event.at.utcoffset() == UTC.utcoffset(None)
        assert 0 < len(event.text) <= 20_000 and len(event.raw) <= 16 * 1024 and event.raw
        assert event.kind in Kind.values and event.salience in (0, 1, 2) and event.milestone in MILESTONES
        assert event.where and len(event.where) <= 200 and len(event.actor) <= 200 and len(event.rule) <= 60 and len(event.local) <= 100
        assert event.milestone != "impact_started" or source in STATES_IMPACT
    assert [event.order for event in events] == sorted(event.order for event in events)
    assert all(item.where and item.reason for item in items if isinstance(item, Rejected))


def test_every_source_has_payloads_and_says_what_it_reads():
    for name, source in registered().items():
        assert (PAYLOADS / name).is_dir(), f"{name} has no recorded payload"
        assert source.label and len(source.docs) > 40


def test_empty_and_unknown_files_are_refused_with_what_to_do():
    with pytest.raises(SourceError, match="empty"):
        detect(payload_of(b""))
    with pytest.raises(SourceError, match="There is no source"):
        named("telepathy")
