"""The start page: what needs me, and nothing I may not see."""

import pytest
from django.urls import reverse

from incidents import endpoints, webhooks
from incidents.access import SYSTEM
from incidents.models import Delivery, Milestone, MilestoneKind
from tests.factories import T0, make_incident, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(client, alice):
    client.force_login(alice)
    return lambda: client.get(reverse("incidents:home"))


def propose(incident, **fields):
    return Milestone.objects.create(incident=incident, kind=MilestoneKind.objects.first(), **{"proposed_at": T0, **fields})


def test_strangers_are_sent_to_sign_in(client):
    assert client.get("/").headers["Location"].startswith("/account/login/")


def test_it_works_with_nothing_at_all(home):
    assert "All quiet" in home().content.decode()


def test_running_incidents_and_undecided_milestones_are_named(home):
    propose(make_incident("Running one"))
    body = home().content.decode()
    assert body.count("Running one") == 2
    assert "1 to decide" in body


def test_decided_milestones_ask_nothing(home):
    propose(make_incident("Closed one", status="closed"), decision=Milestone.Decision.CONFIRMED)
    assert "Closed one" not in home().content.decode()


def test_what_is_private_is_not_there(home, bob):
    propose(make_incident("Secret one", is_private=True, members=[bob]))
    assert "Secret one" not in home().content.decode()


def test_a_viewer_is_not_asked_to_decide(client, charlie):
    propose(make_incident("Running one"))
    client.force_login(charlie)
    assert "to decide" not in client.get("/").content.decode()


def test_queries_do_not_grow_with_rows(home, django_assert_max_num_queries):
    def queries(number):
        for n in range(number):
            propose(make_incident(f"Incident {n}"))
        with django_assert_max_num_queries(14) as seen:
            home()
        return len(seen)

    assert queries(1) == queries(10)


def test_who_configures_sees_which_inboxes_wait(client, home):
    endpoint, _secret = endpoints.create(actor=SYSTEM, name="Alertmanager production", source="json", scheme="header")
    webhooks.keep(endpoint, b'{"message": "nobody placed this"}', "json", "1")
    Delivery.objects.update(state="held")
    assert "Webhooks without an incident" not in home().content.decode()
    client.force_login(make_user("root", "admin"))
    page = client.get("/").content.decode()
    assert "Alertmanager production" in page and "1 in the inbox" in page
