"""Writes. Factors that were written elsewhere, with the words of another vocabulary, become drafts here to be reviewed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction

from incidents.access import Actor
from postmortems import factoring, factors
from postmortems.access import require_open
from postmortems.models import Factor, FactorLeaf, Postmortem
from postmortems.vocabularies import Term, UnknownWordError, Written, meaning_of


@dataclass(frozen=True)
class Brought:
    """What became of one: a factor, the trigger, or nothing with the reason. `candidates` are leaves that it may be, the likeliest first."""

    statement: str
    factor: Factor | None = None
    trigger: str = ""
    reason: str = ""
    candidates: tuple[str, ...] = ()


@transaction.atomic
def bring_in(*, actor: Actor, postmortem: Postmortem, rows: Iterable[Written]) -> list[Brought]:
    """Add what may be taken over, each as a factor at the end; the trigger is set where there is none. Raises ValidationError for words that no vocabulary has.

    Bringing in the same again adds nothing: a statement that is there already is left out.
    """
    require_open(actor, postmortem)
    postmortem = Postmortem.objects.select_for_update().get(pk=postmortem.pk)
    given = [(row, term_for(row, place)) for place, row in enumerate(rows, 1)]
    leaves = {leaf.key: leaf for leaf in FactorLeaf.objects.filter(is_active=True, group__is_active=True)}
    statements = list(postmortem.factors.values_list("statement", flat=True))
    there, room = {factors_words(statement) for statement in statements}, factoring.MOST_FACTORS - len(statements)
    found = []
    for row, term in given:
        if factors_words(row.statement) in there:
            found.append(Brought(row.statement, reason="A factor with these words is there already."))
            continue
        if room <= 0 and row.statement.strip() and not term.leave_out:
            found.append(Brought(row.statement, reason=f"There is no room: a post-mortem holds {factoring.MOST_FACTORS} factors."))
            continue
        brought = bring_one(actor, postmortem, row, term, leaves)
        if brought.factor:
            there.add(factors_words(row.statement))
            room -= 1
        found.append(brought)
    return found


@transaction.atomic
def foresee(*, actor: Actor, postmortem: Postmortem, rows: Iterable[Written]) -> list[Brought]:
    """Return what bringing in would give, and write nothing. Raises what `bring_in` raises."""
    found = bring_in(actor=actor, postmortem=postmortem, rows=rows)
    transaction.set_rollback(True)
    return found


def bring_one(actor: Actor, postmortem: Postmortem, row: Written, term: Term, leaves: dict[str, FactorLeaf]) -> Brought:
    if term.leave_out:
        return Brought(row.statement, reason=term.leave_out)
    trigger = ""
    if term.trigger and not postmortem.trigger:
        factoring.set_trigger(actor=actor, postmortem=postmortem, version=postmortem.version, trigger=term.trigger)
        postmortem.refresh_from_db(fields=["trigger", "version"])
        trigger = term.trigger
    if not row.statement.strip():
        reason = "The trigger is said already." if term.trigger else "It has no words of its own."
        return Brought(row.statement, trigger=trigger, reason="" if trigger else reason)
    candidates = likeliest(row.statement, term.may_mean(list(leaves)), leaves)
    leaf = leaves.get(term.leaf)
    kind = term.kind or ("trigger" if term.triggers else "")
    factor = factoring.add(actor=actor, postmortem=postmortem, statement=row.statement, leaf=leaf, kind=kind, confidence=Factor.Confidence.LOW)
    return Brought(row.statement, factor, trigger, candidates=() if leaf else tuple(candidates))


def likeliest(statement: str, keys: list[str], leaves: dict[str, FactorLeaf]) -> list[str]:
    """Return the keys, those first whose words are in the statement."""
    told = [factors.Leaf(leaf.key, leaf.name, leaf.use_when, leaf.question) for leaf in (leaves[key] for key in keys)]
    first = [one.leaf.key for one in factors.suggest(statement, told)]
    return [*first, *(key for key in keys if key not in first)]


def term_for(row: Written, place: int) -> Term:
    try:
        return meaning_of(row)
    except UnknownWordError as error:
        raise ValidationError(f"Row {place}, {error.column}: {error}") from None


def factors_words(statement: str) -> str:
    return " ".join(statement.casefold().split())
