"""What is written together about several incidents: evidence, accounts, people and names are of all of them, and of no hidden one."""

import pytest

from incidents.lib import citations
from incidents.models import IncidentMember, Milestone
from postmortems import access, covering, drafting, evidence, factoring, home, invitees, overview, participating
from postmortems.document import build
from postmortems.models import Participant, Perspective
from tests.factories import T0, make_event, make_incident, make_postmortem, make_service, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def postmortem(alice, bob):
    """Of an incident in the open, and of a private one with Alice and Bob on it."""
    main, further = make_incident("Checkout returns errors"), make_incident("Ledger lags", is_private=True)
    for person in (alice, bob):
        IncidentMember.objects.create(incident=further, user=person, role="Scribe" if person == bob else "")
    make_event(main, 0, "Errors rise", salience=2)
    make_event(further, 5, "Replica is late", salience=2, actor="Vera Ledger", kind="message")
    found = make_postmortem(alice, incident=main)
    covering.cover(actor=alice, postmortem=found, incidents=[further])
    return found


def entry_of(postmortem):
    return overview.entries_of(postmortem).get(text="Replica is late")


def test_entries_of_all_can_be_cited(postmortem, alice, client):
    entry = entry_of(postmortem)
    section = postmortem.sections.get(key="summary")
    drafting.save_section(actor=alice, section=section, version=section.version, body=f"It lagged {citations.mark(entry.pk)}.", values=section.values)
    assert [one.text for one in evidence.offered(postmortem, "replica")] == ["Replica is late"]
    assert evidence.review(postmortem).broken == []
    further = f"INC-{entry.incident_id}"
    proof = build(postmortem, "internal", T0)["evidence"]
    assert [(row["incident"], row["text"]) for row in proof] == [(further, "Replica is late")]
    client.force_login(alice)
    row = client.get(f"/postmortems/{postmortem.reference}/evidence/entries/?q=replica").json()["entries"][0]
    assert row["url"].startswith(f"/incidents/{further}/") and further in row["from"]
    assert further in client.get(f"/postmortems/{postmortem.reference}/evidence/").content.decode()


def test_taken_out_nothing_of_its_timeline_stays(postmortem, alice):
    entry = entry_of(postmortem)
    factor = factoring.add(actor=alice, postmortem=postmortem, statement="The replica was late", events=[entry])
    told = Perspective.objects.create(postmortem=postmortem, name="Alice", author=alice, at=T0)
    told.events.add(entry)
    section = postmortem.sections.get(key="summary")
    drafting.save_section(actor=alice, section=section, version=section.version, body=citations.mark(entry.pk), values=section.values)
    covering.uncover(actor=alice, postmortem=postmortem, incident=entry.incident)
    assert not factor.events.exists() and not told.events.exists()
    assert "Replica is late" not in str(build(postmortem, "internal", T0))
    assert len(evidence.review(postmortem).broken) == 1


def test_who_may_not_know_one_of_them_is_asked_nothing(postmortem, alice, bob, charlie, client):
    lena = make_user("lena", role="facilitator")
    assert access.may_know(bob, postmortem) and not access.may_know(lena, postmortem)
    assert set(access.draft_readers(postmortem)) == set(invitees.who_may_see(postmortem)) == {alice, bob}
    with pytest.raises(Exception, match="cannot see the incident"):
        participating.invite_all(actor=alice, postmortem=postmortem, guests=[("Lena", lena)])
    # Asked before the private incident was covered, one has no part in it any more.
    Participant.objects.create(postmortem=postmortem, user=charlie, name="Charlie", role="participant", state="accepted")
    Perspective.objects.create(postmortem=postmortem, name="Charlie", user=charlie, author=charlie, at=T0)
    assert home.my_accounts(charlie) is None
    assert not Perspective.objects.readable_by(charlie).exists()
    client.force_login(charlie)
    assert client.get(f"/postmortems/{postmortem.reference}/account/").status_code == 404
    client.force_login(lena)
    for face in ("perspectives", "evidence", "comments", "factors", "process", "meeting", "review", "pictures"):
        assert client.get(f"/postmortems/{postmortem.reference}/{face}/").status_code == 404, face


def test_people_of_all_took_part(postmortem, bob):
    found = {part.name: part.why for part in invitees.people_of(postmortem)}
    assert found["Vera Ledger"].startswith("has 1 entry") and "scribe" in found[str(bob)]
    Participant.objects.create(postmortem=postmortem, name="Vera Ledger", role="participant", asks_to_be_unnamed=True)
    assert "Vera" not in str(build(postmortem, "internal", T0))


def test_a_page_of_them_is_described_in_one_query(postmortem, alice, django_assert_num_queries):
    further = entry_of(postmortem).incident
    further.services.add(make_service("ledger"))
    postmortem.incident.services.add(make_service("checkout"), make_service("api"))
    other = make_postmortem(alice)
    with django_assert_num_queries(1):
        found = covering.covered_by_id([postmortem, other])
    assert found[postmortem.pk].services == ["Api", "Checkout", "Ledger"]
    assert found[postmortem.pk].further == [further.reference] and found[other.pk].further == []
    assert not Milestone.objects.filter(incident=further).exists()
