from hypothesis import given
from hypothesis import strategies as st

from incidents.lib.worddiff import Piece, word_diff

texts = st.text(alphabet="ab \n.", max_size=40)


def test_one_word():
    pieces = word_diff("The connection pool was full yesterday.", "The connection pool was empty yesterday.")
    assert pieces == [Piece("same", "The connection pool was "), Piece("old", "full"), Piece("new", "empty"), Piece("same", " yesterday.")]


def test_changes_close_together_are_one():
    assert word_diff("one of two", "six of ten") == [Piece("old", "one of two"), Piece("new", "six of ten")]


@given(texts, texts)
def test_the_pieces_hold_both_texts_whole(old, new):
    pieces = word_diff(old, new)
    assert "".join(piece.text for piece in pieces if piece.op != "new") == old
    assert "".join(piece.text for piece in pieces if piece.op != "old") == new


@given(texts)
def test_equal_texts_differ_in_nothing(text):
    assert word_diff(text, text) == ([Piece("same", text)] if text else [])


def test_a_long_rewrite_is_shown_as_a_whole():
    old, new = "a " * 5_000, "b " * 5_000
    assert word_diff(old, new) == [Piece("old", old), Piece("new", new)]
