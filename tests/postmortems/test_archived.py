"""An archived post-mortem is there to be read: no text, row, comment, factor, person, step or picture of it changes, from wherever somebody tries."""

import re
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from postmortems import (
    access,
    action_items,
    coaching,
    commenting,
    covering,
    drafting,
    factoring,
    meetings,
    moving,
    parking,
    participating,
    perspectives,
    pictures,
    reviewing,
    stepping,
)
from postmortems.access import ReadOnly
from postmortems.models import AgendaBlock, Difference, Meeting, ParkedIdea, Participant, Perspective, Picture, Postmortem, Shared, Step
from tests.factories import T0, api_client, make_incident, make_user, make_written

pytestmark = pytest.mark.django_db
#: Who may without a document: starting one, a learning assessment, the thanks for a report; a state has moves of its own, which know what is archived.
ROLE_ALONE = {"drafting.start", "action_items.change", "assessing", "near_misses.thank", "reviewing"}


@pytest.fixture
def pm(alice):
    postmortem = make_written(alice)
    section = postmortem.sections.get(key="response")
    factoring.add(actor=alice, postmortem=postmortem, statement="Rules applied to all regions at once.")
    factoring.add(actor=alice, postmortem=postmortem, statement="The alert came late.")
    commenting.comment(actor=alice, section=section, body="Is that so?")
    parking.park(actor=alice, postmortem=postmortem, text="Alert earlier")
    participating.invite(actor=alice, postmortem=postmortem, role="observer", name="Finance")
    meeting = meetings.plan(actor=alice, postmortem=postmortem, version=1, starts_at=T0, minutes=60)
    meetings.settle(actor=alice, postmortem=postmortem, version=meeting.version, outcome="held")
    for name in ("Ana", "Ben"):
        perspectives.save_perspective(actor=alice, postmortem=postmortem, at=T0, name=name, saw="A red graph")
    first, second = Perspective.objects.filter(postmortem=postmortem)
    perspectives.mark_difference(actor=alice, one=first, other=second)
    reviewing.archive(actor=alice, postmortem=Postmortem.objects.get(pk=postmortem.pk), note="Told better elsewhere")
    return Postmortem.objects.get(pk=postmortem.pk)


def writes(pm, alice):
    """Every way to change something of it, by name."""
    section, (factor, other) = pm.sections.get(key="response"), pm.factors.all()
    said, item, idea = section.comments.get(), pm.action_items.get(), ParkedIdea.objects.get(postmortem=pm)
    step, part = pm.steps.filter(state=Step.State.OPEN).first(), Participant.objects.get(postmortem=pm, name="Finance")
    meeting, block = Meeting.objects.get(postmortem=pm), AgendaBlock.objects.filter(meeting__postmortem=pm).first()
    first, second = Perspective.objects.filter(postmortem=pm)
    of, about = {"actor": alice}, {"actor": alice, "postmortem": pm}
    return {
        "text": lambda: drafting.save_section(**of, section=section, version=section.version, body="Other words", values={}),
        "title": lambda: drafting.save_details(**about, version=pm.version, title="Other", owner=None),
        "comment": lambda: commenting.comment(**of, section=section, body="Late"),
        "reply": lambda: commenting.reply(**of, thread=said, body="Late"),
        "own words": lambda: commenting.edit(**of, said=said, version=said.version, body="Late"),
        "deleted words": lambda: commenting.delete(**of, said=said),
        "resolved": lambda: commenting.settle(**of, thread=said, resolved=True),
        "factor": lambda: factoring.add(**about, statement="Late"),
        "changed factor": lambda: factoring.change(**of, factor=factor, version=factor.version, statement="Late"),
        "removed factor": lambda: factoring.remove(**of, factor=factor, version=factor.version),
        "moved factor": lambda: factoring.move(**of, factor=other, place=1),
        "trigger": lambda: factoring.set_trigger(**about, version=pm.version, trigger="flag_change"),
        "action item": lambda: action_items.add(**about, incident=pm.incident, title="Late"),
        "words of an action item": lambda: action_items.change(**of, item=item, version=item.version, title="Late"),
        "links of an action item": lambda: action_items.change(**of, item=item, version=item.version, factors=[factor]),
        "coach": lambda: coaching.keep(**about, section=section, body="x", digest="x", reason="other"),
        "coach again": lambda: coaching.undo(**of, section=section, digest="x"),
        "incident": lambda: covering.cover(**about, incidents=[make_incident()]),
        "no incident": lambda: covering.uncover(**about, incident=pm.incident),
        "picture": lambda: pictures.add(**about, content=b"", alt="A graph"),
        "no picture": lambda: pictures.delete(**of, picture=Picture(postmortem=pm)),
        "idea": lambda: parking.park(**about, text="Late"),
        "left idea": lambda: parking.leave(**of, idea=idea, version=idea.version, reason="Late"),
        "parked idea": lambda: parking.bring_back(**of, idea=idea, version=idea.version),
        "idea to action": lambda: parking.act(**of, idea=idea, version=idea.version, title="Late"),
        "person": lambda: participating.invite(**about, role="observer", name="Late"),
        "everyone": lambda: participating.invite_all(**about, guests=[("Late", None)]),
        "answer": lambda: participating.answer(**of, participant=part, version=part.version, accept=True),
        "unnamed": lambda: participating.set_unnamed(**of, participant=part, version=part.version, unnamed=True),
        "no person": lambda: participating.remove(**of, participant=part, version=part.version),
        "meeting": lambda: meetings.plan(**about, version=meeting.version, starts_at=None, minutes=30),
        "agenda": lambda: meetings.set_agenda(**about, version=meeting.version, rows=[(None, "Late", 30)]),
        "clock": lambda: meetings.run_clock(**about, do="start", seen=None, now=timezone.now()),
        "notes": lambda: meetings.write_notes(**of, block=block, version=block.version, notes="Late"),
        "close": lambda: meetings.tick(**about, asked=["x"], offered=["x"]),
        "outcome": lambda: meetings.settle(**about, version=meeting.version, outcome="planned"),
        "soak": lambda: meetings.end_soak(**about, version=meeting.version, reason="Late"),
        "step": lambda: stepping.complete(**of, step=step, version=step.version),
        "skipped step": lambda: stepping.skip(**of, step=step, version=step.version, reason="Late"),
        "dated step": lambda: stepping.change(**of, step=step, version=step.version, due_on=None, owner=None),
        "steps": lambda: stepping.choose_plan(**about, plan=None),
        "template": lambda: moving.move(**about, version=None, seen=pm.version),
        "account": lambda: perspectives.save_account(**about, version=None, state=Shared.REVIEW, noticed="Late"),
        "note": lambda: perspectives.confide(**about, text="Late"),
        "perspective": lambda: perspectives.save_perspective(**about, at=T0, name="Ana", saw="Late"),
        "difference": lambda: perspectives.mark_difference(**of, one=first, other=second),
        "no difference": lambda: perspectives.clear_difference(**of, difference=Difference.objects.get()),
    }


def is_refused(write):
    try:
        write()
    except ReadOnly:
        return True
    return False


def test_nothing_of_an_archived_post_mortem_changes(pm, alice):
    before = list(Postmortem.objects.filter(pk=pm.pk).values())
    for name, write in writes(pm, alice).items():
        assert is_refused(write), name
    assert list(Postmortem.objects.filter(pk=pm.pk).values()) == before


def test_taken_out_of_the_archive_it_is_a_draft_again(pm, alice):
    reviewing.restore(actor=alice, postmortem=pm)
    section = pm.sections.get(key="response")
    assert drafting.save_section(actor=alice, section=section, version=section.version, body="Other words", values={}).body == "Other words"


def test_the_work_that_was_decided_goes_on(pm, alice):
    item = pm.action_items.get()
    same = {"title": item.title, "description": item.description, "kind": item.kind, "factors": []}
    changed = action_items.change(actor=alice, item=item, version=item.version, status="done", closing_note="It fired in the drill", **same)
    assert changed.status == "done"


def test_people_take_back_what_is_theirs(pm, alice):
    perspectives.withdraw_perspective(actor=alice, perspective=Perspective.objects.filter(postmortem=pm).first())
    perspectives.withdraw_account(actor=alice, postmortem=pm)
    assert perspectives.confide(actor=alice, postmortem=pm, text="") is None
    assert Perspective.objects.filter(postmortem=pm).count() == 1


def test_every_write_asks_whether_it_is_open():
    """A verb that asks for the role alone would reach an archived document: there are few, and each has its reason."""
    found = set()
    for path in Path(access.__file__).parent.glob("*.py"):
        text = path.read_text()
        if not text.startswith('"""Writes.'):
            continue
        for function in re.findall(r"^def \w+\(.*?(?=^(?:@|def |class )|\Z)", text, re.M | re.S):
            if re.search(r'(?<!_)require\(actor, "draft"\)', function):
                found.add(f"{path.stem}.{function[4 : function.index('(')]}")
    assert {name for name in found if name not in ROLE_ALONE and name.partition(".")[0] not in ROLE_ALONE} == set()


PAGES = (
    "postmortem",
    "process",
    "meeting",
    "meeting_run",
    "meeting_after",
    "perspectives",
    "factor_list",
    "evidence",
    "comments",
    "review",
    "pictures",
    "account",
    "calibrate",
    "look_back",
    "survey",
)


def test_pages_say_so_and_offer_no_form(client, pm, bob):
    client.force_login(bob)
    for name in PAGES:
        page = client.get(reverse(f"postmortems:{name}", args=[pm.reference])).content.decode()
        assert "This post-mortem is archived." in page, name
        assert f'method="post" action="/postmortems/{pm.reference}/' not in page, name
        assert name == "account" or not re.search(r"<button[^>]*btn--primary", page), name


def test_who_publishes_finds_the_way_back(client, pm, alice, bob):
    url = reverse("postmortems:review", args=[pm.reference])
    client.force_login(bob)
    assert "Take out of the archive" not in client.get(url).content.decode()
    client.force_login(alice)
    assert "Take out of the archive" in client.get(url).content.decode()
    assert client.post(url, {"act": "restore", "restore-version": pm.version, "restore-note": ""}).status_code == 302
    assert Postmortem.objects.get(pk=pm.pk).status == "draft"


def test_sections_are_read_and_lost_words_are_given_back(client, pm, alice):
    client.force_login(alice)
    for section in pm.sections.all():
        url = reverse("postmortems:section", args=[pm.reference, section.key])
        page = client.get(url).content.decode()
        assert f"Words of {section.key}." in page
        assert "data-section" not in page
    late = client.post(url, {"version": section.version, "body": "Typed while it was archived"})
    assert late.status_code == 403
    assert "Typed while it was archived</textarea>" in late.content.decode()
    saved = client.post(url, {"version": section.version, "body": "x"}, headers={"X-Autosave": "1"})
    assert (saved.status_code, "archived" in saved.json()["reason"]) == (403, True)


def test_pages_that_only_write_say_why_not(client, pm, alice):
    client.force_login(alice)
    for name in ("factor_add", "perspective_new", "talk_new", "meeting_agenda", "publish", "template_move"):
        answer = client.get(reverse(f"postmortems:{name}", args=[pm.reference]))
        assert (name, answer.status_code) == (name, 403)
        assert "is archived, so it can be read" in answer.content.decode()
    factor = pm.factors.first()
    assert "Save</button>" not in client.get(factor.get_absolute_url()).content.decode()
    item = pm.action_items.get()
    page = client.get(item.get_absolute_url()).content.decode()
    assert "the work goes on" in page
    form = {"title": "Late", "status": "done", "closing_note": "Seen", "priority": "high", "kind": "prevent", "version": item.version}
    assert client.post(item.get_absolute_url(), form).status_code == 302
    item.refresh_from_db()
    assert (item.title, item.status) == ("Alert by peer", "done")


def test_the_api_answers_403_with_the_reason(pm, alice):
    api, base = api_client(alice), f"/api/v1/postmortems/{pm.reference}/"
    section, factor = pm.sections.get(key="response"), pm.factors.first()
    answers = [
        api.patch(f"{base}sections/response/", {"body": "Late", "values": {}}, format="json", headers={"If-Match": f'"{section.version}"'}),
        api.patch(f"{base}factors/{factor.pk}/", {"statement": "Late"}, format="json", headers={"If-Match": f'"{factor.version}"'}),
        api.post(f"{base}comments/", {"section": "response", "body": "Late"}, format="json"),
        api.post(f"{base}participants/", {"role": "observer", "name": "Late"}, format="json"),
        api.post(f"{base}parking/", {"text": "Late"}, format="json"),
    ]
    assert [answer.status_code for answer in answers] == [403] * len(answers), [answer.content for answer in answers]
    assert all("is archived" in answer.json()["detail"] for answer in answers)
    assert api.get(f"{base}sections/response/").status_code == 200


def test_who_may_not_know_of_it_hears_nothing(client, alice):
    pm = make_written(alice, is_private=True)
    Postmortem.objects.filter(pk=pm.pk).update(status="archived")
    client.force_login(make_user("outsider"))
    assert client.get(reverse("postmortems:factor_add", args=[pm.reference])).status_code == 404
