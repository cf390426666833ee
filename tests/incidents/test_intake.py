"""Files become events once: read again, in parallel, changed, or killed at any statement."""

import io
import json
import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from incidents import intake, intake_rows, jobs, lifecycle, looking, preview, sources
from incidents.access import SYSTEM
from incidents.intake_report import Report
from incidents.models import Curation, Delivery, Job, Milestone, TimelineEvent
from incidents.sources.drafts import SourceError
from tests.factories import T0, make_incident

State = Delivery.State
MAPPING = {"id": "id", "timestamp": "time", "message": "text", "kind": "kind"}


def lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def row(minute, text="Something happened", **more):
    return {"id": f"e{minute}", "timestamp": (T0 + timedelta(minutes=minute)).isoformat(), "message": f"{text} {minute}", **more}


def rows(count, **more):
    return [row(minute, **more) for minute in range(count)]


def given(incident, content, name="events.jsonl", channel="upload", actor=SYSTEM, **options):
    """Receive without the job, as if its worker had not started yet."""
    delivery = intake.receive(actor=actor, incident=incident, file=io.BytesIO(content), name=name, channel=channel, options=options)
    return delivery


def imported(incident, content, **options):
    delivery = given(incident, content, **options)
    intake.import_delivery(delivery.pk)
    delivery.refresh_from_db()
    return delivery


def counts(delivery):
    return {what: count for what, count in delivery.report["events"].items() if count}


def shown(incident):
    return list(TimelineEvent.objects.committed(incident).order_by("at", "sequence", "pk").values_list("external_key", "at", "text", "actor"))


# Once ------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_it_stores_the_bytes_and_the_events():
    incident = make_incident()
    delivery = imported(incident, lines(*rows(3)))
    assert delivery.state == State.IMPORTED
    assert counts(delivery) == {"created": 3}
    assert delivery.stored_as == f"deliveries/{delivery.sha256[:2]}/{delivery.sha256}"
    with intake.storing.opened(delivery.stored_as) as file:
        assert file.read() == lines(*rows(3))
    assert [text for _, _, text, _ in shown(incident)] == ["Something happened 0", "Something happened 1", "Something happened 2"]


@pytest.mark.django_db
def test_the_job_waits_as_a_row_and_does_it():
    delivery = given(make_incident(), lines(*rows(2)))
    job = Job.objects.get(kind="import", object_id=delivery.pk)
    jobs.run(job.pk)
    delivery.refresh_from_db()
    assert (Job.objects.get(pk=job.pk).state, delivery.state) == (Job.State.DONE, State.IMPORTED)


@pytest.mark.django_db
def test_the_same_file_again_changes_nothing():
    incident = make_incident()
    imported(incident, lines(*rows(5)))
    before = list(TimelineEvent.objects.order_by("pk").values())
    again = imported(incident, lines(*rows(5)))
    assert counts(again) == {"duplicate": 5}
    assert list(TimelineEvent.objects.order_by("pk").values()) == before


@pytest.mark.django_db
def test_an_event_twice_in_one_file_is_one_event():
    incident = make_incident()
    for expected in ({"created": 2, "duplicate": 1}, {"duplicate": 3}):
        delivery = imported(incident, lines(row(1), row(1, text="Said again"), row(2)), mapping=MAPPING)
        assert counts(delivery) == expected
    assert [text for _, _, text, _ in shown(incident)] == ["Something happened 1", "Something happened 2"]


@pytest.mark.django_db
def test_a_larger_export_adds_only_what_is_new():
    incident = make_incident()
    imported(incident, lines(*rows(3)))
    assert counts(imported(incident, lines(*rows(5)))) == {"created": 2, "duplicate": 3}
    assert len(shown(incident)) == 5


@pytest.mark.django_db
def test_two_incidents_may_hold_the_same_evidence():
    one, other = make_incident(), make_incident()
    imported(one, lines(*rows(3)))
    assert counts(imported(other, lines(*rows(3)))) == {"created": 3}
    assert Delivery.objects.values("stored_as").distinct().count() == 1


@pytest.mark.django_db
def test_proposals_and_the_start_follow_the_import():
    incident = make_incident(started_at=T0 + timedelta(days=1))
    imported(incident, lines(row(0, kind="alert"), row(1)))
    assert Milestone.objects.get(incident=incident, kind__key="detected").proposed_at == T0
    incident.refresh_from_db()
    assert incident.started_at == T0


# Changed content and curation -------------------------------------------------------------------


@pytest.mark.django_db
def test_changed_content_updates_the_event_in_place():
    incident = make_incident()
    imported(incident, lines(*rows(3)))
    pk = TimelineEvent.objects.get(text="Something happened 1").pk
    delivery = imported(incident, lines(row(0), row(1, text="Edited afterwards"), row(2)))
    assert counts(delivery) == {"updated": 1, "duplicate": 2}
    event = TimelineEvent.objects.get(pk=pk)
    assert (event.text, event.delivery) == ("Edited afterwards 1", delivery)


@pytest.mark.django_db
def test_what_people_said_survives_a_changed_event(alice):
    incident = make_incident()
    imported(incident, lines(row(0), row(1)))
    event = TimelineEvent.objects.get(text="Something happened 1")
    corrected = T0 + timedelta(minutes=30)
    lifecycle.curate(actor=alice, event=event, version=0, title="What it really was", is_hidden=False, corrected_at=corrected, note="From the graphs.")
    before = Curation.objects.values().get()
    changed = {**row(1, text="Edited"), "timestamp": (T0 + timedelta(minutes=2)).isoformat()}
    assert counts(imported(incident, lines(row(0), changed))) == {"updated": 1, "duplicate": 1}
    event.refresh_from_db()
    assert (event.occurred_at, event.at) == (T0 + timedelta(minutes=2), corrected)
    assert Curation.objects.values().get() == before


@pytest.mark.django_db
def test_an_update_without_correction_moves_the_event():
    incident = make_incident()
    imported(incident, lines(*rows(3)))
    imported(incident, lines({**row(0), "timestamp": (T0 + timedelta(hours=1)).isoformat()}, row(1), row(2)))
    assert TimelineEvent.objects.get(text="Something happened 0").at == T0 + timedelta(hours=1)
    assert TimelineEvent.objects.count() == 3


# In parallel --------------------------------------------------------------------------------------


def at_once(*works):
    """Run the functions in threads of their own; raise what one of them raised."""
    errors, barrier = [], threading.Barrier(len(works))

    def run(work):
        try:
            barrier.wait()
            work()
        except BaseException as error:  # noqa: BLE001 - reported below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@pytest.mark.django_db(transaction=True)
def test_four_imports_of_the_same_events_in_opposite_order(settings):
    settings.CELERY_TASK_ALWAYS_EAGER = False
    settings.CELERY_BROKER_URL = "memory://"
    incident = make_incident()
    content = rows(4000)
    orders = [content, content[::-1], content[2000:] + content[:2000], content[::2] + content[1::2]]
    deliveries = [Delivery.objects.get(pk=waiting(incident, lines(*order)).pk) for order in orders]
    at_once(*[lambda pk=delivery.pk: intake.import_delivery(pk) for delivery in deliveries])
    for delivery in deliveries:
        delivery.refresh_from_db()
    assert {delivery.state for delivery in deliveries} == {State.IMPORTED}
    assert len(shown(incident)) == TimelineEvent.objects.count() == 4000
    assert sum(delivery.report["events"]["created"] for delivery in deliveries) == 4000


def waiting(incident, content, **options):
    """A delivery without a job: tests with real transactions would run it at once."""
    stored = intake.storing.keep(io.BytesIO(content), limit=intake.UPLOAD_LIMIT)
    kept = {"sha256": stored.sha256, "size": stored.size, "stored_as": stored.name}
    return Delivery.objects.create(incident=incident, channel="upload", file_name="events.jsonl", options=options, **kept)


@pytest.mark.django_db(transaction=True)
def test_the_same_job_twice_at_once():
    incident = make_incident()
    delivery = waiting(incident, lines(*rows(2500)))
    at_once(*[lambda: intake.import_delivery(delivery.pk)] * 2)
    delivery.refresh_from_db()
    assert (delivery.state, counts(delivery), len(shown(incident))) == (State.IMPORTED, {"created": 2500}, 2500)


@pytest.mark.django_db
def test_an_import_adopts_what_a_dead_one_had_stored():
    incident = make_incident()
    dead = given(incident, lines(*rows(4)))
    Delivery.objects.filter(pk=dead.pk).update(state=State.IMPORTING, source="json")
    dead.refresh_from_db()
    batches = intake_rows.Batches(dead, Report(), fresh=True)
    with intake.storing.opened(dead.stored_as) as file:
        payload = looking.payload_of(file, "events.jsonl")
        intake.read(batches, sources.named("json"), payload, {})
    assert shown(incident) == []
    other = imported(incident, lines(*rows(3)))
    assert len(shown(incident)) == 3
    assert counts(other) == {"created": 3}  # it is the first to show them
    intake.import_delivery(dead.pk)
    dead.refresh_from_db()
    assert counts(dead) == {"created": 1, "duplicate": 3}
    assert len(shown(incident)) == 4


# Killed -------------------------------------------------------------------------------------------


class Killed(BaseException):
    """Like the end of the process: no handler of the code catches it."""


class KillAt:
    """Kill before a statement. Reading changes nothing: killed before a SELECT it leaves what it leaves before the next statement that is none."""

    def __init__(self, number):
        self.left = number

    def __call__(self, execute, sql, params, many, context):
        self.left -= not sql.startswith("SELECT")
        if self.left == 0:
            raise Killed
        return execute(sql, params, many, context)


def final_state(incident):
    events = list(
        TimelineEvent.objects.filter(incident=incident)
        .order_by("external_key")
        .values_list("external_key", "at", "text", "content_hash", "delivery__file_name")
    )
    milestones = list(Milestone.objects.filter(incident=incident).order_by("kind").values_list("kind__key", "proposed_at"))
    delivery = incident.deliveries.first()
    return events, milestones, delivery.state, delivery.report, shown(incident)


@pytest.mark.django_db(transaction=True)
def test_killed_at_every_statement_it_shows_all_or_nothing_and_ends_the_same(monkeypatch):
    monkeypatch.setattr(intake_rows, "BATCH", 2)
    content = lines(row(0, kind="alert"), row(1, text="Edited afterwards"), *[row(minute) for minute in range(2, 7)], row(3))

    def prepared():
        incident = make_incident()
        first = waiting(incident, lines(row(0, kind="alert"), row(1)), mapping=MAPPING)
        intake.import_delivery(first.pk)
        Delivery.objects.filter(pk=first.pk).update(file_name="first.jsonl")
        return incident, waiting(incident, content, mapping=MAPPING)

    incident, delivery = prepared()
    before = shown(incident)
    intake.import_delivery(delivery.pk)
    expected = final_state(incident)
    after = shown(incident)
    assert expected[3]["events"] == {"created": 5, "updated": 1, "duplicate": 2, "skipped": 0}
    for number in range(1, 400):
        incident, delivery = prepared()
        try:
            with connection.execute_wrapper(KillAt(number)):
                intake.import_delivery(delivery.pk)
        except Killed:
            assert shown(incident) in (before, after), f"killed at statement {number}"
            intake.import_delivery(delivery.pk)
            assert final_state(incident) == expected, f"killed at statement {number}"
        else:
            break
    assert 20 < number < 400


# What it needs to be told ---------------------------------------------------------------------------

CSV = b"time,text\n14:02,Alert fired\n14:05,Ann looks into it\n"


@pytest.mark.django_db
def test_a_file_that_places_nothing_asks_and_the_answer_imports_it(bob):
    incident = make_incident()
    delivery = imported(incident, CSV, name="notes.csv")
    assert delivery.state == State.NEEDS_ANSWER
    assert delivery.report["needs"] == {"date": 2}
    assert delivery.report["samples"][0]["local"] == "14:02"
    again = intake.replay(actor=bob, delivery=delivery, options={"date": "2026-03-02", "time_zone": "Europe/Berlin"})
    assert again.pk == delivery.pk
    intake.import_delivery(again.pk)
    assert [at.isoformat() for _, at, _, _ in shown(incident)] == ["2026-03-02T13:02:00+00:00", "2026-03-02T13:05:00+00:00"]


@pytest.mark.django_db
def test_a_pasted_list_without_date_and_zone_asks_for_both():
    delivery = imported(make_incident(), b"- 14:02 Alert fired\n- 14:05 Ann looks into it\n- 14:40 Rolled back\n", name="pasted text.txt", channel="paste")
    assert delivery.state == State.NEEDS_ANSWER
    assert delivery.report["needs"] == {"date": 3, "zone": 3}
    assert delivery.report["rejected"][0]["reason"] == "The time has no date. Give the date. The time has no time zone. Give the zone."


@pytest.mark.django_db
def test_where_only_some_need_an_answer_the_rest_is_imported():
    incident = make_incident()
    delivery = imported(incident, b"time,text\n14:01,Before any date\n2026-03-02 14:02:00Z,Alert fired\n", name="notes.csv")
    if delivery.state == State.IMPORTED:
        assert counts(delivery) == {"created": 1, "skipped": 1}
        assert delivery.report["rejected"][0]["reason"].startswith("The time has no date")


@pytest.mark.django_db
def test_another_zone_moves_the_events_and_keeps_their_identity(bob):
    incident = make_incident()
    delivery = imported(incident, b"time,text\n2026-03-02 14:02:00,Alert fired\n", name="notes.csv", time_zone="UTC")
    again = intake.replay(actor=bob, delivery=delivery, options={"time_zone": "Europe/Berlin"})
    assert again.pk != delivery.pk
    assert len(shown(incident)) == 1  # what is shown stays so until the new reading is complete
    intake.import_delivery(again.pk)
    again.refresh_from_db()
    assert counts(again) == {"updated": 1}
    assert TimelineEvent.objects.get().at.isoformat() == "2026-03-02T13:02:00+00:00"


# Limits and strangers -------------------------------------------------------------------------------


@pytest.mark.django_db
def test_more_events_than_the_limit_are_refused_whole(settings, monkeypatch):
    settings.EVENT_LIMIT = 10
    monkeypatch.setattr(intake_rows, "BATCH", 3)
    incident = make_incident()
    delivery = imported(incident, lines(*rows(11)))
    assert delivery.state == State.REFUSED
    assert "more than 10 events" in delivery.report["error"]
    assert not TimelineEvent.objects.exists()


@pytest.mark.django_db
def test_a_file_that_breaks_off_is_refused_whole(monkeypatch):
    monkeypatch.setattr(intake_rows, "BATCH", 2)
    delivery = imported(make_incident(), b'{"messages": [' + b",".join(lines(each).strip() for each in rows(9)) + b", {")
    if delivery.state == State.REFUSED:
        assert not TimelineEvent.objects.exists()
    else:
        assert delivery.report["rejected"]


@pytest.mark.django_db
def test_a_file_that_names_an_incident_and_no_time_is_refused_with_its_name():
    told = {"incident": {"incidentID": "7", "title": "Slow API", "status": "active", "overviewURL": "/a/grafana-irm-app/incidents/7"}}

    with pytest.raises(SourceError, match="It is about “Slow API”, but says of nothing when it happened"):
        preview.preview(io.BytesIO(json.dumps(told).encode()), "told.json", looking.clean_options({}), limit=10)


@pytest.mark.django_db
def test_no_file_and_a_file_too_large_are_refused_at_the_door(monkeypatch):
    incident = make_incident()
    with pytest.raises(ValidationError, match="empty"):
        given(incident, b"")
    monkeypatch.setattr(intake, "UPLOAD_LIMIT", 1024 * 1024)
    with pytest.raises(ValidationError, match="larger than 1 MiB"):
        given(incident, b"x" * (1024 * 1024 + 1))
    assert not Delivery.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("options", [{"time_zone": "Mars/Olympus"}, {"date": "yesterday"}, {"source": "tarot"}, {"mapping": "no"}])
def test_options_that_are_none_are_refused(options):
    with pytest.raises(ValidationError):
        given(make_incident(), b"x", **options)


@pytest.mark.django_db
def test_text_no_database_stores_is_cleaned():
    incident = make_incident()
    imported(incident, lines({"timestamp": T0.isoformat(), "message": "a\x00b\ud800\u202ec", "user": "x\x1b[2J" + "y" * 500}))
    event = TimelineEvent.objects.get()
    assert "\x00" not in event.text + event.raw + event.actor
    assert len(event.actor) <= 200


@pytest.mark.django_db
def test_a_lost_file_gives_up_with_a_reason():
    delivery = given(make_incident(), lines(*rows(1)))
    intake.storing.default_storage.delete(delivery.stored_as)
    with pytest.raises(jobs.GiveUp, match="backup"):
        intake.import_delivery(delivery.pk)
