"""A second factor cannot be gone around: by an address, the API, a new password, or the same code again."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value, yield_hotp_counters_from_time
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.factories import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "a long pass phrase"  # what make_user sets


@pytest.fixture
def secret():
    """Of Rita's authenticator; she is an administrator of all."""
    cache.clear()
    secret = generate_totp_secret()
    TOTP.activate(make_user("rita", role="admin", is_staff=True, is_superuser=True), secret)
    return secret


def code_of(secret):
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def with_password(password=PASSWORD):
    client = Client()
    answer = client.post("/account/login/", {"login": "rita", "password": password})
    assert (answer.status_code, answer.url) == (302, "/account/2fa/authenticate/")
    return client


def is_in(client):
    return "_auth_user_id" in client.session and client.get("/incidents/").status_code == 200


def addresses():
    """Every address without parameters, from the URL configuration."""
    found = []

    def walk(patterns, prefix):
        for pattern in patterns:
            path = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, path)
            elif isinstance(pattern, URLPattern) and not re.search(r"[<(^$?\\]", path):
                found.append(f"/{path}")

    walk(get_resolver().url_patterns, "")
    return found


def test_after_the_password_alone_no_address_opens(secret):
    client, found = with_password(), addresses()
    assert len(found) > 60
    open_to_all = {"/livez", "/readyz", "/favicon.ico", "/api/v1/schema/", "/admin/jsi18n/", "/admin/logout/"}
    for path in found:
        if path.startswith("/account/") or path in open_to_all:
            continue
        for answer in (client.get(path), client.post(path, {})):
            assert answer.status_code in {302, 401, 403, 404, 405}, (path, answer.status_code)
            if answer.status_code == 302:
                assert "/account/login/" in answer.url or "/admin/login/" in answer.url, (path, answer.url)
    assert not is_in(client)


def test_pages_of_the_account_do_not_open_either(secret):
    """Nor can the factor be taken away, or a password or token be made, between the two steps."""
    client = with_password()
    for path in [
        path for path in addresses() if path.startswith("/account/") and not path.startswith(("/account/login", "/account/logout", "/account/signup"))
    ]:
        client.get(path)
        client.post(path, {"password1": "another long pass phrase", "password2": "another long pass phrase", "code": "000000"})
        assert "_auth_user_id" not in client.session, path
    assert Authenticator.objects.count() == 1
    with_password()  # which is still what it was


def test_the_code_opens_and_a_wrong_one_does_not(secret):
    client = with_password()
    assert client.post("/account/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert not is_in(client)
    assert client.post("/account/2fa/authenticate/", {"code": code_of(secret)}).status_code == 302
    assert is_in(client)


def test_a_code_opens_once(secret):
    code = code_of(secret)
    assert with_password().post("/account/2fa/authenticate/", {"code": code}).status_code == 302
    again = with_password()
    again.post("/account/2fa/authenticate/", {"code": code})
    assert not is_in(again)


def test_codes_cannot_be_tried_one_after_the_other(secret):
    client = with_password()
    for number in range(30):
        client.post("/account/2fa/authenticate/", {"code": f"{number:06}"})
    client.post("/account/2fa/authenticate/", {"code": code_of(secret)})
    assert not is_in(client)


def test_a_recovery_code_opens_once(secret):
    codes = RecoveryCodes.activate(Authenticator.objects.get().user)
    code = codes.get_unused_codes()[0]
    first, second = with_password(), with_password()
    first.post("/account/2fa/authenticate/", {"code": code})
    second.post("/account/2fa/authenticate/", {"code": code})
    assert (is_in(first), is_in(second)) == (True, False)


def test_a_new_password_by_mail_does_not_replace_it(secret):
    client = Client()
    client.post("/account/password/reset/", {"email": "rita@example.org"})
    link = re.search(r"https?://[^/]+(/account/password/reset/key/\S+)", mail.outbox[0].body)[1]
    form = client.get(link, follow=True)
    sent = {"password1": "quite another pass phrase", "password2": "quite another pass phrase"}
    client.post(form.redirect_chain[-1][0] if form.redirect_chain else link, sent)
    assert not is_in(client)
    fresh = with_password("quite another pass phrase")  # asked for the second factor again
    assert not is_in(fresh)


def test_it_is_not_taken_away_without_the_password_again(secret):
    client = with_password()
    client.post("/account/2fa/authenticate/", {"code": code_of(secret)})
    session = client.session
    session["account_authentication_methods"] = [{**one, "at": time.time() - 3600} for one in session["account_authentication_methods"]]
    session.save()
    answer = client.post("/account/2fa/totp/deactivate/")
    assert (answer.status_code, "reauthenticate" in answer.url) == (302, True)
    assert Authenticator.objects.count() == 1


def test_there_is_no_other_way_in():
    """One backend, no social accounts, no signing in by a link: nothing that could leave the second step out."""
    assert settings.AUTHENTICATION_BACKENDS == ["allauth.account.auth_backends.AuthenticationBackend"]
    assert not [app for app in settings.INSTALLED_APPS if "socialaccount" in app]
    assert not getattr(settings, "ACCOUNT_LOGIN_BY_CODE_ENABLED", False)
