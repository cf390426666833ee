import pytest

from incidents.lib.text import clean_line, clean_text, whole


@pytest.mark.parametrize(
    ("sent", "number"),
    [
        ("7", 7),
        (" 007 ", 7),
        ("0", 0),
        ("", None),
        ("-1", None),
        ("1.0", None),
        ("²", None),
        ("٣", None),
        ("999999999", 999_999_999),
        ("1" * 10, None),
        ("9" * 5_000, None),
    ],
)
def test_a_whole_number_as_somebody_sent_it(sent, number):
    assert whole(sent) == number


@pytest.mark.parametrize("sent", ["\u200b", "\ufeff \u2060", "\u3164\n\u00ad", "\u2800", "\u202e"])
def test_what_nobody_would_see_is_empty(sent):
    assert clean_line(sent) == clean_text(sent) == ""


@pytest.mark.parametrize("sent", ["می\u200cخواهم", "👨\u200d👩\u200d👧", "❤\ufe0f", "co\u00adoperate"])
def test_marks_within_words_stay(sent):
    assert clean_line(sent) == clean_text(sent) == sent


def test_keys_are_longer():
    assert whole("123456789012345678", 18) == 123_456_789_012_345_678
