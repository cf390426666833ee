"""The same events come out of a payload however it was kept: as sent, logged with its request, in an array, as a line, in a message of a queue."""

import json

import pytest

from incidents.sources import detect, named
from incidents.sources.drafts import EventDraft, IncidentDraft
from tests.incidents.sources.reading import options_for, payload_of, recorded

SOURCES = {"firehydrant", "grafana_incident", "grafana_oncall", "incident_io", "opsgenie", "rootly", "slack_status", "splunk_oncall", "statuspage"}
ENVELOPES = {
    "logged": lambda body: {"headers": {"Content-Type": "application/json"}, "method": "POST", "body": body},
    "text": lambda body: {"headers": {}, "body": json.dumps(body)},
    "message": lambda body: {"Type": "Notification", "Message": json.dumps(body)},
    "array": lambda body: [body],
    "logged in an array": lambda body: [{"request": {"body": body}}],
}


def documents():
    """Return the recorded payloads that are one object each."""
    found = [(source, name, json.loads(data)) for source, name, data, _ in recorded() if source in SOURCES and name.endswith(".json")]
    return [pytest.param(source, value, id=f"{source}/{name}") for source, name, value in found if isinstance(value, dict)]


def read(source, data):
    items = list(named(source).read(payload_of(data), options_for()))
    events = [(item.key, item.at, item.text, item.milestone) for item in items if isinstance(item, EventDraft)]
    return events, [item for item in items if isinstance(item, IncidentDraft)]


@pytest.mark.parametrize("envelope", ENVELOPES)
@pytest.mark.parametrize(("source", "value"), documents())
def test_an_envelope_changes_nothing(source, value, envelope):
    data = json.dumps(ENVELOPES[envelope](value)).encode()

    assert detect(payload_of(data)).name == source
    assert read(source, data) == read(source, json.dumps(value).encode())


@pytest.mark.parametrize(("source", "value"), documents())
def test_deliveries_as_lines_are_read_once_each(source, value):
    line = json.dumps({"body": value})
    data = f"{line}\n{line}\n".encode()

    assert detect(payload_of(data)).name == source
    assert read(source, data) == read(source, json.dumps(value).encode())
