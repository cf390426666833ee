"""The OpenAPI schema is whole, and no request that it allows, or nearly allows, is a server error."""

import jsonschema
import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings

from postmortems import publishing
from tests.factories import api_client, make_event, make_factor, make_incident, make_service, make_written

pytestmark = pytest.mark.django_db(transaction=True)

PARTS = 2  # so that two processes share them


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_no_request_is_a_server_error(alice, part):
    make_event(make_incident())
    token = api_client(alice)._credentials["HTTP_AUTHORIZATION"]
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/", get_wsgi_application())
    tried = []
    for operation in [result.ok() for result in schema.get_all_operations()][part::PARTS]:

        @settings(max_examples=15, deadline=None, derandomize=True, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def ask(case):
            answer = case.call(headers={"Authorization": token})
            assert answer.status_code < 500, (case.method, case.formatted_path, case.query, case.body, answer.content[:300])

        ask()
        tried.append(operation.label)
    assert len(tried) > 30 / PARTS


def test_the_schema_names_every_operation_once(client):
    document = client.get("/api/v1/schema/").json()
    assert document["openapi"].startswith("3.1")
    names = [operation["operationId"] for path in document["paths"].values() for method, operation in path.items() if method != "parameters"]
    assert len(names) == len(set(names)) > 30


EXAMPLES = {"{suffix}": "json", "{number}": "1", "{kind}": "detected", "sections/{key}": "sections/timeline", "steps/{key}": "steps/meeting"}
EXAMPLES |= {"services/{key}": "services/checkout", "severities/{key}": "severities/sev1", "templates/{key}": "templates/standard_blameless"}


def test_what_is_read_is_what_the_schema_says(alice, client):
    """A client made from the schema reads the answers: lists with their pages, empty choices, last pages without a next one."""
    make_service("checkout")
    postmortem = make_written(alice)
    publishing.publish(actor=alice, postmortem=postmortem)
    factor = make_factor(postmortem, kind="", stage="", evidence_link="")
    references = {"incidents": postmortem.incident.reference, "postmortems": postmortem.reference, "action-items": "ACT-1"}
    known = {"timeline/{id}": f"timeline/{postmortem.incident.events.first().pk}", "factors/{id}": f"factors/{factor.pk}"}
    document, api, read = client.get("/api/v1/schema/").json(), api_client(alice), set()
    for path, operations in document["paths"].items():
        address = path.replace("{reference}", references.get(path.split("/")[3], ""))
        for name, value in (EXAMPLES | known).items():
            address = address.replace(name, value)
        if "get" not in operations or "{" in address:
            continue
        answer = api.get(address)
        if answer.status_code != 200:
            assert answer.status_code in {403, 404}, (address, answer.status_code)
            continue
        kind = answer["Content-Type"].partition(";")[0]
        described = operations["get"]["responses"]["200"]["content"][kind]["schema"]
        if kind == "application/json":
            jsonschema.Draft202012Validator({**described, "components": document["components"]}).validate(answer.json())
            read.add(path)
    assert len(read) > 40
    assert {"/api/v1/incidents/{reference}/timeline/", "/api/v1/postmortems/{reference}/factors/{id}/", "/api/v1/search/"} <= read


def test_the_schema_says_what_an_edit_and_a_problem_look_like(client):
    document = client.get("/api/v1/schema/").json()
    assert set(document["components"]["schemas"]["Problem"]["required"]) == {"type", "title", "detail", "errors"}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            problem = operation["responses"]["default"]["content"]["application/problem+json"]
            assert problem["schema"]["$ref"].endswith("/Problem"), (path, method)
            said = [parameter for parameter in operation.get("parameters", []) if parameter["name"] == "If-Match"]
            assert said or "If-Match" not in operation.get("description", ""), (path, method)
            assert not said or method == "delete" or "204" in operation["responses"] or "ETag" in str(operation["responses"]), (path, method)
