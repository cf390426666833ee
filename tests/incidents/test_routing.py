"""The rules by which a delivery finds its incident, without a database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents import conditions, routing
from incidents.conditions import Condition, ConditionError
from incidents.routing import Facts, Known, Rule, RuleError, plan

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
FACTS = Facts(
    source="alertmanager",
    key="{}:{alertname=Errors}",
    title="Errors in checkout",
    text="Error ratio above 4 %\nfor five minutes",
    severity="Critical",
    services=("checkout", "cart"),
    labels=(("env", "production"), ("team", "payments"), ("team", "core")),
)


def holds(field, operator, value, label=""):
    return Condition(field, operator, value, label).holds(FACTS.by_name())


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (("severity", "is", "critical"), True),
        (("severity", "is", "warning"), False),
        (("severity", "is_not", "warning"), True),
        (("severity", "any_of", "warning, CRITICAL"), True),
        (("service", "is", "cart"), True),
        (("service", "is_not", "cart"), False),
        (("service", "any_of", "search,mail"), False),
        (("title", "starts", "errors"), True),
        (("title", "contains", "CHECKOUT"), True),
        (("text", "lacks", "latency"), True),
        (("text", "lacks", "4 %"), False),
        (("label", "is", "production", "ENV"), True),
        (("label", "is", "core", "team"), True),
        (("label", "is", "x", "absent"), False),
        (("label", "is_not", "x", "absent"), True),
        (("source", "is", "alertmanager"), True),
        (("key", "contains", "alertname"), True),
    ],
)
def test_conditions(condition, expected):
    assert holds(*condition) is expected


def test_all_and_any():
    yes, no = Condition("severity", "is", "critical"), Condition("severity", "is", "warning")
    facts = FACTS.by_name()
    assert conditions.together([yes, no], facts, match="any")
    assert not conditions.together([yes, no], facts, match="all")
    assert conditions.together([yes, yes], facts, match="all")
    assert not conditions.together([no], facts, match="any")
    assert conditions.together([], facts, match="any")
    assert conditions.described([yes, Condition("label", "is", "production", "env")], match="all") == "severity is “critical” and label env is “production”"


@pytest.mark.parametrize(
    "data",
    [None, [], "x", {}, {"field": "colour", "operator": "is", "value": "red"}, {"field": "title", "operator": "matches", "value": "x"},
     {"field": "title", "operator": "is", "value": " "}, {"field": "label", "operator": "is", "value": "x"}, {"field": 1, "operator": "is", "value": "x"}],
)  # fmt: skip
def test_what_is_no_condition(data):
    with pytest.raises(ConditionError):
        conditions.parse(data)


@pytest.mark.parametrize(
    "rule",
    ["x", {}, {"action": "explode"}, {"action": ["open"]}, {"action": "open", "match": "some"}, {"action": "open", "conditions": {}}, {"action": "open", "conditions": [{}] * 9},
     {"action": "service", "minutes": 0}, {"action": "service", "minutes": True}, {"action": "service", "minutes": "5"}, {"action": "service", "otherwise": "shout"},
     {"action": "incident"}, {"action": "incident", "incident": "PM-1"}, {"action": "incident", "incident": 7}, {"action": "open", "conditions": [{"field": "title"}]}],
)  # fmt: skip
def test_what_is_no_rule(rule):
    with pytest.raises(RuleError) as error:
        routing.parse_rules([{"action": "open"}, rule])
    assert error.value.number == 2


def test_rules_are_a_short_list():
    for data in ({}, None, [{"action": "open"}] * 21):
        with pytest.raises(RuleError):
            routing.parse_rules(data)


def test_rules_keep_what_they_are():
    kept = [
        {"name": "Criticals", "match": "any", "conditions": [{"field": "label", "operator": "is", "value": "prod", "label": "env"}], "action": "service", "minutes": 30, "otherwise": "inbox"},
        {"name": "", "match": "all", "conditions": [], "action": "incident", "incident": "INC-7"},
        {"name": "", "match": "all", "conditions": [], "action": "ignore"},
    ]  # fmt: skip
    assert [rule.as_json() for rule in routing.parse_rules(kept)] == kept


def decided(rules=(), known=None, quiet=60):
    return plan(FACTS, list(rules), known, quiet_minutes=quiet, now=NOW)


def test_an_open_incident_with_the_key_comes_first():
    ignore = Rule("ignore")
    assert decided([ignore], Known("INC-3", True, None)).action == "append"
    assert "INC-3, which is open" in decided([ignore], Known("INC-3", True, None)).why


@pytest.mark.parametrize(("minutes", "action"), [(0, "append"), (60, "append"), (61, "open"), (10_000, "open")])
def test_the_quiet_period(minutes, action):
    found = decided([Rule("open")], Known("INC-3", False, NOW - timedelta(minutes=minutes)))
    assert found.action == action
    assert ("See whether it is back" in found.why) == (action == "append")
    assert "INC-3" in found.why


def test_a_private_incident_is_not_named():
    for known in (Known("", True, None), Known("", False, NOW), Known("", False, NOW - timedelta(days=9))):
        assert "INC" not in decided(known=known).why


def test_the_first_rule_that_matches_counts():
    never = Rule("ignore", conditions=(Condition("severity", "is", "info"),))
    found = decided([never, Rule("open", name="All", conditions=(Condition("severity", "is", "critical"),)), Rule("ignore")])
    assert (found.action, found.rule, found.why) == ("open", 2, "rule 2 “All” says so (severity is “critical”).")


def test_without_a_rule_it_waits():
    assert (decided().action, decided().why) == ("inbox", "there are no rules, and its key is not that of an open incident.")
    assert decided([Rule("open", conditions=(Condition("severity", "is", "info"),))]).why == "no rule matches."


def test_facts_are_kept_and_found_again():
    assert routing.facts_of(FACTS.as_json()) == FACTS
    assert routing.facts_of({}) == Facts()


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=20), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
    st.sampled_from(["action", "match", "conditions", "field", "operator", "value", "label", "minutes", "incident", "otherwise", "name"]), inner, max_size=5), max_leaves=15))  # fmt: skip
def test_rules_of_strangers_raise_nothing_else(data):
    try:
        rules = routing.parse_rules(data)
    except RuleError:
        return
    decided(rules)
