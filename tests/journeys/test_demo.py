"""The example organisation: made once, and every page of it opens for the administrator and for a reader."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from incidents.models import Incident, User
from postmortems import surveying
from postmortems.models import ActionItem, Comment, Conversation, Mention, NearMiss, Postmortem, Revision, Survey
from tests.factories import make_user
from tests.restoring import remember, restore

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

PAGES = ["/", "/incidents/", "/incidents/?q=checkout", "/postmortems/", "/actions/", "/knowledge/", "/knowledge/?q=certificate", "/settings/"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return {"folder": tmp_path_factory.mktemp("demo")}


@pytest.fixture
def demo(transactional_db, settings, made):
    """The folder of the example organisation. Making it takes seconds, so the second test gets the rows of the first."""
    settings.DATA_DIR = made["folder"]
    settings.MEDIA_ROOT = made["folder"] / "media"
    if "rows" in made:
        restore(connection, made["rows"])
    else:
        call_command("demo", verbosity=0)
        made["rows"] = remember(connection, "demo")
    return made["folder"]


def addresses(actor):
    """Return the address of every row that the actor may see, and of the pages below some of them."""
    incidents, postmortems = Incident.objects.visible_to(actor), Postmortem.objects.visible_to(actor)
    first = incidents.order_by("pk")[0].get_absolute_url()
    rows = [*incidents, *postmortems, *ActionItem.objects.visible_to(actor), *Revision.objects.visible_to(actor)]
    return [row.get_absolute_url() for row in rows] + [f"{first}history/", f"{first}timeline/"]


def to_write():
    """Return pages that change something."""
    incident, postmortem = Incident.objects.order_by("pk")[0].get_absolute_url(), Postmortem.objects.order_by("pk")[0]
    sections = [f"{postmortem.get_absolute_url()}sections/{key}/" for key in postmortem.sections.values_list("key", flat=True)]
    below = [f"{incident}import/", f"{incident}edit/", f"{postmortem.get_absolute_url()}publish/", f"/actions/new/{postmortem.reference}/"]
    return ["/incidents/new/", "/incidents/new/import/", *below, *sections]


def rows():
    tables = [model for model in apps.get_models() if model._meta.app_label in {"incidents", "postmortems"}]
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in tables}


def answers(client, paths):
    return {path: client.get(path, follow=True).status_code for path in paths}


def test_it_is_made_once(demo):
    before = rows()
    assert Incident.objects.count() >= 10
    assert Revision.objects.count() >= 5
    user, _, password = (demo / "demo_login").read_text().strip().partition(" ")
    assert (demo / "demo_login").stat().st_mode & 0o777 == 0o600
    assert User.objects.get(username=user).check_password(password)
    assert [person.username for person in User.objects.exclude(username=user) if person.has_usable_password()] == []
    call_command("demo", verbosity=0)
    assert rows() == before


def test_people_work_together_in_it(demo):
    first = Revision.objects.order_by("pk")[0].document
    assert first["pictures"] and len(first["evidence"]) == 5
    threads = Comment.objects.filter(thread=None)
    assert threads.filter(resolved_at=None).count() == 2 and threads.exclude(resolved_at=None).count() == 1
    assert Mention.objects.get().user.username == "jo"
    assert Postmortem.objects.get(status=Postmortem.Status.CHANGES_REQUESTED).decisions.get().note
    assert Conversation.objects.exclude(confirmed_at=None).count() == Conversation.objects.filter(confirmed_at=None).count() == 1
    held, asking = Survey.objects.order_by("pk")
    assert surveying.results(held, held.closes_on) and held.is_closed and not asking.is_closed
    assert NearMiss.objects.exclude(thanked_at=None).count() == NearMiss.objects.filter(thanked_at=None).count() == 1


def test_every_page_opens_for_the_administrator(demo, client):
    admin = User.objects.get(is_superuser=True)
    client.force_login(admin)
    found = answers(client, [*PAGES, *addresses(admin), *to_write(), "/admin/"])
    assert len(found) > 60
    assert {path: code for path, code in found.items() if code != 200} == {}


def test_a_reader_opens_what_is_published_and_nothing_private(demo, client):
    reader = make_user("reader", role="viewer")
    client.force_login(reader)
    found = answers(client, [*PAGES, *addresses(reader)])
    assert {path: code for path, code in found.items() if code != 200} == {}
    private = Incident.objects.filter(is_private=True)
    assert private
    for incident in private:
        assert client.get(incident.get_absolute_url()).status_code == 404
        assert not [path for path in PAGES if incident.title in client.get(path).content.decode()]
    drafts = Postmortem.objects.filter(published_at=None)
    assert set(answers(client, [draft.get_absolute_url() for draft in drafts]).values()) == {404}
    assert set(answers(client, to_write()).values()) <= {403, 404}
