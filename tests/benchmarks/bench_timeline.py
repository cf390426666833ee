"""The incident page with 10,000 events beside the same page with 100: a window is a window."""

from __future__ import annotations

import random

from tests.benchmarks import database
from tests.benchmarks.measuring import in_turns, ms, p50

TARGET = 1.5


def run() -> list[dict]:
    database.prepare()
    from django.conf import settings
    from django.test import Client

    from incidents.models import Incident

    settings.ALLOWED_HOSTS.append("testserver")
    chance = random.Random(7)
    small, large = database.make_incidents(2, 0, chance)
    database.make_events(Incident.objects.get(pk=small), 100, chance)
    database.make_events(Incident.objects.get(pk=large), 10_000, chance)
    database.settle()
    client = Client()
    client.force_login(database.make_user(), "allauth.account.auth_backends.AuthenticationBackend")

    def page(pk: int):
        answer = client.get(f"/incidents/INC-{pk}/")
        assert answer.status_code == 200

    many, few = in_turns(lambda: page(large), lambda: page(small), 30)
    value = f"{ms(p50(many))}; with 100: {ms(p50(few))}"
    return [{"name": "incident page with 10,000 events, p50", "value": value, "unit": "ms", "ratio": round(p50(many) / p50(few), 2), "target": TARGET}]
