"""What the team does not want to hear about, and the coach beside action items."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from postmortems import action_items, coaching
from postmortems.coach.texts import ADVICE
from postmortems.models import ActionItem, CoachSwitch
from postmortems.seeding import seed_switches
from tests.factories import api_client, make_action_item, make_user

pytestmark = pytest.mark.django_db
BODY = "The root cause was a lock. Marco broke the checkout."


def switch(category, **on):
    seed_switches()
    CoachSwitch.objects.filter(category=category).update(**on)


def test_there_is_a_switch_for_each_category_and_all_are_on():
    seed_switches()
    assert seed_switches() == 0
    assert set(CoachSwitch.objects.values_list("category", flat=True)) == set(ADVICE)
    assert coaching.switched_off() == frozenset()


def test_the_editor_and_the_publishing_page_honour_it(alice, postmortem):
    section = postmortem.sections.get(key="response")
    section.body = BODY
    section.save()
    assert len(coaching.advise(postmortem, section, BODY).notes) == 2
    switch("single_cause", ask=False)
    assert [note.finding.category for note in coaching.advise(postmortem, section, BODY).notes] == ["person_blame"]
    switch("person_blame", strong=False)
    assert coaching.counts(postmortem, ["response"]) == []


def test_the_api_honours_it_unless_asked_for_everything(alice):
    switch("person_blame", strong=False)
    client = api_client(alice)
    found = client.post("/api/v1/lint/", {"text": BODY, "kind": "prose"}, format="json").json()["findings"]
    assert [one["category"] for one in found] == ["single_cause"]
    found = client.post("/api/v1/lint/", {"text": BODY, "kind": "prose", "everything": True}, format="json").json()["findings"]
    assert len(found) == 2


def test_the_command_leaves_out_what_it_is_told(tmp_path, capsys):
    file = tmp_path / "report.md"
    file.write_text(BODY)

    def found(*options):
        call_command("lint_blameless", str(file), "--json", *options)
        return [one["category"] for one in json.loads(capsys.readouterr().out)]

    assert found() == ["single_cause", "person_blame"]
    assert found("--off", "person_blame") == ["single_cause"]
    assert found("--off", "person_blame:hint", "--off", "single_cause:ask") == ["person_blame"]
    switch("single_cause", ask=False)
    assert found("--team") == ["person_blame"]
    with pytest.raises(CommandError, match="no category"):
        found("--off", "poetry")


def test_an_administrator_switches(client):
    seed_switches()
    client.force_login(make_user("root", role="admin", is_staff=True, is_superuser=True))
    assert "A verdict on someone" in client.get("/admin/postmortems/coachswitch/").content.decode()
    assert client.get("/admin/postmortems/coachswitch/add/").status_code == 403


# Action items ------------------------------------------------------------------------------------------


def test_the_form_of_an_action_item_asks_while_it_is_typed(client, alice, postmortem):
    client.force_login(alice)
    answer = client.post(f"/actions/coach/{postmortem.reference}/", {"title": "Improve <b>monitoring</b>"})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Nobody could tell when it is done" in text
    assert "Who sees to it?" in text and "By when?" in text
    assert "Done when" not in text  # once is enough
    assert "Done when" in client.post(f"/actions/coach/{postmortem.reference}/", {"title": "Add a second path"}).content.decode()
    assert "<b>" not in text
    quiet = {"title": "Alert when the lag exceeds 60 s", "owner": "1", "due_on": "2026-05-01", "kind": "detect"}
    assert client.post(f"/actions/coach/{postmortem.incident.reference}/", quiet).content.decode().strip() == ""
    assert client.post(f"/actions/coach/{postmortem.reference}/", {}).status_code == 200


def test_it_is_for_those_who_write_and_see(client, alice, bob, postmortem):
    client.force_login(make_user("reader", role="viewer"))
    assert client.post(f"/actions/coach/{postmortem.reference}/", {"title": "x"}).status_code == 404
    assert client.post(f"/actions/coach/{postmortem.incident.reference}/", {"title": "x"}).status_code == 403
    postmortem.incident.is_private = True
    postmortem.incident.save()
    client.force_login(bob)
    for reference in (postmortem.reference, postmortem.incident.reference, "PM-999", "nonsense"):
        assert client.post(f"/actions/coach/{reference}/", {"title": "x"}).status_code == 404


def test_the_pages_show_it_without_javascript_too(client, alice, postmortem):
    item = action_items.add(actor=alice, incident=postmortem.incident, postmortem=postmortem, title="Improve monitoring")
    client.force_login(alice)
    for page in (item.get_absolute_url(), "/actions/", f"/postmortems/{postmortem.reference}/sections/actions/"):
        assert "Nobody could tell when it is done" in client.get(page).content.decode(), page
    switch("vague_action", ask=False)
    for page in (item.get_absolute_url(), "/actions/"):
        assert "Nobody could tell" not in client.get(page).content.decode(), page
    client.force_login(make_user("reader", role="viewer"))
    assert "Nobody could tell" not in client.get("/actions/").content.decode()


def test_a_list_asks_for_the_switches_once(client, alice):
    client.force_login(alice)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get("/actions/")
        return len(captured)

    make_action_item("Improve alerts")
    queries()
    few = queries()
    for number in range(12):
        make_action_item(f"Improve alerts {number}th time")
    assert ActionItem.objects.count() == 13
    assert queries() == few
