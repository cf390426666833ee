"""A table of factors from another tool: read, shown, brought in."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from incidents.models import AuditEvent
from postmortems import factor_file
from postmortems.models import Factor, Postmortem
from tests.factories import make_incident, make_postmortem

TABLE = """vocabulary,term,statement
sre_triggers,binary push,
sre_causes,network,The link was slow.
hfacs,unsafe acts,He did not check.
incident_io,mitigators,"A colleague saw it, early."
"""


def problems(source, vocabulary=""):
    with pytest.raises(factor_file.FactorFileError) as caught:
        factor_file.read(source, "a.csv", vocabulary)
    return caught.value.problems


def test_rows_keep_their_line_and_their_quotes():
    rows = factor_file.read('\ufeffTerm;Extra;Statement\r\n\r\nnetwork;x;"It was\r\nslow; very."\r\nsoftware;;Odd\x00 date.\r\n', "a.csv", "sre_causes").rows
    assert [(row.term, row.statement, row.line) for row in rows] == [("network", "It was\nslow; very.", 3), ("software", "Odd date.", 5)]
    assert [row.vocabulary for row in factor_file.read("vocabulary\tterm\tstatement\nHFACS\torganisation\tx", "a.csv").rows] == ["HFACS"]


def test_what_is_wrong_is_said_at_once_with_line_and_column():
    said = problems("vocabulary,term,statement\nsre_causes,gremlins,x\niso,network,y\nsre_causes,network,too, many\nhfacs,organisation," + "z" * 1001)
    assert [text.split(":")[0] for text in said] == ["a.csv, line 2, term", "a.csv, line 3, vocabulary", "a.csv, line 4", "a.csv, line 5, statement"]
    assert "no “gremlins”" in said[0] and "4 values under 3 columns" in said[2] and "1,001 characters" in said[3]


def test_good_rows_of_a_bad_table_are_kept():
    table = factor_file.read('term,statement\nnetwork,slow\ngremlins,x\nsoftware,"a" b\nsoftware,odd date\nnetwork,a,b\n', "a.csv", "sre_causes")
    assert [(row.statement, row.line) for row in table.rows] == [("slow", 2), ("odd date", 5)]
    assert [text.split(":")[0] for text in table.problems] == ["a.csv, line 3, term", "a.csv, line 4", "a.csv, line 6"]


def test_a_table_is_read_as_far_as_there_is_room():
    table = factor_file.read("term,statement\n" + "".join(f"network,It was slow no. {number}.\n" for number in range(300)), "a.csv", "sre_causes")
    assert len(table.rows) == 200 and table.rows[-1].line == 201
    assert table.problems == ["a.csv, line 202: more than 200 rows. Nothing from here on is read: bring it in by another file."]
    table = factor_file.read("term,statement\nnetwork,slow\n" + "gremlins,x\n" * 300, "a.csv", "sre_causes")
    assert len(table.rows) == 1 and len(table.problems) == factor_file.MOST_PROBLEMS + 1
    assert table.problems[-1] == "a.csv, line 43: too much is wrong. Nothing from here on is read."


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("", "line 1: lacks the columns term and statement and vocabulary"),
        ("term,statement\nnetwork,x", "line 1: lacks the column vocabulary"),
        ("vocabulary,term,statement\n\n", "line 2: no row"),
        (b"vocabulary,term,statement\nhfacs,organisation,\xe4", "line 2: not UTF-8"),
        ('vocabulary,term,statement\nhfacs,organisation,"x', "line 2: The row cannot be read"),
        ("vocabulary,term,statement\n" + "a,b,c\n" * 300, "line 2, vocabulary"),
    ],
)
def test_broken_files(source, words):
    said = problems(source)
    assert words in said[0] or words in said[-1]
    assert len(said) <= factor_file.MOST_PROBLEMS + 1


# The page ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def place(postmortem):
    return reverse("postmortems:factor_import", args=[postmortem.reference])


@pytest.mark.django_db
def test_it_is_shown_first_and_written_then(client, alice, postmortem, place):
    client.force_login(alice)
    assert place in client.get(reverse("postmortems:factor_list", args=[postmortem.reference])).content.decode()
    assert client.get(place).status_code == 200
    seen = AuditEvent.objects.count()
    answer = client.post(place, {"file": SimpleUploadedFile("a.csv", TABLE.encode())})
    page = answer.content.decode()
    assert answer.status_code == 200 and "Add 2 factors" in page and "sets the trigger: Code release" in page and "It judges what people did" in page
    assert not Factor.objects.exists() and AuditEvent.objects.count() == seen and Postmortem.objects.get(pk=postmortem.pk).trigger == ""
    answer = client.post(place, answer.context["given"] | {"write": "1"}, follow=True)
    assert "2 factors are added, of low confidence: look at each. The trigger is set. 1 row was left out." in answer.content.decode()
    assert list(Factor.objects.values_list("statement", "kind", "leaf__key")) == [
        ("The link was slow.", "", "environment.network"),
        ("A colleague saw it, early.", "mitigator", None),
    ]
    again = client.post(place, {"text": TABLE}).content.decode()
    assert "Nothing of it would come in" in again and 'name="write"' not in again


@pytest.mark.django_db
@pytest.mark.parametrize("sent", [{}, {"text": "x"}, {"text": TABLE, "vocabulary": "iso"}, {"text": "a" * 600_000}, {"text": "term,statement\nx\x00,y"}])
@pytest.mark.parametrize("write", [{}, {"write": "1"}])
def test_what_cannot_be_read_is_said_and_nothing_is_written(client, alice, place, sent, write):
    client.force_login(alice)
    assert client.post(place, sent | write).status_code == 422
    assert not Factor.objects.exists()


@pytest.mark.django_db
def test_more_factors_than_there_is_room_for(client, alice, place):
    client.force_login(alice)
    rows = "".join(f"network,It was slow no. {number}.\n" for number in range(61))
    given = {"text": f"term,statement\n{rows}", "vocabulary": "sre_causes"}
    page = client.post(place, given).content.decode()
    assert "There is no room: a post-mortem holds 60 factors." in page and "Add 60 factors" in page
    answer = client.post(place, given | {"write": "1"}, follow=True)
    assert "60 factors are added" in answer.content.decode() and "1 row was left out" in answer.content.decode()
    assert Factor.objects.count() == 60


@pytest.mark.django_db
def test_good_rows_come_in_and_the_others_are_named(client, alice, place):
    client.force_login(alice)
    given = {"text": "term,statement\nnetwork,slow\ngremlins,x\n", "vocabulary": "sre_causes"}
    page = client.post(place, given).content.decode()
    assert "Left out, since they cannot be read:" in page and "pasted text, line 3, term:" in page and "Add 1 factor<" in page
    answer = client.post(place, given | {"write": "1"}, follow=True)
    assert "1 factor is added, of low confidence: look at each. 1 row was left out." in answer.content.decode()
    assert Factor.objects.get().statement == "slow"


@pytest.mark.django_db
def test_only_those_who_write_may(client, alice, bob, charlie, place):
    private = make_postmortem(alice, incident=make_incident(is_private=True, members=[alice]))
    hidden = reverse("postmortems:factor_import", args=[private.reference])
    assert client.get(place).status_code == 302
    for person, address in ((charlie, place), (bob, hidden)):
        client.force_login(person)
        assert client.get(address).status_code == 404 and client.post(address, {"text": TABLE, "write": "1"}).status_code == 404
    assert not Factor.objects.exists()


@pytest.mark.django_db
def test_an_archived_one_stays_as_it_is(client, alice, postmortem, place):
    Postmortem.objects.filter(pk=postmortem.pk).update(status="archived")
    client.force_login(alice)
    assert client.post(place, {"text": TABLE, "write": "1"}).status_code in (403, 409)
    assert not Factor.objects.exists()
