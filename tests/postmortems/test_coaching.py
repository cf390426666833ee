"""The coach on the pages: notes beside the text, what is kept, and how many there are before publishing. The command and the API."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from incidents.models import IncidentMember
from postmortems import coaching, drafting
from postmortems.models import Dismissal
from tests.factories import api_client, make_user

pytestmark = pytest.mark.django_db
BODY = "Marco broke the checkout. The engineer should have checked the logs."


@pytest.fixture
def section(alice, postmortem):
    first = postmortem.sections.get(key="response")
    return drafting.save_section(actor=alice, section=first, version=1, body=BODY, values={})


def url(postmortem, name="section_coach", key="response"):
    return reverse(f"postmortems:{name}", args=[postmortem.reference, key])


def keep_all(actor, postmortem, section, body=BODY):
    for note in coaching.advise(postmortem, section, body).notes:
        coaching.keep(actor=actor, postmortem=postmortem, section=section, body=body, digest=note.digest, reason="agreed")


def test_the_page_shows_what_the_saved_text_has(alices, postmortem, section):
    page = alices.get(url(postmortem, "section")).content.decode()
    assert "A verdict on someone" in page and "Marco broke" in page and "2 passages to look at" in page


def test_the_editor_asks_about_text_that_is_not_saved(alices, postmortem, section):
    answer = alices.post(url(postmortem), {"body": "Obviously the limit was low.\r\nThe team ignored the alarms."}).content.decode()
    assert "ignored the alarms" in answer and 'data-rewrite=""' in answer and "Marco" not in answer
    section.refresh_from_db()
    assert section.body == BODY


def test_a_text_with_very_many_passages_gets_the_first_of_them(alices, postmortem, section):
    body = "\n\n".join(f"The engineer should have checked log {number}." for number in range(150))
    text = alices.post(url(postmortem), {"body": body}).content.decode()
    assert text.count("coach__note") <= 500 and "150 passages to look at" in text and "The first 100 are shown." in text


def test_what_is_kept_stays_silent_through_edits_elsewhere_and_can_be_undone(alices, postmortem, section):
    note = coaching.advise(postmortem, section, BODY).notes[0]
    answer = alices.post(url(postmortem), {"body": BODY, "coach": f"keep:{note.digest}:quote"}).content.decode()
    assert "1 kept as it is" in answer and "It is a quote" in answer
    longer = f"Something new.\n\nMarco  broke the checkout. {BODY[26:]} He botched it."
    advice = coaching.advise(postmortem, section, longer)
    assert [one.finding.text for one in advice.notes] == ["engineer should have checked", "He botched"] and len(advice.kept) == 1
    assert len(coaching.advise(postmortem, section, "Marco broke the checkout twice.").notes) == 1
    alices.post(url(postmortem), {"body": BODY, "coach": f"undo:{note.digest}"})
    assert len(coaching.advise(postmortem, section, BODY).notes) == 2


def test_without_javascript_its_buttons_save_the_text_too(alices, postmortem, section):
    body = f"{BODY} A new sentence."
    note = coaching.advise(postmortem, section, body).notes[0]
    answer = alices.post(url(postmortem, "section"), {"version": section.version, "body": body, "coach": f"keep:{note.digest}:fact"})
    assert answer.status_code == 302
    section.refresh_from_db()
    assert section.body == body and Dismissal.objects.get().reason == "fact"


@pytest.mark.parametrize("decision", ["keep:", "keep:abc:quote", "undo:", "undo:abc", "nonsense", "keep:" + "0" * 64, ":::", ""])
def test_a_decision_about_nothing_does_nothing(alices, postmortem, section, decision):
    assert alices.post(url(postmortem), {"body": BODY, "coach": decision}).status_code == 200
    assert not Dismissal.objects.exists()


def test_keeping_twice_is_keeping_once(alice, postmortem, section):
    keep_all(alice, postmortem, section)
    keep_all(alice, postmortem, section)
    assert Dismissal.objects.count() == 2


def test_one_note_stands_for_all_mentions_of_a_cause(postmortem, section):
    body = "The root cause was a lock. " * 5 + "In hindsight it was a lock. " * 6
    advice = coaching.advise(postmortem, section, body)
    assert [(note.finding.category, note.mentions) for note in advice.notes] == [("single_cause", 5)]
    assert len(advice.hints) == coaching.HINTS_SHOWN


def test_members_are_known_by_name(postmortem, section):
    assert not coaching.advise(postmortem, section, "Zorblax overlooked the banner.").notes
    IncidentMember.objects.create(incident=postmortem.incident, user=make_user("zorblax", first_name="Zorblax", last_name="Quux"))
    assert coaching.advise(postmortem, section, "Zorblax overlooked the banner.").notes


def test_another_language_is_not_called_clean(alices, postmortem, section):
    answer = alices.post(
        url(postmortem), {"body": "Der Ingenieur hat die Datenbank gelöscht, und niemand hat es über das Wochenende bemerkt, obwohl alle Bescheid wussten."}
    )
    assert "Not checked" in answer.content.decode()


def test_publishing_shows_the_count_and_waits_for_nothing(alices, alice, postmortem, section):
    address = reverse("postmortems:publish", args=[postmortem.reference])
    page = alices.get(address).content.decode()
    assert "Wording to look at" in page and "2 notes" in page and "Advice only" in page
    keep_all(alice, postmortem, section)
    assert "Wording to look at" not in alices.get(address).content.decode()


def test_markup_in_the_text_is_only_text(alices, postmortem, section):
    answer = alices.post(url(postmortem), {"body": 'The <b>engineer</b> should have <img src=x onerror="alert(1)">checked, he botched "it".'}).content.decode()
    assert "<img" not in answer and "<b>" not in answer


@pytest.mark.parametrize(("role", "status"), [("viewer", 404), ("responder", 200)])
def test_it_is_for_those_who_write(client, postmortem, section, role, status):
    client.force_login(make_user("somebody", role=role))
    assert client.post(url(postmortem), {"body": BODY}).status_code == status


def test_a_private_incident_stays_private(client, alice, bob, postmortem, section):
    postmortem.incident.is_private = True
    postmortem.incident.save()
    client.force_login(bob)
    assert client.post(url(postmortem), {"body": BODY}).status_code == 404


# The command ------------------------------------------------------------------------------------------------


def run(*arguments, stdin=b"", monkeypatch=None):
    if monkeypatch:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
    out, errors = io.StringIO(), io.StringIO()
    call_command("lint_blameless", *arguments, stdout=out, stderr=errors)
    return out.getvalue(), errors.getvalue()


def test_the_command_reads_files_and_tells_line_and_column(tmp_path):
    file = tmp_path / "report.md"
    file.write_bytes("\ufeffAll was well. 😀\r\n\r\nThen Marco broke it.\r\n".encode())
    out, _errors = run(str(file))
    assert out.startswith(f"{file}:3:6: strong person_blame: “Marco broke”") and out.endswith("1 passage to look at.\n")


def test_the_command_prints_one_json_document(tmp_path, monkeypatch):
    text = "😀 Then Marco broke it.\r\n"
    out, _errors = run("-", "--json", stdin=text.encode(), monkeypatch=monkeypatch)
    (found,) = json.loads(out)
    assert list(found) == ["file", "start", "end", "text", "category", "severity", "message", "suggestion"]
    assert found["file"] == "-" and text[found["start"] : found["end"]] == found["text"] == "Marco broke"
    assert run("--json", stdin=b"", monkeypatch=monkeypatch)[0] == "[]\n"


def test_the_command_takes_a_kind(tmp_path):
    file = tmp_path / "action.txt"
    file.write_text("Better monitoring")
    assert json.loads(run(str(file), "--kind", "action", "--json")[0])[0]["category"] == "vague_action"
    assert json.loads(run(str(file), "--kind", "prose", "--json")[0]) == []
    assert run(str(file), "--kind", "prose")[0].startswith("No listed phrases found.")


def test_the_command_says_what_it_cannot_read(tmp_path):
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        run(str(tmp_path / "none.md"))
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CommandError, match="is no text in UTF-8"):
        run(str(tmp_path / "bytes"))
    (tmp_path / "german.txt").write_text("Der Ingenieur hat die Datenbank gelöscht, und niemand hat es bemerkt, obwohl alle Bescheid wussten.")
    assert "knows English only" in run(str(tmp_path / "german.txt"), "--json")[1]
    assert "No listed phrases" not in run(str(tmp_path / "german.txt"))[0]


# The API ----------------------------------------------------------------------------------------------------


def test_the_api_answers_with_offsets_and_stores_nothing(alice):
    text = "😀 Then Marco broke it. Great!!!"
    answer = api_client(alice).post("/api/v1/lint/", {"text": text, "kind": "prose"}, format="json")
    assert answer.status_code == 200 and answer.json()["checked"] is True
    found = answer.json()["findings"]
    assert [text[one["start"] : one["end"]] for one in found] == [one["text"] for one in found] == ["Marco broke", "!!!"]
    assert [one["rewrite"] for one in found] == [None, "."]


def test_the_api_says_that_it_did_not_check_another_language(alice):
    answer = api_client(alice).post("/api/v1/lint/", {"text": "Der Techniker hat den Alarm ignoriert, und niemand hat es bemerkt."}, format="json")
    assert answer.json() == {"checked": False, "findings": []}


@pytest.mark.parametrize(
    "body", [{}, {"text": "x" * 100_001}, {"text": "x", "kind": "poem"}, {"text": "x", "names": ["n" * 101]}, {"text": None}, {"text": "x", "profile": 1}]
)
def test_the_api_has_limits(alice, body):
    assert api_client(alice).post("/api/v1/lint/", body, format="json").status_code == 400


def test_the_api_wants_a_token(client):
    assert client.post("/api/v1/lint/", {"text": "x"}, content_type="application/json").status_code in {401, 403}
