"""Jobs: asked for once, done once, whatever runs twice. Real processes are in tests/config/test_jobs_survive.py."""

import threading
from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction
from django.utils import timezone

from incidents import jobs
from incidents.models import Job
from tests.factories import make_user


@pytest.fixture
def calls():
    """A kind of job of the test's own; what it is called with, or what it is to raise."""
    seen = []

    @jobs.handles("test")
    def handler(number):
        seen.append(number)
        if getattr(handler, "error", None):
            raise handler.error

    seen_by = type("Calls", (), {"seen": seen, "handler": staticmethod(handler)})
    yield seen_by
    del jobs.HANDLERS["test"]


@pytest.mark.django_db
def test_asking_twice_is_asking_once(calls):
    jobs.enqueue("test", 1)
    jobs.enqueue("test", 1)
    jobs.enqueue("test", 2)
    assert Job.objects.filter(kind="test").count() == 2


@pytest.mark.django_db
def test_asking_while_it_runs_is_asking_again(calls):
    jobs.enqueue("test", 1)
    job = jobs.claim(Job.objects.get().pk)
    jobs.enqueue("test", 1)
    assert sorted(Job.objects.values_list("state", flat=True)) == ["running", "waiting"]
    # The first fails: its retry would wait beside the second, so it ends.
    jobs.retry(job, "broken")
    assert sorted(Job.objects.values_list("state", flat=True)) == ["done", "waiting"]


@pytest.mark.django_db
def test_a_worker_is_woken_after_the_commit_only(calls, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        jobs.enqueue("test", 1)
        assert calls.seen == []
    assert calls.seen == [1]
    assert Job.objects.get().state == Job.State.DONE


@pytest.mark.django_db
def test_what_is_rolled_back_was_not_asked_for(calls):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        jobs.enqueue("test", 1)
        raise ZeroDivisionError
    assert not Job.objects.exists()


@pytest.mark.django_db
def test_a_failure_is_tried_again_later_and_given_up_at_last(calls):
    calls.handler.error = ValueError("no")
    jobs.enqueue("test", 1)
    for attempt in range(1, jobs.MAX_ATTEMPTS + 1):
        job = Job.objects.get()
        assert (job.state, job.attempts) == (Job.State.WAITING, attempt - 1)
        Job.objects.update(run_after=timezone.now())
        assert jobs.run(job.pk)
    job = Job.objects.get()
    assert (job.state, job.error, len(calls.seen)) == (Job.State.DEAD, "ValueError: no", jobs.MAX_ATTEMPTS)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "state", "message"),
    [(jobs.GiveUp("The file is gone."), "dead", "The file is gone."), (SoftTimeLimitExceeded(), "waiting", "It took longer than 540 seconds.")],
)
def test_errors_with_a_meaning(calls, error, state, message):
    calls.handler.error = error
    jobs.enqueue("test", 1)
    jobs.sweep()
    assert list(Job.objects.values_list("state", "error")) == [(state, message)]


@pytest.mark.django_db
def test_a_kind_nobody_handles_waits_for_a_release_that_does():
    jobs.enqueue("from-the-future", 1)
    jobs.sweep()
    assert Job.objects.get().state == Job.State.WAITING


@pytest.mark.django_db
def test_a_failed_statement_of_a_handler_leaves_the_caller_its_transaction(calls):
    def broken(number):
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM no_such_table")

    jobs.HANDLERS["test"] = broken
    jobs.enqueue("test", 1)
    jobs.sweep()
    assert "no_such_table" in Job.objects.get().error


@pytest.mark.django_db
def test_a_worker_that_lost_its_lease_cannot_write_the_outcome(calls):
    jobs.enqueue("test", 1)
    first = jobs.claim(Job.objects.get().pk)
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    second = jobs.claim(first.pk)
    assert (second.fence, second.lost, second.attempts) == (first.fence + 1, 1, 2)
    jobs.finish(first, Job.State.DEAD, "too late")
    assert Job.objects.get().state == Job.State.RUNNING
    jobs.finish(second, Job.State.DONE)
    assert (Job.objects.get().state, Job.objects.get().error) == (Job.State.DONE, "")


@pytest.mark.django_db
def test_a_job_that_takes_its_worker_along_is_poison(calls):
    jobs.enqueue("test", 1)
    for _ in range(jobs.MAX_LOST):
        assert jobs.claim(Job.objects.get().pk)
        Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert jobs.sweep() == 0
    assert (Job.objects.get().state, calls.seen) == (Job.State.DEAD, [])
    assert jobs.revive(Job.objects.get().pk)
    assert jobs.sweep() == 1
    assert calls.seen == [1]


@pytest.mark.django_db
def test_done_jobs_are_forgotten_after_a_month_and_dead_ones_are_not(calls):
    old = timezone.now() - timedelta(days=31)
    for number, state in enumerate([Job.State.DONE, Job.State.DEAD]):
        Job.objects.create(kind="test", object_id=number, state=state, run_after=old, finished_at=old)
    Job.objects.create(kind="test", object_id=9, state=Job.State.DONE, run_after=old, finished_at=timezone.now())
    assert jobs.forget_done() == 1
    assert sorted(Job.objects.values_list("object_id", flat=True)) == [1, 9]


@pytest.mark.django_db
def test_a_broker_that_is_away_is_no_error(calls, settings, django_capture_on_commit_callbacks, monkeypatch):
    from config.celery import app

    monkeypatch.setattr(jobs, "_broker_away_until", 0.0)
    monkeypatch.setitem(app.conf, "task_always_eager", False)
    monkeypatch.setitem(app.conf, "broker_transport_options", {"data_folder_out": "/dev/null/nowhere"})
    monkeypatch.setattr(app, "_pool", None)
    with django_capture_on_commit_callbacks(execute=True):
        jobs.enqueue("test", 1)
    assert Job.objects.get().state == Job.State.WAITING
    assert jobs.sweep() == 1


@pytest.mark.django_db(transaction=True)
def test_many_workers_share_the_jobs(calls):
    for number in range(40):
        Job.objects.create(kind="test", object_id=number, run_after=timezone.now())
    at_once([jobs.sweep] * 4)
    assert sorted(calls.seen) == list(range(40))
    assert set(Job.objects.values_list("state", flat=True)) == {"done"}


@pytest.mark.django_db(transaction=True)
def test_asking_waits_for_who_asked_before_and_is_not_lost(calls, settings):
    """A worker cannot take the waiting job between our asking and our commit, and so miss what we changed."""
    Job.objects.create(kind="test", object_id=1, run_after=timezone.now())
    asked, may_commit = threading.Event(), threading.Event()

    def ask():
        with transaction.atomic():
            jobs.enqueue("test", 1)
            asked.set()
            may_commit.wait(30)

    def work():
        asked.wait(30)
        threading.Timer(0.5, may_commit.set).start()
        jobs.sweep()
        assert may_commit.is_set()  # the sweep could claim only after the commit

    at_once([ask, work])
    assert calls.seen == [1]


def at_once(functions):
    """Run the functions in threads of their own; an error in one of them is the test's."""
    errors = []

    def run(function):
        try:
            function()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[function]) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors


@pytest.mark.django_db
def test_an_administrator_lets_a_job_be_tried_again(client, calls):
    boss = make_user("boss", role="admin", is_staff=True, is_superuser=True)
    job = Job.objects.create(kind="test", object_id=1, state=Job.State.DEAD, run_after=timezone.now(), error="gone")
    client.force_login(boss)
    assert "gone" in client.get("/admin/incidents/job/").content.decode()
    assert client.post("/admin/incidents/job/", {"action": "try_again", "_selected_action": [job.pk]}).status_code == 302
    assert Job.objects.get().state == Job.State.WAITING
