"""Changing the keys that seal secrets: all of them or none."""

import pytest
from django.core.management import CommandError, call_command

from incidents.lib import signing
from incidents.lib.sealing import SealError
from incidents.models import EndpointSecret
from tests.factories import make_endpoint
from tests.installation import ROOT

pytestmark = pytest.mark.django_db

OLD, NEW = "an old key of many random characters", "a new key of many random characters"


def test_secrets_move_to_the_first_key(settings, capsys):
    settings.FIELD_KEYS = [OLD]
    endpoints = [make_endpoint(secret=f"test-secret-{number}") for number in range(3)]
    settings.FIELD_KEYS = [NEW, OLD]
    call_command("rotate_field_keys")
    assert "3 secrets" in capsys.readouterr().out
    settings.FIELD_KEYS = [NEW]
    assert [each.secrets.get().reveal(each) for each in endpoints] == [f"test-secret-{number}" for number in range(3)]


def test_a_lost_key_changes_nothing(settings):
    settings.FIELD_KEYS = [OLD]
    make_endpoint()
    settings.FIELD_KEYS = [NEW]
    make_endpoint()
    before = list(EndpointSecret.objects.values_list("sealed", flat=True))
    with pytest.raises(CommandError, match="field keys"):
        call_command("rotate_field_keys")
    assert list(EndpointSecret.objects.values_list("sealed", flat=True)) == before


def test_a_sealed_secret_opens_for_its_endpoint_only():
    one, other = make_endpoint(), make_endpoint()
    with pytest.raises(SealError):
        one.secrets.get().reveal(other)


def test_the_page_about_webhooks_names_every_scheme():
    text = (ROOT / "docs" / "webhooks.md").read_text()
    assert not [name for name in signing.SCHEMES if f"| `{name}` |" not in text]
