"""The admin of the process: lists of steps, and when teams work. Imported by `admin.py`, which Django looks for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from postmortems import holidays
from postmortems.models import CalendarTeam, Holiday, PlannedStep, StepPlan, WorkCalendar
from postmortems.models.calendar import WEEKDAYS


class PlannedStepInline(admin.StackedInline[PlannedStep, StepPlan]):
    model = PlannedStep
    extra = 0
    fields = [
        ("position", "key", "title"),
        "guidance",
        ("role", "mandatory", "rule"),
        ("offset", "unit", "counted_from"),
        ("urgent_offset", "urgent_unit"),
    ]


@admin.register(StepPlan)
class StepPlanAdmin(admin.ModelAdmin[StepPlan]):
    """A retrospective keeps the copy it began with; a change here is for those that begin later, or choose the list anew."""

    list_display = ["name", "key", "size", "number_of_steps", "is_default", "position"]
    prepopulated_fields = {"key": ["name"]}
    filter_horizontal = ["templates"]
    inlines = [PlannedStepInline]
    fieldsets = [
        (None, {"fields": ["name", "key", "size", "use_when", "position"]}),
        ("For which retrospectives", {"fields": ["templates", "is_default"]}),
        ("Dates", {"fields": ["urgent_rank", "late_after"]}),
        ("What completes a step", {"fields": ["conversations"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StepPlan]:
        return super().get_queryset(request).annotate(step_count=Count("steps"))

    @admin.display(description="steps", ordering="step_count")
    def number_of_steps(self, plan: Any) -> int:
        return int(plan.step_count)

    def save_model(self, request: HttpRequest, obj: StepPlan, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if obj.is_default:  # there is one default
            StepPlan.objects.exclude(pk=obj.pk).update(is_default=False)


class CalendarForm(forms.ModelForm):  # type: ignore[type-arg]
    """A calendar, with a list of holidays to add to it."""

    holiday_file = forms.FileField(required=False, label="Import holidays", help_text="An iCalendar file (.ics) or CSV with a date and a name a line.")
    holiday_text = forms.CharField(
        required=False, label="Or paste them", max_length=100_000, widget=forms.Textarea(attrs={"rows": 4}), help_text="One a line: 2026-12-25 Christmas Day"
    )

    class Meta:
        model = WorkCalendar
        fields = ["name", "time_zone", *WEEKDAYS, "is_default"]

    def clean(self) -> dict[str, Any]:
        """Read the lists, so that a mistake in one is said before anything is saved."""
        given: dict[str, Any] = super().clean() or {}
        self.holidays: dict[Any, str] = {}
        year = timezone.localdate().year
        file, text = given.get("holiday_file"), given.get("holiday_text")
        for name, content in (("holiday_file", file.read(holidays.LARGEST + 1) if file else b""), ("holiday_text", text.encode() if text else b"")):
            if content:
                try:
                    self.holidays |= holidays.read(content, first_year=year)
                except holidays.HolidayError as error:
                    self.add_error(name, str(error))
        return given


class HolidayInline(admin.TabularInline[Holiday, WorkCalendar]):
    model = Holiday
    extra = 1


class CalendarTeamInline(admin.TabularInline[CalendarTeam, WorkCalendar]):
    model = CalendarTeam
    extra = 1
    verbose_name = "team"


@admin.register(WorkCalendar)
class WorkCalendarAdmin(admin.ModelAdmin[WorkCalendar]):
    """Dates of steps that count by a calendar follow its changes within a quarter of an hour."""

    form = CalendarForm
    list_display = ["name", "time_zone", "is_default"]
    search_fields = ["name"]
    inlines = [CalendarTeamInline, HolidayInline]
    fieldsets = [
        (None, {"fields": ["name", "time_zone", "is_default"]}),
        ("Working days", {"fields": [WEEKDAYS]}),
        ("Holidays", {"fields": ["holiday_file", "holiday_text"]}),
    ]

    def save_model(self, request: HttpRequest, obj: WorkCalendar, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if obj.is_default:
            WorkCalendar.objects.exclude(pk=obj.pk).update(is_default=False)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if found := getattr(form, "holidays", {}):
            before = form.instance.holidays.count()
            Holiday.objects.bulk_create((Holiday(calendar=form.instance, day=day, name=name) for day, name in found.items()), ignore_conflicts=True)
            added = form.instance.holidays.count() - before
            self.message_user(request, f"{added} of {len(found)} days were added; the others were there already.", messages.SUCCESS)
