"""The rows of the incidents app, by topic."""

from incidents.models.catalog import IncidentType, Service, Severity, Tag
from incidents.models.custom_fields import CustomField, CustomFieldOption
from incidents.models.endpoints import Endpoint, EndpointSecret, ExternalRef
from incidents.models.incident import FieldValue, Incident, IncidentMember
from incidents.models.intake import Delivery, Mapping
from incidents.models.jobs import Job
from incidents.models.log import AuditEvent
from incidents.models.milestones import MetricDefinition, Milestone, MilestoneKind
from incidents.models.people import ApiToken, Team, User
from incidents.models.reconstruction import Acceptance, Fusion, QualityReport, SourceClock
from incidents.models.timeline import Curation, Kind, Precision, Revised, Salience, TimelineEvent

__all__ = [
    "Acceptance",
    "ApiToken",
    "AuditEvent",
    "Curation",
    "CustomField",
    "CustomFieldOption",
    "Delivery",
    "Endpoint",
    "EndpointSecret",
    "ExternalRef",
    "FieldValue",
    "Fusion",
    "Incident",
    "IncidentMember",
    "IncidentType",
    "Job",
    "Kind",
    "Mapping",
    "MetricDefinition",
    "Milestone",
    "MilestoneKind",
    "Precision",
    "QualityReport",
    "Revised",
    "Salience",
    "Service",
    "Severity",
    "SourceClock",
    "Tag",
    "Team",
    "TimelineEvent",
    "User",
]
