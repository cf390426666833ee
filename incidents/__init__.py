"""Incidents: from raw exports to one objective timeline, its milestones and measures. THE MAP, in the order of the route.

    file / webhook / API
      webhooks.py        who sent it (lib/signing.py, senders.py), kept before it is answered; endpoints.py keeps the addresses and secrets
      models/intake.py   Delivery: raw bytes stored first, with sha256, sender and time
      assigning.py       a webhook's delivery -> its incident, as routing.py and conditions.py decide (pure), or the inbox
      sources/           payload -> EventDraft (pure, streaming); one file a vendor
      looking.py         what a file is, its options and columns; intake.py: drafts -> rows, idempotent, one report
      mappings.py        what columns and keys mean, as people said once, for later files like them
      timeline.py        rows -> ordered entries: days, folds (pure); timeline_filters.py (pure) what is asked for, timeline_query.py reads one window
      fusion.py          events -> which are the same fact (pure); clocks.py by how much a source's clock was off (pure); fusing.py keeps both as rows
      milestones.py      entries -> impact start, detected, ... each with evidence and rule (pure; milestone_words.py has the words)
      metrics.py         milestones -> MTTD, MTTA, MTTM, MTTR with their state (pure)
      quality.py         entries and what surrounds them -> findings (pure; mentions.py: who is called upon); quality_query.py reads what it looks at
      measuring.py       writes what milestones.py, metrics.py and quality.py found
      lifecycle.py       declare, edit, curate: every change a person makes to an incident

catalogue.py reads the list of incidents; custom_fields.py (pure) has the fields that administrators add to them,
in custom_field_admin.py, and custom_field_values.py (pure) takes values for them.
Around it: access.py (who may see or do what), jobs.py (work that must happen), hooks.py and signals.py (what other apps answer or hear),
lib/ (no models, no app imports). `postmortems/__init__.py` is the second half of the map.
"""
