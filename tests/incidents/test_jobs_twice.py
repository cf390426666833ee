"""Every kind of job twice, and twice at once: one effect. A new kind without a story here fails test_architecture.py."""

import io
import threading

import pytest
from django.db import connection

from incidents import intake, jobs, webhooks
from incidents.access import SYSTEM
from incidents.models import ExternalRef, Incident, TimelineEvent
from tests.factories import make_endpoint, make_incident, make_postmortem


def an_import():
    """A pasted timeline becomes its events once."""
    incident = make_incident()
    text = b"2026-03-01 14:02 UTC - Alert fired\n2026-03-01 14:05 UTC - Paged Bob\n2026-03-01 14:40 UTC - Rolled back\n"
    delivery = intake.receive(actor=SYSTEM, incident=incident, file=io.BytesIO(text), name="timeline.txt", channel="upload")

    def effect():
        delivery.refresh_from_db()
        return delivery.state, list(TimelineEvent.objects.committed(incident).order_by("pk").values_list("pk", "external_key", "text"))

    return delivery.pk, effect


def a_pdf():
    """A revision has one PDF, under the name of its content."""
    from postmortems import publishing
    from tests.factories import make_user

    postmortem = make_postmortem(make_user("facilitator", role="facilitator"))
    revision = publishing.publish(actor=SYSTEM, postmortem=postmortem)

    def effect():
        revision.refresh_from_db()
        return revision.pdf_stored_as, revision.pdf_sha256, revision.pdf_error

    return revision.pk, effect


def a_route():
    """A webhook's delivery with a new key opens one incident."""
    endpoint = make_endpoint(rules=[{"action": "open"}], mapping={"id": "incident_key"})
    body = b'{"timestamp": "2026-03-01T14:02:00Z", "message": "Alert fired", "id": "A-1"}'
    assert webhooks.keep(endpoint, body, "json", "once")
    delivery = endpoint.deliveries.get()

    def effect():
        delivery.refresh_from_db()
        return (
            delivery.incident_id,
            delivery.decision,
            list(Incident.objects.values_list("pk", flat=True)),
            list(ExternalRef.objects.values_list("key", "incident")),
        )

    return delivery.pk, effect


STORIES = {"import": an_import, "pdf": a_pdf, "route": a_route}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", STORIES)
def test_twice_is_once(kind):
    object_id, effect = STORIES[kind]()
    jobs.HANDLERS[kind](object_id)
    once = effect()
    jobs.HANDLERS[kind](object_id)
    assert effect() == once
    assert all(once[:2]), once  # there is an effect


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", STORIES)
def test_at_once_is_once(kind):
    object_id, effect = STORIES[kind]()
    errors = []

    def run():
        try:
            jobs.HANDLERS[kind](object_id)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    together = effect()
    assert not errors, errors
    jobs.HANDLERS[kind](object_id)
    assert effect() == together
    assert all(together[:2]), together
