"""Durations in words."""

from datetime import timedelta

import pytest

from incidents.lib.durations import in_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (45, "45 s"),
        (60, "1 min"),
        (4320, "1 h 12 min"),
        (4325, "1 h 12 min"),
        (86_405, "1 d"),
        (180_000, "2 d 2 h"),
        (-90, "−1 min 30 s"),
    ],
)
def test_two_units_at_most(seconds, words):
    assert in_words(seconds) == words


def test_a_timedelta_and_more_parts():
    assert in_words(timedelta(hours=1, minutes=12, seconds=5), parts=3) == "1 h 12 min 5 s"
