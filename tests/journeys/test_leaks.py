"""The leak matrix: canary words in everything of one private incident; nobody outside finds them on any page, list, file or API."""

import io
from datetime import date
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from incidents import intake, lifecycle, measuring
from incidents.models import IncidentMember, Milestone, Severity, Tag, User
from postmortems import action_items, drafting, publishing
from postmortems.models import RetrospectiveTemplate
from tests.factories import T0, api_client, make_endpoint, make_service, make_user, post_hook

pytestmark = pytest.mark.django_db(transaction=True)

CANARY = "xylophone"
ASKED = "zither"  # stands beside the canary everywhere, so that asking for it would show the canary without echoing it
LISTS = [
    *(
        "/",
        "/incidents/",
        "/incidents/?q=zither",
        "/postmortems/",
        "/postmortems/?q=zither",
        "/actions/",
        "/actions/?q=zither",
    ),
    *("/knowledge/", "/knowledge/?q=zither", "/settings/", "/settings/webhooks/", "/api/v1/endpoints/"),
    *("/api/v1/incidents/", "/api/v1/incidents/?q=zither", "/api/v1/postmortems/", "/api/v1/action-items/"),
    *("/api/v1/search/", "/api/v1/search/?q=zither", "/api/v1/services/", "/api/v1/templates/", "/api/v1/tokens/"),
]


@pytest.fixture
def secret(alice):
    """A private incident of Alice's with everything it can have."""
    incident = lifecycle.declare(
        actor=alice,
        title=f"{CANARY} {ASKED} title",
        summary=f"{CANARY} {ASKED} summary",
        is_private=True,
        tags=[CANARY],
        severity=Severity.objects.first(),
        services=[make_service()],
    )
    lifecycle.add_entry(actor=alice, incident=incident, at=T0, text=f"{CANARY} {ASKED} entry", who=f"{CANARY} {ASKED} person", kind="impact")
    text = f"2026-03-02 14:02 UTC - {CANARY} {ASKED} one\n2026-03-02 14:05 UTC - {CANARY} {ASKED} two\n2026-03-02 14:09 UTC - {CANARY} {ASKED} three\n"
    intake.receive(actor=alice, incident=incident, file=io.BytesIO(text.encode()), name=f"{CANARY}.txt", channel="upload")
    for milestone in Milestone.objects.filter(incident=incident).select_related("kind", "incident"):
        measuring.decide(actor=alice, milestone=milestone, version=milestone.version, decision="overridden", at=T0, note=CANARY)
    postmortem = drafting.start(actor=alice, incident=incident, template=RetrospectiveTemplate.objects.get(key="quick_retro"))
    for section in postmortem.sections.all():
        drafting.save_section(actor=alice, section=section, version=section.version, body=f"{CANARY} {ASKED} body", values={})
    item = action_items.add(actor=alice, incident=incident, postmortem=postmortem, title=f"{CANARY} {ASKED} action", due_on=date(2026, 1, 1))
    postmortem.refresh_from_db()
    publishing.publish(actor=alice, postmortem=postmortem)
    event = incident.events.order_by("pk").first()
    delivery = incident.deliveries.get().pk
    # A webhook added to it by a rule, with the words in body, facts and reason
    rule = {
        "action": "incident",
        "incident": incident.reference,
        "name": "private",
        "conditions": [{"field": "title", "operator": "contains", "value": "zither"}],
    }
    endpoint = make_endpoint(name="Pager", rules=[rule], mapping={"id": "incident_key"})
    alert = {"timestamp": "2026-03-02T14:02:00Z", "message": f"{CANARY} {ASKED} alert", "id": f"{CANARY}-1"}
    assert post_hook(Client(), endpoint, alert).status_code == 202
    by_hook = incident.deliveries.get(endpoint=endpoint)
    assert by_hook.state == "imported"
    base, api = f"/settings/webhooks/{endpoint.pk}/", f"/api/v1/endpoints/{endpoint.pk}/"
    known = {"INC": incident.reference, "PM": postmortem.reference, "ACT": item.reference, "event": event.pk, "delivery": delivery}
    known["about the endpoint"] = [base, f"{base}?show=failed", f"{base}rules/", f"{base}mapping/", f"{base}edit/", api, f"{api}deliveries/"]
    known["about the delivery"] = [f"{base}deliveries/{by_hook.pk}/", f"{base}deliveries/{by_hook.pk}/file/"]
    return known


def addresses(known):
    """Every page and endpoint about the incident, from the URL configuration itself."""
    references = {"incidents": known["INC"], "deliveries": known["INC"], "postmortems": known["PM"], "knowledge": known["PM"], "actions": known["ACT"]}
    filled = {
        "<int:pk>": str(known["event"]),
        "<slug:key>": "q_line",
        "<int:number>": "1",
        "<int:old>": "1",
        "<int:new>": "1",
        "<int:version_id>": "1",
        "<slug:kind>": "detected",
    }
    found = set()

    def walk(patterns, prefix):
        for pattern in patterns:
            path = prefix + str(pattern.pattern).strip("^$")
            if isinstance(pattern, URLResolver):
                if not path.startswith(("admin", "account")):
                    walk(pattern.url_patterns, path)
            elif isinstance(pattern, URLPattern):
                found.add(path)

    walk(get_resolver().url_patterns, "")
    import re

    for path in sorted(found):
        parts = re.sub(r"\(\?P<suffix>[^)]*\)", "pdf", path.replace("\\.", ".").replace("^", ""))
        parts = re.sub(r"\(\?P<number>[^)]*\)", "1", parts)
        noun = next((name for name in ("action-items", "knowledge", "postmortems", "actions", "incidents") if f"{name}/" in parts), "")
        reference = {"action-items": known["ACT"], **references}.get(noun, "")
        if "start/" in parts or "actions/new" in parts:
            reference = known["INC"]
        parts = re.sub(r"\(\?P<reference>[^)]*\)|<str:reference>", reference, parts)
        if "deliver" in parts or "imports/<int:pk>" in parts:
            parts = parts.replace("<int:pk>", str(known["delivery"]))
        for name, value in filled.items():
            parts = parts.replace(name, value)
        if reference and reference in parts and "(" not in parts and "<" not in parts:
            yield "/" + parts


def test_the_matrix_covers_the_urls(secret):
    paths = list(addresses(secret))
    assert len(paths) > 40
    assert f"/knowledge/{secret['PM']}.pdf" in paths
    assert f"/api/v1/incidents/{secret['INC']}/timeline/{secret['event']}/" in paths


def test_its_member_finds_it(secret, alice, client):
    client.force_login(alice, "allauth.account.auth_backends.AuthenticationBackend")
    for path in (f"/incidents/{secret['INC']}/", "/incidents/", "/knowledge/?q=zither", "/actions/?status=open", f"/postmortems/{secret['PM']}/"):
        assert CANARY in client.get(path).content.decode(), path


@pytest.mark.parametrize("who", ["anonymous", "viewer", "responder", "facilitator", "admin", "former member", "viewer's token", "admin's token"])
def test_nobody_else_finds_anything(secret, client, who):
    cache.clear()
    role = {"former member": "responder", "viewer's token": "viewer", "admin's token": "admin"}.get(who, who)
    if who != "anonymous":
        user = make_user("outsider", role=role, is_staff=role == "admin", is_superuser=role == "admin")
        if who == "former member":
            IncidentMember.objects.create(incident_id=int(secret["INC"][4:]), user=user).delete()
        if "token" in who:
            client = api_client(user)
        else:
            client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    for path in [*addresses(secret), *LISTS, *secret["about the endpoint"], *secret["about the delivery"]]:
        answer = client.get(path)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        about = content.decode(errors="replace")
        if path not in [*LISTS, *secret["about the endpoint"]]:
            assert answer.status_code in {302, 401, 403, 404, 405}, (path, answer.status_code)
            assert answer.status_code != 302 or "/account/login/" in answer["Location"], path
        assert CANARY not in about, path
    if who == "admin":
        for path in (
            "incidents/incident/",
            "incidents/delivery/",
            "incidents/timelineevent/",
            "postmortems/postmortem/",
            "postmortems/actionitem/",
            "postmortems/revision/",
        ):
            assert CANARY not in client.get(f"/admin/{path}").content.decode(), path


def test_the_tag_of_a_hidden_incident_is_not_offered(secret, client):
    client.force_login(make_user("outsider", role="facilitator"), "allauth.account.auth_backends.AuthenticationBackend")
    assert Tag.objects.filter(name=CANARY).exists()
    assert User.objects.filter(username="outsider").exists()
    for path in ("/knowledge/", "/incidents/"):
        assert CANARY not in client.get(path).content.decode()


@pytest.mark.parametrize("role", ["viewer", "responder", "facilitator", "admin"])
def test_no_operation_of_the_api_tells_hidden_from_unknown(secret, client, role):
    """Whatever the method, with and without If-Match: status and body are those of a reference that never was."""
    outsider = api_client(make_user("outsider", role=role))
    compared = 0
    for path, operations in client.get("/api/v1/schema/").json()["paths"].items():
        noun = path.split("/")[3]
        known = {"incidents": secret["INC"], "postmortems": secret["PM"], "action-items": secret["ACT"]}.get(noun)
        if known is None or "{reference}" not in path:
            continue
        rest = path.replace("{suffix}", "pdf").replace("{kind}", "detected").replace("{incident}", secret["INC"]).replace("{source}", "plain_text")
        rest = rest.replace("{key}", str(uuid4()) if "pictures" in path else "q_line").replace("{id}", str(secret["event"]))
        rest = rest.replace("{number}", "1").replace("{place}", "0")
        hidden, unknown = rest.replace("{reference}", known), rest.replace("{reference}", f"{known.partition('-')[0]}-999999")
        for method in operations:
            for headers in ({}, {"If-Match": '"1"'}):
                first, second = (outsider.generic(method.upper(), address, "{}", "application/json", headers=headers) for address in (hidden, unknown))
                assert (first.status_code, first.content) == (second.status_code, second.content), (method, hidden)
                assert first.status_code in {403, 404}, (method, hidden, first.status_code)
                compared += 1
    assert compared > 200


def test_no_page_takes_a_form_without_its_token(secret, alice):
    """Every page that takes a form, from the URL configuration; hooks and the API with a token have none to check."""
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice, "allauth.account.auth_backends.AuthenticationBackend")
    refused = 0
    for path in addresses(secret):
        if path.startswith("/api/v1/hooks/"):
            continue
        answer = strict.post(path, {"title": "x", "body": "x"})
        assert answer.status_code in {403, 404, 405}, (path, answer.status_code)
        refused += answer.status_code == 403
    assert refused > 40
