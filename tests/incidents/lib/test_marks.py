"""The compact set of an import."""

from hypothesis import given
from hypothesis import strategies as st

from incidents.lib.marks import WORD, Marks


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3)))
def test_it_knows_what_was_put_in(values):
    marks, plain = Marks(), set()
    for value in values:
        mark = value & WORD or 1
        assert marks.add(value) == (mark not in plain)
        plain.add(mark)
    assert marks.count == len(plain)


def test_it_grows():
    marks = Marks()
    assert all(marks.add(hash(f"key {number}")) for number in range(20_000))
    assert not any(marks.add(hash(f"key {number}")) for number in range(20_000))
    assert marks.slots.itemsize * len(marks.slots) <= 20_000 * 16 * 2
