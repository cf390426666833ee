"""`manage.py import_timeline`: one JSON document, nothing stored on a dry run, one clear line on failure."""

import io
import json
import os
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from incidents.models import Delivery, Incident, Milestone, TimelineEvent
from tests.factories import make_incident

pytestmark = pytest.mark.django_db

EVENTS = (
    "time,message,user\n2026-03-02T14:00:00Z,Alert fired: checkout 5xx,bot\n2026-03-02T14:05:00Z,I am looking into it,ann\n"
    "2026-03-02T14:40:00Z,The incident is resolved,ann\n"
)
CLOCKS = "time,text\n14:02,Alert fired\n14:05,Ann looks into it\n"
DATA = Path(os.environ.get("DEBRIEF_SHARED_DATA", Path(__file__).resolve().parents[2] / "../shared/data"))


def run(*args):
    out = io.StringIO()
    code = 0
    try:
        call_command("import_timeline", *[str(arg) for arg in args], "--json", stdout=out)
    except SystemExit as end:
        code = end.code
    return code, json.loads(out.getvalue())


@pytest.fixture
def events(tmp_path):
    file = tmp_path / "checkout_outage.csv"
    file.write_text(EVENTS)
    return file


def test_it_prints_the_document(events):
    code, document = run(events)
    incident = Incident.objects.get()
    assert code == 0
    assert list(document) == ["incident", "source", "events", "rejected", "milestones"]
    assert document["incident"] == incident.reference
    assert document["events"] == {"created": 3, "updated": 0, "duplicate": 0, "skipped": 0}
    assert incident.title == "checkout outage"
    detected = document["milestones"]["detected"]
    assert list(detected) == ["at", "earliest", "latest", "confidence", "evidence", "rule"]
    assert detected["at"] == "2026-03-02T14:00:00Z"
    assert detected["evidence"] == [TimelineEvent.objects.get(text__startswith="Alert").pk]


def test_again_into_the_same_incident_changes_nothing(events):
    _, first = run(events)
    _, again = run(events, "--incident", first["incident"])
    assert again["events"] == {"created": 0, "updated": 0, "duplicate": 3, "skipped": 0}
    assert again["milestones"] == first["milestones"]


def test_a_dry_run_stores_nothing_and_lists_the_timeline(events):
    code, document = run(events, "--dry-run")
    assert code == 0
    assert document["incident"] is None
    assert [entry["at"] for entry in document["timeline"]] == ["2026-03-02T14:00:00Z", "2026-03-02T14:05:00Z", "2026-03-02T14:40:00Z"]
    assert set(document["timeline"][0]) == {"at", "local", "zone", "precision", "kind", "actor", "text", "where"}
    assert document["milestones"]["detected"]["evidence"] == [0]
    assert not (Incident.objects.exists() or Delivery.objects.exists() or TimelineEvent.objects.exists() or Milestone.objects.exists())


def test_a_dry_run_finds_the_milestones_that_the_import_proposes(events):
    _, dry = run(events, "--dry-run")
    _, done = run(events)
    plain = [{key: {**found, "evidence": None} for key, found in document["milestones"].items()} for document in (dry, done)]
    assert plain[0] == plain[1]


def test_a_dry_run_says_what_a_time_needs_and_keeps_its_place(tmp_path):
    (tmp_path / "notes.csv").write_text(CLOCKS)
    code, document = run(tmp_path / "notes.csv", "--dry-run")
    assert code == 0
    assert [(entry["at"], entry["needs"]) for entry in document["timeline"]] == [(None, "date"), (None, "date")]
    assert document["events"]["skipped"] == 2
    code, document = run(tmp_path / "notes.csv", "--dry-run", "--date", "2026-03-02", "--timezone", "Europe/Berlin")
    assert [entry["at"] for entry in document["timeline"]] == ["2026-03-02T13:02:00Z", "2026-03-02T13:05:00Z"]


def test_times_that_cannot_be_placed_are_refused_with_what_to_give(tmp_path):
    (tmp_path / "notes.csv").write_text(CLOCKS)
    code, document = run(tmp_path / "notes.csv")
    assert code == 1
    assert "--date" in document["error"]
    assert document["needs"] == {"date": 2}
    assert not Incident.objects.exists()


@pytest.mark.parametrize("content", [b"", bytes(range(256)) * 100, b"\x89PNG\r\n\x1a\n" + b"\x01" * 1000])
def test_a_file_that_is_no_timeline_is_refused(tmp_path, content):
    (tmp_path / "strange.bin").write_bytes(content)
    for extra in ([], ["--dry-run"]):
        code, document = run(tmp_path / "strange.bin", *extra)
        assert code == 1
        assert set(document) == {"error", "where"}
        assert document["where"] == "strange.bin"
    assert not Incident.objects.exists()


def test_a_missing_file_and_bad_options_are_one_clear_line(tmp_path, events):
    assert run(tmp_path / "no such file")[0] == 1
    assert run(events, "--source", "tarot")[0] == 1
    assert run(events, "--timezone", "Mars/Olympus")[0] == 1
    assert run(events, "--date", "yesterday")[0] == 1
    assert run(events, "--incident", "INC-99999")[0] == 1
    with pytest.raises(CommandError, match="There is no incident"):
        call_command("import_timeline", str(events), "--incident", "INC-99999")


def test_several_files_make_one_timeline(tmp_path, events):
    (tmp_path / "more.jsonl").write_text(
        '{"timestamp": "2026-03-02T14:02:00Z", "message": "Somebody wrote"}\n{"timestamp": "2026-03-02T14:50:00Z", "message": "All fine"}\n'
    )
    _, document = run(events, tmp_path / "more.jsonl", "--dry-run")
    assert document["source"] == "mixed"
    assert [each["path"] for each in document["files"]] == ["checkout_outage.csv", "more.jsonl"]
    assert [entry["text"] for entry in document["timeline"]][:2] == ["Alert fired: checkout 5xx", "Somebody wrote"]
    assert document["timeline"][1]["where"].startswith("more.jsonl: ")
    code, document = run(events, tmp_path / "more.jsonl", "--new", "Checkout outage of March")
    assert (code, Incident.objects.get().title, document["events"]["created"]) == (0, "Checkout outage of March", 5)


def test_a_folder_is_all_files_in_it(tmp_path, events):
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\x01" * 1000)
    code, document = run(tmp_path)
    assert code == 0
    assert document["events"]["created"] == 3
    assert document["rejected"][0]["where"] == "picture.png"


def test_an_unpacked_slack_export_is_one_delivery(tmp_path):
    (tmp_path / "export" / "incident-42").mkdir(parents=True)
    (tmp_path / "export" / "users.json").write_text(json.dumps([{"id": "U1", "name": "ann", "profile": {"display_name": "Ann"}}]))
    (tmp_path / "export" / "channels.json").write_text(json.dumps([{"id": "C1234567", "name": "incident-42"}]))
    messages = [{"type": "message", "user": "U1", "ts": "1772460000.000100", "text": "Checkout is down"}]
    (tmp_path / "export" / "incident-42" / "2026-03-02.json").write_text(json.dumps(messages))
    code, document = run(tmp_path / "export")
    assert (code, document["source"], document["events"]["created"]) == (0, "slack", 1)
    assert TimelineEvent.objects.get().actor == "Ann"
    _, again = run(tmp_path / "export", "--incident", document["incident"])
    assert again["events"]["duplicate"] == 1
    assert Delivery.objects.values("sha256").distinct().count() == 1


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", type("Piped", (), {"buffer": io.BytesIO(EVENTS.encode())}))
    incident = make_incident()
    code, document = run("-", "--incident", incident.reference)
    assert (code, document["events"]["created"]) == (0, 3)


def test_for_people_it_is_a_short_report_with_the_address(events):
    out = io.StringIO()
    call_command("import_timeline", str(events), stdout=out)
    assert "3 created" in out.getvalue()
    assert f"/incidents/{Incident.objects.get().reference}/" in out.getvalue()


def real_files():
    folders = ["payloads/slack-export", "payloads/pagerduty", "payloads/alertmanager"]
    return [file for folder in folders for file in sorted((DATA / folder).rglob("*")) if file.is_file()][:40] if DATA.is_dir() else []


@pytest.mark.skipif(not DATA.is_dir(), reason="no real data here; set DEBRIEF_SHARED_DATA")
@pytest.mark.parametrize("file", real_files(), ids=lambda file: str(file.relative_to(DATA)) if isinstance(file, Path) else "none")
def test_real_files_are_read_or_refused_in_words(file):
    code, dry = run(file, "--dry-run")
    assert code in (0, 1)
    if code == 1:
        assert dry["error"]
        return
    times = [entry["at"] for entry in dry["timeline"] if entry["at"]]
    assert times == sorted(times)
    if times:
        _, done = run(file)
        assert done["events"] == dry["events"]
        _, again = run(file, "--incident", done["incident"])
        assert again["events"]["created"] == again["events"]["updated"] == 0
