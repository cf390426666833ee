"""Writes. Deliveries of webhooks that came to nothing are forgotten after a while: no incident stands on them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.storage import default_storage

from incidents.models import Delivery

State = Delivery.State
AT_ONCE = 5_000


def forget_strays(now: datetime) -> int:
    """Delete what webhooks brought and no incident holds, received more than `DEBRIEF_WEBHOOK_KEEP_DAYS` ago; return how many.

    What an incident holds is evidence and stays for ever. A file goes when no other delivery has the same bytes.
    """
    before = now - timedelta(days=settings.WEBHOOK_KEEP_DAYS)
    strays = Delivery.objects.filter(incident=None, channel=Delivery.Channel.WEBHOOK, received_at__lt=before)
    strays = strays.filter(state__in=[State.HELD, State.REFUSED, State.IGNORED, State.NEEDS_ANSWER])
    found = dict(strays.order_by("pk").values_list("pk", "stored_as")[:AT_ONCE])
    Delivery.objects.filter(pk__in=list(found)).delete()
    names = set(found.values())
    for name in names - set(Delivery.objects.filter(stored_as__in=names).values_list("stored_as", flat=True)):
        default_storage.delete(name)
    return len(found)
