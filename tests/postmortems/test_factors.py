"""The rules of factors and action items, without a database."""

import random
from datetime import date

import pytest

from postmortems import action_quality, factors
from postmortems.completeness import Surroundings, action_gaps
from postmortems.models import Section
from postmortems.rendering.factor_graph import factor_graph, wrapped
from postmortems.rendering.markdown import markdown
from postmortems.seeding import read_catalogue

LEAVES = [factors.Leaf(*leaf) for group in read_catalogue() for leaf in group["leaves"]]
GOOD = "Settings went to all regions at once, which meant the first sign came from everywhere together."
MINIMUM = ">=3 factors; >=2 different first-level groups; >=1 with polarity 'reduced'; each has a statement >=8 words"


def make_facts(statement=GOOD, **fields):
    return factors.Facts(statement, **{"kind": "condition", "stage": "onset", "leaf": "change.exposure", "group": "change", "events": 1, **fields})


def test_a_good_factor_lacks_nothing():
    assert factors.gaps_of(make_facts()) == []


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"statement": "No alert"}, "2 of at least 8 words"),
        ({"statement": "Bob was careless and forgot the flag that he should have set before."}, "speaks of a person"),
        ({"events": 0}, "No evidence yet"),
        ({"events": 0, "has_account": True}, "Not linked to a timeline entry"),
        ({"kind": ""}, "part it played"),
        ({"stage": ""}, "When it took part"),
        ({"leaf": "", "group": ""}, "Not classified"),
        ({"leaf": "helper.slack", "group": "helper"}, "not as a mitigator"),
    ],
)
def test_each_gap_is_one_sentence(fields, part):
    assert [gap for gap in factors.gaps_of(make_facts(**fields)) if part in gap]


def test_a_list_is_checked_against_what_its_section_asks():
    one = make_facts()
    assert factors.gaps_together([one], MINIMUM)[:3] == [
        "1 of at least 3 factors.",
        "1 of at least 2 groups of the catalogue: look beside the technical, or beside the human.",
        "None says what kept it smaller or shorter.",
    ]
    assert factors.gaps_together([one], ">=1 factor") == []
    assert factors.gaps_together([one], MINIMUM + "; minimum 1 factor in this template") == []
    assert factors.gaps_together([], MINIMUM + "; minimum 1 factor in this template") == ["0 of at least 1 factor."]
    helped = make_facts(kind="mitigator", leaf="helper.slack", group="helper")
    assert factors.gaps_together([one, make_facts(group="tools"), helped], MINIMUM) == []
    assert factors.gaps_together([one, make_facts(kind="trigger")], ">=2 factors") == ["1 of at least 2 factors."]


def test_many_factors_and_a_lone_trigger_get_a_hint():
    assert "more than seven" in factors.hints_for([make_facts()] * 8)[0]
    assert factors.hints_for([make_facts()] * 7) == []
    assert "Only the trigger" in factors.hints_for([make_facts(kind="trigger")])[0]


def test_every_kind_has_a_polarity_and_a_meaning():
    assert set(factors.POLARITY) == set(factors.MEANING)
    assert set(factors.POLARITY.values()) == {"contributed", "worsened", "prolonged", "reduced", "present_without_effect"}


def test_the_catalogue_has_46_leaves_and_cues_for_each():
    assert len(LEAVES) == 46 and set(factors.cues()) == {leaf.key for leaf in LEAVES}


@pytest.mark.parametrize(
    ("statement", "key"),
    [
        ("The rollout applied it to all regions at once.", "change.exposure"),
        ("The certificate expired because its renewal was not automatic.", "technical.time_expiry"),
        ("Clients retried without backoff and kept the queue full.", "technical.overload"),
        ("Confirmation went to a mailbox, so the alert was delayed.", "sensing.not_surfaced"),
    ],
)
def test_words_suggest_a_kind_and_say_which(statement, key):
    best = factors.suggest(statement, LEAVES)[0]
    assert best.leaf.key == key and all(word.strip(".") in statement.lower() for word in best.words)


def test_nothing_is_suggested_for_nothing():
    assert factors.suggest("", LEAVES) == [] and factors.suggest("Hm.", LEAVES) == []
    assert len(factors.suggest("certificate " * 1000 + "\x00" * 10, LEAVES)) <= 3


# Action items ---------------------------------------------------------------------------------------


def make_action(title="Reject decommission requests that match more than 20 hosts", **fields):
    full = {"kind": "prevent", "strength": "strong", "done_when": "A request for 21 hosts is refused in staging.", "has_owner": True, "is_accepted": True}
    full |= {"expected_effect": "No host is lost by a wide request.", "trade_off": "Nothing.", "tracked_in": "OPS-12"}
    return action_quality.Facts(title, **{**full, "due_on": date(2026, 3, 10), "added_on": date(2026, 3, 2), "rank": 1, "side_effects": "None seen.", **fields})


def rules(**fields):
    return {gap.rule for gap in action_quality.gaps_of(make_action(**fields))}


def test_a_good_action_item_lacks_nothing():
    assert rules() == set()


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"title": "Improve monitoring"}, "Q1"),
        ({"has_owner": False}, "Q2"),
        ({"is_accepted": False}, "Q2"),
        ({"due_on": None}, "Q3"),
        ({"due_on": date(2026, 3, 18)}, "Q3"),
        ({"done_when": "It is done"}, "Q4"),
        ({"done_when": "reject decommission requests that match more than 20 hosts."}, "Q4"),
        ({"has_factors_to_link": True}, "Q5"),
        ({"strength": ""}, "Q6"),
        ({"title": "Retrain Bob on the deployment procedure"}, "Q7"),
        ({"side_effects": ""}, "Q8"),
        ({"expected_effect": " "}, "Q9"),
        ({"tracked_in": ""}, "Q10"),
        ({"trade_off": ""}, "Q12"),
    ],
)
def test_each_rule_of_an_action_item(fields, rule):
    assert rule in rules(**fields)


def test_what_excuses():
    assert "Q3" not in rules(due_on=date(2026, 3, 31), description="Waits for the new hosts, which come on the 28th.")
    assert "Q3" not in rules(due_on=date(2026, 4, 20), rank=4)
    assert "Q5" not in rules(has_factors_to_link=True, kind="repair")
    assert "Q8" not in rules(side_effects="", rank=3)
    assert "Q9" not in rules(expected_effect="", kind="share")
    assert rules(is_open=False, has_owner=False, done_when="") == set()


def test_the_mix_gets_a_gentle_question():
    ask = action_quality.questions_about
    assert "nothing prevents" in ask([make_action(kind="detect")] * 2)[0]
    assert "All of these prevent" in ask([make_action()] * 2)[0]
    assert ask([make_action(), make_action(kind="detect")]) == []
    assert "relies on people remembering" in ask([make_action(strength="weak")])[0]
    assert ask([make_action(strength="weak", rank=4)]) == []
    assert action_quality.too_many(6) and not action_quality.too_many(5) and action_quality.too_many(3, is_quick=True)


def test_the_rules_are_said_together_and_what_waits_as_a_hint():
    items = [make_action(), make_action(tracked_in="", trade_off=""), make_action(tracked_in="", trade_off="", is_open=False)]
    assert action_quality.gaps_together(items) == ["1 action item does not say where the work is planned.", "1 action item does not say what waits for it."]
    around = Surroundings(actions=3, action_items=tuple(items))
    section = Section(kind="actions", body="", minimum="", values={})
    assert action_gaps(section, around) == ["1 action item does not say where the work is planned."]
    assert action_quality.questions_about(items[1:])[-1] == "1 action item does not say what waits for it."
    assert action_quality.questions_about([items[1], items[1]])[-1] == "2 action items do not say what waits for them."


def test_titles_that_mean_the_same_are_found():
    others = [(1, "Alert on orders-db connections at 80 %"), (2, "Write a runbook"), (3, "At 80 % of connections alert on orders-db")]
    assert action_quality.alike("Alert on orders-db connections at 80 %.", others) == [1, 3]


# The graph -------------------------------------------------------------------------------------------


def make_document(kinds, links=(), statement=GOOD):
    rows = []
    for number, kind in enumerate(kinds, start=1):
        own = [{"to": to, "relation": relation, "relation_name": relation} for source, to, relation in links if source == number]
        rows.append({"number": number, "kind": kind, "kind_name": kind, "statement": statement, "links": own, "actions": []})
    return {"title": "Checkout returns errors", "factors": rows}


def corners(path):
    numbers = [float(part) for part in path.replace("M", " ").replace("L", " ").replace("Q", " ").split()]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def crossings(graph):
    """Return the pairs of an edge and a box that it runs through."""
    found = []
    for edge in graph.edges:
        points = corners(edge.path)
        for (x1, y1), (x2, y2) in zip(points, points[1:], strict=False):
            for node in graph.nodes:
                inside = (
                    min(x1, x2) < node.x + node.width - 1 and max(x1, x2) > node.x + 1 and min(y1, y2) < node.y + node.height - 1 and max(y1, y2) > node.y + 1
                )
                found += [(edge, node.number)] if inside else []
    return found


def test_a_graph_wants_two_factors():
    assert factor_graph(make_document(["condition"])) is None and factor_graph({"title": "An old document"}) is None


def test_what_led_to_it_stands_above_and_what_helped_below():
    graph = factor_graph(make_document(["condition", "enabler", "mitigator", "bystander"], [(2, 1, "enabled")]))
    y = {node.number: node.y for node in graph.nodes}
    assert y[2] < y[1] < y[0] < y[3] < y[4]
    assert sorted(edge.relation for edge in graph.edges) == ["enabled", "led", "reduced"]
    assert "4 contributing factors" in graph.summary


@pytest.mark.parametrize("seed", range(40))
def test_no_line_runs_through_a_box_and_all_stays_inside(seed):
    chance = random.Random(seed)
    number = chance.randint(2, 20)
    kinds = [chance.choice([*factors.POLARITY, ""]) for _ in range(number)]
    pairs = {(chance.randint(1, number), chance.randint(1, number)) for _ in range(number)}
    links = [(a, b, chance.choice(["enabled", "hid", "reduced"])) for a, b in sorted(pairs) if a != b]
    document = make_document(kinds, links)
    graph = factor_graph(document)
    assert graph == factor_graph(document)
    assert not crossings(graph)
    boxes = graph.nodes
    assert not [
        (a.number, b.number)
        for a in boxes
        for b in boxes
        if a.number < b.number and a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height
    ]
    assert all(0 <= x <= graph.width and 0 <= y <= graph.height for edge in graph.edges for x, y in corners(edge.path))
    assert len(graph.edges) >= len(links)


def test_circles_are_drawn_too():
    graph = factor_graph(make_document(["condition"] * 3, [(1, 2, "enabled"), (2, 3, "enabled"), (3, 1, "worsened")]))
    assert len(graph.nodes) == 4 and not crossings(graph)


def test_long_words_and_texts_are_broken():
    assert wrapped("x" * 500, 180, 12, 3)[-1].endswith("…") and len(wrapped("x" * 500, 180, 12, 3)) == 3
    assert wrapped("失败" * 200, 180, 12, 8)[0] and wrapped("", 180, 12, 3) == []
    assert factor_graph(make_document(["condition", "mitigator"], statement="<script>alert(1)</script>" * 40))


def test_markdown_lists_them(document_with_factors):
    text = markdown(document_with_factors)
    assert "1. Settings \\*went\\* everywhere" in text and "   - Made possible: factor 2" in text and "**Trigger:** Code release" in text


@pytest.fixture
def document_with_factors():
    incident = {"reference": "INC-1", "severity": None, "services": [], "tags": [], "team": "", "started": ""}
    row = {
        "number": 1,
        "statement": "Settings *went* everywhere",
        "mechanism": "",
        "kind_name": "Enabler",
        "leaf": None,
        "stage_name": "Onset",
        "confidence": "high",
    }
    row |= {
        "evidence": [],
        "from_account": True,
        "evidence_link": "",
        "actions": ["ACT-1"],
        "links": [{"to": 2, "relation": "enabled", "relation_name": "made possible"}],
    }
    rows = {"sections": [], "milestones": [], "metrics": [], "timeline": [], "timeline_total": 0, "actions": [], "people": []}
    return {
        "title": "T",
        "reference": "PM-1",
        "audience": "internal",
        "incident": incident,
        **rows,
        "trigger": {"key": "code_release", "name": "Code release"},
        "factors": [row],
    }
