"""No source raises anything but SourceError, whatever the bytes; and the hazards of each format are named with their place."""

import io
import json
import random
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.sources import registered
from incidents.sources.drafts import EventDraft, Rejected, SourceError
from tests.incidents.sources.reading import options_for, payload_of, read, recorded

CASES = recorded()


def survives(data):
    for source in registered().values():
        payload = payload_of(data)
        assert 0 <= source.detect(payload) <= 100
        if source.guess is not None:
            try:
                source.guess(payload)
            except SourceError as error:
                assert error.message
        payload.file.seek(0)
        try:
            for item in source.read(payload, options_for(time_zone="Europe/Berlin")):
                if isinstance(item, EventDraft):
                    assert item.key and item.text and item.where
                    item.text.encode()
                    item.raw.encode()
                    f"{item.key}{item.actor}{item.where}{item.thread}{item.url}{item.local}{item.rule}".encode()
                elif isinstance(item, Rejected):
                    assert item.where and item.reason
                    f"{item.where}{item.reason}".encode()
        except SourceError as error:
            assert error.message
            f"{error.message}{error.where}".encode()


@given(st.binary(max_size=300))
def test_random_bytes(data):
    survives(data)


@given(st.text(max_size=300))
def test_random_text(text):
    survives(text.encode("utf-8", "surrogatepass"))


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                key: st.none()
                | st.booleans()
                | st.integers()
                | st.text(max_size=20)
                | st.lists(st.text(max_size=3), max_size=2)
                | st.dictionaries(st.text(max_size=5), st.integers(), max_size=2)
                for key in (
                    "ts",
                    "type",
                    "text",
                    "user",
                    "labels",
                    "startsAt",
                    "status",
                    "created_at",
                    "incident",
                    "data",
                    "event",
                    "message",
                    "messages",
                    "log_entries",
                    "alerts",
                    "files",
                    "blocks",
                )
            },
        ),
        max_size=3,
    )
)
def test_objects_that_look_right_but_are_not(values):
    survives(json.dumps(values).encode())
    survives("\n".join(map(json.dumps, values)).encode())


@settings(max_examples=30)
@given(st.sampled_from(range(len(CASES))), st.integers())
def test_recorded_payloads_with_changed_bytes(case, seed):
    data = bytearray(CASES[case][2])
    rng = random.Random(seed)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(data))
        action = rng.randrange(4)
        if action == 0:
            data[at] = rng.randrange(256)
        elif action == 1:
            del data[at : at + rng.randrange(40)]
        elif action == 2:
            data[at:at] = rng.choice([b'"', b"{", b"]", b",", b"\0", b"null", b"\\ud800", b"1e999", b"\xff", b"\r"])
        else:
            data[at : at + 10] = data[at : at + 10] * 3
        if not data:
            break
    survives(bytes(data))


@settings(max_examples=30)
@given(st.sampled_from([case for case in CASES if not case[1].endswith(".zip")]), st.data())
def test_recorded_values_of_other_types(case, data):
    """Each value in turn is replaced by something of another type."""
    try:
        value = json.loads(case[2])
    except ValueError:
        return
    spots = list(_spots(value))
    holder, key = data.draw(st.sampled_from(spots))
    holder[key] = data.draw(st.sampled_from([None, [], {}, 0, -1, 1e308, True, "", "x" * 30, [None], {"a": [1]}, "\ud800", "0001-01-01T00:00:00Z"]))
    survives(json.dumps(value).encode())


def _spots(value):
    for key, each in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(each, (dict, list)):
            yield from _spots(each)


def error_of(name, data, **kwargs):
    with pytest.raises(SourceError) as raised:
        read(name, data, **kwargs)
    return raised.value


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'[{"at": "2026-03-02T14:05:00Z", "text": "x"}, {"at": NaN}]', "NaN"),
        (b'[{"at": "2026-03-02T14:05:00Z", "text": 1e999}]', "too large"),
        (b'[{"at": ' + b"9" * 5000 + b"}]", "4300 digits"),
        (b'[{"a":' * 40 + b"1" + b"}]" * 40, "deeper than 64"),
        (b"[" * 100_000, "deeper than 64"),
        (b'[{"text": "x", "text": "y"}]', "twice"),
        (b'{"a": 1, "a": 2}', "twice"),
        ('[{"a": 1}]'.encode("utf-16"), "UTF-8"),
        (b'[{"at": "2026-03-02T14:05:00Z", "text": "x"}, {"at": "2026', "not closed"),
        (b'[{"at": "2026-03-02T14:05:00Z", "text": "x"} {"at": 1}]', "missing"),
        (b'{"events": [{"at": "2026-03-02T14:05:00Z"', "missing"),
        (b'[{"text": "\xff\xfe"}]', "UTF-8"),
        (b"[]", "no object"),
        (b'[{"colour": "blue"}]', "keys are: colour"),
    ],
)
def test_json_hazards_are_refused_with_a_reason(data, reason):
    error = error_of("json", data)

    assert reason in error.message
    assert error.where or reason in ("no object", "keys are: colour")


def test_json_may_begin_with_a_byte_order_mark_and_hold_lone_surrogates():
    events, _, _ = read("json", b'\xef\xbb\xbf[{"at": "2026-03-02T14:05:00Z", "text": "half \\ud83d of it"}]')

    assert events[0].text == "half \ufffd of it"


def test_the_place_of_broken_json_is_given():
    data = b'{"items": [{"at": "2026-03-02T14:05:00Z", "text": "x"}, {"at": "2026-03-02T14:06:00Z" "text": "y"}]}'

    assert error_of("json", data).where == "items[1]"


def slack_zip(*entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


MESSAGE = b'[{"type": "message", "user": "U1", "text": "hi", "ts": "1772460000.000100"}]'


def test_a_bomb_in_an_export_is_refused():
    assert "times its size" in error_of("slack", slack_zip(("general/2026-03-02.json", b"[" + b" " * 30_000_000 + b"]"))).message


def test_archives_that_are_no_export_are_refused():
    assert "no Slack export" in error_of("slack", slack_zip(("notes.txt", b"hello"))).message
    assert "no Slack export" in error_of("slack", slack_zip(("inner.zip", slack_zip(("general/2026-03-02.json", MESSAGE))))).message
    assert "unsafe name" in error_of("slack", slack_zip(("../general/2026-03-02.json", MESSAGE))).message


def test_a_broken_day_does_not_lose_the_others():
    events, _, rejected = read("slack", slack_zip(("general/2026-03-01.json", b"[{"), ("general/2026-03-02.json", MESSAGE)))

    assert [event.where for event in events] == ["general/2026-03-02.json[0]"]
    assert rejected[0].where.startswith("general/2026-03-01.json")


def test_a_table_with_mostly_broken_rows_is_refused():
    rows = ["time,text"] + [f"2026-03-02T14:00:{n % 60:02}Z,fine" for n in range(300)] + ["never,broken"] * 200

    assert "tenth" in error_of("table", "\n".join(rows).encode()).message


def test_a_field_too_long_costs_its_row_only():
    data = b"time,text\n2026-03-02T14:00:00Z," + b"x" * 200_000 + b"\n2026-03-02T14:01:00Z,fine\n"
    events, _, rejected = read("table", data)

    assert [event.text for event in events] == ["fine"]
    assert rejected[0].where == "line 2"


def test_a_table_with_too_many_columns_is_refused():
    header = ",".join(["time", "text"] + [f"c{n}" for n in range(250)])

    assert "200 columns" in error_of("table", f"{header}\n2026-03-02T14:00:00Z,x{',' * 250}\n".encode()).message
