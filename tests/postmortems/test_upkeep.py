"""Commands for operators: are the revisions what was published, and the search made anew."""

import io
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from incidents.access import SYSTEM
from incidents.lib import batches
from postmortems import publishing, search
from postmortems.models import Postmortem, Revision, SearchEntry
from tests.factories import make_written

pytestmark = pytest.mark.django_db


def publish(postmortem):
    return publishing.publish(actor=SYSTEM, postmortem=Postmortem.objects.get(pk=postmortem.pk))


def tamper(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def told(command):
    out, error = io.StringIO(), io.StringIO()
    call_command(command, stdout=out, stderr=error)
    assert error.getvalue() == ""  # no progress where there is no terminal
    return out.getvalue()


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def three(alice):
    found = [make_written(alice, title=f"Title{number}") for number in range(3)]
    for one in found:
        publish(one)
        publish(one)
    return found


def test_revisions_that_are_what_was_published_are_said_to_be(three, monkeypatch):
    monkeypatch.setattr(batches, "SIZE", 2)
    assert told("verify_revisions") == "3 published post-mortems checked: every revision is what was published.\n"
    assert told("verify_revisions").startswith("3 ")


def test_each_broken_revision_has_its_line_and_the_rest_is_checked_too(three):
    first, second, third = three
    tamper("UPDATE postmortems_revision SET document = %s WHERE postmortem_id = %s AND number = 1", '{"title": "Nothing happened"}', first.pk)
    tamper("DELETE FROM postmortems_searchentry WHERE postmortem_id = %s", third.pk)
    tamper("DELETE FROM postmortems_revision WHERE postmortem_id = %s", third.pk)
    out = io.StringIO()
    with pytest.raises(CommandError, match="2 of 3 ") as stopped:
        call_command("verify_revisions", stdout=out)
    assert stopped.value.returncode == 1
    assert out.getvalue().splitlines() == [
        f"{first.reference}: The document of revision 1 is not what was published.",
        f"{third.reference}: It was published, and no revision is there.",
    ]


def test_a_document_that_cannot_be_read_is_one_that_is_broken(three):
    if connection.vendor == "postgresql":
        pytest.skip("PostgreSQL keeps nothing in a jsonb column that is no JSON")
    tamper("PRAGMA ignore_check_constraints = 1")
    for number, text in ((1, "{"), (2, '{"title": "\\ud800"}')):
        tamper("UPDATE postmortems_revision SET document = %s WHERE postmortem_id = %s AND number = %s", text, three[1].pk, number)
    tamper("PRAGMA ignore_check_constraints = 0")
    assert [len(problems) for _reference, problems in publishing.verify_all()] == [0, 2, 0]


def test_one_document_is_held_at_a_time(three):
    """What is read is asked for one revision at a time, and without its page."""
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        assert all(not problems for _reference, problems in publishing.verify_all())
    documents = [query["sql"] for query in queries if '"document"' in query["sql"]]
    assert len(documents) == 6
    assert all("LIMIT" in sql or '"id" =' in sql for sql in documents)
    assert not any('"html"' in query["sql"] for query in queries)


def test_a_terminal_is_told_how_far_it_is(three):
    error = Terminal()
    call_command("verify_revisions", stdout=io.StringIO(), stderr=error)
    assert "1 post-mortems checked" in error.getvalue()


def test_search_is_made_anew_from_what_was_published(three, alice):
    kept, stale, _ = three
    SearchEntry.objects.filter(postmortem=kept).delete()
    SearchEntry.objects.filter(postmortem=stale).update(body="zirkonite", revision=Revision.objects.get(postmortem=stale, number=1))
    Postmortem.objects.filter(pk=kept.pk).update(status="archived")  # stays readable, and found
    for _ in range(2):
        assert told("rebuild_search") == "3 post-mortems are indexed.\n"
        assert len(search.find(alice, "words").hits) == 3
        assert not search.find(alice, "zirkonite").hits
        assert set(SearchEntry.objects.values_list("revision__number", flat=True)) == {2}


def test_what_was_never_published_goes_from_the_search(three, alice):
    Postmortem.objects.filter(pk=three[0].pk).update(published_at=None)
    assert told("rebuild_search") == "2 post-mortems are indexed.\n"
    assert len(search.find(alice, "words").hits) == 2


def test_a_full_text_table_that_lost_its_words_is_whole_again(three, alice):
    if connection.vendor == "postgresql":
        pytest.skip("there the vector is a column of the row")
    tamper("INSERT INTO postmortems_searchfts(postmortems_searchfts) VALUES ('delete-all')")
    assert not search.find(alice, "words").hits
    told("rebuild_search")
    assert len(search.find(alice, "words").hits) == 3


def test_the_commands_say_what_they_do():
    for command in ("verify_revisions", "rebuild_search"):
        done = subprocess.run([sys.executable, "manage.py", command, "--help"], capture_output=True, text=True, check=True, timeout=60)
        assert "published" in done.stdout
