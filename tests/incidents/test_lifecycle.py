"""What people do to an incident: declared, edited, restricted, curated; compared and set, cleaned and logged."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from incidents import lifecycle
from incidents.access import SYSTEM
from incidents.lib.conflict import Conflict
from incidents.models import AuditEvent, Incident, Milestone, TimelineEvent
from tests.factories import T0, make_event, make_incident, make_service

pytestmark = pytest.mark.django_db


def test_declaring_puts_the_person_on_it_and_asks_for_every_milestone(bob):
    incident = lifecycle.declare(actor=bob, title=" Checkout\x00 is  down ", services=[make_service()], tags=["db"], is_private=True)
    assert incident.title == "Checkout is down"
    assert [member.user for member in incident.members.all()] == [bob]
    assert Milestone.objects.filter(incident=incident).count() == 5
    assert AuditEvent.objects.latest("pk").verb == "incident declared"
    assert Incident.objects.visible_to(bob).exists()


def test_the_system_may_declare_without_members():
    assert lifecycle.declare(actor=SYSTEM, title="From a command").created_by is None


def test_a_title_is_needed(bob):
    with pytest.raises(ValidationError):
        lifecycle.declare(actor=bob, title="  ")


def test_editing_counts_the_version_and_logs_what_changed(bob):
    incident = make_incident(title="Old")
    edited = lifecycle.edit(actor=bob, incident=incident, version=1, title="New", status="resolved", tags=["dns", "db"], services=[make_service()])
    assert (edited.title, edited.status, edited.version) == ("New", "resolved", 2)
    assert AuditEvent.objects.latest("pk").detail["changed"] == {
        "title": ["Old", "New"],
        "status": ["open", "resolved"],
        "services": ["", "Checkout"],
        "tags": ["", "db, dns"],
    }


def test_who_saves_second_gets_the_first_ones_words_and_overwrites_nothing(alice, bob):
    incident = make_incident(title="Old")
    lifecycle.edit(actor=alice, incident=incident, version=1, title="Alice's")
    with pytest.raises(Conflict) as caught:
        lifecycle.edit(actor=bob, incident=incident, version=1, title="Bob's")
    assert caught.value.current.title == "Alice's"
    incident.refresh_from_db()
    assert incident.title == "Alice's"


def test_restricting_keeps_the_acting_person_on_it(alice, bob, charlie):
    incident = make_incident(members=[charlie])
    lifecycle.restrict(actor=alice, incident=incident, version=1, is_private=True, members=[bob])
    assert {member.user for member in incident.members.all()} == {alice, bob}
    assert not Incident.objects.visible_to(charlie).exists()
    detail = AuditEvent.objects.latest("pk").detail
    assert detail == {"private": [False, True], "added": "alice, bob", "removed": "charlie"}


def test_curation_lies_beside_the_evidence(bob):
    event = make_event(make_incident(), 0, "The evidence")
    before = TimelineEvent.objects.values("occurred_at", "text", "kind", "salience").get()
    curation = lifecycle.curate(
        actor=bob, event=event, version=0, title="Better words", kind="impact", salience=2, note="why", corrected_at=T0 - timedelta(minutes=3)
    )
    assert curation.version == 1
    assert TimelineEvent.objects.values("occurred_at", "text", "kind", "salience").get() == before
    event.refresh_from_db()
    assert event.at == T0 - timedelta(minutes=3)
    lifecycle.curate(actor=bob, event=event, version=1, corrected_at=None)
    event.refresh_from_db()
    assert event.at == T0


def test_two_curators_do_not_overwrite_each_other(alice, bob):
    event = make_event(make_incident())
    lifecycle.curate(actor=alice, event=event, version=0, title="Alice's")
    with pytest.raises(Conflict) as caught:
        lifecycle.curate(actor=bob, event=event, version=0, title="Bob's")
    assert caught.value.current.title == "Alice's"


def test_hiding_says_nothing_about_the_other_fields(alice, bob):
    event = make_event(make_incident())
    lifecycle.curate(actor=alice, event=event, version=0, title="Alice's")
    assert lifecycle.curate(actor=bob, event=event, version=1, is_hidden=True).title == "Alice's"


def test_a_correction_into_the_future_is_refused(bob):
    with pytest.raises(ValidationError):
        lifecycle.curate(actor=bob, event=make_event(make_incident()), version=0, corrected_at=timezone.now() + timedelta(days=1))


def test_a_new_import_does_not_undo_a_curation(bob):
    event = make_event(make_incident(), 0, "First text")
    lifecycle.curate(actor=bob, event=event, version=0, title="Ours", is_hidden=True)
    TimelineEvent.objects.filter(pk=event.pk).update(text="Text as imported again")
    shown = TimelineEvent.objects.as_curated().get()
    assert (shown.curation.title, shown.curation.is_hidden, shown.text) == ("Ours", True, "Text as imported again")


def test_an_entry_by_hand_is_cleaned_and_placed(bob):
    incident = make_incident(time_zone="Europe/Paris")
    entry = lifecycle.add_entry(actor=bob, incident=incident, at=T0, text="Called\x00 the vendor\r\n", kind="communication")
    assert (entry.text, entry.source, entry.actor, entry.zone, entry.created_by) == ("Called the vendor", "manual", "bob", "Europe/Paris", bob)


@pytest.mark.parametrize("wrong", [{"text": " \n "}, {"at": timezone.now() + timedelta(days=1)}, {"kind": "nonsense"}])
def test_an_entry_without_words_or_sense_is_refused(bob, wrong):
    with pytest.raises(ValidationError):
        lifecycle.add_entry(actor=bob, incident=make_incident(), **{"at": T0, "text": "x", **wrong})
    assert not TimelineEvent.objects.exists()
