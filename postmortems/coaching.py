"""Writes. The blameless coach at work on a post-mortem: what it would ask about, and what people decided to keep.

It only ever advises: nothing waits for it, and nothing is counted by person.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from incidents.access import Actor, require
from incidents.models import IncidentMember, User
from postmortems import blameless
from postmortems.coach import actions
from postmortems.coach.texts import ADVICE
from postmortems.models import CoachSwitch, Dismissal, Postmortem, Section

#: The kind of text that a section of this kind holds; others are prose.
KIND_OF_TEXT = {"why_tree": "five_whys", "timeline": "timeline", "actions": "document", "links": "heading", "glossary": "heading", "sharing": "heading"}
HINTS_SHOWN = 3
VAGUE = "vague_action"


@dataclass(frozen=True)
class Note:
    """A finding with what the author reads; `mentions` is how often the document has it, where one note stands for all."""

    finding: blameless.Finding
    digest: str
    mentions: int = 1

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
    return names_in([postmortem.incident_id, *postmortem.related.values_list("incident_id", flat=True)])


def names_in(incidents: Iterable[int]) -> list[str]:
    members = IncidentMember.objects.filter(incident__in=list(incidents)).select_related("user")
    return [name for member in members for name in (str(member.user), member.user.get_full_name()) if name]


def profile_of(postmortem: Postmortem) -> str:
    return postmortem.template.lint_profile if postmortem.template else "standard"


def advise(postmortem: Postmortem, section: Section, body: str, names: Iterable[str] | None = None, off: Collection[tuple[str, str]] | None = None) -> Advice:
    """Return what there is to say about `body`, which need not be stored yet, as the text of `section`."""
    if not blameless.is_english(body):
        return Advice(is_english=False)
    names = names_of(postmortem) if names is None else names
    off = switched_off() if off is None else off
    found = blameless.lint(body, KIND_OF_TEXT.get(section.kind, "prose"), names, profile_of(postmortem), off)
    return sorted_out(found, list(section.dismissals.all()))


def sorted_out(found: Sequence[blameless.Finding], dismissals: Sequence[Dismissal]) -> Advice:
    known = {row.digest: row for row in dismissals}
    digests = [digest_of(one) for one in found]
    open_ones = [Note(one, digest) for one, digest in zip(found, digests, strict=True) if digest not in known]
    causes = [note for note in open_ones if note.finding.category == "single_cause"]
    # One cause is told all through a document; one note says it.
    together = [Note(causes[0].finding, causes[0].digest, len(causes))] if causes else []
    single = [note for note in open_ones if note.finding.category != "single_cause"] + together
    single.sort(key=lambda note: note.finding.start)
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
        kept=[known[digest] for digest in dict.fromkeys(digests) if digest in known],
    )


def keep(*, actor: Actor, postmortem: Postmortem, section: Section, body: str, digest: str, reason: str) -> Dismissal | None:
    """Remember that a finding in `body` stays as it is; None when the text no longer has it."""
    require(actor, "draft")
    found = blameless.lint(body, KIND_OF_TEXT.get(section.kind, "prose"), names_of(postmortem), profile_of(postmortem))
    finding = next((one for one in found if digest_of(one) == digest), None)
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
    require(actor, "draft")
    section.dismissals.filter(digest=digest).delete()


def decide(*, actor: Actor, postmortem: Postmortem, section: Section, body: str, decision: str) -> None:
    """Do what a button of the coach says: "keep:<digest>:<reason>" or "undo:<digest>"."""
    verb, _colon, rest = decision.partition(":")
    digest, _colon, reason = rest.partition(":")
    if verb == "keep":
        keep(actor=actor, postmortem=postmortem, section=section, body=body, digest=digest, reason=reason)
    elif verb == "undo":
        undo(actor=actor, section=section, digest=digest)


def counts(postmortem: Postmortem, keys: Iterable[str]) -> list[tuple[Section, int]]:
    """Return how many notes each section has that somebody may want to look at before publishing; hints are left to the editor."""
    names, off, wanted = names_of(postmortem), switched_off(), set(keys)
    sections = [section for section in postmortem.sections.prefetch_related("dismissals") if section.key in wanted]
    numbers = [(section, len(advise(postmortem, section, section.body, names, off).notes)) for section in sections]
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
