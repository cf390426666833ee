"""Facts about post-mortems that others hear. Sent after the commit; never by `post_save`."""

from django.db import transaction
from django.dispatch import Signal

revision_published = Signal()  # revision_id: a new revision is there to be read; its PDF may still be in the making
document_changed = Signal()  # postmortem_id: action items, factors, perspectives, incidents or people that its document shows changed


def tell_changed(postmortem_id: int | None) -> None:
    """Tell others, after the commit, that rows which a document shows changed. What was changed is kept whatever they make of it."""
    if postmortem_id is not None:
        transaction.on_commit(lambda: document_changed.send(sender=None, postmortem_id=postmortem_id), robust=True)
