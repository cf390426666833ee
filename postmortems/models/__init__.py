"""The rows of the postmortems app, by topic."""

from postmortems.models.action_items import ActionItem
from postmortems.models.coach import Dismissal
from postmortems.models.comments import Comment, Mention
from postmortems.models.participation import Participant
from postmortems.models.pictures import Picture, PictureUse
from postmortems.models.postmortem import Postmortem, Section, SectionVersion
from postmortems.models.presence import Presence
from postmortems.models.publication import Revision
from postmortems.models.search import SearchEntry
from postmortems.models.template import Audience, RetrospectiveTemplate, SectionKind, SectionText, TemplateSection

__all__ = [
    "ActionItem",
    "Audience",
    "Comment",
    "Dismissal",
    "Mention",
    "Participant",
    "Picture",
    "PictureUse",
    "Postmortem",
    "Presence",
    "RetrospectiveTemplate",
    "Revision",
    "SearchEntry",
    "Section",
    "SectionKind",
    "SectionText",
    "SectionVersion",
    "TemplateSection",
]
