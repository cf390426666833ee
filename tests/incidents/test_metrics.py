"""Measures: recorded, pending, not applicable or invalid, and always why."""

from datetime import UTC, datetime, timedelta

from incidents.metrics import Definition, Moment, measure

T0 = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
NOW = T0 + timedelta(days=1)
MTTD = Definition("mttd", "Time to detect", "From impact started to detected.", "impact_started", "detected", "Impact started", "Detected")


def of(*moments):
    return measure([MTTD], moments, NOW)[0]


def start(**fields):
    return Moment("impact_started", **fields)


def end(**fields):
    return Moment("detected", **fields)


def test_two_decided_moments_are_recorded():
    found = of(start(decision="confirmed", at=T0), end(decision="overridden", at=T0 + timedelta(minutes=7)))
    assert (found.state, found.seconds, found.reason) == ("recorded", 420, "")
    assert found.definition == MTTD.definition


def test_a_proposal_gives_a_provisional_value_and_stays_pending():
    found = of(start(decision="confirmed", at=T0), end(proposed_at=T0 + timedelta(minutes=7)))
    assert (found.state, found.seconds, found.provisional_seconds) == ("pending", None, 420)
    assert found.reason == "“Detected” is only proposed."


def test_a_missing_moment_is_named():
    assert of(end(decision="confirmed", at=T0)).reason == "“Impact started” is missing."
    assert of().reason == "“Impact started” and “Detected” are missing."


def test_an_end_before_its_start_is_invalid():
    found = of(start(decision="confirmed", at=T0), end(decision="confirmed", at=T0 - timedelta(minutes=1)))
    assert (found.state, found.seconds, found.reason) == ("invalid", None, "“Detected” is before “Impact started”.")


def test_a_moment_in_the_future_is_invalid():
    found = of(start(decision="confirmed", at=T0), end(decision="overridden", at=NOW + timedelta(seconds=1)))
    assert (found.state, found.reason) == ("invalid", "“Detected” lies in the future.")


def test_what_does_not_apply_is_no_gap():
    found = of(start(decision="not_applicable", at=T0), end(decision="confirmed", at=T0))
    assert (found.state, found.reason) == ("not_applicable", "“Impact started” does not apply to this incident.")


def test_a_time_without_a_decision_does_not_count():
    assert of(start(decision="open", at=T0), end(decision="confirmed", at=T0)).state == "pending"


def test_a_provisional_value_is_never_negative():
    assert of(start(proposed_at=T0), end(proposed_at=T0 - timedelta(minutes=1))).provisional_seconds is None


def test_a_zero_duration_is_recorded():
    assert of(start(decision="confirmed", at=T0), end(decision="confirmed", at=T0)).seconds == 0
