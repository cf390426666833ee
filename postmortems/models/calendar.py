"""When teams work: their zone, their working days, their holidays. Dates of steps count by them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models

from incidents.models import Team
from incidents.models.people import check_zone

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class WorkCalendar(models.Model):
    """A way of working that several teams may share, such as “Portugal” or “Office in Riyadh”."""

    name = models.CharField(max_length=100, unique=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[check_zone], help_text="Where its days begin and end, such as Europe/Lisbon.")
    monday = models.BooleanField(default=True)
    tuesday = models.BooleanField(default=True)
    wednesday = models.BooleanField(default=True)
    thursday = models.BooleanField(default=True)
    friday = models.BooleanField(default=True)
    saturday = models.BooleanField(default=False)
    sunday = models.BooleanField(default=False)
    is_default = models.BooleanField(default=False, help_text="For every team that is in no other calendar.")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def weekdays(self) -> frozenset[int]:
        """The working days, Monday being 0."""
        return frozenset(number for number, name in enumerate(WEEKDAYS) if getattr(self, name))

    def clean(self) -> None:
        if not self.weekdays:
            raise ValidationError("Tick at least one working day.")


class CalendarTeam(models.Model):
    """A team works by one calendar."""

    calendar = models.ForeignKey(WorkCalendar, on_delete=models.CASCADE, related_name="teams")
    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="+")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.team)


class Holiday(models.Model):
    calendar = models.ForeignKey(WorkCalendar, on_delete=models.CASCADE, related_name="holidays")
    day = models.DateField()
    name = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["calendar", "day"], name="holiday_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.name}".strip()
