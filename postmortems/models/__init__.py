"""The rows of the postmortems app, by topic."""

from postmortems.models.action_items import ActionItem
from postmortems.models.coach import CoachSwitch, Dismissal
from postmortems.models.covering import RelatedIncident
from postmortems.models.near_miss import NearMiss
from postmortems.models.participation import Participant
from postmortems.models.postmortem import Postmortem, Section, SectionVersion
from postmortems.models.publication import Revision
from postmortems.models.search import SearchEntry
from postmortems.models.template import Audience, RetrospectiveTemplate, SectionKind, SectionText, TemplateSection

__all__ = [
    "ActionItem",
    "Audience",
    "CoachSwitch",
    "Dismissal",
    "NearMiss",
    "Participant",
    "Postmortem",
    "RelatedIncident",
    "RetrospectiveTemplate",
    "Revision",
    "SearchEntry",
    "Section",
    "SectionKind",
    "SectionText",
    "SectionVersion",
    "TemplateSection",
]
