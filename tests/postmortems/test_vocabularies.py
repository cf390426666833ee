"""Words of other vocabularies, and the factors that come with them."""

import io

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command

from postmortems import seeding, translating
from postmortems.models import Factor, Postmortem, Trigger
from postmortems.vocabularies import Written, vocabularies
from tests.factories import api_client

LEAVES = {leaf[0] for group in seeding.read_catalogue() for leaf in group["leaves"]}


def test_every_word_leads_into_the_catalogue():
    groups = {group["key"] for group in seeding.read_catalogue()}
    for vocabulary in vocabularies().values():
        for term in vocabulary.terms:
            assert set(term.leaves) <= LEAVES and set(term.groups) <= groups and set(term.triggers) <= set(Trigger.values), term
            assert term.kind in ("", *Factor.Kind.values)
            assert term.leave_out or term.leaves or term.groups or term.triggers or term.kind or vocabulary.key == "five_whys"
            assert vocabulary.find(f" {term.name.upper().replace(' ', '_')} ") is term


@pytest.mark.parametrize(
    ("vocabulary", "word", "leaf", "trigger"),
    [
        ("sre_triggers", "Binary Push", "", "code_release"),
        ("sre_triggers", "configuration push", "", ""),
        ("sre_triggers", "capacity management", "technical.capacity", ""),
        ("sre_causes", "network", "environment.network", ""),
        ("sre_causes", "software", "", ""),
        ("fishbone", "Man", "", ""),
        ("fishbone", "method", "organisation.practice_gap", ""),
        ("hfacs", "organization", "", ""),
    ],
)
def test_what_is_clear_is_classified_and_what_is_not_waits(vocabulary, word, leaf, trigger):
    term = vocabularies()[vocabulary].find(word)
    assert (term.leaf, term.trigger) == (leaf, trigger)


def test_groups_stand_for_all_their_leaves():
    found = vocabularies()["fishbone"].find("people").may_mean(sorted(LEAVES))
    assert {leaf.partition(".")[0] for leaf in found} == {"knowledge", "coordination"} and len(found) == 8


# Bringing in ----------------------------------------------------------------------------------------------------


def bring(actor, postmortem, *rows):
    return translating.bring_in(actor=actor, postmortem=postmortem, rows=[Written(*row) for row in rows])


@pytest.mark.django_db
def test_factors_arrive_as_drafts(postmortem, alice):
    found = bring(
        alice,
        postmortem,
        ("The pool was used up by one release.", "sre_triggers", "capacity management"),
        ("Retries kept the queue full.", "sre_causes", "complex system behaviors"),
        ("", "sre_triggers", "binary push"),
        ("It was rolled out at noon.", "sre_triggers", "hardware"),
        ("He did not check.", "hfacs", "unsafe acts"),
        ("Nobody owned the setting.", "five_whys", "last answer"),
        ("A colleague saw it early.", "incident_io", "mitigators"),
        ("nobody owned  the setting.", "five_whys", "root cause"),
    )
    rows = [(one.factor.leaf.key if one.factor.leaf else "", one.factor.kind) if one.factor else one.trigger or one.reason[:20] for one in found]
    assert rows == [
        ("technical.capacity", ""),
        ("", ""),
        "code_release",
        ("", "trigger"),
        "It judges what peopl",
        ("", ""),
        ("", "mitigator"),
        "A factor with these ",
    ]
    assert found[1].candidates[0] == "technical.overload" and len(found[1].candidates) == 3
    assert Postmortem.objects.get(pk=postmortem.pk).trigger == "code_release"  # the first stays
    assert set(Factor.objects.values_list("confidence", flat=True)) == {"low"}
    assert all(one.factor is None for one in bring(alice, postmortem, ("Retries kept the queue full.", "sre_causes", "software")))


@pytest.mark.django_db
@pytest.mark.parametrize("row", [("x", "iso", "software"), ("x", "sre_causes", "gremlins"), ("x", "hfacs", "\x00")])
def test_a_word_that_nobody_knows_adds_nothing(postmortem, alice, row):
    with pytest.raises(ValidationError, match="Known are"):
        bring(alice, postmortem, ("It was slow.", "sre_causes", "network"), row)
    assert not Factor.objects.exists()


@pytest.mark.django_db
def test_viewers_bring_in_nothing(postmortem, charlie):
    with pytest.raises(PermissionDenied):
        bring(charlie, postmortem, ("It was slow.", "sre_causes", "network"))


@pytest.mark.django_db
def test_the_command(postmortem, tmp_path):
    file = tmp_path / "factors.csv"
    file.write_text("term,statement\nnetwork,The link was slow.\nsoftware,It met an odd date.\n", encoding="utf-8-sig")
    out = io.StringIO()
    call_command("import_factors", postmortem.reference, str(file), "--vocabulary", "sre_causes", "--dry-run", stdout=out)
    assert "2 of 2 would be added" in out.getvalue() and not Factor.objects.exists()
    call_command("import_factors", postmortem.reference, str(file), "--vocabulary", "sre_causes", stdout=out)
    assert "+  The link was slow.: environment.network" in out.getvalue() and Factor.objects.count() == 2
    for argument, words in (
        (["PM-999", str(file)], "There is no"),
        ([postmortem.reference, str(tmp_path / "none")], "cannot be read"),
        ([postmortem.reference, str(file)], "lacks"),
    ):
        with pytest.raises(CommandError, match=words):
            call_command("import_factors", *argument)
    file.write_text("term,statement\ngremlins,x\n")
    with pytest.raises(CommandError, match="gremlins"):
        call_command("import_factors", postmortem.reference, str(file), "--vocabulary", "sre_causes")


@pytest.mark.django_db
def test_over_the_api(postmortem, alice, charlie):
    known = api_client(charlie).get("/api/v1/factor-vocabularies/").json()
    assert {row["key"] for row in known} >= {"sre_triggers", "hfacs"}
    place = f"/api/v1/postmortems/{postmortem.reference}/factors/bring-in/"
    sent = {"factors": [{"statement": "The link was slow.", "vocabulary": "sre_causes", "term": "network"}]}
    assert api_client(charlie).post(place, sent, format="json").status_code == 404
    answer = api_client(alice).post(place, sent, format="json")
    assert answer.status_code == 201 and answer.json()[0]["leaf"] == "environment.network"
    assert api_client(alice).post(place, sent, format="json").json()[0]["factor"] is None
    sent["factors"][0]["term"] = "gremlins"
    assert api_client(alice).post(place, sent, format="json").status_code in (400, 422)
