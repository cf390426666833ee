"""Post-mortems: from a timeline to a published, searchable revision. THE SECOND HALF OF THE MAP.

Beginning
      seeding.py        the built-in templates, their rules and the catalogue of factors, from seeds/
      authoring.py      templates and their versions (template_content.py and template_yaml.py are pure); moving.py takes a post-mortem to a newer one
      learning.py       what is known of an incident -> how deep (sizing.py) and which template (choosing.py), both pure; assessing.py stores the answers
      near_misses.py    a short report -> a light incident and its document, and the thanks for it
      covering.py       which further incidents a post-mortem covers
      prefill.py        incident -> first text of each section (pure)
      drafting.py       incident + template -> Postmortem; saves sections by compare-and-set

The people and the meeting
      steps.py          when steps are due and what completes them (pure; workdays.py counts); stepping.py settles and dates them, step_facts.py asks what is true
      participating.py  who takes part; invitees.py finds them in the timeline (pure: people.py says who is who, responders.py who responded)
      facilitation/     texts, agendas, questions and an order of conversations for the facilitator (pure); console.py reads them what they ask for
      meetings.py       the meeting: planned, run by the clock, held or waived; invitations.py makes its calendar file
      surveying.py      three questions after the meeting, without names; survey_results.py (pure) says what may be shown of them
      parking.py        ideas that soak before they become action items
      hearing.py        who was heard before the meeting, in numbers; talking.py keeps conversations, calibrating.py shows the draft, caring.py asks how people are
      perspectives.py   what people saw and knew, and what they confided; telling.py gives what is shared to the document

Writing
      fields.py         the fields and columns of a section, from the lines that define them (pure)
      kinds.py          what each kind of section holds, as data; rows.py moves, nests and merges rows, row_checks.py asks what is missing (all pure)
      completeness.py   sections -> what is still missing (pure); overview.py reads what it asks for
      blameless.py      a text -> what could be said without a verdict on people (pure; its rules are in coach/); coaching.py asks for a post-mortem
      commenting.py     comments and mentions; anchors.py and parts.py (pure) keep them on their words and rows, discussion.py reads them; presence.py says who is here
      evidence.py       citations of timeline entries, key entries nobody used; claims.py (pure) finds sentences without evidence
      pictures.py       pictures in texts: checked, made anew, frozen with what shows them
      factors.py        what a factor lacks and which kind its words suggest (pure); factoring.py writes them
      chains.py         the questions that lead to a factor (pure); chaining.py makes one of an answer
      vocabularies.py   words of other vocabularies -> the catalogue (pure); factor_file.py (pure) reads a table of them, translating.py brings factors in
      coding.py         factors sorted by a second reader; agreement.py (pure) says how far the two agree
      action_items.py   what the team decided to change, followed to the end; action_quality.py (pure) asks whether anybody could check it

Review and publication
      states.py         the states of a post-mortem and the moves between them (pure)
      approval.py       which approvals are needed, given, lapsed (pure); approvals.py reads what it asks about
      reviewing.py      submitting, deciding, handing over; every change of state is kept
      lapsing.py        what is approved goes back to review when what it shows changes
      document.py       rows -> one frozen, JSON-able document; document_timeline.py has its entries, document_factors.py its factors,
                        document_fields.py the incidents' fields; document_names.py says who is named, naming.py (pure) puts roles for names
      looking_back.py   three lines, three months later: with the post-mortem, and in its next revision
      publishing.py     document -> Revision n+1, immutable, hashed
      rendering/        document -> HTML, PDF, Markdown (pure)
      search/           published revisions -> index and ranked results, one module an engine

`incident_hooks.py` is the only seam to the incidents app. `incidents/__init__.py` is the first half of the map.
"""
