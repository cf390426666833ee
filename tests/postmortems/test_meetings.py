"""The facilitator's console: planning, inviting, the clock, notes, the outcome, the parking lot and its soak time."""

from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents.lib.conflict import Conflict
from incidents.models import AuditEvent, IncidentMember, Milestone, MilestoneKind
from postmortems import meetings, parking, participating
from postmortems.models import ActionItem, Meeting, ParkedIdea, Participant
from tests.factories import T0, api_client, make_event, make_incident, make_postmortem, make_user

pytestmark = pytest.mark.django_db
WEEKDAY = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)  # a Monday


@pytest.fixture
def postmortem(alice):
    incident = make_incident(time_zone="Europe/Paris")
    IncidentMember.objects.create(incident=incident, user=alice, role="Incident commander")
    return make_postmortem(alice, incident=incident)


@pytest.fixture
def page(client, alice):
    client.force_login(alice)
    return client


def at(postmortem, part="", name="meeting"):
    return f"/postmortems/{postmortem.reference}/{name}/{part}"


def plan(actor, postmortem, version=1, **more):
    return meetings.plan(actor=actor, postmortem=postmortem, version=version, **{"starts_at": WEEKDAY, "minutes": 60, **more})


def hold(actor, postmortem, when=WEEKDAY):
    return meetings.settle(actor=actor, postmortem=postmortem, version=meetings.ensure(postmortem).version, outcome="held", at=when)


# Preparing --------------------------------------------------------------------------------------------------


def test_the_page_plans_in_the_zone_of_the_incident(page, postmortem):
    assert page.get(at(postmortem)).status_code == 200
    assert not Meeting.objects.exists()  # looking stores nothing
    sent = {"starts_at": "2026-03-30T15:00", "minutes": "45", "place": " Room\n1 ", "link": "call.example.org/x", "version": "1"}
    assert page.post(at(postmortem), sent).status_code == 302
    meeting = Meeting.objects.get()
    assert (meeting.starts_at, meeting.minutes, meeting.place) == (datetime(2026, 3, 30, 13, 0, tzinfo=UTC), 45, "Room 1")
    assert meeting.link == "https://call.example.org/x"
    assert sum(meeting.blocks.values_list("minutes", flat=True)) == 45  # what filled the meeting still fills it
    answer = page.post(at(postmortem), sent | {"place": "Room 2"})
    assert answer.status_code == 409 and "alice changed the meeting meanwhile" in answer.content.decode()
    assert Meeting.objects.get().place == "Room 1"


@pytest.mark.parametrize(
    "sent",
    [
        {"starts_at": "0001-01-01T00:00"},
        {"starts_at": "9999-12-31T23:59"},
        {"starts_at": "yesterday"},
        {"minutes": "0"},
        {"minutes": "999999999999"},
        {"link": "javascript:alert(1)"},
        {"link": "ftp://files.example.org"},
        {"version": ""},
        {"place": "x" * 201},
    ],
)
def test_what_no_meeting_can_be_is_said(page, postmortem, sent):
    assert page.post(at(postmortem), {"starts_at": "2026-03-30T15:00", "minutes": "45", "version": "1", **sent}).status_code == 422
    assert not Meeting.objects.exists()


def test_everyone_who_speaks_is_listed_and_asked_once(page, postmortem, alice, bob):
    make_event(postmortem.incident, 3, "@Bob can you look?", kind="message", actor="Alice")
    make_event(postmortem.incident, 9, "Rolled back", kind="action", actor="Dora Wells")
    make_event(postmortem.incident, 9, "fired", kind="alert", actor="Alertmanager")
    room = page.get(at(postmortem)).context["room"]
    assert [(person.name, person.entries, person.user) for person in room.heard] == [("alice", 1, alice.pk), ("Dora Wells", 1, None), ("bob", 0, bob.pk)]
    page.post(at(postmortem, "invite/"), {"person": "bob"})
    row = Participant.objects.get()
    assert (row.user, row.name, row.role, row.created_by) == (bob, "bob", "participant", alice)
    for _ in range(2):
        page.post(at(postmortem, "invite/"), {"everyone": "1"})
    assert sorted(Participant.objects.values_list("name", flat=True)) == ["Dora Wells", "alice", "bob"]
    page.post(at(postmortem, "invite/"), {"person": "nobody of these"})
    assert Participant.objects.count() == 3


def test_over_several_days_times_name_theirs(page, postmortem):
    make_event(postmortem.incident, 3, "Restarted the indexer", kind="action", actor="Dora Wells", salience=2)
    same_day = page.get(at(postmortem)).content.decode()
    assert '<span class="cited__at">15:03</span>' in same_day
    make_event(postmortem.incident, 3 * 24 * 60, "Rolled back", kind="action", actor="Dora Wells", salience=2)
    several = page.get(at(postmortem)).content.decode()
    assert '<span class="cited__at">2 Mar, 15:03</span>' in several
    assert '<span class="cited__at">15:03</span>' not in several
    assert "2 Mar to 5 Mar" in several


def test_nobody_is_asked_to_what_they_may_not_know_of(page, alice, bob):
    private = make_postmortem(alice, incident=make_incident(members=[alice], is_private=True))
    make_event(private.incident, 3, "looking", kind="message", actor="bob")
    page.post(at(private, "invite/"), {"everyone": "1"})
    assert not Participant.objects.filter(user=bob).exists()
    with pytest.raises(ValidationError, match="cannot see the incident"):
        participating.invite_all(actor=alice, postmortem=private, guests=[("bob", bob)])


def test_reasons_lead_to_their_entries(page, postmortem):
    Milestone.objects.create(incident=postmortem.incident, kind=MilestoneKind.objects.get(key="mitigated"), decision="confirmed", at=T0 + timedelta(minutes=20))
    event = make_event(postmortem.incident, 19, "Rolled back to 2.40.3", kind="mitigation", actor="Dora", salience=2)
    content = page.get(at(postmortem)).content.decode()
    assert "Closest to a turning point: mitigated." in content and "Acted last before it was mitigated" in content
    assert f"/incidents/{postmortem.incident.reference}/timeline/{event.pk}/" in content
    assert "What were you trying to achieve?" in content


def test_the_pages_take_the_same_queries_however_much_there_is(page, postmortem, alice):
    meetings.ensure(postmortem)
    paths = [at(postmortem), at(postmortem, "run/"), at(postmortem, "afterwards/")]

    def queries():
        counts = []
        for path in paths:
            with CaptureQueriesContext(connection) as captured:
                assert page.get(path).status_code == 200
            counts.append(len(captured))
        return counts

    def more(number):
        user = make_user(f"user{number}")
        IncidentMember.objects.create(incident=postmortem.incident, user=user)
        make_event(postmortem.incident, number, f"@person{number} what now?", kind="decision", actor=user.username, salience=2)
        parking.park(actor=alice, postmortem=postmortem, text=f"Idea {number}")
        participating.invite_all(actor=alice, postmortem=postmortem, guests=[(user.username, user)])

    more(0)
    queries()
    few = queries()
    for number in range(1, 10):
        more(number)
    assert queries() == few and max(few) <= 30


# The invitation ---------------------------------------------------------------------------------------------------


def test_the_invitation_keeps_its_uid_and_counts_its_changes(page, postmortem, alice, bob):
    assert page.get(at(postmortem, "invitation.ics")).status_code == 404
    participating.invite_all(actor=alice, postmortem=postmortem, guests=[("bob", bob), ("Dora Wells", None)])
    plan(alice, postmortem)

    def read():
        answer = page.get(at(postmortem, "invitation.ics"))
        assert answer["Content-Type"] == "text/calendar; charset=utf-8; method=REQUEST"
        (event,) = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
        return event

    first = read()
    assert str(first["ATTENDEE"]) == "mailto:bob@example.org" and str(first["ORGANIZER"]) == "mailto:alice@example.org"
    assert "16:00 Welcome" in first["DESCRIPTION"] and "Dora Wells" in first["DESCRIPTION"]
    assert (first["SEQUENCE"], first["SUMMARY"]) == (0, f"Retrospective: {postmortem.title}")
    plan(alice, postmortem, 2)  # nothing new
    assert read()["SEQUENCE"] == 0
    plan(alice, postmortem, 3, starts_at=WEEKDAY + timedelta(days=1))
    moved = read()
    assert (moved["SEQUENCE"], moved["UID"]) == (1, first["UID"])
    meetings.settle(actor=alice, postmortem=postmortem, version=4, outcome="waived", reason="Two people, one chat.")
    cancelled = icalendar.Calendar.from_ical(page.get(at(postmortem, "invitation.ics")).content)
    assert cancelled["METHOD"] == "CANCEL" and cancelled.walk("VEVENT")[0]["SEQUENCE"] == 2


# The run sheet and the clock ------------------------------------------------------------------------------------------


def test_the_run_sheet_is_edited_and_keeps_notes(page, postmortem, alice):
    meeting = meetings.ensure(postmortem)
    first, second = meeting.blocks.all()[:2]
    meetings.write_notes(actor=alice, block=first, version=1, notes="One word each.")
    rows = {"block": [str(first.pk), "", ""], "place": ["2", "1", "3"], "title": ["Hello", "Tea", " "], "minutes": ["5", "10", "x"], "version": "1"}
    assert page.post(at(postmortem, "agenda/"), rows).status_code == 302
    assert list(meeting.blocks.values_list("title", "minutes", "notes")) == [("Tea", 10, ""), ("Hello", 5, "One word each.")]
    gone = {"block": [""], "place": ["1"], "title": ["Only this"], "minutes": ["5"], "version": "2"}
    answer = page.post(at(postmortem, "agenda/"), gone)
    assert answer.status_code == 422 and "has notes or was begun already" in answer.content.decode()
    assert page.post(at(postmortem, "agenda/"), {"agenda": "learning", "version": "2"}).status_code == 422
    assert page.post(at(postmortem, "agenda/"), gone | {"version": "1"}).status_code in (409, 422)
    meeting.blocks.update(notes="")
    assert page.post(at(postmortem, "agenda/"), {"agenda": "learning", "version": "2"}).status_code == 302
    assert sum(meeting.blocks.values_list("minutes", flat=True)) == 60


@pytest.mark.parametrize("rows", [{}, {"block": [""], "place": ["1"], "title": ["x"], "minutes": ["0"]}, {"agenda": "no such"}])
def test_a_run_sheet_that_is_none_is_refused(page, postmortem, rows):
    assert page.post(at(postmortem, "agenda/"), {"version": "1", **rows}).status_code == 422


def test_the_clock_counts_once_however_often_a_button_is_pressed(postmortem, alice):
    def press(do, seen, minute, to=None):
        return meetings.run_clock(actor=alice, postmortem=postmortem, do=do, seen=seen, to=to, now=WEEKDAY + timedelta(minutes=minute))

    meeting, done = press("start", None, 0)
    ids = list(meeting.blocks.values_list("pk", flat=True))
    assert done and meeting.block_id == ids[0]
    assert press("start", None, 1)[1] is False  # pressed by somebody else, too
    assert press("start", ids[0], 1)[1] is False  # runs already
    press("next", ids[0], 4)
    assert press("next", ids[0], 4)[1] is False
    press("pause", ids[1], 6)
    assert press("pause", ids[1], 9)[1] is False
    press("start", ids[1], 10)
    press("go", ids[1], 11, to=ids[3])
    meeting, _ = press("go", ids[3], 12, to=10**9)
    assert meeting.block_id == ids[3]
    assert list(meeting.blocks.values_list("spent", flat=True)[:4]) == [240, 180, 0, 60]
    hold(alice, postmortem)
    with pytest.raises(ValidationError):
        press("next", ids[3], 20)


def test_the_clock_ends_after_the_last_block(postmortem, alice):
    meeting = meetings.ensure(postmortem)
    last = meeting.blocks.last()
    Meeting.objects.update(block=last, block_since=WEEKDAY, began_at=WEEKDAY)
    meeting, _ = meetings.run_clock(actor=alice, postmortem=postmortem, do="next", seen=last.pk, now=WEEKDAY + timedelta(minutes=2))
    assert (meeting.block_id, meeting.block_since, meeting.blocks.last().spent) == (None, None, 120)


def test_the_page_of_the_run_works_without_a_script(page, postmortem):
    plan_page = page.get(at(postmortem, "run/")).content.decode()
    assert "For the next hour we will walk" in plan_page and "Start the meeting" in plan_page
    before = page.get(at(postmortem, "clock/")).json()
    page.post(at(postmortem, "clock/"), {"do": "start", "seen": ""})
    assert page.get(at(postmortem, "clock/")).json() != before
    running = page.get(at(postmortem, "run/"))
    block = running.context["current"].block
    assert "Pause" in running.content.decode()
    assert page.post(at(postmortem, "clock/"), {"do": "next", "seen": "nonsense"}).status_code == 302
    assert page.get(at(postmortem, "run/")).context["current"].block == block
    assert page.post(at(postmortem, f"notes/{block.pk}/"), {"notes": "Ana was on the train.", "version": "1"}).status_code == 302
    lost = page.post(at(postmortem, f"notes/{block.pk}/"), {"notes": "Mine.", "version": "1"})
    assert lost.status_code == 409 and "Ana was on the train." in lost.content.decode() and ">Mine.<" in lost.content.decode()
    assert (
        page.post(at(postmortem, f"notes/{block.pk}/"), {"notes": "Mine.", "version": "1"}, headers={"X-Autosave": "1"})
        .json()["problem"]
        .startswith("alice saved")
    )
    assert page.post(at(postmortem, f"notes/{block.pk}/"), {"notes": "x" * 20_001, "version": "2"}).status_code == 422
    other = meetings.ensure(make_postmortem(running.wsgi_request.user)).blocks.first()
    assert page.post(at(postmortem, f"notes/{other.pk}/"), {"notes": "x", "version": "1"}).status_code == 404


def test_the_close_asks_for_what_is_missing(page, postmortem):
    make_event(postmortem.incident, 3, "@dora can you look?", kind="message", actor="alice")
    asked = page.get(at(postmortem, "run/")).context["missing"]
    keys = [each.key for each in asked]
    assert "section:summary" in keys and "person:dora" in keys
    page.post(at(postmortem, "close/"), {"asked": ["person:dora", "made up"]})
    assert Meeting.objects.get().asked == ["person:dora"]
    page.post(at(postmortem, "close/"), {"asked": ["section:summary"]})
    assert Meeting.objects.get().asked == ["section:summary"]


# Outcome and parking lot ---------------------------------------------------------------------------------------------------


def test_held_or_waived_with_a_reason(page, postmortem, alice):
    outcome = at(postmortem, "outcome/")
    assert page.post(outcome, {"outcome": "waived", "version": "1"}).status_code == 422
    assert page.post(outcome, {"outcome": "held", "at": "2199-01-01T10:00", "version": "1"}).status_code == 422
    assert page.post(outcome, {"outcome": "cancelled", "version": "1"}).status_code == 422
    assert page.post(outcome, {"outcome": "held", "at": "2026-03-02T16:00", "version": "1"}).status_code == 302
    meeting = Meeting.objects.get()
    assert (meeting.held_at, meeting.outcome) == (WEEKDAY, "held")
    assert page.post(outcome, {"outcome": "waived", "reason": "x", "version": "1"}).status_code == 409
    assert page.post(outcome, {"outcome": "planned", "version": "2"}).status_code == 302
    assert page.post(outcome, {"outcome": "waived", "reason": "Two people, one chat.", "version": "3"}).status_code == 302
    meeting.refresh_from_db()
    assert (meeting.held_at, meeting.outcome, meeting.reason) == (None, "waived", "Two people, one chat.")
    assert list(AuditEvent.objects.filter(verb__startswith="meeting.").values_list("verb", flat=True))[:2] == ["meeting.waived", "meeting.planned"]


def test_ideas_soak_before_they_become_action_items(page, postmortem, alice, bob):
    page.post(at(postmortem, name="parking"), {"text": "Alert on  queue age", "said_by": "Bob"})
    idea = ParkedIdea.objects.get()
    assert (idea.text, idea.said_by, idea.in_meeting, idea.added_by) == ("Alert on queue age", "Bob", False, alice)
    form = {"do": "act", "title": "Alert on queue age", "kind": "detect", "priority": "high", "owner": bob.pk, "due_on": "2026-04-01", "version": "1"}
    where = at(postmortem, f"{idea.pk}/", "parking")
    assert page.post(where, form).status_code == 422  # no meeting yet
    hold(alice, postmortem, timezone.now() - timedelta(minutes=1))
    answer = page.post(where, form)
    assert answer.status_code == 422 and not ActionItem.objects.exists()
    assert "Soaking" in page.get(at(postmortem, "afterwards/")).content.decode()
    version = Meeting.objects.get().version
    assert page.post(at(postmortem, "soak/"), {"reason": "", "version": version}).status_code == 422
    assert page.post(at(postmortem, "soak/"), {"reason": "The vendor needs word today.", "version": version}).status_code == 302
    assert 'value="Alert on queue age"' in page.get(where).content.decode()  # prefilled
    assert page.post(where, form | {"title": ""}).status_code == 422
    assert page.post(where, form).status_code == 302
    item = ActionItem.objects.get()
    idea.refresh_from_db()
    assert (item.postmortem, item.owner, idea.state, idea.action_item) == (postmortem, bob, "action", item)
    assert page.post(where, form | {"version": "2"}).status_code == 422 and ActionItem.objects.count() == 1


def test_after_two_business_days_ideas_are_decided_on_or_left(page, postmortem, alice):
    idea = parking.park(actor=alice, postmortem=postmortem, text="Rewrite it all")
    hold(alice, postmortem, timezone.now() - timedelta(days=5))
    where = at(postmortem, f"{idea.pk}/", "parking")
    assert "Turn into an action item" in page.get(where).content.decode()
    assert page.post(where, {"do": "leave", "reason": "", "version": "1"}).status_code == 422
    assert page.post(where, {"do": "leave", "reason": "Too much at once.", "version": "1"}).status_code == 302
    assert page.post(where, {"do": "leave", "reason": "Again.", "version": "1"}).status_code == 409
    assert page.post(where, {"do": "park", "version": "2"}).status_code == 302
    assert page.post(where, {"do": "nonsense", "version": "3"}).status_code == 422
    idea.refresh_from_db()
    assert (idea.state, idea.reason) == ("parked", "")


def test_an_idea_of_the_running_meeting_is_known_as_such(page, postmortem, alice):
    meetings.run_clock(actor=alice, postmortem=postmortem, do="start", seen=None, now=timezone.now())
    answer = page.post(at(postmortem, name="parking"), {"text": "Alert on age"}, headers={"HX-Request": "true"})
    assert "Alert on age" in answer.content.decode() and ParkedIdea.objects.get().in_meeting
    assert page.post(at(postmortem, name="parking"), {"text": " "}, headers={"HX-Request": "true"}).status_code == 422
    assert page.post(at(postmortem, name="parking"), {"text": "x" * 501}).status_code == 422


def test_two_who_plan_at_once(postmortem, alice, bob):
    plan(alice, postmortem)
    with pytest.raises(Conflict):
        plan(bob, postmortem, minutes=30)
    assert Meeting.objects.get().minutes == 60


# Who may ----------------------------------------------------------------------------------------------------------------------


PATHS = ["meeting/", "meeting/run/", "meeting/agenda/", "meeting/afterwards/", "meeting/invitation.ics"]


@pytest.mark.parametrize("path", PATHS)
def test_viewers_and_outsiders_find_no_console(client, alice, bob, charlie, path):
    postmortem = make_postmortem(alice)
    hidden = make_postmortem(alice, incident=make_incident(members=[alice], is_private=True))
    for one in (postmortem, hidden):
        plan(alice, one)
    client.force_login(charlie)
    assert client.get(f"/postmortems/{postmortem.reference}/{path}").status_code == 404
    client.force_login(bob)
    assert client.get(f"/postmortems/{postmortem.reference}/{path}").status_code == 200
    assert client.get(f"/postmortems/{hidden.reference}/{path}").status_code == 404


def test_viewers_change_nothing(client, postmortem, charlie, alice):
    idea = parking.park(actor=alice, postmortem=postmortem, text="x")
    client.force_login(charlie)
    for path in ("meeting/", "meeting/clock/", "meeting/outcome/", "meeting/soak/", "meeting/invite/", "meeting/close/", "parking/", f"parking/{idea.pk}/"):
        assert client.post(f"/postmortems/{postmortem.reference}/{path}", {"do": "start", "outcome": "held", "text": "y", "version": "1"}).status_code == 404
    assert not Meeting.objects.exists() and ParkedIdea.objects.count() == 1


# API ---------------------------------------------------------------------------------------------------------------------------


def test_the_meeting_by_api(postmortem, alice, charlie):
    api, base = api_client(alice), f"/api/v1/postmortems/{postmortem.reference}"
    seen = api.get(f"{base}/meeting/")
    assert (seen["ETag"], seen.json()["outcome"], seen.json()["agenda"][0]["title"]) == ('"1"', "planned", "Welcome, ground rules, goal")
    assert api.patch(f"{base}/meeting/", {"minutes": 45}, format="json").status_code == 428
    assert api.get(f"{base}/meeting/invitation.ics").status_code == 404
    planned = api.patch(f"{base}/meeting/", {"starts_at": "2026-03-30T15:00:00+02:00", "minutes": 45}, format="json", headers={"If-Match": '"1"'})
    assert planned.status_code == 200 and planned.json()["version"] == 2
    lost = api.patch(f"{base}/meeting/", {"minutes": 30}, format="json", headers={"If-Match": '"1"'})
    assert lost.status_code == 412 and lost.json()["current"]["minutes"] == 45
    assert api.get(f"{base}/meeting/invitation.ics", headers={"Accept": "text/calendar"}).content.startswith(b"BEGIN:VCALENDAR")
    idea = api.post(f"{base}/parking/", {"text": "Alert on age", "said_by": "Bob"}, format="json").json()
    act = f"{base}/parking/{idea['id']}/action-item/"
    assert api.post(act, {}, format="json", headers={"If-Match": '"1"'}).status_code == 400
    held = {"outcome": "held", "soak_reason": "Cannot wait."}
    assert api.patch(f"{base}/meeting/", held, format="json", headers={"If-Match": '"2"'}).json()["soak_is_over"] is True
    made = api.post(act, {"priority": "high"}, format="json", headers={"If-Match": '"1"'})
    assert (made.status_code, made.json()["title"], made.json()["priority"]) == (201, "Alert on age", "high")
    assert api.get(f"{base}/parking/").json()[0]["action_item"] == made.json()["reference"]
    other = api.post(f"{base}/parking/", {"text": "Rewrite"}, format="json").json()["id"]
    assert api.patch(f"{base}/parking/{other}/", {"state": "left"}, format="json", headers={"If-Match": '"1"'}).status_code == 400
    left = api.patch(f"{base}/parking/{other}/", {"state": "left", "reason": "Too much"}, format="json", headers={"If-Match": '"1"'})
    assert left.json()["state"] == "left"
    assert api.patch(f"{base}/meeting/", {"starts_at": "0001-01-01T00:00:00Z"}, format="json", headers={"If-Match": '"4"'}).status_code == 400
    viewer = api_client(charlie)
    for path in ("meeting/", "meeting/invitation.ics", "parking/", f"parking/{other}/"):
        assert viewer.get(f"{base}/{path}").status_code == 404
