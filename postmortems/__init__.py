"""Post-mortems: from a timeline to a published, searchable revision. THE SECOND HALF OF THE MAP.

      seeding.py        the built-in templates, from seeds/
      fields.py         the fields of a section, from the lines that define them (pure)
      prefill.py        incident -> first text of each section (pure)
      drafting.py       incident + template -> Postmortem; saves sections by compare-and-set
      completeness.py   sections -> what is still missing (pure); overview.py reads what it asks for
      blameless.py      a text -> what could be said without a verdict on people (pure; its rules are in coach/); coaching.py asks for a post-mortem
      steps.py          when steps are due and what completes them (pure; workdays.py counts); stepping.py settles and dates them, step_facts.py asks what is true
      participating.py  who takes part; invitees.py finds them in the timeline (responders.py, pure: who is who); unnamed.py (pure) leaves out names
      action_items.py   what the team decided to change, followed to the end
      document.py       rows -> one frozen, JSON-able document
      publishing.py     document -> Revision n+1, immutable, hashed
      rendering/        document -> HTML, PDF, Markdown (pure)
      search/           published revisions -> index and ranked results, one module an engine

`incident_hooks.py` is the only seam to the incidents app. `incidents/__init__.py` is the first half of the map.
"""
