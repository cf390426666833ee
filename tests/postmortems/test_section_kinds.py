"""Kinds of sections at work: their pages, saving, conflicts, print, search, advice, completeness and API."""

import json
import re

import pytest
from django.urls import reverse

from incidents.lib.markdown import render
from postmortems import coaching, drafting, publishing, search
from postmortems.completeness import Surroundings, check
from postmortems.document import build
from postmortems.models import Section, SectionKind
from postmortems.overview import completeness_of
from postmortems.rendering import html
from postmortems.rendering.changes import compare
from postmortems.rendering.markdown import markdown
from tests.factories import T0, api_client, make_postmortem, make_user

pytestmark = pytest.mark.django_db
NOTHING = Surroundings()
#: Something in each column of each kind with rows.
ROWS = {
    "bullets": [{"statement": "The **dashboard** helped"}],
    "surprises": [{"expectation": "A slow card provider", "observation": "An empty pool"}],
    "themes": [{"statement": "A session is a resource", "useful_for": "all teams"}],
    "decisions": [
        {"at": "2026-03-02T14:27:00Z", "decided_by_role": "Lead", "choice": "Roll back", "reasons": "- quick\n- can be undone", "confidence": "4"},
        {"choice": "Tell customers", "reasons": "They had asked."},
    ],
    "why_tree": [
        {"question": "How did it come about?", "answer": "The pool was empty", "depth": "0"},
        {"question": "And how was that?", "answer": "A job held it", "factor": "No limit per job", "depth": "1"},
        {"question": "What else had to be true?", "answer": "No alert on waiting", "depth": "1"},
    ],
    "qa": [{"question": "A question of ours", "answer": "An answer"}, {"question": "Another", "not_applicable_because": "Nothing was released"}],
    "comms": [{"at": "2026-03-02T14:30:00Z", "audience": "customers", "channel": "status page", "message": "Some orders fail"}],
    "security": [{"asset": "The key", "data_classes": "stock", "confidence": "high"}],
    "sharing": [{"audience": "Platform", "channel": "engineering hour", "date": "2026-03-09", "status": "planned"}],
    "links": [{"caption": "Graph [of] errors", "address": "https://grafana.example/d/1?a=b&c=d", "copy_kept": "yes"}],
    "glossary": [{"term": "Lag", "meaning": "How far behind the index is"}],
}


def url(postmortem, key, name="section", *rest):
    return reverse(f"postmortems:{name}", args=[postmortem.reference, key, *rest])


def turn(postmortem, kind, key="why_tree", **fields):
    """Make a section one of another kind, with nothing in it."""
    Section.objects.filter(postmortem=postmortem, key=key).update(**{"kind": kind, "fields": "", "minimum": "", "values": {}, "body": "", **fields})
    return postmortem.sections.get(key=key)


def put(actor, section, rows, body="", **values):
    return drafting.save_section(actor=actor, section=section, version=section.version, body=body, values={"rows": rows, **values})


def posted(given, version=1, **more):
    cells = {f"row-{key}-{name}": value for key, row in enumerate(given) for name, value in row.items()}
    return {"version": version, "body": "", **cells, **more}


def stored(postmortem, key="why_tree"):
    return postmortem.sections.get(key=key).values.get("rows", [])


# The form ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ROWS)
def test_each_kind_has_a_form_that_stores_its_rows(alices, alice, postmortem, kind):
    section = turn(postmortem, kind, prompts="A question of ours")
    page = alices.get(url(postmortem, "why_tree"))
    assert page.status_code == 200 and "data-rows-add" in page.content.decode()
    form = posted(ROWS[kind])
    form = {name: value.removesuffix(":00Z") if value.endswith(":00Z") else value for name, value in form.items() if isinstance(value, str)} | {"version": 1}
    assert alices.post(url(postmortem, "why_tree"), form).status_code == 302
    assert stored(postmortem) == ROWS[kind]
    section.refresh_from_db()
    assert section.versions.get(number=2).values == section.values
    page = alices.get(url(postmortem, "why_tree")).content.decode()
    assert all(str(value)[:12].split("\n")[0].split("[")[0] in page for name, value in ROWS[kind][0].items() if name not in {"at", "depth"})


@pytest.mark.parametrize("kind", [kind for kind in SectionKind.values if kind not in ROWS])
def test_kinds_without_rows_have_none(alices, postmortem, kind):
    turn(postmortem, kind, fields="region\nnoticed(date)\ncopies_n")
    page = alices.get(url(postmortem, "why_tree"))
    assert page.status_code == 200 and "data-rows-add" not in page.content.decode()


def test_custom_fields_are_asked_for_and_stored_by_type(alices, postmortem):
    turn(postmortem, "fields", fields="region\nnoticed(date)\nrunbook(link)\nsteps(long)\nfollowed(bool)")
    form = {"version": 1, "body": "", "value-region": "eu-1", "value-noticed": "2026-03-02", "value-runbook": "https://wiki.example/x", "value-followed": "yes"}
    assert alices.post(url(postmortem, "why_tree"), form).status_code == 302
    expected = {"region": "eu-1", "noticed": "2026-03-02", "runbook": "https://wiki.example/x", "followed": "yes"}
    assert postmortem.sections.get(key="why_tree").values == expected
    page = alices.post(url(postmortem, "why_tree"), form | {"version": 2, "value-runbook": "javascript:alert(1)"})
    assert page.status_code == 422 and "begins with https://" in page.content.decode()


def test_rows_come_in_the_order_in_which_they_are_sent(alices, postmortem):
    turn(postmortem, "bullets")
    form = {"version": 1, "body": "", "row-4-statement": "first", "row-0-statement": "second", "row-2-statement": " ", "row-x-statement": "none"}
    alices.post(url(postmortem, "why_tree"), form)
    assert stored(postmortem) == [{"statement": "first"}, {"statement": "second"}]


def test_what_is_not_valid_is_named_by_row_and_kept(alices, postmortem):
    turn(postmortem, "decisions")
    form = posted([{"choice": "Roll back"}, {"choice": "Wait", "at": "noon", "confidence": "9"}])
    page = alices.post(url(postmortem, "why_tree"), form)
    assert page.status_code == 422
    text = page.content.decode()
    assert "Decision 2, When:" in text and "Decision 2, How sure:" in text and "Roll back" in text
    errors = alices.post(url(postmortem, "why_tree"), form, headers={"X-Autosave": "1"}).json()["errors"]
    assert any("Decision 2, When:" in one for one in errors["__all__"])


def test_too_many_rows_are_refused(alices, postmortem):
    turn(postmortem, "glossary")
    page = alices.post(url(postmortem, "why_tree"), posted([{"term": str(number)} for number in range(201)]))
    assert page.status_code == 422 and "At most 200 rows." in page.content.decode()


def test_without_javascript_a_row_is_added_where_it_was_asked_for(alices, postmortem):
    answer = alices.post(url(postmortem, "why_tree"), posted(ROWS["why_tree"], rows="ask:1"))
    assert answer.status_code == 302 and answer.url.endswith("?row=2&depth=2#row-new")
    page = alices.get(answer.url)
    assert [(row.is_new, row.depth) for row in page.context["form"].rows.forms] == [(False, 0), (False, 1), (True, 2), (False, 1)]
    again = alices.post(url(postmortem, "why_tree"), posted(ROWS["why_tree"], version=2, rows="add"))
    assert again.url.endswith("?row=3&depth=0#row-new")
    assert postmortem.sections.get(key="why_tree").version == 2  # one more empty row is no version


@pytest.mark.parametrize(
    ("command", "answers"), [("remove:0", "A job held it|No alert on waiting"), ("down:1", "The pool was empty|No alert on waiting|A job held it")]
)
def test_without_javascript_rows_are_moved_and_removed(alices, postmortem, command, answers):
    alices.post(url(postmortem, "why_tree"), posted(ROWS["why_tree"], rows=command))
    assert "|".join(row["answer"] for row in stored(postmortem)) == answers


@pytest.mark.parametrize("command", ["up:99", "dance:1", "remove:", "add:x", ":::", "take"])
def test_a_command_that_is_none_only_saves(alices, postmortem, command):
    assert alices.post(url(postmortem, "why_tree"), posted(ROWS["why_tree"], rows=command)).status_code == 302
    assert len(stored(postmortem)) == 3


@pytest.mark.parametrize("query", ["?row=x", "?row=-1", "?row=99999999999", "?row=2&depth=x", "?row=500&depth=99"])
def test_an_address_asks_for_no_more_than_a_row(alices, postmortem, query):
    assert alices.get(url(postmortem, "why_tree") + query).status_code == 200


def test_a_list_in_the_text_is_turned_into_points_on_request(alices, alice, postmortem):
    section = postmortem.sections.get(key="helped")
    body = "Before.\n\n- The drill\n- The switch"
    drafting.save_section(actor=alice, section=section, version=1, body=body, values={})
    assert "Turn the list in the text below into points" in alices.get(url(postmortem, "helped")).content.decode()
    assert postmortem.sections.get(key="helped").body == body  # nothing is moved unasked
    alices.post(url(postmortem, "helped"), {"version": 2, "body": body, "rows": "take"})
    section.refresh_from_db()
    assert (section.body, section.values) == ("Before.", {"rows": [{"statement": "The drill"}, {"statement": "The switch"}]})


def test_questions_of_the_template_stay_in_their_order(alices, alice, postmortem):
    section = turn(postmortem, "qa", prompts="How did we learn?\nWhat was tried?")
    put(alice, section, [{"question": "What was tried?", "answer": "A rollback"}, {"question": "Ours?", "answer": "Yes"}, {"question": "How did we learn?"}])
    forms = alices.get(url(postmortem, "why_tree")).context["form"].rows.forms
    assert [(row.question, row.texts["answer"]) for row in forms] == [("How did we learn?", ""), ("What was tried?", "A rollback"), ("", "Yes")]
    assert len(stored(postmortem)) == 2


def test_a_column_may_have_any_name(alices, postmortem):
    turn(postmortem, "bullets", fields="key\nquestion\ncells\nhidden\ndepth\nforms\nerrors\nlabel")
    page = alices.get(url(postmortem, "why_tree"))
    assert page.status_code == 200 and 'data-key="0"' in page.content.decode()


def test_numbers_come_with_source_and_quality(alices, postmortem):
    form = {"version": 1, "body": "Words.", "value-users_affected_n": "1200", "value-users_affected_n.quality": "measured"}
    alices.post(url(postmortem, "impact"), form)
    section = postmortem.sections.get(key="impact")
    assert section.values == {"users_affected_n": "1200", "users_affected_n.quality": "measured"}
    gaps = completeness_of(postmortem).of("impact").gaps
    assert "“People affected” is measured: name the source." in gaps and not any("How good" in gap for gap in gaps)


# Two at once -------------------------------------------------------------------------------------------


def test_rows_that_lost_the_race_are_kept_and_merged_cell_by_cell(alices, alice, bob, postmortem):
    section = turn(postmortem, "bullets")
    put(alice, section, [{"statement": "one"}, {"statement": "two"}])
    section.refresh_from_db()
    put(bob, section, [{"statement": "one, by Bob"}, {"statement": "two"}])
    page = alices.post(url(postmortem, "why_tree"), posted([{"statement": "one"}, {"statement": "two, by Alice"}], version=2))
    assert page.status_code == 409 and page.context["row_choice"] == "merged"
    assert [row.texts["statement"] for row in page.context["form"].rows.forms] == ["one, by Bob", "two, by Alice"]
    assert stored(postmortem) == [{"statement": "one, by Bob"}, {"statement": "two"}]
    assert section.versions.get(is_lost=True).values == {"rows": [{"statement": "one"}, {"statement": "two, by Alice"}]}
    text = page.content.decode()
    assert re.search("<ins>[^<]*by Alice", text) and re.search("<del>[^<]*by Bob", text)
    lost = section.versions.get(is_lost=True)
    theirs = alices.get(url(postmortem, "why_tree", "section_conflict", lost.pk) + "?rows=both").context["form"].rows.forms
    assert [row.texts["statement"] for row in theirs] == ["one, by Bob", "two", "one", "two, by Alice"]


def test_one_cell_changed_by_both_is_for_people_to_decide(alices, alice, bob, postmortem):
    section = turn(postmortem, "bullets")
    put(alice, section, [{"statement": "one"}])
    section.refresh_from_db()
    put(bob, section, [{"statement": "one, by Bob"}])
    page = alices.post(url(postmortem, "why_tree"), posted([{"statement": "one, by Alice"}], version=2))
    assert page.context["row_choice"] == "both" and "merged" not in dict(page.context["row_choices"])
    assert [row.texts["statement"] for row in page.context["form"].rows.forms] == ["one, by Bob", "one, by Alice"]  # no word drops out


def test_versions_show_and_restore_rows(alices, alice, postmortem):
    section = turn(postmortem, "bullets")
    put(alice, section, [{"statement": "The first"}])
    section.refresh_from_db()
    put(alice, section, [{"statement": "The second"}])
    page = alices.get(url(postmortem, "why_tree", "section_versions"))
    assert "<del>first</del>" in page.content.decode() and "<ins>second</ins>" in page.content.decode()
    old = section.versions.get(number=2)
    alices.post(url(postmortem, "why_tree", "section_restore", old.pk), {"version": 3})
    assert stored(postmortem) == [{"statement": "The first"}]


# Print, search, advice ----------------------------------------------------------------------------------


def sections_of(document):
    return {section["key"]: section for section in document["sections"]}


@pytest.mark.parametrize("kind", ROWS)
def test_each_kind_is_printed(alice, postmortem, kind):
    section = turn(postmortem, kind, prompts="A question of ours")
    put(alice, section, ROWS[kind], body="And *words*.")
    document = build(postmortem, "internal", T0)
    assert json.loads(json.dumps(document)) == document
    body, text = html.body(document), markdown(document)
    for row in ROWS[kind]:
        for name, value in row.items():
            if name in {"depth", "at", "date", "confidence", "status", "audience", "copy_kept"}:
                continue
            words = re.sub(r"[*\[\]-]", " ", value.split("\n")[-1].split("?")[0].split("&")[0]).split()
            assert all(word in body and word in text for word in words), value
    assert "<em>words</em>" in body and " style=" not in body


def test_a_tree_is_nested_and_a_decision_is_a_table(alice, postmortem):
    put(alice, postmortem.sections.get(key="why_tree"), ROWS["why_tree"])
    body = html.body(build(postmortem, "internal", T0))
    assert body.count('<ul class="doc__tree">') == 2
    lines = markdown(build(postmortem, "internal", T0))
    assert "- **How did it come about?**" in lines and "  - **And how was that?**" in lines
    assert render(lines).count("<ul>") >= 2
    put(alice, turn(postmortem, "decisions", "supporting"), ROWS["decisions"])
    body = html.body(build(postmortem, "internal", T0))
    assert "<caption>Decision 1</caption>" in body and "<li>can be undone</li>" in body and "4 of 5" in body


def test_nothing_in_a_row_becomes_markup(alice, postmortem):
    evil = '<script>alert(1)</script> [x](javascript:alert(1)) " onload="x'
    put(alice, turn(postmortem, "decisions"), [{"choice": evil, "decided_by_role": evil}])
    put(alice, turn(postmortem, "links", "supporting"), [{"caption": evil, "address": "javascript:alert(1)"}])
    body = html.body(build(postmortem, "internal", T0))
    assert "<script" not in body and 'href="javascript' not in body
    assert "](<javascript" not in markdown(build(postmortem, "internal", T0))


def test_people_in_rows_are_told_inside_only(alice, postmortem):
    section = turn(postmortem, "bullets", fields="statement\naccepted_by\nkeeper(person)", audience="public")
    put(alice, section, [{"statement": "A risk", "accepted_by": "Maria Lopez", "keeper": "Jo"}])
    assert "Maria" in json.dumps(build(postmortem, "internal", T0))
    document = build(postmortem, "public", T0)
    assert "A risk" in json.dumps(document) and "Maria" not in json.dumps(document) and '"Jo"' not in json.dumps(document)


def test_a_document_from_before_there_were_rows_is_shown_as_it_was(alice, postmortem):
    document = build(postmortem, "internal", T0)
    old = document | {"sections": [{"key": "x", "title": "X", "kind": "bullets", "audience": "internal", "body": "- one", "values": {}, "fields": []}]}
    assert "<li>one</li>" in html.body(old) and "- one" in markdown(old)
    assert compare(old, old).sections == []


def test_changes_and_search_know_the_words_of_rows(alice, postmortem):
    section = postmortem.sections.get(key="helped")
    put(alice, section, [{"statement": "The zebrafinch dashboard"}])
    publishing.publish(actor=make_user("lead", "facilitator"), postmortem=postmortem)
    found = search.find(alice, "zebrafinch", {}, offset=0, limit=5)
    assert found.total == 1
    before = build(postmortem, "internal", T0)
    section.refresh_from_db()
    put(alice, section, [{"statement": "The zebrafinch panel"}])
    changed = {change.key: change for change in compare(before, build(postmortem, "internal", T0)).sections}
    assert [piece.text.strip() for piece in changed["helped"].pieces if piece.op == "new"] == ["panel"]


def test_the_preview_shows_the_section_as_it_will_be_read(alices, postmortem):
    form = posted(ROWS["why_tree"], body="And **words**.")
    page = alices.post(url(postmortem, "why_tree", "section_preview"), form).content.decode()
    assert 'class="doc__tree"' in page and "<strong>words</strong>" in page
    assert stored(postmortem) == []
    turn(postmortem, "decisions")
    wrong = alices.post(url(postmortem, "why_tree", "section_preview"), posted([{"at": "noon"}]))
    assert wrong.status_code == 200 and "Decision 1, When:" in wrong.content.decode()


def test_the_preview_is_for_those_who_write(client, charlie, bob, alice, postmortem):
    client.force_login(charlie)
    assert client.post(url(postmortem, "why_tree", "section_preview"), {"body": "x"}).status_code == 404
    private = make_postmortem(alice, is_private=True, members=[alice])
    client.force_login(bob)
    assert client.post(url(private, "why_tree", "section_preview"), {"body": "x"}).status_code == 404


def test_the_coach_reads_cells_and_says_where(alices, alice, postmortem):
    rows = [{"statement": "The dashboard."}, {"statement": "Marco carelessly broke the checkout."}]
    section = postmortem.sections.get(key="helped")
    put(alice, section, rows)
    notes = coaching.advise(postmortem, postmortem.sections.get(key="helped"), "").notes
    assert notes and {note.place for note in notes} == {"row-1-statement"}
    page = alices.get(url(postmortem, "helped")).content.decode()
    assert 'data-place="row-1-statement"' in page and "Point 2, In words" in page
    digest = notes[0].digest
    alices.post(url(postmortem, "helped", "section_coach"), posted(rows, coach=f"keep:{digest}:agreed"))
    assert section.dismissals.get().digest == digest
    assert coaching.counts(postmortem, ["helped"]) == [] or coaching.counts(postmortem, ["helped"])[0][1] < len(notes)


def test_the_coach_leaves_sent_messages_and_glossaries_alone(alice, postmortem):
    text = "Marco carelessly broke the checkout."
    section = put(alice, turn(postmortem, "comms"), [{"message": text}])
    assert not coaching.advise(postmortem, section, "").notes
    section = put(alice, turn(postmortem, "glossary", "supporting"), [{"term": "Oops", "meaning": text}])
    assert not coaching.advise(postmortem, section, "").notes


# What is still missing ---------------------------------------------------------------------------------


def gaps(kind, minimum, rows, body="", fields="", prompts="", values=None):
    section = Section(key="x", kind=kind, minimum=minimum, fields=fields, prompts=prompts, required=True, version=2, body=body)
    section.values = {"rows": rows, **(values or {})} if rows else values or {}
    return list(check(section, NOTHING).gaps)


TREE = "if used, >=2 branches and depth >=3; leaf nodes may not be a person; each leaf links to a factor"
LINE = [{"question": "How?", "answer": "So", "depth": "0"}, {"question": "How?", "answer": "Human error", "depth": "1"}]


@pytest.mark.parametrize(
    ("kind", "minimum", "rows", "part"),
    [
        ("bullets", ">=2 bullets", [{"statement": "x"}], "1 of at least 2 points."),
        ("themes", ">=2 statements; none starts with an imperative verb", [{"statement": "Add an alert"}, {"statement": "x"}], "reads as a task"),
        ("decisions", ">=2 entries in learning reviews; 'reasons' >=10 words", [{"choice": "x", "reasons": "quick"}], "1 of at least 2 decisions."),
        ("decisions", ">=2 entries in learning reviews; 'reasons' >=10 words", [{"reasons": "quick"}] * 2, "fewer than 10 words in 2 of 2"),
        ("why_tree", TREE, LINE, "A single line so far"),
        ("why_tree", TREE, LINE, "2 of at least 3 levels"),
        ("why_tree", TREE, LINE, "ends at a person"),
        ("why_tree", TREE, LINE, "1 end leads to no contributing factor"),
        ("why_tree", TREE, [{"question": "How?"}], "1 question has no answer yet."),
        ("sharing", ">=1 audience + channel + date", [{"audience": "all"}], "Audience, Channel and Date"),
        ("surprises", ">=1 bullet with expectation and observation", [{"expectation": "x"}], "Wanted in at least one row"),
        ("links", ">=1 image or snapshot with caption", [{"address": "/x"}], "Caption"),
        ("comms", 'first external message time or "none sent" with reason', [{"audience": "inside", "at": "x"}], "people outside"),
    ],
)
def test_the_minimum_is_asked_of_rows(kind, minimum, rows, part):
    assert any(part in gap for gap in gaps(kind, minimum, rows)), gaps(kind, minimum, rows)


def test_lines_words_questions_and_branches_that_are_whole_lack_nothing():
    duties, minimum = "party\nowner\ndeadline(moment)\nstatus(required|not required)", "each line has owner, deadline, status (required | not required)"
    row = {"party": "Partner", "owner": "Jo", "status": "required"}
    assert gaps("qa", minimum, [row], fields=duties) == ["“Deadline” is empty in 1 of 1."]
    assert gaps("qa", minimum, [row | {"status": "not required"}], fields=duties) == []
    words = "word(surprised|helped|hard)\nstatement"
    assert gaps("bullets", ">=1 bullet under each word", [{"word": "hard", "statement": "x"}], fields=words) == ["Nothing yet under “surprised” and “helped”."]
    answers = [{"question": "A?", "answer": "x"}, {"question": "B?", "not_applicable_because": "y"}]
    asked = "every question answered or marked N/A with a reason"
    assert gaps("qa", asked, answers, prompts="A?\nB?") == []
    assert gaps("qa", asked, answers[:1], prompts="A?\nB?") == ["1 of 2 questions: answer them, or say why they do not apply."]
    whole = [
        {"question": "a", "answer": "x", "depth": "0"},
        {"question": "b", "answer": "x", "depth": "1"},
        {"question": "c", "answer": "x", "depth": "2", "factor": "factor:1 f"},
        {"question": "d", "answer": "x", "depth": "1", "factor": "factor:2 f"},
    ]
    assert gaps("why_tree", TREE, whole) == []
    assert gaps("comms", 'first external message time or "none sent" with reason', [], body="None sent: nobody outside noticed.") == []
    assert gaps("bullets", ">=2 bullets", [], body="- one\n- two") == []  # what was written before there were rows


def test_the_legal_hold_is_a_question_of_the_section():
    row = {"data_classes": "x", "exposure_from": "x", "confidence": "high"}
    minimum = "each line has data_classes, exposure_from, exposure_to, confidence (an end may be unknown or ongoing); legal_hold"
    assert gaps("security", minimum, [row]) == ["“Legal hold” is empty.", "“Exposed until” is empty in 1 of 1."]
    assert gaps("security", minimum, [row], body="The end is unknown.", values={"legal_hold": "no"}) == []


def test_single_values_of_kinds_that_now_have_rows_become_a_row(alice, postmortem):
    from importlib import import_module
    from pkgutil import iter_modules

    from django.apps import apps

    from postmortems import migrations

    section = turn(postmortem, "decisions", values={"choice": "Roll back"})
    untouched = turn(postmortem, "impact", "supporting", values={"users_affected_n": "3"})
    name = next(module.name for module in iter_modules(migrations.__path__) if module.name.endswith("_kinds"))
    import_module(f"postmortems.migrations.{name}").values_become_a_row(apps, None)
    assert stored(postmortem) == [{"choice": "Roll back"}]
    untouched.refresh_from_db()
    assert untouched.values == {"users_affected_n": "3"}
    assert section.versions.get(number=1).values == {}


# The API -----------------------------------------------------------------------------------------------


def patch(api, postmortem, values, version=1, key="why_tree"):
    path = f"/api/v1/postmortems/{postmortem.reference}/sections/{key}/"
    return api.generic("PATCH", path, json.dumps({"values": values}), "application/json", headers={"If-Match": f'"{version}"'})


def test_the_api_says_what_a_section_takes_and_takes_it(alice, postmortem):
    api = api_client(alice)
    accepts = api.get(f"/api/v1/postmortems/{postmortem.reference}/sections/why_tree/").json()["accepts"]
    assert accepts["shape"] == "tree" and [column["name"] for column in accepts["columns"]] == ["question", "answer", "evidence", "factor"]
    answer = patch(api, postmortem, {"rows": [{"question": "How?", "answer": "So"}, {"question": "And how?", "depth": 5}]})
    assert answer.status_code == 200
    assert answer.json()["values"]["rows"] == [{"question": "How?", "answer": "So", "depth": "0"}, {"question": "And how?", "depth": "1"}]
    assert patch(api, postmortem, {"rows": []}).status_code == 412
    assert patch(api, postmortem, {"rows": []}, version=2).json()["values"] == {}


@pytest.mark.parametrize(
    "values",
    [
        [],
        "x",
        {"rows": "x"},
        {"rows": [1]},
        {"rows": [{"at": "noon"}]},
        {"rows": [{"confidence": "9"}]},
        {"rows": [{"choice": ["x"]}]},
        {"rows": [{"choice": True}]},
        {"rows": [{"choice": "x" * 5001}]},
        {"rows": [{"colour": "red"}]},
        {"rows": [{"choice": "x"}] * 101},
        {"rows": [{"choice": "x"}] * 300},
        {"\ud800": "x"},
        {"rows": [{"\ud800": "x"}]},
    ],
)
def test_the_api_names_what_it_cannot_take(alice, postmortem, values):
    turn(postmortem, "decisions")
    answer = patch(api_client(alice), postmortem, values)
    assert answer.status_code == 400 and answer.headers["Content-Type"].startswith("application/problem+json")
    assert stored(postmortem) == []


def test_single_fields_with_their_source_over_the_api(alice, postmortem):
    api = api_client(alice)
    values = {"users_affected_n": 1200, "users_affected_n.quality": "estimated", "users_affected_n.source": "orders"}
    assert patch(api, postmortem, values, key="impact").json()["values"] == {**values, "users_affected_n": "1200"}
    assert patch(api, postmortem, {"users_affected_n.quality": "guessed"}, version=2, key="impact").status_code == 400
