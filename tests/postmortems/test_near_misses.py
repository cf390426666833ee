"""Near misses and good catches: reported in a minute, kept light, and whoever reports decides how far their name goes."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from incidents import assigning, home, lifecycle
from incidents.models import AuditEvent, Incident, IncidentType, Milestone
from postmortems import near_misses, overview, publishing
from postmortems.document import build
from postmortems.models import NearMiss, Postmortem, RetrospectiveTemplate, SearchEntry, Section
from postmortems.near_misses import Report
from tests.factories import T0, api_client, make_endpoint, make_field, make_incident, make_service, make_user

pytestmark = pytest.mark.django_db

TOLD = {
    "kind": "near_miss",
    "title": "Backup job pointed at the live bucket",
    "noticed": "The dry run listed production objects before anything was written.",
    "stopped": "The dry run\nA second look at the list",
    "stopped_by": "practice",
    "unfolded": "The job would have overwritten a day of uploads, and we would have learnt of it from customers.",
    "credit": "named",
}


def reported(actor, **fields):
    return near_misses.report(actor=actor, told=Report(**(TOLD | fields)))


def body_of(postmortem, key):
    return postmortem.sections.get(key=key).body


def test_a_report_makes_a_light_incident_and_its_document(alice):
    service = make_service()
    postmortem = reported(alice, services=[service], tags=["backup"], at=T0, thanks_to="Grace", thanks_agreed=True)
    incident = postmortem.incident
    assert (incident.kind, incident.severity, incident.started_at, incident.status) == ("near_miss", None, T0, "closed")
    assert list(incident.services.all()) == [service]
    assert not Milestone.objects.filter(incident=incident).exists()
    assert postmortem.template.key == "near_miss"
    assert body_of(postmortem, "nm_what") == TOLD["noticed"]
    assert body_of(postmortem, "nm_stopped") == "- The dry run (practice)\n- A second look at the list (practice)"
    assert "Grace" in body_of(postmortem, "nm_thanks")
    assert postmortem.near_miss.state == "submitted"
    assert postmortem.sections.get(key="nm_what").version == 2  # a person's words, not a suggestion to be read first


def test_whom_to_thank_is_named_with_consent_only(alice):
    postmortem = reported(alice, thanks_to="Grace")
    assert "Grace" not in body_of(postmortem, "nm_thanks")
    assert postmortem.near_miss.thanks_to == "Grace"  # whoever works on it may ask


def test_an_unnamed_reporter_is_kept_nowhere(alice):
    alice.time_zone = "Asia/Tokyo"
    postmortem = reported(alice, credit="unnamed")
    incident = postmortem.incident
    assert postmortem.near_miss.reporter is None
    assert (postmortem.owner, postmortem.created_by, incident.created_by, incident.time_zone) == (None, None, None, "UTC")
    assert not incident.members.exists()
    assert not AuditEvent.objects.filter(actor=alice).exists()
    assert not postmortem.sections.exclude(updated_by=None).exists()
    assert not incident.events.exclude(created_by=None).exists()
    assert str(alice) not in str(build(postmortem, "internal", timezone.now()))


def test_one_known_to_the_team_stays_out_of_the_document(alice, bob):
    postmortem = reported(alice, credit="team")
    lifecycle.add_entry(actor=bob, incident=postmortem.incident, at=T0, text=f"{alice} told us", who=str(alice))
    Postmortem.objects.filter(pk=postmortem.pk).update(owner=alice)
    postmortem.refresh_from_db()
    document = build(postmortem, "internal", timezone.now())
    assert str(alice) not in str(document)
    assert not AuditEvent.objects.filter(actor=alice).exists()


def test_a_named_one_owns_the_document(alice):
    assert reported(alice).owner == alice


def test_a_viewer_may_report_and_sees_the_incident(client):
    viewer = make_user("reader", role="viewer")
    client.force_login(viewer)
    assert client.get("/postmortems/near-miss/").status_code == 200
    answer = client.post("/postmortems/near-miss/", TOLD)
    incident = Incident.objects.get()
    assert answer["Location"] == incident.get_absolute_url()
    page = client.get(answer["Location"]).content.decode()
    assert "Near miss" in page
    assert "Milestones" not in page
    assert NearMiss.objects.get().reporter == viewer


def test_the_form_says_what_is_missing(client, alice):
    client.force_login(alice)
    answer = client.post("/postmortems/near-miss/", {"kind": "near_miss", "title": "\x07 ", "noticed": " ", "at": "2099-01-01T10:00"})
    assert answer.status_code == 422
    assert not Incident.objects.exists()
    answer = client.post("/postmortems/near-miss/", TOLD | {"at": "2099-01-01T10:00"})
    assert answer.status_code == 422
    assert "future" in answer.content.decode()


def test_hostile_words_stay_words(client, alice):
    client.force_login(alice)
    evil = "<script>alert(1)</script> {{ incident.title }} {% load x %}"
    answer = client.post(
        "/postmortems/near-miss/", TOLD | {"title": evil, "noticed": evil, "thanks_to": evil, "thanks_agreed": "on", "tags": evil}, follow=True
    )
    assert answer.status_code == 200
    assert "<script>alert(1)" not in answer.content.decode()


def test_it_is_left_out_of_what_is_about_incidents(alice, client):
    near = reported(alice).incident
    Incident.objects.filter(pk=near.pk).update(status="open", severity=None)
    real = make_incident("A real one")
    assert list(home.running(alice)) == [real]
    assert list(home.undecided(alice)) == []
    client.force_login(alice)
    assert near.title not in client.get("/incidents/").content.decode()
    for query in ("?kind=near", "?kind=near_miss", "?kind=all", f"?q={near.reference}"):
        assert near.title in client.get(f"/incidents/{query}").content.decode(), query
    assert "A real one" not in client.get("/incidents/?kind=near").content.decode()
    assert near.title not in client.get("/incidents/?kind=good_catch").content.decode()


def test_webhooks_never_add_to_it(alice):
    service = make_service()
    near = reported(alice, services=[service]).incident
    Incident.objects.filter(pk=near.pk).update(status="open")
    endpoint = make_endpoint()
    assert near not in assigning.in_scope(endpoint)
    assert near not in assigning.in_scope(endpoint, named=True)


def test_it_can_turn_out_to_be_an_incident_and_back(alice):
    incident = reported(alice, at=T0).incident
    incident = lifecycle.edit(actor=alice, incident=incident, version=incident.version, kind="incident")
    assert Milestone.objects.filter(incident=incident).exists()
    assert incident.started_at == T0
    incident = lifecycle.edit(actor=alice, incident=incident, version=incident.version, kind="near_miss")
    client = api_client(alice)
    assert client.get(f"/api/v1/incidents/{incident.reference}/milestones/").json() == {"milestones": [], "metrics": []}


def test_thanks_come_once_and_not_from_oneself(alice, bob, client):
    near_miss = reported(alice).near_miss
    with pytest.raises(PermissionDenied):
        near_misses.thank(actor=alice, near_miss=near_miss)
    with pytest.raises(PermissionDenied):
        near_misses.thank(actor=make_user("reader", role="viewer"), near_miss=near_miss)
    assert [one.pk for one in near_misses.news(bob, 6)[0]] == [near_miss.pk]
    assert near_misses.news(alice, 6) == ([], [])
    client.force_login(bob)
    client.post(f"/postmortems/{near_miss.postmortem.reference}/thanks/", {"thanks": "That saved us a weekend"})
    near_misses.thank(actor=make_user("late"), near_miss=near_miss, words="Second")
    near_miss = NearMiss.objects.get()
    assert (near_miss.thanked_by, near_miss.thanks, near_miss.state) == (bob, "That saved us a weekend", "thanked")
    client.force_login(alice)
    assert "That saved us a weekend" in client.get("/").content.decode()


def test_thanks_for_an_unnamed_report(alice):
    near_miss = reported(alice, credit="unnamed").near_miss
    assert near_misses.may_thank(alice, near_miss)  # nobody knows that it is hers


def test_published_it_is_found_under_its_own_filter(alice, client):
    facilitator = make_user("lead", role="facilitator")
    postmortem = reported(alice, kind="good_catch")
    publishing.publish(actor=facilitator, postmortem=postmortem)
    assert NearMiss.objects.get().state == "published"
    assert SearchEntry.objects.count() == 1
    client.force_login(alice)
    for query, is_there in (
        ("?kind=near", True),
        ("?kind=incident", False),
        ("?q=bucket&kind=near", True),
        ("?q=bucket", True),
        ("?q=bucket&kind=incident", False),
    ):
        page = client.get(f"/knowledge/{query}").content.decode()
        assert ("Good catch" in page) is is_there, query
    page = client.get(f"/knowledge/{postmortem.reference}/").content.decode()
    assert "Good catch" in page
    assert postmortem.title in client.get("/postmortems/?kind=near").content.decode()
    assert postmortem.title not in client.get("/postmortems/?kind=incident").content.decode()


def test_the_api_reports_in_one_call(alice):
    viewer = make_user("reader", role="viewer")
    client = api_client(viewer)
    answer = client.post("/api/v1/near-misses/", {"title": "Nearly", "noticed": "It", "stopped": "Luck", "stopped_by": "chance"}, format="json")
    assert answer.status_code == 201
    assert answer.json()["state"] == "submitted"
    reference = answer.json()["incident"]
    assert client.get(f"/api/v1/incidents/{reference}/").json()["kind"] == "near_miss"
    assert client.get("/api/v1/incidents/").json()["results"] == []
    assert len(client.get("/api/v1/incidents/?kind=near_miss").json()["results"]) == 1
    assert len(client.get("/api/v1/incidents/?kind=all").json()["results"]) == 1
    assert client.get("/api/v1/incidents/?kind=nonsense").status_code == 400
    assert client.post("/api/v1/near-misses/", {"title": "Nearly"}, format="json").status_code == 400
    later = (timezone.now() + timedelta(days=1)).isoformat()
    assert client.post("/api/v1/near-misses/", {"title": "N", "noticed": "It", "stopped": "Luck", "at": later}, format="json").status_code == 400
    reader = api_client(viewer, scope="read")
    assert reader.post("/api/v1/near-misses/", {"title": "Nearly", "noticed": "It", "stopped": "Luck"}, format="json").status_code == 403


# Custom fields ------------------------------------------------------------------------------------------------


@pytest.fixture
def fields():
    make_field("found_by", "Found by", "choice", {"test": "A test", "eye": "An eye"}, is_required=True)
    make_field("ticket", "Ticket", "link")
    make_field("facing", "Customer-facing", "switch", is_required=True, of_near_misses=False)
    make_field("notified", "Notified", "number").types.set([IncidentType.objects.get(key="data")])
    make_field("old", "Old", is_active=False)


def test_the_form_asks_for_the_fields_that_near_misses_have(client, fields):
    viewer = make_user("viewer", role="viewer")
    client.force_login(viewer)
    place = reverse("postmortems:near_miss_report")
    page = client.get(place).content.decode()
    assert "field-found_by" in page and page.index("field-found_by") < page.index("More fields") < page.index("field-ticket")
    assert not any(f"field-{key}" in page for key in ("facing", "notified", "old")) and 'name="type"' not in page
    answer = client.post(place, TOLD | {"field-found_by": "magic", "field-ticket": "javascript:x"})
    assert answer.status_code == 422 and not Incident.objects.exists() and '<details class="fieldmore" open>' in answer.content.decode()
    assert client.post(place, TOLD | {"field-found_by": "eye", "field-ticket": "https://tickets.example/1", "field-facing": "yes"}).status_code == 302
    assert Incident.objects.get().field_values == {"found_by": "eye", "ticket": "https://tickets.example/1"}


def test_what_is_wanted_keeps_nobody_from_reporting_and_is_shown_as_missing(client, alice, fields):
    client.force_login(alice)
    client.post(reverse("postmortems:near_miss_report"), TOLD)
    incident = Incident.objects.get()
    assert incident.field_values == {}
    assert "1 field missing" in client.get(incident.get_absolute_url()).content.decode()
    form = client.get(reverse("incidents:incident_fields", args=[incident.reference])).content.decode()
    assert "field-found_by" in form and "field-facing" not in form
    postmortem = Postmortem.objects.get()
    Section.objects.create(postmortem=postmortem, key="glance", title="At a glance", kind="fields")
    assert overview.completeness_of(postmortem).of("glance").state == "empty"
    lifecycle.edit(actor=alice, incident=incident, version=incident.version, values={"ticket": "https://tickets.example/1"})
    assert overview.completeness_of(postmortem).of("glance").gaps == ("“Found by” is not filled in.",)


def test_the_form_reads_the_fields_in_one_query(client, alice, fields):
    client.force_login(alice)
    place = reverse("postmortems:near_miss_report")

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(place)
        return len(captured)

    queries()
    few = queries()
    for number in range(12):
        make_field(f"more_{number}", f"More {number}", "choice", {"a": "A", "b": "B"})
    assert queries() == few


def test_the_api_takes_fields_too(alice, fields):
    sent = {"title": "Nearly", "noticed": "It", "stopped": "Luck", "fields": {"found_by": "test"}}
    client = api_client(alice)
    assert client.post("/api/v1/near-misses/", sent | {"fields": {"found_bye": "test"}}, format="json").status_code == 400
    assert client.post("/api/v1/near-misses/", sent | {"fields": ["test"]}, format="json").status_code == 400
    assert not Incident.objects.exists()
    assert client.post("/api/v1/near-misses/", sent, format="json").status_code == 201
    assert Incident.objects.get().field_values == {"found_by": "test"}
    assert {row["key"]: row["of_near_misses"] for row in client.get("/api/v1/custom-fields/").json()["results"]}["facing"] is False


def test_without_its_template_it_is_written_with_another(alice):
    RetrospectiveTemplate.objects.filter(key="near_miss").update(key="renamed", is_active=False)
    postmortem = reported(alice)
    assert postmortem.template.is_active
    assert TOLD["noticed"] in postmortem.incident.summary
    RetrospectiveTemplate.objects.all().delete()
    with pytest.raises(ValidationError):
        reported(alice)
