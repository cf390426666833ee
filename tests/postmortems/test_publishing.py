"""Publishing: immutable, chained, never half done."""

import errno
import hashlib
import os
import sys
import threading
import traceback
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import connection, connections

from incidents.access import SYSTEM
from incidents.lib.conflict import Conflict
from incidents.models import Job
from postmortems import publishing, search
from postmortems.document import build
from postmortems.models import Postmortem, Revision, Section
from postmortems.models.publication import Immutable
from postmortems.signals import revision_published
from tests.factories import T0, make_written

pytestmark = pytest.mark.django_db
NOW = T0 + timedelta(days=1)


def publish(postmortem, actor=SYSTEM, **options):
    return publishing.publish(actor=actor, postmortem=Postmortem.objects.get(pk=postmortem.pk), **options)


def test_revisions_are_numbered_and_chained(alice):
    postmortem = make_written(alice)
    first, second = publish(postmortem, alice, note="First"), publish(postmortem, alice)
    assert (first.number, second.number) == (1, 2)
    assert first.previous_sha256 == ""
    assert second.previous_sha256 == first.sha256
    assert first.document["revision"] == 1
    assert first.document["note"] == "First"
    postmortem.refresh_from_db()
    assert postmortem.status == "published"
    assert postmortem.published_at == second.published_at
    assert publishing.verify(postmortem) == []


def test_only_who_may_publish_does(alice, bob, charlie):
    postmortem = make_written(alice)
    for actor in (bob, charlie):
        with pytest.raises(PermissionDenied):
            publish(postmortem, actor)
    assert not postmortem.revisions.exists()


def test_later_edits_do_not_reach_what_was_published(alice):
    postmortem = make_written(alice)
    revision = publish(postmortem)
    Section.objects.filter(postmortem=postmortem).update(body="Other words")
    revision.refresh_from_db()
    assert "Words of summary." in revision.html
    assert "Other words" not in str(revision.document)


def test_a_revision_cannot_be_changed_or_deleted(alice):
    revision = publish(make_written(alice))
    revision.html = "other"
    with pytest.raises(Immutable):
        revision.save()
    with pytest.raises(Immutable):
        revision.delete()
    with pytest.raises(Immutable):
        Revision.objects.filter(pk=revision.pk).update(document={})
    with pytest.raises(Immutable):
        Revision.objects.all().delete()
    with pytest.raises(Immutable):
        revision.save(update_fields=["sha256", "pdf_error"])
    assert Revision.objects.get().html != "other"


def test_tampering_shows_in_the_chain(alice):
    postmortem = make_written(alice)
    publish(postmortem)
    publish(postmortem)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE postmortems_revision SET document = %s WHERE number = 1", ['{"title": "Nothing happened"}'])
    assert publishing.verify(postmortem) == ["The document of revision 1 is not what was published."]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM postmortems_searchentry")
        cursor.execute("DELETE FROM postmortems_revision WHERE number = 1")
    assert publishing.verify(postmortem) == ["Revision 1 is missing.", "Revision 2 does not continue the one before it."]


def test_a_preview_that_is_no_longer_true_is_not_published(alice):
    postmortem = make_written(alice)
    seen = publishing.fingerprint(build(postmortem, "internal", NOW))
    Section.objects.filter(postmortem=postmortem, key="summary").update(body="Somebody wrote on")
    with pytest.raises(Conflict):
        publish(postmortem, alice, seen=seen)
    seen = publishing.fingerprint(build(postmortem, "internal", NOW))
    assert publish(postmortem, alice, seen=seen).number == 1


def test_an_old_version_is_not_published(alice):
    postmortem = make_written(alice)
    publish(postmortem)
    with pytest.raises(Conflict):
        publishing.publish(actor=alice, postmortem=postmortem)
    assert postmortem.revisions.count() == 1


def test_it_is_found_at_once_and_announced(alice, django_capture_on_commit_callbacks):
    heard = []

    def hear(revision_id, **_):
        heard.append(revision_id)

    revision_published.connect(hear)
    postmortem = make_written(alice)
    with django_capture_on_commit_callbacks(execute=True):
        revision = publish(postmortem)
    revision_published.disconnect(hear)
    assert heard == [revision.pk]
    assert [hit.subject.postmortem_id for hit in search.find(alice, '"Words of summary"').hits] == [postmortem.pk]
    assert Job.objects.get(kind="pdf").object_id == revision.pk
    revision.refresh_from_db()
    assert revision.pdf_stored_as


def test_the_pdf_is_kept_under_its_hash(alice):
    revision = publish(make_written(alice))
    publishing.render_pdf(revision.pk)
    revision.refresh_from_db()
    content = (Path(settings.MEDIA_ROOT) / revision.pdf_stored_as).read_bytes()
    assert content.startswith(b"%PDF-1.7")
    assert hashlib.sha256(content).hexdigest() == revision.pdf_sha256
    before = os.stat(Path(settings.MEDIA_ROOT) / revision.pdf_stored_as).st_mtime_ns
    publishing.render_pdf(revision.pk)  # a second time changes nothing
    assert os.stat(Path(settings.MEDIA_ROOT) / revision.pdf_stored_as).st_mtime_ns == before


@pytest.mark.parametrize("failing", ["fsync", "replace", "fdopen"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(alice, monkeypatch, tmp_path, failing):
    path = tmp_path / "x.pdf"
    publishing.write_whole(path, b"old")

    def full(*_args, **_options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, failing, full)
    with pytest.raises(OSError, match="No space"):
        publishing.write_whole(path, b"new")
    monkeypatch.undo()
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("x.pdf", b"old")]


def test_a_full_disk_is_told_and_tried_again(alice, monkeypatch):
    revision = publish(make_written(alice))

    def full(*_args, **_options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError):
        publishing.render_pdf(revision.pk)
    monkeypatch.undo()
    revision.refresh_from_db()
    assert "could not be written" in revision.pdf_error
    assert not revision.pdf_stored_as
    publishing.render_pdf(revision.pk)
    revision.refresh_from_db()
    assert revision.pdf_stored_as
    assert not revision.pdf_error


@pytest.mark.django_db(transaction=True)
def test_the_pdf_is_rendered_outside_any_transaction(alice, monkeypatch):
    from postmortems.rendering import pdf

    seen = []
    render = pdf.render
    monkeypatch.setattr(pdf, "render", lambda *args: seen.append(connection.in_atomic_block) or render(*args))
    revision = publish(make_written(alice), alice)  # the job runs at once in tests
    revision.refresh_from_db()
    assert seen == [False]
    assert revision.pdf_stored_as
    assert Job.objects.get(kind="pdf").state == "done"


@pytest.mark.django_db(transaction=True)
def test_publishing_at_once_has_a_serial_outcome(alice, settings):
    settings.CELERY_TASK_ALWAYS_EAGER = False
    postmortem = make_written(alice)
    results, barrier = [], threading.Barrier(4)

    def go():
        mine = Postmortem.objects.get(pk=postmortem.pk)
        barrier.wait()
        try:
            results.append(publishing.publish(actor=SYSTEM, postmortem=mine).number)
        except Conflict:
            results.append("conflict")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, results)) == ["1", "conflict", "conflict", "conflict"]
    assert publishing.verify(postmortem) == []
    assert postmortem.revisions.count() == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_killed_at_any_statement_it_is_published_whole_or_not_at_all(alice, settings):
    settings.CELERY_TASK_ALWAYS_EAGER = False
    postmortem = make_written(alice)
    finished, number = False, 0
    while not finished:
        number += 1
        assert number < 200
        before = postmortem.revisions.count()
        code = killed_at(postmortem, number)
        assert code in (0, 9), "the child failed by itself; its traceback is on the run's own stderr"
        finished = code == 0
        postmortem.refresh_from_db()
        after = postmortem.revisions.count()
        assert after - before in (0, 1)
        assert publishing.verify(postmortem) == []
        published = after > 0
        assert (postmortem.published_at is not None) == published
        assert search.find(alice, "summary").total == int(published)
        assert Job.objects.filter(kind="pdf").count() == after
    assert number > 10
    assert postmortem.revisions.count() >= 1


def killed_at(postmortem, number):
    """Publish in a child that is killed before its statement `number`; return its exit code.

    Reading changes nothing: killed before a SELECT it leaves what it leaves before the next statement that is none."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        # Browser tests leave an event loop in this process, and Django keeps connections by loop: here, where none runs, it would
        # find one that the parent opened before, and two processes would talk over one socket.
        connection.connection = None
        left = number

        def count(execute, sql, *arguments):
            nonlocal left
            left -= not sql.startswith("SELECT")
            if left == 0:
                os._exit(9)
            return execute(sql, *arguments)

        try:
            with connection.execute_wrapper(count):
                publish(postmortem)
            os._exit(0)
        except BaseException:
            traceback.print_exc(file=sys.__stderr__)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_the_command_writes_pdf_and_one_html_file(alice, tmp_path):
    import json

    postmortem = make_written(alice)
    out = StringIO()
    call_command("publish", postmortem.reference, "--pdf", str(tmp_path / "a.pdf"), "--html", str(tmp_path / "a.html"), "--json", stdout=out)
    result = json.loads(out.getvalue())
    assert result["revision"] == 1
    assert result["audience"] == "internal"
    assert hashlib.sha256((tmp_path / "a.pdf").read_bytes()).hexdigest() == result["pdf_sha256"]
    page = (tmp_path / "a.html").read_text()
    assert "Words of summary." in page
    assert "<link" not in page
    assert "<script" not in page
    assert "url(" not in page.replace("url(&quot;data:", "").replace('url("data:', "")
    out = StringIO()
    call_command("publish", postmortem.reference, "--audience", "public", stdout=out)
    assert out.getvalue() == f"{postmortem.reference} revision 2 (public): http://127.0.0.1:8000/knowledge/{postmortem.reference}/r/2/\n"


def test_the_command_fails_in_one_line(alice, tmp_path):
    postmortem = make_written(alice)
    with pytest.raises(CommandError, match="no post-mortem PM-999"):
        call_command("publish", "PM-999")
    with pytest.raises(CommandError, match="no folder"):
        call_command("publish", postmortem.reference, "--pdf", str(tmp_path / "none" / "a.pdf"))
    assert not postmortem.revisions.exists()


def test_home_tells_of_each_post_mortem_once_by_its_latest_revision(client, alice):
    postmortem = make_written(alice)
    publish(postmortem, alice)
    publish(postmortem, alice)
    client.force_login(alice)
    page = client.get("/").content.decode()
    assert "revision 2" in page
    assert "revision 1" not in page
