"""Perspectives and accounts: side by side, each its author's; what is private is read by those it was told to and nobody else."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents.access import SYSTEM
from incidents.models import AuditEvent, IncidentMember
from postmortems import console, document, perspectives, publishing
from postmortems.completeness import Surroundings, check_all
from postmortems.models import Difference, Participant, Perspective, PrivateNote, Section, WrittenAccount
from postmortems.overview import completeness_of
from postmortems.rendering import html, markdown
from tests.factories import T0, api_client, make_event, make_incident, make_postmortem, make_user

pytestmark = pytest.mark.django_db
SECRET = "xylophone"


def part(postmortem, user, role="participant", **fields):
    return Participant.objects.create(postmortem=postmortem, user=user, name=str(user), role=role, **fields)


def write(actor, postmortem, minute=5, **fields):
    fields = {"user": actor, "at": T0 + timedelta(minutes=minute), "believed": "It was the deploy.", **fields}
    return perspectives.save_perspective(actor=actor, postmortem=postmortem, **fields)


def at(postmortem, part="perspectives/"):
    return f"/postmortems/{postmortem.reference}/{part}"


def form(**fields):
    return {"person": "me", "at": "2026-03-02T14:05", "state": "review", "believed": "It was the deploy.", **fields}


# Side by side -------------------------------------------------------------------------------------------------


def test_accounts_stand_side_by_side_with_the_facts_between(client, postmortem, alice, bob):
    event = make_event(postmortem.incident, 4, "Error ratio above 4 %", salience=2)
    late = make_event(postmortem.incident, 40, "Rolled back", salience=2)
    hers, his = write(alice, postmortem), write(bob, postmortem, 6, believed="It was the pool.", events=[event.pk, 10**15])
    write(bob, postmortem, 45, did="Paged the vendor.", believed="")
    client.force_login(alice)
    page = client.get(at(postmortem))
    moments = page.context["moments"]
    assert [[row.name for row in moment.accounts] for moment in moments] == [["alice", "bob"], ["bob"]]
    assert [[fact.pk for fact in moment.facts] for moment in moments] == [[event.pk], [late.pk]]
    assert list(his.events.all()) == [event]
    assert f'href="/incidents/{postmortem.incident.reference}/?known=2026-03-02T14%3A05%3A00%2B00%3A00"' in page.content.decode()
    client.post(at(postmortem, f"perspectives/{his.pk}/differs/"), {"from": hers.pk, "note": "what was slow"})
    assert Difference.objects.get().first == hers
    content = client.get(at(postmortem)).content.decode()
    assert content.count("Differs from <a") == 2 and content.count("what was slow") == 2
    client.post(at(postmortem, f"perspectives/{his.pk}/differs/"), {"from": his.pk})
    client.post(at(postmortem, f"perspectives/{his.pk}/differs/"), {"from": hers.pk, "clear": "1"})
    assert not Difference.objects.exists()


def test_a_difference_says_whom_to_hear_first(postmortem, alice, bob):
    hers, his = write(alice, postmortem), write(bob, postmortem)
    make_event(postmortem.incident, 4, "hm", kind="message", actor="alice")
    perspectives.mark_difference(actor=alice, one=his, other=hers)
    reasons = {each.person.name: [reason.kind for reason in each.reasons] for each in console.room_of(postmortem).candidates}
    assert reasons == {"alice": ["differ"]}
    Perspective.objects.filter(pk=hers.pk).update(state="private")
    assert console.room_of(postmortem).candidates == []


def test_the_list_takes_the_same_queries_however_long(client, postmortem, alice):
    client.force_login(alice)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(at(postmortem))
        return len(captured)

    def more(number):
        user = make_user(f"user{number}")
        event = make_event(postmortem.incident, number, salience=2)
        row = write(user, postmortem, number, events=[event.pk])
        perspectives.save_account(actor=user, postmortem=postmortem, version=None, state="review", began="At lunch.")
        if number:
            perspectives.mark_difference(actor=user, one=row, other=Perspective.objects.first())

    more(0)
    more(1)
    queries()
    few = queries()
    for number in range(2, 9):
        more(number)
    assert queries() == few <= 22


# Writing ---------------------------------------------------------------------------------------------------------


def test_the_form_keeps_a_moment_and_its_entries(client, postmortem, bob):
    event = make_event(postmortem.incident, 5, "Error ratio above 4 %", at=T0 + timedelta(minutes=5, seconds=37))
    client.force_login(bob)
    page = client.get(at(postmortem, f"perspectives/new/?event={event.pk}")).content.decode()
    assert 'value="2026-03-02T14:05"' in page and "Error ratio above" in page and "checked" in page
    assert client.post(at(postmortem, f"perspectives/new/?event={event.pk}"), form(events=[event.pk], until="2026-03-02T14:09")).status_code == 302
    row = Perspective.objects.get()
    assert (row.at, row.until.minute, row.user, row.author, row.name, list(row.events.all())) == (event.at, 9, bob, bob, "bob", [event])
    assert client.post(at(postmortem, f"perspectives/{row.pk}/"), form(saw="A red graph.", version="1")).status_code == 302
    row.refresh_from_db()
    assert (row.at, row.until, row.saw, row.version) == (event.at, None, "A red graph.", 2)  # the seconds are kept
    assert client.post(at(postmortem, f"perspectives/{row.pk}/"), form(saw="Late.", version="1")).status_code == 409
    assert Perspective.objects.get().saw == "A red graph."


@pytest.mark.parametrize(
    "sent",
    [
        {"believed": " "},
        {"at": ""},
        {"at": "0001-01-01T00:00"},
        {"at": "9999-12-31T23:59"},
        {"until": "2026-03-02T13:00"},
        {"person": "other"},
        {"person": "999999"},
        {"state": "public"},
        {"events": ["x"]},
        {"events": ["99999999999999999999"]},
        {"saw": "x" * 5001},
    ],
)
def test_what_does_not_hold_together_is_said(client, postmortem, bob, sent):
    client.force_login(bob)
    assert client.post(at(postmortem, "perspectives/new/"), form(**sent)).status_code == 422
    assert not Perspective.objects.exists()


@pytest.mark.parametrize("query", ["?at=nonsense", "?at=%00", "?event=99999999999999999999", "?event=-1", "?at=0001-01-01T00:00", "?at=9999-12-31T23:59:59"])
def test_an_address_that_names_no_moment_is_a_form_without_one(client, postmortem, bob, query):
    client.force_login(bob)
    assert client.get(at(postmortem, f"perspectives/new/{query}")).status_code == 200


def test_moments_of_several_days_name_theirs(client, postmortem, bob):
    make_event(postmortem.incident, 20, "Alert", kind="alert", salience=2)
    make_event(postmortem.incident, 2 * 24 * 60, "Rolled back", kind="action", salience=2)
    part(postmortem, bob)
    client.force_login(bob)
    page = client.get(at(postmortem, "perspectives/new/"))
    assert [when for _event, when in page.context["moments"]][-1].startswith("4 Mar, ")
    assert all(label.startswith(("2 Mar, ", "4 Mar, ")) for _pk, label in page.context["form"].fields["events"].choices)


def test_control_characters_and_markup_are_only_words(client, postmortem, bob):
    client.force_login(bob)
    client.post(at(postmortem, "perspectives/new/"), form(believed="<script>alert(1)</script>\x07", person="other", name="<b>support</b>"))
    content = client.get(at(postmortem)).content.decode()
    assert "<script>alert(1)" not in content and "<b>support" not in content and "&lt;script&gt;" in content


def test_who_drafts_writes_for_others_and_who_takes_part_for_themselves(postmortem, alice, bob, charlie):
    part(postmortem, charlie)
    row = write(alice, postmortem, user=charlie, saw="Tickets came in.")
    assert (row.author, row.user, row.name) == (alice, charlie, "charlie")
    write(charlie, postmortem, saw="Tickets.")
    with pytest.raises(PermissionDenied):
        write(charlie, postmortem, user=bob)
    stranger = make_user("stranger", role="viewer")
    with pytest.raises(PermissionDenied):
        write(stranger, postmortem)
    with pytest.raises(PermissionDenied):
        perspectives.save_perspective(actor=bob, postmortem=postmortem, perspective=row, version=1, at=row.at, user=charlie, saw="Rewritten.")
    private = make_postmortem(alice, incident=make_incident(members=[alice], is_private=True))
    with pytest.raises(ValidationError):
        write(alice, private, user=bob)


def test_a_facilitator_mends_what_is_shared_and_only_the_author_says_who_reads_it(postmortem, alice, bob):
    part(postmortem, alice, "facilitator")
    row = write(bob, postmortem)
    row = perspectives.save_perspective(actor=alice, postmortem=postmortem, perspective=row, version=1, at=row.at, user=bob, saw="The graph.")
    assert row.saw == "The graph."
    with pytest.raises(PermissionDenied):
        perspectives.save_perspective(actor=alice, postmortem=postmortem, perspective=row, version=2, at=row.at, user=bob, saw="x", state="private")


def test_withdrawn_is_gone(client, postmortem, alice, bob):
    row, other = write(bob, postmortem), write(alice, postmortem)
    perspectives.mark_difference(actor=alice, one=row, other=other)
    client.force_login(alice)
    assert client.post(at(postmortem, f"perspectives/{row.pk}/withdraw/")).status_code == 403
    client.force_login(bob)
    assert client.post(at(postmortem, f"perspectives/{row.pk}/withdraw/")).status_code == 302
    assert list(Perspective.objects.all()) == [other] and not Difference.objects.exists()


# The written account -------------------------------------------------------------------------------------------------


def test_a_viewer_who_takes_part_finds_the_form_at_home_and_nothing_else(client, postmortem, charlie, bob):
    write(bob, postmortem, saw="Bob's words")
    client.force_login(charlie)
    assert client.get(at(postmortem, "account/")).status_code == 404
    part(postmortem, charlie)
    assert "You are asked for your account" in client.get("/").content.decode()
    page = client.get(at(postmortem, "account/")).content.decode()
    assert "What were you doing when this began for you?" in page and "Bob's words" not in page and f'href="{postmortem.get_absolute_url()}"' not in page
    assert client.post(at(postmortem, "account/"), {"began": "On the phone.", "private": "", "state": "review"}).status_code == 302
    account = WrittenAccount.objects.get()
    assert (account.author, account.began, account.state) == (charlie, "On the phone.", "review")
    assert "You are asked for your account" not in client.get("/").content.decode()
    assert client.get(at(postmortem)).status_code == 404
    assert client.get(at(postmortem, "perspectives/new/")).status_code == 200
    assert client.post(at(postmortem, "perspectives/new/"), form()).status_code == 302
    assert client.post(at(postmortem, "account/"), {"began": "Again.", "state": "review"}).status_code == 409
    assert client.post(at(postmortem, "account/"), {"began": "Again.", "state": "review", "version": "1"}).status_code == 302
    assert client.post(at(postmortem, "account/"), {"began": "", "state": "review", "version": "2"}).status_code == 422
    assert client.post(at(postmortem, "account/withdraw/")).status_code == 302
    assert not WrittenAccount.objects.exists()
    Participant.objects.update(state="declined")
    assert client.get(at(postmortem, "account/")).status_code == 404


def test_shared_accounts_are_read_by_those_who_work_on_the_review(client, postmortem, alice, bob):
    perspectives.save_account(actor=bob, postmortem=postmortem, version=None, state="review", surprised="That it was quiet.")
    client.force_login(alice)
    assert "That it was quiet." in client.get(at(postmortem)).content.decode()


# What is private ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def confided(postmortem, alice, bob):
    """Bob told Alice, who facilitates, three things in private."""
    part(postmortem, alice, "facilitator", state="accepted")
    part(postmortem, bob)
    write(bob, postmortem, saw=SECRET, name=f"{SECRET} name", role=SECRET, state="private")
    perspectives.save_account(actor=bob, postmortem=postmortem, version=None, state="private", began=SECRET)
    perspectives.confide(actor=bob, postmortem=postmortem, text=SECRET)
    return postmortem


def readers(postmortem, actor):
    return [model.objects.readable_by(actor).filter(postmortem=postmortem).count() for model in (Perspective, WrittenAccount, PrivateNote)]


def test_private_words_are_read_by_their_author_and_the_facilitator(confided, client, alice, bob):
    assert readers(confided, alice) == readers(confided, bob) == [1, 1, 1]
    client.force_login(alice)
    assert SECRET in client.get(at(confided)).content.decode()
    assert SECRET in client.get(at(confided, "meeting/")).content.decode()
    row = Perspective.objects.get()
    assert client.get(at(confided, f"perspectives/{row.pk}/")).status_code == 404  # read, not rewritten
    client.force_login(bob)
    assert SECRET in client.get(at(confided, "account/")).content.decode()


@pytest.mark.parametrize("role", ["viewer", "responder", "facilitator", "admin"])
def test_nobody_else_reads_them_whatever_their_role(confided, client, role):
    outsider = make_user("outsider", role=role, is_staff=True, is_superuser=True)
    part(confided, outsider, "observer")
    IncidentMember.objects.create(incident=confided.incident, user=outsider)
    assert readers(confided, outsider) == [0, 0, 0]
    row = Perspective.objects.get()
    client.force_login(outsider)
    paths = ["", "meeting/", "meeting/run/", "meeting/afterwards/", "perspectives/", "perspectives/new/", f"perspectives/{row.pk}/", "account/"]
    pages = [at(confided, path) for path in paths] + ["/", f"/incidents/{confided.incident.reference}/", f"/incidents/{confided.incident.reference}/history/"]
    api = api_client(outsider)
    answers = [client.get(path) for path in pages] + [
        api.get(f"/api/v1{at(confided, path)}") for path in ("perspectives/", f"perspectives/{row.pk}/", "meeting/", "parking/")
    ]
    assert not [answer.request["PATH_INFO"] for answer in answers if SECRET in answer.content.decode()]
    for verb in ("withdraw/", "differs/"):
        assert client.post(at(confided, f"perspectives/{row.pk}/{verb}"), {"from": row.pk}).status_code == 404
    assert Perspective.objects.get() == row


def test_the_system_and_what_it_makes_never_hold_them(confided, alice):
    assert readers(confided, SYSTEM) == [0, 0, 0]
    Section.objects.filter(postmortem=confided, key="response").update(kind="perspectives", audience="public")
    for audience in ("internal", "stakeholder", "public"):
        assert SECRET not in str(document.build(confided, audience, timezone.now()))
    revision = publishing.publish(actor=alice, postmortem=confided)
    assert SECRET not in revision.html
    assert not [model for model in (Perspective, WrittenAccount, PrivateNote) if admin.site.is_registered(model)]


def test_the_audit_log_says_nothing_of_them(confided, alice, bob):
    verbs = ["perspective.", "account.", "note"]
    assert not [event for event in AuditEvent.objects.all() if event.verb.startswith(tuple(verbs)) or SECRET in str(event.detail)]
    perspectives.withdraw_account(actor=bob, postmortem=confided)
    perspectives.withdraw_perspective(actor=bob, perspective=Perspective.objects.get())
    assert not AuditEvent.objects.filter(actor=bob).exists()
    assert readers(confided, alice) == [0, 0, 0]


def test_whoever_becomes_facilitator_later_reads_them_once_the_author_says_so(confided, client, bob):
    late = make_user("late", role="admin")
    part(confided, late, "facilitator")
    assert readers(confided, late) == [0, 0, 0]
    client.force_login(bob)
    assert "late facilitates since you wrote what is private" in client.get(at(confided, "account/")).content.decode()
    client.post(at(confided, "account/"), {"began": SECRET, "private": SECRET, "state": "private", "version": "1"})
    assert readers(confided, late) == [0, 1, 1]


def test_who_no_longer_facilitates_no_longer_reads(confided, alice):
    Participant.objects.filter(user=alice).update(state="declined")
    assert readers(confided, alice) == [0, 0, 0]
    Participant.objects.filter(user=alice).delete()
    assert readers(confided, alice) == [0, 0, 0]


def test_without_a_facilitator_private_words_wait(postmortem, alice, bob):
    perspectives.confide(actor=bob, postmortem=postmortem, text=SECRET)
    assert readers(postmortem, alice)[2] == 0
    part(postmortem, alice, "facilitator")
    assert readers(postmortem, alice)[2] == 0
    perspectives.confide(actor=bob, postmortem=postmortem, text=SECRET)
    assert readers(postmortem, alice)[2] == 1
    perspectives.confide(actor=bob, postmortem=postmortem, text="  ")
    assert not PrivateNote.objects.exists()


def test_who_leaves_a_private_incident_reads_nothing_of_it(alice, bob):
    hidden = make_postmortem(alice, incident=make_incident(members=[alice, bob], is_private=True))
    write(bob, hidden)
    assert readers(hidden, bob)[0] == readers(hidden, alice)[0] == 1
    IncidentMember.objects.filter(user=bob).delete()
    assert readers(hidden, bob)[0] == 0
    assert readers(hidden, make_user("outsider", role="admin")) == [0, 0, 0]


# In documents -----------------------------------------------------------------------------------------------------------------


def test_shared_perspectives_are_printed_where_a_section_asks_for_them(postmortem, alice, bob):
    hers = write(alice, postmortem, believed="Bob said it was the pool.", role="the commander")
    his = write(bob, postmortem, 6, saw="A red\ngraph", until=T0 + timedelta(minutes=9))
    perspectives.mark_difference(actor=alice, one=hers, other=his, note="what bob took it for")
    now = datetime(2026, 3, 9, tzinfo=UTC)
    assert document.build(postmortem, "internal", now)["perspectives"] == []
    Section.objects.filter(postmortem=postmortem, key="response").update(kind="perspectives", audience="public")
    inside = document.build(postmortem, "internal", now)
    first, second = inside["perspectives"]
    assert (first["who"], first["role"], first["local"], first["lines"]) == (
        "alice",
        "the commander",
        "2 March 2026, 14:05 UTC",
        [{"label": "Believed", "text": "Bob said it was the pool."}],
    )
    assert second["local"] == "2 March 2026, 14:06 to 14:09 UTC" and second["differs"] == [{"who": "alice", "note": "what bob took it for"}]
    page = html.body(inside)
    assert "Bob said it was the pool." in page and page.count("Differs from") == 2
    assert "| Believed | Bob said it was the pool. |" in markdown.markdown(inside)
    outside = document.build(postmortem, "public", now)["perspectives"]
    assert [row["who"] for row in outside] == ["the commander", "a responder"]
    assert "bob" not in str(outside).lower() and "alice" not in str(outside)
    assert completeness_of(postmortem).of("response").state != "missing"


def test_who_asks_to_be_unnamed_is_so_inside_too(postmortem, alice, bob):
    write(bob, postmortem, role="database on-call")
    write(alice, postmortem, believed="bob had it.")
    part(postmortem, bob, asks_to_be_unnamed=True)
    Section.objects.filter(postmortem=postmortem, key="response").update(kind="perspectives")
    rows = document.build(postmortem, "internal", timezone.now())["perspectives"]
    assert [row["who"] for row in rows] == ["database on-call", "alice"]
    assert rows[1]["lines"][0]["text"] == "Database on-call had it."


def test_an_empty_section_of_perspectives_says_so(postmortem, client, alice):
    section = postmortem.sections.get(key="response")
    section.kind = "perspectives"
    assert "No perspective is shared yet" in check_all([section], Surroundings()).open[0].gaps[0]
    section.save()
    client.force_login(alice)
    assert "Shared perspectives" in client.get(at(postmortem, "sections/response/")).content.decode()


# API ---------------------------------------------------------------------------------------------------------------------------


def test_perspectives_by_api(postmortem, alice, bob, charlie):
    api, base = api_client(bob), f"/api/v1/postmortems/{postmortem.reference}/perspectives/"
    event = make_event(postmortem.incident, 5)
    made = api.post(base, {"at": "2026-03-02T14:05:00Z", "saw": "A red graph.", "events": [event.pk]}, format="json")
    assert (made.status_code, made["ETag"], made.json()["user"], made.json()["events"]) == (201, '"1"', "bob", [event.pk])
    one = f"{base}{made.json()['id']}/"
    assert api.patch(one, {"knew": "Nothing."}, format="json").status_code == 428
    changed = api.patch(one, {"knew": "Nothing."}, format="json", headers={"If-Match": '"1"'})
    assert (changed.json()["saw"], changed.json()["knew"], changed.json()["events"]) == ("A red graph.", "Nothing.", [event.pk])
    assert api.patch(one, {"knew": "x"}, format="json", headers={"If-Match": '"1"'}).status_code == 412
    assert api.post(base, {"at": "0001-01-01T00:00:00Z", "saw": "x"}, format="json").status_code == 400
    assert api.post(base, {"at": "2026-03-02T14:05:00Z"}, format="json").status_code == 400
    other = write(alice, postmortem)
    perspectives.mark_difference(actor=alice, one=other, other=Perspective.objects.get(pk=made.json()["id"]))
    assert api.get(one).json()["differs_from"] == [other.pk]
    assert api_client(alice).delete(one).status_code == 403
    assert api_client(charlie).get(base).status_code == 404
    part(postmortem, charlie)
    assert api_client(charlie).get(base).json() == []
    assert api.delete(one).status_code == 204
    assert [row["id"] for row in api.get(base).json()] == [other.pk]
