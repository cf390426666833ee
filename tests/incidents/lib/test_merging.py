import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.lib.merging import Hunk, put_together, three_way

texts = st.lists(st.sampled_from(["One. ", "Two. ", "Three.\n", "\n", "Four", "uno. ", "- item\n"]), max_size=8).map("".join) | st.text("ab. \n", max_size=40)


def merge(base, mine, theirs):
    """Both changes in one text, or None where they overlap."""
    hunks = three_way(base, mine, theirs)
    return None if any(hunk.op == "overlap" for hunk in hunks) else put_together(hunks)


def test_changes_in_different_places_are_merged():
    assert merge("one\ntwo\nthree\n", "ONE\ntwo\nthree\n", "one\ntwo\nTHREE\n") == "ONE\ntwo\nTHREE\n"


def test_changes_of_neighbouring_lines_do_not_overlap():
    assert merge("one\ntwo\n", "ONE\ntwo\n", "one\nTWO\n") == "ONE\nTWO\n"


def test_sentences_of_one_paragraph_are_merged():
    base = "The alert fired. Nobody saw it. The pool was full."
    assert merge(base, base.replace("fired", "fired at noon"), base.replace("full", "empty")) == "The alert fired at noon. Nobody saw it. The pool was empty."


def test_the_same_change_counts_once():
    assert merge("one\ntwo\n", "ONE\ntwo\n", "ONE\ntwo\n") == "ONE\ntwo\n"
    assert three_way("one\n", "ONE\n", "ONE\n") == [Hunk("agreed", "one\n", "ONE\n", "ONE\n")]


@pytest.mark.parametrize(("mine", "theirs"), [("ONE\ntwo\n", "uno\ntwo\n"), ("one\nand\ntwo\n", "one\nor\ntwo\n"), ("two\n", "ONE\ntwo\n")])
def test_changes_in_one_place_are_for_people(mine, theirs):
    assert merge("one\ntwo\n", mine, theirs) is None


def test_only_the_overlap_is_asked_about():
    apart = three_way("A.\nB.\nC.\nD.\nE.\n", "a.\nB.\nmine.\nD.\nE.\n", "A.\nB.\ntheirs.\nD.\ne.\n")
    assert [hunk.op for hunk in apart] == ["mine", "same", "overlap", "same", "theirs"]
    assert put_together(apart) == "a.\nB.\ntheirs.\nmine.\nD.\ne.\n"
    assert put_together(apart, {0: "mine"}) == "a.\nB.\nmine.\nD.\ne.\n"
    assert put_together(apart, {0: "base"}) == "a.\nB.\nC.\nD.\ne.\n"


@pytest.mark.parametrize(
    ("theirs", "mine", "both"), [("", "mine", "mine"), ("theirs", "", "theirs"), ("theirs", "mine", "theirs mine"), ("a\nb", "c", "a\nb\n\nc")]
)
def test_both_texts_of_an_overlap_stand_apart(theirs, mine, both):
    assert Hunk("overlap", "", mine, theirs).chosen("both") == both


@given(texts, texts, texts)
def test_each_side_is_whole_and_no_word_is_lost(base, mine, theirs):
    hunks = three_way(base, mine, theirs)
    assert "".join(hunk.base for hunk in hunks) == base
    assert "".join(hunk.mine for hunk in hunks) == mine
    assert "".join(hunk.theirs for hunk in hunks) == theirs
    together = put_together(hunks)
    for hunk in hunks:
        if hunk.op == "overlap":
            assert hunk.mine.strip() in together and hunk.theirs.strip() in together


@given(texts, texts)
def test_a_change_of_one_alone_is_taken(base, changed):
    assert merge(base, changed, base) == merge(base, base, changed) == changed
