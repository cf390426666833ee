"""One post-mortem over several incidents: seen by those who may see all of them, and it tells of each."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.db.models import RestrictedError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents import lifecycle
from incidents.models import IncidentMember, Milestone, MilestoneKind, Severity, Tag
from postmortems import action_items, covering, drafting, incident_hooks, publishing, search
from postmortems.document import build
from postmortems.models import ActionItem, Postmortem, RelatedIncident, RetrospectiveTemplate, Revision, SearchEntry, Section
from postmortems.rendering import html, markdown
from tests.factories import T0, api_client, make_event, make_incident, make_postmortem, make_service, make_user

pytestmark = pytest.mark.django_db

CANARY = "marimba"


@pytest.fixture
def lead():
    return make_user("lead", role="facilitator")


@pytest.fixture
def outage():
    incident = make_incident("Checkout returns errors", severity=Severity.objects.first())
    incident.services.add(make_service("checkout"))
    make_event(incident, 0, "Errors rise", salience=2)
    make_event(incident, 10, "Rolled back", salience=2)
    return incident


@pytest.fixture
def ledger():
    incident = make_incident("Ledger lags", severity=Severity.objects.last())
    incident.services.add(make_service("ledger"))
    incident.tags.add(Tag.objects.create(name="replica"))
    make_event(incident, 5, "Replica is late")
    Milestone.objects.create(incident=incident, kind=MilestoneKind.objects.get(key="detected"), decision="overridden", at=T0)
    return incident


def covered(lead, outage, *others, template="standard_blameless"):
    postmortem = make_postmortem(lead, incident=outage, template=template)
    covering.cover(actor=lead, postmortem=postmortem, incidents=others)
    postmortem.refresh_from_db()
    return postmortem


def test_the_document_tells_of_all(lead, outage, ledger):
    document = build(covered(lead, outage, ledger), "internal", timezone.now())
    assert [row["reference"] for row in document["related"]] == [ledger.reference]
    assert document["related"][0]["services"] == [{"key": "ledger", "name": "Ledger"}]
    assert [row["state"] for row in document["related"][0]["milestones"] if row["key"] == "detected"] == ["recorded"]
    assert document["related"][0]["metrics"]
    told = [(row["incident"], row["text"]) for row in document["timeline"]]
    # In one order; the incident in which nobody marked key moments is not left out beside the one in which somebody did.
    assert told == [(outage.reference, "Errors rise"), (ledger.reference, "Replica is late"), (outage.reference, "Rolled back")]
    for text in (html.body(document), markdown.markdown(document)):
        assert "Ledger lags" in text
        assert ledger.reference in text
    alone = build(make_postmortem(lead, incident=outage), "internal", timezone.now())
    assert alone["related"] == []
    assert {row["incident"] for row in alone["timeline"]} == {""}


def test_outside_titles_hide_names_too(lead, outage):
    other = make_incident(f"{lead} broke the ledger", members=[lead])
    document = build(covered(lead, outage, other), "public", timezone.now())
    assert str(lead) not in str(document)


def test_the_number_of_queries_does_not_grow_with_the_incidents(lead, outage, ledger):
    postmortem = covered(lead, outage, ledger)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            build(postmortem, "internal", timezone.now())
        return len(captured)

    queries()
    few = queries()
    for number in range(8):
        other = make_incident(f"Other {number}")
        other.services.add(make_service(f"s{number}"))
        make_event(other, number, "Something")
        covering.cover(actor=lead, postmortem=postmortem, incidents=[other])
    assert queries() == few


@pytest.fixture
def secret(lead):
    incident = make_incident(f"{CANARY} title", members=[lead], is_private=True)
    incident.tags.add(Tag.objects.create(name=CANARY))
    make_event(incident, 3, f"{CANARY} entry", salience=2)
    return incident


def test_who_may_not_see_one_of_them_sees_nothing(lead, outage, secret, client):
    """The main incident is everybody's; the post-mortem is not, in any list, page, file, search or log."""
    postmortem = covered(lead, outage, secret, template="quick_retro")
    Section.objects.filter(postmortem=postmortem).update(body=f"{CANARY} zither body")
    item = action_items.add(actor=lead, incident=outage, postmortem=postmortem, title=f"{CANARY} zither action", owner=lead)
    postmortem.refresh_from_db()
    publishing.publish(actor=lead, postmortem=postmortem)
    for role in ("viewer", "responder", "facilitator", "admin"):
        outsider = make_user(f"outside-{role}", role=role, is_staff=role == "admin", is_superuser=role == "admin")
        assert not Postmortem.objects.visible_to(outsider).exists()
        assert not Revision.objects.visible_to(outsider).exists()
        assert not ActionItem.objects.visible_to(outsider).exists()
        assert not SearchEntry.objects.visible_to(outsider).exists()
        assert SearchEntry.objects.hidden_from(outsider).count() == 1
        assert not search.find(outsider, "zither").hits
        assert not search.find(outsider, "").hits
        assert {postmortem.reference, item.reference} <= incident_hooks.hidden_subjects(outsider)
        client.force_login(outsider)
        reference = postmortem.reference
        pages = [f"/postmortems/{reference}/", f"/knowledge/{reference}/", f"/knowledge/{reference}.md", f"/knowledge/{reference}.pdf"]
        pages += [f"/knowledge/{reference}/r/1.json", f"/postmortems/{reference}/sections/q_line/", f"/actions/{item.reference}/"]
        for page in pages:
            assert client.get(page).status_code == 404, page
        lists = ["/", "/postmortems/", "/actions/?status=all", "/knowledge/", "/knowledge/?q=zither", "/incidents/", outage.get_absolute_url()]
        lists += [f"{outage.get_absolute_url()}history/"] + ([f"/postmortems/start/{outage.reference}/"] if role != "viewer" else [])
        lists += (
            ["/admin/postmortems/postmortem/", "/admin/postmortems/actionitem/", "/admin/postmortems/revision/", "/admin/incidents/auditevent/"]
            if role == "admin"
            else []
        )
        for page in lists:
            text = client.get(page).content.decode()
            assert CANARY not in text, page
            assert f"{reference}<" not in text, page
        api = api_client(outsider)
        for path in (f"/api/v1/postmortems/{reference}/", f"/api/v1/postmortems/{reference}/incidents/", f"/api/v1/postmortems/{reference}/revisions/1/"):
            assert api.get(path).status_code == 404, path
        for path in ("/api/v1/postmortems/", f"/api/v1/postmortems/?incident={secret.reference}", "/api/v1/action-items/", "/api/v1/search/?q=zither"):
            assert api.get(path).json()["results"] == [], path
    assert search.find(lead, "zither").total == 1
    assert CANARY in search.find(lead, "zither").hits[0].subject.tags


def test_an_incident_that_becomes_private_takes_the_post_mortem_along(lead, outage, ledger, bob):
    postmortem = covered(lead, outage, ledger)
    assert Postmortem.objects.visible_to(bob).get() == postmortem
    lifecycle.restrict(actor=lead, incident=ledger, version=ledger.version, is_private=True, members=[lead])
    assert not Postmortem.objects.visible_to(bob).exists()
    IncidentMember.objects.create(incident=ledger, user=bob)
    assert Postmortem.objects.visible_to(bob).get() == postmortem


def test_what_was_published_with_it_stays(lead, outage, ledger):
    postmortem = covered(lead, outage, ledger)
    publishing.publish(actor=lead, postmortem=postmortem)
    with pytest.raises(ValidationError, match="revision"):
        covering.uncover(actor=lead, postmortem=postmortem, incident=ledger)
    with pytest.raises(RestrictedError):  # else the revision would be laid open to whoever sees the main one
        ledger.delete()
    outage.delete()
    assert not RelatedIncident.objects.exists()


def test_taking_out_a_private_one_takes_the_right_to(lead, outage, secret):
    responder = make_user("helper")
    IncidentMember.objects.create(incident=secret, user=responder)
    postmortem = covered(lead, outage, secret)
    with pytest.raises(PermissionDenied):
        covering.uncover(actor=responder, postmortem=postmortem, incident=secret)
    covering.uncover(actor=lead, postmortem=postmortem, incident=secret)
    assert not RelatedIncident.objects.exists()


def test_publishing_what_nobody_saw_is_a_conflict(lead, outage, ledger):
    from incidents.lib.conflict import Conflict

    postmortem = make_postmortem(lead, incident=outage)
    covering.cover(actor=lead, postmortem=postmortem, incidents=[ledger])
    with pytest.raises(Conflict):
        publishing.publish(actor=lead, postmortem=postmortem)


def test_adding_is_repeatable_and_bounded(lead, outage, ledger):
    postmortem = covered(lead, outage, ledger, outage)
    covering.cover(actor=lead, postmortem=postmortem, incidents=[ledger])
    assert postmortem.related.count() == 1
    many = [make_incident(f"Other {number}") for number in range(covering.MOST)]
    with pytest.raises(ValidationError):
        covering.cover(actor=lead, postmortem=postmortem, incidents=many)
    with pytest.raises(PermissionDenied):
        covering.cover(actor=make_user("reader", role="viewer"), postmortem=postmortem, incidents=[ledger])


def test_owners_must_see_all_of_them(lead, outage, secret, bob):
    postmortem = covered(lead, outage, secret)
    with pytest.raises(ValidationError):
        action_items.add(actor=lead, incident=outage, postmortem=postmortem, title="Watch the replica", owner=bob)


def test_search_finds_by_any_of_them(lead, outage, ledger):
    publishing.publish(actor=lead, postmortem=covered(lead, outage, ledger))
    for filters in ({"service": "ledger"}, {"service": "checkout"}, {"severity": ledger.severity.key}, {"tag": "replica"}):
        assert search.find(lead, "", search.Filters(**filters)).total == 1, filters
        assert search.find(lead, "ledger", search.Filters(**filters)).total == 1, filters
    subject = search.find(lead, "lags").hits[0].subject
    assert subject.related == [ledger.reference]
    assert [key for key, _name in subject.services] == ["checkout", "ledger"]


def test_the_pages(lead, outage, ledger, client):
    client.force_login(lead)
    template = RetrospectiveTemplate.objects.get(key="standard_blameless")
    start = f"/postmortems/start/{outage.reference}/"
    assert ledger.title in client.get(start).content.decode()  # nearby in time
    answer = client.post(start, {"template": template.key, "also": "INC-999"})
    assert answer.status_code == 422
    assert "There is no incident" in answer.content.decode()
    client.post(start, {"template": template.key, "nearby": [ledger.pk]})
    postmortem = Postmortem.objects.get()
    for key in ("timeline", "milestones", "metrics_graphs"):
        if postmortem.sections.filter(key=key).exists():
            assert ledger.reference in client.get(f"/postmortems/{postmortem.reference}/sections/{key}/").content.decode(), key
    for page in (postmortem.get_absolute_url(), "/postmortems/", "/postmortems/?service=ledger"):
        assert ledger.reference in client.get(page).content.decode(), page
    assert postmortem.reference in client.get(ledger.get_absolute_url()).content.decode()
    client.post(f"/postmortems/{postmortem.reference}/incidents/{ledger.reference}/remove/")
    assert not RelatedIncident.objects.exists()
    page = client.post(f"/postmortems/{postmortem.reference}/incidents/", {"also": f"{ledger.reference}; <script>"}, follow=True)
    assert "<script>;" not in page.content.decode()
    assert not RelatedIncident.objects.exists()
    client.post(f"/postmortems/{postmortem.reference}/incidents/", {"also": ledger.reference.lower()})
    assert RelatedIncident.objects.get().incident == ledger


def test_a_hidden_one_is_as_unknown_as_none(outage, secret, client, bob):
    postmortem = make_postmortem(bob, incident=outage)
    client.force_login(bob)
    for reference in (secret.reference, "INC-99999"):
        text = client.post(f"/postmortems/{postmortem.reference}/incidents/", {"also": reference}, follow=True).content.decode()
        assert f"There is no incident “{reference}”" in text
    assert CANARY not in client.get(f"/postmortems/{postmortem.reference}/").content.decode()
    assert client.post(f"/postmortems/{postmortem.reference}/incidents/{secret.reference}/remove/").status_code == 404
    assert api_client(bob).post(f"/api/v1/postmortems/{postmortem.reference}/incidents/", {"incident": secret.reference}, format="json").status_code == 404


def test_the_api(lead, outage, ledger):
    client = api_client(lead)
    body = {"incident": outage.reference, "template": "quick_retro", "related_incidents": [ledger.reference]}
    made = client.post("/api/v1/postmortems/", body, format="json").json()
    assert made["related_incidents"] == [ledger.reference]
    base = f"/api/v1/postmortems/{made['reference']}/incidents/"
    assert [row["incident"] for row in client.get(base).json()] == [ledger.reference]
    assert client.delete(f"{base}{ledger.reference}/").status_code == 204
    assert client.post(base, {"incident": ledger.reference}, format="json").json()[0]["incident"] == ledger.reference
    assert client.get("/api/v1/postmortems/?service=ledger").json()["results"][0]["reference"] == made["reference"]
    assert client.get(f"/api/v1/postmortems/?incident={ledger.reference}").json()["results"][0]["reference"] == made["reference"]
    publishing.publish(actor=lead, postmortem=Postmortem.objects.get())
    assert client.delete(f"{base}{ledger.reference}/").status_code == 400


def test_a_second_document_is_told_from_the_first(lead, outage, client):
    first = make_postmortem(lead, incident=outage)
    second = make_postmortem(lead, incident=outage, template="quick_retro")
    assert first.title == outage.title
    assert second.title == f"{outage.title} – {second.template.name}"
    own = drafting.start(actor=lead, incident=outage, template=second.template, title="For customers")
    assert own.title == "For customers"
    client.force_login(lead)
    page = client.get(f"/postmortems/start/{outage.reference}/").content.decode()
    assert "There are 3 already" in page
    assert second.title in page
    assert second.template.name in client.get(outage.get_absolute_url()).content.decode()


def test_a_hidden_document_leaves_no_trace_in_the_suggested_title(lead, outage, secret, bob):
    covered(lead, outage, secret)
    assert make_postmortem(bob, incident=outage).title == outage.title
