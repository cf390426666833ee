"""Pure. Citations in rendered prose: a small number that shows its entry on hover and focus, and leads to the list of evidence.

The rows are those of a document's `evidence`; each has its id, its number and what the entry said when it was frozen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from incidents.lib import citations

#: What a popover shows of an entry; the list of evidence has the rest.
SHOWN = 280


def numbered(rows: Sequence[Mapping[str, Any]]) -> dict[int, Mapping[str, Any]]:
    return {row["id"]: row for row in rows}


def marked(html: str, rows: Mapping[int, Mapping[str, Any]], *, printed: bool = False, place: str = "#s-e", lost: str = "") -> SafeString:
    """Return cleaned HTML with its marks as citations.

    `place` is the address before the number of the list's row; an empty one makes marks that lead nowhere, as in a preview.
    `lost` stands for a mark whose entry is not among the rows.
    """
    occurrence = count(1)

    def write(entry_id: int) -> str:
        row = rows.get(entry_id)
        if row is None:
            return lost
        return mark(row, next(occurrence), printed, place)

    return mark_safe(citations.replaced_in_html(html, write))  # noqa: S308 - what is put in is escaped below


def mark(row: Mapping[str, Any], occurrence: int, printed: bool, place: str) -> str:
    number = row["number"]
    if printed:
        return format_html('<a href="{}{}" class="cite__mark">[{}]</a>', place, number, number)
    note = f"{row['text'][:SHOWN].rstrip()}…" if len(row["text"]) > SHOWN else row["text"]
    words = format_html('<b>{}</b>{}<span class="cite__text">{}</span>', moment(row), origin(row), note)
    if place:  # the row in the list describes the mark to who cannot see the popover
        described = format_html('<a href="{}{}" class="cite__mark" aria-describedby="{}{}">[{}]</a>', place, number, place.lstrip("#"), number, number)
        return format_html('<span class="cite">{}<span class="cite__note" aria-hidden="true">{}</span></span>', described, words)
    told = f"cite-{occurrence}"
    button = format_html('<button type="button" class="cite__mark" aria-describedby="{}">[{}]</button>', told, number)
    return format_html('<span class="cite">{}<span class="cite__note" id="{}" role="tooltip">{}</span></span>', button, told, words)


def moment(row: Mapping[str, Any]) -> str:
    return f"{row['day']}, {row['local']} {row['zone']}"


def origin(row: Mapping[str, Any]) -> str:
    return "".join(f" · {part}" for part in (row["actor"], row["source_name"], row.get("incident")) if part)


LOST = mark_safe('<span class="cite"><span class="cite__mark cite__mark--lost" title="This entry is not on the timeline">[?]</span></span>')
