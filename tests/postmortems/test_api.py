"""The REST API of post-mortems: what a viewer sees, lost races, filters, bad input."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.access import SYSTEM
from postmortems import action_items, drafting, publishing
from postmortems.models import RetrospectiveTemplate, SectionVersion
from tests.factories import api_client, make_incident, make_user, make_written

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(alice):
    return api_client(alice)


def make_postmortem(**incident):
    return drafting.start(actor=SYSTEM, incident=make_incident(**incident), template=RetrospectiveTemplate.objects.get(key="quick_retro"))


def test_the_templates_come_with_their_guidance(api):
    template = api.get("/api/v1/templates/standard_blameless/").json()
    assert template["sections"][0]["key"] == "summary"
    assert template["sections"][0]["questions"]


def test_a_viewer_reads_no_draft(charlie, api):
    postmortem = make_postmortem()
    viewer = api_client(charlie)
    for path in ("", "sections/", "sections/q_line/", "sections/q_line/versions/", "revisions/", "revisions/1.pdf"):
        assert viewer.get(f"/api/v1/postmortems/{postmortem.reference}/{path}").status_code == 404
    assert viewer.get("/api/v1/postmortems/").json()["count"] == 0
    assert api.get("/api/v1/postmortems/").json()["count"] == 1


def test_two_savers_lose_no_word(api):
    postmortem = make_postmortem()
    url = f"/api/v1/postmortems/{postmortem.reference}/sections/q_line/"
    first = api.patch(url, {"body": "mine"}, format="json", headers={"If-Match": '"1"'})
    second = api.patch(url, {"body": "yours"}, format="json", headers={"If-Match": '"1"'})
    assert (first.status_code, second.status_code) == (200, 412)
    assert second.json()["current"]["body"] == "mine"
    assert SectionVersion.objects.get(is_lost=True).body == "yours"
    kept = api.get(f"{url}versions/").json()
    assert {"mine", "yours"} <= {row["body"] for row in kept}


def test_a_responder_cannot_publish(bob):
    postmortem = make_postmortem()
    answer = api_client(bob).post(f"/api/v1/postmortems/{postmortem.reference}/publish/", {}, format="json", headers={"If-Match": '"1"'})
    assert answer.status_code == 403


def test_details_are_changed_on_top_of_a_version(api):
    url = f"/api/v1/postmortems/{make_postmortem().reference}/"
    assert api.patch(url, {"title": "New"}, format="json").status_code == 428
    assert api.patch(url, {"title": "New", "owner": "alice"}, format="json", headers={"If-Match": '"1"'}).json()["owner"] == "alice"
    assert api.patch(url, {"owner": "nobody"}, format="json", headers={"If-Match": '"2"'}).status_code == 400


def test_an_action_item_wants_a_note_to_be_closed(api):
    incident = make_incident()
    item = api.post("/api/v1/action-items/", {"incident": incident.reference, "title": "Add an alert"}, format="json").json()
    url = f"/api/v1/action-items/{item['reference']}/"
    refused = api.patch(url, {"status": "done"}, format="json", headers={"If-Match": '"1"'})
    assert refused.status_code == 400
    assert "closing_note" in refused.json()["errors"]
    done = api.patch(url, {"status": "done", "closing_note": "Seen in a drill"}, format="json", headers={"If-Match": '"1"'})
    assert done.json()["completed_at"]


@pytest.mark.parametrize(("query", "count"), [("overdue=true", 1), ("overdue=false", 1), ("owner=bob", 1), ("status=done", 0), ("kind=detect", 1)])
def test_action_items_are_filtered(api, bob, query, count):
    incident = make_incident()
    action_items.add(actor=SYSTEM, incident=incident, title="Late", due_on="2026-01-01", kind="detect")
    action_items.add(actor=SYSTEM, incident=incident, title="Bob's", owner=bob)
    assert api.get(f"/api/v1/action-items/?{query}").json()["count"] == count


def test_private_things_are_not_there(api):
    mallory = make_user("mallory")
    postmortem = make_postmortem(is_private=True, members=[mallory])
    item = action_items.add(actor=SYSTEM, incident=postmortem.incident, title="Hidden")
    for path in (f"postmortems/{postmortem.reference}/", f"action-items/{item.reference}/", f"postmortems/{postmortem.reference}/sections/"):
        assert api.get(f"/api/v1/{path}").status_code == 404
    assert api.post("/api/v1/action-items/", {"incident": postmortem.incident.reference, "title": "x"}, format="json").status_code == 404
    assert api.post("/api/v1/postmortems/", {"incident": postmortem.incident.reference}, format="json").status_code == 404
    assert api_client(mallory).get(f"/api/v1/postmortems/{postmortem.reference}/").status_code == 200


@pytest.mark.parametrize("query", ["page=0", "page=x", "since=never", "service=nope"])
def test_a_bad_search_is_named(api, query):
    answer = api.get(f"/api/v1/search/?{query}")
    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.json()["errors"]


@pytest.mark.parametrize("path", ["postmortems/", "action-items/", "templates/"])
def test_the_number_of_queries_does_not_grow(api, path):
    def count():
        with CaptureQueriesContext(connection) as queries:
            assert api.get(f"/api/v1/{path}").status_code == 200
        return len(queries)

    def add():
        action_items.add(
            actor=SYSTEM, incident=make_incident(), postmortem=make_postmortem(), title="One", owner=make_user(f"user{RetrospectiveTemplate.objects.count()}")
        )
        RetrospectiveTemplate.objects.create(key=f"t{RetrospectiveTemplate.objects.count()}", name="More")

    add()
    count()  # the first use of a token is written down
    few = count()
    for _ in range(5):
        add()
    assert count() == few


@pytest.mark.parametrize(("suffix", "kind"), [("pdf", "application/pdf"), ("html", "text/html"), ("md", "text/markdown"), ("json", "application/json")])
def test_a_file_is_given_to_who_asks_for_its_kind(alice, suffix, kind):
    """A client made from the schema sends the kind that the schema names as Accept."""
    postmortem = make_written(alice)
    publishing.publish(actor=alice, postmortem=postmortem)
    postmortem.revisions.update(pdf_stored_as=default_storage.save("one.pdf", ContentFile(b"%PDF-1.7")))
    answer = api_client(alice).get(f"/api/v1/postmortems/{postmortem.reference}/revisions/1.{suffix}", headers={"Accept": kind})
    assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (200, kind)


def test_a_template_and_an_invitation_are_given_to_who_asks_for_their_kind(alice, api):
    template = api.get("/api/v1/templates/standard_blameless/export/", headers={"Accept": "application/yaml"})
    assert (template.status_code, template["Content-Type"].partition(";")[0]) == (200, "application/yaml")
    url = f"/api/v1/postmortems/{make_postmortem().reference}/meeting/"
    missing = api.get(f"{url}invitation.ics", headers={"Accept": "text/calendar"})
    assert (missing.status_code, missing["Content-Type"]) == (404, "application/problem+json")
    api.patch(url, {"starts_at": "2030-03-02T14:00:00Z"}, format="json", headers={"If-Match": api.get(url)["ETag"]})
    invitation = api.get(f"{url}invitation.ics", headers={"Accept": "text/calendar"})
    assert (invitation.status_code, invitation["Content-Type"].partition(";")[0]) == (200, "text/calendar")
