"""What the sources make of every real file of other people, where they are at hand: events, or a reason that a person can act on. The table is in docs/sources.md."""

import os
from collections import Counter
from pathlib import Path

import pytest

from incidents.sources import registered
from tests.incidents.sources.reading import outcome_of

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs" / "sources.md"
DATA = Path(os.environ.get("DEBRIEF_SHARED_DATA", ROOT / "../shared/data"))
BEGIN, END = "<!-- reach: written by tests/incidents/sources/test_reach.py -->", "<!-- /reach -->"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"there are no real files at {DATA}; set DEBRIEF_SHARED_DATA"),
    pytest.mark.skipif(os.environ.get("TEST_ENGINE") == "postgres", reason="no database is asked: once, on the first engine, is enough"),
]


def test_every_file_gives_events_or_a_reason_to_act_on():
    table = {name: Counter() for name in registered()} | {"": Counter()}
    for path in sorted(path for folder in ("payloads", "reports") for path in (DATA / folder).resolve().rglob("*") if path.is_file()):
        name, events, placed, rejected, reason = outcome_of(path)
        assert events == placed, f"{path}: {events - placed} events have no time and do not say what they need"
        assert bool(events) != bool(reason), f"{path}: {events} events and {reason or 'no reason'}"
        assert not reason or (len(reason) > 20 and "Error" not in reason), f"{path}: {reason}"
        table[name].update({"files": 1, "read": bool(events), "refused": bool(reason), "events": events, "parts": rejected})
    text = spelled(table)
    print(f"\n{text}")
    if os.environ.get("DEBRIEF_WRITE_EXPECTED"):
        page = DOCS.read_text(encoding="utf-8")
        before, between, after = page.partition(BEGIN)
        DOCS.write_text(f"{before}{BEGIN}\n{text}\n{END}{after.partition(END)[2]}" if between else f"{page}\n{BEGIN}\n{text}\n{END}\n", encoding="utf-8")


def spelled(table):
    """Return the table as Markdown; the last line is the sum."""
    intro = "## Tried on\n\nReal payloads and reports of other people, not kept here: how many files each source recognised, and what came of them.\n"
    heads = ["Source", "Files", "Read", "Refused with a reason", "Events", "Parts not read"]
    keys = ["files", "read", "refused", "events", "parts"]
    rows = [(name or "none of them", count) for name, count in table.items() if count["files"]]
    rows.append(("**all**", sum(table.values(), Counter())))
    lines = [intro, f"| {' | '.join(heads)} |", "| --- |" + " ---: |" * len(keys)]
    return "\n".join(lines + [f"| {f'`{name}`' if name in registered() else name} | {' | '.join(f'{count[key]:,}' for key in keys)} |" for name, count in rows])
