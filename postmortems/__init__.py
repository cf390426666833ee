"""Post-mortems: from a timeline to a published, searchable revision. THE SECOND HALF OF THE MAP.

      seeding.py        the built-in templates, from seeds/
      authoring.py      templates and their versions (template_content.py and template_yaml.py are pure); moving.py takes a post-mortem to a newer one
      learning.py       what is known of an incident -> how deep (sizing.py) and which template (choosing.py), both pure; assessing.py stores the answers
      fields.py         the fields of a section, from the lines that define them (pure)
      prefill.py        incident -> first text of each section (pure)
      drafting.py       incident + template -> Postmortem; saves sections by compare-and-set
      completeness.py   sections -> what is still missing (pure); overview.py reads what it asks for
      blameless.py      a text -> what could be said without a verdict on people (pure; its rules are in coach/); coaching.py asks for a post-mortem
      action_items.py   what the team decided to change, followed to the end
      document.py       rows -> one frozen, JSON-able document
      publishing.py     document -> Revision n+1, immutable, hashed
      rendering/        document -> HTML, PDF, Markdown (pure)
      search/           published revisions -> index and ranked results, one module an engine

`incident_hooks.py` is the only seam to the incidents app. `incidents/__init__.py` is the first half of the map.
"""
