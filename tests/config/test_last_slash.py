"""An address without its last slash: what is read is redirected, what is sent arrives whole."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from incidents.models import Delivery, Incident, Tag
from tests.factories import api_client, make_incident, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("method", "path"),
    [("post", "/api/v1/incidents"), ("patch", "/api/v1/incidents/INC-1"), ("delete", "/api/v1/tokens/1"), ("put", "/api/v1/postmortems/PM-1/trigger")],
)
def test_the_api_says_in_a_problem_where_to_send_it(alice, method, path):
    answer = getattr(api_client(alice), method)(f"{path}?x=1", {"title": "Orders hang"}, format="json")
    assert (answer.status_code, answer["Location"], answer["Content-Type"]) == (308, f"{path}/?x=1", "application/problem+json")
    assert f"{path}/" in answer.json()["detail"]
    assert not Incident.objects.exists()


def test_who_follows_has_sent_it(alice):
    answer = api_client(alice).post("/api/v1/incidents", {"title": "Orders hang"}, format="json", follow=True)
    assert answer.status_code == 201
    assert Incident.objects.get().title == "Orders hang"


def test_a_file_arrives_too(alice, django_capture_on_commit_callbacks):
    incident = make_incident()
    file = SimpleUploadedFile("notes.txt", b"2026-03-02 14:02 UTC - it began\n")
    answer = api_client(alice).post(f"/api/v1/incidents/{incident.reference}/imports", {"files": file}, format="multipart")
    assert answer.status_code == 308
    file.seek(0)
    sent = api_client(alice).post(answer["Location"], {"files": file}, format="multipart")
    assert (sent.status_code, Delivery.objects.count()) == (202, 1)


def test_a_page_does_not_lose_what_was_typed(client, alice):
    client.force_login(alice)
    answer = client.post("/incidents/new", {"title": "Typed with care", "time_zone": "UTC", "started_at": "2026-03-02T14:00"}, follow=True)
    assert [status for _path, status in answer.redirect_chain] == [308, 302]
    assert Incident.objects.get().title == "Typed with care"


def test_nor_does_the_administration(client):
    client.force_login(make_user("boss", role="admin", is_staff=True, is_superuser=True))
    assert client.post("/admin/incidents/tag/add", {"name": "spare"}, follow=True).status_code == 200
    assert Tag.objects.get().name == "spare"


def test_reading_is_redirected_as_ever(client, alice):
    client.force_login(alice)
    assert client.get("/incidents").status_code == client.get("/api/v1/incidents").status_code == 301


def test_it_leads_nowhere_else(client, alice):
    """No other site, and nothing that is not there."""
    client.force_login(alice)
    assert client.post("/no/such/page").status_code == 404
    assert client.post("/api/v1/nothing", {}, content_type="application/json")["Content-Type"] == "application/problem+json"
