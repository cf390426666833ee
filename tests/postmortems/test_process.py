"""The page of the process, what the start page, the overview and the list say of it, the admin, and the API."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents.models import IncidentMember
from postmortems import participating, step_facts, stepping
from postmortems.models import Holiday, Participant, Postmortem, Step, StepPlan, WorkCalendar
from tests.factories import api_client, make_event, make_postmortem, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def postmortem(bob):
    return make_postmortem(bob)


def address(postmortem, rest=""):
    return f"/postmortems/{postmortem.reference}/process/{rest}"


def api(postmortem, rest=""):
    return f"/api/v1/postmortems/{postmortem.reference}/{rest}"


def step(postmortem, key="meeting"):
    return Step.objects.get(postmortem=postmortem, key=key)


def act(client, row, verb, **fields):
    return client.post(address(row.postmortem, f"steps/{row.key}/{verb}/"), {"version": row.version, **fields})


# Pages ----------------------------------------------------------------------------------------------


def test_the_page_shows_steps_and_people(client, bob, alice, postmortem):
    make_event(postmortem.incident, actor="Vera Vendor", kind="message")
    participating.invite(actor=bob, postmortem=postmortem, role="facilitator", user=alice)
    client.force_login(bob)
    text = client.get(address(postmortem)).content.decode()
    for words in ("Hold the meeting", "0 of 17", "Vera Vendor", "Ask all 1", "alice", "Facilitator (nobody yet)", "Dates count in working days"):
        assert words in text, words
    assert "asks you" not in text
    client.force_login(alice)
    assert "bob asks you to facilitate" in client.get(address(postmortem)).content.decode()


def test_every_step_that_has_a_page_leads_to_it(client, alice, postmortem):
    client.force_login(alice)
    text = client.get(address(postmortem)).content.decode()
    for key, page in {"meeting": "meeting/", "soak": "meeting/afterwards/", "review": "review/", "draft": ""}.items():
        row = text.split(f'id="step-{key}"')[1].split('id="step-')[0]
        assert f'href="/postmortems/{postmortem.reference}/{page}"' in row, key


def test_the_day_is_that_of_the_team_and_not_of_the_reader(client, bob, postmortem):
    """The two zones are always on different dates."""
    WorkCalendar.objects.update(time_zone="Etc/GMT+12")
    bob.time_zone = "Pacific/Kiritimati"
    bob.save()
    today = step_facts.calendar_of(postmortem.incident).day_of(timezone.now())
    Step.objects.filter(postmortem=postmortem).exclude(key="meeting").update(due_on=today + timedelta(days=30))
    Step.objects.filter(postmortem=postmortem, key="meeting").update(due_on=today)
    client.force_login(bob)
    for page in (address(postmortem), postmortem.get_absolute_url()):
        assert "was due" not in client.get(page).content.decode(), page
    assert "due today" in client.get(address(postmortem)).content.decode()


def test_a_step_is_done_left_out_opened_and_dated(client, bob, postmortem):
    client.force_login(bob)
    answer = act(client, step(postmortem), "complete")
    assert (answer.status_code, answer.url) == (302, address(postmortem) + "#step-meeting")
    assert act(client, step(postmortem), "reopen").status_code == 302
    answer = act(client, step(postmortem), "skip", note=" ")
    assert answer.status_code == 422 and "Say in a few words" in answer.content.decode()
    assert act(client, step(postmortem), "skip", note="<b>All</b> was said\u202e").status_code == 302
    assert (step(postmortem).state, step(postmortem).note) == ("skipped", "<b>All</b> was said")
    assert "<b>All</b> was said" not in client.get(address(postmortem)).content.decode()
    assert act(client, step(postmortem, "draft"), "change", due_on="2031-05-05", owner=bob.pk).status_code == 302
    assert (step(postmortem, "draft").due_on, step(postmortem, "draft").owner) == (date(2031, 5, 5), bob)


def test_a_lost_race_is_told(client, bob, postmortem):
    client.force_login(bob)
    old = step(postmortem)
    act(client, old, "complete")
    answer = act(client, old, "skip", note="too late")
    assert answer.status_code == 409 and "Somebody changed this meanwhile" in answer.content.decode()


@pytest.mark.parametrize(
    "fields", [{"version": "x"}, {"version": "-1"}, {"version": "9" * 30}, {"due_on": "31.02.x"}, {"owner": "999999"}, {"due_on": "9999-12-31"}]
)
def test_nonsense_is_answered(client, bob, postmortem, fields):
    client.force_login(bob)
    assert act(client, step(postmortem), "change", **fields).status_code == 422
    assert client.post(address(postmortem, "steps/nothing/complete/"), {"version": 1}).status_code == 404
    assert client.post(address(postmortem, "plan/"), {"plan": "none"}).status_code == 422
    assert client.post(address(postmortem, "people/999/remove/"), {"version": 1}).status_code == 404
    assert client.post(address(postmortem, "people/"), {"role": "king", "name": "x"}).status_code == 422


def test_people_are_asked_and_answer(client, alice, bob, postmortem):
    client.force_login(bob)
    assert client.post(address(postmortem, "people/"), {"role": "facilitator", "user": alice.pk}).status_code == 302
    row = Participant.objects.get()
    assert client.post(address(postmortem, f"people/{row.pk}/answer/"), {"version": row.version, "answer": "accept"}).status_code == 403
    client.force_login(alice)
    answer = client.post(address(postmortem, f"people/{row.pk}/answer/"), {"version": row.version, "answer": "accept", "has_the_hours": "on"})
    assert answer.status_code == 422 and "You did not tick" in answer.content.decode()
    fields = {"version": row.version, "answer": "accept", "was_no_responder": "on", "manages_nobody": "on", "has_the_hours": "on"}
    assert client.post(address(postmortem, f"people/{row.pk}/answer/"), fields).status_code == 302
    row.refresh_from_db()
    assert row.state == "accepted" and step(postmortem, "facilitator").by_itself
    assert client.post(address(postmortem, f"people/{row.pk}/unname/"), {"version": row.version}).status_code == 302
    assert client.post(address(postmortem, f"people/{row.pk}/remove/"), {"version": row.version}).status_code == 409
    row.refresh_from_db()
    assert client.post(address(postmortem, f"people/{row.pk}/remove/"), {"version": row.version}).status_code == 302


def test_a_responder_as_facilitator_wants_a_reason(client, alice, bob, postmortem):
    IncidentMember.objects.create(incident=postmortem.incident, user=alice, role="Incident Commander")
    client.force_login(bob)
    answer = client.post(address(postmortem, "people/"), {"role": "facilitator", "user": alice.pk})
    assert answer.status_code == 422 and "alice was incident commander" in answer.content.decode()
    client.post(address(postmortem, "people/"), {"role": "facilitator", "user": alice.pk, "reason": "Nobody else is here"})
    assert "All the same: Nobody else is here" in client.get(address(postmortem)).content.decode()


def test_everyone_is_asked_with_one_click(client, bob, postmortem):
    for name in ("Vera", "Walter"):
        make_event(postmortem.incident, actor=name, kind="message")
    client.force_login(bob)
    assert "2 people are asked" in client.post(address(postmortem, "people/"), {"everyone": "1"}, follow=True).content.decode()


def test_another_list_is_chosen(client, bob, postmortem):
    client.force_login(bob)
    client.post(address(postmortem, "plan/"), {"plan": "light"})
    assert postmortem.steps.count() == 4


def test_viewers_and_outsiders_find_nothing(client, alice, bob, charlie, postmortem):
    private = make_postmortem(alice, is_private=True, members=[alice])
    row = participating.invite(actor=alice, postmortem=private, role="participant", name="Vera")
    Postmortem.objects.filter(pk=postmortem.pk).update(published_at=timezone.now(), status="published")
    for person, hidden in ((charlie, postmortem), (bob, private)):
        client.force_login(person)
        assert client.get(address(hidden)).status_code == 404
        for path in (f"people/{row.pk}/remove/", "people/", "plan/", "steps/meeting/complete/"):
            assert client.post(address(hidden, path), {"version": 1}).status_code == 404, path
        programme = api_client(person)
        for path in ("steps/", "steps/meeting/", "participants/", f"participants/{row.pk}/"):
            assert programme.get(api(hidden, path)).status_code == 404, path
    client.force_login(charlie)
    assert "Next step" not in client.get("/postmortems/?step=overdue").content.decode()


def test_someone_elses_participant_is_not_reached_through_mine(client, alice, bob, postmortem):
    private = make_postmortem(alice, is_private=True, members=[alice])
    row = participating.invite(actor=alice, postmortem=private, role="participant", name="Vera")
    client.force_login(bob)
    assert client.post(address(postmortem, f"people/{row.pk}/remove/"), {"version": row.version}).status_code == 404
    assert api_client(bob).delete(api(postmortem, f"participants/{row.pk}/"), headers={"If-Match": '"1"'}).status_code == 404


def test_home_says_what_waits_for_me(client, alice, bob, charlie, postmortem):
    participating.invite(actor=bob, postmortem=postmortem, role="facilitator", user=alice)
    private = make_postmortem(alice, is_private=True, members=[alice], title="Nobody may know")
    participating.invite(actor=alice, postmortem=private, role="participant", user=alice)
    client.force_login(alice)
    text = client.get("/").content.decode()
    assert "bob asks you to facilitate" in text and "Nobody may know" in text
    client.force_login(bob)
    text = client.get("/").content.decode()
    assert "Find a facilitator and an owner" in text and "Hold the meeting" not in text and "Nobody may know" not in text
    private.incident.members.all().delete()
    client.force_login(alice)
    assert "Nobody may know" not in client.get("/").content.decode()
    client.force_login(charlie)
    assert "Your part in retrospectives" not in client.get("/").content.decode()


def test_the_list_finds_what_is_late_or_mine(client, alice, bob, postmortem):
    other = make_postmortem(alice)
    late = timezone.localdate() - timedelta(days=3)
    Step.objects.filter(postmortem=other, key="draft").update(due_on=late)
    client.force_login(bob)
    page = client.get("/postmortems/?step=overdue").content.decode()
    assert other.reference in page and postmortem.reference not in page
    page = client.get("/postmortems/?step=mine").content.decode()
    assert postmortem.reference in page and other.reference not in page
    Postmortem.objects.filter(pk=other.pk).update(status="published")
    assert other.reference not in client.get("/postmortems/?step=overdue").content.decode()


def test_the_overview_has_a_card(client, bob, postmortem):
    client.force_login(bob)
    text = client.get(postmortem.get_absolute_url()).content.decode()
    assert "0 of 17 steps" in text and "Next: Find a facilitator and an owner" in text


def test_pages_take_the_same_queries_however_much_there_is(client, bob, postmortem):
    client.force_login(bob)

    def queries():
        numbers = []
        for path in (address(postmortem), "/", postmortem.get_absolute_url()):
            with CaptureQueriesContext(connection) as context:
                assert client.get(path).status_code == 200
            numbers.append(len(context))
        return numbers

    def more(number):
        person = make_user(f"user{number}")
        participating.invite(actor=bob, postmortem=postmortem, role="participant", user=person)
        participating.invite(actor=bob, postmortem=make_postmortem(person), role="observer", name=f"Name {number}")
        make_event(postmortem.incident, number, actor=f"Actor {number}", kind="message")
        meeting = step(postmortem)
        stepping.complete(actor=bob, step=meeting, version=meeting.version)
        meeting = step(postmortem)
        stepping.reopen(actor=bob, step=meeting, version=meeting.version)

    more(0)
    queries()
    few = queries()
    for number in range(1, 8):
        more(number)
    assert queries() == few
    assert few[0] <= 30


# Admin ----------------------------------------------------------------------------------------------


@pytest.fixture
def admin(client):
    client.force_login(make_user("root", role="admin", is_staff=True, is_superuser=True))
    return client


def calendar_form(row, **more):
    form = {"name": row.name, "time_zone": "Europe/Lisbon", "monday": "on", "teams-TOTAL_FORMS": 0, "teams-INITIAL_FORMS": 0}
    return form | {"holidays-TOTAL_FORMS": 0, "holidays-INITIAL_FORMS": 0} | more


def test_administrators_import_holidays(admin):
    row = WorkCalendar.objects.get()
    path = f"/admin/postmortems/workcalendar/{row.pk}/change/"
    assert "Import holidays" in admin.get(path).content.decode()
    file = SimpleUploadedFile("holidays.csv", b"date,name\n2026-12-25,Christmas Day\n2026-12-26,Boxing Day")
    assert admin.post(path, calendar_form(row, holiday_file=file, holiday_text="2026-12-25 Christmas")).status_code == 302
    assert list(Holiday.objects.values_list("day", "calendar")) == [(date(2026, 12, 25), row.pk), (date(2026, 12, 26), row.pk)]
    row.refresh_from_db()
    assert (row.time_zone, row.weekdays) == ("Europe/Lisbon", frozenset({0}))
    answer = admin.post(path, calendar_form(row, holiday_text="3/4/2026 Easter"))
    assert answer.status_code == 200 and "two ways" in answer.content.decode()
    assert "at least one working day" in admin.post(path, calendar_form(row, monday="")).content.decode()


def test_administrators_change_lists_of_steps(admin, bob):
    plan = StepPlan.objects.get(key="light")
    page = admin.get(f"/admin/postmortems/stepplan/{plan.pk}/change/").content.decode()
    assert "Every required section has a text of its own" in page
    assert admin.get("/admin/postmortems/stepplan/").status_code == 200
    plan.steps.filter(key="draft").update(title="Write it down", rule="")
    assert step(make_postmortem(bob, template="quick_retro"), "draft").title == "Write it down"


# API ------------------------------------------------------------------------------------------------


def test_steps_over_the_api(bob, postmortem):
    client = api_client(bob)
    rows = client.get(api(postmortem, "steps/")).json()
    assert [row["key"] for row in rows][:2] == ["facilitator", "evidence"]
    answer = client.get(api(postmortem, "steps/meeting/"))
    tag = answer.headers["ETag"]
    assert client.post(api(postmortem, "steps/meeting/complete/"), {}, format="json").status_code == 428
    answer = client.post(api(postmortem, "steps/meeting/complete/"), {"note": "held"}, format="json", headers={"If-Match": tag})
    assert (answer.status_code, answer.json()["state"], answer.json()["settled_by"]) == (200, "done", "bob")
    answer = client.post(api(postmortem, "steps/meeting/reopen/"), {}, format="json", headers={"If-Match": tag})
    assert (answer.status_code, answer.json()["current"]["state"]) == (412, "done")
    answer = client.post(api(postmortem, "steps/meeting/reopen/"), {}, format="json", headers={"If-Match": f'"{step(postmortem).version}"'})
    assert answer.json()["state"] == "open"
    answer = client.post(api(postmortem, "steps/meeting/skip/"), {}, format="json", headers={"If-Match": answer.headers["ETag"]})
    assert answer.status_code == 400 and answer.headers["Content-Type"] == "application/problem+json"
    answer = client.patch(
        api(postmortem, "steps/meeting/"), {"due_on": "2031-01-06", "owner": "bob"}, format="json", headers={"If-Match": f'"{step(postmortem).version}"'}
    )
    assert (answer.json()["due_on"], answer.json()["due_by_hand"], answer.json()["owner"]) == ("2031-01-06", True, "bob")
    answer = client.patch(api(postmortem, "steps/meeting/"), {"owner": None}, format="json", headers={"If-Match": answer.headers["ETag"]})
    assert (answer.json()["due_on"], answer.json()["owner"]) == ("2031-01-06", None)
    answer = client.patch(api(postmortem, "steps/meeting/"), {"due_on": None}, format="json", headers={"If-Match": answer.headers["ETag"]})
    assert not answer.json()["due_by_hand"]
    answer = client.patch(api(postmortem, "steps/meeting/"), {"due_on": "9999-12-31"}, format="json", headers={"If-Match": answer.headers["ETag"]})
    assert answer.status_code == 400


def test_participants_over_the_api(alice, bob, postmortem):
    make_event(postmortem.incident, actor="Vera Vendor", kind="message")
    client, hers = api_client(bob), api_client(alice)
    assert client.post(api(postmortem, "participants/everyone/")).json() == {"asked": 1}
    answer = client.post(api(postmortem, "participants/"), {"role": "facilitator", "user": "alice"}, format="json")
    assert answer.status_code == 201
    number, tag = answer.json()["id"], {"If-Match": answer.headers["ETag"]}
    path = api(postmortem, f"participants/{number}/")
    assert client.post(path + "answer/", {"accept": True}, format="json", headers=tag).status_code == 403
    assert hers.post(path + "answer/", {"accept": True}, format="json", headers=tag).status_code == 400
    yes = {"accept": True, "was_no_responder": True, "manages_nobody": True, "has_the_hours": True}
    answer = hers.post(path + "answer/", yes, format="json", headers=tag)
    assert answer.json()["state"] == "accepted"
    answer = hers.patch(path, {"asks_to_be_unnamed": True}, format="json", headers={"If-Match": answer.headers["ETag"]})
    assert answer.json()["asks_to_be_unnamed"]
    assert hers.delete(path, headers=tag).status_code == 412
    assert hers.delete(path, headers={"If-Match": answer.headers["ETag"]}).status_code == 204
    assert [row["name"] for row in client.get(api(postmortem, "participants/")).json()] == ["Vera Vendor"]
    assert api_client(bob, scope="read").post(api(postmortem, "participants/everyone/")).status_code == 403


def test_what_cannot_be_is_said_as_a_problem(bob, postmortem):
    client = api_client(bob)
    for body in ({}, {"role": "king"}, {"name": "\x00"}, {"role": "approver", "name": "Vera"}, {"user": "nobody"}, {"name": "x" * 151}):
        answer = client.post(api(postmortem, "participants/"), body, format="json")
        assert answer.status_code == 400 and answer.json()["errors"], body
