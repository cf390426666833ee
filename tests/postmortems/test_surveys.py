"""The three questions after a meeting: anonymous for good, shown from five answers on, and never so that two sums give one away."""

from datetime import date, timedelta

import pytest
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.forms.models import model_to_dict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents.models import AuditEvent
from postmortems import home, meetings, stepping, survey_results, surveying
from postmortems.models import Participant, Step, Survey
from postmortems.survey_results import over_time, results_of, with_answer
from tests.factories import api_client, make_postmortem, make_user

DAY = date(2026, 5, 11)
FULL = {"said": [0, 0, 0, 2, 3], "learned": [0, 0, 0, 0, 5], "well_spent": [5, 0, 0, 0, 0]}
ONE = {"said": [1, 0, 0, 0, 0], "learned": [1, 0, 0, 0, 0], "well_spent": [0] * 5}


# The rules ------------------------------------------------------------------------------------------------------


def test_an_answer_adds_to_numbers_and_a_question_may_be_left_out():
    counts = with_answer(survey_results.nothing(), {"said": 5, "learned": None})
    assert counts == {"said": [0, 0, 0, 0, 1], "learned": [0] * 5, "well_spent": [0] * 5}


def test_nothing_is_shown_below_five():
    assert results_of(FULL, ["b", "a"], 4) is None
    found = results_of({**FULL, "well_spent": [4, 0, 0, 0, 0]}, ["b", "a"], 5)
    assert [(one.number, one.mean) for one in found.questions] == [(5, 4.6), (5, 5.0), (0, None)]
    assert found.words == ("a", "b")


def test_small_surveys_are_summed_together_only_and_when_the_quarter_is_over():
    first, today = date(2026, 2, 3), date(2026, 5, 11)
    assert over_time([(first, ONE)] * 4, today) == []
    (quarter,) = over_time([(first, ONE)] * 5, today)
    assert (quarter.name, quarter.surveys, quarter.questions[0].counts, quarter.questions[2].counts) == ("2026 Q1", 5, (5, 0, 0, 0, 0), ())
    (quarter,) = over_time([(first, FULL), (first, ONE)], today)
    assert quarter.questions[0].counts == (0, 0, 0, 2, 3)  # adding one answer would tell it
    (quarter,) = over_time([(DAY, FULL), *[(DAY, ONE)] * 5], today)
    assert quarter.questions[0].counts == (0, 0, 0, 2, 3)  # the quarter still goes on
    assert [one.name for one in over_time([(first, FULL), (date(2025, 12, 31), FULL)], today)] == ["2026 Q1", "2025 Q4"]


# Asking and answering -------------------------------------------------------------------------------------------


def part(postmortem, user, role="participant", state="accepted"):
    return Participant.objects.create(postmortem=postmortem, user=user, role=role, name=str(user), state=state)


def room(postmortem, number=5):
    people = [make_user(f"person{place}") for place in range(number)]
    for person in people:
        part(postmortem, person)
    return people


def held(actor, postmortem):
    meeting = meetings.ensure(postmortem)
    meetings.settle(actor=actor, postmortem=postmortem, version=meeting.version, outcome="held")
    return Survey.objects.get(postmortem=postmortem)


def answer(person, postmortem, said=5, words="", **fields):
    surveying.answer(actor=person, postmortem=postmortem, scores={"said": said, "learned": 4, "well_spent": 3}, words=words, **fields)


def step(postmortem, key="survey"):
    return Step.objects.get(postmortem=postmortem, key=key)


@pytest.mark.django_db
def test_what_is_stored_cannot_say_who_answered_what(postmortem, alice):
    people = room(postmortem, 6)
    survey = held(alice, postmortem)
    audited = AuditEvent.objects.count()
    for person, words in zip(people[::-1][:5], ("e", "a", "d", "", "b"), strict=True):
        answer(person, postmortem, words=words)
    survey.refresh_from_db()
    row = model_to_dict(survey) | {name: getattr(survey, name) for name in ("answered", "counts", "words")}
    assert set(row) == {"id", "postmortem", "closes_on", "is_closed", "answered", "counts", "words"}
    assert row["answered"] == sorted(person.pk for person in people[1:])
    assert row["words"] == ["a", "b", "d", "e"]
    assert row["counts"]["said"] == [0, 0, 0, 0, 5]
    assert AuditEvent.objects.count() == audited
    assert Survey not in admin.site._registry


@pytest.mark.django_db
def test_each_answers_once_and_only_who_was_there(postmortem, alice, bob, charlie):
    for person, role in ((alice, "facilitator"), (bob, "participant"), (charlie, "observer")):
        part(postmortem, person, role)
    part(postmortem, make_user("dora"), state="declined")
    with pytest.raises(ValidationError, match="No answers are taken"):
        answer(bob, postmortem)
    held(alice, postmortem)
    assert surveying.asked_of(postmortem) == {bob.pk, charlie.pk}
    for person in (alice, make_user("eve"), make_user("mallory")):
        with pytest.raises(PermissionDenied):
            answer(person, postmortem)
    for wrong in ({"said": 6}, {"said": 0}, {"said": -1}):
        with pytest.raises(ValidationError, match="1 to 5"):
            answer(bob, postmortem, **wrong)
    with pytest.raises(ValidationError, match="one of the questions"):
        surveying.answer(actor=bob, postmortem=postmortem, scores={}, words=" \x00")
    answer(bob, postmortem)
    with pytest.raises(ValidationError, match="answered already"):
        answer(bob, postmortem)
    assert Survey.objects.get().counts["said"] == [0, 0, 0, 0, 1]


@pytest.mark.django_db
def test_nothing_is_shown_before_it_is_over_and_it_does_not_open_again(postmortem, alice, bob):
    people = room(postmortem, 6)
    survey = held(alice, postmortem)
    today = surveying.today_at(postmortem)
    for person in people[:5]:
        answer(person, postmortem)
    survey.refresh_from_db()
    assert surveying.results(survey, today) is None  # whoever reads five and then six knows the sixth
    assert surveying.results(survey, survey.closes_on + timedelta(days=1)).questions[0].number == 5
    answer(people[5], postmortem)
    survey.refresh_from_db()
    assert survey.is_closed and surveying.results(survey, today).questions[0].number == 6
    part(postmortem, bob)
    with pytest.raises(ValidationError, match="No answers"):
        answer(bob, postmortem)


@pytest.mark.django_db
def test_it_closes_by_the_clock(postmortem, alice, bob):
    part(postmortem, bob)
    survey = held(alice, postmortem)
    assert 5 <= (survey.closes_on - surveying.today_at(postmortem)).days <= 9
    with pytest.raises(ValidationError, match="No answers"):
        answer(bob, postmortem, now=timezone.now() + timedelta(days=20))
    again = meetings.ensure(postmortem)
    Survey.objects.update(closes_on=DAY)
    meetings.settle(actor=alice, postmortem=postmortem, version=again.version, outcome="held")
    assert Survey.objects.get().closes_on == DAY


@pytest.mark.django_db
def test_its_step_completes_itself(postmortem, alice, django_capture_on_commit_callbacks):
    people = room(postmortem, 7)
    with django_capture_on_commit_callbacks(execute=True):
        held(alice, postmortem)
        for person in people[:4]:
            answer(person, postmortem)
    assert step(postmortem).is_open
    with django_capture_on_commit_callbacks(execute=True):
        answer(people[4], postmortem)
    assert step(postmortem).note == "Enough people answered the survey."
    few, waived = make_postmortem(alice), make_postmortem(alice)
    held(alice, few)
    Survey.objects.filter(postmortem=few).update(closes_on=DAY)
    meetings.settle(actor=alice, postmortem=waived, version=meetings.ensure(waived).version, outcome="waived", reason="One person was there.")
    for one in (few, waived):
        stepping.refresh(one.pk)
    assert (step(few).note, step(waived).note) == ("The survey is over.", "There was no meeting to ask about.")
    assert not Survey.objects.filter(postmortem=waived).exists()


# Pages ----------------------------------------------------------------------------------------------------------


def address(postmortem):
    return f"/postmortems/{postmortem.reference}/survey/"


@pytest.mark.django_db
def test_the_page_asks_once_and_shows_facilitators_what_may_be_shown(client, postmortem, alice, bob, charlie):
    people = [*room(postmortem, 4), charlie]
    part(postmortem, charlie)
    client.force_login(alice)
    assert "Nothing is asked yet" in client.get(address(postmortem)).content.decode()
    held(alice, postmortem)
    for place, person in enumerate(people):
        client.force_login(person)
        assert "How was the meeting?" in client.get("/").content.decode()
        page = client.get(address(postmortem)).content.decode()
        assert "I could say what I wanted" in page and "What was answered" not in page
        assert client.post(address(postmortem), {}).status_code == 422
        assert client.post(address(postmortem), {"said": "9"}).status_code == 422
        assert client.post(address(postmortem), {"words": "x" * 1001}).status_code == 422
        if place == 4:
            client.force_login(alice)
            page = client.get(address(postmortem)).content.decode()
            assert "4 of 5 answered" in page and "<progress" not in page
            client.force_login(person)
        assert client.post(address(postmortem), {"said": "4", "words": f"<b>{place}</b> shorter"}).status_code == 302
        assert client.post(address(postmortem), {"said": "4"}).status_code == 422
        assert "Nobody can tell which one is yours" in client.get(address(postmortem)).content.decode()
        assert "How was the meeting?" not in client.get("/").content.decode()
    client.force_login(alice)
    page = client.get(address(postmortem)).content.decode()
    assert "4.0 of 5" in client.get(f"/postmortems/{postmortem.reference}/meeting/afterwards/").content.decode()
    assert "4.0 of 5" in page and "&lt;b&gt;0&lt;/b&gt; shorter" in page and page.count("fewer than 5 answers") == 2
    client.force_login(bob)
    page = client.get(address(postmortem)).content.decode()
    assert "Nothing is asked of you" in page and "shorter" not in page
    assert "shorter" not in client.get(f"/postmortems/{postmortem.reference}/meeting/afterwards/").content.decode()
    assert client.post(address(postmortem), {"said": "4"}).status_code == 403


@pytest.mark.django_db
def test_with_few_answers_nothing_is_said(client, postmortem, alice, bob):
    part(postmortem, bob)
    held(alice, postmortem)
    answer(bob, postmortem, words="xylophone")
    client.force_login(alice)
    page = client.get(address(postmortem)).content.decode()
    assert "Fewer than 5 people answered" in page and "xylophone" not in page
    assert "Too few answers yet" in client.get("/postmortems/surveys/").content.decode()


@pytest.mark.django_db
def test_over_time_for_facilitators_of_what_they_may_see(client, alice, bob):
    mine, theirs = make_postmortem(alice), make_postmortem(bob, is_private=True, members=[bob])
    for one in (mine, theirs):
        Survey.objects.create(postmortem=one, closes_on=date(2026, 2, 3), answered=[1, 2, 3, 4, 5], counts=FULL)
    client.force_login(bob)
    assert client.get("/postmortems/surveys/").status_code == 403
    assert api_client(bob).get("/api/v1/survey-results/").status_code == 403
    client.force_login(alice)
    page = client.get("/postmortems/surveys/").content.decode()
    assert "2026 Q1" in page and "1 meeting<" in page
    assert api_client(alice).get("/api/v1/survey-results/").json()[0]["questions"][0]["counts"] == [0, 0, 0, 2, 3]


@pytest.mark.django_db
def test_over_the_api(postmortem, alice, bob):
    part(postmortem, bob)
    place = f"/api/v1/postmortems/{postmortem.reference}/survey/"
    assert api_client(bob).get(place).status_code == 404
    held(alice, postmortem)
    assert api_client(bob).get(place).json()["may_answer"] is True
    assert api_client(bob).post(place, {"said": 6}, format="json").status_code in (400, 422)
    assert api_client(bob).post(place, {"said": 5}, format="json").status_code == 204
    assert api_client(bob).post(place, {"said": 5}, format="json").status_code in (400, 422)
    found = api_client(alice).get(place).json()
    assert (found["is_open"], found["may_answer"], found["results"]) == (False, False, None)
    assert "answered" not in found
    private = make_postmortem(alice, is_private=True, members=[alice])
    held(alice, private)
    assert api_client(bob).get(f"/api/v1/postmortems/{private.reference}/survey/").status_code == 404


@pytest.mark.django_db
def test_the_start_page_asks_as_fast_for_many(alice, bob):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            home.my_voice(bob)
        return len(captured)

    def more():
        one = make_postmortem(alice)
        part(one, bob)
        held(alice, one)

    more()
    few = queries()
    for _ in range(4):
        more()
    assert queries() == few <= 5
