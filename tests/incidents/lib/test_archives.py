"""ZIP files from strangers: every hazard is refused with a reason, cheaply, and without a file being written."""

import io
import resource
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.lib import archives
from incidents.lib.archives import ArchiveError, open_zip


def archive_of(*entries, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


def read_all(data):
    """Read every member of an archive to its end. Returns how many bytes came out."""
    archive = open_zip(io.BytesIO(data))
    total = 0
    for name in archive:
        with archive.open(name) as file:
            while chunk := file.read(65536):
                total += len(chunk)
    return total


def refused(data):
    with pytest.raises(ArchiveError) as raised:
        read_all(data)
    return str(raised.value)


def test_reads_members():
    assert read_all(archive_of(("general/2026-03-02.json", b"[1]"), ("users.json", b"[]"))) == 5


def test_a_bomb_is_stopped_by_counting():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert "times its size" in refused(archive_of(("a.json", b"0" * 40_000_000)))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


def test_the_budget_is_shared_by_all_members(monkeypatch):
    monkeypatch.setattr(archives, "MAX_TOTAL", 100_000)

    assert "200 MiB" in refused(archive_of(*[(f"{n}.json", bytes(range(256)) * 160) for n in range(4)]))


def test_a_member_too_large_is_stopped(monkeypatch):
    monkeypatch.setattr(archives, "MAX_ENTRY", 1000)

    assert "larger than" in refused(archive_of(("a.json", b"0" * 2000)))


@pytest.mark.parametrize("name", ["../up.json", "a/../../up.json", "/etc/passwd", "C:\\x.json", "a\\b.json", "C:/x.json"])
def test_unsafe_names_are_refused(name):
    assert "unsafe name" in refused(archive_of((name, b"x")))


def test_a_name_with_a_nul_is_refused():
    assert "unsafe name" in refused(archive_of(("ab.json", b"x")).replace(b"ab.json", b"a\0.json"))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicates_are_refused():
    assert "two entries" in refused(archive_of(("a.json", b"1"), ("a.json", b"2")))


def test_symbolic_links_are_refused():
    link = zipfile.ZipInfo("link.json")
    link.external_attr = 0o120777 << 16

    assert "symbolic link" in refused(archive_of((link, b"/etc/passwd")))


def test_encrypted_archives_are_refused():
    data = bytearray(archive_of(("a.json", b"x")))
    at = data.rfind(b"PK\x01\x02")
    data[at + 8] |= 1

    assert "encrypted" in refused(bytes(data))


def test_too_many_entries_are_refused_before_they_are_listed():
    data = bytearray(archive_of(("a.json", b"x")))
    at = data.rfind(archives.END)
    data[at + 8 : at + 12] = struct.pack("<HH", 60_000, 60_000)

    assert "10,000 entries" in refused(bytes(data))
    assert "10,000 entries" in refused(archive_of(*[(f"{n}.json", b"") for n in range(10_001)]))


def test_overlapping_entries_are_refused():
    """The directory names the same bytes twice."""
    data = bytearray(archive_of(("a.json", b"x" * 500), ("b.json", b"y" * 500), compression=zipfile.ZIP_STORED))
    second = data.rfind(b"PK\x01\x02")
    data[second + 42 : second + 46] = struct.pack("<L", 0)

    assert "overlap" in refused(bytes(data)) or "broken" in refused(bytes(data))


def test_a_lying_size_is_refused():
    data = bytearray(archive_of(("a.json", b"x" * 500)))
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<L", 5)

    assert "broken" in refused(bytes(data))


def test_other_packing_and_cut_files_are_refused():
    assert "packed in a way" in refused(archive_of(("a.json", b"x" * 100), compression=zipfile.ZIP_LZMA))
    assert "broken" in refused(archive_of(("a.json", b"x"))[:-30])
    assert "broken" in refused(b"PK\x03\x04" + b"\0" * 100)


def test_nested_archives_are_not_opened():
    inner = archive_of(("deep.json", b"[]"))

    assert read_all(archive_of(("inner.zip", inner))) == len(inner)


@given(st.data())
def test_changed_archives_are_read_or_refused(data):
    whole = bytearray(archive_of(("general/2026-03-02.json", b"[1, 2]" * 40), ("users.json", b"[]")))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_all(bytes(whole))
    except ArchiveError as error:
        assert str(error)
