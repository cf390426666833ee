"""JSON from strangers."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.lib.strict_json import MAX_DEPTH, JsonError, loads


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"[" * 65 + b"]" * 65, "deeper than 64"),
        (b"[" * 100_000 + b"]" * 100_000, "deeper than 64"),
        (b'{"a":' * 70 + b"1" + b"}" * 70, "deeper than 64"),
        (b'{"a": ' + b"9" * 5000 + b"}", "4300 digits"),
        (b'{"a": NaN}', "NaN"),
        (b"[Infinity]", "Infinity"),
        (b"[-Infinity]", "Infinity"),
        (b"[1e999]", "too large"),
        ('{"a": 1}'.encode("utf-16"), "UTF-16"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (b'{"a": 1, "b": 2, "a": 3}', "“a” occurs twice"),
        (b'{"a": [1, 2', "bracket"),
        (b'{"a": "open', "not closed"),
        (b"{'a': 1}", "double quotes"),
        (b'{"a": 1} {"b": 2}', "more text"),
        (b"", "expected"),
    ],
)
def test_refuses_with_a_reason(data, reason):
    with pytest.raises(JsonError) as raised:
        loads(data)

    assert reason in raised.value.message


def test_accepts_what_is_merely_odd():
    assert loads(b'\xef\xbb\xbf {"a": "\\ud800"} ') == {"a": "\ud800"}  # cleaned where text is stored
    assert loads(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH) is not None
    assert loads("[1e308, -0.0, 12345678901234567890]") == [1e308, 0.0, 12345678901234567890]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    try:
        loads(data)
    except JsonError as error:
        assert error.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_agrees_with_the_standard_parser(value):
    assert loads(json.dumps(value)) == json.loads(json.dumps(value))
