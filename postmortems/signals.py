"""Facts about post-mortems that others hear. Sent after the commit; never by `post_save`."""

from django.dispatch import Signal

revision_published = Signal()  # revision_id: a new revision is there to be read; its PDF may still be in the making
