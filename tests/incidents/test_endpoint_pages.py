"""Settings → Webhooks as an administrator uses it, and as nobody else may."""

import re

import pytest
from django.core.files.storage import default_storage

from incidents.models import Delivery, Endpoint, EndpointSecret, Incident, IncidentMember
from tests.factories import api_client, make_endpoint, make_incident, make_team, make_user, post_hook, work

pytestmark = pytest.mark.django_db

ALERT = {"timestamp": "2026-03-02T14:02:00Z", "message": "Alert <b>fired</b>", "id": "A-1", "level": "critical"}


@pytest.fixture
def admin(client):
    user = make_user("admin", role="admin")
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    return user


def arrived(client, endpoint, **fields):
    post_hook(client, endpoint, {**ALERT, **fields})
    work()
    return Delivery.objects.latest("pk")


def made(client, **fields):
    answer = client.post("/settings/webhooks/new/", {"name": "Alerts", "source": "alertmanager", "quiet_minutes": 60, "time_zone": "UTC", **fields})
    return answer, Endpoint.objects.filter(name=fields.get("name", "Alerts")).first()


def test_only_administrators_come_in(client):
    endpoint = make_endpoint()
    delivery = arrived(client, endpoint)
    base = f"/settings/webhooks/{endpoint.pk}"
    pages = [
        "/settings/webhooks/",
        "/settings/webhooks/new/",
        f"{base}/",
        f"{base}/edit/",
        f"{base}/rules/",
        f"{base}/mapping/",
        f"{base}/deliveries/{delivery.pk}/",
    ]
    posts = [f"{base}/secret/", f"{base}/switch/", f"{base}/delete/", f"{base}/deliveries/{delivery.pk}/again/", f"{base}/deliveries/{delivery.pk}/assign/"]
    for path in pages:
        assert client.get(path).status_code == 302
    for role in ("viewer", "responder", "facilitator"):
        client.force_login(make_user(role, role=role), "allauth.account.auth_backends.AuthenticationBackend")
        assert {client.get(path).status_code for path in [*pages, f"{base}/deliveries/{delivery.pk}/file/"]} == {403}
        assert {client.post(path).status_code for path in [*pages[1:2], *posts]} == {403}
        assert "/settings/webhooks/" not in client.get("/settings/").content.decode()
    assert Endpoint.objects.get().is_enabled


def test_an_empty_list_teaches(client, admin):
    text = client.get("/settings/webhooks/").content.decode()
    assert "No webhooks yet" in text and "Paste both into the tool" in text
    assert "/settings/webhooks/" in client.get("/settings/").content.decode()
    assert "/settings/webhooks/" in client.get("/incidents/new/import/").content.decode()


def test_a_new_endpoint_shows_its_secret_once(client, admin):
    answer, endpoint = made(client)
    text = answer.content.decode()
    secret = re.search(r'id="secret" value="([^"]+)"', text).group(1)
    assert (answer.status_code, endpoint.scheme, endpoint.created_by) == (200, "bearer", admin)
    assert endpoint.url in text and "http_config" in text
    assert answer.headers["Cache-Control"].startswith("max-age=0")
    assert EndpointSecret.objects.get().reveal(endpoint) == secret
    assert secret not in client.get(endpoint.get_absolute_url()).content.decode()
    client.logout()
    assert client.post(endpoint.path, ALERT, content_type="application/json", headers={"Authorization": f"Bearer {secret}"}).status_code == 202


def test_a_token_in_the_address_is_shown_with_it(client, admin):
    answer, endpoint = made(client, source="json", scheme="path")
    assert re.search(rf'id="secret" value="{endpoint.url}[\w-]{{43}}/"', answer.content.decode())
    assert "&lt;token&gt;" in client.get(endpoint.get_absolute_url()).content.decode()


def test_the_vendors_secret_is_pasted_later(client, admin):
    answer, endpoint = made(client, source="pagerduty")
    assert "It has no secret yet" in answer.content.decode() and not endpoint.secrets.exists()
    path = f"/settings/webhooks/{endpoint.pk}/secret/"
    assert client.post(path, {"secret": "", "overlap_hours": 24}).status_code == 422
    assert client.post(path, {"secret": "with space", "overlap_hours": 24}).status_code == 422
    assert client.post(path, {"secret": "pasted-secret", "overlap_hours": 24}).status_code == 302
    assert endpoint.secrets.get().reveal(endpoint) == "pasted-secret"
    assert "pasted-secret" not in client.get(endpoint.get_absolute_url()).content.decode()


def test_rotation(client, admin):
    endpoint = make_endpoint()
    text = client.post(f"/settings/webhooks/{endpoint.pk}/secret/", {"overlap_hours": 24}).content.decode()
    assert re.search(r'id="secret" value="[\w-]{43}"', text) and "An old one is taken until" in text
    assert endpoint.secrets.count() == 2


@pytest.mark.parametrize("wrong", [{"name": " "}, {"source": "nothing"}, {"quiet_minutes": -1}, {"time_zone": "Mars"}, {"header": "a b"}, {"scheme": "rot13"}])
def test_what_would_not_work_is_told(client, admin, wrong):
    answer, endpoint = made(client, **wrong)
    assert (answer.status_code, endpoint) == (422, None)
    assert "field__error" in answer.content.decode()


def test_two_of_one_name_are_refused(client, admin):
    made(client)
    answer, _ = made(client)
    assert answer.status_code == 422 and "Another webhook has this name." in answer.content.decode()
    assert Endpoint.objects.count() == 1


def test_editing_and_the_lost_race(client, admin):
    endpoint = make_endpoint()
    path, team = f"/settings/webhooks/{endpoint.pk}/edit/", make_team()
    sent = {"name": "Renamed", "team": team.pk, "quiet_minutes": 5, "time_zone": "Europe/Paris", "scheme": "hmac", "is_private": "on", "version": 1}
    assert client.post(path, sent).status_code == 302
    endpoint.refresh_from_db()
    assert (endpoint.name, endpoint.team, endpoint.quiet_minutes, endpoint.is_private, endpoint.version) == ("Renamed", team, 5, True, 2)
    late = client.post(path, {**sent, "name": "Too late"})
    assert late.status_code == 409
    assert (
        "Somebody else saved" in late.content.decode() and 'value="Too late"' in late.content.decode() and 'name="version" value="2"' in late.content.decode()
    )


def test_switching_off_and_deleting(client, admin):
    endpoint = make_endpoint()
    client.post(f"/settings/webhooks/{endpoint.pk}/switch/", {"to": "off"})
    assert post_hook(client, endpoint, ALERT).status_code == 401
    client.post(f"/settings/webhooks/{endpoint.pk}/switch/", {"to": "on"})
    assert post_hook(client, endpoint, ALERT).status_code == 202
    client.post(f"/settings/webhooks/{endpoint.pk}/delete/")
    assert not Endpoint.objects.exists() and not Delivery.objects.exists()


def test_the_page_shows_deliveries_refusals_and_reasons(client, admin):
    endpoint = make_endpoint()
    arrived(client, endpoint)
    post_hook(client, endpoint, b"{")
    post_hook(client, endpoint, ALERT, secret="another-secret")
    text = client.get(endpoint.get_absolute_url()).content.decode()
    assert "Alert &lt;b&gt;fired&lt;/b&gt;" in text and "<b>fired" not in text
    assert "Kept in the inbox: there are no rules" in text
    assert "The signature is wrong." in text and "It is no JSON" in text
    inbox = client.get(f"{endpoint.get_absolute_url()}?show=inbox").content.decode()
    assert "in the inbox</span>" in inbox and "no JSON" not in inbox
    assert "no JSON" in client.get(f"{endpoint.get_absolute_url()}?show=failed").content.decode()


def test_lists_cost_the_same_however_long(client, admin, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost(path):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    first = make_endpoint()
    arrived(client, first)
    paths = [
        "/settings/webhooks/",
        first.get_absolute_url(),
        f"/settings/webhooks/{first.pk}/rules/",
        "/api/v1/endpoints/",
        f"/api/v1/endpoints/{first.pk}/deliveries/",
    ]
    before = [cost(path) for path in paths]
    incident = make_incident()
    for number in range(8):
        arrived(client, make_endpoint(team=make_team(f"Team {number}")))
        Delivery.objects.filter(pk=arrived(client, first, message=f"Alert {number}").pk).update(incident=incident)
    assert [cost(path) for path in paths] == before


def test_a_delivery_says_what_it_is_and_becomes_an_incident(client, admin):
    endpoint = make_endpoint(mapping={"id": "incident_key"})
    delivery = arrived(client, endpoint)
    path = f"/settings/webhooks/{endpoint.pk}/deliveries/{delivery.pk}/"
    text = client.get(path).content.decode()
    assert "Open an incident from it" in text and "A-1" in text and "&lt;b&gt;fired" in text and delivery.sha256 in text
    answer = client.post(f"{path}assign/", {"open": "1", "title": "Orders fail"})
    incident = Incident.objects.get()
    assert (answer.status_code, answer["Location"], incident.title) == (302, f"/incidents/{incident.reference}/", "Orders fail")
    work()
    page = client.get(f"/incidents/{incident.reference}/").content.decode()
    assert "by hand, admin." in page
    assert "Why this incident" in client.get(f"/incidents/{incident.reference}/deliveries/{delivery.pk}/").content.decode()
    again = client.post(f"{path}assign/", {"open": "1"}, follow=True)
    assert "meanwhile" in again.content.decode()


def test_a_delivery_is_added_to_an_incident_that_the_person_sees(client, admin):
    endpoint, incident, hidden = make_endpoint(), make_incident(), make_incident(is_private=True)
    delivery = arrived(client, endpoint)
    path = f"/settings/webhooks/{endpoint.pk}/deliveries/{delivery.pk}/"
    for wrong in ("", "INC-0", hidden.reference, "PM-1", "INC-99999999999", "x" * 30):
        assert client.post(f"{path}assign/", {"add": "1", "incident": wrong}).status_code == 422
    assert client.post(f"{path}assign/", {"add": "1", "incident": incident.reference.lower()}).status_code == 302
    assert incident.deliveries.get() == delivery


def test_the_original_is_a_download(client, admin):
    endpoint = make_endpoint()
    delivery = arrived(client, endpoint)
    path = f"/settings/webhooks/{endpoint.pk}/deliveries/{delivery.pk}/file/"
    answer = client.get(path)
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    assert answer["Content-Disposition"].startswith("attachment") and "sandbox" in answer["Content-Security-Policy"]
    default_storage.delete(delivery.stored_as)
    assert client.get(path).status_code == 404
    assert "The file is gone" in client.get(path.removesuffix("file/")).content.decode()


def test_a_delivery_belongs_to_its_endpoint_and_to_who_may_see_it(client, admin):
    endpoint, other = make_endpoint(), make_endpoint()
    delivery = arrived(client, endpoint)
    assert client.get(f"/settings/webhooks/{other.pk}/deliveries/{delivery.pk}/").status_code == 404
    assert client.get("/settings/webhooks/999/").status_code == 404
    private = make_incident(is_private=True, title="canary")
    Delivery.objects.filter(pk=delivery.pk).update(incident=private, decision={"why": "canary"})
    assert client.get(f"/settings/webhooks/{endpoint.pk}/deliveries/{delivery.pk}/").status_code == 404
    assert "canary" not in client.get(endpoint.get_absolute_url()).content.decode()
    IncidentMember.objects.create(incident=private, user=admin)
    assert client.get(f"/settings/webhooks/{endpoint.pk}/deliveries/{delivery.pk}/").status_code == 200


def rows(number, **fields):
    return {
        f"rule-{number}-{name.replace('_', '-', 1) if name[-1].isdigit() else name}": value
        for name, value in {"match": "all", "otherwise": "open", **fields}.items()
    }


def test_rules_are_rows_of_a_form(client, admin):
    endpoint = make_endpoint()
    delivery = arrived(client, endpoint)
    path = f"/settings/webhooks/{endpoint.pk}/rules/"
    assert "Another rule" in client.get(path).content.decode()
    critical = rows(0, name="Criticals", action="open", order=2, field_0="label", label_0="level", operator_0="is", value_0="critical")
    noise = rows(1, action="ignore", order=1, field_0="title", operator_0="contains", value_0="noise")
    sent = {"version": 1, "count": 3, **critical, **noise, **rows(2)}
    tried = client.post(path, {**sent, "try": "1"}).content.decode()
    assert "not saved yet" in tried and "Would open an incident: rule 2 “Criticals” says so (label level is “critical”)." in tried
    assert Endpoint.objects.get().rules == []
    assert client.post(path, sent).status_code == 302
    assert [rule["action"] for rule in Endpoint.objects.get().rules] == ["ignore", "open"]
    text = client.get(path).content.decode()
    assert 'value="critical"' in text and f"/deliveries/{delivery.pk}/" in text
    late = client.post(path, sent)
    assert late.status_code == 409 and "Somebody else saved" in late.content.decode()
    client.post(f"/settings/webhooks/{endpoint.pk}/deliveries/{delivery.pk}/again/")
    work()
    assert Incident.objects.get().title == "Alert <b>fired</b>"


@pytest.mark.parametrize(
    "wrong",
    [{"field_0": "label", "operator_0": "is", "value_0": "x", "action": "open"}, {"field_0": "title", "operator_0": "is", "action": "open"}, {"action": "incident", "incident": "x"},
     {"action": "incident", "incident": "INC-999"}, {"action": "", "value_0": "x", "field_0": "title", "operator_0": "is"}, {"action": "explode"}, {"action": "service", "minutes": 0}],
)  # fmt: skip
def test_a_rule_that_is_none_is_told(client, admin, wrong):
    endpoint = make_endpoint()
    answer = client.post(f"/settings/webhooks/{endpoint.pk}/rules/", {"version": 1, "count": 1, **rows(0, **wrong)})
    assert answer.status_code == 422
    assert Endpoint.objects.get().rules == []


@pytest.mark.parametrize("count", ["", "x", "-1", "999999999", "9" * 5000, "1"])
def test_forms_of_strangers(client, admin, count):
    endpoint = make_endpoint()
    assert client.post(f"/settings/webhooks/{endpoint.pk}/rules/", {"version": "x", "count": count}).status_code < 500


def test_rules_without_their_count_are_not_dropped(client, admin):
    endpoint = make_endpoint()
    rule = rows(0, name="Criticals", action="open", order=1, field_0="title", operator_0="contains", value_0="critical")
    assert client.post(f"/settings/webhooks/{endpoint.pk}/rules/", {"version": 1, **rule}).status_code == 302
    assert [each["action"] for each in Endpoint.objects.get().rules] == ["open"]


def test_keys_are_explained_with_a_preview(client, admin):
    endpoint = make_endpoint()
    path = f"/settings/webhooks/{endpoint.pk}/mapping/"
    assert "Nothing received yet" in client.get(path).content.decode()
    arrived(client, endpoint)
    text = client.get(path).content.decode()
    assert all(key in text for key in ("timestamp", "message", "level", "none: each delivery stands alone"))
    names = re.findall(r'name="(key-\d+)".*?</select>', text, re.DOTALL)
    keys = dict(zip(re.findall(r"<code>(\w+)</code></label>", text), names, strict=True))
    sent = {keys["timestamp"]: "time", keys["message"]: "text", keys["id"]: "incident_key", keys["level"]: "incident_severity", "version": 1}
    preview = client.post(path, sent, headers={"HX-Request": "true"}).content.decode()
    assert "A-1" in preview and "critical" in preview and "<html" not in preview
    assert Endpoint.objects.get().mapping == {}
    assert client.post(path, sent).status_code == 302
    assert Endpoint.objects.get().mapping["id"] == "incident_key"
    assert client.post(path, sent).status_code == 409
    assert client.post(path, {**sent, keys["id"]: "nonsense"}).status_code == 422


def test_aws_confirmation_is_a_link_for_a_person(client, admin):
    endpoint = make_endpoint("path", "a-token-of-many-letters", source="auto")
    link = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=1"
    client.post(f"{endpoint.path}a-token-of-many-letters/", {"Type": "SubscriptionConfirmation", "SubscribeURL": link}, content_type="application/json")
    text = client.get(endpoint.get_absolute_url()).content.decode()
    assert "AWS asks to confirm" in text and link.replace("&", "&amp;") in text and 'rel="noopener noreferrer nofollow"' in text


def test_the_administration_shows_endpoints_without_secrets(client):
    endpoint = make_endpoint(name="Canary endpoint")
    boss = make_user("boss", role="admin", is_staff=True, is_superuser=True)
    client.force_login(boss, "allauth.account.auth_backends.AuthenticationBackend")
    assert "Canary endpoint" in client.get("/admin/incidents/endpoint/").content.decode()
    page = client.get(f"/admin/incidents/endpoint/{endpoint.pk}/change/").content.decode()
    assert "test-secret" not in page and EndpointSecret.objects.get().sealed not in page
    arrived(client, endpoint)
    assert client.get("/admin/incidents/delivery/").status_code == 200


# The API -------------------------------------------------------------------------------------------


def test_the_api_does_what_the_pages_do(admin):
    api = api_client(admin)
    body = {"name": "Alerts", "source": "json", "scheme": "hmac", "rules": [{"action": "ignore"}], "mapping": {"id": "incident_key"}, "severity": "sev2"}
    answer = api.post("/api/v1/endpoints/", body, format="json")
    assert (answer.status_code, answer.json()["rules"][0]["action"], len(answer.json()["secret"])) == (201, "ignore", 43)
    path, tag = f"/api/v1/endpoints/{answer.json()['id']}/", answer.headers["ETag"]
    endpoint, secret = Endpoint.objects.get(), answer.json()["secret"]
    assert answer.json()["url"] == endpoint.url
    assert "secret" not in api.get(path).json() and secret not in str(api.get("/api/v1/endpoints/").json())
    assert api.patch(path, {"quiet_minutes": 5}, format="json").status_code == 428
    changed = api.patch(path, {"quiet_minutes": 5, "rules": []}, format="json", headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["quiet_minutes"], changed.json()["rules"]) == (200, 5, [])
    assert api.patch(path, {"quiet_minutes": 6}, format="json", headers={"If-Match": tag}).status_code == 412
    assert post_hook(api, endpoint, ALERT, secret=secret).status_code == 202
    work()
    delivery = api.get(f"{path}deliveries/").json()["results"][0]
    assert (delivery["state"], delivery["incident"], delivery["facts"]["key"]) == ("held", None, "A-1")
    assert "there are no rules" in delivery["decision"]["why"]
    assigned = api.post(f"{path}deliveries/{delivery['id']}/assign/", {"title": "Orders fail"}, format="json")
    assert (assigned.status_code, assigned.json()["incident"]) == (202, Incident.objects.get().reference)
    assert api.post(f"{path}deliveries/{delivery['id']}/assign/", {}, format="json").status_code == 400
    work()
    assert api.post(f"{path}deliveries/{delivery['id']}/replay/").status_code == 202
    rotated = api.post(f"{path}rotate/", {"secret": "given-secret"}, format="json").json()
    assert (rotated["secret"], endpoint.secrets.count()) == ("", 2)
    off = api.patch(path, {"is_enabled": False}, format="json", headers={"If-Match": api.get(path).headers["ETag"]})
    assert off.json()["is_enabled"] is False
    assert api.delete(path).status_code == 204 and api.get(path).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"source": "none"}, {"scheme": "rot13"}, {"rules": [{"action": "x"}]}, {"rules": {}}, {"mapping": {"a": "colour"}}, {"time_zone": "Mars"},
     {"secret": "short"}, {"header": "a b"}, {"team": "nobody"}, {"rules": [{"action": "incident", "incident": "INC-9"}]}],
)  # fmt: skip
def test_the_api_refuses_what_would_not_work(admin, wrong):
    answer = api_client(admin).post("/api/v1/endpoints/", {"name": "Alerts", **wrong}, format="json")
    assert (answer.status_code, answer.json()["errors"] != {}) == (400, True)
    assert not Endpoint.objects.exists()


def test_the_api_is_for_administrators_with_a_token_that_may_write(admin):
    endpoint = make_endpoint()
    path = f"/api/v1/endpoints/{endpoint.pk}/"
    for role in ("viewer", "responder", "facilitator"):
        api = api_client(make_user(role, role=role))
        assert {api.get("/api/v1/endpoints/").status_code, api.get(path).status_code, api.delete(path).status_code, api.post(f"{path}rotate/").status_code} == {
            403
        }
    reader = api_client(admin, scope="read")
    assert (reader.get(path).status_code, reader.delete(path).status_code) == (200, 403)
