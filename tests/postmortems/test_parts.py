"""Which row is which after rows were moved, edited, added and removed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmortems.parts import KEY, find_row, followed, seal_of


def rows(*texts):
    return [{"statement": text} for text in texts]


ALERT, PAGER, GRAPH = "The alert fired within a minute", "The pager went to nobody", "One graph showed all regions"


@pytest.mark.parametrize(
    ("before", "after", "went"),
    [
        (rows(ALERT, PAGER), rows(PAGER, ALERT), {0: 1, 1: 0}),
        (rows(ALERT, PAGER), rows(GRAPH, ALERT, PAGER), {0: 1, 1: 2}),
        (rows(ALERT, PAGER), rows(PAGER), {1: 0}),
        (rows(ALERT, PAGER), rows(PAGER + " for an hour", ALERT), {0: 1, 1: 0}),
        (rows(ALERT, PAGER, GRAPH), rows(ALERT, "Written anew, with other words entirely", GRAPH), {0: 0, 1: 1, 2: 2}),
        (rows(ALERT), rows("Zzz"), {0: 0}),
        (rows(ALERT, PAGER, GRAPH), rows(GRAPH, "Zzz", ALERT), {0: 2, 2: 0}),
        (rows(ALERT, ALERT), rows(ALERT), {0: 0}),
        (rows(ALERT, ALERT), rows(ALERT, ALERT), {0: 0, 1: 1}),
        (rows(ALERT), [], {}),
        ([], rows(ALERT), {}),
    ],
)
def test_where_rows_went(before, after, went):
    assert followed(before, after) == went


def test_how_deep_a_row_hangs_does_not_matter():
    assert followed([{"question": "Why?", "depth": "0"}, {"question": "And?", "depth": "1"}], [{"question": "And?", "depth": "0"}]) == {1: 0}


texts = st.lists(st.text(st.characters(codec="utf-8"), max_size=20), max_size=8)


@given(texts, texts)
def test_no_two_rows_go_to_one_place(before, after):
    went = followed(rows(*before), rows(*after))
    assert len(set(went.values())) == len(went)
    assert all(0 <= place < len(after) for place in went.values())
    assert followed(rows(*before), rows(*before)) == {number: number for number in range(len(before))}


def test_the_row_that_somebody_meant():
    found = rows(ALERT, PAGER, ALERT)
    assert find_row(found, 1) == 1
    assert find_row(found, 3) is None
    assert find_row(found, 2, seal=seal_of(found[0])) == 2
    assert find_row(found, 2, quote="went  to\nnobody") == 1
    assert find_row(found, 0, seal=seal_of(found[1]), quote="alert") is None


@pytest.mark.parametrize("text", ["row:-1", "row:1:zz", "field:Users", "field:", "user:1", "row:1\n", "row:9999999999999999", "factor:1; drop"])
def test_other_keys_are_none(text):
    assert not KEY.fullmatch(text)
