"""Pure. A document as Markdown, for repositories, wikis and mail; and nothing in it that reads as markup but is text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from django.utils.safestring import SafeString

from incidents.lib.citations import replaced
from incidents.lib.stored import ADDRESS
from postmortems.rendering.rows import Cell, Row, rows_of

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
        lines += section_rows(section)
        if section["body"]:
            lines += [placed_pictures(lowered(replaced(section["body"], lambda entry: f"[^{numbers[entry]}]" if entry in numbers else "")), base_url), ""]
        if section["kind"] in ROWS and section["kind"] not in placed:
            placed.add(section["kind"])
            lines += ROWS[section["kind"]](document)
    for kind, title in TITLES.items():
        if kind not in placed and document.get(kind):
            lines += [f"## {title}", "", *ROWS[kind](document)]
    if numbers:
        lines += ["## Evidence cited", "", *evidence(document)]
    return "\n".join(lines).rstrip() + "\n"


def facts(document: Mapping[str, Any], incident: Mapping[str, Any]) -> list[str]:
    severity = incident["severity"]
    pairs = [
        ("Post-mortem", document["reference"]),
        ("Incident", incident["reference"]),
        ("Also covers", "; ".join(f"{row['reference']} {row['title']}, {row['started']}" for row in document.get("related", []))),
        ("Type", incident["type"]["name"] if incident.get("type") else ""),  # revisions from before there were any have none
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


def section_rows(section: Mapping[str, Any]) -> list[str]:
    """Return the rows of a section; long texts are Markdown already."""
    found = rows_of(section, lambda _text: SafeString(""))
    layout = section.get("layout", "")
    if not found:
        return []
    if layout == "table":
        head = [escaped(cell.label) for cell in found[0].cells]
        return table(head, [[escaped(cell.text) for cell in row.cells] for row in found])
    if layout == "tree":
        return [*branches(found, ""), ""]
    if layout in ("cards", "answers", "terms"):
        return [line for row in found for line in block(section, row, layout)]
    return [line for row in found for line in point(row, layout)] + [""]


def block(section: Mapping[str, Any], row: Row, layout: str) -> list[str]:
    """Return a row that is a part of its own: a decision, a question with its answer, a term with its meaning."""
    heads = {"cards": f"{section['row'].capitalize()} {row.number}", "answers": text_of(row, "question"), "terms": text_of(row, "term")}
    if layout == "cards":
        return [f"### {escaped(heads[layout])}", "", *(item(cell, "") for cell in row.filled), ""]
    lines = [lowered(text_of(row, "answer") or text_of(row, "meaning"))]
    if reason := text_of(row, "not_applicable_because"):
        lines += ["", f"Not applicable: {escaped(reason)}"]
    rest = ["", *(item(cell, "") for cell in row.others)] if row.others else []
    return [f"**{escaped(heads[layout])}**", "", *"\n".join([*lines, *rest]).strip("\n").split("\n"), ""]


def text_of(row: Row, name: str) -> str:
    cell = row.by_name.get(name)
    return cell.text if cell else ""


def item(cell: Cell, indent: str) -> str:
    if not cell.is_long:
        return f"{indent}- {escaped(cell.label)}: {linked('', cell)}"
    gap = "\n\n" if "\n" in cell.text else " "  # what has several lines may be a list of its own
    return indented(f"{escaped(cell.label)}:{gap}{lowered(cell.text)}", indent)


def linked(words: str, cell: Cell) -> str:
    """Return words as a link to the address in a cell; a cell that holds none is its text."""
    if cell.type != "link" or not ADDRESS.fullmatch(cell.text):
        return f"{words} {escaped(cell.text)}".strip()
    return f"[{words or escaped(cell.text)}](<{cell.text}>)"


def indented(text: str, indent: str) -> str:
    """Return a text as one item of a list, its further lines below it."""
    return f"{indent}- " + "\n".join(f"{indent}  {line}" if line else "" for line in text.split("\n")).lstrip()


def point(row: Row, layout: str) -> list[str]:
    lead, address = row.lead, row.address
    words = "" if lead is None else lowered(lead.text) if lead.is_long else escaped(lead.text)
    if layout == "links":
        return [indented(linked(words, address) if address else words or "–", ""), *(item(cell, "  ") for cell in row.rest_of_link)]
    sorts = "".join(f"**{escaped(cell.text.capitalize())}:** " for cell in row.sorts)
    return [indented(f"{sorts}{words}".strip() or "–", ""), *(item(cell, "  ") for cell in row.rest)]


def branches(rows: Sequence[Row], indent: str) -> list[str]:
    """Return a tree as nested lists."""
    lines = []
    for row in rows:
        lines += [indented(f"**{escaped(text_of(row, 'question') or '–')}**", indent)]
        if answer := text_of(row, "answer"):
            lines += ["", *(f"{indent}  {line}" if line else "" for line in lowered(answer).split("\n")), ""]
        lines += [item(cell, indent + "  ") for cell in row.others]
        lines += branches(row.children, indent + "  ")
    return lines


def placed_pictures(body: str, base_url: str) -> str:
    return PICTURE.sub(rf"\1{base_url}\2", body) if base_url else body


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows), ""]


def milestones(document: Mapping[str, Any]) -> list[str]:
    result = moments_and_metrics(document)
    for row in document.get("related", []):
        result += [f"### {row['reference']} {escaped(row['title'])}", "", *moments_and_metrics(row)] if row["milestones"] else []
    return result


def moments_and_metrics(document: Mapping[str, Any]) -> list[str]:
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
            words = f"{row['incident']}: {words}" if row.get("incident") else words
            cells.append([f"{row['local']} {row['zone']}", escaped(row["actor"]), row["kind_name"], f"**{words}**" if row["key"] and words else words])
        lines += [f"### {day}", "", *table(["Time", "Who", "Kind", "What happened"], cells)]
    left = document["timeline_total"] - len(document["timeline"])
    return [*lines, f"{left} more on the incident's timeline.", ""] if left > 0 else lines


def evidence(document: Mapping[str, Any]) -> list[str]:
    """Return the cited entries as footnotes."""
    rows = []
    for row in document["evidence"]:
        told = ", ".join(filter(None, [f"{row['day']}, {row['local']} {row['zone']}", row["actor"], row["source_name"], row.get("incident")]))
        rows.append(f"[^{row['number']}]: {escaped(told)}: {escaped(row['text'])}")
    return rows


def actions(document: Mapping[str, Any]) -> list[str]:
    rows = [
        [row["reference"], escaped(row["title"]), escaped(row["owner"]), row["due_on"] or "", row["priority_name"], escaped(row["status_name"])]
        for row in document["actions"]
    ]
    return table(["Ref.", "Action", "Owner", "Due", "Priority", "Status"], rows) if rows else []


def perspectives(document: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for told in document.get("perspectives", []):  # documents published before perspectives have none
        rows = [[line["label"], escaped(line["text"])] for line in told["lines"]]
        rows += [["Differs from", escaped(f"{other['who']}: {other['note']}" if other["note"] else other["who"])] for other in told["differs"]]
        who = f"{told['who']}, {told['role']}" if told["role"] else told["who"]
        lines += [f"### {escaped(told['local'])}: {escaped(who)}", "", *table(["", ""], rows)]
    return lines


def factors(document: Mapping[str, Any]) -> list[str]:
    """The factors as a numbered list; a document from before there were any has none."""
    trigger = document.get("trigger")
    lines = [f"**Trigger:** {escaped(trigger['name'])}", ""] if trigger else []
    for row in document.get("factors") or []:
        lines.append(f"{row['number']}. {escaped(row['statement'])}")
        lines += [f"   - {words}" for words in factor_details(row) if words]
    return [*lines, ""] if lines else []


def factor_details(row: Mapping[str, Any]) -> list[str]:
    leaf = row["leaf"]
    tags = [row["kind_name"], f"{leaf['group_name']}: {leaf['name']}" if leaf else "", row["stage_name"], f"confidence {row['confidence']}"]
    evidence = [f"{one['local']} {one['actor']}: {one['text']}" if one["actor"] else f"{one['local']}: {one['text']}" for one in row["evidence"]]
    evidence += ["a participant's account"] if row["from_account"] else []
    evidence += [row["evidence_link"]] if row["evidence_link"] else []
    return [
        escaped(", ".join(filter(None, tags))),
        f"How: {escaped(row['mechanism'])}" if row["mechanism"] else "",
        *(f"{link['relation_name'].capitalize()}: factor {link['to']}" for link in row["links"]),
        *(f"Came from “{escaped(one['title'])}”: {escaped(' → '.join(step['question'] or '–' for step in one['steps']))}" for one in row.get("chains", ())),
        *(f"Evidence: {escaped(one)}" for one in evidence),
        f"Actions: {', '.join(row['actions'])}" if row["actions"] else "",
    ]


def look_back(document: Mapping[str, Any]) -> list[str]:
    """Three lines, three months later; most documents are from before then."""
    written = document["look_back"]
    return [*(f"- {escaped(line['label'])} {escaped(line['text'])}" for line in written["lines"]), "", f"Written on {written['local']}.", ""]


ROWS = {"milestones": milestones, "timeline": timeline, "factors": factors, "perspectives": perspectives, "actions": actions, "look_back": look_back}
TITLES = {
    "milestones": "Key moments and intervals",
    "timeline": "Timeline",
    "factors": "Contributing factors",
    "actions": "Action items",
    "look_back": "Looking back",
}
