"""Real reports of other people, where they are at hand: which times are found, against labels made by eye. The labels hold files, counts and times, no text."""

import csv
import json
import os
from collections import Counter
from pathlib import Path

import pytest

from incidents.sources import named
from incidents.sources.drafts import EventDraft, SourceError
from tests.incidents.sources.reading import options_for, payload_of

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("DEBRIEF_SHARED_DATA", ROOT / "../shared/data"))
LABELS = json.loads((Path(__file__).parent / "labels" / "plain_text.json").read_text(encoding="utf-8"))
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"there are no real files at {DATA}; set DEBRIEF_SHARED_DATA")

# Texts that a language model filled in are a search corpus, not reports.
FOLDERS = ("reports",)


def events_of(path, **options):
    """Return the events of a file and why it was refused. Nothing but SourceError may come out of it."""
    try:
        items = list(named("plain_text").read(payload_of(path.read_bytes(), path.name), options_for(**options)))
    except SourceError as error:
        assert len(error.message) > 20, path
        return [], error.message
    return [item for item in items if isinstance(item, EventDraft)], ""


def test_the_labels_are_well_formed():
    assert len(LABELS) >= 40
    assert all(set(label) == {"file", "entries", "times"} and label["entries"] == len(label["times"]) for label in LABELS)


def test_nine_of_ten_times_are_found_and_nine_of_ten_found_are_times():
    right = extra = missing = 0
    for label in LABELS:
        path = DATA / label["file"]
        if not path.is_file():
            continue
        found = Counter(event.at.strftime("%Y-%m-%dT%H:%M") if event.at else "?" for event in events_of(path, time_zone="UTC")[0])
        wanted = Counter(time[:16] for time in label["times"])  # to the minute
        hits = sum((found & wanted).values())
        more, fewer = sum(found.values()) - hits, sum(wanted.values()) - hits
        right, extra, missing = right + hits, extra + more, missing + fewer
        precision, recall = hits / (hits + more) if hits + more else 1.0, hits / (hits + fewer) if hits + fewer else 1.0
        print(f"{label['file']:95.95} {label['entries']:4} precision {precision:4.0%} recall {recall:4.0%}")
    if not right:
        pytest.skip(f"none of the labelled files is at {DATA}")
    print(f"all: precision {right / (right + extra):.1%}, recall {right / (right + missing):.1%}")

    assert right / (right + extra) >= 0.9
    assert right / (right + missing) >= 0.9


def test_reports_with_a_timeline_give_one():
    with (DATA / "MANIFEST.tsv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if row["path"].startswith(FOLDERS)]
    table: dict[str, Counter[str]] = {}
    for row in rows:
        path = DATA / row["path"]
        if not path.is_file() or path.suffix == ".pdf":
            continue
        events, _ = events_of(path)
        assert all(event.at is not None or event.needs for event in events), path
        assert [event.order for event in events] == sorted({event.order for event in events}), path
        count = table.setdefault(path.parent.name, Counter())
        flagged = row["has_timeline"] == "yes"
        count.update({"files": 1, "flagged": flagged, "found": flagged and bool(events), "others": not flagged and bool(events), "events": len(events)})
        count.update({"date": sum("date" in event.needs for event in events), "zone": sum("zone" in event.needs for event in events)})
    for name, count in sorted(table.items()):
        print(f"{name:28}", *(f"{key} {count[key]:4}" for key in ("files", "flagged", "found", "others", "events", "date", "zone")))

    assert sum(count["found"] for count in table.values()) >= 0.9 * sum(count["flagged"] for count in table.values())
