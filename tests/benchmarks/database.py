"""A fresh database for a benchmark, on the engine of `TEST_ENGINE`, filled in bulk."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime, timedelta

WORDS = [
    "latency",
    "queue",
    "timeout",
    "database",
    "checkout",
    "payment",
    "retry",
    "cache",
    "deploy",
    "rollback",
    "alert",
    "pager",
    "customer",
    "region",
    "gateway",
    "certificate",
    "network",
    "disk",
    "memory",
    "replica",
    "index",
    "search",
    "session",
    "token",
    "storage",
    "worker",
    "broker",
    "release",
    "config",
    "traffic",
    "limit",
    "error",
    "request",
    "response",
    "service",
    "cluster",
    "node",
    "monitor",
    "graph",
    "dashboard",
    "signal",
    "support",
    "ticket",
    "schema",
    "migration",
    "lock",
    "connection",
    "pool",
    "thread",
    "quota",
    "schedule",
    "batch",
    "report",
    "export",
    "import",
]
START = datetime(2024, 1, 1, tzinfo=UTC)


def prepare() -> None:
    """Set Django up on an empty, migrated, seeded database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("seed", verbosity=0)


def text(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(WORDS, k=words))


def make_user(name: str = "bench"):
    from incidents.models import User

    return User.objects.create(username=name, role="facilitator", password="!")


def make_incidents(count: int, events: int, chance: random.Random) -> list[int]:
    """Make incidents with services, tags, decided milestones and `events` events each; return their ids."""
    from incidents.models import Incident, Milestone, MilestoneKind, Service, Severity, Tag

    services = [Service.objects.create(key=f"service-{n}", name=f"Service {n}") for n in range(30)]
    tags = [Tag.objects.create(name=f"tag-{n}") for n in range(20)]
    severities, kinds = list(Severity.objects.all()), list(MilestoneKind.objects.all())
    rows = [
        Incident(
            title=f"{text(chance, 5).capitalize()} {'flamingo' if n % 100 == 0 else ''}".strip(),
            summary=text(chance, 30),
            severity=chance.choice(severities),
            status=chance.choice(["resolved", "closed"]),
            started_at=START + timedelta(minutes=90 * n),
        )
        for n in range(count)
    ]
    made = Incident.objects.bulk_create(rows, batch_size=500)
    through_service, through_tag = Incident.services.through, Incident.tags.through
    through_service.objects.bulk_create(
        [through_service(incident_id=row.pk, service_id=service.pk) for row in made for service in chance.sample(services, 2)], batch_size=1000
    )
    through_tag.objects.bulk_create([through_tag(incident_id=row.pk, tag_id=tag.pk) for row in made for tag in chance.sample(tags, 2)], batch_size=1000)
    Milestone.objects.bulk_create(
        [
            Milestone(incident=row, kind=kind, decision="overridden", at=row.started_at + timedelta(minutes=7 * number))
            for row in made
            for number, kind in enumerate(kinds)
        ],
        batch_size=1000,
    )
    for row in made:
        make_events(row, events, chance)
    return [row.pk for row in made]


def make_events(incident, count: int, chance: random.Random) -> None:
    from incidents.models import Kind, TimelineEvent

    kinds = list(Kind.values)
    TimelineEvent.objects.bulk_create(
        [
            TimelineEvent(
                incident=incident,
                source="slack_export",
                external_key=f"{incident.pk}-{n}",
                at=(at := incident.started_at + timedelta(seconds=37 * n)),
                occurred_at=at,
                sequence=n,
                kind=chance.choice(kinds),
                salience=chance.choice([0, 1, 1, 1, 2]),
                actor=f"person-{n % 7}",
                text=text(chance, 14),
            )
            for n in range(count)
        ],
        batch_size=1000,
    )


def make_published(incidents: list[int], chance: random.Random, words: int = 400) -> list[int]:
    """Publish a post-mortem for each incident in bulk, as publishing would store them; return their ids."""
    from incidents.models import Incident
    from postmortems.models import Postmortem, Revision, SearchEntry

    titles = dict(Incident.objects.values_list("pk", "title"))
    rows = Postmortem.objects.bulk_create(
        [Postmortem(incident_id=pk, title=titles[pk], status="published", published_at=START + timedelta(hours=n)) for n, pk in enumerate(incidents)],
        batch_size=500,
    )
    for first in range(0, len(rows), 500):
        part = rows[first : first + 500]
        bodies = [f"{text(chance, words)} {'flamingo' if (first + n) % 100 == 0 else ''} {'incident' if n % 3 else ''}" for n in range(len(part))]
        revisions = Revision.objects.bulk_create(
            [Revision(postmortem=row, number=1, document={}, sha256="0" * 64, html="", published_at=row.published_at) for row in part]
        )
        SearchEntry.objects.bulk_create(
            [
                SearchEntry(
                    postmortem=row,
                    incident_id=row.incident_id,
                    revision=revision,
                    published_at=row.published_at,
                    title=row.title,
                    body=body,
                    timeline="",
                    actions="",
                )
                for row, revision, body in zip(part, revisions, bodies, strict=True)
            ]
        )
    return [row.pk for row in rows]


def settle() -> None:
    """Let the engine learn about the rows, as it does by itself in a running installation."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    connection.close()
