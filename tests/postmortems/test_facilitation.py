"""The rules behind the facilitator's console, without a database."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmortems import people
from postmortems.facilitation import agendas, interviews, invitation, moments, questions, texts
from postmortems.workdays import Calendar

T0 = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


def at(minute):
    return T0 + timedelta(minutes=minute)


# Agendas --------------------------------------------------------------------------------------------------


def test_our_run_sheets_fill_their_time_and_give_half_of_it_to_what_happened():
    lengths = {agenda.key: agenda.minutes for agenda in agendas.AGENDAS}
    assert lengths == {"standard": 60, "factors": 60, "factors_short": 45, "learning": 90, "quick": 15}
    assert agendas.BY_KEY["standard"].blocks[2][1] >= 30


@pytest.mark.parametrize(
    ("template", "minutes", "key"),
    [
        ("standard_blameless", 60, "standard"),
        ("quick_retro", 15, "quick"),
        ("ours", 20, "quick"),
        ("ours", 45, "factors_short"),
        ("ours", 120, "learning"),
        ("ours", 0, "standard"),
    ],
)
def test_the_run_sheet_follows_the_template_or_the_length(template, minutes, key):
    assert agendas.agenda_for(template, minutes).key == key


@given(st.sampled_from(agendas.AGENDAS), st.integers(5, 480))
def test_fitted_blocks_fill_the_meeting(agenda, minutes):
    blocks = agendas.fitted(agenda.blocks, minutes)
    assert [title for title, _ in blocks] == [title for title, _ in agenda.blocks]
    assert all(each >= 1 for _, each in blocks)
    if minutes >= 3 * len(blocks):
        assert sum(each for _, each in blocks) == minutes


def test_slots_tell_planned_times_and_count_the_running_block():
    blocks = [SimpleNamespace(pk=1, title="a", minutes=4, spent=30), SimpleNamespace(pk=2, title="b", minutes=6, spent=0)]
    first, second = agendas.slots(blocks, T0, 1, at(0), at(3))
    assert (first.spent, first.percent, first.clock, first.is_current) == (210, 88, "3:30", True)
    assert (second.begins, second.spent) == (at(4), 0)
    assert [slot.begins for slot in agendas.slots(blocks, None, None, None, T0)] == [None, None]


# Business days ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "days", "later"),
    [("2026-03-02", 2, "2026-03-04"), ("2026-03-05", 2, "2026-03-09"), ("2026-03-07", 1, "2026-03-09"), ("2026-03-06", 0, "2026-03-06")],
)
def test_business_days(day, days, later):
    assert Calendar().add(date.fromisoformat(day), days) == date.fromisoformat(later)


def test_the_soak_time_ends_at_the_same_hour_in_the_zone_of_the_people():
    paris = Calendar(zone="Europe/Paris")
    thursday = datetime(2026, 3, 26, 14, 30, tzinfo=UTC)  # 15:30 in Paris, before its clocks go forward
    assert paris.later(thursday, 2) == datetime(2026, 3, 30, 15, 30, tzinfo=PARIS)
    saturday = datetime(2026, 3, 7, 10, 0, tzinfo=UTC)
    assert paris.later(saturday, 2) == datetime(2026, 3, 11, 0, 0, tzinfo=PARIS)
    # Friday evening in UTC is Saturday in Auckland
    assert Calendar(zone="Pacific/Auckland").later(datetime(2026, 3, 6, 20, 0, tzinfo=UTC), 2).date() == date(2026, 3, 11)


# Whom to ask first --------------------------------------------------------------------------------------------

MARKS = {"impact_started": ("Impact started", at(0)), "detected": ("Detected", at(4)), "mitigated": ("Mitigated", at(47))}


def told(number, minute, kind, who, is_key=False):
    return interviews.Told(number, at(minute), kind, who, is_key=is_key)


def ranked(entries, differing=(), heard=None, marks=MARKS):
    heard = heard or [people.Heard(name, entries=1, first=at(n), names=[name]) for n, name in enumerate(("Ana", "Bob", "Carl"))]
    return {each.person.name: [reason.kind for reason in each.reasons] for each in interviews.rank(heard, entries, {0: marks}, differing)}


def test_the_order_has_its_reasons_and_its_evidence():
    entries = [told(1, -5, "change", 2), told(2, 5, "action", 0), told(3, 20, "message", 1), told(4, 46, "mitigation", 0, True)]
    found = interviews.rank([people.Heard(name, entries=1, first=at(n)) for n, name in enumerate(("Ana", "Bob", "Carl"))], entries, {0: MARKS})
    assert [each.person.name for each in found] == ["Ana", "Carl", "Bob"]
    reasons = {reason.kind: reason for reason in found[0].reasons}
    assert reasons["turning"].events == (2, 4) and "detected" in reasons["turning"].text
    assert (reasons["first"].events, reasons["last"].events) == ((2,), (4,))
    assert {reason.kind for reason in found[1].reasons} == {"turning", "change"}
    assert [(reason.kind, reason.events) for reason in found[2].reasons] == [("alone", (3,))]


def test_a_voice_at_the_end_is_not_alone_and_nobody_without_a_reason_is_listed():
    assert ranked([told(1, 20, "message", 0), told(2, 90, "message", 1)], marks={}) == {}


def test_several_explanations_and_accounts_that_differ():
    both = [told(1, 20, "hypothesis", 0), told(2, 22, "hypothesis", 1)]
    assert ranked(both) == {"Ana": ["explained"], "Bob": ["explained"]}
    assert ranked(both[:1]) == {}
    found = ranked([], differing=[("Ana", "Carl"), ("Ana", "Carl"), ("Ana", "nobody here")])
    assert found == {"Ana": ["differ", "differ"], "Carl": ["differ"]}


def test_who_is_named_and_never_heard_is_asked():
    heard = [people.Heard("Dora", named_in=(4, 5))]
    assert ranked([], heard=heard) == {"Dora": ["unheard"]}


@given(
    st.lists(
        st.tuples(st.integers(-100, 100), st.sampled_from(["message", "action", "change", "hypothesis", "decision"]), st.integers(0, 2), st.booleans()),
        max_size=30,
    )
)
def test_every_reason_stands_on_entries_of_that_person(rows):
    rows = sorted(rows)
    entries = [told(number, *row) for number, row in enumerate(rows, 1)]
    owners = {entry.id: entry.who for entry in entries}
    heard = [people.Heard(name, entries=1, first=T0) for name in ("Ana", "Bob", "Carl")]
    found = interviews.rank(heard, entries, {0: MARKS})
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    for each in found:
        assert all(owners[event] == heard.index(each.person) for reason in each.reasons for event in reason.events)


# Questions and texts ---------------------------------------------------------------------------------------------


def test_every_kind_of_entry_has_its_questions():
    from incidents.models import Kind

    assert set(Kind.values) == set(questions.FAMILY_OF)


def test_the_bank_takes_the_weightiest_statements_in_their_order():
    rows = [questions.Statement(number, "14:00", "Decision", "decision", f"d{number}", is_key=number == 9) for number in range(1, 10)]
    (group,) = questions.bank(rows)
    assert [row.id for row in group.statements] == [1, 2, 3, 4, 5, 9]
    assert group.others == 3
    assert questions.bank([]) == []


def test_the_texts_ask_no_why_and_pass_our_own_coach():
    from postmortems import blameless

    asked = [question for family in questions.FAMILIES for question in family.questions] + list(texts.PROBES) + list(texts.ACCOUNT.values())
    assert not [question for question in asked if question.lower().startswith(("why", "who was"))]
    for text in [*asked, *texts.GROUND_RULES, *(say for _, say in texts.REDIRECTS)]:
        assert not [found for found in blameless.lint(text, "prose") if found.severity == "strong"], text


# Moments ----------------------------------------------------------------------------------------------------------


def account(minute, until=None):
    return SimpleNamespace(at=at(minute), until=at(until) if until is not None else None)


def test_accounts_of_one_moment_stand_together_with_the_facts_between():
    rows = [account(20), account(5), account(6), account(19, 25), account(24)]
    found = moments.together(rows)
    assert [len(moment.accounts) for moment in found] == [2, 3]
    facts = [SimpleNamespace(at=at(minute)) for minute in (0, 4, 10, 11, 12, 13, 14, 15, 16, 26, 60)]
    after = moments.with_facts(found, facts)
    assert [fact.at for fact in found[0].facts] == [at(0), at(4)]
    assert ([fact.at for fact in found[1].facts][-1], found[1].facts_left) == (at(26), 2)
    assert [fact.at for fact in after] == [at(60)]


# The invitation -----------------------------------------------------------------------------------------------------


ASKED = invitation.Invitation(
    uid="1@example.org",
    sequence=3,
    title="Retrospective: a, b; c",
    starts_at=datetime(2026, 3, 30, 13, 0, tzinfo=UTC),
    minutes=60,
    zone="Europe/Paris",
    organizer=invitation.Guest("Ana", "ana@example.org"),
    guests=[invitation.Guest('Bob "B", Stone\u00fc', "bob@example.org"), invitation.Guest("Eve", "eve@example.org", True)],
    description="Agenda\n15:00 Welcome",
    place="Room 1",
    link="https://call.example.org/x",
)


def test_the_invitation_is_valid_icalendar():
    raw = invitation.request(ASKED, T0)
    assert raw.endswith(b"END:VCALENDAR\r\n") and all(len(line) <= 75 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    calendar = icalendar.Calendar.from_ical(raw)
    (event,) = calendar.walk("VEVENT")
    assert (calendar["METHOD"], event["UID"], event["SEQUENCE"], event["STATUS"]) == ("REQUEST", "1@example.org", 3, "CONFIRMED")
    assert event.decoded("DTSTART").astimezone(UTC) == ASKED.starts_at and event["DTSTART"].params["TZID"] == "Europe/Paris"
    assert event.decoded("DTEND") - event.decoded("DTSTART") == timedelta(hours=1)
    assert str(event["ORGANIZER"]) == "mailto:ana@example.org"
    assert [(str(guest), guest.params["ROLE"]) for guest in event["ATTENDEE"]] == [
        ("mailto:bob@example.org", "REQ-PARTICIPANT"),
        ("mailto:eve@example.org", "OPT-PARTICIPANT"),
    ]
    assert "15:00 Welcome" in event["DESCRIPTION"] and event["LOCATION"] == "Room 1, https://call.example.org/x"
    assert not event.errors


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC", "Africa/Casablanca"])
@pytest.mark.parametrize("day", ["2026-03-08", "2026-03-29", "2026-10-25", "2026-12-01"])
def test_the_zone_that_travels_says_the_same_time(zone, day):
    """By the file's own rules, without knowing the zone: the last change at or before the local time gives the offset."""
    for hour in range(0, 24, 5):
        starts = datetime.fromisoformat(f"{day}T{hour:02d}:30:00+00:00")
        calendar = icalendar.Calendar.from_ical(invitation.request(replace(ASKED, zone=zone, starts_at=starts), T0))
        (event,) = calendar.walk("VEVENT")
        local = event.decoded("DTSTART")
        if local.tzinfo is UTC or str(local.tzinfo) == "UTC":
            assert local == starts
            continue
        rules = [rule for kind in ("STANDARD", "DAYLIGHT") for rule in calendar.walk(kind)]
        passed = [rule for rule in rules if rule.decoded("DTSTART") <= local.replace(tzinfo=None)]
        offset = max(passed, key=lambda rule: rule.decoded("DTSTART")).decoded("TZOFFSETTO")
        assert (local.replace(tzinfo=None) - offset).replace(tzinfo=UTC) == starts


def test_a_waived_meeting_is_cancelled_and_a_private_one_is_said_to_be():
    (event,) = (calendar := icalendar.Calendar.from_ical(invitation.request(replace(ASKED, is_cancelled=True, is_private=True, guests=[]), T0))).walk("VEVENT")
    assert (calendar["METHOD"], event["STATUS"], event["CLASS"]) == ("CANCEL", "CANCELLED", "PRIVATE")
    assert str(event["ATTENDEE"]) == "mailto:ana@example.org"  # a request has one at least


def test_hostile_words_stay_words():
    evil = 'x\r\nATTENDEE:mailto:evil@example.org\nEND:VEVENT"'
    raw = invitation.request(replace(ASKED, title=evil, description=evil, place=evil, guests=[invitation.Guest(evil, "a@example.org")]), T0)
    assert len(icalendar.Calendar.from_ical(raw).walk("VEVENT")) == 1
    assert not [line for line in raw.split(b"\r\n") if line.startswith((b"ATTENDEE:mailto:evil", b'END:VEVENT"'))]
