from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from postmortems.prefill import Facts, fill, lasting, opening, prefill

T0 = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
FACTS = Facts(
    reference="INC-12",
    title="Checkout returns errors",
    summary="People could not pay.",
    severity="SEV1",
    services=["Checkout", "Payments"],
    zone=ZoneInfo("Europe/Paris"),
    milestones={"impact_started": T0, "detected": T0 + timedelta(minutes=7), "mitigated": T0 + timedelta(minutes=72), "resolved": T0 + timedelta(days=1)},
)


def test_the_summary_begins_with_what_the_incident_says_and_when_it_happened():
    assert opening(FACTS) == (
        "People could not pay.\n\n"
        "The impact on Checkout and Payments started at 15:00 CET on 2 March 2026. It was detected at 15:07 CET, 7 min later. "
        "The effect stopped at 16:12 CET after 1 h 12 min. It was resolved at 15:00 CET on 3 March 2026."
    )


def test_nothing_known_gives_nothing():
    assert opening(Facts("INC-1", "Something")) == ""
    assert prefill("impact", "impact", ["impact_start"], "", Facts("INC-1", "Something")).values == {}
    assert prefill("markdown", "response", [], "", FACTS).body == ""


def test_impact_fields_take_the_milestones():
    values = prefill("impact", "impact", ["impact_start", "impact_end", "users_affected_n"], "", FACTS).values
    assert values == {"impact_start": "2026-03-02T14:00:00Z", "impact_end": "2026-03-02T15:12:00Z"}


def test_the_timeline_shows_key_moments():
    assert prefill("timeline", "timeline", [], "", FACTS).values == {"show": "key"}


def test_placeholders_are_replaced_as_strings_and_unknown_ones_stay():
    text = "{{ incident.severity }} on {{incident.services}}: {{ incident.duration }}; {{ incident.lead }} {{ settings.SECRET_KEY }} {% now %}"
    assert fill(text, FACTS) == "SEV1 on Checkout, Payments: 1 h 12 min; – {{ settings.SECRET_KEY }} {% now %}"


def test_what_a_fact_says_is_not_filled_in_again():
    assert fill("{{ incident.title }}", Facts("INC-1", "{{ incident.severity }}", severity="SEV1")) == "{{ incident.severity }}"


def test_an_administrators_starting_text_wins():
    assert prefill("markdown", "summary", [], "In short: {{ incident.title }}.", FACTS).body == "In short: Checkout returns errors."


@pytest.mark.parametrize(("minutes", "words"), [(0, "less than a minute"), (59, "59 min"), (60, "1 h"), (72, "1 h 12 min"), (1501, "1 d 1 h 1 min")])
def test_durations_in_words(minutes, words):
    assert lasting(timedelta(minutes=minutes)) == words
