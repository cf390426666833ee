"""Writes. The example organisation, by the same functions that people's own incidents go through: exports are imported,
milestones confirmed, post-mortems written and published."""

from __future__ import annotations

import io
import json
import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from django.conf import settings
from django.utils import timezone

from incidents import endpoints, intake, lifecycle, measuring, webhooks
from incidents.access import SYSTEM
from incidents.lib.stored import iso
from incidents.models import (
    CustomField,
    CustomFieldOption,
    Delivery,
    Endpoint,
    Incident,
    IncidentType,
    Milestone,
    Service,
    Severity,
    Team,
    User,
)
from postmortems import action_items, chains, drafting, factoring, publishing
from postmortems.demo import process, together, voices
from postmortems.demo.exports import exports
from postmortems.models import ActionItem, Factor, FactorLeaf, Postmortem, RetrospectiveTemplate, Section

LOGIN = "demo_login"  # file under the data dir, readable by its owner only
Say = Callable[[str], None]


def build(say: Say) -> bool:
    """Make the organisation unless it is there; return whether anything was made."""
    with open(Path(__file__).parent / "organisation.yaml", encoding="utf-8") as file:
        data: dict[str, Any] = yaml.safe_load(file)
    people = make_people(data)
    make_fields(data)
    made = False
    for row in data["incidents"]:
        if Incident.objects.filter(title=row["title"]).exists():
            continue
        say(row["title"])
        make_incident(row, people)
        made = True
    for row in data["near_misses"]:
        if Incident.objects.filter(title=row["title"]).exists():
            continue
        say(row["title"])
        together.tell(row, people)
        made = True
    if not Endpoint.objects.exists():
        make_endpoint(data["webhook"])
    return made


def make_endpoint(row: dict[str, Any]) -> None:
    """Make a webhook with its rules, and what a tool sent to it that nobody has placed yet."""
    endpoint, _secret = endpoints.create(actor=SYSTEM, name=row["name"], source=row["source"])
    endpoint = endpoints.set_rules(actor=SYSTEM, endpoint=endpoint, version=endpoint.version, rules=row["rules"])
    alerts = [alert | {"startsAt": timezone.now().isoformat()} for alert in row["delivery"]["alerts"]]
    webhooks.keep(endpoint, json.dumps(row["delivery"] | {"alerts": alerts}).encode(), webhooks.JSON, "demo-1")


def make_people(data: dict[str, Any]) -> dict[str, User]:
    """Make teams, services and people. Nobody but the administrator of the first run has a password."""
    people = {"admin": make_administrator()}
    teams = {name: Team.objects.get_or_create(name=name)[0] for name in data["teams"]}
    for row in data["people"]:
        fields = {
            "first_name": row["first"],
            "last_name": row["last"],
            "role": row["role"],
            "time_zone": row["zone"],
            "email": f"{row['username']}@harbour.example",
        }
        user, made = User.objects.get_or_create(username=row["username"], defaults=fields)
        if made:
            user.set_unusable_password()
            user.save()
            teams[row["team"]].members.add(user)
        people[user.username] = user
    for row in data["services"]:
        Service.objects.get_or_create(key=row["key"], defaults=row | {"team": teams[row["team"]]})
    return people


def make_fields(data: dict[str, Any]) -> None:
    """Make the fields that the shop's incidents have, unless somebody made fields before."""
    if CustomField.objects.exists():
        return
    for position, row in enumerate(data["fields"], start=1):
        own = {name: value for name, value in row.items() if name not in ("options", "types")}
        field = CustomField.objects.create(**own, position=position)
        field.types.set(IncidentType.objects.filter(key__in=row.get("types", [])))
        options = enumerate(row.get("options", {}).items(), start=1)
        CustomFieldOption.objects.bulk_create(CustomFieldOption(field=field, key=key, label=label, position=place) for place, (key, label) in options)


def make_administrator() -> User:
    """Return the first account; where there is none, make it with a generated password, kept in a file that only its owner reads."""
    if first := User.objects.filter(is_superuser=True).order_by("pk").first():
        return first
    password = secrets.token_urlsafe(12)
    admin = User(username="admin", first_name="Alex", last_name="Admin", role=User.Role.ADMIN, is_staff=True, is_superuser=True, email="admin@harbour.example")
    admin.set_password(password)
    admin.save()
    path = settings.DATA_DIR / LOGIN
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(f"admin {password}\n")
    return admin


def make_incident(row: dict[str, Any], people: dict[str, User]) -> None:
    zone = ZoneInfo(row["zone"])
    day = timezone.now().astimezone(zone).date() - timedelta(days=row["days_ago"])
    start = datetime.combine(day, time.fromisoformat(row["at"]), zone)
    lead, fields = people[row["lead"]], set(CustomField.objects.values_list("key", flat=True))
    incident = lifecycle.declare(
        actor=lead,
        title=row["title"],
        summary=row["summary"],
        status=row["status"],
        severity=Severity.objects.get(key=row["severity"]),
        type=IncidentType.objects.get(key=row["type"]),
        values={key: value for key, value in row["fields"].items() if key in fields},
        team=Team.objects.get(name=row["team"]),
        lead=lead,
        time_zone=row["zone"],
        services=Service.objects.filter(key__in=row["services"]),
        tags=row["tags"],
        is_private=bool(row.get("private")),
        members=[people[name] for name in row.get("private", [])],
    )
    Incident.objects.filter(pk=incident.pk).update(created_at=start + timedelta(minutes=10))
    for export in exports(row, {name: str(user) for name, user in people.items()}, start):
        delivery = intake.receive(
            actor=lead, incident=incident, file=io.BytesIO(export.content), name=export.name, channel=Delivery.Channel.COMMAND, options=dict(export.options)
        )
        delivery = intake.import_now(delivery)
        if delivery.state != Delivery.State.IMPORTED:
            raise RuntimeError(f"{incident.reference}, {export.name}: {delivery.report.get('error') or delivery.state}")
    settle_milestones(incident, lead, start, row)
    postmortem = write_postmortem(incident, row.get("postmortem"), lead, people["ana"], start)
    items = [make_action(incident, postmortem, item, people) for item in row.get("actions", [])]
    if postmortem:
        make_factors(postmortem, row["postmortem"], items, lead)
        postmortem.refresh_from_db()
    if postmortem and "published_after_days" in row["postmortem"]:
        publish(postmortem, row["postmortem"], people["ana"], start)
    if postmortem:
        talks = row["postmortem"].get("talks", [])
        process.go(Postmortem.objects.get(pk=postmortem.pk), people["ana"], lead, with_interviews=bool(talks))
        voices.talk(postmortem, talks, people)
        together.discuss(postmortem, row["postmortem"].get("comments", []), people)
    if postmortem and "meeting" in row["postmortem"]:
        voices.meet(Postmortem.objects.get(pk=postmortem.pk), row["postmortem"]["meeting"], people)
    if postmortem and "review" in row["postmortem"]:
        together.review(Postmortem.objects.get(pk=postmortem.pk), row["postmortem"]["review"], lead, people)


def settle_milestones(incident: Incident, lead: User, start: datetime, row: dict[str, Any]) -> None:
    """Decide as a team would: given times by hand, the rest of a closed incident as proposed."""
    given = row.get("milestones", {})
    for milestone in Milestone.objects.filter(incident=incident).select_related("incident", "kind"):
        minute = given.get(milestone.kind.key)
        if minute is not None:
            at = start.astimezone(UTC) + timedelta(minutes=minute)
            measuring.decide(
                actor=lead,
                milestone=milestone,
                version=milestone.version,
                decision=Milestone.Decision.OVERRIDDEN,
                at=at,
                note="From the graph of failed requests",
            )
        elif milestone.proposed_at and row["status"] == "closed":
            measuring.decide(actor=lead, milestone=milestone, version=milestone.version, decision=Milestone.Decision.CONFIRMED)


def write_postmortem(incident: Incident, row: dict[str, Any] | None, author: User, owner: User, start: datetime) -> Postmortem | None:
    if row is None:
        return None
    incident.refresh_from_db()
    template = RetrospectiveTemplate.objects.get(key=row["template"])
    postmortem = drafting.start(actor=author, incident=incident, template=template)
    sections = {section.key: section for section in postmortem.sections.all()}
    for key, given in row["sections"].items():
        section = sections[key]
        content: dict[str, Any] = {"body": given} if isinstance(given, str) else given
        values = section.values | content.get("values", {}) | {"rows": [moments_of(cells, start) for cells in content.get("rows", [])]}
        body = together.with_citations(content.get("body", ""), incident)
        if "picture" in content:
            body = together.with_picture(body, content["picture"], postmortem, author)
        drafting.save_section(actor=author, section=section, version=section.version, body=body, values=values)
    Postmortem.objects.filter(pk=postmortem.pk).update(owner=owner, created_at=start + timedelta(days=1))
    return Postmortem.objects.get(pk=postmortem.pk)


def moments_of(cells: dict[str, Any], start: datetime) -> dict[str, str]:
    """Return the cells of a row; a whole number under "at" is minutes after the start, one under "date" days, one under "factor" comes later."""
    at, day = cells.get("at"), cells.get("date")
    moments = {"at": iso(start + timedelta(minutes=at), "seconds")} if isinstance(at, int) else {}
    cells = {name: value for name, value in cells.items() if name != chains.COLUMN or isinstance(value, str)}
    return cells | moments | ({"date": (start + timedelta(days=day)).date().isoformat()} if isinstance(day, int) else {})


def make_action(incident: Incident, postmortem: Postmortem | None, row: dict[str, Any], people: dict[str, User]) -> ActionItem:
    today = timezone.localdate()
    item = action_items.add(
        actor=SYSTEM,
        incident=incident,
        postmortem=postmortem,
        title=row["title"],
        kind=row["kind"],
        strength=row.get("strength", ""),
        done_when=row.get("done_when", ""),
        **{name: row.get(name, "") for name in ("side_effects", "expected_effect", "trade_off", "tracked_in")},
        priority=row["priority"],
        owner=people[row["owner"]],
        due_on=today + timedelta(days=row["due"]),
        status=row["status"],
        closing_note=row.get("note", ""),
    )
    if item.status == ActionItem.Status.OPEN and item.owner and not row.get("proposed"):
        item = action_items.change(actor=item.owner, item=item, version=item.version, status=ActionItem.Status.ACCEPTED)
    if item.completed_at:
        # As if it had been done some days before it was due.
        done = datetime.combine(today + timedelta(days=min(row["due"], 0) - 3), time(15), UTC)
        ActionItem.objects.filter(pk=item.pk).update(completed_at=done)
    return item


def make_factors(postmortem: Postmortem, row: dict[str, Any], items: list[ActionItem], author: User) -> None:
    """Add the factors with the timeline entries whose words they name; links and actions are numbers of the lists, from 1."""
    events = together.telling(postmortem.incident)
    made = []
    for one in row.get("factors", []):
        found = [events.filter(text__icontains=words).first() for words in one.get("evidence", [])]
        fields = {name: one[name] for name in ("statement", "kind", "stage", "confidence")}
        factor = factoring.add(
            actor=author,
            postmortem=postmortem,
            leaf=FactorLeaf.objects.get(key=one["leaf"]),
            mechanism=one.get("mechanism", ""),
            from_account=one.get("account", False),
            events=[event for event in found if event],
            actions=[items[number - 1] for number in one.get("actions", [])],
            **fields,
        )
        made.append(factor)
    for factor, one in zip(made, row.get("factors", []), strict=True):
        if links := {made[number - 1].pk: relation for number, relation in one.get("links", {}).items()}:
            factoring.change(actor=author, factor=factor, version=factor.version, links=links)
    for section in postmortem.sections.filter(key__in=row["sections"]):
        lead_to(section, row["sections"][section.key], made, author)
    if "trigger" in row:
        factoring.set_trigger(actor=author, postmortem=postmortem, version=postmortem.version, trigger=row["trigger"])


def lead_to(section: Section, given: Any, made: list[Factor], author: User) -> None:
    """Let the rows of a chain of questions lead to the factors whose number they have."""
    ends = [row.get(chains.COLUMN) for row in given.get("rows", [])] if isinstance(given, dict) else []
    if not any(isinstance(end, int) for end in ends):
        return
    rows = [
        row | ({chains.COLUMN: chains.name_of(made[end - 1].pk, made[end - 1].statement)} if isinstance(end, int) else {})
        for row, end in zip(section.values["rows"], ends, strict=True)
    ]
    drafting.save_section(actor=author, section=section, version=section.version, body=section.body, values=section.values | {"rows": rows})


def publish(postmortem: Postmortem, row: dict[str, Any], publisher: User, start: datetime) -> None:
    now = start.astimezone(UTC) + timedelta(days=row["published_after_days"])
    publishing.publish(actor=publisher, postmortem=postmortem, audience=row["audience"], note=row.get("note", ""), now=now)
