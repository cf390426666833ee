"""Pure. The blameless coach: lint a text for verdicts on people. Step: between writing and review; the rules are in `coach/`.

Advice, never a gate. Finding nothing does not mean that a text is blameless, and nothing here counts anything by person.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from postmortems.coach import actions, audiences, masking
from postmortems.coach.lookup import lookup
from postmortems.coach.rules import Rule, Search, Severity
from postmortems.coach.texts import ADVICE
from postmortems.coach.words import HOLE, MARK, mark_people

KINDS = ("prose", "action", "timeline", "heading", "chat", "five_whys")
PROFILES = ("standard", "sre", "learning", "light", "public")
LIMIT = 1_000_000
#: A few of the commonest English words: a text without them is in another language.
ENGLISH = re.compile(r"\b(?:the|a|an|of|to|and|in|is|was|were|that|it|for|on|with|as|by|this|not|we|be|are|at|from|had|have|our|which)\b", re.IGNORECASE)
#: The same of some neighbours, without the words that English has as well.
OTHER = re.compile(
    r"\b(?:der|das|und|nicht|ein|eine|hat|wurde|den|dem|mit|von|zu|auf|ist|le|la|les|des|et|est|une|dans|pas|pour|que|qui|sur|el|los|las|del|una|por|con|se|y|est[aá]|il|di|che|per|non|della"
    r"|het|een|van|niet|dat|zijn|werd|voor|och|att|det|som|inte|ikke|og|til|nie|na|się|do|przez|jest|foi|n[aã]o|uma|os|ao)\b",
    re.IGNORECASE,
)
LETTER = re.compile(r"[^\W\d_]")
LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
WORD = re.compile(r"[^\W\d_]{2,}")
#: The first says it better than the others, where they mean the same words.
YIELDS = {
    "HS3": ("PB1", "PB3"),
    "CF8c": ("PB8c",),
    "PB6c": ("SC2",),
    "PB6": ("JU1",),
    "CF10": ("PB3",),
    "HS4": ("CF4",),
    "PB8b": ("CF8",),
    "PB21": ("SC2", "PB6c"),
    "PB1": ("XF2", "XF3", "XF5"),
    "PB10": ("XF2", "XF3", "XF5"),
    "PB19": ("PB5", "XF2", "XF4"),
    "PB5": ("PE3", "XF2", "XF4"),
    "JU2": ("PB10",),
    "HE1": ("PB10", "PB22"),
    "HE2": ("PB1",),
    "PB22": ("PB10",),
    "HS2b": ("PB3", "CF2", "PM1"),
    "HS6": ("PM1",),
    "PU1": ("VA1", "VA2"),
    "PU2": ("VA1", "VA2"),
    "PU3": ("VA2",),
    "VA9": ("PU10",),
}
#: What stands before the words of a finding and is none of them.
LEADING = ' \t\r\n-*+•>("“,;:.—–|'
STUB = Rule("VA3", "vague_action", "ask", r"(?!)")
WHY = Rule("LQ1", "why_question", "hint", r"(?!)")
EXPOSED = Rule("PX1", "exposure", "strong", r"(?!)")


@dataclass(frozen=True)
class Finding:
    """`start` and `end` are offsets in characters of the text; `rewrite` may safely stand instead, None where only a person can tell."""

    category: str
    rule: str
    severity: Severity
    start: int
    end: int
    text: str
    sentence: str
    rewrite: str | None = None

    @property
    def message(self) -> str:
        return ADVICE[self.category].reason

    @property
    def suggestion(self) -> str:
        return ADVICE[self.category].question


def lint(text: str, kind: str = "document", names: Iterable[str] = (), profile: str = "standard", off: Collection[tuple[str, str]] = ()) -> list[Finding]:
    """Return what the coach would ask about, in the order of the text.

    Kind "document" takes prose and finds timelines and action items by their headings. `names` are the people of this review,
    `off` pairs of category and severity that nobody wants to hear about.
    """
    if kind in ("heading", "chat") or not text.strip():
        return []
    text = text[:LIMIT]
    original, text = text, text.replace("\r", " ")
    letters = masking.masked(text, kind)
    known = tuple(sorted(set(names)))
    found: list[Finding] = []
    for block in masking.blocks(text, kind):
        for number, sentence in enumerate(masking.sentences(letters, block)):
            if kind == "document" and sentence.kind == "action" and number:
                sentence = replace(sentence, kind="prose")  # an item says what is to be done, and goes on to tell why
            found += [one for one in findings(original, letters, sentence, known) if kind == "action" or one.rule != STUB.id]
            if profile == "learning":
                found += defensive(original, letters, sentence)
    if profile == "public":
        found += exposures(original, known)
    return [one for one in profiled(found, profile) if (one.category, one.severity) not in off]


def defensive(text: str, letters: str, sentence: masking.Sentence) -> Iterator[Finding]:
    whole = text[sentence.start : sentence.end].strip()
    for start, end in audiences.defensive(letters[sentence.start : sentence.end].replace("\n", " ")):
        yield finding(WHY, text, sentence.start + start, sentence.start + end, whole)


def exposures(text: str, names: tuple[str, ...]) -> Iterator[Finding]:
    for start, end in audiences.exposed(text, names):
        first, last = text.rfind("\n", 0, start) + 1, text.find("\n", end)
        yield finding(EXPOSED, text, start, end, text[first : last if last >= 0 else len(text)].strip()[:1000])


def is_english(text: str) -> bool:
    """Tell whether the coach can read this at all. Of a few words nobody can tell; they are taken for English unless they look like another language."""
    letters, words, english = len(LETTER.findall(text)), len(WORD.findall(text)), len(ENGLISH.findall(text))
    if len(LATIN.findall(text)) < letters * 0.7 or len(OTHER.findall(text)) > max(english, 1):
        return False
    return words < 12 or english >= words * 0.1


def findings(text: str, letters: str, sentence: masking.Sentence, names: tuple[str, ...]) -> Iterator[Finding]:
    plain = letters[sentence.start : sentence.end].replace("\n", " ")
    if not plain.strip(f" {HOLE}") or masking.is_title(plain):
        return
    is_question = plain.rstrip(" \"”'’)*").endswith("?")
    lower, people_in_it = " ".join(plain.lower().replace("’", "'").split()), mark_people(plain, names)
    whole = text[sentence.start : sentence.end].strip()
    is_tracked = bool(actions.TRACKED.search(whole))
    taken: dict[str, list[tuple[int, int]]] = {}
    here: list[Finding] = []
    for rule, searches in lookup().possible(lower):
        if not rule.reads(sentence.kind) or is_question and not rule.reads_questions or rule.needs_person and MARK not in people_in_it:
            continue
        if is_tracked and rule.category == "vague_action":
            continue
        for start, end in matches(rule, searches, plain, people_in_it):
            if any(start < there and here < end for here, there in taken.get(rule.category, [])):
                continue
            taken.setdefault(rule.category, []).append((start, end))
            here.append(finding(rule, text, sentence.start + start, sentence.start + end, whole))
    for one in here:
        if not any(one.rule in YIELDS.get(other.rule, ()) and one.start < other.end and other.start < one.end for other in here):
            yield one
    if sentence.kind == "action" and not {"vague_action", "punitive_action"} & {*taken} and not masking.is_part(plain) and actions.is_stub(plain):
        start = len(plain) - len(plain.lstrip(" -*+•"))
        yield finding(STUB, text, sentence.start + start, sentence.start + len(plain.rstrip()), whole)


def matches(rule: Rule, searches: list[Search], plain: str, people_in_it: str) -> Iterator[tuple[int, int]]:
    if rule.category == "vague_action" and actions.EVIDENCE.search(plain):
        return
    texts = [people_in_it] if rule.about_people else []
    texts += [] if rule.needs_person else [plain]
    found = [(text, one) for text in texts for search in searches for one in search.pattern.finditer(text) if one.group()]
    if not found or rule.excuse and (rule.excuse.search(plain) or rule.excuse.search(people_in_it)):
        return
    for text, one in sorted(found, key=lambda hit: hit[1].start()):
        # A mark stands at the end of a word, and the word belongs to what is found.
        start = plain.rfind(" ", 0, one.start()) + 1 if text[one.start()] == MARK else one.start()
        yield start, one.end()


def finding(rule: Rule, text: str, start: int, end: int, sentence: str) -> Finding:
    words = text[start:end]
    start, end = start + len(words) - len(words.lstrip(LEADING)), end - len(words) + len(words.rstrip())
    words = text[start:end]
    return Finding(rule.category, rule.id, rule.severity, start, end, words, sentence, rewritten(rule, words))


def rewritten(rule: Rule, words: str) -> str | None:
    for pattern, instead in rule.rewrite:
        changed, number = re.subn(pattern, instead, words, count=1)
        if number:
            return changed
    return None


def profiled(found: list[Finding], profile: str) -> Iterator[Finding]:
    """Weigh the findings as a template's profile wants it; the first of one cause stands for all."""
    causes = 0
    for one in sorted(found, key=lambda finding: (finding.start, finding.end)):
        if one.category == "single_cause":
            causes += 1
            if causes > 1 or profile == "sre":
                one = replace(one, severity="hint")
            if profile == "sre" and causes > 1:
                continue
        if profile == "light" and one.severity != "strong":
            continue
        if profile == "public" and one.category in ("person_blame", "human_error"):
            one = replace(one, severity="strong")
        yield one
