"""The REST API of incidents: everything a person does in the pages, with a token."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents.models import Incident, TimelineEvent
from tests.factories import T0, api_client, make_event, make_incident, make_service

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(alice):
    return api_client(alice)


def test_without_a_token_nothing_is_said(client):
    answer = client.get("/api/v1/incidents/")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"] == "Bearer"
    assert set(answer.json()) == {"type", "title", "detail", "errors"}


def test_an_expired_or_unknown_token_is_refused(alice):
    client = api_client(alice)
    alice.api_tokens.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get("/api/v1/incidents/").status_code == 401
    client.credentials(HTTP_AUTHORIZATION="Bearer pm_nothing\u00e9")
    assert client.get("/api/v1/incidents/").status_code == 401


def test_a_token_of_a_disabled_person_is_refused(alice):
    client = api_client(alice)
    alice.is_active = False
    alice.save()
    assert client.get("/api/v1/incidents/").status_code == 401


def test_a_reading_token_cannot_write(alice):
    answer = api_client(alice, scope="read").post("/api/v1/incidents/", {"title": "X"}, format="json")
    assert answer.status_code == 403
    assert not Incident.objects.exists()


def test_an_incident_is_declared_read_and_changed(api):
    make_service("checkout")
    made = api.post("/api/v1/incidents/", {"title": "Slow", "severity": "sev2", "services": ["checkout"], "tags": ["dns"]}, format="json")
    assert made.status_code == 201, made.json()
    reference = made.json()["reference"]
    read = api.get(f"/api/v1/incidents/{reference}/")
    assert read.json()["services"] == ["checkout"]
    assert read["ETag"] == '"1"'
    changed = api.patch(f"/api/v1/incidents/{reference}/", {"status": "mitigated"}, format="json", headers={"If-Match": read["ETag"]})
    assert changed.json()["status"] == "mitigated"
    assert changed["ETag"] == '"2"'


def test_a_lost_race_is_a_412_with_the_current_state(api):
    incident = make_incident()
    url = f"/api/v1/incidents/{incident.reference}/"
    assert api.patch(url, {"title": "First"}, format="json", headers={"If-Match": '"1"'}).status_code == 200
    lost = api.patch(url, {"title": "Second"}, format="json", headers={"If-Match": '"1"'})
    assert lost.status_code == 412
    assert lost.json()["current"]["title"] == "First"
    assert Incident.objects.get().title == "First"


@pytest.mark.parametrize(("sent", "status"), [("", 428), ('"x"', 400), ("*", 400), ('"1", "2"', 400)])
def test_a_change_names_the_version_it_was_made_from(api, sent, status):
    url = f"/api/v1/incidents/{make_incident().reference}/"
    assert api.patch(url, {"title": "New"}, format="json", headers={"If-Match": sent} if sent else {}).status_code == status


def test_unknown_and_hidden_answer_alike(api, bob):
    hidden = make_incident(is_private=True, members=[bob])
    for path in ("", "timeline/", "milestones/", "imports/"):
        forbidden = api.get(f"/api/v1/incidents/{hidden.reference}/{path}")
        unknown = api.get(f"/api/v1/incidents/INC-999999/{path}")
        assert forbidden.status_code == unknown.status_code == 404
        assert forbidden.content == unknown.content
    assert api.get("/api/v1/incidents/").json()["count"] == 0


def test_a_viewer_reads_and_changes_nothing(charlie):
    incident = make_incident()
    viewer = api_client(charlie)
    assert viewer.get(f"/api/v1/incidents/{incident.reference}/").status_code == 200
    assert viewer.post("/api/v1/incidents/", {"title": "X"}, format="json").status_code == 403
    assert viewer.post(f"/api/v1/incidents/{incident.reference}/timeline/", {"at": T0.isoformat(), "text": "x"}, format="json").status_code == 403


@pytest.mark.parametrize("query", ["severity=sev1", "service=checkout", "tag=dns", "status=resolved", "q=slow+dns"])
def test_lists_are_filtered(api, query):
    make_incident(title="Other")
    wanted = api.post("/api/v1/incidents/", {"title": "Slow dns", "severity": "sev1", "status": "resolved", "tags": ["dns"]}, format="json").json()
    Incident.objects.get(pk=int(wanted["reference"][4:])).services.add(make_service("checkout"))
    assert [row["reference"] for row in api.get(f"/api/v1/incidents/?{query}").json()["results"]] == [wanted["reference"]]


@pytest.mark.parametrize(("query", "status"), [("status=nope", 400), ("since=yesterday", 400), ("page=0", 404), ("q=%00", 400), ("page_size=1000000000", 200)])
def test_bad_filters_are_named_and_never_a_crash(api, query, status):
    assert api.get(f"/api/v1/incidents/?{query}").status_code == status


def test_the_timeline_is_read_by_cursor(api):
    incident = make_incident()
    for minute in range(5):
        make_event(incident, minute, text=f"event {minute}")
    first = api.get(f"/api/v1/incidents/{incident.reference}/timeline/?page_size=3").json()
    second = api.get(first["next"]).json()
    assert [row["text"] for row in first["results"] + second["results"]] == [f"event {minute}" for minute in range(5)]
    assert second["next"] is None


def test_an_entry_is_added_and_curated(api):
    incident = make_incident()
    made = api.post(f"/api/v1/incidents/{incident.reference}/timeline/", {"at": T0.isoformat(), "text": "Rolled back", "kind": "mitigation"}, format="json")
    assert made.status_code == 201, made.json()
    url = f"/api/v1/incidents/{incident.reference}/timeline/{made.json()['id']}/"
    assert api.get(url)["ETag"] == '"0"'
    later = (T0 + timedelta(minutes=3)).isoformat()
    curated = api.patch(url, {"title": "Rollback", "corrected_at": later}, format="json", headers={"If-Match": '"0"'})
    assert curated.status_code == 200, curated.json()
    assert curated.json()["curation"]["title"] == "Rollback"
    assert TimelineEvent.objects.get().occurred_at == T0
    assert TimelineEvent.objects.get().at == T0 + timedelta(minutes=3)
    assert api.patch(url, {"title": "Late"}, format="json", headers={"If-Match": '"0"'}).status_code == 412
    assert api.patch(url, {"is_hidden": True}, format="json", headers={"If-Match": '"1"'}).status_code == 200
    assert api.get(f"/api/v1/incidents/{incident.reference}/timeline/").json()["results"] == []
    assert len(api.get(f"/api/v1/incidents/{incident.reference}/timeline/?hidden=1").json()["results"]) == 1


def test_milestones_are_decided_and_metrics_follow(api):
    incident = api.post("/api/v1/incidents/", {"title": "Slow"}, format="json").json()["reference"]
    for kind, minute in (("impact_started", 0), ("resolved", 90)):
        at = (T0 + timedelta(minutes=minute)).isoformat()
        read = api.get(f"/api/v1/incidents/{incident}/milestones/{kind}/")
        body = {"decision": "overridden", "at": at, "note": "from the graph"}
        answer = api.patch(f"/api/v1/incidents/{incident}/milestones/{kind}/", body, format="json", headers={"If-Match": read["ETag"]})
        assert answer.status_code == 200, answer.json()
    metrics = {metric["key"]: metric for metric in api.get(f"/api/v1/incidents/{incident}/milestones/").json()["metrics"]}
    assert (metrics["mttr"]["state"], metrics["mttr"]["seconds"]) == ("recorded", 5400)
    assert metrics["mttd"]["state"] == "pending"


def test_tokens_are_made_and_revoked(api, alice):
    made = api.post("/api/v1/tokens/", {"name": "ci", "scope": "read", "days": 3}, format="json").json()
    assert made["secret"].startswith("pm_")
    assert "secret" not in api.get("/api/v1/tokens/").json()["results"][0]
    assert api.delete(f"/api/v1/tokens/{made['id']}/").status_code == 204
    assert alice.api_tokens.count() == 1


def test_the_number_of_queries_does_not_grow(api):
    def count(path):
        with CaptureQueriesContext(connection) as queries:
            assert api.get(path).status_code == 200
        return len(queries)

    def add(number):
        incident = make_incident(title=f"Case {number}")
        incident.services.add(make_service(f"service-{number}"))
        make_event(Incident.objects.earliest("pk"), number)

    add(0)
    timeline = f"/api/v1/incidents/{Incident.objects.get().reference}/timeline/"
    count(timeline)  # the first use of a token is written down
    few = count("/api/v1/incidents/"), count(timeline)
    for number in range(1, 8):
        add(number)
    assert (count("/api/v1/incidents/"), count(timeline)) == few


@pytest.mark.parametrize("name", ["since", "until"])
@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "0001-01-01", "9999-12-31", "1930-08-21T21:39:34-18:43"])
def test_a_moment_at_the_end_of_the_calendar_is_no_server_error(alice, client, name, moment):
    make_incident(time_zone="Pacific/Auckland")
    assert api_client(alice).get("/api/v1/incidents/", {name: moment}).status_code in (200, 400)
    assert api_client(alice).get("/api/v1/search/", {name: moment, "q": "x"}).status_code in (200, 400)
    client.force_login(alice)
    for page in ("/incidents/", "/knowledge/", "/incidents/INC-1/"):
        assert client.get(page, {name: moment[:10], "day": moment[:10]}).status_code < 500
