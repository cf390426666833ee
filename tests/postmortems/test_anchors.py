import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from postmortems.anchors import Anchor, anchor, find, follow, locate

TEXT = "The alert fired at noon. Nobody saw it for ten minutes. The pool was full, and the job held it."
words = st.lists(st.sampled_from(["alert", "pool", "the", "was", "full", "noon.", "**bold**", "\n", "- job", "ü"]), max_size=14).map(" ".join)


def passage(text, quote):
    start = text.index(quote)
    return anchor(text, start, start + len(quote))


def shown(text, wanted):
    span = locate(text, wanted)
    return text[slice(*span)] if span else None


def test_an_untouched_passage_is_where_it_was():
    assert locate(TEXT, passage(TEXT, "Nobody saw it")) == (25, 38)


def test_it_moves_with_its_words():
    wanted = passage(TEXT, "Nobody saw it")
    assert shown("At first: " + TEXT.replace("noon", "12:00"), wanted) == "Nobody saw it"


def test_of_the_same_words_those_with_the_old_surroundings_are_meant():
    text = "It failed. It was slow. It failed. It was lost."
    second = anchor(text, 24, 34)
    assert locate("It failed. " + text, second) == (35, 45)


def test_a_reworded_passage_between_its_old_surroundings_is_found():
    wanted = passage(TEXT, "Nobody saw it for ten minutes")
    assert shown(TEXT.replace("saw it for ten", "noticed it for 10"), wanted) == "Nobody noticed it for 10 minutes"


def test_a_passage_that_is_gone_is_not_found_elsewhere():
    wanted = passage(TEXT, "Nobody saw it for ten minutes.")
    assert locate("The alert fired at noon. Everything else was rewritten from scratch. The pool was full, and the job held it.", wanted) is None
    assert locate("", wanted) is None


def test_following_keeps_the_quote_and_renews_the_surroundings():
    wanted = passage(TEXT, "Nobody saw it")
    after = follow("Hours later. Nobody saw it, and so on.", wanted)
    assert after == Anchor("Nobody saw it", "Hours later. ", ", and so on.", 13)
    assert follow("Nothing.", wanted) == wanted


@pytest.mark.parametrize(
    ("text", "quote", "found"),
    [
        ("The **pool** was\nfull.", "pool was full", "pool** was\nfull"),
        ("- The `pool`\n- was full", "pool was", "pool`\n- was"),
        ("See [the runbook](https://example.org/x) first.", "the runbook first", "the runbook](https://example.org/x) first"),
        ("It failed [[E12]] twice.", "failed twice", "failed [[E12]] twice"),
    ],
)
def test_words_of_the_rendered_page_are_found_in_their_markdown(text, quote, found):
    here = find(text, quote)
    assert here and here.quote == found


def test_the_nearest_of_the_same_words_is_meant():
    assert find("full full full", "full", 6).position == 5
    assert find("full", "empty") is None
    assert find("full", "  ") is None


@given(words, st.integers(0, 80), st.integers(1, 30))
def test_without_an_edit_every_passage_is_found_in_its_place(text, start, length):
    assume(text[start : start + length].strip())
    wanted = anchor(text, start, start + length)
    span = locate(text, wanted)
    assert span and text[slice(*span)] == wanted.quote
    assert span == (wanted.position, wanted.position + len(wanted.quote)) or text.count(wanted.quote) > 1


@given(words, words, words)
def test_words_put_in_before_and_after_never_lose_a_passage(before, quote, after):
    assume(quote.strip())
    start = len(before)
    wanted = anchor(before + quote + after, start, start + len(quote))
    text = f"New words. {before}{quote}{after} More words."
    assert shown(text, wanted) == quote
    assert follow(text, wanted).quote == quote


@given(st.text(alphabet="ab*_[]()#\n `", max_size=60), st.text(alphabet="ab*_[]()#\n `", max_size=12), st.text(max_size=8))
def test_whatever_the_text_a_span_lies_in_it(text, quote, around):
    span = locate(text, Anchor(quote, around, around, 5))
    assert span is None or 0 <= span[0] < span[1] <= len(text)
