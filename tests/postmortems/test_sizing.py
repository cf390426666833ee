"""How deep, and which template: the checklist, the rules, what the timeline knows, and the decision for no review."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from incidents import conditions
from incidents.access import SYSTEM
from incidents.conditions import Condition, Group
from incidents.models import Milestone, MilestoneKind, Severity, Tag
from postmortems import assessing, choosing, learning, sizing
from postmortems.choosing import Offer, Rule, choose
from postmortems.forms.template_admin import ConditionForm
from postmortems.models import LearningAssessment, LearningQuestion, Postmortem, RetrospectiveTemplate, ReviewRequirement, RuleCondition, TemplateRule
from tests.factories import T0, make_event, make_incident, make_service, make_team, make_user

db = pytest.mark.django_db
OFFERS = [
    Offer("standard", "Standard", "standard", is_default=True),
    Offer("quick", "Quick", "light"),
    Offer("learning", "Learning", "deep"),
    Offer("secret", "Security"),
]
SECURITY = Rule("Security", "secret", Group("all", (Condition("tag", "any_of", "security, breach"),)))


def tagged(*names, **fields):
    incident = make_incident(**fields)
    incident.tags.set([Tag.objects.get_or_create(name=name)[0] for name in names])
    return incident


# Pure -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ticked", "depth"), [([], "light"), (["a"], "standard"), (["a", "b"], "standard"), (["a", "b", "c"], "deep")])
def test_depth_follows_from_what_is_ticked(ticked, depth):
    assert sizing.suggested(ticked, is_answered=True).depth == depth


def test_nobody_having_answered_is_not_nothing_to_learn():
    assert sizing.suggested([], is_answered=False).depth == "standard"


def test_severity_only_says_what_is_the_least():
    raised = sizing.suggested([], is_answered=True, least="standard", severity="SEV1")
    assert (raised.depth, raised.learning) == ("standard", "light")
    assert "SEV1 asks for a standard review at least" in raised.why[1]
    assert sizing.suggested(["a", "b", "c"], is_answered=True, least="standard", severity="SEV1").depth == "deep"


@pytest.mark.parametrize(
    ("facts", "depth", "template", "why"),
    [
        ({"tag": ["breach"]}, "light", "secret", "The rule “Security” holds: tag is one of “security, breach”."),
        ({}, "light", "quick", "No rule says more, and “Quick” is the template for a light review."),
        ({}, "standard", "standard", "No rule says more, and “Standard” is the default for a standard review."),
        ({}, "deep", "learning", "No rule says more, and “Learning” is the template for a deep review."),
    ],
)
def test_the_first_rule_that_holds_counts_then_the_depth(facts, depth, template, why):
    choice = choose(facts, [SECURITY], OFFERS, depth)
    assert (choice.template, choice.why) == (template, why)


def test_each_rule_says_what_became_of_it():
    always = Rule("Always", "quick", Group())
    off = Rule("Off", "gone", Group())
    choice = choose({}, [SECURITY, off, always, always], OFFERS, "deep")
    assert [tried.outcome for tried in choice.tried] == ["holds_not", "unoffered", "holds", "after"]
    assert choice.template == "quick"


def test_without_templates_there_is_no_choice():
    assert choosing.without_rule([], "deep") == ("", "No template is switched on.")
    assert choosing.without_rule([Offer("one", "One")], "deep")[0] == "one"


def test_incidents_have_fields_of_their_own():
    assert str(conditions.parse({"field": "tick", "operator": "is", "value": "teams"}, conditions.INCIDENT_FIELDS)) == "ticked is “teams”"
    with pytest.raises(conditions.ConditionError):
        conditions.parse({"field": "source", "operator": "is", "value": "x"}, conditions.INCIDENT_FIELDS)


# What the timeline knows ----------------------------------------------------------------------------


def ticked(incident, actor=SYSTEM):
    return {line.key: line.why for line in learning.suggest(actor, incident).lines if line.is_ticked}


@db
def test_three_teams_or_many_people_are_ticked_with_the_reason():
    incident = make_incident(team=make_team("Payments"))
    for number in range(2):
        incident.services.add(make_service(f"s{number}", team=make_team(f"Team {number}")))
    assert ticked(incident) == {"teams": ("3 teams have a part in it: Payments, Team 0, Team 1.",)}
    crowd = make_incident()
    for number in range(8):
        make_event(crowd, number, kind="message", actor=f"Person {number}")
    make_event(crowd, 9, kind="alert", actor="Alertmanager")
    assert ticked(crowd) == {"teams": ("8 people speak in the timeline.",)}


@db
def test_a_long_one_with_many_explanations_and_notices():
    incident = make_incident()
    for key, hours in (("impact_started", 0), ("mitigated", 5)):
        Milestone.objects.create(incident=incident, kind=MilestoneKind.objects.get(key=key), decision="confirmed", at=T0 + timedelta(hours=hours))
    for number in range(3):
        make_event(incident, number, kind="hypothesis")
        make_event(incident, number, kind="communication")
    assert ticked(incident) == {
        "long": ("It lasted 5 h from impact to mitigation.", "3 explanations were tried, as the timeline has them."),
        "outside": ("3 notices went out while it lasted.",),
    }


@db
def test_tags_tick_lines_as_administrators_say():
    LearningQuestion.objects.create(key="money", text="Money was lost", ticked_for_tags="refund, chargeback")
    assert ticked(tagged("Refund", "review-requested")) == {"asked": ("It has the tag “review-requested”.",), "money": ("It has the tag “refund”.",)}
    LearningQuestion.objects.filter(key="money").update(is_active=False)
    assert "money" not in ticked(tagged("chargeback"))


@db
def test_the_same_again_is_ticked_and_a_hidden_incident_is_never_named(alice, bob):
    service = make_service()
    earlier = tagged("expiry", started_at=T0 - timedelta(days=30), is_private=True, members=[alice])
    incident = tagged("expiry")
    for one in (earlier, incident):
        one.services.add(service)
    assert ticked(incident, alice) == {"recurring": (f"{earlier.reference} of 31 January 2026 had a service and the tag “expiry” in common with it.",)}
    assert ticked(incident, bob) == {}


# Answers --------------------------------------------------------------------------------------------


@db
def test_answers_are_stored_with_what_the_timeline_said(alice):
    incident = tagged("review-requested")
    row = assessing.answer(actor=alice, incident=incident, version=0, ticks=["surprise", "teams", "accounts"])
    assert (row.ticks, row.by_itself, row.depth, row.decision) == (["teams", "surprise", "accounts"], ["asked"], "deep", "open")
    suggestion = learning.suggest(alice, incident)
    assert suggestion.template.key == "learning_review" and suggestion.ticked == row.ticks


@db
def test_starting_decides_for_a_review_and_keeps_the_answers(client, alice):
    incident = make_incident()
    assessing.answer(actor=alice, incident=incident, version=0, ticks=["surprise"])
    client.force_login(alice)
    client.post(reverse("postmortems:start", args=[incident.reference]), {"template": "quick_retro"})
    row = LearningAssessment.objects.get()
    assert (row.decision, row.ticks, row.depth) == ("review", ["surprise"], "standard")
    assert Postmortem.objects.get().template_version == 1


@db
def test_the_start_page_preselects_the_suggestion_and_says_why(client, alice):
    incident = make_incident()
    client.force_login(alice)
    address = reverse("postmortems:start", args=[incident.reference])
    assert 'value="standard_blameless" checked' in client.get(address).content.decode()
    client.post(reverse("postmortems:sizing", args=[incident.reference]), {"sizing_version": "0"})
    page = client.get(address).content.decode()
    assert 'value="quick_retro" checked' in page and "None of the lines are ticked, which suggests a light one" in page
    answer = client.post(reverse("postmortems:sizing", args=[incident.reference]), {"sizing_version": "0", "tick": ["surprise", "nearly", "new"]})
    assert answer.status_code == 409 and 'value="learning_review" checked' in answer.content.decode()
    assert client.post(reverse("postmortems:sizing", args=[incident.reference]), {"sizing_version": "1", "tick": "nonsense"}).status_code == 422


@db
def test_no_review_needs_a_reason_and_is_shown_with_the_incident(client, bob):
    incident = make_incident(status="closed")
    client.force_login(bob)
    address = reverse("postmortems:no_review", args=[incident.reference])
    assert client.post(address, {"sizing_version": "0", "reason": " x "}).status_code == 422
    assert client.post(address, {"sizing_version": "0", "reason": "Same as the one before."}).status_code == 302
    row = LearningAssessment.objects.get()
    assert (row.decision, row.reason, row.updated_by, row.ticks) == ("none", "Same as the one before.", bob, [])
    assert "Same as the one before." in client.get(incident.get_absolute_url()).content.decode()


@db
def test_where_a_review_is_mandatory_only_a_facilitator_decides_against_it(client, alice, bob):
    incident = make_incident(severity=Severity.objects.get(key="sev1"))
    client.force_login(bob)
    address = reverse("postmortems:no_review", args=[incident.reference])
    assert "A facilitator can decide otherwise" in client.get(reverse("postmortems:start", args=[incident.reference])).content.decode()
    assert client.post(address, {"sizing_version": "0", "reason": "Not worth it."}).status_code == 403
    client.force_login(alice)
    assert client.post(address, {"sizing_version": "0", "reason": "Not worth it."}).status_code == 302


@db
def test_what_a_severity_asks_for_is_an_administrators_choice():
    severity = Severity.objects.get(key="sev4")
    ReviewRequirement.objects.filter(severity=severity).update(depth="deep")
    suggestion = learning.suggest(SYSTEM, make_incident(severity=severity))
    assert (suggestion.depth.depth, suggestion.template.key) == ("deep", "learning_review")


@db
def test_outsiders_and_viewers_get_nothing(client, alice, charlie):
    incident = make_incident(is_private=True, members=[alice])
    open_one = make_incident()
    for person, subject, expected in ((make_user("mallory", role="facilitator"), incident, 404), (charlie, open_one, 403)):
        client.force_login(person)
        for name in ("sizing", "no_review"):
            assert client.post(reverse(f"postmortems:{name}", args=[subject.reference]), {"sizing_version": "0"}).status_code == expected
    assert not LearningAssessment.objects.exists()


# Rules ----------------------------------------------------------------------------------------------


@db
def test_the_dry_run_says_what_each_incident_would_get_and_why(client):
    client.force_login(make_user("root", role="admin"))
    tagged("security", title="A key was found")
    rule = TemplateRule.objects.create(name="Everything", priority=1, template=RetrospectiveTemplate.objects.get(key="coe_style"), is_active=False)
    RuleCondition.objects.create(rule=rule, field="learning", operator="is_not", value="deep")
    make_incident("A secret", is_private=True)
    address = reverse("postmortems:template_rules")
    page = client.get(address).content.decode()
    assert "The rule “Security incidents” holds: tag is one of" in page and "A secret" not in page
    assert "The rule “Everything” holds: learning value is not “deep”." in client.get(address, {"all": "1"}).content.decode()


@db
def test_the_dry_run_takes_the_same_queries_however_many(client, alice):
    client.force_login(make_user("root", role="admin"))

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("postmortems:template_rules"))
        return len(captured)

    def one_more(number):
        incident = tagged("expiry", f"tag{number}", severity=Severity.objects.first())
        incident.services.add(make_service(f"s{number}", team=make_team(f"T{number}")))
        make_event(incident, kind="hypothesis", actor="Noor")
        assessing.decide_review(actor=alice, incident=incident, ticks=["new"])

    one_more(0)
    queries()
    few = queries()
    for number in range(1, 10):
        one_more(number)
    assert queries() == few


@db
@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"field": "severity", "operator": "is", "value": "sev11"}, "Did you mean “sev1”?"),
        ({"field": "learning", "operator": "any_of", "value": "deep, huge"}, "There is no learning value “huge”"),
        ({"field": "tick", "operator": "is", "value": "teams"}, ""),
        ({"field": "severity", "operator": "is", "value": "SEV2"}, ""),
        ({"field": "tag", "operator": "is", "value": "anything"}, ""),
    ],
)
def test_a_condition_that_can_never_hold_is_refused(row, said):
    form = ConditionForm(row)
    assert form.is_valid() is not bool(said)
    assert said in str(form.errors)
