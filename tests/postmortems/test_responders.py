"""Who is who in a timeline, and who was part of the response."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmortems.people import Book, Known, gather, known, plain
from postmortems.responders import parts_of


@dataclass(frozen=True)
class Person:
    pk: int
    username: str
    full: str = ""
    email: str = ""

    def get_full_name(self):
        return self.full

    def __str__(self):
        return self.full or self.username


TOM = Person(1, "tom", "Tom Okafor", "tom.okafor@harbour.example")
LENA = Person(2, "lena", "Lena Weiss")
ALSO_LENA = Person(3, "lweiss", "Lena Weiss")


@pytest.mark.parametrize("name", ["tom", "@tom", "Tom Okafor", "TOM.OKAFOR", "tom_okafor", "tom.okafor@harbour.example"])
def test_a_name_is_an_accounts_however_it_is_written(name):
    assert Book(known([TOM, LENA], [])).find(name).id == 1


def test_a_name_of_two_is_nobodys():
    book = Book(known([LENA, ALSO_LENA], [(2, ""), (3, "")]))
    assert book.find("Lena Weiss") is None
    assert (book.find("lena").id, book.find("lweiss").id) == (2, 3)


def test_a_user_name_wins_over_anothers_address():
    book = Book(known([Person(1, "sam"), Person(2, "sfox", "Sam Fox", "sam@harbour.example")], []))
    assert (book.find("sam").id, book.find("sam@harbour.example").id) == (1, 2)


def test_a_given_name_is_enough_for_who_is_on_the_incident():
    assert Book(known([TOM], [(1, "")])).find("Tom Other") is None
    carl = Person(3, "cray", "Carl Ray")
    assert Book(known([carl], [(3, "")])).find("carl").id == 3
    assert Book(known([carl], [])).find("carl") is None
    assert Book(known([carl, Person(4, "cfox", "Carl Fox")], [(3, ""), (4, "")])).find("carl") is None


def test_one_person_under_several_names_is_one_row():
    start = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
    at = [start + timedelta(minutes=minute) for minute in range(10)]
    people = known([TOM, LENA, Person(3, "carl", "Carl Ray")], [(1, "Incident commander"), (2, "")])
    heard = gather([("@tom.okafor", at[1]), ("Tom Okafor (SRE)", at[9]), ("Dana", at[3]), ("dana", at[4])], people, [("carl", (7,))])
    tom, dana, lena, carl = heard
    assert (tom.name, tom.user, tom.entries, tom.first, tom.last, tom.role) == ("Tom Okafor", 1, 2, at[1], at[9], "Incident commander")
    assert (dana.name, dana.user, dana.entries) == ("Dana", None, 2)
    assert (lena.user, lena.is_heard, lena.is_member) == (2, False, True)
    assert (carl.user, carl.named_in) == (3, (7,))


@given(st.text(max_size=40))
def test_any_name_is_compared(name):
    Book([Known(1, "Ana Lima", ("Ana Lima",))]).find(name)
    assert plain(plain(name)) == plain(name) or "(" in name or "[" in name or "/" in name or "|" in name


def found(private=False, accounts=(TOM, LENA), **given):
    members = given.get("members", [])
    return parts_of(**{"leads": [], "members": [], "actors": {}, "people": known(accounts, members), "private": private} | given)


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
    assert [(part.name, part.user_id) for part in found(actors={"tom": 2}, leads=[1], accounts=[LENA])] == [("tom", None)]
