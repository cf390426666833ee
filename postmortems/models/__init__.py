"""The rows of the postmortems app, by topic."""

from postmortems.models.action_items import ActionItem
from postmortems.models.coach import Dismissal
from postmortems.models.factors import Factor, FactorGroup, FactorLeaf, FactorLink
from postmortems.models.participation import Participant
from postmortems.models.postmortem import Postmortem, Section, SectionVersion, Trigger
from postmortems.models.publication import Revision
from postmortems.models.search import SearchEntry
from postmortems.models.template import Audience, RetrospectiveTemplate, SectionKind, SectionText, TemplateSection

__all__ = [
    "ActionItem",
    "Audience",
    "Dismissal",
    "Factor",
    "FactorGroup",
    "FactorLeaf",
    "FactorLink",
    "Participant",
    "Postmortem",
    "RetrospectiveTemplate",
    "Revision",
    "SearchEntry",
    "Section",
    "SectionKind",
    "SectionText",
    "SectionVersion",
    "TemplateSection",
    "Trigger",
]
