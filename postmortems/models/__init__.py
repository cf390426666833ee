"""The rows of the postmortems app, by topic."""

from postmortems.models.action_items import ActionItem
from postmortems.models.calendar import CalendarTeam, Holiday, WorkCalendar
from postmortems.models.coach import Dismissal
from postmortems.models.factors import Factor, FactorGroup, FactorLeaf, FactorLink
from postmortems.models.meeting import AgendaBlock, Meeting, ParkedIdea
from postmortems.models.participation import Participant
from postmortems.models.perspectives import Difference, Perspective, PrivateNote, Shared, WrittenAccount
from postmortems.models.postmortem import Postmortem, Section, SectionVersion, Trigger
from postmortems.models.process import PlannedStep, Process, Step, StepEvent, StepPlan
from postmortems.models.publication import Revision
from postmortems.models.review import ApprovalRule, Decision, Review, Reviewer, Transition
from postmortems.models.search import SearchEntry
from postmortems.models.template import Audience, RetrospectiveTemplate, SectionKind, SectionText, TemplateSection

__all__ = [
    "ActionItem",
    "ApprovalRule",
    "Audience",
    "Decision",
    "AgendaBlock",
    "Difference",
    "Dismissal",
    "Meeting",
    "ParkedIdea",
    "Factor",
    "FactorGroup",
    "FactorLeaf",
    "FactorLink",
    "Participant",
    "Perspective",
    "Postmortem",
    "PrivateNote",
    "CalendarTeam",
    "Holiday",
    "PlannedStep",
    "Process",
    "RetrospectiveTemplate",
    "Review",
    "Reviewer",
    "Revision",
    "SearchEntry",
    "Section",
    "SectionKind",
    "SectionText",
    "SectionVersion",
    "Shared",
    "TemplateSection",
    "Transition",
    "WrittenAccount",
    "Trigger",
    "Step",
    "StepEvent",
    "StepPlan",
    "WorkCalendar",
]
