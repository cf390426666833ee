"""The three questions after a meeting. What is stored cannot say who answered what, whoever reads the database.

There is no row for an answer: an answer adds to numbers, and its words to a list that is kept in alphabetical order, apart
from the numbers. Who has answered is a list in the order of accounts. No time is kept, of an answer or of the whole row.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from incidents.access import Actor
from postmortems import access
from postmortems.models.postmortem import Postmortem
from postmortems.survey_results import nothing


class SurveyQuerySet(models.QuerySet["Survey"]):
    def visible_to(self, actor: Actor) -> SurveyQuerySet:
        return self.filter(access.full_view(actor, "postmortem__"))


class Survey(models.Model):
    """Asked of those who were in the meeting, until `closes_on` or until all have answered. `answered` are keys of accounts, sorted."""

    postmortem = models.OneToOneField(Postmortem, on_delete=models.CASCADE, related_name="survey")
    closes_on = models.DateField(help_text="The last day on which answers are taken, where the team is.")
    is_closed = models.BooleanField(default=False, help_text="Everybody answered; nobody is asked any more.")
    answered: Any = models.JSONField(default=list, editable=False)
    counts: Any = models.JSONField(default=nothing, editable=False, help_text="Question -> how many gave 1, 2, 3, 4 and 5.")
    words: Any = models.JSONField(default=list, editable=False)

    objects = SurveyQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"survey of PM-{self.postmortem_id}"
