"""Writes. From an end of a chain of questions to a contributing factor: made in one step, with the evidence that the chain rests on."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.db import transaction

from incidents.access import Actor
from incidents.lib import citations
from postmortems import chains, drafting, factoring, kinds, overview
from postmortems.access import require_open
from postmortems.fields import factor_of
from postmortems.models import Factor, Section

ADDRESS = re.compile(r"https?://[^\s<>\"')\]]{1,480}")
SPACES = re.compile(r"[ \t]{2,}")


@transaction.atomic
def make_factor(*, actor: Actor, section: Section, version: int, place: int) -> Factor:
    """Make a factor of the answer at `place` of the section's rows, and let that row lead to it, on top of `version`.

    The entries that the row cites are its evidence. Raises ValidationError where there is no answer or a factor already, SectionConflict
    when `version` is not the newest; then nothing is made.
    """
    require_open(actor, section.postmortem_id)
    rows = kinds.rows_of(section.values)
    if not chains.is_chain(section) or not 0 <= place < len(rows):
        raise ValidationError({"row": "There is no such question in this section."})
    row = rows[place]
    if factor_of(row.get(chains.COLUMN, "")):
        raise ValidationError({"row": "This leads to a factor already."})
    words = " ".join((row.get("answer", ""), row.get("evidence", "")))
    statement = statement_of(row.get("answer", "") or row.get(chains.COLUMN, ""))
    if not statement:
        raise ValidationError({"row": "Write the answer first: it becomes the factor's statement."})
    address = ADDRESS.search(words)
    events = overview.entries_of(section.postmortem).filter(pk__in=citations.cited(words))
    factor = factoring.add(
        actor=actor, postmortem=section.postmortem, statement=statement, events=events, evidence_link=address[0].rstrip(".,;:") if address else ""
    )
    changed = [*rows[:place], row | {chains.COLUMN: chains.name_of(factor.pk, statement)}, *rows[place + 1 :]]
    drafting.save_section(actor=actor, section=section, version=version, body=section.body, values=section.values | {"rows": changed})
    return factor


def statement_of(text: str) -> str:
    """Return an answer without its citations, as a statement."""
    return SPACES.sub(" ", citations.replaced(text, lambda _number: "")).replace(" .", ".").strip()[: factoring.LIMITS["statement"]]
