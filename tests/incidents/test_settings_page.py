"""The person's own settings and tokens."""

import pytest
from django.urls import reverse
from django.utils import timezone

from incidents import tokens
from incidents.models import ApiToken, AuditEvent

pytestmark = pytest.mark.django_db
URL = "/settings/"


@pytest.fixture
def page(client, alice):
    client.force_login(alice)
    return client


def issue(user, **fields):
    return tokens.issue(user=user, now=timezone.now(), **{"name": "bot", "scope": "read", "days": 30, **fields})


def test_strangers_are_sent_to_sign_in(client):
    assert client.get(URL).status_code == 302


def test_name_and_zone_are_saved(page, alice):
    answer = page.post(URL, {"first_name": "Alice", "last_name": "Mo\u202ereau ", "time_zone": "Europe/Paris"})
    assert answer.status_code == 302
    alice.refresh_from_db()
    assert (str(alice), alice.time_zone) == ("Alice Moreau", "Europe/Paris")


def test_a_zone_that_is_none_is_refused_in_place(page, alice):
    answer = page.post(URL, {"first_name": "", "last_name": "", "time_zone": "Mars/Base"})
    assert answer.status_code == 422
    assert "is not a time zone" in answer.content.decode()
    alice.refresh_from_db()
    assert alice.time_zone == "UTC"


def test_role_and_staff_cannot_be_posted(page, alice):
    page.post(URL, {"first_name": "", "last_name": "", "time_zone": "UTC", "role": "admin", "is_staff": "on", "is_superuser": "on"})
    alice.refresh_from_db()
    assert (alice.role, alice.is_staff, alice.is_superuser) == ("facilitator", False, False)


def test_a_token_is_shown_once_and_stored_as_a_hash(page):
    answer = page.post(reverse("incidents:token_new"), {"name": "bot", "scope": "write", "days": "90"})
    secret = answer.context["secret"]
    assert secret in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert ApiToken.objects.get().digest == ApiToken.digest_of(secret)
    assert secret not in page.get(URL).content.decode()
    assert not AuditEvent.objects.filter(detail__icontains=secret).exists()


@pytest.mark.parametrize("wrong", [{"name": ""}, {"scope": "root"}, {"days": "99999"}])
def test_a_token_form_with_errors_makes_none(page, wrong):
    answer = page.post(reverse("incidents:token_new"), {"name": "bot", "scope": "read", "days": "30", **wrong})
    assert answer.status_code == 422
    assert not ApiToken.objects.exists()


def test_a_token_never_outlives_a_year(alice):
    token, _ = issue(alice, days=5000)
    assert (token.expires_at - timezone.now()).days < 366


def test_a_revoked_token_opens_nothing(page, client, alice):
    token, secret = issue(alice)
    page.post(reverse("incidents:token_revoke", args=[token.pk]))
    assert not ApiToken.objects.exists()
    assert AuditEvent.objects.filter(verb="token.revoke").exists()


def test_nobody_revokes_or_sees_the_token_of_another(page, bob):
    token, _ = issue(bob, name="Bob's bot")
    assert page.post(reverse("incidents:token_revoke", args=[token.pk])).status_code == 404
    assert ApiToken.objects.exists()
    assert "Bob&#x27;s bot" not in page.get(URL).content.decode()


def test_only_staff_are_shown_the_way_to_the_admin(page, alice):
    assert "/admin/" not in page.get(URL).content.decode()
    alice.is_staff = True
    alice.save()
    assert "/admin/" in page.get(URL).content.decode()
