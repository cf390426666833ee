"""What is forgotten, and what never."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from incidents import endpoints, retention, webhooks
from incidents.access import SYSTEM
from incidents.models import Delivery
from tests.factories import make_incident

pytestmark = pytest.mark.django_db


def test_what_webhooks_brought_and_nobody_placed_is_forgotten_in_the_end():
    endpoint, _secret = endpoints.create(actor=SYSTEM, name="Anything", source="json", scheme="header")
    for number, body in enumerate((b'{"message": "first"}', b'{"message": "second"}', b'{"message": "second"}')):
        webhooks.keep(endpoint, body, "json", str(number))
    first, second, third = Delivery.objects.order_by("pk")
    Delivery.objects.update(state="held", received_at=timezone.now() - timedelta(days=91))
    Delivery.objects.filter(pk=third.pk).update(incident=make_incident())
    assert retention.forget_strays(timezone.now() - timedelta(days=2)) == 0
    assert retention.forget_strays(timezone.now()) == 2
    assert list(Delivery.objects.all()) == [third]
    assert not default_storage.exists(first.stored_as)
    assert default_storage.exists(second.stored_as)  # the evidence of the third has the same bytes
