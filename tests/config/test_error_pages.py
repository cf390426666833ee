"""Error pages: ours, the same for hidden and missing, and without the database."""

import pytest
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory

from config import views
from tests.factories import make_incident


@pytest.mark.parametrize(("view", "status"), [(views.bad_request, 400), (views.permission_denied, 403), (views.page_not_found, 404), (views.server_error, 500)])
@pytest.mark.parametrize("path", ["/x/", "/api/v1/x/"])
def test_each_answers_without_the_database_session_or_user(view, status, path):
    answer = view(RequestFactory().get(path))
    assert answer.status_code == status
    assert answer["Content-Type"].startswith("application/problem+json" if path.startswith("/api/") else "text/html")


def test_a_refusal_gives_its_reason():
    assert "Ask Bob" in views.permission_denied(RequestFactory().get("/x/"), PermissionDenied("Ask Bob")).content.decode()


@pytest.mark.django_db
def test_hidden_and_missing_give_the_same_bytes(client, alice, bob):
    hidden = make_incident(is_private=True, members=[bob])
    client.force_login(alice)
    one, other = client.get(f"/incidents/{hidden.reference}/"), client.get("/incidents/INC-999999/")
    assert (one.status_code, one.content) == (other.status_code, other.content) and one.status_code == 404


@pytest.mark.django_db
def test_error_pages_carry_the_content_security_policy(client):
    assert "default-src 'none'" in client.get("/no/such/page/").headers["Content-Security-Policy"]


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused_kindly():
    from django.test import Client

    answer = Client(enforce_csrf_checks=True).post("/account/login/", {"login": "x", "password": "y"})
    assert answer.status_code == 403
    assert "This form has expired" in answer.content.decode()
