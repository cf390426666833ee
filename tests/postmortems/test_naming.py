"""Names of people that documents leave out."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmortems.naming import Unnamed, hider, unnaming

TOM_UNNAMED = Unnamed(("Tom Okafor", "tom", "tom.okafor@harbour.example"), "the incident lead")
MARK = Unnamed(("Mark Hill", "mark"), "a participant")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Tom Okafor rolled it back.", "The incident lead rolled it back."),
        ("Then @tom and TOM OKAFOR agreed.", "Then the incident lead and the incident lead agreed."),
        ("Okafor's change; Tom’s page.", "The incident lead's change; the incident lead’s page."),
        ("Write to tom.okafor@harbour.example!", "Write to the incident lead!"),
        ("tomorrow, atom, tom-tom, Tomas, tom.smith", "tomorrow, atom, tom-tom, Tomas, tom.smith"),
        ("- Tom\n- Lena", "- The incident lead\n- Lena"),
    ],
)
def test_names_become_roles(text, left):
    assert unnaming([TOM_UNNAMED])(text) == left


def test_ordinary_words_stay():
    assert (
        unnaming([MARK])("Mark it done on Hill Street. Mark Hill agreed with @mark.") == "Mark it done on Hill Street. A participant agreed with a participant."
    )


def test_a_value_that_is_a_name_goes_even_where_it_is_a_word():
    row = {"actor": "mark", "text": "Mark it done.", "note": "@Mark"}
    assert unnaming([MARK])(row) == {"actor": "A participant", "text": "Mark it done.", "note": "A participant"}


def test_every_text_of_a_document_and_no_key():
    document = {
        "key": "tom",
        "schema": 1,
        "title": "Tom Okafor",
        "sections": [{"key": "x", "body": "by Tom", "values": {"who": "tom"}}],
        "later": [{"deep": ["Tom"]}],
    }
    assert unnaming([TOM_UNNAMED])(document) == {
        "key": "tom",
        "schema": 1,
        "title": "The incident lead",
        "sections": [{"key": "x", "body": "by the incident lead", "values": {"who": "The incident lead"}}],
        "later": [{"deep": ["The incident lead"]}],
    }
    assert unnaming([])(document) is document


def test_outside_every_known_name_goes_wherever_it_stands():
    hide = hider({"Ana Lima": "the commander", "ana": "the commander", "will": "a responder", "Al": "nobody"})
    assert hide("Then @ana saw it; ANA LIMA too, not banana, Al stays") == "Then the commander saw it; the commander too, not banana, Al stays"
    assert hide("ana.lima, will you? Will did.") == "The commander.lima, a responder you? A responder did."


def test_letters_that_patterns_take_for_one():
    assert hider({"Ross": "a responder"})("by roſs") == "by a responder"
    assert unnaming([Unnamed(("Rob Ross",), "a participant"), Unnamed(("rose",), "the scribe")])("by rob roſs and @roſe") == "by a participant and the scribe"


@given(st.text(max_size=80), st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=3))
def test_any_name_in_any_text(text, names):
    found = unnaming([Unnamed(tuple(names), "a participant")])({"text": text})
    assert json.loads(json.dumps(found)).keys() == {"text"}
    if not any(word.casefold() in text.casefold() for name in names for word in [name, *re.split(r"\W+", name)] if word):
        assert found == {"text": text}  # what names nobody stays as it is
