"""Writes and reads. Coding agreement: a tenth of the published reviews of a quarter is sorted into the catalogue by a second person.

It measures the catalogue, never people or teams: low agreement says that its kinds are hard to tell apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from math import ceil

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from incidents.access import Actor, require
from incidents.models import AuditEvent, User
from postmortems.agreement import Agreement, agreement, by_group
from postmortems.models import Factor, FactorGroup, FactorLeaf, Postmortem, SecondCoding
from postmortems.survey_results import quarter_of

SHARE = 0.1


@dataclass(frozen=True)
class Drawn:
    """A review that was drawn for a quarter, and how far its second coding is."""

    postmortem: Postmortem
    factors: int
    coded: int


def bounds_of(day: date) -> tuple[datetime, datetime]:
    """Return when the quarter of a day begins and ends, in UTC."""
    year, number = quarter_of(day)
    following = (year + 1, 1) if number == 4 else (year, number + 1)
    return datetime(year, number * 3 - 2, 1, tzinfo=UTC), datetime(following[0], following[1] * 3 - 2, 1, tzinfo=UTC)


def drawn(actor: Actor, day: date) -> list[Drawn]:
    """Return the tenth of the reviews published in the quarter of `day`, one at least, as far as the actor may see them. The draw is the same for everybody."""
    begins, ends = bounds_of(day)
    sorted_ones = Factor.objects.filter(leaf__isnull=False)
    published = Postmortem.objects.filter(published_at__gte=begins, published_at__lt=ends, pk__in=sorted_ones.values("postmortem"))
    numbers = sorted(published.values_list("pk", flat=True), key=lambda pk: sha256(f"{begins:%Y-%m}:{pk}".encode()).hexdigest())
    chosen = numbers[: ceil(len(numbers) * SHARE)]
    rows = Postmortem.objects.visible_to(actor).filter(pk__in=chosen).select_related("incident")
    every = list(sorted_ones.filter(postmortem__in=chosen).values_list("postmortem_id", flat=True))
    done = list(SecondCoding.objects.filter(factor__postmortem__in=chosen).values_list("factor__postmortem_id", flat=True))
    return [Drawn(one, every.count(one.pk), done.count(one.pk)) for one in rows.order_by("pk")]


def to_code(postmortem: Postmortem) -> list[Factor]:
    """Return the factors that nobody sorted a second time, without what the first said being shown."""
    return list(postmortem.factors.filter(leaf__isnull=False, second_coding=None).select_related("leaf"))


def is_independent(actor: Actor, postmortem: Postmortem) -> bool:
    """Whether the actor had no hand in the factors and does not own the document."""
    if not isinstance(actor, User) or postmortem.owner_id == actor.pk:
        return False
    return not postmortem.factors.filter(created_by=actor).exists() and not postmortem.factors.filter(updated_by=actor).exists()


@transaction.atomic
def code(*, actor: Actor, postmortem: Postmortem, leaves: Mapping[int, FactorLeaf | None], now: datetime | None = None) -> int:
    """Keep where the actor puts each factor (None: nowhere), and return how many that were. What is coded already stays. Raises ValidationError."""
    require(actor, "draft")
    if not is_independent(actor, postmortem):
        raise PermissionDenied("Somebody else sorts them again: you wrote some of these factors, or own the document.")
    coder = actor if isinstance(actor, User) else None
    rows = [
        SecondCoding(factor=factor, first=factor.leaf, second=leaves[factor.pk], coder=coder, coded_at=now or timezone.now())
        for factor in to_code(postmortem)
        if factor.pk in leaves and factor.leaf
    ]
    if not rows:
        raise ValidationError("Choose a kind for one of the factors at least.")
    SecondCoding.objects.bulk_create(rows, ignore_conflicts=True)
    AuditEvent.record(actor, "factors.coded", postmortem.reference, number=len(rows))
    return len(rows)


@dataclass(frozen=True)
class Result:
    """Agreement on the leaf, on the group, and on each group by itself with the number of factors that one of the two put there."""

    leaves: Agreement
    groups: Agreement
    by_group: list[tuple[FactorGroup, Agreement, int]]


def result(actor: Actor) -> Result:
    rows = SecondCoding.objects.visible_to(actor).values_list("first__key", "second__key")
    pairs = [(first, second or "") for first, second in rows]
    parts = by_group(pairs)
    groups = FactorGroup.objects.filter(key__in=parts)
    return Result(
        agreement(pairs), agreement([(one.partition(".")[0], other.partition(".")[0]) for one, other in pairs]), [(one, *parts[one.key]) for one in groups]
    )
