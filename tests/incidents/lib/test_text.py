import pytest

from incidents.lib.text import whole


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


def test_keys_are_longer():
    assert whole("123456789012345678", 18) == 123_456_789_012_345_678
