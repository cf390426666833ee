"""What a careful reader would ask about a timeline: each finding with a key that stays, and a way to mend it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.clocks import Suggestion
from incidents.mentions import names_in
from incidents.milestones import Voice
from incidents.quality import Assumed, Doubt, Left, Mark, Seen, Surroundings, inspect

T0 = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
KNOWN = [("impact_started", 0), ("detected", 2), ("acknowledged", 4), ("mitigated", 40), ("resolved", 60)]


def at(minute):
    return T0 + timedelta(minutes=minute)


def marks(**minutes):
    times = dict(KNOWN) | minutes
    return [
        Mark(key, key.replace("_", " ").capitalize(), at=None if minute is None else at(minute), has_evidence=minute is not None)
        for key, minute in times.items()
    ]


def seen(id, minute, text="", **fields):
    return Seen(id, at(minute), **{"source": "slack", "actor": "Ana Lima", "text": text, **fields})


STORY = [seen(1, 0, kind="impact"), seen(2, 2, kind="alert", source="pagerduty"), seen(3, 25), seen(4, 50), seen(5, 60)]


def found(entries=STORY, **around):
    return inspect(entries, Surroundings(**{"zone": ZoneInfo("UTC"), "marks": marks(), "sources": ["slack", "pagerduty"], **around}))


def kinds(*args, **around):
    return [finding.kind for finding in found(*args, **around)]


def test_a_whole_timeline_leaves_nothing_to_ask():
    assert found() == []


def test_no_end_is_one_finding_and_not_three():
    assert kinds(marks=marks(mitigated=None, resolved=None)) == ["no_end"]


def test_a_milestone_without_evidence_can_be_set_or_put_aside():
    (finding,) = found(marks=marks(acknowledged=None))
    assert finding.key == "evidence:acknowledged"
    assert [step.to for step in finding.steps] == ["milestone", "not_applicable"]


def test_milestones_against_their_order():
    (finding,) = found(marks=marks(resolved=30))
    assert finding.title == "Resolved is before Mitigated" and "Resolved at 14:30" in finding.detail


def test_an_answer_before_the_first_alert_is_out_of_order_across_sources():
    entries = [seen(1, 0, kind="acknowledgement", source="slack"), seen(2, 5, kind="alert", source="pagerduty"), seen(3, 20)]
    (finding,) = found(entries)
    assert finding.kind == "order" and finding.events == (1, 2)


def test_what_was_written_down_before_it_happened():
    assert kinds([seen(1, 10, occurred_at=at(10), recorded_at=at(2))]) == ["order"]


def test_sources_that_differ_are_named():
    said = (Voice("pagerduty", at(2), 2, meaning="states"), Voice("slack", at(5), 3))
    rows = [Mark("detected", "Detected", at=at(2), has_evidence=True, voices=said) if mark.key == "detected" else mark for mark in marks()]
    (finding,) = found(marks=rows, labels={"pagerduty": "PagerDuty", "slack": "Slack"})
    assert finding.detail == "PagerDuty states 14:02, Slack says 14:05."


def test_silences_while_it_went_on():
    entries = [seen(1, -90), seen(2, 0, kind="alert"), seen(3, 45), seen(4, 60), seen(5, 200)]
    (finding,) = found(entries)
    assert finding.key == "silence:2" and "45 min" in finding.title


def test_a_silence_over_a_new_year_names_both_years():
    later = 366 * 24 * 60
    findings = found([seen(1, 0, kind="alert"), seen(2, later)], marks=marks(resolved=later))
    (finding,) = [finding for finding in findings if finding.key.startswith("silence:")]
    assert " on 2 Mar 2026 to " in finding.detail
    assert finding.detail.split(" to ")[1].startswith("14:00 on 3 Mar 2027.")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@Maria Lopez can you look?", ["Maria Lopez"]),
        ("cc @bo.chen and @payments-oncall", ["bo.chen"]),
        ("mail ops@harbour.example", []),
        ("@here @channel @everyone @U0123ABCD", []),
        ("Assigned to Maria Lopez", ["Maria Lopez"]),
        ("paged Sam Doe twice", ["Sam Doe"]),
        ("npm i @angular/core", []),
    ],
)
def test_who_is_called_upon(text, names):
    assert list(names_in(text)) == names


def test_people_named_but_never_seen():
    entries = [seen(1, 0, "@Maria Lopez please", kind="alert"), seen(2, 5, "@ana.lima and @Ana did"), seen(3, 20, "@maria?", actor="Bo")]
    assert [finding.title for finding in found(entries)] == ["Maria Lopez is named but never seen"]
    assert found([*entries, seen(4, 21, actor="Maria Lopez")]) == []


def test_sources_that_the_texts_speak_of_and_that_are_missing():
    entries = [seen(1, 0, "Opsgenie paged us", kind="alert"), seen(2, 5, "see https://harbour.zoom.us/j/1"), seen(3, 8, "pagerduty says so too")]
    assert [finding.key for finding in found(entries)] == ["missing:Opsgenie", "missing:a Zoom call"]
    assert found(entries, sources=["pagerduty", "opsgenie", "transcript"]) == []


def test_what_surrounds_a_timeline_is_asked_about():
    around = {
        "assumed": [Assumed("slack", "UTC", 3, 7)],
        "doubts": [Doubt("Europe/Paris", "2026-10-25", False, (4,))],
        "left": [Left(7, "a.csv", "imported", "abc", 2), Left(8, "b.csv", "needs_answer", "abd"), Left(9, "c.csv", "refused", "abe")],
        "duplicates": 4,
        "clocks": [Suggestion("slack", "pagerduty", -184, 3, -190, -180)],
    }
    assert kinds(**around) == ["clock", "duplicates", "left_out", "left_out", "left_out", "zone", "zone"]
    assert found(**around)[0].title == "slack is 3 min 4 s ahead of pagerduty"


@given(st.lists(st.tuples(st.integers(0, 500), st.text(max_size=80), st.sampled_from(["alert", "message", "acknowledgement"])), max_size=12))
def test_every_finding_has_a_key_of_its_own_a_title_and_a_way_out(rows):
    entries = [seen(n, minute, text, kind=kind) for n, (minute, text, kind) in enumerate(sorted(rows), 1)]
    findings = found(entries, marks=marks(mitigated=None, impact_started=30))
    assert len({finding.key for finding in findings}) == len(findings)
    assert all(finding.title and finding.steps and len(finding.key) <= 120 for finding in findings)
    assert findings == found(entries, marks=marks(mitigated=None, impact_started=30))
