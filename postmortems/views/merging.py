"""The page of a lost race: three texts, what each changed, and a choice only where two people changed the same words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from incidents.lib.merging import CHOICES, Hunk, put_together, three_way
from incidents.lib.worddiff import Piece, word_diff
from postmortems import kinds
from postmortems import rows as section_rows
from postmortems.forms.sections import SectionForm
from postmortems.models import Postmortem, Section, SectionVersion
from postmortems.views.postmortems import draft_for

#: Unchanged text between two changes, of which the page shows the ends only.
LONG = 600
MOST_SHOWN = 400
ROW_CHOICES = {"merged": "Both changes together", "both": "All of both", "theirs": "What is saved now", "mine": "The other"}


@dataclass(frozen=True)
class Stretch:
    """A hunk as it is shown; `number` counts the overlaps, `choice` is what was chosen for one."""

    hunk: Hunk
    number: int | None
    choice: str
    mine: list[Piece]
    theirs: list[Piece]

    @property
    def start(self) -> str:
        return (self.hunk.base[: LONG // 2] if self.is_long else self.hunk.base).strip("\n")

    @property
    def end(self) -> str:
        return self.hunk.base[-LONG // 2 :].strip("\n") if self.is_long else ""

    @property
    def is_long(self) -> bool:
        return self.hunk.op == "same" and len(self.hunk.base) > LONG


@login_required
@require_GET
def section_conflict(request: HttpRequest, reference: str, key: str, version_id: int) -> HttpResponse:
    """The three texts of a lost race, at an address: autosave leads here, and so does the list of versions."""
    postmortem = draft_for(request.user, reference)
    found = get_object_or_404(postmortem.sections.select_related("updated_by"), key=key)
    lost = get_object_or_404(found.versions.filter(is_lost=True), pk=version_id)
    return conflict_page(request, postmortem, found, lost, status=200)


def conflict_page(request: HttpRequest, postmortem: Postmortem, current: Section, lost: SectionVersion, status: int = 409) -> HttpResponse:
    base = current.versions.filter(number=lost.number, is_lost=False).first()
    hunks = three_way(base.body if base else "", lost.body, current.body)
    overlaps = sum(hunk.op == "overlap" for hunk in hunks)
    choices = chosen(request.GET, overlaps)
    zone = ZoneInfo(postmortem.incident.time_zone)
    rows = rows_to_choose(current, lost, base)
    row_choice = asked if (asked := request.GET.get("rows", "")) in rows else next(iter(rows))
    values = joined_values(base, current, lost) | ({"rows": rows[row_choice]} if rows[row_choice] else {})
    mine = Section(
        postmortem=postmortem, kind=current.kind, fields=current.fields, prompts=current.prompts, version=current.version, body=lost.body, values=values
    )
    first = {"body": put_together(hunks, choices), "version": current.version}
    context = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "section": current,
        "lost": lost,
        "base": base,
        "is_mine": lost.saved_by_id == request.user.pk,
        "stretches": stretches(hunks, choices)[:MOST_SHOWN],
        "overlaps": overlaps,
        "taken": sum(hunk.op in ("mine", "theirs", "agreed") for hunk in hunks),
        "parts": [{name: hunk.chosen(name) for name in CHOICES} if hunk.op == "overlap" else hunk.merged for hunk in hunks],
        "form": SectionForm(section=mine, zone=zone, initial=first),
        "value_rows": value_rows(base, current, lost, zone),
        "row_choice": row_choice,
        "row_choices": [(name, ROW_CHOICES[name]) for name in rows],
        "row_pieces": row_pieces(current, lost, zone),
    }
    return render(request, "postmortems/section_conflict.html", context, status=status)


def chosen(sent: Mapping[str, str], overlaps: int) -> dict[int, str]:
    """Return what was chosen for each overlap; `all` is for every one that has none of its own."""
    every = sent.get("all", "")
    return {number: one if (one := sent.get(f"o{number}", "")) in CHOICES else every if every in CHOICES else "both" for number in range(overlaps)}


def stretches(hunks: list[Hunk], choices: Mapping[int, str]) -> list[Stretch]:
    result, number = [], 0
    for hunk in hunks:
        changed = hunk.op != "same"
        mine = word_diff(hunk.base, hunk.mine) if changed else []
        theirs = word_diff(hunk.base, hunk.theirs) if changed else []
        if hunk.op == "overlap":
            result.append(Stretch(hunk, number, choices[number], mine, theirs))
            number += 1
        else:
            result.append(Stretch(hunk, None, "", mine, theirs))
    return result


def rows_to_choose(current: Section, lost: SectionVersion, base: SectionVersion | None) -> dict[str, list[section_rows.Row]]:
    """The rows to begin with, by choice, the best one first; "merged" only where both changes go together."""
    theirs, mine = kinds.rows_of(current.values), kinds.rows_of(lost.values)
    merged = section_rows.merged(kinds.rows_of(base.values), mine, theirs) if base else None
    choices = {"both": theirs + [row for row in mine if row not in theirs], "theirs": theirs, "mine": mine}
    return choices if merged is None else {"merged": merged} | choices


def row_pieces(current: Section, lost: SectionVersion, zone: ZoneInfo) -> list[Piece]:
    """What the lost rows change in those that are saved; nothing where they are the same."""
    theirs, mine = (kinds.rows_of(one.values) for one in (current, lost))
    return [] if theirs == mine else word_diff(*(kinds.as_text(current, {"rows": rows}, "", zone) for rows in (theirs, mine)))


def joined_values(base: SectionVersion | None, current: Section, lost: SectionVersion) -> dict[str, Any]:
    """Return the fields' values with both changes; where both changed one, the lost text's, which its author is shown beside the other."""
    before = base.values if base else {}
    names = {*current.values, *lost.values} - {"rows"}
    return {
        name: value
        for name in names
        if (value := current.values.get(name) if lost.values.get(name) == before.get(name) else lost.values.get(name)) not in (None, "")
    }


def value_rows(base: SectionVersion | None, current: Section, lost: SectionVersion, zone: ZoneInfo) -> list[tuple[str, str, str, str]]:
    """The single fields that differ: label, before, theirs, mine."""
    result = []
    for field in kinds.facts_of(current):
        before, theirs, mine = (kinds.fact_text(current, field, values, zone) for values in (base.values if base else {}, current.values, lost.values))
        if theirs != mine:
            result.append((field.label, before, theirs, mine))
    return result
