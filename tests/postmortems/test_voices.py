"""The people before the meeting: conversations, the shared draft, the check on how people are. Each completes its step, and tells on nobody."""

from datetime import date

import pytest
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError

from incidents.access import SYSTEM
from incidents.lib.conflict import Conflict
from incidents.models import AuditEvent
from postmortems import calibrating, caring, hearing, meetings, perspectives, stepping, talking
from postmortems.models import Conversation, Participant, Reading, SharedDraft, Step, StepEvent, StepPlan, WelfareCheck
from tests.factories import api_client, make_postmortem, make_user

pytestmark = pytest.mark.django_db
SECRET = "xylophone"
DAY = date(2026, 3, 3)


@pytest.fixture
def commit(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


def part(postmortem, user=None, role="participant", **fields):
    return Participant.objects.create(postmortem=postmortem, user=user, role=role, **{"name": str(user), "state": "accepted", **fields})


def step(postmortem, key):
    return Step.objects.get(postmortem=postmortem, key=key)


def at(postmortem, rest):
    return f"/postmortems/{postmortem.reference}/{rest}"


# Written accounts -----------------------------------------------------------------------------------------------


def test_half_of_the_accounts_complete_their_step_and_a_withdrawal_is_not_told(postmortem, bob, charlie, commit):
    for person in (bob, charlie, make_user("dora")):
        part(postmortem, person)
    part(postmortem, make_user("eve"), state="declined")
    with commit():
        perspectives.save_account(actor=bob, postmortem=postmortem, version=None, state="private", began=SECRET)
    assert step(postmortem, "accounts").is_open
    with commit():
        perspectives.save_account(actor=charlie, postmortem=postmortem, version=None, state="review", began="At lunch.")
    done = step(postmortem, "accounts")
    assert (done.by_itself, done.note) == (True, "At least half of those who were asked wrote their account.")
    with commit():
        perspectives.withdraw_account(actor=charlie, postmortem=postmortem)
    stepping.refresh(postmortem.pk)
    assert not step(postmortem, "accounts").is_open
    assert [event.verb for event in done.events.exclude(verb="dated")] == ["done"]


def test_others_accounts_are_folded_until_ones_own_is_written(client, postmortem, alice, bob):
    perspectives.save_account(actor=alice, postmortem=postmortem, version=None, state="review", began="At my desk.")
    client.force_login(bob)
    place = at(postmortem, "perspectives/")
    assert "At my desk." in client.get(place).content.decode()  # nobody asked him
    part(postmortem, bob)
    page = client.get(place).content.decode()
    assert "At my desk." not in page and "Read them now" in page
    assert "At my desk." in client.get(f"{place}?accounts").content.decode()
    perspectives.save_account(actor=bob, postmortem=postmortem, version=None, state="private", began="On the train.")
    assert "At my desk." in client.get(place).content.decode()


def test_an_own_account_over_the_api(postmortem, bob, charlie, alice):
    part(postmortem, charlie)
    part(postmortem, alice, "facilitator")
    address = f"/api/v1/postmortems/{postmortem.reference}/account/"
    client = api_client(charlie)
    assert client.get(address).json() == {
        **dict.fromkeys(("began", "noticed", "hard_and_helped", "surprised", "ask_about", "private"), ""),
        "state": "review",
        "version": None,
    }
    assert client.put(address, {"began": "At lunch.", "private": SECRET}, format="json").json()["private"] == SECRET
    assert client.put(address, {"began": "Late."}, format="json").status_code == 428
    answer = client.put(address, {"began": "Before lunch."}, format="json", headers={"If-Match": '"1"'})
    assert (answer.json()["version"], answer.json()["private"], answer.headers["ETag"]) == (2, SECRET, '"2"')
    assert client.put(address, {"began": "x"}, format="json", headers={"If-Match": '"1"'}).status_code == 412
    assert client.put(address, {}, format="json", headers={"If-Match": '"2"'}).status_code in (400, 422)
    assert SECRET not in str(api_client(bob).get(address).json())
    assert api_client(make_user("viewer", role="viewer")).get(address).status_code == 404
    assert client.delete(address).status_code == 204
    assert client.get(address).json()["version"] is None


# Conversations --------------------------------------------------------------------------------------------------


def note(actor, postmortem, user=None, **fields):
    return talking.note(actor=actor, postmortem=postmortem, user=user, **{"held_on": DAY, "notes": f"The graph was flat. {SECRET}", **fields})


def test_two_confirmed_conversations_complete_the_interviews(postmortem, alice, bob, charlie, commit):
    part(postmortem, bob)
    part(postmortem, charlie)
    first, second = note(alice, postmortem, bob), note(alice, postmortem, name="Support")
    assert hearing.conversations(postmortem) == hearing.Heard(2, 0)
    with commit():
        talking.confirm(actor=bob, conversation=first, version=1, notes="The graph looked flat.", state="review")
    assert step(postmortem, "interviews").is_open
    with commit():
        talking.confirm(actor=alice, conversation=second, version=1, notes=second.notes)
    done = step(postmortem, "interviews")
    assert (done.by_itself, done.note) == (True, "2 conversations were held, and the notes confirmed.")
    first.refresh_from_db()
    assert (first.notes, first.state, first.confirmed_by) == ("The graph looked flat.", "review", bob)


def test_the_list_says_how_many_conversations(postmortem, alice, bob, commit):
    StepPlan.objects.filter(processes__postmortem=postmortem).update(conversations=1)
    part(postmortem, bob)
    with commit():
        talking.confirm(actor=bob, conversation=note(alice, postmortem, bob), version=1, notes="So it was.")
    assert step(postmortem, "interviews").note == "1 conversation was held, and the notes confirmed."


def test_notes_changed_after_the_word_are_to_be_confirmed_anew(postmortem, alice, bob):
    part(postmortem, bob)
    row = talking.confirm(actor=bob, conversation=note(alice, postmortem, bob), version=1, notes="So it was.", state="review")
    same = talking.change(actor=alice, conversation=row, version=2, held_on=DAY, notes="So it was.")
    assert same.confirmed_at and same.state == "review"
    changed = talking.change(actor=alice, conversation=same, version=3, held_on=DAY, notes="So it was, he said.")
    assert changed.confirmed_at is None and changed.state == "private"
    with pytest.raises(Conflict):
        talking.confirm(actor=bob, conversation=row, version=2, notes="x")


def test_who_reads_and_who_decides(postmortem, alice, bob, charlie):
    part(postmortem, alice, "facilitator")
    part(postmortem, charlie)
    dora, boss = make_user("dora"), make_user("boss", role="admin")
    row = note(dora, postmortem, charlie)

    def may_read(person):
        return Conversation.objects.readable_by(person).filter(pk=row.pk).exists()

    assert [may_read(person) for person in (dora, charlie, alice, bob, boss, SYSTEM)] == [True, True, True, False, False, False]
    for person in (alice, dora, bob, boss):
        with pytest.raises(PermissionDenied):
            talking.confirm(actor=person, conversation=row, version=1, notes="x")
    for person in (bob, boss, charlie):
        with pytest.raises(PermissionDenied):
            talking.change(actor=person, conversation=row, version=1, held_on=DAY, notes="x")
    with pytest.raises(PermissionDenied):
        talking.withdraw(actor=alice, conversation=row)
    talking.confirm(actor=charlie, conversation=row, version=1, notes="Mine.", state="review")
    assert [may_read(person) for person in (bob, boss, SYSTEM, make_user("viewer", role="viewer"))] == [True, True, True, False]
    talking.withdraw(actor=charlie, conversation=row)
    assert not Conversation.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"name": ""}, "name"), ({"notes": " \n"}, "notes"), ({"held_on": date(1999, 1, 1)}, "held_on"), ({"held_on": date(2199, 1, 1)}, "held_on")],
)
def test_a_conversation_that_does_not_hold_together(postmortem, alice, fields, field):
    with pytest.raises(ValidationError) as error:
        note(alice, postmortem, **{"name": "Support", **fields})
    assert field in error.value.message_dict


def test_notes_are_of_somebody_who_can_read_them(postmortem, alice, bob, charlie):
    for person, words in ((alice, "This is you"), (bob, "take part first")):
        with pytest.raises(ValidationError, match=words):
            note(alice, postmortem, person)
    private = make_postmortem(alice, is_private=True, members=[alice])
    with pytest.raises(ValidationError, match="cannot see"):
        note(alice, private, bob)
    with pytest.raises(PermissionDenied):
        note(charlie, postmortem, name="Support")


def test_the_pages_of_a_conversation(client, postmortem, alice, bob, charlie):
    part(postmortem, charlie)
    part(postmortem, alice, "facilitator")
    client.force_login(alice)
    page = client.get(at(postmortem, f"talks/new/?name={charlie}")).content.decode()
    assert f'<option value="{charlie.pk}" selected>' in page
    sent = {"person": str(charlie.pk), "held_on": "2026-03-03", "notes": SECRET}
    for wrong in ({"person": "999999"}, {"person": "other"}, {"held_on": "0000-00-00"}, {"notes": "x" * 20_001}, {"notes": "\x00"}):
        assert client.post(at(postmortem, "talks/new/"), {**sent, **wrong}).status_code == 422
    assert client.post(at(postmortem, "talks/new/"), sent).status_code == 302
    row = Conversation.objects.get()
    place = at(postmortem, f"talks/{row.pk}/")
    assert "Not confirmed yet" in client.get(at(postmortem, "meeting/")).content.decode()
    client.force_login(bob)
    assert client.get(place).status_code == 404
    assert SECRET not in client.get(at(postmortem, "meeting/")).content.decode()
    client.force_login(charlie)
    assert "Notes of a conversation with you" in client.get("/").content.decode()
    assert client.post(place, {"notes": "Nothing was red.", "state": "private", "version": "1"}).status_code == 302
    assert client.post(place, {"notes": "Late.", "state": "private", "version": "1"}).status_code == 409
    assert "Notes of a conversation with you" not in client.get("/").content.decode()
    client.force_login(alice)
    assert "Nothing was red." in client.get(place).content.decode()
    assert client.post(place, {"held_on": "2026-03-04", "notes": "Nothing was red.", "version": "2"}).status_code == 302
    assert client.post(place, {"held_on": "2026-03-04", "notes": "Late.", "version": "2"}).status_code == 409
    row.refresh_from_db()
    assert row.confirmed_at and row.held_on == date(2026, 3, 4)
    client.force_login(charlie)
    assert client.post(at(postmortem, f"talks/{row.pk}/withdraw/")).status_code == 302
    assert client.get(place).status_code == 404


def test_the_word_of_somebody_without_an_account_is_noted(client, postmortem, alice):
    row = note(alice, postmortem, name="Priya from support")
    client.force_login(alice)
    place = at(postmortem, f"talks/{row.pk}/")
    assert "has no account here" in client.get(place).content.decode()
    client.post(at(postmortem, f"talks/{row.pk}/noted/"), {"version": "7"})
    assert not Conversation.objects.get().confirmed_at
    client.post(at(postmortem, f"talks/{row.pk}/noted/"), {"version": "1"})
    assert "Priya from support confirmed them to alice" in client.get(place).content.decode()


def test_conversations_over_the_api(postmortem, alice, bob, charlie):
    part(postmortem, charlie)
    base = f"/api/v1/postmortems/{postmortem.reference}/conversations/"
    made = api_client(alice).post(base, {"user": "charlie", "held_on": "2026-03-03", "notes": SECRET}, format="json")
    assert made.status_code == 201 and made.json()["confirmed_at"] is None
    one = f"{base}{made.json()['id']}/"
    assert api_client(bob).get(base).json() == [] and api_client(bob).get(one).status_code == 404
    assert api_client(alice).post(f"{one}confirm/", {}, format="json", headers={"If-Match": '"1"'}).status_code == 403
    his = api_client(charlie)
    assert his.post(f"{one}confirm/", {"state": "review"}, format="json", headers={"If-Match": '"1"'}).json()["confirmed_at"]
    assert api_client(bob).get(base).json()[0]["notes"] == SECRET
    assert api_client(alice).patch(one, {"notes": "Other."}, format="json", headers={"If-Match": '"1"'}).status_code == 412
    assert api_client(alice).patch(one, {"notes": "Other."}, format="json", headers={"If-Match": '"2"'}).json()["confirmed_at"] is None
    assert his.patch(one, {"notes": "x"}, format="json", headers={"If-Match": '"3"'}).status_code == 403
    assert his.delete(one).status_code == 204


# The shared draft -----------------------------------------------------------------------------------------------


def say(actor, postmortem, version=None, verdict="correct", **fields):
    return calibrating.answer(actor=actor, postmortem=postmortem, version=version, verdict=verdict, **fields)


def test_the_draft_is_calibrated_once_all_answered(postmortem, alice, bob, charlie, commit):
    part(postmortem, bob)
    part(postmortem, charlie)
    part(postmortem, name="Priya")
    with pytest.raises(ValidationError, match="not shared"):
        say(bob, postmortem)
    with commit():
        calibrating.share(actor=alice, postmortem=postmortem)
        say(bob, postmortem)
    assert step(postmortem, "calibrate").is_open
    with commit():
        say(charlie, postmortem, verdict="change", words="Support knew at 14:03.", unnamed=True)
    assert step(postmortem, "calibrate").note == "The draft was shared, and everyone who was asked has answered."
    assert Participant.objects.get(user=charlie).asks_to_be_unnamed and not Participant.objects.get(user=bob).asks_to_be_unnamed


def test_the_meeting_does_not_wait(postmortem, alice, bob, commit):
    part(postmortem, bob)
    meeting = meetings.ensure(postmortem)
    with commit():
        meetings.settle(actor=alice, postmortem=postmortem, version=meeting.version, outcome="held")
    assert step(postmortem, "calibrate").is_open  # it was never shared
    with commit():
        calibrating.share(actor=alice, postmortem=postmortem)
    assert step(postmortem, "calibrate").note == "The draft was shared before the meeting."


def test_shared_again_the_word_is_asked_anew(client, postmortem, alice, bob):
    part(postmortem, bob)
    calibrating.share(actor=alice, postmortem=postmortem)
    say(bob, postmortem)
    shared = calibrating.share(actor=alice, postmortem=postmortem)
    assert hearing.readers(postmortem, postmortem.participants.all(), shared) == hearing.Heard(1, 0)
    client.force_login(bob)
    assert "The draft has changed since you answered" in client.get(at(postmortem, "calibrate/")).content.decode()
    assert "Your word is wanted" in client.get("/").content.decode()


def test_only_who_takes_part_is_asked_and_a_change_wants_words(postmortem, alice, bob):
    calibrating.share(actor=alice, postmortem=postmortem)
    with pytest.raises(PermissionDenied):
        say(bob, postmortem)
    part(postmortem, bob)
    with pytest.raises(ValidationError, match="few words"):
        say(bob, postmortem, verdict="change", words=" ")
    with pytest.raises(ValidationError, match="one of the two"):
        say(bob, postmortem, verdict="perfect")
    say(bob, postmortem)
    with pytest.raises(Conflict):
        say(bob, postmortem)
    with pytest.raises(Conflict):
        say(bob, postmortem, version=9)


def test_the_page_of_the_shared_draft(client, postmortem, alice, bob, charlie):
    part(postmortem, alice, "facilitator")
    part(postmortem, bob)
    part(postmortem, charlie)
    section = postmortem.sections.first()
    type(section).objects.filter(pk=section.pk).update(body="The queue filled up quietly.")
    client.force_login(alice)
    place = at(postmortem, "calibrate/")
    assert "The draft is not shared yet" in client.get(place).content.decode()
    assert client.post(at(postmortem, "calibrate/share/")).status_code == 302
    client.force_login(bob)
    page = client.get(place).content.decode()
    assert "The queue filled up quietly." in page and "0 of 2 answered" in page
    assert client.post(place, {"verdict": "change", "words": "", "state": "review"}).status_code == 422
    assert client.post(place, {"verdict": "change", "words": "It was 14:03.", "state": "review"}).status_code == 302
    client.force_login(charlie)  # a viewer reads published texts only; the word counts all the same
    page = client.get(place).content.decode()
    assert "The queue filled up quietly." not in page and "alice will gladly show it" in page and "14:03" not in page
    assert client.post(place, {"verdict": "correct", "state": "private", "words": SECRET, "unnamed": "on"}).status_code == 302
    client.force_login(alice)
    page = client.get(place).content.decode()
    assert "All answered" in page and SECRET in page and "It was 14:03." in page
    asked = Reading.objects.get(author=bob)
    client.post(at(postmortem, f"calibrate/answers/{asked.pk}/"), {"version": "1", "done": "1"})
    assert "Taken up" in client.get(place).content.decode()
    dora = make_user("dora")
    client.force_login(dora)
    page = client.get(place).content.decode()
    assert SECRET not in page and "It was 14:03." in page and "Your word on it" not in page
    assert client.post(place, {"verdict": "correct", "state": "review"}).status_code == 403
    client.force_login(make_user("viewer", role="viewer"))
    assert client.get(place).status_code == 404
    assert client.post(at(postmortem, "calibrate/share/")).status_code == 404


def test_the_shared_draft_over_the_api(postmortem, alice, bob, charlie):
    part(postmortem, bob)
    base = f"/api/v1/postmortems/{postmortem.reference}/shared-draft/"
    assert api_client(alice).get(base).json() == {"shared_at": None, "asked": 1, "answered": 0}
    assert api_client(charlie).post(base).status_code == 404
    assert api_client(alice).post(base).json()["shared_at"]
    answers = f"{base}answers/"
    made = api_client(bob).put(answers, {"verdict": "change", "words": "14:03."}, format="json")
    assert made.status_code == 200
    assert api_client(bob).put(answers, {"verdict": "correct"}, format="json").status_code == 428
    one = f"{answers}{made.json()['id']}/"
    assert api_client(alice).patch(one, {"taken_up": True}, format="json", headers={"If-Match": '"1"'}).json()["taken_up_at"]
    assert api_client(alice).patch(one, {"taken_up": True}, format="json", headers={"If-Match": '"1"'}).status_code == 412
    again = api_client(bob).put(answers, {"verdict": "correct", "state": "private"}, format="json", headers={"If-Match": '"2"'})
    assert again.json()["taken_up_at"] is None
    assert api_client(alice).get(answers).json() == []


# How people are -------------------------------------------------------------------------------------------------


def test_the_check_is_the_facilitators_alone(client, postmortem, alice, bob, commit):
    near = part(postmortem, bob)
    boss = make_user("boss", role="admin")
    for person in (alice, bob, boss):
        client.force_login(person)
        assert client.get(at(postmortem, "welfare/")).status_code == 404
        assert api_client(person).get(f"/api/v1/postmortems/{postmortem.reference}/welfare/").status_code == 404
    with pytest.raises(PermissionDenied):
        caring.tick(actor=SYSTEM, postmortem=postmortem, version=1, reached=[], is_done=False)
    part(postmortem, alice, "facilitator")
    before = (AuditEvent.objects.count(), StepEvent.objects.filter(step__key="welfare").exclude(verb="dated").count())
    client.force_login(alice)
    assert client.post(at(postmortem, "welfare/"), {"is_done": "on", "version": "1"}).status_code == 422
    assert client.post(at(postmortem, "welfare/"), {"reached": [near.pk, 10**12], "version": "1"}).status_code == 422
    with commit():
        assert client.post(at(postmortem, "welfare/"), {"reached": [near.pk], "version": "1"}).status_code == 302
    assert step(postmortem, "welfare").is_open
    assert client.post(at(postmortem, "welfare/"), {"reached": [near.pk], "version": "1"}).status_code == 409
    with commit():
        client.post(at(postmortem, "welfare/"), {"reached": [near.pk], "is_done": "on", "version": "2"})
    done = step(postmortem, "welfare")
    assert (done.by_itself, done.note) == (True, "Those closest to it were spoken to in person.")
    assert AuditEvent.objects.count() == before[0]
    caring.tick(actor=alice, postmortem=postmortem, version=3, reached=[], is_done=False)
    stepping.refresh(postmortem.pk)
    assert not step(postmortem, "welfare").is_open


def test_the_check_over_the_api(postmortem, alice, bob):
    near = part(postmortem, bob)
    part(postmortem, alice, "facilitator")
    address = f"/api/v1/postmortems/{postmortem.reference}/welfare/"
    client = api_client(alice)
    assert client.get(address).json() == {"reached": [], "is_done": False}
    assert client.put(address, {"reached": [near.pk], "is_done": True}, format="json", headers={"If-Match": '"1"'}).json()["reached"] == [near.pk]
    assert client.put(address, {"reached": [], "is_done": True}, format="json", headers={"If-Match": '"1"'}).status_code == 412


# Both sides -----------------------------------------------------------------------------------------------------


def test_the_admin_shows_none_of_it():
    assert not {Conversation, Reading, WelfareCheck, SharedDraft} & set(admin.site._registry)


def test_nothing_of_a_private_incident_is_reached_by_others(client, alice, bob):
    postmortem = make_postmortem(alice, is_private=True, members=[alice])
    row = note(alice, postmortem, name="Support")
    client.force_login(bob)
    for rest in ("talks/new/", f"talks/{row.pk}/", "calibrate/", "welfare/"):
        assert client.get(at(postmortem, rest)).status_code == 404
    for rest in ("account/", "conversations/", "shared-draft/", "shared-draft/answers/", "welfare/"):
        assert api_client(bob).get(f"/api/v1/postmortems/{postmortem.reference}/{rest}").status_code == 404


def test_steps_of_earlier_versions_learn_to_complete_themselves(alice):
    from importlib import import_module

    from django.apps import apps

    postmortem = make_postmortem(alice)
    own = StepPlan.objects.create(key="ours", name="Ours")
    own.steps.create(key="accounts", title="Accounts")
    Step.objects.filter(key__in=["accounts", "interviews"]).update(rule="")
    settled = step(postmortem, "interviews")
    stepping.complete(actor=alice, step=settled, version=settled.version)
    import_module("postmortems.migrations.0015_voices").complete_by_themselves(apps, None)
    assert step(postmortem, "accounts").rule == "accounts"
    assert step(postmortem, "interviews").rule == ""
    assert own.steps.get().rule == ""
