"""The rows of the postmortems app, by topic."""

from postmortems.models.action_items import ActionItem
from postmortems.models.calendar import CalendarTeam, Holiday, WorkCalendar
from postmortems.models.coach import Dismissal
from postmortems.models.participation import Participant
from postmortems.models.postmortem import Postmortem, Section, SectionVersion
from postmortems.models.process import PlannedStep, Process, Step, StepEvent, StepPlan
from postmortems.models.publication import Revision
from postmortems.models.search import SearchEntry
from postmortems.models.template import Audience, RetrospectiveTemplate, SectionKind, SectionText, TemplateSection

__all__ = [
    "ActionItem",
    "Audience",
    "CalendarTeam",
    "Dismissal",
    "Holiday",
    "Participant",
    "PlannedStep",
    "Postmortem",
    "Process",
    "RetrospectiveTemplate",
    "Revision",
    "SearchEntry",
    "Section",
    "SectionKind",
    "SectionText",
    "SectionVersion",
    "Step",
    "StepEvent",
    "StepPlan",
    "TemplateSection",
    "WorkCalendar",
]
