from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmortems.claims import unsupported


def found(body, kind="markdown", **texts):
    section = SimpleNamespace(**{"key": "summary", "title": "In one line", "guidance": "", "prompts": "", **texts, "kind": kind, "body": body})
    return [(claim.sentence, claim.signs) for claim in unsupported([section])]


@pytest.mark.parametrize(
    ("sentence", "sign"),
    [
        ("The alert fired at 14:02 in Paris.", "time"),
        ("It began on 2 March in the evening.", "time"),
        ("About 1,200 customers saw it.", "number"),
        ("The queue held 40 % more.", "number"),
        ("It took forty minutes to see.", "number"),
        ("The pool was empty because the job held it.", "cause"),
        ("A new index led to the slow start.", "cause"),
        ("Checkout failed in one region.", "effect"),
        ("People could not pay for a while.", "effect"),
    ],
)
def test_what_a_reader_could_want_to_check_is_a_claim(sentence, sign):
    ((text, signs),) = found(sentence)
    assert text == sentence and sign in signs


@pytest.mark.parametrize(
    "body",
    [
        "We talked about it in the meeting.",
        "Why did 40 % of requests fail?",
        "The job should hold at most 10 connections.",
        "We will add 3 alerts.",
        "It is unknown whether it failed before.",
        "> The alert fired at 14:02.",
        "Ann said “the alert fired at 14:02 and nobody saw it”.",
        "## Checkout failed at 14:02",
        "```\n14:02 failed because\n```",
        "Version v2.40.3 is the one in use.",
        "See INC-1204 and PM-12 for more.",
        "It failed at 14:02 [[E12]].",
        "It failed at 14:02. [[E12]]",
        "It failed at 14:02, says [the graph](https://example.org/g).",
        "- It failed at 14:02 [[E12]]\n- Then it recovered [[E13]]",
        "Failed.",
        "![Errors from 13:50 to 15:00, because of it](/media/a/x.png)",
    ],
)
def test_what_is_none_or_shows_where_it_comes_from_is_left_alone(body):
    assert found(body) == []


def test_a_mark_behind_a_sentence_is_not_that_of_the_next():
    assert [text for text, _ in found("It failed at 14:02. [[E12]] It recovered at 15:00.")] == ["It recovered at 15:00."]


def test_each_sentence_and_item_is_looked_at_by_itself():
    body = "It failed at 14:02 [[E1]]. Nobody could pay for an hour and 5 minutes.\n\n- The pool was full because of the job\n1. At 15:00 it recovered"
    assert [text for text, _ in found(body)] == ["Nobody could pay for an hour and 5 minutes.", "The pool was full because of the job", "At 15:00 it recovered"]


@pytest.mark.parametrize("kind", ["timeline", "milestones", "actions", "links", "glossary"])
def test_kinds_that_show_rows_are_left_alone(kind):
    assert found("It failed at 14:02.", kind) == []


def test_the_words_of_the_template_are_no_claims():
    assert found("Say what failed and when. It failed at noon.", guidance="Say what failed and when.") == [("It failed at noon.", ("time", "effect"))]


@given(st.text(alphabet='ab 1:0%.\n-|>`[]E()#*_"“”', max_size=120))
def test_offsets_lie_in_the_text(body):
    section = SimpleNamespace(key="a", title="A", kind="markdown", guidance="", prompts="", body=body)
    assert all(0 <= claim.start < claim.end <= len(body) for claim in unsupported([section]))


def test_a_long_text_is_read_in_one_go():
    assert len(found("It failed at 14:02 because of it. " * 2_000)) == 2_000
    assert found("9" * 50_000 + " [[E" * 20_000) is not None
