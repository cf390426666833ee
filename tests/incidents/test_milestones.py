"""Milestones from entries: structure before words, an interval with every proposal, and nothing without evidence."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.milestone_words import STEMS, WORDS
from incidents.milestones import Entry, Voice, disagree, propose

T0 = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


def at(minute):
    return T0 + timedelta(minutes=minute)


def entry(id, minute, kind="message", **fields):
    return Entry(id=id, at=at(minute), kind=kind, **{"source": "slack", **fields})


def test_no_evidence_gives_no_proposal():
    assert propose([]) == {}
    assert propose([entry(1, 0, text="Good morning"), entry(2, 1, kind="escalation")]) == {}


def test_what_the_source_states_beats_words_and_kinds():
    found = propose(
        [
            entry(1, 0, "message", text="the outage was resolved"),
            entry(2, 5, "alert", source="pagerduty", milestone="detected"),
            entry(3, 6, "acknowledgement", source="pagerduty", milestone="acknowledged"),
            entry(4, 40, "resolution", source="pagerduty", milestone="resolved"),
        ]
    )
    assert {key: proposal.at for key, proposal in found.items()} == {"detected": at(5), "acknowledged": at(6), "resolved": at(40)}
    assert found["detected"].evidence[0] == 2
    assert "Pagerduty states the detection" in found["detected"].rule


def test_a_resolve_does_not_imply_that_it_was_mitigated_or_when_it_began():
    found = propose([entry(1, 0, "alert", source="pagerduty"), entry(2, 30, "resolution", source="pagerduty")])
    assert set(found) == {"detected", "resolved"}


def test_the_start_of_an_alert_is_only_a_modest_hint_at_the_impact():
    found = propose([entry(1, 0, "alert", source="alertmanager")])
    impact = found["impact_started"]
    assert impact.at == at(0)
    assert impact.earliest == at(-15) and impact.latest == at(15)
    assert impact.confidence < 0.5 < found["detected"].confidence


def test_the_alert_that_came_before_the_described_effect_is_the_better_start():
    found = propose([entry(1, 0, "alert", source="alertmanager"), entry(2, 4, "impact", actor="Ana")])
    assert found["impact_started"].at == at(0)
    assert found["impact_started"].evidence == [1, 2]


def test_a_resolve_that_a_new_alert_follows_was_not_the_end():
    found = propose(
        [entry(1, 0, "alert"), entry(2, 10, "resolution", text="resolved"), entry(3, 15, "alert"), entry(4, 50, "resolution"), entry(5, 90, "resolution")]
    )
    assert found["resolved"].at == at(50)


def test_mitigated_and_resolved_are_kept_apart():
    found = propose(
        [entry(1, 0, "alert"), entry(2, 20, "mitigation", text="Rolled back"), entry(3, 60, "resolution"), entry(4, 70, "mitigation", text="Backfilled")]
    )
    assert (found["mitigated"].at, found["resolved"].at) == (at(20), at(60))


def test_rivals_of_other_sources_widen_the_interval_and_lower_the_confidence():
    one = propose([entry(1, 10, "alert", source="pagerduty", milestone="detected")])["detected"]
    two = propose([entry(2, 2, "alert", source="alertmanager"), entry(1, 30, "alert", source="pagerduty", milestone="detected")])["detected"]
    assert one.earliest == one.latest == at(10)
    assert (two.at, two.earliest, two.latest) == (at(30), at(2), at(30))
    assert two.confidence < one.confidence
    assert two.evidence == [1, 2]


def test_agreeing_sources_raise_the_confidence():
    alone = propose([entry(1, 0, "page", source="pagerduty")])["detected"].confidence
    both = propose([entry(1, 0, "page", source="pagerduty"), entry(2, 1, "alert", source="alertmanager")])["detected"].confidence
    assert both > alone


@pytest.mark.parametrize(("precision", "latest"), [("second", at(0)), ("minute", at(0) + timedelta(seconds=59)), ("hour", at(59) + timedelta(seconds=59))])
def test_the_interval_is_as_wide_as_the_time_was_stated(precision, latest):
    assert propose([entry(1, 0, "acknowledgement", precision=precision)])["acknowledged"].latest == latest


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Customer impact started with the 13:50 deploy", "impact_started"),
        ("High latency alert fired for checkout", "detected"),
        ("I'm on it", "acknowledged"),
        ("Rollback complete, graphs look better", "mitigated"),
        ("Incident resolved.", "resolved"),
        ("All clear from the database team", "resolved"),
    ],
)
def test_words_are_the_last_resort(text, key):
    found = propose([entry(1, 0, text=text)])
    assert list(found) == [key]
    assert found[key].confidence <= 0.4
    assert found[key].rule.startswith("Words:")


@pytest.mark.parametrize(
    "text",
    ["Is the incident resolved?", "once the incident is resolved we will post", "not fully resolved", "we should try to roll back; mitigated if it works"],
)
def test_plans_wishes_and_questions_are_no_reports(text):
    assert propose([entry(1, 0, text=text)]) == {}


def test_a_plan_in_another_sentence_does_not_count():
    assert propose([entry(1, 0, text="Incident resolved. Will post an update soon.")])["resolved"].at == at(0)


def test_noise_is_not_read_for_words():
    assert propose([entry(1, 0, text="Incident resolved", salience=0)]) == {}


def test_an_acknowledgement_from_before_the_detection_is_of_something_else():
    found = propose([entry(1, -500, "acknowledgement"), entry(2, 0, "alert"), entry(3, 3, "acknowledgement")])
    assert found["acknowledged"].at == at(3)


def test_milestones_of_the_teams_own_are_taken_as_stated():
    assert propose([entry(1, 0, "status", milestone="declared")])["declared"].at == at(0)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("**Detection:** the latency graph looked odd", "detected"),
        ("OUTAGE BEGINS — first timeouts", "impact_started"),
        ("Mitigation: traffic moved away", "mitigated"),
        ("_Resolution_ – all nodes replaced", "resolved"),
    ],
)
def test_a_label_that_people_wrote_is_better_than_words(text, key):
    found = propose([entry(1, 0, text=text)])[key]
    assert found.confidence == 0.7
    assert "labelled" in found.rule


def test_a_customer_report_is_a_detection():
    assert propose([entry(1, 0, "impact", text="A customer reported failing payments")])["detected"].at == at(0)


def test_an_effect_described_after_the_detection_had_begun_by_then():
    impact = propose([entry(1, 10, "alert", source="pagerduty"), entry(2, 25, "impact")])["impact_started"]
    assert (impact.at, impact.latest, impact.evidence) == (at(10), at(10), [1, 2])
    assert impact.earliest < at(10)
    assert impact.confidence == 0.3


def test_a_stated_start_is_not_moved():
    assert propose([entry(1, 10, "alert"), entry(2, 25, "note", milestone="impact_started")])["impact_started"].at == at(25)


@settings(max_examples=300)
@given(st.sampled_from(sorted(WORDS)).flatmap(lambda key: st.tuples(st.just(key), st.from_regex(WORDS[key], alphabet=st.characters(codec="ascii")))))
def test_what_the_words_match_is_never_passed_over(pair):
    key, text = pair
    assert any(stem in text.lower() for stem in STEMS[key])


def test_what_is_written_after_the_end_is_hindsight():
    found = propose([entry(1, 0, "status", milestone="resolved"), entry(2, 600, "mitigation"), entry(3, 600, "impact", actor="Ana")])
    assert list(found) == ["resolved"]


def test_each_source_is_heard_once_and_a_recovery_keeps_its_meaning():
    found = propose(
        [
            entry(1, 40, "resolution", source="pagerduty", milestone="resolved"),
            entry(2, 35, "recovery", source="alertmanager"),
            entry(3, 46, "status", text="Incident resolved", source="statuspage"),
        ]
    )["resolved"]
    assert [(voice.source, voice.meaning) for voice in found.voices] == [
        ("pagerduty", "states"),
        ("alertmanager", "signals recovery at"),
        ("statuspage", "says"),
    ]
    assert disagree(found.voices)


def test_further_evidence_of_an_entry_is_heard_and_proves_nothing_more():
    also = (Voice("slack", at(5), 2, meaning="says"),)
    alone = propose([entry(1, 2, "alert", source="pagerduty", milestone="detected")])["detected"]
    fused = propose([entry(1, 2, "alert", source="pagerduty", milestone="detected", also=also), entry(3, 50, "alert", source="slack")])["detected"]
    assert (fused.confidence, fused.latest, fused.evidence) == (alone.confidence, alone.latest, [1])
    assert [voice.event for voice in fused.voices] == [1, 2]


@pytest.mark.parametrize(
    ("minutes", "precision", "differ"), [((0, 1), "second", False), ((0, 2), "second", True), ((0, 1.5), "minute", False), ((0, 30), "hour", False)]
)
def test_sources_differ_beyond_their_precision_and_a_minute(minutes, precision, differ):
    assert disagree([Voice("a", at(minutes[0]), 1, precision), Voice("b", at(minutes[1]), 2)]) is differ
