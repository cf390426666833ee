import threading

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.urls import reverse

from incidents.access import SYSTEM
from incidents.lib.conflict import Conflict
from incidents.models import AuditEvent, Milestone, MilestoneKind, Severity
from postmortems import drafting
from postmortems.models import Postmortem, RetrospectiveTemplate, Section
from tests.factories import T0, make_incident, make_postmortem, make_service

pytestmark = pytest.mark.django_db


def decide(incident, key, at=T0):
    Milestone.objects.create(incident=incident, kind=MilestoneKind.objects.get(key=key), decision="confirmed", at=at)


def test_starting_copies_the_template_and_fills_in_what_is_known(alice):
    incident = make_incident(summary="People could not pay.", severity=Severity.objects.get(key="sev1"))
    incident.services.add(make_service())
    decide(incident, "impact_started")
    postmortem = make_postmortem(alice, incident=incident)
    assert (postmortem.owner, postmortem.status, postmortem.title) == (alice, "draft", incident.title)
    sections = {section.key: section for section in postmortem.sections.all()}
    assert list(sections) == list(postmortem.template.sections.values_list("key", flat=True))
    assert sections["summary"].body == "People could not pay.\n\nThe impact on Checkout started at 14:00 UTC on 2 March 2026."
    assert sections["impact"].values == {"impact_start": "2026-03-02T14:00:00Z"}
    assert sections["response"].body == "" and sections["response"].guidance
    assert sections["summary"].versions.get().number == 1
    assert AuditEvent.objects.get(verb="postmortem.started").subject == postmortem.reference


def test_changing_the_template_later_leaves_the_draft_alone(alice):
    postmortem = make_postmortem(alice)
    postmortem.template.sections.all().delete()
    assert postmortem.sections.count() == 18


def test_placeholders_of_the_template_are_replaced(alice):
    template = RetrospectiveTemplate.objects.get(key="quick_retro")
    template.sections.filter(key="q_line").update(title="{{ incident.reference }} in one line", starting_text="{{ incident.title }} ({{ incident.nothing }})")
    postmortem = make_postmortem(alice, "quick_retro")
    line = postmortem.sections.get(key="q_line")
    assert line.title == f"{postmortem.incident.reference} in one line"
    assert line.body == "Checkout returns errors ({{ incident.nothing }})"


def test_the_page_lists_templates_and_starts_one(client, alice):
    incident = make_incident()
    client.force_login(alice)
    address = reverse("postmortems:start", args=[incident.reference])
    page = client.get(address).content.decode()
    assert "Default for SEV1-SEV2 and any event with customer impact." in page and "4-8 h of work" in page and "What helped" in page
    assert client.post(address, {"template": "nothing"}).status_code == 422
    answer = client.post(address, {"template": "near_miss"})
    assert answer.url == Postmortem.objects.get().get_absolute_url()
    assert "There is one already" in client.get(address).content.decode()


def test_a_template_that_is_switched_off_is_not_offered(client, alice):
    RetrospectiveTemplate.objects.filter(key="near_miss").update(is_active=False)
    client.force_login(alice)
    address = reverse("postmortems:start", args=[make_incident().reference])
    assert 'value="near_miss"' not in client.get(address).content.decode()
    assert client.post(address, {"template": "near_miss"}).status_code == 422


def test_a_viewer_starts_nothing(client, charlie):
    with pytest.raises(PermissionDenied):
        make_postmortem(charlie)
    client.force_login(charlie)
    assert client.get(reverse("postmortems:start", args=[make_incident().reference])).status_code == 403


def test_the_system_may_start_one():
    assert make_postmortem(SYSTEM).owner is None


def test_title_and_owner_are_edited_by_compare_and_set(client, alice, bob):
    postmortem = make_postmortem(alice)
    client.force_login(alice)
    form = {"version": 1, "title": "Checkout\nwas down", "owner": bob.pk}
    assert client.post(postmortem.get_absolute_url(), form).status_code == 302
    postmortem.refresh_from_db()
    assert (postmortem.title, postmortem.owner, postmortem.status, postmortem.version) == ("Checkout was down", bob, "draft", 2)
    late = client.post(postmortem.get_absolute_url(), form | {"title": "Mine"})
    assert late.status_code == 409 and "Checkout was down" in late.content.decode() and 'value="Mine"' in late.content.decode()
    assert client.post(postmortem.get_absolute_url(), form | {"title": "Mine", "version": 2}).status_code == 302
    # The state has moves of its own: what a form says of it is not heard.
    assert client.post(postmortem.get_absolute_url(), form | {"version": 3, "status": "published"}).status_code == 302
    assert Postmortem.objects.get().status == "draft"


def test_the_owner_of_a_private_one_is_a_member(client, alice, bob):
    postmortem = make_postmortem(alice, incident=make_incident(is_private=True, members=[alice]))
    client.force_login(alice)
    form = {"version": 1, "title": "Secret", "owner": bob.pk}
    assert client.post(postmortem.get_absolute_url(), form).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_of_fifty_parallel_saves_as_many_count_as_the_version_says(alice):
    """T53. Each of five threads saves ten texts, each on top of the version it saw last."""
    section = make_postmortem(alice).sections.get(key="summary")
    texts, saved, lost, errors = [f"Text {number}" for number in range(50)], [], [], []

    def work(mine):
        version = 1
        try:
            for text in mine:
                try:
                    version = drafting.save_section(actor=alice, section=section, version=version, body=text, values={}).version
                    saved.append(text)
                except Conflict as conflict:
                    version = conflict.current.version
                    lost.append(text)
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            errors.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[texts[start::5]]) for start in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    current = Section.objects.get(pk=section.pk)
    assert current.version == 1 + len(saved)
    assert len(saved) + len(lost) == 50
    kept = set(current.versions.values_list("body", flat=True))
    assert kept >= set(texts)
    assert list(current.versions.filter(is_lost=False).values_list("number", flat=True).order_by("number")) == list(range(1, current.version + 1))
