from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from postmortems import presence
from postmortems.models import Presence
from tests.factories import make_incident, make_postmortem

pytestmark = pytest.mark.django_db


def url(postmortem, key="impact"):
    return reverse("postmortems:section_presence", args=[postmortem.reference, key])


def test_the_other_is_told_who_edits(client, alice, bob, postmortem):
    client.force_login(alice)
    assert client.post(url(postmortem), {"state": "typing"}).json()["words"] == []
    client.force_login(bob)
    answer = client.post(url(postmortem, "summary"), {"state": "reading"}).json()
    title = postmortem.sections.get(key="impact").title
    assert answer["words"] == [f"alice is editing {title}"] and answer["here"] == [] and answer["sections"] == {"impact": ["alice is editing"]}
    assert client.post(url(postmortem), {"state": "reading"}).json()["here"] == [f"alice is editing {title}"]
    assert f"alice is editing {title}" in client.get(reverse("postmortems:section", args=[postmortem.reference, "impact"])).content.decode()
    assert client.get(reverse("postmortems:presence", args=[postmortem.reference])).json()["sections"] == {"impact": ["alice is editing"]}


def test_saving_is_a_sign_too_and_leaving_ends_it(client, alice, bob, postmortem):
    client.force_login(alice)
    client.post(reverse("postmortems:section", args=[postmortem.reference, "impact"]), {"version": 1, "body": "Hm"}, headers={"X-Autosave": "1"})
    assert [one.is_editing for one in presence.others(bob, postmortem, timezone.now())] == [True]
    assert client.post(url(postmortem), {"state": "left"}).status_code == 204
    assert presence.others(bob, postmortem, timezone.now()) == []


def test_who_gives_no_sign_is_gone_and_cleared_away(alice, bob, postmortem):
    section, now = postmortem.sections.first(), timezone.now()
    presence.sign(actor=alice, section=section, is_typing=True, now=now - timedelta(hours=1))
    assert presence.others(bob, postmortem, now) == []
    presence.sign(actor=bob, section=section, is_typing=False, now=now)
    presence.sign(actor=bob, section=section, is_typing=False, now=now)
    assert [row.user for row in Presence.objects.all()] == [bob]
    (here,) = presence.others(alice, postmortem, now)
    assert not here.is_editing


def test_the_answer_tells_what_is_new(client, alice, bob, postmortem):
    client.force_login(alice)
    before = client.post(url(postmortem), {"state": "reading"}).json()
    client.force_login(bob)
    client.post(reverse("postmortems:section", args=[postmortem.reference, "impact"]), {"version": 1, "body": "Hm"})
    client.post(reverse("postmortems:comments", args=[postmortem.reference]), {"section": "impact", "body": "Hm"})
    client.force_login(alice)
    after = client.post(url(postmortem), {"state": "nonsense"}).json()
    assert (before["version"], after["version"], after["by"]) == (1, 2, "bob") and before["comments"] != after["comments"]


def test_it_honours_access(client, alice, bob, charlie):
    postmortem = make_postmortem(alice, incident=make_incident(is_private=True, members=[alice, charlie]))
    for person in (bob, charlie):
        client.force_login(person)
        assert client.post(url(postmortem), {"state": "typing"}).status_code == 404
        assert client.get(reverse("postmortems:presence", args=[postmortem.reference])).status_code == 404
    assert not Presence.objects.exists()
