from types import SimpleNamespace

import pytest

from postmortems.completeness import Surroundings, check, check_all, count_items, count_words

NOTHING = Surroundings()


def make_section(kind="markdown", minimum="", body="", required=True, values=None, fields="", version=2, key="one"):
    return SimpleNamespace(key=key, title="One", kind=kind, fields=fields, minimum=minimum, required=required, body=body, values=values or {}, version=version)


def gaps(around=NOTHING, **fields):
    return list(check(make_section(**fields), around).gaps)


def test_a_required_section_that_is_empty_is_missing_and_an_optional_one_is_not():
    assert check(make_section(), NOTHING).state == "missing"
    assert check(make_section(required=False), NOTHING).state == "empty"
    assert check(make_section(body="Written."), NOTHING).state == "done"


def test_words_are_counted():
    assert gaps(minimum="40-200 words; mentions impact", body="one two three") == ["3 of at least 40 words."]
    assert gaps(minimum="10-40 words", body="word " * 41) == ["41 words: 40 are enough."]
    assert gaps(minimum="10-40 words", body="word " * 12) == []


def test_headings_alone_are_no_text():
    """The questions that help may be put into a text as headings."""
    assert check(make_section(body="### What helped?\n\n### What was hard?\n"), NOTHING).state == "missing"
    assert gaps(minimum="10-40 words", body="### What was known then?\n\nVery little.") == ["2 of at least 10 words."]
    assert gaps(kind="bullets", minimum=">=2 bullets", body="### What helped?\n\nA flag.") == ["1 of at least 2 points."]


def test_links_may_stand_for_words():
    links = "[a](https://example.org/a) [b](https://example.org/b)"
    assert gaps(minimum="30 words or at least two links", body=links) == []
    assert gaps(minimum="30 words or at least two links", body="[a](https://example.org/a)") != []


def test_points_are_counted():
    assert gaps(kind="bullets", minimum=">=2 bullets", body="- one") == ["1 of at least 2 points."]
    assert gaps(kind="bullets", minimum=">=2 bullets", body="- one\n* two") == []


def test_a_phrase_in_quotation_marks_may_stand_instead():
    assert gaps(kind="bullets", minimum=">=1 bullet or an explicit 'none we can name'", body="None we can name.") == []


def test_text_that_nobody_touched_asks_to_be_read():
    assert gaps(version=1, body="Prefilled.") == ["Prefilled from the incident: read it, make it yours and save it."]


FIELDS = "impact_start\nimpact_end\nestimate_quality(measured|estimated)\nusers_affected_n"
MINIMUM = 'impact_start and impact_end (or "ongoing/unknown" with a reason) + estimate_quality'


def test_fields_that_the_minimum_names_are_wanted():
    values = {"impact_start": "2026-03-02T14:00:00Z"}
    assert gaps(kind="impact", fields=FIELDS, minimum=MINIMUM, values=values) == ["“Impact ended” is empty.", "“How good the numbers are” is empty."]


def test_an_end_may_be_said_to_be_unknown():
    values = {"impact_start": "2026-03-02T14:00:00Z", "estimate_quality": "measured"}
    assert gaps(kind="impact", fields=FIELDS, minimum=MINIMUM, values=values, body="The end is unknown: logs are gone.") == []


def test_an_impact_that_ends_before_it_starts_is_pointed_out():
    values = {"impact_start": "2026-03-02T14:00:00Z", "impact_end": "2026-03-02T13:00:00Z", "estimate_quality": "measured"}
    assert gaps(kind="impact", fields=FIELDS, minimum=MINIMUM, values=values) == ["The impact ends before it starts."]


def test_milestones_are_decided_on_the_incident():
    minimum = "impact_start, first_human_awareness and mitigated each with a source link"
    assert check(make_section(kind="milestones", minimum=minimum), NOTHING).state == "missing"
    some = Surroundings(milestones=frozenset({"impact_started", "mitigated"}))
    assert gaps(some, kind="milestones", minimum=minimum) == ["“Detected” is not decided."]


def test_entries_are_counted_as_they_are_printed():
    around = Surroundings(entries=20, key_entries=2)
    assert gaps(around, kind="timeline", minimum="6 entries spanning all", values={"show": "key"})[0].startswith("2 of at least 6 entries.")
    assert gaps(around, kind="timeline", minimum="6 entries spanning all", values={"show": "all"}) == []


@pytest.mark.parametrize(
    ("around", "body", "expected"),
    [
        (NOTHING, "None.", ["No action items: say why in at least ten words (1 so far)."]),
        (NOTHING, "No actions: the change that caused this is gone and the check exists since.", []),
        (Surroundings(actions=2, actions_without_owner=1, actions_without_date=2), "", ["1 action item has no owner.", "2 action items have no due date."]),
        (Surroundings(actions=3), "", ["3 action items: 2 are enough here."]),
    ],
)
def test_actions_want_an_owner_a_date_or_a_reason(around, body, expected):
    assert gaps(around, kind="actions", minimum="0-2 actions", body=body) == expected


def test_progress_counts_what_is_required():
    sections = [make_section(key="a", body="Written."), make_section(key="b"), make_section(key="c", required=False)]
    result = check_all(sections, NOTHING)
    assert (result.done, result.wanted, result.percent) == (1, 2, 50)
    assert [one.key for one in result.open] == ["b"]


def test_counting():
    assert count_words("It's a **well-known** fact – 3.5 % of all.") == 7
    assert count_items("1. one\n2) two\n- three\n\ntext") == 3
    assert count_items("one\n\ntwo") == 2
