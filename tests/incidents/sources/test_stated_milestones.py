"""Milestones that the tools state, in real files where they are at hand: each comes out to the second, with its vendor's meaning.

The times are found here by the names of fields, whatever is around them, and not by the code of the sources.
"""

import json
import os
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from incidents.sources import detect
from incidents.sources.drafts import EventDraft
from tests.incidents.sources.reading import options_for, payload_of

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("DEBRIEF_SHARED_DATA", ROOT / "../shared/data"))
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"there are no real files at {DATA}; set DEBRIEF_SHARED_DATA")

MOVED = timedelta(minutes=1)  # a start within a minute of its record was set by the tool, and states no impact
NAMES = (
    (r"impact.*start|outage.*start", "impact_started"),
    (r"report|detect", "detected"),
    (r"accept|acknowledg", "acknowledged"),
    (r"fixed|mitigat", "mitigated"),
    (r"resolved", "resolved"),
)


def objects(value):
    """Yield every object in a value."""
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(each)
    if isinstance(value, dict):
        yield value


def at(value):
    """Return the second of a time as one of these vendors writes it."""
    if isinstance(value, int):
        return datetime.fromtimestamp(int(str(value)[:10]), UTC)
    return datetime.fromisoformat(value).astimezone(UTC).replace(microsecond=0) if isinstance(value, str) and value else None


def moved(start, recorded):
    """Return a start that people stated, and none that the tool set."""
    return start if start and recorded and abs(start - recorded) >= MOVED else None


def opsgenie(each):
    if "tinyId" in each and "alias" in each and "id" in each:
        created = datetime.fromisoformat(each["createdAt"])
        yield "detected", at(each["createdAt"])
        for member, milestone in (("ackTime", "acknowledged"), ("closeTime", "resolved")):
            if (each.get("report") or {}).get(member):
                yield milestone, (created + timedelta(milliseconds=each["report"][member])).replace(microsecond=0)
    if "impactedServices" in each:
        yield "detected", at(each["createdAt"])
        yield "impact_started", at(each.get("impactStartDate"))
        yield "mitigated", at(each.get("impactEndDate"))
    if "action" in each and "alert" in each:
        milestone = {"Create": "detected", "Acknowledge": "acknowledged", "Close": "resolved"}.get(each["action"])
        yield milestone, at(each["alert"]["createdAt" if milestone == "detected" else "updatedAt"])
    if str(each.get("log", "")).startswith("Alert acknowledged"):
        yield "acknowledged", at(each["createdAt"])


def incident_io(each):
    if "incident_timestamp" in each:
        name = each["incident_timestamp"]["name"]
        yield next((milestone for words, milestone in NAMES if re.search(words, name, re.I)), None), at((each["value"] or {}).get("value"))
    if "alert_source_id" in each and "title" in each:
        yield "detected", at(each["created_at"])


def rootly(each):
    if "sequential_id" in each and "acknowledged_at" in each and "url" in each:
        yield "impact_started", moved(at(each.get("started_at")), at(each["created_at"]))
        for milestone in ("detected", "acknowledged", "mitigated", "resolved"):
            yield milestone, at(each.get(f"{milestone}_at"))
    if "short_id" in each and "noise" in each:
        yield "detected", at(each["started_at"])


def oncall(each):
    if "alerts_count" in each:
        yield "detected", at(each["created_at"])
        for milestone in ("acknowledged", "resolved"):
            yield milestone, at(each.get(f"{milestone}_at"))


def statuspage(each):
    if "monitoring_at" in each:
        yield "resolved", at(each["resolved_at"])


def google_status(each):
    if "external_desc" in each:
        yield "impact_started", moved(at(each["begin"]), at(each["created"]))
        yield "resolved", at(each.get("end"))


def pagerduty(each):
    if each.get("type") == "incident" and "incident_number" in each:
        yield "detected", at(each["created_at"])
        for acknowledgement in each.get("acknowledgements") or ():
            yield "acknowledged", at(acknowledgement["at"])
        if each["status"] == "resolved":
            yield "resolved", at(each.get("resolved_at") or each.get("last_status_change_at"))
    if str(each.get("event_type")).startswith("incident."):
        words = {"incident.triggered": "detected", "incident.acknowledged": "acknowledged", "incident.resolved": "resolved"}
        yield words.get(each["event_type"]), at(each["occurred_at"])


VENDORS = {
    "payloads/opsgenie/*.json": opsgenie,
    "payloads/devlake-opsgenie/_raw_opsgenie_incidents.jsonl": opsgenie,
    "payloads/incident.io/*.json": incident_io,
    "payloads/rootly/*.json": rootly,
    "payloads/grafana-oncall/docs-*.json": oncall,
    "payloads/statuspage/*.json": statuspage,
    "datasets/cloud-status/*.json": google_status,
    "payloads/pagerduty/*.json": pagerduty,
    "payloads/devlake-pagerduty/_raw_pagerduty_incidents.jsonl": pagerduty,
}


def values(path):
    text = path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()] if path.suffix == ".jsonl" else [json.loads(text)]


def stated(path, vendor):
    """Return the milestones that a file states, each once."""
    found = {pair for value in values(path) for each in objects(value) for pair in vendor(each)}
    return {(milestone, time) for milestone, time in found if milestone and time}


def given(path):
    """Return the milestones that reading the file gives, to the second."""
    payload = payload_of(path.read_bytes(), path.name)
    events = [item for item in detect(payload).read(payload, options_for()) if isinstance(item, EventDraft)]
    return {(event.milestone, event.at.replace(microsecond=0)) for event in events if event.milestone and event.at}


def test_stated_milestones_come_out_to_the_second():
    count, missing, files = Counter(), [], 0
    for pattern, vendor in VENDORS.items():
        for path in sorted(DATA.glob(pattern)):
            wanted = stated(path, vendor)
            if not wanted:
                continue
            files += 1
            found = given(path)
            for milestone, time in wanted:
                right = (milestone, time) in found
                count.update({(vendor.__name__, "stated"): 1, (vendor.__name__, "right"): right})
                if not right:
                    missing.append(f"{path.parent.name}/{path.name}: {milestone} {time}")
    if not files:
        pytest.skip(f"none of the files is at {DATA}")
    for name in sorted({name for name, _ in count}):
        print(f"{name:14} stated {count[name, 'stated']:4} right {count[name, 'right']:4}")
    all_of_them, right = (sum(number for (_, what), number in count.items() if what == word) for word in ("stated", "right"))
    print(f"{right} of {all_of_them} in {files} files", *missing, sep="\n")

    assert right >= 0.95 * all_of_them
    assert all(count[name, "right"] >= 0.9 * count[name, "stated"] for name, _ in count)
