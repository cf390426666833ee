"""Pure. The rows of a section in a document, as the templates and the Markdown show them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from incidents.lib import markdown
from postmortems import rows as trees


@dataclass(frozen=True)
class Cell:
    """What one row has in one column, as text and as safe HTML; empty where it has nothing."""

    name: str
    label: str
    type: str
    text: str
    html: SafeString

    @property
    def is_long(self) -> bool:
        return self.type == "long"


@dataclass(frozen=True)
class Row:
    """A row with a cell for each column. `lead` is what it is about; `sorts` are choices that are told before it."""

    number: int
    cells: Sequence[Cell]
    children: Sequence[Row] = field(default_factory=tuple)

    @property
    def filled(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.text]

    @property
    def lead(self) -> Cell | None:
        return next((cell for cell in self.cells if cell.type in {"text", "long"}), None)

    @property
    def sorts(self) -> list[Cell]:
        return [cell for cell in self.filled if cell.type == "choice" and cell != self.lead]

    @property
    def rest(self) -> list[Cell]:
        lead, sorts = self.lead, self.sorts
        return [cell for cell in self.filled if cell != lead and cell not in sorts]

    @property
    def by_name(self) -> dict[str, Cell]:
        return {cell.name: cell for cell in self.filled}

    @property
    def others(self) -> list[Cell]:
        """Cells that have no place of their own where a layout knows some columns by name."""
        return [cell for cell in self.filled if cell.name not in PLACED]

    @property
    def address(self) -> Cell | None:
        return next((cell for cell in self.filled if cell.type == "link"), None)

    @property
    def rest_of_link(self) -> list[Cell]:
        return [cell for cell in self.filled if cell not in (self.address, self.lead)]


#: How a row tells of a factor of its document.
FACTOR = re.compile(r"(?P<name>Factor (?P<number>\d{1,4})): ")
#: Columns that "answers", "terms" and "tree" put in their place.
PLACED = {"question", "answer", "not_applicable_because", "term", "meaning"}


def rows_of(section: Mapping[str, Any], prose: Callable[[str], SafeString]) -> list[Row]:
    """Return the rows of a section of a document; those of a tree hang on each other."""
    columns = section.get("columns", [])
    shown = used(columns, section.get("rows", []))
    if section.get("layout") == "tree":
        return nested(trees.tree(section.get("rows", [])), shown, prose)
    return [Row(number, cells_of(row, shown, prose)) for number, row in enumerate(section.get("rows", []), start=1)]


def used(columns: Iterable[Mapping[str, str]], rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, str]]:
    """Return the columns that any row has something in."""
    return [column for column in columns if any(row["cells"].get(column["name"]) for row in rows)]


def nested(nodes: Iterable[trees.Node], columns: Sequence[Mapping[str, str]], prose: Callable[[str], SafeString]) -> list[Row]:
    return [Row(number, cells_of(node.row, columns, prose), nested(node.children, columns, prose)) for number, node in enumerate(nodes, start=1)]


def cells_of(row: Mapping[str, Any], columns: Iterable[Mapping[str, str]], prose: Callable[[str], SafeString]) -> list[Cell]:
    return [cell_of(column, row["cells"].get(column["name"], ""), prose) for column in columns]


def cell_of(column: Mapping[str, str], text: str, prose: Callable[[str], SafeString]) -> Cell:
    return Cell(column["name"], column["label"], column["type"], text, html_of(column["type"], text, prose))


def html_of(kind: str, text: str, prose: Callable[[str], SafeString]) -> SafeString:
    if kind == "long":
        return prose(text)
    if kind == "factor" and (found := FACTOR.match(text)):
        return format_html('<a href="#factor-{}">{}</a>: {}', found["number"], found["name"], text[found.end() :])
    if kind == "link":
        # `clean` decides about the address, as it does for links in prose.
        return mark_safe(markdown.clean(f'<a href="{escape(text)}">{escape(text)}</a>'))  # noqa: S308 - cleaned by nh3
    return SafeString(escape(text))


def words_of(section: Mapping[str, Any]) -> str:
    """Return what the rows say as lines of text: for search, and for comparing two documents."""
    columns = {column["name"]: column for column in section.get("columns", [])}
    blocks = []
    for row in section.get("rows", []):
        cells = [f"{columns[name]['label']}: {text}" for name, text in row["cells"].items() if name in columns]
        blocks.append("\n".join("  " * trees.depth_of(row) + line for line in cells))
    return "\n\n".join(blocks)
