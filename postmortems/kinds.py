"""Pure. What each kind of section holds besides its text, as data: single fields, or rows with columns; and how rows are asked for and printed.

A template's own `fields` stand instead of the columns given here; for kinds without rows they are the section's single fields.
Rows are stored in `values["rows"]`, a list of strings by column name, next to the Markdown body.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from incidents.custom_fields import Told
from postmortems.fields import Field, parse_fields, problem, show

#: Cells of a form, over all rows: a request holds at most 1,000 fields.
MOST_CELLS, MOST_ROWS = 900, 200
#: Beside a number, in words and as a choice; the names cannot be those of fields.
SOURCE, QUALITY = ".source", ".quality"
QUALITIES = ("measured", "estimated", "unknown")
PROSE, SILENT = "prose", "heading"


@dataclass(frozen=True)
class Kind:
    """`shape` is rows, tree (rows with a depth) or questions (a row for each prompt); empty where the kind has none.

    `layout` is how rows are printed; `text` what the coach takes them for; `quoted` the columns that it leaves alone, because they
    hold what was said word for word.
    """

    columns: str = ""
    facts: str = ""
    shape: str = ""
    layout: str = "table"
    row: str = "row"
    body: str = "Anything else, in words"
    text: str = PROSE
    quoted: tuple[str, ...] = ()
    has_form: bool = True  # its single fields are asked for


KINDS: dict[str, Kind] = {
    "markdown": Kind(body="Text"),
    "fields": Kind(body="Around them, in words"),
    "meta": Kind(facts="review_held_on(date)\nauthors\npeople_heard\nreviewers\nsources_used(long)\nnot_covered"),
    "impact": Kind(body="In words"),
    "milestones": Kind(body="Around it, in words", has_form=False),
    "timeline": Kind(body="Around it, in words", has_form=False),
    "actions": Kind(body="In words: what guided the choice, or why there is none", has_form=False),
    "factors": Kind(body="Around it, in words", has_form=False),
    "perspectives": Kind(body="Around them, in words", has_form=False),
    "bullets": Kind("statement", shape="rows", layout="points", row="point"),
    "surprises": Kind("expectation\nobservation\nwho_was_surprised\nwhere_else", shape="rows", row="surprise"),
    "themes": Kind("statement\nuseful_for\nthemes", shape="rows", layout="points", row="learning"),
    "decisions": Kind(
        "at\ndecided_by_role\nsituation_as_seen\noptions_considered\nchoice\nreasons\ninformation_missing\nconfidence(1-5)\nresult",
        shape="rows",
        layout="cards",
        row="decision",
    ),
    "why_tree": Kind("question\nanswer\nevidence\nfactor", shape="tree", layout="tree", row="question", text="five_whys"),
    "qa": Kind("question\nanswer\nnot_applicable_because", shape="questions", layout="answers", row="question", quoted=("question",)),
    "comms": Kind(
        "at\naudience(customers|partners|regulators|public|support|inside)\nchannel\nmessage\nwhat_they_needed",
        shape="rows",
        row="message",
        quoted=("message",),
    ),
    "security": Kind(
        "asset\ndata_classes\nrecords_n\nidentities_affected\nexposure_from\nexposure_to\nevidence\nconfidence(low|medium|high)\ncannot_tell",
        facts="legal_hold(bool)",
        shape="rows",
        layout="cards",
        row="finding",
    ),
    "sharing": Kind("audience\nchannel\ndate(date)\nform\nstatus(planned|done)", shape="rows", row="audience", text=SILENT),
    "links": Kind("caption\naddress(link)\nexpires_on(date)\ncopy_kept(bool)\nnote", shape="rows", layout="links", row="link", text=SILENT),
    "glossary": Kind("term\nmeaning\nalso_called", shape="rows", layout="terms", row="term", text=SILENT),
}


class Text(Protocol):
    """What is asked of a section; the model's rows have it."""

    kind: str
    fields: str
    values: Mapping[str, Any]

    @property
    def questions(self) -> list[str]: ...


def kind_of(section: Text) -> Kind:
    return KINDS.get(section.kind, KINDS["markdown"])


def shape_of(section: Text) -> str:
    """Return the shape of the section's rows. Questions whose template has columns of its own are lines to fill in, and the questions guide."""
    shape = kind_of(section).shape
    return "rows" if shape == "questions" and section.fields.strip() else shape


def layout_of(section: Text) -> str:
    return "table" if kind_of(section).layout == "answers" and shape_of(section) == "rows" else kind_of(section).layout


def row_name(section: Text) -> str:
    """Return what one of its rows is called: "decision"."""
    kind = kind_of(section)
    return "line" if kind.shape == "questions" and shape_of(section) == "rows" else kind.row


def columns_of(section: Text) -> list[Field]:
    """Return the columns of the section's rows; none where its kind has no rows."""
    kind = kind_of(section)
    own = section.fields if kind.shape else ""
    columns = parse_fields(own.strip() and own or kind.columns)
    # What a chain of questions leads to is chosen among the factors, whatever a template says of that column.
    return [replace(one, type="factor") if kind.shape == "tree" and one.name == "factor" else one for one in columns]


def facts_of(section: Text) -> list[Field]:
    """Return the section's single fields."""
    kind = kind_of(section)
    if kind.shape:
        return parse_fields(kind.facts)
    return [one for one in parse_fields(section.fields if section.fields.strip() else kind.facts) if one.type != "incident"]


def fields_of_incident(section: Text) -> list[str] | None:
    """Return the keys of the incident's custom fields that a section shows: those it names, none for all. None where it shows none of them."""
    if section.kind != "fields":
        return None
    own = parse_fields(section.fields)
    named = [one.name for one in own if one.type == "incident"]
    return named if named or not own else None


def shown_of_incident(section: Text, told: Sequence[Told]) -> list[Told]:
    """Return those of the incident's custom fields that a section shows, in its order."""
    named = fields_of_incident(section)
    if named is None:
        return []
    by_key = {row.field.key: row for row in told}
    return [by_key[key] for key in named if key in by_key] if named else list(told)


def asked_of(section: Text) -> list[Field]:
    """Return the single fields that the form asks for."""
    return facts_of(section) if kind_of(section).has_form else []


def has_sources(section: Text, field: Field) -> bool:
    """Say whether a field is a number that comes with its source and how good it is."""
    return section.kind == "impact" and field.type in {"number", "percent"}


def most_rows(columns: Sequence[Field]) -> int:
    return min(MOST_ROWS, MOST_CELLS // (len(columns) + 1))


def texts_of(section: Any) -> list[str]:
    """Return everything that people wrote as Markdown in a section: its body, and what its rows hold."""
    return [section.body, *(str(cell) for row in rows_of(section.values) for cell in row.values())]


def rows_of(values: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the stored rows."""
    rows = values.get("rows")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def problems(section: Text, values: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with values from outside, by place: "impact_start", "rows[2].at"."""
    singles = {field.name: field for field in facts_of(section)}
    singles |= {field.name + SOURCE: Field(field.name, "text", "") for field in facts_of(section) if has_sources(section, field)}
    singles |= {field.name + QUALITY: Field(field.name, "choice", "", QUALITIES) for field in facts_of(section) if has_sources(section, field)}
    if section.kind == "timeline":
        singles["show"] = Field("show", "choice", "", ("key", "all"))
    columns = {column.name: column for column in columns_of(section)}
    if shape_of(section) == "tree":
        columns["depth"] = Field("depth", "number", "")
    given = [(name, name, value, singles) for name, value in values.items() if name != "rows" or not columns]
    rows = rows_of(values) if columns else []
    given += [(f"rows[{number}].{name}", name, value, columns) for number, row in enumerate(rows) for name, value in row.items()]
    found = {place: problem(known[name], str(value)) if name in known else "There is no field of this name." for place, name, value, known in given}
    if columns and len(rows) > most_rows(list(columns.values())):
        found["rows"] = f"At most {most_rows(list(columns.values()))}."
    return {place: words for place, words in found.items() if words}


def fact_text(section: Text, field: Field, values: Mapping[str, Any], zone: ZoneInfo) -> str:
    """Return a single field as people read it, with how good it is and where it comes from: "1,200 (estimated, from the order table)"."""
    shown = show(field, str(values.get(field.name, "")), zone)
    if not shown.strip() or not has_sources(section, field):
        return shown
    source = values.get(field.name + SOURCE, "")
    told = [str(values.get(field.name + QUALITY, "")), f"source: {source}" if source else ""]
    return f"{shown} ({', '.join(filter(None, told))})" if any(told) else shown


def cells_of(columns: Sequence[Field], row: Mapping[str, str], zone: ZoneInfo) -> list[tuple[Field, str]]:
    """Return the filled cells of a row as people read them."""
    return [(column, show(column, row[column.name], zone)) for column in columns if row.get(column.name, "").strip()]


def facts_told(section: Text, values: Mapping[str, Any], zone: ZoneInfo) -> list[str]:
    """Return the filled fields, each as “label: value”."""
    return [f"{field.label}: {words}" for field in facts_of(section) if (words := fact_text(section, field, values, zone))]


def as_text(section: Text, values: Mapping[str, Any], body: str, zone: ZoneInfo) -> str:
    """Return all that a section says as lines of text: for comparing versions, for searching, for an excerpt."""
    lines = facts_told(section, values, zone)
    columns = columns_of(section)
    for row in rows_of(values):
        indent = "  " * int(row.get("depth") or 0)
        cells = [f"{indent}{column.label}: {words}" if len(columns) > 1 else f"- {words}" for column, words in cells_of(columns, row, zone)]
        lines += [*cells, ""] if len(columns) > 1 else cells
    while lines and not lines[-1]:
        lines.pop()
    rows = "\n".join(lines)
    return f"{rows}\n\n{body}" if rows and body.strip() else rows or body


def as_excerpt(section: Text, values: Mapping[str, Any], body: str, zone: ZoneInfo) -> str:
    """Return how a section begins, for a line in a list: what was written before what was filled in, rows by their first cells."""
    columns = columns_of(section)
    cells = [[words for _column, words in cells_of(columns, row, zone)][:2] for row in rows_of(values)]
    lines = [found[0] if found[0].endswith((".", "?", "!")) else f"{': '.join(found).rstrip('.')}." for found in cells if found]
    return " ".join(filter(str.strip, [body, *(f"{fact}." for fact in facts_told(section, values, zone)), *lines]))
