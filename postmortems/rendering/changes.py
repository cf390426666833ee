"""Pure. Two documents -> what changed between them, section by section and row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from incidents.lib.worddiff import Piece, word_diff
from postmortems.rendering import rows

#: Unchanged text around a change that helps to find one's place; the rest of it is left out.
AROUND = 240


@dataclass(frozen=True)
class SectionChange:
    """`state` is added, removed or changed."""

    key: str
    title: str
    state: str
    pieces: Sequence[Piece]


@dataclass(frozen=True)
class RowChange:
    """One fact in words: `old` is empty where it is new, `new` where it is gone."""

    name: str
    old: str
    new: str


@dataclass(frozen=True)
class Changes:
    facts: Sequence[RowChange]
    sections: Sequence[SectionChange]
    unchanged: Sequence[str]
    measures: Sequence[RowChange]
    factors: Sequence[RowChange]
    actions: Sequence[RowChange]
    timeline_added: Sequence[Mapping[str, Any]]
    timeline_removed: Sequence[Mapping[str, Any]]

    def __bool__(self) -> bool:
        return bool(self.facts or self.sections or self.measures or self.factors or self.actions or self.timeline_added or self.timeline_removed)


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> Changes:
    sections, unchanged = compare_sections(old["sections"], new["sections"])
    added, removed = compare_entries(old["timeline"], new["timeline"])
    return Changes(
        facts=compare_rows(facts(old), facts(new)),
        sections=sections,
        unchanged=unchanged,
        measures=compare_rows(measures(old), measures(new)),
        factors=compare_factors(old, new),
        actions=compare_rows(actions(old), actions(new)),
        timeline_added=added,
        timeline_removed=removed,
    )


def words_of(section: Mapping[str, Any]) -> str:
    return "\n\n".join(texts_of(section))


def texts_of(section: Mapping[str, Any]) -> list[str]:
    """Return what a section says, part by part: fields, rows, text."""
    fields = "\n".join(f"{field['label']}: {field['value']}" for field in section.get("fields", []))
    return [text for text in (fields, rows.words_of(section), str(section["body"])) if text]


def compare_sections(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> tuple[list[SectionChange], list[str]]:
    before = {section["key"]: section for section in old}
    after = {section["key"] for section in new}
    changes, unchanged = [], []
    for section in new:
        earlier = before.get(section["key"])
        if earlier is None:
            changes.append(SectionChange(section["key"], section["title"], "added", shortened([Piece("new", words_of(section))])))
        elif (words_of(earlier), earlier["title"]) != (words_of(section), section["title"]):
            title = section["title"] if earlier["title"] == section["title"] else f"{section['title']} (was: {earlier['title']})"
            changes.append(SectionChange(section["key"], title, "changed", shortened(word_diff(words_of(earlier), words_of(section)))))
        else:
            unchanged.append(section["title"])
    gone = [section for section in old if section["key"] not in after]
    changes += [SectionChange(section["key"], section["title"], "removed", shortened([Piece("old", words_of(section))])) for section in gone]
    return changes, unchanged


def shortened(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces without the middle of long unchanged text."""
    result = []
    for place, piece in enumerate(pieces):
        if piece.op == "same" and len(piece.text) > 2 * AROUND + 80:
            start = piece.text[:AROUND] if place > 0 else ""
            end = piece.text[-AROUND:] if place < len(pieces) - 1 else ""
            result += [Piece("same", start), Piece("gap", ""), Piece("same", end)]
        else:
            result.append(piece)
    return result


def compare_rows(old: Mapping[str, str], new: Mapping[str, str]) -> list[RowChange]:
    names = [*new, *(name for name in old if name not in new)]
    return [RowChange(name, old.get(name, ""), new.get(name, "")) for name in names if old.get(name, "") != new.get(name, "")]


def facts(document: Mapping[str, Any]) -> dict[str, str]:
    incident = document["incident"]
    severity = incident["severity"]
    return {
        "Title": document["title"],
        "Audience": document["audience"],
        "Also covers": ", ".join(row["reference"] for row in document.get("related", [])),
        "Severity": severity["name"] if severity else "",
        "Services": ", ".join(service["name"] for service in incident["services"]),
        "Tags": ", ".join(incident["tags"]),
        "Team": incident["team"],
        "Started": incident["started"],
        "Time zone": document["zone"],
        "Trigger": (document.get("trigger") or {}).get("name", ""),
    } | {line["label"]: line["text"] for line in (document.get("look_back") or {}).get("lines", ())}


def measures(document: Mapping[str, Any]) -> dict[str, str]:
    states = {"pending": "pending", "not_applicable": "not applicable", "invalid": "invalid"}
    result: dict[str, str] = {}
    for incident in [document, *document.get("related", [])]:
        which = f" ({incident['reference']})" if incident is not document else ""
        result |= {row["name"] + which: row["local"] or states.get(row["state"], "") for row in incident["milestones"]}
        result |= {row["name"] + which: row["duration"] or states.get(row["state"], "") for row in incident["metrics"]}
    return result


def compare_factors(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[RowChange]:
    """A factor that was reworded is gone and new: its number may have moved, its words are what it is."""
    before, after = factors(old), factors(new)
    gone = [RowChange("Removed", words, "") for words in before if words not in after]
    return [*gone, *(RowChange("Added", "", words) for words in after if words not in before)]


def factors(document: Mapping[str, Any]) -> list[str]:
    return [
        f"{row['statement']} ({', '.join(filter(None, [row['kind_name'], row['leaf']['name'] if row['leaf'] else '', row['stage_name'], row['mechanism']]))})"
        for row in document.get("factors") or []
    ]


def actions(document: Mapping[str, Any]) -> dict[str, str]:
    return {
        row[
            "reference"
        ]: f"{row['title']} ({', '.join(filter(None, [row['owner'] or 'no owner', row['due_on'] or 'no date', row['priority_name'], row['status_name']]))})"
        for row in document["actions"]
    }


def compare_entries(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Return the entries only in the new one and those only in the old one; an entry that says something else is in both."""

    def identity(row: Mapping[str, Any]) -> tuple[Any, ...]:
        return row["at"], row["kind"], row["key"], row["actor"], row["text"], row["note"]

    return extra(new, Counter(map(identity, old)), identity), extra(old, Counter(map(identity, new)), identity)


def extra(entries: Sequence[Mapping[str, Any]], others: Counter[Any], identity: Any) -> list[Mapping[str, Any]]:
    result = []
    for row in entries:
        if others[identity(row)] > 0:
            others[identity(row)] -= 1
        else:
            result.append(row)
    return result
