"""The rows of the postmortems app, by topic."""

from postmortems.models.action_items import ActionItem
from postmortems.models.calendar import CalendarTeam, Holiday, WorkCalendar
from postmortems.models.choosing import LearningAssessment, LearningQuestion, ReviewRequirement, RuleCondition, TemplateRule
from postmortems.models.coach import CoachSwitch, Dismissal
from postmortems.models.coding import SecondCoding
from postmortems.models.comments import Comment, Mention
from postmortems.models.covering import RelatedIncident
from postmortems.models.factors import Factor, FactorGroup, FactorLeaf, FactorLink
from postmortems.models.look_back import LookBack
from postmortems.models.meeting import AgendaBlock, Meeting, ParkedIdea
from postmortems.models.near_miss import NearMiss
from postmortems.models.participation import Participant
from postmortems.models.perspectives import Difference, Perspective, PrivateNote, Shared, WrittenAccount
from postmortems.models.pictures import Picture, PictureUse
from postmortems.models.postmortem import Postmortem, Section, SectionVersion, Trigger
from postmortems.models.presence import Presence
from postmortems.models.process import PlannedStep, Process, Step, StepEvent, StepPlan
from postmortems.models.publication import Revision
from postmortems.models.review import ApprovalRule, Decision, Review, Reviewer, Transition
from postmortems.models.search import SearchEntry
from postmortems.models.survey import Survey
from postmortems.models.template import Audience, Depth, RetrospectiveTemplate, SectionKind, SectionText, TemplateSection, TemplateVersion
from postmortems.models.voices import Conversation, Reading, SharedDraft, WelfareCheck

__all__ = [
    "ActionItem",
    "AgendaBlock",
    "ApprovalRule",
    "Audience",
    "CalendarTeam",
    "CoachSwitch",
    "Comment",
    "Conversation",
    "Decision",
    "Depth",
    "Difference",
    "Dismissal",
    "Factor",
    "FactorGroup",
    "FactorLeaf",
    "FactorLink",
    "Holiday",
    "LearningAssessment",
    "LearningQuestion",
    "LookBack",
    "Meeting",
    "Mention",
    "NearMiss",
    "ParkedIdea",
    "Participant",
    "Perspective",
    "Picture",
    "PictureUse",
    "PlannedStep",
    "Postmortem",
    "Presence",
    "PrivateNote",
    "Process",
    "Reading",
    "RelatedIncident",
    "RetrospectiveTemplate",
    "Review",
    "ReviewRequirement",
    "Reviewer",
    "Revision",
    "RuleCondition",
    "SearchEntry",
    "SecondCoding",
    "Section",
    "SectionKind",
    "SectionText",
    "SectionVersion",
    "Shared",
    "SharedDraft",
    "Step",
    "StepEvent",
    "StepPlan",
    "Survey",
    "TemplateRule",
    "TemplateSection",
    "TemplateVersion",
    "Transition",
    "Trigger",
    "WelfareCheck",
    "WorkCalendar",
    "WrittenAccount",
]
