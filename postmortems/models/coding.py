"""Factors that a second person sorted into the catalogue, without knowing where the first had put them."""

from __future__ import annotations

from django.db import models

from incidents.access import Actor
from incidents.models import User
from postmortems import access
from postmortems.models.factors import Factor, FactorLeaf


class SecondCodingQuerySet(models.QuerySet["SecondCoding"]):
    def visible_to(self, actor: Actor) -> SecondCodingQuerySet:
        return self.filter(access.postmortem_filter(actor, "factor__postmortem__")) if access.may_read_draft(actor) else self.none()


class SecondCoding(models.Model):
    """`first` is what the factor had at that moment: it may be changed later, also because of this."""

    factor = models.OneToOneField(Factor, on_delete=models.CASCADE, related_name="second_coding")
    first = models.ForeignKey(FactorLeaf, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(FactorLeaf, null=True, on_delete=models.PROTECT, related_name="+", help_text="None: no kind of the catalogue fits.")
    coder = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    coded_at = models.DateTimeField()

    objects = SecondCodingQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"factor {self.factor_id} sorted again"
