"""How much of real reports is read: the share of them that give a timeline, and the times of a labelled sample.

The labels were read by eye, beside what the reader gave, and faults it showed were mended since: the local times that a report states as moments of its incident, no text. The reports lie outside
the repository; without them these tests are skipped.
"""

import csv
import json
import os
from collections import Counter
from pathlib import Path

import pytest

from incidents.lib.zones import zone_named
from incidents.sources.drafts import EventDraft, SourceError
from incidents.sources.plain_text import read
from tests.incidents.sources.reading import options_for, payload_of

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("DEBRIEF_SHARED_DATA", HERE.parents[2] / "../shared/data"))
LABELS = json.loads((HERE / "labels.json").read_text(encoding="utf-8"))
ENOUGH = 0.9

pytestmark = pytest.mark.skipif(not (DATA / "reports").is_dir(), reason=f"no reports in {DATA}; set DEBRIEF_SHARED_DATA")


def local_times(path):
    """Return the times of a report as its own clocks showed them."""
    try:
        items = list(read(payload_of((DATA / path).read_bytes(), Path(path).name), options_for(time_zone="UTC")))
    except SourceError:
        return []
    events = [item for item in items if isinstance(item, EventDraft)]
    return [event.at.astimezone(zone_named(event.zone).tz).strftime("%Y-%m-%d %H:%M") if event.at else f"needs {event.needs}" for event in events]


def test_the_times_of_labelled_reports_are_read(capsys):
    right = given = stated = 0
    lines = []
    for path, labels in LABELS.items():
        times = local_times(path)
        both = sum((Counter(times) & Counter(labels)).values())
        right, given, stated = right + both, given + len(times), stated + len(labels)
        lines.append(f"precision {both / len(times) if times else 1:.2f} recall {both / len(labels) if labels else 1:.2f} of {len(labels):3} {path}")
    with capsys.disabled():
        print("", *lines, f"precision {right / given:.3f} recall {right / stated:.3f} of {stated} times in {len(LABELS)} reports", sep="\n")

    assert right / given >= ENOUGH
    assert right / stated >= ENOUGH


def test_reports_with_a_timeline_give_one():
    with (DATA / "MANIFEST.tsv").open(encoding="utf-8", newline="") as manifest:
        rows = [row for row in csv.DictReader(manifest, delimiter="\t") if row["path"].startswith("reports/") and row["has_timeline"] == "yes"]
    paths = [row["path"] for row in rows if not row["path"].endswith(".pdf")]
    found = sum(bool(local_times(path)) for path in paths)

    assert found / len(paths) >= ENOUGH, f"{found} of {len(paths)} reports give a timeline"
