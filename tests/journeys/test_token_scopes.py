"""What a token may do: scopes and roles against every operation of the OpenAPI schema. What is not declared here is refused."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from incidents import tokens
from incidents.models import ApiToken, Incident
from postmortems.models import Postmortem
from tests.factories import api_client, make_user
from tests.journeys.test_leaks import secret  # noqa: F401 - the fixture

pytestmark = pytest.mark.django_db(transaction=True)

ROLES = ["viewer", "responder", "facilitator", "admin"]
#: Whom an operation that writes needs at least: a responder, unless it is named here.
LEAST = {
    **dict.fromkeys(("lint", "near_misses_report", "tokens_create", "tokens_destroy"), "viewer"),
    **dict.fromkeys(("postmortems_publish_create", "postmortems_revisions_print"), "facilitator"),
    **dict.fromkeys(("endpoints_create", "endpoints_partial_update", "endpoints_destroy", "endpoints_rotate_create", "templates_import"), "admin"),
    **dict.fromkeys(("endpoints_deliveries_assign", "endpoints_deliveries_replay"), "admin"),
}
#: Reading what is set up.
CONFIGURATION = {"endpoints_list", "endpoints_retrieve", "endpoints_deliveries_list"}
#: Not by role alone: of those who took part.
OF_PARTICIPANTS = {"postmortems_survey_answer"}
#: Open to everybody: the description of the API, and hooks, which have secrets of their own.
OPEN = {"/api/v1/schema/", "/api/v1/hooks/"}


@pytest.fixture
def operations(secret, client):  # noqa: F811
    """Yield (operation, method, address of something that there is) for the whole schema."""
    Incident.objects.update(is_private=False)
    found = []
    for path, methods in client.get("/api/v1/schema/").json()["paths"].items():
        if path.startswith(tuple(OPEN)):
            continue
        known = {"incidents": secret["INC"], "postmortems": secret["PM"], "action-items": secret["ACT"]}.get(path.split("/")[3], "1")
        filled = {
            "{reference}": known,
            "{incident}": "INC-999999",
            "{suffix}": "json",
            "{kind}": "detected",
            "{source}": "plain_text",
            "{number}": "1",
            "{place}": "0",
        }
        filled |= {"{key}": str(uuid4()) if "pictures" in path else "q_line", "{id}": "999999" if "tokens" in path else str(secret["event"])}
        for name, value in filled.items():
            path = path.replace(name, value)
        found += [(one["operationId"], method.upper(), path) for method, one in methods.items() if method != "parameters"]
    assert len(found) > 130
    return found


def ask(client, method, path):
    body = {} if method == "GET" else {"data": "{}", "content_type": "application/json"}
    return client.generic(method, path, headers={"If-Match": '"999"'}, **body)


def state():
    """What must not change by a refused request."""
    return list(Incident.objects.values("pk", "version")), list(Postmortem.objects.values("pk", "version")), ApiToken.objects.count()


def test_without_a_token_that_counts_nothing_is_answered(operations, alice):
    ended, secret_of_ended = tokens.issue(user=alice, name="ended", scope="write", days=1, now=timezone.now() - timedelta(days=2))
    revoked, secret_of_revoked = tokens.issue(user=alice, name="revoked", scope="write", days=1, now=timezone.now())
    tokens.revoke(token=revoked, actor=alice)
    gone = make_user("gone", role="admin")
    _token, secret_of_gone = tokens.issue(user=gone, name="gone", scope="write", days=1, now=timezone.now())
    gone.is_active = False
    gone.save()
    before = state()
    for words in ("", "Bearer", "Bearer pm_nothing", f"Bearer {secret_of_ended}", f"Bearer {secret_of_revoked}", f"Bearer {secret_of_gone}", "Basic YTpi"):
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=words)
        for name, method, path in operations:
            answer = ask(client, method, path)
            assert answer.status_code == 401, (words, name, answer.status_code)
            assert answer["Content-Type"] == "application/problem+json"
    assert state() == before


def test_a_token_that_may_only_read_writes_nothing_whoever_owns_it(operations):
    reading = api_client(make_user("reading", role="admin", is_staff=True, is_superuser=True), "read")
    before = state()
    for name, method, path in operations:
        answer = ask(reading, method, path)
        if method == "GET":
            assert answer.status_code not in {401, 403} or name in OF_PARTICIPANTS, (name, answer.status_code)
        else:
            assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json"), name
    assert state() == before


@pytest.mark.parametrize("role", ROLES)
def test_a_token_that_writes_may_what_its_owners_role_may(operations, role):
    client, tried = api_client(make_user("owner", role=role)), 0
    for name, method, path in operations:
        if method == "GET" and name not in CONFIGURATION:
            continue
        least = "admin" if name in CONFIGURATION else LEAST.get(name, "responder")
        answer = ask(client, method, path)
        if ROLES.index(role) < ROLES.index(least):
            # What a viewer may not know of, such as a draft, is not there.
            assert answer.status_code in ({403, 404} if least == "responder" else {403}), (name, answer.status_code)
        elif name not in OF_PARTICIPANTS:
            assert answer.status_code not in {401, 403}, (name, answer.status_code)
        tried += 1
    assert tried > 75


def test_what_is_declared_is_there(operations):
    assert {*LEAST, *CONFIGURATION, *OF_PARTICIPANTS} <= {name for name, _method, _path in operations}
