"""Who is who in a timeline, and the names that published documents leave out."""

import json
import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmortems.responders import directory, key_of, parts_of
from postmortems.unnamed import Unnamed, hide


@dataclass(frozen=True)
class Person:
    pk: int
    username: str
    full: str = ""
    email: str = ""

    def get_full_name(self):
        return self.full


TOM = Person(1, "tom", "Tom Okafor", "tom.okafor@harbour.example")
LENA = Person(2, "lena", "Lena Weiss")
ALSO_LENA = Person(3, "lweiss", "Lena Weiss")


@pytest.mark.parametrize("name", ["tom", "@tom", "Tom Okafor", "TOM.OKAFOR", "tom_okafor", "tom.okafor@harbour.example"])
def test_a_name_is_an_accounts_however_it_is_written(name):
    assert directory([TOM, LENA])[key_of(name)] == 1


def test_a_name_of_two_is_nobodys():
    known = directory([LENA, ALSO_LENA])
    assert known["lena weiss"] is None
    assert (known["lena"], known["lweiss"]) == (2, 3)


def found(private=False, **given):
    return parts_of(
        **{"leads": [], "members": [], "actors": {}, "names": {1: "Tom Okafor", 2: "Lena Weiss"}, "known": directory([TOM, LENA]), "private": private} | given
    )


def test_everybody_once_with_why():
    parts = found(leads=[1], members=[(1, "Incident Commander"), (2, "")], actors={"tom": 3, "Vendor Vera": 1})
    assert [(part.name, part.user_id, part.why) for part in parts] == [
        ("Tom Okafor", 1, "led the incident, was incident commander and has 3 entries in the timeline"),
        ("Lena Weiss", 2, "is on the incident"),
        ("Vendor Vera", None, "has 1 entry in the timeline"),
    ]


def test_who_may_merely_see_a_private_incident_did_not_respond():
    assert [part.responded for part in found(private=True, members=[(1, ""), (2, "Scribe")])] == [False, True]
    assert found(members=[(1, "")])[0].responded


def test_somebody_who_may_not_see_it_is_a_name_only():
    assert [(part.name, part.user_id) for part in found(actors={"tom": 2}, names={2: "Lena Weiss"})] == [("tom", None)]


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
    assert hide(text, [TOM_UNNAMED]) == left


def test_ordinary_words_stay():
    assert hide("Mark it done on Hill Street. Mark Hill agreed with @mark.", [MARK]) == "Mark it done on Hill Street. A participant agreed with a participant."


def test_every_text_of_a_document_and_no_key():
    document = {
        "key": "tom",
        "schema": 1,
        "title": "Tom Okafor",
        "sections": [{"key": "x", "body": "by Tom", "values": {"who": "tom"}}],
        "later": [{"deep": ["Tom"]}],
    }
    assert hide(document, [TOM_UNNAMED]) == {
        "key": "tom",
        "schema": 1,
        "title": "The incident lead",
        "sections": [{"key": "x", "body": "by the incident lead", "values": {"who": "The incident lead"}}],
        "later": [{"deep": ["The incident lead"]}],
    }
    assert hide(document, []) is document


@given(st.text(max_size=80), st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=3))
def test_any_name_in_any_text(text, names):
    found = hide({"text": text}, [Unnamed(tuple(names), "a participant")])
    assert json.loads(json.dumps(found)).keys() == {"text"}
    if not any(word.casefold() in text.casefold() for name in names for word in [name, *re.split(r"\W+", name)] if word):
        assert found == {"text": text}  # what names nobody stays as it is
