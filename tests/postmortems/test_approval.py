"""Approvals as values: when a rule applies, what counts, what lapses, where moves lead. No database."""

from datetime import date

import pytest

from postmortems import states
from postmortems.approval import TITLE, Opinion, Rule, Seal, Subject, ask, handed_over, listed, stand
from postmortems.models import Postmortem
from postmortems.workdays import Calendar

SECTIONS = {"summary": "markdown", "impact": "impact", "sec_duties": "qa"}
SUBJECT = Subject(severity={1: "SEV1"}, services={5: "Checkout"}, team={7: "Payments"}, tags={9: "data-loss"}, audience="internal")
NOW = {key: Seal(2, f"{key} now") for key in SECTIONS} | {TITLE: Seal(1, "title")}


def rule(**fields):
    return Rule(**{"pk": 1, "name": "Legal", "reason": "The law asks for it.", "people": {1: "Ana", 2: "Ben"}, **fields})


def said(pk, person, *, approves=True, keys=(*SECTIONS, TITLE), seals=None, **fields):
    covered = {key: (seals or NOW)[key] for key in keys}
    return Opinion(pk, person, {1: "Ana", 2: "Ben", 3: "Cleo"}[person], approves, covered, **fields)


def standing(opinions, rules=None, owner=None, audience="internal"):
    answer = ask(rules or rule(), SUBJECT, SECTIONS)
    return stand(answer, opinions, NOW, owner=owner, audience=audience)


@pytest.mark.parametrize(
    ("fields", "applies", "why"),
    [
        ({}, True, "every post-mortem needs it"),
        ({"severities": {1: "SEV1", 2: "SEV2"}}, True, "its severity is SEV1"),
        ({"severities": {2: "SEV2", 3: "SEV3"}}, False, "its severity is SEV1, not SEV2 or SEV3"),
        ({"services": {5: "Checkout"}, "tags": {9: "data-loss"}}, True, "its service is Checkout and its tag is data-loss"),
        ({"services": {5: "Checkout"}, "tags": {8: "privacy"}}, False, "its tag is data-loss, not privacy"),
        ({"teams": {6: "Search"}}, False, "its team is Payments, not Search"),
        ({"audience": "public"}, False, "it is published for internal readers, not the public"),
        ({"sections": ("sec_duties",)}, True, "it has the section that this signs off"),
        ({"sections": ("security",)}, False, "it has no section security"),
    ],
)
def test_a_rule_says_whether_and_why(fields, applies, why):
    answer = ask(rule(**fields), SUBJECT, SECTIONS)
    assert (answer.applies, answer.why) == (applies, why)


def test_a_rule_for_stakeholders_asks_for_the_public_too():
    asked = {
        audience: ask(rule(audience="stakeholder"), Subject({}, {}, {}, {}, audience), SECTIONS).applies for audience in ("internal", "stakeholder", "public")
    }
    assert asked == {"internal": False, "stakeholder": True, "public": True}


def test_sections_are_named_by_key_or_kind():
    assert ask(rule(sections=("qa", "impact")), SUBJECT, SECTIONS).sections == ("impact", "sec_duties")
    assert ask(rule(), SUBJECT, SECTIONS).sections == (*SECTIONS, TITLE)


def test_an_approval_holds_until_a_covered_section_changes():
    assert standing([said(1, 1)]).is_met
    before = NOW | {"impact": Seal(1, "impact before")}
    lapsed = standing([said(1, 1, seals=before)])
    assert not lapsed.is_met
    assert [(lapse.opinion.name, lapse.keys) for lapse in lapsed.lapsed] == [("Ana", ("impact",))]
    assert standing([said(1, 1, seals=before), said(2, 1, keys=["impact"])]).is_met  # signed off again, that section alone


def test_a_version_that_says_the_same_again_is_no_change():
    assert standing([said(1, 1, seals={key: Seal(1, seal.digest) for key, seal in NOW.items()})]).is_met


def test_a_sign_off_by_section_is_not_touched_by_the_others():
    legal = rule(sections=("sec_duties",))
    before = NOW | {"impact": Seal(1, "before"), "summary": Seal(1, "before")}
    assert standing([said(1, 1, seals=before)], legal).is_met
    assert not standing([said(1, 1, keys=["impact"])], legal).given


def test_a_section_that_came_later_was_not_approved():
    assert standing([said(1, 1, keys=["summary", "impact", TITLE])]).lapsed[0].keys == ("sec_duties",)


def test_the_last_word_about_a_section_counts():
    against = standing([said(1, 1), said(2, 1, approves=False, keys=["impact"])])
    assert not against.is_met
    assert [opinion.pk for opinion in against.against] == [2]
    assert standing([said(1, 1, approves=False), said(2, 1)]).is_met


def test_as_many_as_are_needed_and_only_those_who_may():
    two = rule(needed=2)
    assert standing([said(1, 1), said(2, 1)], two).missing == 1
    assert standing([said(1, 1), said(2, 2)], two).is_met
    assert standing([said(1, 3)]).missing == 1
    assert list(standing([said(1, 1)], two).waiting.values()) == ["Ben"]


def test_nobody_approves_their_own_document_unless_the_rule_says_so():
    own = standing([said(1, 1)], owner=1)
    assert not own.is_met and own.own and list(own.able.values()) == ["Ben"]
    assert not standing([said(1, 1, by_owner=True)], owner=2).is_met  # owned it then; handing it on does not help
    assert standing([said(1, 1)], rule(owner_counts=True), owner=1).is_met
    assert not standing([], rule(people={1: "Ana"}), owner=1).is_possible


def test_an_approval_reaches_no_further_than_it_was_given_for():
    assert not standing([said(1, 1)], audience="public").is_met
    assert standing([said(1, 1, audience="public")], audience="internal").is_met


def test_handing_over_passes_the_say_on():
    assert handed_over({1: "Ana", 2: "Ben"}, [(1, 3, "Cleo"), (3, 4, "Dan")]) == {2: "Ben", 4: "Dan"}
    assert handed_over({2: "Ben"}, [(1, 3, "Cleo")]) == {2: "Ben"}


def test_words():
    assert listed(["b", "a", "c"]) == "a, b or c"
    assert Calendar().add(date(2026, 3, 5), 3) == date(2026, 3, 10)  # Thursday to Tuesday
    assert Calendar().add(date(2026, 3, 7), 1) == date(2026, 3, 9)


def test_every_state_can_be_left_and_every_move_leads_to_a_state():
    for state in Postmortem.Status:
        assert any(state in move.before for move in states.MOVES.values())
    assert {move.after for move in states.MOVES.values()} == set(Postmortem.Status)
    for name, wrong in (("approve", "draft"), ("submit", "archived"), ("publish", "archived"), ("withdraw", "published")):
        with pytest.raises(states.NoSuchMove):
            states.check(name, wrong)
    assert [move.name for move in states.possible("in_review")] == ["withdraw", "archive"]
