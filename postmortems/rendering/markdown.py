"""Pure. A document as Markdown, for repositories, wikis and mail; and nothing in it that reads as markup but is text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from incidents.lib.citations import replaced

SPECIAL = re.compile(r"([\\`*_\[\]<>|#])")
HEADING = re.compile(r"^(#{1,6})(?=\s)", re.MULTILINE)
PICTURE = re.compile(r"(!\[[^\]\n]{0,300}\]\()(/media/a/)")
FENCE = re.compile(r"^( {0,3})(`{3,}|~{3,})", re.MULTILINE)


def escaped(text: str) -> str:
    """Return a line of text so that it reads as itself, also in a cell of a table."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))


def markdown(document: Mapping[str, Any], base_url: str = "") -> str:
    """Return the whole document; pictures are where `base_url` has them."""
    incident = document["incident"]
    lines = [f"# {escaped(document['title'])}", "", *facts(document, incident), ""]
    placed = set()
    numbers = {row["id"]: row["number"] for row in document.get("evidence", ())}
    for section in document["sections"]:
        lines += [f"## {escaped(section['title'])}", ""]
        lines += [f"- {escaped(field['label'])}: {escaped(field['value'])}" for field in section["fields"]]
        lines += [""] if section["fields"] else []
        if section["body"]:
            lines += [placed_pictures(lowered(replaced(section["body"], lambda entry: f"[^{numbers[entry]}]" if entry in numbers else "")), base_url), ""]
        if section["kind"] in ROWS and section["kind"] not in placed:
            placed.add(section["kind"])
            lines += ROWS[section["kind"]](document)
    for kind, title in (("milestones", "Key moments and intervals"), ("timeline", "Timeline"), ("actions", "Action items")):
        if kind not in placed and document[kind]:
            lines += [f"## {title}", "", *ROWS[kind](document)]
    if numbers:
        lines += ["## Evidence cited", "", *evidence(document)]
    return "\n".join(lines).rstrip() + "\n"


def facts(document: Mapping[str, Any], incident: Mapping[str, Any]) -> list[str]:
    severity = incident["severity"]
    pairs = [
        ("Post-mortem", document["reference"]),
        ("Incident", incident["reference"]),
        ("Severity", severity["name"] if severity else ""),
        ("Services", ", ".join(service["name"] for service in incident["services"])),
        ("Tags", ", ".join(incident["tags"])),
        ("Team", incident["team"]),
        ("Started", incident["started"]),
        ("Audience", document["audience"]),
        ("Revision", f"{document['revision']}, {document['published']}" if "revision" in document else ""),
        ("People", ", ".join(f"{person['name']} ({person['role']})" for person in document["people"])),
    ]
    return [f"- **{name}:** {escaped(value)}" for name, value in pairs if value]


def lowered(body: str) -> str:
    """Return Markdown with its headings below the section's own. Lines in fenced code stay as they are."""
    parts, inside = [], ""
    for line in body.split("\n"):
        fence = FENCE.match(line)
        if fence and not inside:
            inside = fence[2]
        elif fence and fence[2].startswith(inside) and not line.strip().strip(inside[0]):
            inside = ""
        elif not inside:
            line = HEADING.sub(lambda match: "#" * min(len(match[1]) + 2, 6), line)
        parts.append(line)
    return "\n".join([*parts, inside] if inside else parts)


def placed_pictures(body: str, base_url: str) -> str:
    return PICTURE.sub(rf"\1{base_url}\2", body) if base_url else body


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows), ""]


def milestones(document: Mapping[str, Any]) -> list[str]:
    words = {"pending": "Pending", "not_applicable": "Not applicable", "invalid": "Invalid"}
    metrics = [
        [escaped(row["name"]), row["duration"] if row["state"] == "recorded" else words[row["state"]], escaped(f"{row['definition']} {row['reason']}")]
        for row in document["metrics"]
    ]
    moments = [
        [escaped(row["name"]), row["local"] or words.get(row["state"], ""), escaped(f"{row['definition']} {row['note']}")] for row in document["milestones"]
    ]
    result = table(["Interval", "Duration", "Definition"], metrics) if metrics else []
    return result + (table(["Moment", "Time", "What it means"], moments) if moments else [])


def timeline(document: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for day, rows in groupby(document["timeline"], key=lambda row: row["day"]):
        cells = []
        for row in rows:
            words = escaped(f"{row['text']} ({row['note']})" if row["note"] else row["text"])
            cells.append([f"{row['local']} {row['zone']}", escaped(row["actor"]), row["kind_name"], f"**{words}**" if row["key"] and words else words])
        lines += [f"### {day}", "", *table(["Time", "Who", "Kind", "What happened"], cells)]
    left = document["timeline_total"] - len(document["timeline"])
    return [*lines, f"{left} more on the incident's timeline.", ""] if left > 0 else lines


def evidence(document: Mapping[str, Any]) -> list[str]:
    """Return the cited entries as footnotes."""
    rows = []
    for row in document["evidence"]:
        told = ", ".join(filter(None, [f"{row['day']}, {row['local']} {row['zone']}", row["actor"], row["source_name"]]))
        rows.append(f"[^{row['number']}]: {escaped(told)}: {escaped(row['text'])}")
    return rows


def actions(document: Mapping[str, Any]) -> list[str]:
    rows = [
        [row["reference"], escaped(row["title"]), escaped(row["owner"]), row["due_on"] or "", row["priority_name"], escaped(row["status_name"])]
        for row in document["actions"]
    ]
    return table(["Ref.", "Action", "Owner", "Due", "Priority", "Status"], rows) if rows else []


ROWS = {"milestones": milestones, "timeline": timeline, "actions": actions}
