"""Facts that other apps hear. Sent by functions that changed something, after the commit; never by `post_save`."""

from django.dispatch import Signal

incident_changed = Signal()  # incident_id: title, severity, services, tags, privacy, a milestone, the timeline or what is open about its quality changed
