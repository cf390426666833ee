"""Writes. What webhooks bring -> incidents: the job that routes a delivery, and the person who does it from the inbox.

`routing.py` decides; here the decision is carried out under a lock of the endpoint, so that deliveries of one key that
arrive at once open one incident. Each delivery keeps the decision with its reason.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from incidents import endpoint_mapping, intake, jobs, lifecycle, looking, routing, storing
from incidents.access import SYSTEM, Actor
from incidents.intake_report import Report
from incidents.intake_rows import retried
from incidents.intake_titles import services_named, severity_named
from incidents.lib import strict_json
from incidents.lib.text import clean_line, clean_text
from incidents.models import AuditEvent, Delivery, Endpoint, ExternalRef, Incident, Milestone, User
from incidents.routing import Facts, Known, Plan
from incidents.senders import sender_of, value_at
from incidents.sources.drafts import EventDraft, IncidentDraft, SourceError

State = Delivery.State
OPEN = (Incident.Status.OPEN, Incident.Status.MITIGATED)
READ = 500  # items that are looked at for the facts
TEXTS = 20
DECISIONS = {
    "opened": "Opened {incident}",
    "added": "Added to {incident}",
    "held": "Kept in the inbox",
    "ignored": "Ignored",
}


def options_of(endpoint: Endpoint, delivery: Delivery) -> dict[str, Any]:
    """Return how to read what this endpoint got."""
    given = {"source": endpoint.source, "time_zone": endpoint.time_zone, "mapping": endpoint_mapping.of_events(endpoint.mapping)}
    return looking.clean_options(given | {name: value for name, value in delivery.options.items() if name in looking.KEPT})


def facts_in(file: BinaryIO, delivery: Delivery, endpoint: Endpoint) -> Facts:
    """Read what a delivery says of its incident. Raises SourceError when it holds no event."""
    options = options_of(endpoint, delivery)
    payload = looking.payload_of(file, delivery.file_name)
    source = looking.source_for(payload, options)
    report, texts, is_untimed = Report(), [], False
    for number, item in enumerate(looking.items(source, payload, options)):
        if isinstance(item, IncidentDraft):
            report.note_incident(item)
        elif isinstance(item, EventDraft):
            texts.append(item.text)
            is_untimed = is_untimed or item.local == options.get("received")
        else:
            report.note_rejected(item)
        if number >= READ:
            break
    if not texts:
        raise SourceError(f"No event was found in it. {report.why_none()[0]}".strip())
    about = report.incident
    found = Facts(
        source=source.name,
        key=about.get("key", ""),
        title=clean_line(about.get("title", "") or texts[0].split("\n")[0]),
        text=clean_text("\n".join(texts[:TEXTS]), limit=4000),
        severity=about.get("severity", ""),
        services=tuple(about.get("services", ()))[:20],
        labels=tuple((clean_line(label, limit=100), clean_line(value, limit=200)) for label, value in about.get("labels", ()))[:100],
        is_untimed=is_untimed,
    )
    is_generic, keys = source.name == "json", () if found.key else sender_of(source.name).keys
    if is_generic or keys or any(field in endpoint_mapping.INCIDENT_FIELDS for field in endpoint.mapping.values()):
        file.seek(0)
        with suppress(strict_json.JsonError):  # lines of JSON, or text: the events are there, the incident is not named
            document = strict_json.loads(file.read())
            found = replace(found, key=next((value for path in keys if (value := value_at(document, path))), found.key))
            found = endpoint_mapping.completed(found, endpoint.mapping, document, is_generic=is_generic)
    return found


@jobs.handles("route", on=Delivery)
def route(delivery_id: int) -> None:
    """Read a delivery for its facts and put it where it belongs. Done again, it changes nothing."""
    delivery = Delivery.objects.select_related("endpoint__created_by").filter(pk=delivery_id, state=State.RECEIVED, incident=None).first()
    if delivery is None or delivery.endpoint is None:
        return
    endpoint = delivery.endpoint
    try:
        with storing.opened(delivery.stored_as, delivery.options.get("wrapping", "")) as file:
            facts = facts_in(file, delivery, endpoint)
    except SourceError as error:
        refuse(delivery, error)
        return
    except FileNotFoundError:
        raise jobs.GiveUp("The stored file is gone; restore it from a backup and try again.") from None

    def work() -> None:
        with transaction.atomic():
            # One at a time for each endpoint: the second of two with a new key finds the incident that the first opened.
            current = Endpoint.objects.select_for_update(no_key=True, of=("self",)).select_related("created_by", "team", "severity").get(pk=endpoint.pk)
            row = Delivery.objects.filter(pk=delivery.pk, state=State.RECEIVED, incident=None).first()
            if row is not None:
                carry_out(current, row, facts, timezone.now())

    try:
        retried(work)
    except IntegrityError:  # a person gave the same key an incident meanwhile
        retried(work)


def refuse(delivery: Delivery, error: SourceError) -> None:
    report = Report()
    report.refuse(error)
    changed = {"state": State.REFUSED, "report": report.as_json(), "finished_at": timezone.now()}
    Delivery.objects.filter(pk=delivery.pk, state=State.RECEIVED, incident=None).update(**changed)


def ref_key(facts: Facts) -> str:
    """Return the key as it is kept: label sets of alert groups may be longer than a column."""
    return facts.key if len(facts.key) <= 200 else f"sha256:{hashlib.sha256(facts.key.encode('utf-8', 'surrogatepass')).hexdigest()}"


def planned(endpoint: Endpoint, facts: Facts, now: datetime) -> tuple[Plan, ExternalRef | None]:
    """Ask the rules, with what is known of the key."""
    ref = ExternalRef.objects.select_related("incident").filter(endpoint=endpoint, key=ref_key(facts)).first() if facts.key else None
    known = known_by(ref.incident) if ref else None
    rules = routing.parse_rules(endpoint.rules)
    return routing.plan(facts, rules, known, quiet_minutes=endpoint.quiet_minutes, now=now), ref


def known_by(incident: Incident) -> Known:
    resolved = Milestone.objects.filter(incident=incident, kind__key="resolved").values_list("at", flat=True).first()
    reference = "" if incident.is_private else incident.reference
    return Known(reference, incident.status in OPEN, resolved or incident.updated_at)


def target_of(endpoint: Endpoint, facts: Facts, plan: Plan, ref: ExternalRef | None, now: datetime) -> tuple[str, str, Incident | None]:
    """Return what comes of a plan as things are: "added", "opened", "held" or "ignored", why, and the incident to add to."""
    why = plan.why
    if plan.action == "append" and ref is not None:
        return "added", why, ref.incident
    if plan.action == "ignore":
        return "ignored", why, None
    if plan.action == "incident":
        incident = in_scope(endpoint, named=True).filter(pk=plan.incident).first()
        return ("added", why, incident) if incident else ("held", f"{why} But this endpoint may not add to INC-{plan.incident}.", None)
    otherwise = plan.otherwise
    if plan.action == "service":
        incident = latest_of_service(endpoint, facts, now - timedelta(minutes=plan.minutes))
        if incident is not None:
            return "added", f"{why} It is the latest open one of {', '.join(facts.services)[:200]}.", incident
        missing = "it names no service that is known here" if not services_named(facts.services).exists() else "no incident of its service is open"
        why = f"{why} But {missing} within {routing.minutes_of(plan.minutes)}."
    if plan.action == "open" or (plan.action == "service" and otherwise == "open"):
        if endpoint.is_private and not members_of(endpoint):
            return "held", f"{why} But it would be private, and the endpoint has no team with members: nobody would see it.", None
        return "opened", why, None
    return "held", why, None


def in_scope(endpoint: Endpoint, *, named: bool = False) -> QuerySet[Incident]:
    """Incidents that the endpoint may add to: its own, and others of its team; what it brings in private goes to private ones only.

    Never a near miss: alerts are about what fails.
    """
    own = Q(pk__in=ExternalRef.objects.filter(endpoint=endpoint).values("incident"))
    if endpoint.is_private:
        return Incident.objects.happened().filter(is_private=True).filter(Q() if named else own)
    if named:
        return Incident.objects.happened()
    others = Q(is_private=False)
    if endpoint.team_id:
        others &= Q(team=endpoint.team_id) | Q(team=None)
    return Incident.objects.happened().filter(own | others)


def latest_of_service(endpoint: Endpoint, facts: Facts, since: datetime) -> Incident | None:
    services = list(services_named(facts.services).values_list("pk", flat=True))
    found = in_scope(endpoint).filter(services__in=services, status__in=OPEN).filter(Q(started_at__gte=since) | Q(created_at__gte=since))
    return found.order_by("-started_at", "-pk").first() if services else None


def members_of(endpoint: Endpoint) -> list[User]:
    people = list(endpoint.team.members.filter(is_active=True)) if endpoint.team else []
    return people + ([endpoint.created_by] if endpoint.created_by and endpoint.created_by not in people else [])


def carry_out(endpoint: Endpoint, delivery: Delivery, facts: Facts, now: datetime) -> None:
    """Within the lock of the endpoint: decide, open an incident if need be, and ask for the import."""
    plan, ref = planned(endpoint, facts, now)
    outcome, why, incident = target_of(endpoint, facts, plan, ref, now)
    if outcome == "opened":
        incident = open_for(SYSTEM, endpoint, facts)
    decision = {"action": outcome, "rule": plan.rule, "why": sentence(outcome, incident, why)}
    if incident is None:
        state = State.IGNORED if outcome == "ignored" else State.HELD
        Delivery.objects.filter(pk=delivery.pk).update(state=state, facts=facts.as_json(), decision=decision, source=facts.source, finished_at=now)
        return
    put(delivery, incident, endpoint, facts, decision)


def sentence(outcome: str, incident: Incident | None, why: str) -> str:
    return f"{DECISIONS[outcome].format(incident=incident.reference if incident else '')}: {why}"


def open_for(actor: Actor, endpoint: Endpoint, facts: Facts, *, title: str = "") -> Incident:
    members = members_of(endpoint) if endpoint.is_private else []
    incident = lifecycle.declare(
        actor=actor,
        title=clean_line(title) or facts.title or endpoint.name,
        severity=severity_named(facts.severity) or endpoint.severity,
        services=services_named(facts.services),
        team=endpoint.team,
        is_private=endpoint.is_private,
        members=members,
    )
    AuditEvent.record(actor, "opened by webhook", incident.reference, endpoint=endpoint.pk)
    return incident


def put(delivery: Delivery, incident: Incident, endpoint: Endpoint, facts: Facts, decision: dict[str, Any]) -> None:
    """Give the delivery its incident, remember whose key it has, and ask for its import."""
    if facts.key:
        ExternalRef.objects.update_or_create(endpoint=endpoint, key=ref_key(facts), defaults={"incident": incident})
    options = options_of(endpoint, delivery)
    given = {"incident": incident, "facts": facts.as_json(), "decision": decision, "options": options, "report": {}, "source": "", "finished_at": None}
    Delivery.objects.filter(pk=delivery.pk).update(state=State.RECEIVED, **given)
    jobs.enqueue("import", delivery.pk)


@transaction.atomic
def assign(*, actor: Actor, delivery: Delivery, incident: Incident | None, title: str = "") -> Incident:
    """A person takes a delivery out of the inbox: into an incident, or a new one. What waits there with the same key comes along."""
    endpoint = Endpoint.objects.select_for_update(no_key=True, of=("self",)).get(deliveries=delivery)
    waiting = Delivery.objects.filter(endpoint=endpoint, incident=None)
    current = waiting.filter(pk=delivery.pk, state__in=[State.HELD, State.IGNORED]).first()
    if current is None:
        raise AlreadyAssigned
    facts = routing.facts_of(current.facts)
    outcome = "added" if incident else "opened"
    target = incident or open_for(actor, endpoint, facts, title=title)
    decision = {"action": outcome, "rule": 0, "why": sentence(outcome, target, f"by hand, {actor}.")}
    put(current, target, endpoint, facts, decision)
    if facts.key:
        along = {"action": "added", "rule": 0, "why": sentence("added", target, f"it waited with the same key; by hand, {actor}.")}
        for other in waiting.filter(state=State.HELD, facts__key=facts.key).exclude(pk=current.pk).order_by("pk")[:500]:
            put(other, target, endpoint, routing.facts_of(other.facts), along)
    AuditEvent.record(actor, "delivery assigned", target.reference, delivery=current.pk, endpoint=endpoint.pk)
    return target


class AlreadyAssigned(Exception):
    """Somebody, or the rules, gave the delivery an incident meanwhile."""


@transaction.atomic
def again(*, actor: Actor, delivery: Delivery) -> Delivery:
    """Replay: route once more what has no incident, with the rules and the mapping of now; else read it again."""
    current = Delivery.objects.select_for_update().get(pk=delivery.pk)
    if current.incident_id is not None or current.endpoint is None:
        return intake.replay(actor=actor, delivery=current)
    if current.decision.get("action") == "handshake":  # there is nothing in it to be put anywhere
        return current
    fresh: dict[str, Any] = {"state": State.RECEIVED, "report": {}, "facts": {}, "decision": {}, "finished_at": None}
    Delivery.objects.filter(pk=current.pk).update(**fresh)
    AuditEvent.record(actor, "delivery routed again", f"endpoint-{current.endpoint_id}", delivery=current.pk)
    jobs.enqueue("route", current.pk)
    current.refresh_from_db()
    return current


def inbox_again(*, actor: Actor, endpoint: Endpoint) -> int:
    """Route everything that has no incident once more, the oldest first, and what could not be read too: its keys may be explained now. Return how many."""
    rows = Delivery.objects.filter(endpoint=endpoint, incident=None, state__in=[State.HELD, State.REFUSED]).order_by("pk")[:1000]
    return len([again(actor=actor, delivery=row) for row in rows])


def rehearse(endpoint: Endpoint, rules: list[dict[str, Any]], deliveries: list[Delivery]) -> list[tuple[Delivery, str]]:
    """Return what these rules would do with the deliveries if they came now, each with the reason. Nothing is written."""
    endpoint.rules, now = rules, timezone.now()
    result, opened = [], set()
    for delivery in sorted(deliveries, key=lambda row: row.pk):
        facts = routing.facts_of(delivery.facts)
        if facts.key in opened:
            result.append((delivery, "Would be added to the incident that an earlier one with its key opens."))
            continue
        plan, ref = planned(endpoint, facts, now)
        outcome, why, incident = target_of(endpoint, facts, plan, ref, now)
        words = {"opened": "Would open an incident", "held": "Would be kept in the inbox", "ignored": "Would be ignored"}
        where = f"Would be added to {incident.reference if not incident.is_private else 'its incident'}" if incident else words[outcome]
        result.append((delivery, f"{where}: {why}"))
        opened |= {facts.key} if outcome == "opened" and facts.key else set()
    return result[::-1]
