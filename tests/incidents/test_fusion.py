"""Which events are the same fact: structure before words, never across kinds of fact, and the same whatever the order."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.fusion import Fact, Pair, propose, settle

T0 = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
DELIVERIES = {"pagerduty": 1, "alertmanager": 2, "slack": 3}
LINK = "https://harbour.pagerduty.example/incidents/Q1RX04AB"


def fact(id, seconds=0, source="pagerduty", kind="alert", text="Disk almost full on db-1", **fields):
    structural = fields.pop("structural", source != "slack")
    return Fact(id, T0 + timedelta(seconds=seconds), source, kind, text, structural=structural, **{"delivery": DELIVERIES.get(source, 4), **fields})


def pairs(*facts):
    return [(match.first, match.second, match.rule) for match in propose(facts)]


def accepted(*facts):
    return [Pair(match.first, match.second, True, confidence=match.confidence) for match in propose(facts)]


def test_an_alert_and_the_message_of_its_bot_are_one_fact():
    bot = fact(2, 4, "slack", "message", f"Triggered #4521: High error rate {LINK}", actor="PagerDuty")
    assert pairs(fact(1, text="High error rate", url=LINK), bot) == [(1, 2, "same id")]


def test_what_a_person_says_about_an_alert_is_another_fact():
    assert pairs(fact(1, text="Disk almost full", url=LINK), fact(2, 60, "slack", "message", f"looking at {LINK} now", actor="Ana")) == []


def test_a_trigger_and_a_resolve_of_one_incident_are_two_facts():
    trigger, resolve = fact(1, url=LINK), fact(2, 30, "slack", "message", f"Resolved #4521 {LINK}", actor="PagerDuty")
    assert pairs(trigger, resolve) == []
    assert pairs(fact(3, 28, kind="resolution", url=LINK, text="Resolved by Ana"), trigger, resolve) == [(2, 3, "same id")]


def test_a_resolve_in_a_pager_and_the_recovery_of_its_monitor_may_be_one():
    assert pairs(
        fact(1, 0, "alertmanager", "recovery", "Alert resolved: DiskFull: Disk almost full on db-1"),
        fact(2, 5, kind="resolution", text="Resolved: Disk almost full on db-1"),
    ) == [(1, 2, "same title")]


def test_what_states_different_milestones_is_never_the_same():
    assert pairs(fact(1, milestone="detected", url=LINK), fact(2, source="alertmanager", milestone="resolved", url=LINK)) == []


def test_titles_and_words_connect_within_minutes_only():
    one = fact(1, text="Checkout returns errors to a third of customers")
    assert pairs(one, fact(2, 100, "alertmanager", text="Alert: Checkout returns errors to a third of customers")) == [(1, 2, "same title")]
    assert pairs(one, fact(2, 100, "alertmanager", text="Alert: Checkout returns error to third of customers now")) == [(1, 2, "same words")]
    assert pairs(one, fact(2, 1500, "alertmanager", text="Alert: Checkout returns errors to a third of customers")) == []
    assert pairs(one, fact(2, 100, "alertmanager", text="Queue depth above 5000 on orders")) == []


def test_the_name_of_a_rule_connects_what_is_worded_otherwise():
    pager, monitor = (
        fact(1, 5, text="CheckoutErrorRateHigh on checkout"),
        fact(2, 0, "alertmanager", text="Alert: CheckoutErrorRateHigh: More than 5 % of requests fail"),
    )
    assert pairs(pager, monitor) == [(1, 2, "same name")]
    assert pairs(pager, fact(3, 0, "alertmanager", text="Alert: PagerDuty heartbeat lost")) == []


def test_hosts_named_in_two_alerts_are_no_ids():
    assert pairs(fact(1, text="CPU saturated on web-01a"), fact(2, 5, "alertmanager", text="Certificate expires soon on web-01a")) == []


def test_repeats_are_matched_one_to_one():
    pager = [fact(n, 600 * n) for n in range(1, 6)]
    monitor = [fact(n + 10, 600 * n + 8, "alertmanager") for n in range(1, 6)]
    assert pairs(*pager, *monitor) == [(n, n + 10, "same title") for n in range(1, 6)]


def test_within_one_source_only_another_delivery_tells_it_again():
    assert pairs(fact(1, delivery=1), fact(2, 1, delivery=1)) == []
    assert pairs(fact(1, delivery=1), fact(2, 1, delivery=2)) == [(1, 2, "same words")]
    assert pairs(fact(1, delivery=1), fact(2, 300, delivery=2)) == []  # it happened again


def test_only_the_same_id_in_the_same_second_is_sure():
    assert propose([fact(1, url=LINK), fact(2, 1, "alertmanager", url=LINK)])[0].sure
    assert not propose([fact(1, url=LINK), fact(2, 5, "alertmanager", url=LINK)])[0].sure
    assert not propose([fact(1, url=LINK, precision="minute"), fact(2, 0, "alertmanager", url=LINK)])[0].sure


def test_three_tellings_become_one_entry_led_by_the_first_that_states_it():
    facts = [
        fact(1, 3, milestone="detected", url=LINK),
        fact(2, 0, "alertmanager", milestone="detected"),
        fact(3, 6, "slack", "message", f"Triggered {LINK}", actor="PagerDuty"),
    ]
    assert settle(facts, accepted(*facts)) == {1: 2, 3: 2}


def test_what_a_person_worked_on_leads():
    assert settle([fact(1), fact(2, 9, "slack", curated=True)], [Pair(1, 2, True)]) == {1: 2}


def test_a_rule_never_joins_what_a_person_kept_apart():
    facts = [fact(1), fact(2, 1, "alertmanager"), fact(3, 2, "slack")]
    apart = Pair(1, 3, False, by_person=True)
    assert settle(facts, [Pair(1, 2, True), Pair(2, 3, True, confidence=0.5), apart]) == {2: 1}
    assert settle(facts, [Pair(1, 2, True, by_person=True), Pair(2, 3, True, by_person=True), apart]) == {2: 1, 3: 1}


def test_a_rule_never_joins_two_events_of_one_delivery():
    facts = [fact(1), fact(2, 1, "alertmanager"), fact(3, 5)]
    assert settle(facts, [Pair(1, 2, True, confidence=0.9), Pair(2, 3, True, confidence=0.8)]) == {2: 1}


WORDS = st.sampled_from(["Disk almost full on db-1", "Checkout returns errors", "Error rate above 4 %", f"Triggered {LINK}", f"Resolved {LINK}", ""])
FACTS = st.lists(
    st.builds(
        lambda seconds, source, kind, text, actor, delivery, incident, url: (seconds, source, kind, text, actor, delivery, incident, url),
        st.integers(0, 900), st.sampled_from(["pagerduty", "alertmanager", "slack"]), st.sampled_from(["alert", "resolution", "recovery", "message", "acknowledgement"]),
        WORDS, st.sampled_from(["", "Ana", "PagerDuty bot"]), st.integers(1, 3), st.integers(1, 2), st.sampled_from(["", LINK]),
    ),
    max_size=14,
).map(lambda rows: [fact(n, s, source, kind, text, actor=actor, delivery=d, incident=i, url=url) for n, (s, source, kind, text, actor, d, i, url) in enumerate(rows, 1)])  # fmt: skip


@given(FACTS, st.randoms())
def test_the_order_of_facts_and_pairs_does_not_matter(facts, chance):
    found = propose(facts)
    decided = [Pair(match.first, match.second, True, confidence=match.confidence) for match in found]
    leads = settle(facts, decided)
    chance.shuffle(facts)
    chance.shuffle(decided)
    assert propose(facts) == found
    assert settle(facts, decided) == leads


@given(FACTS)
def test_fusing_twice_is_fusing_once_and_never_across_incidents(facts):
    by_id = {each.id: each for each in facts}
    leads = settle(facts, accepted(*facts))
    again = [Pair(*sorted((member, lead)), True) for member, lead in leads.items()]
    assert settle(facts, again) == leads
    assert not set(leads) & set(leads.values())  # a leader follows nobody
    for member, lead in leads.items():
        assert by_id[member].incident == by_id[lead].incident
        assert (by_id[member].source, by_id[member].delivery) != (by_id[lead].source, by_id[lead].delivery)


@given(FACTS, st.data())
def test_a_persons_no_wins_over_every_rule(facts, data):
    found = accepted(*facts)
    if not found:
        return
    refused = data.draw(st.sampled_from(found))
    leads = settle(facts, [*found, Pair(refused.first, refused.second, False, by_person=True)])
    assert leads.get(refused.first, refused.first) != leads.get(refused.second, refused.second)


@pytest.mark.parametrize("text", ["", "x" * 100_000, "<" * 500, "https://", "\ud800", "@" * 1000])
def test_odd_texts_do_no_harm(text):
    propose([fact(1, text=text), fact(2, 1, "slack", "message", text, actor="bot")])
