"""Looking back: asked for once its day has come, shown with the post-mortem, told in the next internal revision."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from incidents.lib.conflict import Conflict
from postmortems import document, home, looking_back, process_overview, publishing
from postmortems.models import LookBack, Participant, Postmortem, SearchEntry, Step
from postmortems.rendering import changes, html, markdown
from tests.factories import api_client, make_postmortem

pytestmark = pytest.mark.django_db
LINES = {"helped": "Twice it stopped by itself.", "surprised": "Old imports came up.", "follows": "Keep it."}


def write(actor, postmortem, version=None, **lines):
    return looking_back.write(actor=actor, postmortem=postmortem, version=version, **(LINES | lines))


def publish(actor, postmortem, **fields):
    return publishing.publish(actor=actor, postmortem=Postmortem.objects.get(pk=postmortem.pk), **fields)


def step(postmortem):
    return Step.objects.get(postmortem=postmortem, key="look_back")


def test_it_is_written_once_and_changed_on_top_of_what_is_there(postmortem, alice, bob, charlie, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        write(bob, postmortem)
    assert step(postmortem).note == "Somebody looked back, and wrote it down."
    with pytest.raises(Conflict):
        write(alice, postmortem)
    assert write(alice, postmortem, 1, helped="Three times.").version == 2
    with pytest.raises(Conflict) as lost:
        write(bob, postmortem, 1)
    assert lost.value.current.written_by == alice
    with pytest.raises(ValidationError, match="whether it helped"):
        write(alice, postmortem, 2, helped=" \x00")
    with pytest.raises(PermissionDenied):
        write(charlie, postmortem, 2)


def test_it_waits_for_its_day_and_then_for_the_owner(postmortem, alice, client):
    publish(alice, postmortem)
    Step.objects.filter(postmortem=postmortem).exclude(key="look_back").update(state="done")
    day = step(postmortem).due_on
    assert 88 <= (day - timezone.localdate()).days <= 93
    assert process_overview.waiting_for(alice, day - timedelta(days=1), 6) == []
    assert process_overview.waiting_for(alice, day, 6) == [step(postmortem)]
    assert home.my_steps(alice) is None
    client.force_login(alice)
    assert postmortem.title not in client.get("/postmortems/?step=mine").content.decode()
    Step.objects.filter(key="look_back").update(due_on=timezone.localdate() - timedelta(days=1))
    assert "Look back" in client.get("/").content.decode()
    assert postmortem.title in client.get("/postmortems/?step=mine").content.decode()
    assert postmortem.title in client.get("/postmortems/?step=overdue").content.decode()
    assert f"/postmortems/{postmortem.reference}/look-back/" in client.get(f"/postmortems/{postmortem.reference}/process/").content.decode()


def test_the_page_and_where_it_is_shown(client, postmortem, alice, charlie):
    place = f"/postmortems/{postmortem.reference}/look-back/"
    publish(alice, postmortem)
    client.force_login(alice)
    assert client.get(place).status_code == 200
    assert client.post(place, {"helped": ""}).status_code == 422
    assert client.post(place, {"helped": "x" * 501}).status_code == 422
    assert client.post(place, LINES).status_code == 302
    assert client.post(place, LINES | {"version": "1", "helped": "<b>Thrice</b>."}).status_code == 302
    stale = client.post(place, LINES | {"version": "1"})
    assert stale.status_code == 409 and "&lt;b&gt;Thrice&lt;/b&gt;." in stale.content.decode()
    for page in (postmortem.get_absolute_url(), f"/knowledge/{postmortem.reference}/"):
        assert "&lt;b&gt;Thrice&lt;/b&gt;." in client.get(page).content.decode()
    client.force_login(charlie)  # reads what is published, and it is not yet
    assert "Thrice" not in client.get(f"/knowledge/{postmortem.reference}/").content.decode()
    assert client.get(place).status_code == 404
    publish(alice, postmortem)
    page = client.get(f"/knowledge/{postmortem.reference}/").content.decode()
    assert "Did it surprise us?" in page and page.count("Thrice") == 1


def test_the_next_revision_tells_it_inside_only_and_without_names(postmortem, alice, bob):
    first = publish(alice, postmortem)
    Participant.objects.create(postmortem=postmortem, user=bob, name="bob", role="participant", asks_to_be_unnamed=True)
    write(alice, postmortem, helped="It was bob who saw it first.")
    inside = document.build(postmortem, "internal", timezone.now())
    assert "look_back" not in document.build(postmortem, "public", timezone.now())
    assert inside["look_back"]["lines"][0]["text"] == "It was a participant who saw it first."
    assert "Looking back" in html.body(inside) and "## Looking back" in markdown.markdown(inside)
    assert [one.name for one in changes.compare(first.document, inside).facts] == ["Did it help?", "Did it surprise us?", "What follows?"]
    assert "Looking back" not in html.body(first.document)


def test_the_search_finds_it(postmortem, alice, django_capture_on_commit_callbacks):
    write(alice, postmortem, surprised="The xylophone played.")
    with django_capture_on_commit_callbacks(execute=True):
        publish(alice, postmortem)
    assert "xylophone" in SearchEntry.objects.get(postmortem=postmortem).body


def test_over_the_api(postmortem, alice, bob, charlie):
    place = f"/api/v1/postmortems/{postmortem.reference}/look-back/"
    assert api_client(bob).get(place).status_code == 404
    assert api_client(bob).put(place, {"surprised": "x"}, format="json").status_code in (400, 422)
    assert api_client(bob).put(place, LINES, format="json").json()["written_by"] == "bob"
    assert api_client(bob).put(place, LINES, format="json").status_code == 428
    assert api_client(alice).put(place, LINES, format="json", headers={"If-Match": '"9"'}).status_code == 412
    assert api_client(alice).put(place, LINES, format="json", headers={"If-Match": '"1"'}).headers["ETag"] == '"2"'
    assert api_client(charlie).get(place).status_code == 404
    private = make_postmortem(alice, is_private=True, members=[alice])
    write(alice, private)
    assert api_client(bob).get(f"/api/v1/postmortems/{private.reference}/look-back/").status_code == 404
    assert list(LookBack.objects.visible_to(bob)) == [LookBack.objects.get(postmortem=postmortem)]
