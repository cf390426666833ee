"""Each check finds its fault, says how to mend it, and is silent on a good installation."""

from pathlib import Path

import pytest
from django.core.checks import run_checks

from config import checks, libraries

MOUNTS = "/dev/sda1 / ext4 rw 0 0\nserver:/home /home nfs4 rw 0 0\ntmpfs /home/local tmpfs rw 0 0\nserver:/x /mnt/my\\040disk cifs rw 0 0\n"


def ids(found):
    assert all(finding.hint for finding in found)
    return [finding.id for finding in found]


def test_a_good_installation_has_no_findings():
    assert [finding for finding in run_checks() if (finding.id or "").startswith("debrief.")] == []


@pytest.mark.parametrize(("key", "found"), [("short", ["debrief.E001"]), ("a" * 80, ["debrief.E001"]), ("0123456789" * 5, [])])
def test_secret_key(settings, key, found):
    settings.SECRET_KEY = key
    assert ids(checks.secret_key(None)) == found


@pytest.mark.parametrize(
    ("url", "debug", "found"),
    [
        ("http://127.0.0.1:8000", True, []),
        ("https://debrief.example.org", False, []),
        ("http://debrief.example.org", False, ["debrief.W001"]),
        ("https://debrief.example.org", True, ["debrief.W002"]),
        ("debrief.example.org", False, ["debrief.E002"]),
        ("https://example.org/debrief", False, ["debrief.E002"]),
    ],
)
def test_base_url(settings, url, debug, found):
    settings.BASE_URL, settings.DEBUG = url, debug
    assert ids(checks.base_url(None)) == found


def test_data_directory(settings):
    settings.DATA_DIR = Path("/proc/nowhere")
    assert ids(checks.data_directory(None)) == ["debrief.E003"]


@pytest.mark.parametrize(
    ("path", "kind"), [("/srv/x", "ext4"), ("/home/me/x", "nfs4"), ("/home/local/x", "tmpfs"), ("/mnt/my disk/x", "cifs"), ("/homework/x", "ext4")]
)
def test_file_system_of(path, kind):
    assert checks.file_system_of(Path(path), MOUNTS) == kind


def test_missing_libraries(monkeypatch):
    monkeypatch.setattr(libraries, "missing", lambda: ["libharfbuzz-subset0"])
    assert ids(checks.pdf_libraries(None)) == ["debrief.W003"]
    monkeypatch.setattr(libraries, "missing", lambda: ["libpango-1.0-0", "libharfbuzz-subset0"])
    (found,) = checks.pdf_libraries(None)
    assert (found.id, "apt-get install -y libpango-1.0-0 libharfbuzz-subset0" in found.hint) == ("debrief.E005", True)


def test_missing_fonts(monkeypatch):
    monkeypatch.setattr(checks, "FONTS", ("no_such_font",))
    assert ids(checks.fonts(None)) == ["debrief.E006"]
