"""The rules of steps: dates, what is next, and by which facts one is done."""

from dataclasses import dataclass, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmortems import steps
from postmortems.steps import Facts, due_dates, next_of, nudges, progress_of, start_of, verdict
from postmortems.workdays import Calendar

WEEK = Calendar()
MONDAY = date(2026, 3, 2)


@dataclass(frozen=True)
class Row:
    key: str = "draft"
    offset: int = 1
    unit: str = "working"
    urgent_offset: int | None = None
    urgent_unit: str = "working"
    counted_from: str = "resolved"
    state: str = "open"
    due_on: date | None = None
    due_by_hand: bool = False
    mandatory: bool = True
    rule: str = ""


MEETING = Row("meeting", 5, urgent_offset=3, urgent_unit="calendar")
SOAK = Row("soak", 2, counted_from="meeting")
BEFORE = Row("calibrate", -1, counted_from="meeting")


def dates(*rows, base=MONDAY, urgent=False, happened=()):
    return due_dates(rows, WEEK, base=base, started=MONDAY, urgent=urgent, happened=dict(happened))


def test_dates_count_from_the_end_of_the_incident_and_from_the_meeting():
    assert dates(BEFORE, MEETING, SOAK) == {"calibrate": date(2026, 3, 6), "meeting": date(2026, 3, 9), "soak": date(2026, 3, 11)}


def test_urgent_severities_go_by_their_own_dates_and_nothing_falls_on_a_weekend():
    assert dates(MEETING, urgent=True) == {"meeting": date(2026, 3, 5)}
    assert dates(MEETING, base=date(2026, 3, 4), urgent=True) == {"meeting": date(2026, 3, 9)}  # three days on is a Saturday
    assert dates(Row(offset=2), urgent=True) == {"draft": date(2026, 3, 4)}


def test_what_counts_from_the_meeting_follows_it():
    by_hand = replace(MEETING, due_on=date(2026, 3, 20), due_by_hand=True)
    assert dates(by_hand, SOAK) == {"meeting": date(2026, 3, 20), "soak": date(2026, 3, 24)}
    assert dates(MEETING, SOAK, happened={"meeting": date(2026, 3, 4)})["soak"] == date(2026, 3, 6)
    assert dates(SOAK)["soak"] == date(2026, 3, 4)  # without a meeting it counts as everything does


def test_a_step_that_counts_from_itself_and_the_end_of_time_do_no_harm():
    assert dates(Row("meeting", 2, counted_from="meeting"))["meeting"] == date(2026, 3, 4)
    far = replace(MEETING, due_on=date(2199, 12, 31), due_by_hand=True)
    assert dates(far, SOAK)["soak"] >= date(2199, 12, 31)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 30), st.integers(-20, 60))
def test_dates_move_with_the_end_of_the_incident(base, later, offset):
    row = Row(offset=offset)
    assert dates(row, base=base)["draft"] <= dates(row, base=WEEK.add(base, later))["draft"]


def test_the_start_is_the_end_of_the_incident_unless_that_is_unknown_or_long_ago():
    assert start_of(WEEK, resolved=MONDAY, started=date(2026, 3, 4), late=10).day == MONDAY
    assert start_of(WEEK, resolved=None, started=MONDAY, late=10).day == MONDAY
    old = start_of(WEEK, resolved=date(2026, 1, 5), started=MONDAY, late=10)
    assert (old.day, "40 working days after" in old.reason) == (MONDAY, True)


def test_the_next_step_is_the_first_that_must_be_done():
    rows = [Row("a", state="done"), Row("b", mandatory=False), Row("c"), Row("d")]
    assert next_of(rows, "draft", MONDAY).key == "c"
    assert next_of(rows[:2], "draft", MONDAY).key == "b"
    assert next_of(rows[:1], "draft", MONDAY) is None


def test_looking_back_is_silent_until_its_day():
    later = Row("look_back", rule="looked_back", due_on=date(2026, 6, 1), mandatory=False)
    assert next_of([later], "published", MONDAY) is None
    assert next_of([later], "published", date(2026, 6, 1)) is later
    assert progress_of([later], "published", date(2026, 6, 2)).overdue == 1
    assert not nudges(later, "archived")


def test_what_is_published_is_nudged_no_more():
    late = Row(due_on=date(2026, 1, 1))
    share = Row("share", counted_from="publish", due_on=date(2026, 1, 1))
    assert [nudges(row, "published") for row in (late, share)] == [False, True]
    assert not nudges(share, "archived")
    assert progress_of([late, share], "published", MONDAY).overdue == 1
    assert progress_of([late, share], "draft", MONDAY).overdue == 2


HAPPENED = {
    "facilitator": Facts(owner="Ana", facilitators=("Lena",)),
    "evidence": Facts(sources=("Slack", "PagerDuty")),
    "invited": Facts(asked=3),
    "accounts": Facts(half_wrote=True),
    "talks": Facts(talks=2),
    "welfare": Facts(cared=True),
    "calibrated": Facts(shown=True, all_read=True),
    "timeline": Facts(entries=4, inspected=True),
    "draft": Facts(required=7),
    "meeting": Facts(meeting="was held on 3 March 2026"),
    "soak": Facts(soaked=True),
    "surveyed": Facts(surveyed="The survey is over."),
    "actions": Facts(met=True, actions=2),
    "approved": Facts(status="approved"),
    "published": Facts(revisions=1),
    "looked_back": Facts(looked_back=True),
    "shared": Facts(audiences=("public",)),
}


def test_every_rule_has_its_fact_and_no_other_rule_takes_it():
    assert set(HAPPENED) == set(steps.RULES)
    for rule, facts in HAPPENED.items():
        assert verdict(rule, facts), rule
        assert not verdict(rule, Facts()), rule
        assert [other for other in steps.RULES if verdict(other, facts)] == [rule]


@pytest.mark.parametrize(
    ("rule", "facts"),
    [
        ("facilitator", Facts(facilitators=("Lena",))),
        ("evidence", Facts(sources=("Slack",))),
        ("invited", Facts(asked=3, unasked=1)),
        ("timeline", Facts(entries=4, inspected=True, findings=1)),
        ("timeline", Facts(entries=4)),
        ("draft", Facts(required=7, unwritten=1)),
        ("talks", Facts(talks=1)),
        ("talks", Facts(talks=2, talks_wanted=3)),
        ("calibrated", Facts(shown=True)),
        ("calibrated", Facts(all_read=True, meeting_began=True)),
        ("actions", Facts(actions=2)),
        ("actions", Facts(met=True, actions=2, actions_without_owner=1)),
        ("actions", Facts(met=True, actions=2, actions_without_date=1)),
        ("actions", Facts(met=True, actions=2, actions_not_agreed=1)),
        ("", Facts(revisions=3)),
        ("unheard of", Facts(revisions=3)),
    ],
)
def test_half_a_fact_completes_nothing(rule, facts):
    assert verdict(rule, facts) == ""


def test_what_happened_for_good_stays():
    assert not steps.comes_undone("published", Facts())
    assert steps.comes_undone("facilitator", Facts(owner="Ana"))
    assert not steps.comes_undone("", Facts())
