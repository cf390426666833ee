import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from incidents.models import Incident, Severity
from postmortems import incident_hooks
from postmortems.models import Postmortem
from tests.factories import T0, make_action_item, make_event, make_incident, make_postmortem, make_service, make_user

pytestmark = pytest.mark.django_db
LIST = reverse("postmortems:postmortem_list")


def shown(client, **filters):
    return [one.title for one in client.get(LIST, filters).context["postmortems"]]


def test_the_list_has_drafts_first_and_is_filtered(alices, alice, bob):
    published = make_postmortem(alice, title="Published")
    Postmortem.objects.filter(pk=published.pk).update(status="published", published_at=T0)
    incident = make_incident("Draft of Bob", severity=Severity.objects.get(key="sev2"))
    incident.services.add(make_service())
    make_postmortem(bob, incident=incident)
    assert shown(alices) == ["Draft of Bob", "Published"]
    assert shown(alices, status="published") == ["Published"]
    assert shown(alices, owner="me") == ["Published"]
    assert shown(alices, owner="bob") == ["Draft of Bob"]
    assert shown(alices, severity="sev2") == ["Draft of Bob"]
    assert shown(alices, service="checkout") == ["Draft of Bob"]
    assert shown(alices, q="DRAFT of") == ["Draft of Bob"]
    assert shown(alices, status="nonsense", page="-1") == ["Draft of Bob", "Published"]


def test_the_list_takes_the_same_queries_however_long(alices, alice):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            alices.get(LIST)
        return len(captured)

    def one_more(number):
        incident = make_incident(f"Incident {number}", severity=Severity.objects.first())
        incident.services.add(make_service(f"service{number}"))
        make_event(incident, salience=2)
        make_action_item(incident=incident, postmortem=make_postmortem(make_user(f"user{number}"), incident=incident))

    one_more(0)
    queries()
    few = queries()
    for number in range(1, 15):
        one_more(number)
    assert queries() == few <= 12


def test_a_viewer_sees_published_ones_only(client, charlie, alice):
    make_postmortem(alice, title="Draft")
    published = make_postmortem(alice, title="Published")
    Postmortem.objects.filter(pk=published.pk).update(status="published", published_at=T0)
    client.force_login(charlie)
    assert shown(client) == ["Published"]


def test_only_who_may_start_one_is_offered_to(client, alices, charlie):
    assert "Start one from an incident" in alices.get("/postmortems/").content.decode()
    client.force_login(charlie)
    assert "Start one from an incident" not in client.get("/postmortems/").content.decode()


def test_the_overview_tells_times_in_the_zone_of_the_incident(alices, alice):
    postmortem = make_postmortem(alice)
    Incident.objects.filter(pk=postmortem.incident_id).update(time_zone="Europe/Paris")
    postmortem.sections.filter(key="impact").update(values={"impact_start": "2026-03-02T14:00:00Z"})
    assert "Impact started: 2 Mar 2026, 15:00 CET." in alices.get(postmortem.get_absolute_url()).content.decode()


def test_one_entry_is_not_many(alices, alice):
    postmortem = make_postmortem(alice)
    make_event(postmortem.incident, salience=2)
    assert "1 of 1 entry:" in alices.get(f"{postmortem.get_absolute_url()}sections/timeline/").content.decode()


def test_the_overview_says_what_is_missing(alices, alice):
    postmortem = make_postmortem(alice)
    page = alices.get(postmortem.get_absolute_url())
    completeness = page.context["completeness"]
    assert (completeness.done, completeness.wanted) == (0, 12)
    assert "No milestone is decided yet" in page.content.decode()
    make_event(postmortem.incident, salience=2)
    make_action_item(incident=postmortem.incident, postmortem=postmortem)
    gaps = {check.key: check.gaps for check in alices.get(postmortem.get_absolute_url()).context["completeness"].open}
    assert gaps["actions"][:2] == ("1 action item has no owner.", "1 action item has no due date.")
    assert gaps["timeline"] == ("1 of at least 6 entries.",)


@pytest.mark.parametrize("name", ["postmortem_list", "action_list"])
def test_who_is_not_signed_in_is_asked_to(client, name):
    assert "/account/login/" in client.get(reverse(f"postmortems:{name}")).url


@pytest.mark.parametrize("reference", ["PM-99999", "INC-1", "PM-", "PM-x", "PM-99999999999999999999"])
def test_what_is_not_there_is_not_found(alices, reference):
    assert alices.get(f"/postmortems/{reference}/").status_code == 404


def test_the_incident_page_gets_a_panel(alice, charlie):
    postmortem = make_postmortem(alice)
    panel = incident_hooks.incident_panel(alice, postmortem.incident)
    assert panel.context["postmortems"] == [postmortem] and panel.context["may_start"]
    assert incident_hooks.incident_panel(charlie, postmortem.incident) is None


def test_the_incident_page_leads_to_the_post_mortem_and_its_action_items(alices, alice):
    incident = make_incident()
    start = reverse("postmortems:start", args=[incident.reference])
    assert start in alices.get(incident.get_absolute_url()).content.decode()
    postmortem = make_postmortem(alice, incident=incident)
    item = make_action_item(incident=incident, postmortem=postmortem)
    page = alices.get(incident.get_absolute_url()).content.decode()
    assert f'href="{postmortem.get_absolute_url()}"' in page and f'href="{item.get_absolute_url()}"' in page
