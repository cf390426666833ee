"""An incident that is made private is gone for everybody else with the answer that made it so: pages, lists, files, searches, conditional requests."""

import pytest
from django.core.cache import cache
from django.test import Client

from incidents.models import Incident
from postmortems.models import Revision
from tests.factories import api_client, make_user
from tests.journeys.test_leaks import CANARY, LISTS, addresses, secret  # noqa: F401 - the fixture

pytestmark = pytest.mark.django_db(transaction=True)


def switched(client, reference, is_private):
    """Press the button of the page; the version is the one that the page holds."""
    incident = Incident.objects.get(pk=int(reference[4:]))
    sent = {"version": incident.version, "members": list(incident.members.values_list("user", flat=True)), **({"is_private": "on"} if is_private else {})}
    answer = client.post(f"{incident.get_absolute_url()}access/", sent)
    assert answer.status_code == 302, answer.content.decode()[-3000:]


def got(client, path, **headers):
    answer = client.get(path, headers=headers)
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer, content.decode(errors="replace")


@pytest.mark.parametrize("who", ["viewer", "admin", "viewer's token"])
def test_it_is_gone_with_the_answer_that_made_it_private(secret, alice, who):  # noqa: F811
    cache.clear()
    owner = Client()
    owner.force_login(alice)
    switched(owner, secret["INC"], False)
    outsider = make_user("outsider", role="admin" if who == "admin" else "viewer")
    reader = api_client(outsider) if "token" in who else Client()
    if "token" not in who:
        reader.force_login(outsider)
    paths = [*addresses(secret), *LISTS]
    before = {path: got(reader, path) for path in paths}
    read = {path for path, (answer, text) in before.items() if answer.status_code == 200 and (CANARY in text or text.startswith("%PDF"))}
    assert len(read) > (9 if "token" in who else 15), read  # as long as it is everybody's, it is read
    assert Revision.objects.get().pdf_stored_as

    switched(owner, secret["INC"], True)
    for path in paths:
        answer, text = got(reader, path)
        assert CANARY not in text, path
        assert not text.startswith("%PDF"), path
        if path not in LISTS:
            assert answer.status_code in {302, 401, 403, 404, 405}, (path, answer.status_code)
    # A browser that kept what it read asks whether that is still so: "not modified" would be an answer about what there is.
    for path in read - set(LISTS):
        kept = before[path][0]
        conditions = {"If-None-Match": kept.headers.get("ETag", "*"), "If-Modified-Since": kept.headers.get("Date", "Mon, 02 Mar 2026 14:00:00 GMT")}
        for headers in (conditions, {"HX-Request": "true"}, {"Range": "bytes=0-99"}):
            assert got(reader, path, **headers)[0].status_code == 404, (path, headers)
    assert CANARY in got(owner, f"/incidents/{secret['INC']}/")[1]
