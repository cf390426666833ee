"""The OpenAPI schema is whole, and no request that it allows, or nearly allows, is a server error."""

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings

from tests.factories import api_client, make_event, make_incident

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
