"""Who takes part: asked, answered, unnamed, taken off; and who could facilitate."""

import json
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from incidents.lib.conflict import Conflict
from incidents.models import IncidentMember
from postmortems import invitees, participating
from postmortems.document import build
from postmortems.models import ActionItem, Participant, Section
from tests.factories import T0, make_event, make_incident, make_postmortem, make_user, make_written

pytestmark = pytest.mark.django_db
YES = {"was_no_responder": True, "manages_nobody": True, "has_the_hours": True}


@pytest.fixture
def lena(db):
    return make_user("lena", role="facilitator", first_name="Lena", last_name="Weiss")


def there(postmortem):
    return {(one.name, one.role, one.state) for one in postmortem.participants.all()}


def test_asked_and_answered(alice, bob):
    postmortem = make_postmortem(alice)
    row = participating.invite(actor=alice, postmortem=postmortem, role="scribe", user=bob)
    assert (row.state, row.name, row.created_by) == ("invited", "bob", alice)
    row = participating.answer(actor=bob, participant=row, version=row.version, accept=True)
    assert (row.state, row.answered_by, row.was_no_responder) == ("accepted", bob, None)
    with pytest.raises(Conflict):
        participating.answer(actor=bob, participant=row, version=1, accept=False)


def test_who_asks_themselves_has_answered_but_a_facilitator_declares(alice):
    postmortem = make_postmortem(alice)
    assert participating.invite(actor=alice, postmortem=postmortem, role="scribe", user=alice).state == "accepted"
    assert participating.invite(actor=alice, postmortem=postmortem, role="facilitator", user=alice).state == "invited"


def test_a_role_is_held_once(alice, bob):
    postmortem = make_postmortem(alice)
    participating.invite(actor=alice, postmortem=postmortem, role="participant", user=bob)
    participating.invite(actor=alice, postmortem=postmortem, role="observer", user=bob)
    for given in ({"user": bob}, {"name": "BOB"}, {"name": " \u202e "}):
        with pytest.raises(ValidationError):
            participating.invite(actor=alice, postmortem=postmortem, role="participant", **given)


def test_two_people_of_one_name(alice):
    first, second = (make_user(name, first_name="Ana", last_name="Silva") for name in ("ana1", "ana2"))
    postmortem = make_postmortem(alice)
    for person in (first, second):
        participating.invite(actor=alice, postmortem=postmortem, role="participant", user=person)
    assert sorted(one.name for one in postmortem.participants.all()) == ["Ana Silva", "Ana Silva (ana2)"]


def test_a_facilitator_who_was_a_responder_is_pointed_out_and_not_forbidden(alice, bob, lena):
    postmortem = make_postmortem(alice, lead=bob)
    make_event(postmortem.incident, actor="@Lena.Weiss", kind="message")
    with pytest.raises(ValidationError, match="Lena Weiss has 1 entry in the timeline"):
        participating.invite(actor=alice, postmortem=postmortem, role="facilitator", user=lena)
    with pytest.raises(ValidationError, match="bob led the incident"):
        participating.invite(actor=alice, postmortem=postmortem, role="facilitator", user=bob)
    row = participating.invite(actor=alice, postmortem=postmortem, role="facilitator", user=lena, reason="Nobody else is here this week")
    assert row.reason == "Nobody else is here this week"


def test_three_declarations(alice, lena):
    postmortem = make_postmortem(alice)
    row = participating.invite(actor=alice, postmortem=postmortem, role="facilitator", user=lena)
    with pytest.raises(ValidationError, match="I do not manage"):
        participating.answer(actor=lena, participant=row, version=row.version, accept=True, **YES | {"manages_nobody": False})
    with pytest.raises(ValidationError, match="in a few words why"):
        participating.answer(actor=lena, participant=row, version=row.version, accept=False)
    row = participating.answer(actor=lena, participant=row, version=row.version, accept=True, reason="Bob agreed", **YES | {"manages_nobody": False})
    assert (row.state, row.manages_nobody, row.has_the_hours, row.reason) == ("accepted", False, True, "Bob agreed")


def test_nobody_accepts_to_facilitate_for_another(alice, bob, lena):
    postmortem = make_postmortem(alice)
    facilitator = participating.invite(actor=alice, postmortem=postmortem, role="facilitator", user=lena)
    with pytest.raises(PermissionDenied):
        participating.answer(actor=bob, participant=facilitator, version=facilitator.version, accept=True, **YES)
    other = participating.invite(actor=alice, postmortem=postmortem, role="participant", name="Vera of the vendor")
    other = participating.answer(actor=bob, participant=other, version=other.version, accept=True)
    assert (other.state, other.answered_by) == ("accepted", bob)


def test_who_may_not_see_it_or_not_draft_is_not_asked_for_it(alice, bob, charlie):
    private = make_postmortem(alice, is_private=True, members=[alice])
    with pytest.raises(ValidationError, match="cannot see"):
        participating.invite(actor=alice, postmortem=private, role="participant", user=bob)
    for role in ("facilitator", "reviewer", "approver"):
        with pytest.raises(ValidationError, match="may read only"):
            participating.invite(actor=alice, postmortem=make_postmortem(alice), role=role, user=charlie)
        with pytest.raises(ValidationError, match="needs an account"):
            participating.invite(actor=alice, postmortem=private, role=role, name="Somebody")
    with pytest.raises(PermissionDenied):
        participating.invite(actor=charlie, postmortem=private, role="participant", user=charlie)


def test_everyone_from_the_timeline_with_one_word(alice, bob):
    incident = make_incident(lead=bob)
    make_event(incident, actor="Vera Vendor", kind="message")
    make_event(incident, actor="vera vendor", kind="message")
    make_event(incident, actor="deploy-bot", kind="message")
    make_event(incident, actor="Alertmanager", kind="alert")
    postmortem = make_postmortem(alice, incident=incident)
    assert participating.invite_everyone(actor=alice, postmortem=postmortem) == 2
    assert there(postmortem) == {("bob", "participant", "invited"), ("Vera Vendor", "participant", "invited")}
    assert participating.invite_everyone(actor=alice, postmortem=postmortem) == 0
    assert postmortem.steps.get(key="invite").by_itself
    make_event(incident, actor="Late Larry", kind="message")
    participating.invite(actor=alice, postmortem=postmortem, role="observer", name="An observer")
    assert postmortem.steps.get(key="invite").is_open


def test_in_a_private_incident_an_outsiders_account_is_not_told(alice, bob):
    incident = make_incident(is_private=True, members=[alice])
    make_event(incident, actor="bob", kind="message")
    postmortem = make_postmortem(alice, incident=incident)
    participating.invite_everyone(actor=alice, postmortem=postmortem)
    assert [(one.name, one.user) for one in postmortem.participants.all()] == [("bob", None)]


def test_who_did_it_longest_ago_is_suggested(alice, lena, bob):
    never, busy = make_user("never", role="facilitator"), make_user("busy", role="facilitator")
    postmortem = make_postmortem(bob, lead=busy)
    for person, days in ((alice, 5), (lena, 50)):
        row = participating.invite(actor=bob, postmortem=make_postmortem(bob), role="facilitator", user=person)
        Participant.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(days=days))

    def suggestions():
        accounts = list(invitees.who_may_see(postmortem))
        candidates = invitees.facilitators(postmortem, invitees.people_of(postmortem, accounts), accounts)
        return [row.user for row in invitees.suggested(candidates, postmortem.participants.all())]

    assert suggestions() == [never, lena, alice]
    row = participating.invite(actor=bob, postmortem=postmortem, role="facilitator", user=never)
    participating.answer(actor=never, participant=row, version=row.version, accept=False, reason="On leave")
    assert suggestions() == [lena, alice]


@pytest.mark.parametrize("audience", ["internal", "stakeholder", "public"])
def test_published_documents_leave_out_who_asked_for_it(alice, bob, audience):
    alice.first_name, alice.last_name = "Alice", "Moreau"
    alice.save()
    postmortem = make_written(alice)
    IncidentMember.objects.create(incident=postmortem.incident, user=bob)
    section = postmortem.sections.get(key="summary")
    Section.objects.filter(pk=section.pk).update(audience="public", body="Alice Moreau saw it first; bob wrote to alice@example.org.")
    Section.objects.filter(postmortem=postmortem, kind="timeline").update(audience="public", values={"show": "all"})
    ActionItem.objects.filter(postmortem=postmortem).update(description="@alice asks Moreau's team")
    assert "Alice" in json.dumps(build(postmortem, "internal", T0))
    participating.invite(actor=alice, postmortem=postmortem, role="participant", user=alice, unnamed=True)
    document = build(postmortem, audience, T0)
    written = json.dumps(document)
    assert not [name for name in ("alice", "moreau") if name in written.lower()]
    body = next(one["body"] for one in document["sections"] if one["key"] == "summary")
    assert body == "The incident commander saw it first; bob wrote to the incident commander."
    assert build(postmortem, audience, T0) == document


def test_unnamed_in_every_role_and_named_again(alice, bob):
    postmortem = make_postmortem(alice)
    first, second = (participating.invite(actor=alice, postmortem=postmortem, role=role, user=bob) for role in ("participant", "scribe"))
    first = participating.set_unnamed(actor=bob, participant=first, version=first.version, unnamed=True)
    second.refresh_from_db()
    assert second.asks_to_be_unnamed
    with pytest.raises(Conflict):
        participating.set_unnamed(actor=bob, participant=second, version=1, unnamed=False)
    participating.set_unnamed(actor=bob, participant=second, version=second.version, unnamed=False)
    assert not postmortem.participants.filter(asks_to_be_unnamed=True).exists()


def test_taken_off(alice, bob):
    postmortem = make_postmortem(alice)
    row = participating.invite(actor=alice, postmortem=postmortem, role="participant", user=bob)
    with pytest.raises(Conflict):
        participating.remove(actor=alice, participant=row, version=7)
    participating.remove(actor=alice, participant=row, version=row.version)
    participating.remove(actor=alice, participant=row, version=row.version)  # gone already: nothing to do
    assert not postmortem.participants.exists()
