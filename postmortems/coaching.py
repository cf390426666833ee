"""Writes. The blameless coach at work on a post-mortem: what it would ask about, and what people decided to keep.

It only ever advises: nothing waits for it, and nothing is counted by person.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from incidents.access import Actor
from incidents.models import IncidentMember, User
from postmortems import blameless, covering, kinds
from postmortems.access import require_open
from postmortems.coach import actions
from postmortems.coach.texts import ADVICE
from postmortems.models import CoachSwitch, Dismissal, Postmortem, Section

#: What the body of a section of this kind is taken for; others are prose. What rows are taken for is in `kinds`.
KIND_OF_TEXT = {"why_tree": "five_whys", "timeline": "timeline", "actions": "document", "links": "heading", "glossary": "heading", "sharing": "heading"}
#: A row's cells by column, after the name that their inputs begin with.
RowTexts = Sequence[tuple[str, Mapping[str, str]]]
HINTS_SHOWN = 3
VAGUE = "vague_action"


@dataclass(frozen=True)
class Note:
    """A finding with what the author reads, in the input called `place`; `mentions` is how often the document has it, where one note stands for all."""

    finding: blameless.Finding
    digest: str
    mentions: int = 1
    place: str = "body"
    place_name: str = ""

    @property
    def name(self) -> str:
        return ADVICE[self.finding.category].name

    @property
    def has_rewrite(self) -> bool:
        return self.finding.rewrite is not None


@dataclass(frozen=True)
class Advice:
    """What the coach has to say about one text: `notes` to look at, `hints` about habits, and what is `kept`."""

    is_english: bool
    notes: Sequence[Note] = ()
    hints: Sequence[Note] = ()
    kept: Sequence[Dismissal] = ()

    @property
    def count(self) -> int:
        return len(self.notes) + len(self.hints)


def digest_of(finding: blameless.Finding) -> str:
    """Return what a finding is remembered by: it outlives edits elsewhere, and ends when its sentence changes."""
    parts = (finding.category, finding.text, finding.sentence)
    return hashlib.sha256("\0".join(" ".join(part.lower().split()) for part in parts).encode()).hexdigest()


def switched_off() -> frozenset[tuple[str, str]]:
    """Pairs of category and severity that the team does not want to hear about."""
    rows = CoachSwitch.objects.values_list("category", "strong", "ask", "hint")
    return frozenset((category, severity) for category, *on in rows for severity, is_on in zip(("strong", "ask", "hint"), on, strict=True) if not is_on)


def names_of(postmortem: Postmortem) -> list[str]:
    """The people of the review, whom the coach would else not know by name."""
    return names_in(covering.keys_of(postmortem))


def names_in(incidents: Iterable[int]) -> list[str]:
    members = IncidentMember.objects.filter(incident__in=list(incidents)).select_related("user")
    return [name for member in members for name in (str(member.user), member.user.get_full_name()) if name]


def profile_of(postmortem: Postmortem) -> str:
    return postmortem.template.lint_profile if postmortem.template else "standard"


@dataclass(frozen=True)
class Passage:
    """One text of a section: the input that holds it, what it is called beside a note, and what it is taken for."""

    place: str
    name: str
    text: str
    kind: str


def passages(section: Section, body: str, rows: RowTexts | None = None) -> list[Passage]:
    """Return the texts of a section that people wrote: its body, and the cells of its rows that are prose; the stored rows unless others are given."""
    kind = kinds.kind_of(section)
    found = [Passage("body", "", body, KIND_OF_TEXT.get(section.kind, "prose"))]
    if rows is None:
        rows = [(f"row-{number}-", row) for number, row in enumerate(kinds.rows_of(section.values))]
    columns = [column for column in kinds.columns_of(section) if column.is_words and column.name not in kind.quoted and kind.text != kinds.SILENT]
    return found + [
        Passage(start + column.name, f"{kinds.row_name(section).capitalize()} {number}, {column.label}", text, kind.text)
        for number, (start, row) in enumerate(rows, start=1)
        for column in columns
        if (text := row.get(column.name, "")).strip()
    ]


Found = tuple[Passage, blameless.Finding]
#: Pairs of category and severity.
Off = Collection[tuple[str, str]]


def findings(postmortem: Postmortem, texts: Iterable[Passage], names: Iterable[str], off: Off | None = None) -> list[Found]:
    names, profile = list(names), profile_of(postmortem)
    off = switched_off() if off is None else off
    return [(passage, one) for passage in texts for one in blameless.lint(passage.text, passage.kind, names, profile, off)]


def advise(
    postmortem: Postmortem, section: Section, body: str, rows: RowTexts | None = None, names: Iterable[str] | None = None, off: Off | None = None
) -> Advice:
    """Return what there is to say about `body` and `rows`, which need not be stored yet, as the text of `section`."""
    texts = passages(section, body, rows)
    if not blameless.is_english("\n".join(passage.text for passage in texts)):
        return Advice(is_english=False)
    found = findings(postmortem, texts, names_of(postmortem) if names is None else names, off)
    return sorted_out(found, list(section.dismissals.all()))


def sorted_out(found: Sequence[Found], dismissals: Sequence[Dismissal]) -> Advice:
    known = {row.digest: row for row in dismissals}
    notes = [Note(one, digest_of(one), place=passage.place, place_name=passage.name) for passage, one in found]
    open_ones = [note for note in notes if note.digest not in known]
    causes = [note for note in open_ones if note.finding.category == "single_cause"]
    # One cause is told all through a document; one note says it, where it is told first.
    single = [note for note in open_ones if note.finding.category != "single_cause" or note is causes[0]]
    single = [replace(note, mentions=len(causes)) if causes and note is causes[0] else note for note in single]
    shown: Counter[str] = Counter()
    hints = []
    for note in single:
        if note.finding.severity == "hint":
            shown[note.finding.category] += 1
            hints += [note] if shown[note.finding.category] <= HINTS_SHOWN else []
    return Advice(
        is_english=True,
        notes=[note for note in single if note.finding.severity != "hint"],
        hints=hints,
        kept=[known[digest] for digest in dict.fromkeys(note.digest for note in notes) if digest in known],
    )


def keep(*, actor: Actor, postmortem: Postmortem, section: Section, body: str, digest: str, reason: str, rows: RowTexts | None = None) -> Dismissal | None:
    """Remember that a finding in `body` or `rows` stays as it is; None when the text no longer has it."""
    require_open(actor, postmortem)
    found = findings(postmortem, passages(section, body, rows), names_of(postmortem))
    finding = next((one for _passage, one in found if digest_of(one) == digest), None)
    if finding is None:
        return None
    row, _is_new = Dismissal.objects.update_or_create(
        section=section,
        digest=digest,
        defaults={
            "category": finding.category,
            "words": finding.text[:200],
            "passage": finding.sentence[:1000],
            "reason": reason if reason in Dismissal.Reason.values else Dismissal.Reason.OTHER,
            "created_by": actor if isinstance(actor, User) else None,
        },
    )
    return row


def undo(*, actor: Actor, section: Section, digest: str) -> None:
    """Let the coach speak of it again."""
    require_open(actor, section.postmortem_id)
    section.dismissals.filter(digest=digest).delete()


def decide(*, actor: Actor, postmortem: Postmortem, section: Section, body: str, decision: str, rows: RowTexts | None = None) -> None:
    """Do what a button of the coach says: "keep:<digest>:<reason>" or "undo:<digest>"."""
    verb, _colon, rest = decision.partition(":")
    digest, _colon, reason = rest.partition(":")
    if verb == "keep":
        keep(actor=actor, postmortem=postmortem, section=section, body=body, digest=digest, reason=reason, rows=rows)
    elif verb == "undo":
        undo(actor=actor, section=section, digest=digest)


def counts(postmortem: Postmortem, keys: Iterable[str]) -> list[tuple[Section, int]]:
    """Return how many notes each section has that somebody may want to look at before publishing; hints are left to the editor."""
    names, off, wanted = names_of(postmortem), switched_off(), set(keys)
    sections = [section for section in postmortem.sections.prefetch_related("dismissals") if section.key in wanted]
    numbers = [(section, len(advise(postmortem, section, section.body, names=names, off=off).notes)) for section in sections]
    return [(section, number) for section, number in numbers if number]


# Action items ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ActionAdvice:
    """What the coach has to say about an action item: `notes` on its wording, `gaps` in what is known of it."""

    notes: Sequence[Note] = ()
    gaps: Sequence[actions.Gap] = ()


def advise_action(given: actions.Given, names: Iterable[str] = (), off: Collection[tuple[str, str]] | None = None) -> ActionAdvice:
    """Return what there is to say about an action item as it stands in a form or in the table."""
    off = switched_off() if off is None else off
    found = blameless.lint(given.title, "action", names, off=off) if blameless.is_english(given.title) else []
    gaps = [] if (VAGUE, "ask") in off else list(actions.gaps(given))
    if any(one.category == VAGUE for one in found):  # which asks for the same, with the words that made it ask
        gaps = [gap for gap in gaps if gap.rule != actions.DONE_WHEN_MISSING]
    return ActionAdvice([Note(one, digest_of(one)) for one in found if one.severity != "hint"], gaps)


def wording_of(titles: Sequence[str]) -> list[str]:
    """Return for each title of a list what the coach would ask first, in the name of its category; empty where it would not."""
    off = switched_off()
    firsts = [next(iter(advise_action(actions.Given(title), off=off).notes), None) for title in titles]
    return [note.name if note else "" for note in firsts]
