"""The administration's site: who gets in and how, its groups, and what is mended of Django's pages without a browser."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.urls import reverse

from config.administration import GROUPS
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "a long pass phrase"  # what make_user sets


@pytest.fixture
def root():
    return make_user("root", role="admin", is_staff=True, is_superuser=True)


@pytest.fixture
def operator(client, root):
    client.force_login(root)
    return client


def test_signing_in_is_the_products_own_page(client, root):
    """Django's form would ask for no second factor and count no attempts."""
    entered = client.get("/admin/", follow=True)
    assert entered.redirect_chain[-1][0].startswith(reverse("account_login"))
    assert client.post("/admin/login/", {"username": root.username, "password": PASSWORD}).url.startswith(reverse("account_login"))
    assert "_auth_user_id" not in client.session


def test_who_is_no_operator_is_told_so(client):
    client.force_login(make_user("ana"))
    assert client.get("/admin/", follow=True).status_code == 403


def test_the_password_is_changed_on_the_products_own_page(operator):
    assert operator.get("/admin/password_change/").url == reverse("account_change_password")


def test_every_model_is_in_one_group(operator, rf, root):
    request = rf.get("/admin/")
    request.user = root
    shown = [one["model"] for group in admin.site.get_app_list(request) for one in group["models"]]
    assert sorted(map(str, shown)) == sorted(map(str, admin.site._registry))
    named = {label for labels in GROUPS.values() for label in labels}
    assert named <= {model._meta.label_lower for model in admin.site._registry}
    page = operator.get("/admin/").content.decode()
    assert [page.index(f"<caption>{name}</caption>") for name in GROUPS] == sorted(page.index(f"<caption>{name}</caption>") for name in GROUPS)


def test_the_secret_of_a_second_factor_is_not_shown_and_the_factor_can_be_taken_away(operator):
    factor = Authenticator.objects.create(user=make_user("ana"), type="totp", data={"secret": "JBSWY3DPEHPK3PXP"})
    page = operator.get(reverse("admin:mfa_authenticator_change", args=[factor.pk]))
    assert page.status_code == 200 and "JBSWY3DPEHPK3PXP" not in page.content.decode()
    assert operator.get(reverse("admin:mfa_authenticator_add")).status_code == 403
    operator.post(reverse("admin:mfa_authenticator_delete", args=[factor.pk]), {"post": "yes"})
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("model", [model for model, one in admin.site._registry.items() if one.list_editable], ids=lambda model: model._meta.model_name)
def test_fields_in_a_list_say_what_they_are_and_of_which_row(operator, model):
    page = operator.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")).content.decode()
    fields = re.findall(r'<(?:input|select)\b[^>]*name="form-\d+-(?!id")[^>]*>', page)
    assert fields or not model._default_manager.exists()
    assert not [one for one in fields if 'aria-label="' not in one or "aria-describedby" in one]


def test_words_of_a_page_name_what_it_is_of(operator):
    page = operator.get(reverse("admin:incidents_severity_changelist")).content.decode()
    assert "<h1>Severities</h1>" in page and "<title>Severities · Debrief</title>" in page
