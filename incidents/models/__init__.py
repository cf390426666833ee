"""The rows of the incidents app, by topic."""

from incidents.models.catalog import Service, Severity, Tag
from incidents.models.endpoints import Endpoint, EndpointSecret, ExternalRef
from incidents.models.incident import Incident, IncidentMember
from incidents.models.intake import Delivery, Mapping
from incidents.models.jobs import Job
from incidents.models.log import AuditEvent
from incidents.models.milestones import MetricDefinition, Milestone, MilestoneKind
from incidents.models.people import ApiToken, Team, User
from incidents.models.timeline import Curation, Kind, Precision, Revised, Salience, TimelineEvent

__all__ = [
    "ApiToken",
    "AuditEvent",
    "Curation",
    "Delivery",
    "Endpoint",
    "EndpointSecret",
    "ExternalRef",
    "Incident",
    "IncidentMember",
    "Job",
    "Kind",
    "Mapping",
    "MetricDefinition",
    "Milestone",
    "MilestoneKind",
    "Precision",
    "Revised",
    "Salience",
    "Service",
    "Severity",
    "Tag",
    "Team",
    "TimelineEvent",
    "User",
]
