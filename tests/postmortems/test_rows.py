"""Rows without a database: moving, trees, lists from a text, two people's changes, fields and kinds."""

from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from postmortems import kinds, rows
from postmortems.fields import parse_fields, problem, show
from postmortems.models import SectionKind

UTC = ZoneInfo("UTC")


def make_section(kind, fields="", values=None, questions=()):
    return SimpleNamespace(kind=kind, fields=fields, values=values or {}, questions=list(questions))


def tree(text):
    """Rows from "a bb c": a letter as often as it is deep."""
    return [{"answer": word[0], "depth": str(len(word) - 1)} for word in text.split()]


def spelt(found):
    return " ".join(row["answer"] * (int(row["depth"]) + 1) for row in found)


def test_every_kind_of_section_is_described():
    left_to_others = {"factors"}
    assert {kind.value for kind in SectionKind} == set(kinds.KINDS)
    assert all(kinds.columns_of(make_section(kind)) for kind, one in kinds.KINDS.items() if one.shape and kind not in left_to_others)


@pytest.mark.parametrize(
    ("verb", "place", "after"),
    [
        ("up", 3, "d a bb ccc"),
        ("down", 0, "d a bb ccc"),
        ("up", 0, "a bb ccc d"),
        ("down", 3, "a bb ccc d"),
        ("up", 2, "a bb ccc d"),
        ("deeper", 3, "a bb ccc dd"),
        ("deeper", 0, "a bb ccc d"),
        ("deeper", 2, "a bb ccc d"),
        ("shallower", 1, "a b cc d"),
        ("shallower", 0, "a bb ccc d"),
        ("remove", 1, "a cc d"),
        ("remove", 0, "b cc d"),
        ("remove", 9, "a bb ccc d"),
        ("dance", 1, "a bb ccc d"),
    ],
)
def test_a_branch_moves_with_all_that_hangs_on_it(verb, place, after):
    assert spelt(rows.arranged(tree("a bb ccc d"), verb, place)) == after


def test_a_tree_has_no_gaps():
    columns = parse_fields("answer")
    given = [{"answer": "a", "depth": "4"}, {"answer": "b", "depth": 7}, {"answer": "", "depth": 2}, {"answer": "c", "depth": "x"}, "no row"]
    assert spelt(rows.cleaned(given, columns, is_tree=True, most=10)) == "a bb c"
    roots = rows.tree(tree("a bb ccc bb d"))
    assert [node.row["answer"] for node in roots] == ["a", "d"] and [len(node.children) for node in roots] == [2, 0]


def test_cleaning_keeps_known_columns_and_drops_empty_rows():
    columns = parse_fields("statement\nwho")
    given = [{"statement": "  one\r\ntwo\x00 ", "who": None, "other": "x"}, {"statement": " "}, {"who": 7}]
    assert rows.cleaned(given, columns, is_tree=False, most=10) == [{"statement": "one\ntwo"}, {"who": "7"}]
    assert len(rows.cleaned(given * 9, columns, is_tree=False, most=3)) == 3


def test_a_list_in_the_text_becomes_items_and_the_rest_stays():
    body = "Before.\n\n- one\n  more of one\n* [ ] two\n\nBetween.\n\n1. three\n\n```\n- code\n```\n"
    items, rest = rows.from_list(body)
    assert items == ["one\nmore of one", "two", "three"]
    assert rest == "Before.\n\nBetween.\n\n```\n- code\n```"


A, B, C = {"statement": "a"}, {"statement": "b"}, {"statement": "c"}


@pytest.mark.parametrize(
    ("mine", "theirs", "joined"),
    [
        ([A, B, C], [A, B], [A, B, C]),
        ([A, {"statement": "b2"}], [{"statement": "a2"}, B], [{"statement": "a2"}, {"statement": "b2"}]),
        ([A, B | {"who": "me"}], [A, B | {"result": "x"}], [A, B | {"who": "me", "result": "x"}]),
        ([A, {"statement": "b2"}], [A, {"statement": "b3"}], None),
        ([A], [A, {"statement": "b3"}], None),
        ([B], [A, B, C], [B, C]),
        ([A, B, C], [A, B, {"statement": "d"}], [A, B, {"statement": "d"}, C]),
        ([A, B, C], [A, B, C], [A, B, C]),
    ],
)
def test_two_changes_go_together_unless_they_meet_in_one_cell(mine, theirs, joined):
    assert rows.merged([A, B], mine, theirs) == joined


def test_fields_tell_their_type():
    found = parse_fields("at\nsent_on(date)\nreasons\nowner\naddress(link)\nconfidence(1-5)\nstatus(required|not required)\ndepends_on\nat\nNot a name")
    assert [(one.name, one.type) for one in found] == [
        ("at", "moment"),
        ("sent_on", "date"),
        ("reasons", "long"),
        ("owner", "person"),
        ("address", "link"),
        ("confidence", "choice"),
        ("status", "choice"),
        ("depends_on", "text"),
    ]
    assert show(found[5], "4", UTC) == "4 of 5" and show(found[1], "2026-03-02", UTC) == "2 Mar 2026"


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("at", "2026-03-02T14:00:00Z", "2026-03-02"),
        ("sent(date)", "2026-03-02", "yesterday"),
        ("records_n", "12.5", "-1"),
        ("records_n", "0", "NaN"),
        ("share_pct", "100", "101"),
        ("link(link)", "https://example.org/a", "javascript:alert(1)"),
        ("link(link)", "/media/a/1.png", "//evil.example"),
        ("sure(low|high)", "low", "middling"),
        ("words", "x" * 2000, "x" * 2001),
    ],
)
def test_values_from_outside_are_checked(field, good, bad):
    (one,) = parse_fields(field)
    assert problem(one, good) == "" and problem(one, "") == ""
    assert problem(one, bad)


def test_problems_name_their_place():
    section = make_section("decisions")
    found = kinds.problems(section, {"rows": [{"choice": "Roll back"}, {"at": "noon", "colour": "red"}], "more": "x"})
    assert set(found) == {"rows[1].at", "rows[1].colour", "more"}
    assert kinds.problems(make_section("why_tree"), {"rows": [{"question": "How?", "depth": "1"}]}) == {}
    assert "rows" in kinds.problems(make_section("bullets"), {"rows": [{"statement": "x"}] * 500})


def test_a_number_is_read_with_how_good_it_is():
    section = make_section(
        "impact", "users_affected_n", {"users_affected_n": "1200", "users_affected_n.quality": "estimated", "users_affected_n.source": "orders"}
    )
    (field,) = kinds.facts_of(section)
    assert kinds.fact_text(section, field, section.values, UTC) == "1200 (estimated, source: orders)"


def test_questions_with_columns_of_their_own_are_lines():
    assert kinds.shape_of(make_section("qa")) == "questions"
    lines = make_section("qa", "owner\ndeadline(moment)")
    assert (kinds.shape_of(lines), kinds.layout_of(lines), kinds.row_name(lines)) == ("rows", "table", "line")


def test_all_that_a_section_says_is_text():
    section = make_section("why_tree", values={"rows": [{"question": "How?", "answer": "So."}, {"question": "And how?", "depth": "1"}]})
    assert kinds.as_text(section, section.values, "Body.", UTC) == "Question: How?\nAnswer: So.\n\n  Question: And how?\n\nBody."
    assert kinds.as_text(make_section("bullets"), {"rows": [A, B]}, "", UTC) == "- a\n- b"
    assert kinds.as_text(make_section("bullets"), {}, "- one", UTC) == "- one"


def test_a_list_shows_how_a_section_begins_without_the_names_of_its_columns():
    values = {"rows": [{"word": "surprised", "statement": "How quiet it was."}, {"word": "helped", "statement": "The alert."}]}
    section = make_section("bullets", "word(surprised|helped)\nstatement")
    assert kinds.as_excerpt(section, values, "", UTC) == "surprised: How quiet it was. helped: The alert."
    assert kinds.as_excerpt(section, values, "First this.", UTC).startswith("First this. surprised")
    assert kinds.as_excerpt(section, {}, "", UTC) == ""
