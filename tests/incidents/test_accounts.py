"""Signing in and out: what is limited by whom, what outsiders learn, which sessions live on."""

import pytest
from django.core.cache import cache
from django.test import Client

from tests.factories import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "Zebra-lamp-92-x"  # noqa: S105


@pytest.fixture(autouse=True)
def responder():
    cache.clear()
    user = make_user("rita")
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(password=PASSWORD, login="rita", client=None, **where):
    """Return the client and its answer; 302 is a session."""
    client = client or Client()
    return client, client.post("/account/login/", {"login": login, "password": password}, **where)


def test_failures_lock_an_account_for_one_address_only():
    attacks = [sign_in(f"wrong-{number}", REMOTE_ADDR="192.0.2.1")[1] for number in range(6)]
    assert "Too many" not in attacks[4].content.decode()
    assert "Too many" in attacks[5].content.decode()
    assert "Too many" in sign_in(REMOTE_ADDR="192.0.2.1")[1].content.decode()
    assert sign_in(REMOTE_ADDR="192.0.2.2")[1].status_code == 302


@pytest.mark.parametrize(("proxies", "kept_out"), [(1, False), (0, True)])
def test_the_address_is_the_one_that_the_proxy_added(settings, proxies, kept_out):
    """Without a proxy the header is what anybody writes, and counts for nothing."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    for number in range(6):
        sign_in("wrong", HTTP_X_FORWARDED_FOR=f"203.0.113.{number}, 192.0.2.1")
    _client, answer = sign_in(HTTP_X_FORWARDED_FOR="192.0.2.1, 192.0.2.2")
    assert (answer.status_code != 302) == kept_out


def test_an_unknown_name_and_a_wrong_password_answer_alike():
    known, unknown = (sign_in("wrong", name)[1].content.decode() for name in ("rita", "nobody"))
    assert "not correct" in known
    assert [line for line in known.splitlines() if "csrf" not in line and "rita" not in line] == [
        line for line in unknown.splitlines() if "csrf" not in line and "nobody" not in line
    ]


def test_nobody_signs_up():
    Client().post("/account/signup/", {"username": "eve", "email": "eve@example.org", "password1": PASSWORD, "password2": PASSWORD})
    assert sign_in(login="eve")[1].status_code == 200


@pytest.mark.parametrize(
    "there", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "http:evil.example", "\thttps://evil.example"]
)
def test_signing_in_leads_nowhere_else(there):
    answer = Client().post("/account/login/", {"login": "rita", "password": PASSWORD, "next": there})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_a_copied_session_ends_with_the_original():
    client, _answer = sign_in()
    copy = Client()
    copy.cookies.update(client.cookies)
    assert copy.get("/settings/").status_code == 200
    client.post("/account/logout/")
    assert copy.get("/settings/").status_code == 302


def test_a_session_from_before_signing_in_opens_nothing():
    client = Client()
    client.get("/account/login/")
    client.session.save()
    before = client.session.session_key
    sign_in(client=client)
    assert client.session.session_key != before


def test_other_sessions_end_with_the_old_password():
    mine, other = sign_in()[0], sign_in()[0]
    changed = mine.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": "Other-lamp-93-y", "password2": "Other-lamp-93-y"})
    assert changed.status_code == 302
    assert mine.get("/settings/").status_code == 200
    assert other.get("/settings/").status_code == 302


def test_sessions_of_a_disabled_person_end(responder):
    client, _answer = sign_in()
    responder.is_active = False
    responder.save()
    assert client.get("/settings/").status_code == 302
