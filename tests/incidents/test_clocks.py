"""How far a clock was off: the middle of what two sources both saw, and nothing where that is a delay or says too little."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.clocks import in_words, suggest
from incidents.fusion import Fact, Match

T0 = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


def seen(differences, structural=(True, False), precision="second"):
    """Facts that PagerDuty and Slack both saw, Slack later by these seconds, and their pairs."""
    facts, pairs = [], []
    for number, seconds in enumerate(differences):
        at = T0 + timedelta(minutes=7 * number)
        facts.append(Fact(2 * number + 1, at, "pagerduty", structural=structural[0]))
        facts.append(Fact(2 * number + 2, at + timedelta(seconds=seconds), "slack", structural=structural[1], precision=precision))
        pairs.append(Match(2 * number + 1, 2 * number + 2, "same id", 0.9, ""))
    return facts, pairs


def test_the_middle_of_three_pairs_is_suggested_with_its_spread():
    (found,) = suggest(*seen([184, 190, 180]))
    assert (found.source, found.reference, found.offset, found.pairs, found.low, found.high) == ("slack", "pagerduty", -184, 3, -190, -180)


def test_the_source_with_fewer_fields_is_the_one_that_moves():
    (found,) = suggest(*seen([184] * 3, structural=(False, True)))
    assert (found.source, found.offset) == ("pagerduty", 184)


@pytest.mark.parametrize("differences", [[], [184, 190], [2, 4, 3, 5], [0, 400, -300, 900], [40]])
def test_too_few_a_delay_or_no_agreement_suggest_nothing(differences):
    assert suggest(*seen(differences)) == []


def test_times_to_the_minute_need_a_longer_difference():
    assert suggest(*seen([60, 61, 59], precision="minute")) == []
    assert suggest(*seen([600, 620, 590], precision="minute"))[0].offset == -600


def test_an_hour_of_a_zone_read_wrong_is_found():
    assert suggest(*seen([3603, 3602, 3608]))[0].offset == -3603


def test_nothing_is_suggested_about_a_clock_that_a_person_decided():
    assert suggest(*seen([184] * 3), decided=["slack", "pagerduty"]) == []
    assert suggest(*seen([184] * 3), decided=["slack"])[0].source == "pagerduty"


@given(st.lists(st.integers(-4000, 4000), min_size=3, max_size=9))
def test_a_moved_clock_is_not_suggested_again(differences):
    facts, pairs = seen(differences)
    for found in suggest(facts, pairs):
        moved = [
            Fact(each.id, each.at + timedelta(seconds=found.offset * (each.source == found.source)), each.source, structural=each.structural) for each in facts
        ]
        assert suggest(moved, pairs) == []


@given(st.lists(st.integers(-4000, 4000), min_size=3, max_size=9), st.randoms())
def test_the_order_does_not_matter(differences, chance):
    facts, pairs = seen(differences)
    before = suggest(facts, pairs)
    chance.shuffle(facts)
    chance.shuffle(pairs)
    assert suggest(facts, pairs) == before


@pytest.mark.parametrize(("seconds", "words"), [(0, "0 s"), (184, "3 min 4 s"), (-3600, "1 h"), (3661, "1 h 1 min 1 s")])
def test_spans_in_words(seconds, words):
    assert in_words(seconds) == words
