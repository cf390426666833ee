"""What is peculiar to each tool, found by the name of its source."""

import pytest

from incidents import endpoint_mapping, senders, sources
from incidents.lib.signing import SCHEMES
from incidents.routing import Facts
from incidents.senders import delivery_id, handshake_of, sender_of, value_at


def test_every_source_has_a_scheme_that_exists_and_says_how_to_set_it_up():
    for name in [*sources.registered(), *senders.SENDERS, "never_heard_of"]:
        assert sender_of(name).scheme in SCHEMES
        assert len(sender_of(name).setup.split()) > 8


@pytest.mark.parametrize(
    ("source", "scheme"),
    [("pagerduty", "pagerduty"), ("incident_io", "standard"), ("launchdarkly", "hmac"), ("sentry", "sentry"), ("grafana", "grafana"),
     ("grafana_oncall", "bearer"), ("aws", "path"), ("slack_status", "bearer"), ("statuspage", "path"), ("github", "github"), ("unknown", "bearer")],
)  # fmt: skip
def test_found_by_name(source, scheme):
    assert sender_of(source).scheme == scheme


def test_values_by_path():
    document = {"event": {"id": "E1", "n": 7, "ok": True, "none": None}, "updates": [{"id": "U1"}], "a.b": {"c.d": "dotted"}}
    found = [
        value_at(document, path) for path in ("event.id", "event.n", "updates.0.id", "a.b.c.d", "event.ok", "event.none", "event", "x.y", "updates.7.id", "")
    ]
    assert found == ["E1", "7", "U1", "dotted", "", "", "", "", "", ""]


def test_the_id_of_a_delivery():
    body = b'{"event": {"id": "E1"}}'
    by_body = delivery_id("pagerduty", "pagerduty", {}, {"event": {"id": "E1"}}, body)
    assert by_body.startswith("id:") and by_body == delivery_id("pagerduty", "pagerduty", {}, {"event": {"id": "E1"}, "more": 1}, b"other")
    assert delivery_id("github", "github", {"x-github-delivery": "abc"}, {}, body) == "x-github-delivery:abc"
    assert delivery_id("incident_io", "standard", {"svix-id": "msg_1"}, {}, body) == "svix-id:msg_1"
    assert delivery_id("github", "github", {"x-github-delivery": "a b"}, {}, body).startswith("sha256:")
    assert delivery_id("github", "github", {"x-github-delivery": "a" * 121}, {}, body).startswith("sha256:")
    sentry = [delivery_id("sentry", "sentry", {"request-id": "r"}, {}, raw) for raw in (b"a", b"b")]
    assert sentry[0] != sentry[1]
    half = {"alert": {"alertId": "1"}, "action": "Create"}
    assert delivery_id("opsgenie", "bearer", {}, half, body).startswith("sha256:")
    assert all(len(each) <= 200 for each in (by_body, *sentry))


def test_a_challenge_is_slacks_alone():
    asked = {"type": "url_verification", "challenge": "abc"}
    assert handshake_of("slack", {}, asked).answer == {"challenge": "abc"}
    assert handshake_of("hmac", {}, asked) is None
    assert handshake_of("slack", {}, {**asked, "challenge": ["abc"]}) is None
    assert handshake_of("slack", {}, []) is None


def test_fields_of_the_incident_by_a_mapping():
    document = {"alerts": [{"labels": {"alertname": "Errors", "sev": "high"}, "ok": True}], "group": {"id": 17}, "service": "checkout"}
    said = {"group.id": "incident_key", "labels.alertname": "incident_title", "labels.sev": "incident_severity", "service": "incident_service", "ok": "text"}
    assert endpoint_mapping.of_events(said) == {"group.id": "", "labels.alertname": "", "labels.sev": "", "service": "", "ok": "text"}
    facts = endpoint_mapping.completed(Facts(source="json", key="own", title="First line"), said, document, is_generic=True)
    assert (facts.key, facts.title, facts.severity, facts.services) == ("17", "Errors", "high", ("checkout",))
    assert facts.labels == (("group.id", "17"), ("service", "checkout"))
    assert endpoint_mapping.completed(Facts(key="own"), {}, [], is_generic=False) == Facts(key="own")


@pytest.mark.parametrize("wrong", [None, [], {"a": "colour"}, {"a": 1}])
def test_what_is_no_mapping(wrong):
    with pytest.raises(ValueError):
        endpoint_mapping.cleaned(wrong)
