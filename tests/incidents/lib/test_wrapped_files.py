"""What programs put around a file is taken off, and only that."""

import gzip
import io
import json
import zipfile

import pytest

from incidents.lib import wrapped_files
from incidents.lib.wrapped_files import WrappingError, unwrapped

DOCUMENT = json.dumps({"text": "Grüße", "at": "2026-05-04T09:00:00Z"}, ensure_ascii=False)
PLAIN = DOCUMENT.encode()


def zipped(entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def read(data):
    return unwrapped(io.BytesIO(data)).read()


@pytest.mark.parametrize(
    "wrapped",
    [
        gzip.compress(PLAIN),
        gzip.compress(gzip.compress(PLAIN)),
        DOCUMENT.encode("utf-16"),
        b"\xfe\xff" + DOCUMENT.encode("utf-16-be"),
        b"HTTP/2 200 \r\ndate: Mon, 04 May 2026 09:00:00 GMT\r\ncontent-type: application/json\r\n\r\n" + PLAIN,
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nServer: x\r\n\r\n" + PLAIN,
        b"POST /hooks/abc HTTP/1.1\nHost: example.net\n\n" + PLAIN,
    ],
    ids=["gzip", "gzip twice", "utf-16", "utf-16 big", "answer", "two answers", "request"],
)
def test_what_is_around_is_taken_off(wrapped):
    assert read(wrapped) == PLAIN


@pytest.mark.parametrize(
    "plain",
    [b"", PLAIN, b"\xef\xbb\xbf" + PLAIN, b"14:02 HTTP/1.1 503 for everybody\n", b"HTTP/1.1 503 Service Unavailable\n\nNo JSON here", b"\xff\xfe\x00"],
    ids=["nothing", "json", "mark", "text", "page", "no utf-16"],
)
def test_what_has_nothing_around_it_stays_as_it_is(plain):
    assert read(plain) == plain


def test_json_files_of_an_archive_follow_one_another_by_name():
    content = read(
        zipped({"b.json": b"\xef\xbb\xbf[2]", "a.json": "[1]", "c.json.gz": gzip.compress(b"[3]"), "photos/x.jpg": b"\xff\xd8", "__MACOSX/a.json": "x"})
    )

    assert content.split() == [b"[1]", b"[2]", b"[3]"]


@pytest.mark.parametrize(
    "entries", [{"general/2026-03-02.json": "[]"}, {"users.json": "[]", "a.json": "[]"}, {"a.json": "[]", "_chat.txt": "x"}, {"x.jpg": "x"}]
)
def test_archives_that_are_a_format_of_their_own_stay_as_they_are(entries):
    data = zipped(entries)

    assert read(data) == data


def test_an_archive_in_an_archive_is_not_opened():
    inner = zipped({"a.json": "[1]"})

    assert read(zipped({"b.json": inner})) == inner + b"\n"


def test_what_is_broken_or_too_much_is_refused(monkeypatch):
    with pytest.raises(WrappingError, match="broken or cut off"):
        read(gzip.compress(PLAIN)[:-9])
    monkeypatch.setattr(wrapped_files, "MAX_TOTAL", 1000)
    with pytest.raises(WrappingError, match="unpacks to more than"):
        read(gzip.compress(b" " * 2000))
    with pytest.raises(WrappingError, match="unpacks to more than"):
        read(zipped({"a.json": " " * 900, "b.json": " " * 900}))
