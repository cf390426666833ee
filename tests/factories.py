"""Rows for tests: `make_*` functions with defaults for all that a test does not care about."""

from datetime import UTC, datetime, timedelta

from incidents import jobs, lifecycle
from incidents.models import Incident, IncidentMember, Service, Team, TimelineEvent, User

T0 = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


def make_user(username="someone", role="responder", **fields):
    return User.objects.create_user(username=username, email=f"{username}@example.org", password="a long pass phrase", role=role, **fields)


def make_team(name="Payments", **fields):
    return Team.objects.create(name=name, **fields)


def make_service(key="checkout", **fields):
    return Service.objects.create(key=key, name=fields.pop("name", key.title()), **fields)


def make_incident(title="Checkout returns errors", members=(), **fields):
    incident = Incident.objects.create(title=title, **{"started_at": T0, **fields})
    if incident.field_values:
        lifecycle.index_values(incident)
    IncidentMember.objects.bulk_create(IncidentMember(incident=incident, user=user) for user in members)
    return incident


def make_event(incident, minute=0, text="Something happened", **fields):
    at = fields.pop("at", T0 + timedelta(minutes=minute))
    number = TimelineEvent.objects.filter(incident=incident).count()
    return TimelineEvent.objects.create(
        incident=incident, text=text, **{"at": at, "occurred_at": at, "source": "manual", "external_key": f"test-{number}", "sequence": number, **fields}
    )


def api_client(user, scope="write"):
    """A REST client with a fresh token of `user`."""
    from django.utils import timezone
    from rest_framework.test import APIClient

    from incidents import tokens

    _token, secret = tokens.issue(user=user, name="test", scope=scope, days=1, now=timezone.now())
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def make_postmortem(owner, template="standard_blameless", incident=None, **fields):
    """A draft as the page makes it; `fields` are those of a new incident."""
    from postmortems import drafting
    from postmortems.models import RetrospectiveTemplate

    return drafting.start(actor=owner, incident=incident or make_incident(**fields), template=RetrospectiveTemplate.objects.get(key=template))


def make_action_item(title="Alert on the age of the oldest job", incident=None, **fields):
    from postmortems.models import ActionItem

    return ActionItem.objects.create(title=title, incident=incident or make_incident(), **fields)


def make_written(owner, **incident):
    """A post-mortem of an incident with milestones, timeline, members and an action item; every section has words of its own."""
    from incidents.models import Milestone, MilestoneKind
    from postmortems.models import ActionItem, Section

    subject = make_incident(**incident)
    IncidentMember.objects.create(incident=subject, user=owner, role="Incident Commander")
    for key, minute in (("impact_started", 0), ("detected", 4), ("mitigated", 47)):
        Milestone.objects.create(incident=subject, kind=MilestoneKind.objects.get(key=key), decision="confirmed", at=T0 + timedelta(minutes=minute))
    make_event(subject, 1, "Error ratio above 4 %", kind="alert", actor="Alertmanager", source="alertmanager")
    make_event(subject, 3, f"@{owner.username} rolled it back", kind="action", actor="Maria Lopez", salience=2, source="slack")
    make_event(subject, 5, "still looking", kind="message", actor=str(owner), source="slack")
    make_event(subject, 6, "debug line", kind="message", actor="bot", salience=0, source="slack")
    postmortem = make_postmortem(owner, incident=subject)
    for section in postmortem.sections.all():
        Section.objects.filter(pk=section.pk).update(body=f"Words of {section.key}.")
    ActionItem.objects.create(incident=subject, postmortem=postmortem, title="Alert by peer", owner=owner, due_on=T0.date())
    return postmortem


def make_endpoint(scheme="hmac", secret="test-secret", source="json", **fields):
    """A webhook endpoint with a secret that is known."""
    from incidents.models import Endpoint, EndpointSecret

    endpoint = Endpoint.objects.create(name=fields.pop("name", f"Endpoint {Endpoint.objects.count() + 1}"), scheme=scheme, source=source, **fields)
    if secret:
        EndpointSecret.seal(endpoint, secret).save()
    return endpoint


def post_hook(client, endpoint, body, *, secret="test-secret", **headers):
    """Post a body to an endpoint of the scheme "hmac", signed."""
    import hmac
    import json

    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signature = hmac.digest(secret.encode(), raw, "sha256").hex()
    return client.post(endpoint.path, raw, content_type=headers.pop("content_type", "application/json"), headers={"X-Signature": signature, **headers})


def make_factor(postmortem, statement="Settings went to all regions at once, which meant that the first sign came from everywhere.", **fields):
    """A factor that lacks nothing but evidence; `fields` are those of `factoring.add`, `leaf` by its key."""
    from incidents.access import SYSTEM
    from postmortems import factoring
    from postmortems.models import FactorLeaf

    leaf = FactorLeaf.objects.get(key=fields.pop("leaf", "change.exposure"))
    return factoring.add(actor=SYSTEM, postmortem=postmortem, statement=statement, leaf=leaf, **{"kind": "condition", "stage": "onset", **fields})


def make_field(key="region", name="Region", kind="text", options=(), **fields):
    """A custom field of incidents; `options` are labels by key."""
    from incidents.models import CustomField, CustomFieldOption

    field = CustomField.objects.create(key=key, name=name, kind=kind, **fields)
    rows = enumerate(dict(options).items(), start=1)
    CustomFieldOption.objects.bulk_create(CustomFieldOption(field=field, key=one, label=label, position=place) for place, (one, label) in rows)
    return field


def work():
    """Do everything that waits to be done."""
    while jobs.sweep():
        pass
