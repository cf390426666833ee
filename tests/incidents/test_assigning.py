"""Deliveries find their incident: by key, by rules, by hand; each says why, and nothing leaves its scope."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from incidents import assigning, endpoints, webhooks
from incidents.lib.conflict import Conflict
from incidents.models import Delivery, ExternalRef, Incident, IncidentMember, Severity
from incidents.routing import RuleError
from tests.factories import make_endpoint, make_incident, make_service, make_team, make_user, work

pytestmark = pytest.mark.django_db

MAPPING = {"id": "incident_key", "sev": "incident_severity", "svc": "incident_service", "what": "incident_title"}


@pytest.fixture
def admin():
    return make_user("admin", role="admin")


def arrived(endpoint, key="A-1", minute=2, text="Alert fired", **fields):
    """A delivery with this key, routed and imported."""
    body = {"timestamp": f"2026-03-02T14:{minute:02}:00Z", "message": text, "id": key, **fields}
    webhooks.keep(endpoint, json.dumps(body).encode(), "json", f"{key}-{minute}-{text}"[-200:])
    work()
    return Delivery.objects.select_related("incident").latest("pk")


def make(*rules, **fields):
    return make_endpoint(rules=list(rules), mapping=MAPPING, **fields)


OPEN = {"action": "open"}


def test_the_second_of_a_key_is_added():
    endpoint = make(OPEN)
    first, second = arrived(endpoint), arrived(endpoint, minute=5)
    assert first.incident == second.incident
    assert (first.decision["action"], second.decision["action"]) == ("opened", "added")
    assert second.decision["why"] == f"Added to {first.incident.reference}: it has the key of {first.incident.reference}, which is open."
    assert arrived(endpoint, key="B-2").incident != first.incident


def test_out_of_order_is_in_order():
    endpoint = make(OPEN)
    later, earlier = arrived(endpoint, minute=30, text="Resolved"), arrived(endpoint, minute=2)
    assert later.incident == earlier.incident
    assert list(later.incident.events.values_list("text", flat=True)) == ["Alert fired", "Resolved"]


def test_long_keys_are_told_apart():
    endpoint = make(OPEN)
    first, second, again = (arrived(endpoint, key="k" * 250 + end, minute=minute) for end, minute in (("a", 1), ("b", 2), ("a", 3)))
    assert first.incident != second.incident and first.incident == again.incident


PAYLOADS = Path(__file__).parent / "sources" / "payloads"


@pytest.mark.parametrize(("source", "file"), [("pagerduty", "webhooks_v3.json"), ("alertmanager", "firing_and_resolved.json")])
def test_tools_name_their_incident(source, file):
    endpoint = make_endpoint(source=source, rules=[OPEN])
    for number, body in enumerate(bodies(PAYLOADS / source / file)):
        webhooks.keep(endpoint, body, "json", f"{number}")
    work()
    assert Delivery.objects.exclude(incident=None).count() == number + 1
    assert Incident.objects.count() == ExternalRef.objects.count() == 1


def bodies(path):
    found = json.loads(path.read_text())
    return [json.dumps(each).encode() for each in (found if isinstance(found, list) else [found])]


def test_keys_of_two_endpoints_are_apart():
    assert arrived(make(OPEN)).incident != arrived(make(OPEN)).incident


def test_the_quiet_period():
    endpoint = make(OPEN)
    incident = arrived(endpoint).incident
    Incident.objects.filter(pk=incident.pk).update(status="resolved", updated_at=timezone.now() - timedelta(minutes=7))
    within = arrived(endpoint, minute=20)
    assert within.incident == incident
    assert "resolved 7 minutes ago" in within.decision["why"] and "See whether it is back" in within.decision["why"]
    Incident.objects.filter(pk=incident.pk).update(status="resolved", updated_at=timezone.now() - timedelta(minutes=61))
    after = arrived(endpoint, minute=40)
    assert after.incident != incident
    assert f"is that of {incident.reference}" in after.decision["why"]
    assert ExternalRef.objects.get().incident == after.incident  # the key follows the newer one


def test_facts_become_the_incident():
    service, team = make_service("checkout"), make_team()
    endpoint = make(OPEN, team=team, severity=Severity.objects.get(key="sev3"))
    known = arrived(endpoint, sev="SEV1", svc="Checkout", what="Orders fail").incident
    assert (known.title, known.severity.key, known.team, list(known.services.all())) == ("Orders fail", "sev1", team, [service])
    assert (known.created_by, known.is_private) == (None, False)
    assert arrived(endpoint, key="B", sev="critical").incident.severity.key == "sev3"


def test_without_rules_it_waits_and_a_person_opens(admin):
    endpoint = make()
    held = [arrived(endpoint), arrived(endpoint, minute=3), arrived(endpoint, key="other")]
    assert {row.state for row in held} == {"held"} and not Incident.objects.exists()
    assert held[0].decision["why"] == "Kept in the inbox: there are no rules, and its key is not that of an open incident."
    incident = assigning.assign(actor=admin, delivery=held[0], incident=None, title="Orders fail")
    work()
    assert (incident.title, incident.created_by, incident.events.count()) == ("Orders fail", admin, 2)  # the other one with the key came along
    assert Delivery.objects.get(pk=held[0].pk).decision["why"] == f"Opened {incident.reference}: by hand, admin."
    assert Delivery.objects.get(pk=held[2].pk).state == "held"
    assert arrived(endpoint, minute=9).incident == incident
    with pytest.raises(assigning.AlreadyAssigned):
        assigning.assign(actor=admin, delivery=held[0], incident=None)
    assert Incident.objects.count() == 1


def test_a_person_adds_to_an_incident(admin):
    endpoint, incident = make(), make_incident()
    assigning.assign(actor=admin, delivery=arrived(endpoint), incident=incident)
    work()
    assert incident.events.count() == 1
    assert arrived(endpoint, minute=4).incident == incident


def test_the_latest_open_incident_of_the_service():
    service = make_service("checkout")
    rule = {"action": "service", "minutes": 60, "otherwise": "open"}
    endpoint = make(rule)
    now = timezone.now()
    old, over, other, latest = (
        make_incident(title=name, started_at=now - timedelta(minutes=minutes)) for name, minutes in (("old", 61), ("over", 1), ("other", 2), ("latest", 30))
    )
    Incident.objects.filter(pk=old.pk).update(created_at=now - timedelta(minutes=61))
    for incident in (old, over, latest):
        incident.services.add(service)
    Incident.objects.filter(pk=over.pk).update(status="closed")
    found = arrived(endpoint, svc="checkout")
    assert found.incident == latest
    assert "latest open one of checkout" in found.decision["why"]
    Incident.objects.filter(pk=latest.pk).update(status="resolved", updated_at=now - timedelta(days=1))
    opened = arrived(endpoint, key="B", svc="checkout")
    assert (opened.decision["action"], opened.incident.title) == ("opened", "Alert fired")
    assert "no incident of its service is open within 60 minutes" in opened.decision["why"]
    unknown = arrived(make({**rule, "otherwise": "inbox"}), svc="nobody knows")
    assert (unknown.state, unknown.incident) == ("held", None)
    assert "no service that is known here" in unknown.decision["why"]
    assert other.deliveries.count() == 0


def test_a_named_incident_and_ignoring(admin):
    incident = make_incident()
    endpoint = make()
    noise = {"action": "ignore", "conditions": [{"field": "severity", "operator": "is", "value": "info"}]}
    endpoints.set_rules(actor=admin, endpoint=endpoint, version=1, rules=[noise, {"action": "incident", "incident": incident.reference}])
    assert arrived(endpoint).incident == incident
    ignored = arrived(endpoint, key="B", sev="INFO")
    assert (ignored.state, ignored.incident) == ("ignored", None)
    assert ignored.decision["why"] == "Ignored: rule 1 says so (severity is “info”)."


def test_labels_of_any_json_can_be_asked_for():
    rule = {"action": "open", "conditions": [{"field": "label", "label": "tags.env", "operator": "is", "value": "production"}]}
    endpoint = make(rule)
    assert arrived(endpoint, tags={"env": "staging"}).state == "held"
    assert arrived(endpoint, key="B", tags={"env": "Production"}).incident is not None


def test_private_endpoints_keep_to_themselves(admin):
    team = make_team()
    team.members.add(make_user("bob"))
    service = make_service("checkout")
    public = make_incident(started_at=timezone.now())
    public.services.add(service)
    endpoint = make({"action": "service", "minutes": 60, "otherwise": "open"}, is_private=True, team=team, created_by=admin)
    found = arrived(endpoint, svc="checkout")
    assert found.incident != public and found.incident.is_private
    assert set(found.incident.members.values_list("user__username", flat=True)) == {"bob", "admin"}
    assert arrived(endpoint, key="B", svc="checkout").incident == found.incident  # its own it may add to
    named = make({"action": "incident", "incident": public.reference}, is_private=True, created_by=admin)
    assert arrived(named).state == "held"
    alone = make(OPEN, is_private=True)
    assert "nobody would see it" in arrived(alone).decision["why"]


def test_others_private_incidents_are_not_touched():
    service = make_service("checkout")
    private = make_incident(is_private=True, started_at=timezone.now())
    private.services.add(service)
    endpoint = make({"action": "service", "minutes": 60, "otherwise": "inbox"})
    assert arrived(endpoint, svc="checkout").state == "held"
    theirs = make_incident(team=make_team("Search"), started_at=timezone.now())
    theirs.services.add(service)
    payments = make({"action": "service", "minutes": 60, "otherwise": "inbox"}, team=make_team("Payments"))
    assert arrived(payments, svc="checkout").state == "held"
    assert arrived(endpoint, key="B", svc="checkout").incident == theirs


def test_a_rule_names_only_what_its_author_sees(admin):
    hidden = make_incident(is_private=True)
    endpoint = make()
    rules = [{"action": "incident", "incident": hidden.reference}]
    with pytest.raises(RuleError):
        endpoints.set_rules(actor=admin, endpoint=endpoint, version=1, rules=rules)
    with pytest.raises(RuleError):
        endpoints.set_rules(actor=admin, endpoint=endpoint, version=1, rules=[{"action": "incident", "incident": "INC-999999"}])
    IncidentMember.objects.create(incident=hidden, user=admin)
    endpoints.set_rules(actor=admin, endpoint=endpoint, version=1, rules=rules)
    endpoints.set_rules(actor=make_user("another", role="admin"), endpoint=endpoint, version=2, rules=[*rules, OPEN])
    with pytest.raises(Conflict):
        endpoints.set_rules(actor=admin, endpoint=endpoint, version=2, rules=[])


def test_replay_routes_with_the_rules_of_now(admin):
    endpoint = make()
    held = arrived(endpoint)
    endpoints.set_rules(actor=admin, endpoint=endpoint, version=1, rules=[OPEN])
    assigning.again(actor=admin, delivery=held)
    work()
    held.refresh_from_db()
    assert (held.state, held.decision["action"]) == ("imported", "opened")
    again = assigning.again(actor=admin, delivery=held)
    work()
    again.refresh_from_db()
    assert (again.pk != held.pk, again.state, again.endpoint, again.incident.events.count()) == (True, "imported", endpoint, 1)


def test_the_inbox_is_routed_again(admin):
    endpoint = make()
    for minute in (2, 3):
        arrived(endpoint, minute=minute)
    arrived(endpoint, key="B")
    endpoints.set_rules(actor=admin, endpoint=endpoint, version=1, rules=[OPEN])
    assert assigning.inbox_again(actor=admin, endpoint=endpoint) == 3
    work()
    assert sorted(incident.events.count() for incident in Incident.objects.all()) == [1, 2]


def test_any_json_without_a_time_happened_when_it_came(admin):
    endpoint = make_endpoint(mapping={"when": "time", "id": "incident_key"}, rules=[OPEN])
    webhooks.keep(endpoint, json.dumps({"message": "Deploy failed", "id": "A-1"}).encode(), "json", "1")
    work()
    event = Delivery.objects.get().incident.events.get()
    assert (event.text, event.at) == ("Deploy failed", Delivery.objects.get().received_at.replace(microsecond=event.at.microsecond))
    webhooks.keep(endpoint, b'{"hello": "world"}', "json", "2")
    work()
    assert Delivery.objects.latest("pk").state == "refused"


def test_what_was_refused_is_read_again_once_its_keys_are_explained(admin):
    endpoint = make_endpoint(mapping={"message": "", "id": "incident_key"})
    refused = arrived(endpoint)
    assert refused.state == "refused"
    endpoints.set_mapping(actor=admin, endpoint=endpoint, version=1, given={"message": "text"})
    assert assigning.inbox_again(actor=admin, endpoint=endpoint) == 1
    work()
    refused.refresh_from_db()
    assert refused.state == "held"


def test_what_cannot_be_read_is_refused_with_the_reason(admin):
    endpoint = make(OPEN)
    webhooks.keep(endpoint, b'{"nothing": "here"}', "json", "x")
    work()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.incident) == ("refused", None)
    assert "No key holds a time" in delivery.report["error"]


def test_a_rehearsal_writes_nothing():
    endpoint = make()
    rows = [arrived(endpoint, key="B", sev="info"), arrived(endpoint), arrived(endpoint, minute=5)]
    before = list(Delivery.objects.values())
    rules = [{"action": "ignore", "conditions": [{"field": "severity", "operator": "is", "value": "info"}]}, OPEN]
    outcomes = [text for _, text in assigning.rehearse(endpoint, rules, rows)]
    assert outcomes == [
        "Would be added to the incident that an earlier one with its key opens.",
        "Would open an incident: rule 2 says so (always).",
        "Would be ignored: rule 1 says so (severity is “info”).",
    ]
    assert list(Delivery.objects.values()) == before and not Incident.objects.exists()


def test_who_sees_what_has_no_incident(admin):
    endpoint = make()
    held = arrived(endpoint)
    assert list(Delivery.objects.visible_to(admin)) == [held]
    for role in ("facilitator", "responder", "viewer"):
        assert not Delivery.objects.visible_to(make_user(role, role=role)).exists()
    incident = assigning.assign(actor=admin, delivery=held, incident=None)
    assert list(Delivery.objects.visible_to(make_user("later"))) == [held]
    Incident.objects.filter(pk=incident.pk).update(is_private=True)
    assert not Delivery.objects.visible_to(make_user("outsider", role="admin")).exists()


def test_deleting_an_endpoint_leaves_the_evidence(admin):
    endpoint = make()
    kept, waiting = arrived(endpoint), arrived(endpoint, key="B")
    assigning.assign(actor=admin, delivery=kept, incident=None)
    work()
    endpoints.remove(actor=admin, endpoint=endpoint)
    assert list(Delivery.objects.values_list("pk", "state", "endpoint")) == [(kept.pk, "imported", None)]
    assert waiting.pk not in Delivery.objects.values_list("pk", flat=True)


def test_what_states_no_time_happened_when_it_came(admin):
    """Grafana's older alerts say what is wrong, and not since when."""
    endpoint = make_endpoint(source="grafana")
    body = {"ruleId": 7, "ruleName": "Disk", "state": "alerting", "title": "[Alerting] Disk", "message": "Disk is full", "evalMatches": []}
    webhooks.keep(endpoint, json.dumps(body).encode(), "json", "disk-1")
    work()
    held = Delivery.objects.get()
    incident = assigning.assign(actor=admin, delivery=held, incident=None)
    work()
    event = incident.events.get()
    assert abs(event.at - held.received_at) < timedelta(seconds=5)
    assigning.again(actor=admin, delivery=Delivery.objects.latest("pk"))
    work()
    assert incident.events.get().at == event.at
