from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from incidents.lib.conflict import Conflict
from postmortems import action_items
from postmortems.models import ActionItem
from tests.factories import T0, make_action_item, make_incident, make_postmortem, make_service, make_team, make_user

pytestmark = pytest.mark.django_db
LIST = reverse("postmortems:action_list")


def shown(client, **filters):
    return [item.title for item in client.get(LIST, filters).context["page"]]


def form_of(item, **changes):
    fields = {name: getattr(item, name) for name in ("title", "description", "kind", "priority", "status", "closing_note", "version")}
    return fields | {"owner": item.owner_id or "", "due_on": item.due_on or ""} | changes


def test_one_is_added_in_the_flow_of_a_post_mortem(alices, alice, bob):
    postmortem = make_postmortem(alice)
    address = reverse("postmortems:action_add", args=[postmortem.reference])
    section = reverse("postmortems:section", args=[postmortem.reference, "actions"])
    form = {"title": "Alert on queue age", "owner": bob.pk, "due_on": "2026-04-01", "kind": "detect", "priority": "high", "next": section}
    assert alices.post(address, form).url == section
    item = ActionItem.objects.get()
    assert (item.incident, item.postmortem, item.owner, item.kind, item.created_by) == (postmortem.incident, postmortem, bob, "detect", alice)
    fragment = alices.post(address, form | {"title": "Rehearse the failover"}, headers={"HX-Request": "true"})
    assert fragment.status_code == 200 and "Rehearse the failover" in fragment.content.decode() and "<html" not in fragment.content.decode()
    assert alices.post(address, form | {"title": " "}, headers={"HX-Request": "true"}).status_code == 422
    assert alices.post(address, form | {"kind": "wish"}).status_code == 422


def test_one_is_added_straight_to_an_incident(alices):
    incident = make_incident()
    address = reverse("postmortems:action_add", args=[incident.reference])
    assert alices.get(address).status_code == 200
    alices.post(address, {"title": "Write it down", "kind": "learn", "priority": "low", "next": "https://elsewhere.example/"})
    item = ActionItem.objects.get()
    assert (item.incident, item.postmortem) == (incident, None)


def test_nobody_is_led_to_another_site(alices):
    form = {"title": "Write it down", "kind": "learn", "priority": "low", "next": "https://elsewhere.example/"}
    answer = alices.post(reverse("postmortems:action_add", args=[make_incident().reference]), form)
    assert answer.url == ActionItem.objects.get().get_absolute_url()


def test_closing_wants_a_note(alice):
    item = make_action_item()
    for status in ("done", "declined"):
        with pytest.raises(ValidationError, match="Say"):
            action_items.change(actor=alice, item=item, version=1, status=status)
    done = action_items.change(actor=alice, item=item, version=1, status="done", closing_note="The alert fired in the drill.")
    assert done.completed_at and done.version == 2
    open_again = action_items.change(actor=alice, item=item, version=2, status="open")
    assert open_again.completed_at is None


def test_completing_and_declining_from_the_list(alices):
    item = make_action_item()
    address = reverse("postmortems:action_status", args=[item.reference])
    without = alices.post(address, {"status": "done", "version": 1})
    assert without.status_code == 422 and "Say how one can tell that it is done." in without.content.decode()
    answer = alices.post(address, {"status": "done", "version": 1, "closing_note": "The alert fired.", "next": LIST + "?q=a"})
    assert answer.url == LIST + "?q=a"
    item.refresh_from_db()
    assert item.status == "done"
    late = alices.post(address, {"status": "declined", "version": 1, "closing_note": "Too late."}, follow=True)
    assert "Somebody changed" in late.content.decode()
    item.refresh_from_db()
    assert item.status == "done"


def test_editing_shows_both_when_somebody_was_faster(alices, bob):
    item = make_action_item()
    action_items.change(actor=bob, item=item, version=1, title="Bob's title", priority="high")
    page = alices.post(item.get_absolute_url(), form_of(item, title="Alice's title"))
    assert page.status_code == 409
    assert ("What will change", "Bob's title", "Alice's title") in page.context["changes"]
    assert alices.post(item.get_absolute_url(), form_of(item, title="Alice's title", version=2)).status_code == 302


def test_a_stale_version_changes_nothing(alice, bob):
    item = make_action_item()
    action_items.change(actor=bob, item=item, version=1, title="First")
    with pytest.raises(Conflict):
        action_items.change(actor=alice, item=item, version=1, title="Second")
    assert ActionItem.objects.get().title == "First"


def test_the_list_is_filtered_and_sorted(alices, alice, bob):
    today = timezone.localdate()
    incident = make_incident(team=make_team())
    incident.services.add(make_service())
    make_action_item("Late", incident, owner=alice, due_on=today - timedelta(days=3), priority="low")
    make_action_item("Soon", incident, owner=bob, due_on=today + timedelta(days=3), priority="high", kind="detect")
    make_action_item("Some day", description="about queues")
    make_action_item("Finished", status="done", due_on=today - timedelta(days=9), closing_note="It is.")
    assert shown(alices) == ["Late", "Soon", "Some day"]
    assert shown(alices, status="overdue") == ["Late"]
    assert shown(alices, status="done") == ["Finished"]
    assert len(shown(alices, status="all")) == 4
    assert shown(alices, owner="me") == ["Late"]
    assert shown(alices, owner="none") == ["Some day"]
    assert shown(alices, owner="bob") == ["Soon"]
    assert shown(alices, priority="high") == ["Soon"]
    assert shown(alices, kind="detect") == ["Soon"]
    assert shown(alices, q="QUEUE") == ["Some day"]
    assert shown(alices, team=incident.team.pk) == ["Late", "Soon"]
    assert shown(alices, service="checkout") == ["Late", "Soon"]
    assert shown(alices, sort="priority") == ["Soon", "Some day", "Late"]
    assert shown(alices, sort="nonsense", status="x'y", page="99999999999999999999") == ["Late", "Soon", "Some day"]
    assert "Overdue since" in alices.get(LIST).content.decode()


def test_the_list_takes_the_same_queries_however_long(alices, alice):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            alices.get(LIST)
        return len(captured)

    postmortem = make_postmortem(alice)
    make_action_item(incident=postmortem.incident, postmortem=postmortem, owner=alice)
    queries()
    few = queries()
    for number in range(20):
        make_action_item(f"Item {number}", postmortem=make_postmortem(alice, "near_miss"), owner=make_user(f"user{number}"))
    assert queries() == few <= 12


def test_where_work_is_planned_and_what_waits_are_asked_beside_the_list(alices, alice):
    postmortem = make_postmortem(alice)
    pages = [reverse("postmortems:section", args=[postmortem.reference, "actions"]), postmortem.get_absolute_url()]

    def add(**fields):
        make_action_item(incident=postmortem.incident, postmortem=postmortem, owner=alice, **fields)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            texts = [alices.get(page).content.decode() for page in pages]
        return len(captured), texts

    add(tracked_in="OPS-12", trade_off="The redesign")
    queries()
    few, texts = queries()
    assert not any(words in text for text in texts for words in ("not say where", "not say what waits"))
    for _ in range(7):
        add()
    many, texts = queries()
    assert many == few
    assert all("7 action items do not say where the work is planned." in text for text in texts)
    assert "7 action items do not say what waits for them." in texts[0]


def test_a_viewer_reads_what_is_not_in_a_draft_and_changes_nothing(client, alice, charlie):
    draft = make_postmortem(alice)
    hidden = make_action_item("In a draft", draft.incident, postmortem=draft)
    shown_to_all = make_action_item("On the incident", draft.incident)
    client.force_login(charlie)
    assert shown(client) == ["On the incident"]
    assert client.get(hidden.get_absolute_url()).status_code == 404
    assert client.get(shown_to_all.get_absolute_url()).status_code == 200
    assert client.post(shown_to_all.get_absolute_url(), form_of(shown_to_all)).status_code == 403
    assert client.post(reverse("postmortems:action_status", args=[shown_to_all.reference]), {"status": "done"}).status_code == 403
    assert client.get(reverse("postmortems:action_add", args=[draft.reference])).status_code == 404
    draft.published_at = T0
    draft.save()
    assert client.get(hidden.get_absolute_url()).status_code == 200


def test_a_private_incident_hides_its_action_items(client, alice, bob):
    item = make_action_item("Secret", make_incident(is_private=True, members=[alice]))
    client.force_login(bob)
    assert shown(client) == []
    assert client.get(item.get_absolute_url()).status_code == 404
    with pytest.raises(ValidationError, match="cannot see the incident"):
        action_items.change(actor=alice, item=item, version=1, owner=bob)


# Agreed, done, verified ---------------------------------------------------------------------------------------------


def test_nobody_is_volunteered_in_absence(alice, bob):
    item = action_items.add(actor=alice, incident=make_incident(), title="Alert on queue age", owner=bob)
    assert (item.status, item.accepted_at) == ("open", None)
    with pytest.raises(ValidationError, match="bob accepts it in person"):
        action_items.change(actor=alice, item=item, version=1, status="accepted")
    with pytest.raises(ValidationError, match="Somebody owns"):
        action_items.change(actor=alice, item=make_action_item(), version=1, status="accepted")
    agreed = action_items.change(actor=bob, item=item, version=1, status="accepted")
    assert agreed.status == "accepted" and agreed.accepted_at
    moved = action_items.change(actor=bob, item=item, version=2, owner=alice)
    assert (moved.status, moved.accepted_at) == ("open", None)
    own = action_items.change(actor=bob, item=item, version=3, owner=bob)
    assert own.status == "accepted" and own.accepted_at


def test_working_on_it_is_agreeing_and_a_word_outlasts_the_closing(alice, bob):
    item = make_action_item(owner=bob)
    begun = action_items.change(actor=alice, item=item, version=1, status="in_progress")
    assert begun.accepted_at is None
    begun = action_items.change(actor=bob, item=item, version=2, status="open")
    assert (begun.status, bool(begun.accepted_at)) == ("accepted", True)
    closed = action_items.change(actor=alice, item=item, version=3, status="superseded", closing_note="ACT-9 does both.")
    assert not closed.is_open and closed.completed_at is None
    assert action_items.change(actor=alice, item=item, version=4, status="open").status == "accepted"


def test_what_is_verified_was_done_and_seen_by_another(alice, bob):
    item = make_action_item(owner=bob)
    with pytest.raises(ValidationError, match="first that it is done"):
        action_items.change(actor=alice, item=item, version=1, status="verified", closing_note="It rang.")
    done = action_items.change(actor=bob, item=item, version=1, status="done", closing_note="It rang.")
    with pytest.raises(ValidationError, match="Somebody else"):
        action_items.change(actor=bob, item=item, version=2, status="verified")
    seen = action_items.change(actor=alice, item=item, version=2, status="verified")
    assert (seen.status, seen.completed_at) == ("verified", done.completed_at)
    with pytest.raises(ValidationError, match="takes its place"):
        action_items.change(actor=alice, item=item, version=3, status="superseded", closing_note=" ")


@pytest.mark.parametrize("where", ["javascript://x", "ftp://tickets/1"])
def test_a_ticket_is_a_key_or_an_address_of_the_web(alice, where):
    with pytest.raises(ValidationError, match="https"):
        action_items.change(actor=alice, item=make_action_item(), version=1, tracked_in=where)


def test_the_page_asks_the_owner_and_links_the_ticket(alices, alice, bob, client):
    item = make_action_item(owner=alice, tracked_in="https://tickets.example/OPS-12", trade_off="The redesign", expected_effect="No page at night.")
    page = alices.get(item.get_absolute_url()).content.decode()
    assert "Do you take it on?" in page and 'href="https://tickets.example/OPS-12"' in page and "The redesign" in page
    assert "Do you take it on?" in alices.get("/").content.decode()
    assert alices.post(reverse("postmortems:action_status", args=[item.reference]), {"status": "accepted", "version": 1, "next": "/"}).status_code == 302
    item.refresh_from_db()
    assert item.status == "accepted"
    assert "Do you take it on?" not in alices.get("/").content.decode()
    other = make_action_item(owner=bob, tracked_in="OPS-13")
    assert "Not agreed yet" in alices.get(other.get_absolute_url()).content.decode()


def test_items_of_earlier_versions_count_as_agreed(bob):
    from importlib import import_module

    from django.apps import apps

    owned, unowned, done = make_action_item(owner=bob), make_action_item(), make_action_item(owner=bob, status="done", closing_note="Seen.")
    import_module("postmortems.migrations.0018_action_states").agreed_already(apps, None)
    for item in (owned, unowned, done):
        item.refresh_from_db()
    assert [(item.status, bool(item.accepted_at)) for item in (owned, unowned, done)] == [("accepted", True), ("open", False), ("done", True)]
