"""The rows of the postmortems app, by topic."""

from postmortems.models.action_items import ActionItem
from postmortems.models.choosing import LearningAssessment, LearningQuestion, ReviewRequirement, RuleCondition, TemplateRule
from postmortems.models.coach import Dismissal
from postmortems.models.participation import Participant
from postmortems.models.postmortem import Postmortem, Section, SectionVersion
from postmortems.models.publication import Revision
from postmortems.models.search import SearchEntry
from postmortems.models.template import Audience, Depth, RetrospectiveTemplate, SectionKind, SectionText, TemplateSection, TemplateVersion

__all__ = [
    "ActionItem",
    "Audience",
    "Depth",
    "Dismissal",
    "LearningAssessment",
    "LearningQuestion",
    "Participant",
    "Postmortem",
    "RetrospectiveTemplate",
    "ReviewRequirement",
    "Revision",
    "RuleCondition",
    "SearchEntry",
    "Section",
    "SectionKind",
    "SectionText",
    "SectionVersion",
    "TemplateRule",
    "TemplateSection",
    "TemplateVersion",
]
