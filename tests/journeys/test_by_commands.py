"""From raw exports to a published PDF by commands alone."""

import io
import json
from datetime import datetime
from pathlib import Path

import pikepdf
import pytest
from django.core.management import CommandError, call_command

from incidents import measuring
from incidents.access import SYSTEM
from incidents.models import Delivery, Incident, Milestone, TimelineEvent
from postmortems import drafting
from postmortems.models import Postmortem, RetrospectiveTemplate, Revision
from tests.journeys.test_by_api import CASE, DATA, START, own_exports

pytestmark = pytest.mark.django_db(transaction=True)

NOTES = "# Orders hang in the queue\n\n- 13:58 Worker 2.0 is rolled out\n- 14:20 Support counts 40 tickets about missing confirmations\n- 14:49 All waiting orders are worked off\n"
REAL = [
    "payloads/slack-export/source_export.zip",
    "payloads/pagerduty/get-incidents-id-log_entries.json",
    "reports/2i2c/2020-10-28-memory-overload.md",
]
EVENTS = ("created", "updated", "duplicate", "skipped")
MILESTONE = ("at", "earliest", "latest", "confidence", "evidence", "rule")
ENTRY = {"at", "local", "zone", "precision", "kind", "actor", "text", "where"}


def run(command, *args):
    """Return the exit code and what the command printed, which has to be one JSON document."""
    out = io.StringIO()
    try:
        call_command(command, *map(str, args), "--json", stdout=out)
    except SystemExit as end:
        return end.code, json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


@pytest.fixture
def folder(tmp_path):
    """What a responder has after the incident: two exports and their own notes."""
    for name, content in own_exports().items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "notes.md").write_text(NOTES)
    return tmp_path


def inside(folder):
    return [folder / name for name in ("slack.zip", "pagerduty.json", "notes.md")]


def reading():
    return ["--date", START.date(), "--timezone", "Europe/London"]


def write(incident):
    """Confirm what was proposed write the summary and print every entry, as people do between the two commands."""
    for milestone in Milestone.objects.filter(incident=incident).exclude(proposed_at=None):
        measuring.decide(actor=SYSTEM, milestone=milestone, version=milestone.version, decision=Milestone.Decision.CONFIRMED)
    postmortem = drafting.start(actor=SYSTEM, incident=incident, template=RetrospectiveTemplate.objects.get(key="standard_blameless"))
    summary, timeline = (postmortem.sections.get(key=key) for key in ("summary", "timeline"))
    drafting.save_section(actor=SYSTEM, section=summary, version=summary.version, body="The worker stopped reading the **flamingo** queue.", values={})
    drafting.save_section(actor=SYSTEM, section=timeline, version=timeline.version, body=timeline.body, values={"show": "all"})
    return postmortem


def test_from_exports_to_a_pdf(folder, tmp_path):
    code, document = run("import_timeline", *inside(folder), "--new", "Orders hang in the queue", *reading())
    assert code == 0
    assert set(document) == {"incident", "source", "events", "rejected", "milestones", "files"}
    assert (document["source"], tuple(document["events"])) == ("mixed", EVENTS)
    assert {file["source"] for file in document["files"]} == {"slack", "pagerduty", "plain_text"}
    assert document["rejected"] == []
    incident = Incident.objects.get()
    assert document["incident"] == incident.reference
    assert document["events"]["created"] == incident.events.count() >= len(CASE["chat"]) + len(CASE["pages"]) + 3
    assert all(tuple(found) == MILESTONE for found in document["milestones"].values())
    assert {"detected", "acknowledged", "resolved"} <= set(document["milestones"])
    stored = set(incident.events.values_list("pk", flat=True))
    assert all(set(found["evidence"]) <= stored for found in document["milestones"].values())

    postmortem = write(incident)
    files = {name: tmp_path / f"published.{name}" for name in ("pdf", "html")}
    code, published = run("publish", postmortem.reference, "--pdf", files["pdf"], "--html", files["html"])
    assert code == 0
    assert (published["postmortem"], published["revision"], published["previous_sha256"]) == (postmortem.reference, 1, "")
    assert published["sha256"] == Revision.objects.get().sha256
    with pikepdf.open(files["pdf"]) as pdf:
        assert "/StructTreeRoot" in pdf.Root
        assert len(pdf.pages) >= 3
    page = files["html"].read_text()
    assert "flamingo" in page
    assert "Support counts 40 tickets" in page

    _, again = run("publish", postmortem.reference, "--audience", "stakeholder")
    assert (again["revision"], again["audience"], again["previous_sha256"]) == (2, "stakeholder", published["sha256"])


def test_the_same_files_again_change_nothing(folder):
    _, first = run("import_timeline", *inside(folder), *reading())
    code, again = run("import_timeline", *inside(folder), "--incident", first["incident"], *reading())
    assert code == 0
    assert again["events"] == {"created": 0, "updated": 0, "duplicate": first["events"]["created"], "skipped": first["events"]["skipped"]}
    assert again["milestones"] == first["milestones"]


def test_a_dry_run_stores_nothing(folder):
    code, document = run("import_timeline", *inside(folder), "--dry-run", *reading())
    assert code == 0
    assert document["incident"] is None
    assert all(set(entry) == ENTRY for entry in document["timeline"])
    moments = [entry["at"] for entry in document["timeline"]]
    assert moments == sorted(moments)
    assert not any(model.objects.exists() for model in (Incident, Delivery, TimelineEvent, Milestone))


def test_times_without_a_date_keep_their_place_and_say_what_they_need(folder):
    _, document = run("import_timeline", folder / "notes.md", "--dry-run")
    assert [(entry["local"], entry["at"], entry["needs"]) for entry in document["timeline"]] == [
        (clock, None, "date, zone") for clock in ("13:58", "14:20", "14:49")
    ]


def test_what_is_no_timeline_is_refused_with_its_place(folder):
    (folder / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    code, document = run("import_timeline", folder / "photo.png")
    assert code == 1
    assert set(document) == {"error", "where"}
    assert document["where"] == "photo.png"
    with pytest.raises(CommandError, match="photo.png: "):
        call_command("import_timeline", str(folder / "photo.png"))
    assert not Incident.objects.exists()


def test_publishing_what_does_not_exist_is_one_line():
    with pytest.raises(CommandError, match="There is no post-mortem PM-404"):
        call_command("publish", "PM-404")


@pytest.mark.parametrize("target", ["--pdf", "--html"])
def test_no_revision_is_made_for_a_path_that_holds_no_file(folder, target):
    run("import_timeline", *inside(folder), *reading())
    postmortem = write(Incident.objects.get())
    for path, words in ((folder, "is a folder"), (folder / "none" / "a.pdf", "There is no folder for")):
        with pytest.raises(CommandError, match=words):
            call_command("publish", postmortem.reference, target, str(path))
    assert not Revision.objects.exists()


def test_an_empty_reference_is_no_wish_for_a_new_incident(folder):
    """What `--incident "$INC"` becomes when the variable is empty."""
    code, document = run("import_timeline", folder / "slack.zip", "--incident", "")
    assert (code, set(document)) == (1, {"error", "where"})
    assert not Incident.objects.exists()


@pytest.mark.parametrize("path", REAL, ids=lambda path: Path(path).name)
def test_real_files_become_a_pdf(path, tmp_path):
    if not (DATA / path).exists():
        pytest.skip(f"{path} is not on this machine; set DEBRIEF_SHARED_DATA to the folder of real exports.")
    code, document = run("import_timeline", DATA / path, "--timezone", "UTC")
    assert code == 0
    assert document["events"]["created"] > 0
    code, dry = run("import_timeline", DATA / path, "--timezone", "UTC", "--dry-run")
    assert code == 0
    assert len([entry for entry in dry["timeline"] if entry["at"]]) == document["events"]["created"]
    moments = [datetime.fromisoformat(entry["at"]) for entry in dry["timeline"] if entry["at"]]
    assert moments == sorted(moments)
    postmortem = write(Incident.objects.get())
    code, _ = run("publish", postmortem.reference, "--pdf", tmp_path / "real.pdf")
    assert code == 0
    with pikepdf.open(tmp_path / "real.pdf") as pdf:
        assert len(pdf.pages) >= 2
    assert Postmortem.objects.get().revisions.count() == 1
