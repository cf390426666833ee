"""Pure. Events of a timeline -> which of them are the same fact, told by two sources or by two deliveries of one.

Structure comes first: a link or an id that the other repeats; then its title inside the other's words; then words alike.
Each pair has its rule, confidence and reason. Two events are only compared when they say the same thing happened (a
trigger is no resolve), and within one source only across deliveries. `settle` turns accepted pairs into entries: one
event leads, the others are its further evidence. A person's word wins over a rule's.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from rapidfuzz import fuzz

#: How far apart two sources may put the same fact, by what connects them.
ID_WINDOW = timedelta(minutes=20)
TITLE_WINDOW = timedelta(minutes=10)
WORD_WINDOW = timedelta(minutes=5)
REPEAT_WINDOW = timedelta(seconds=60)  # for what a source says again and again
SAME_INSTANT = timedelta(seconds=1)
REDELIVERY = timedelta(seconds=2)  # within one source, any later and it happened again
NEIGHBOURS = 40  # compared by words, at most, for each event
ALIKE = 86  # of 100, from which words count as the same
TEXT_LIMIT = 600

#: What sort of fact a kind speaks of. Vendors' meanings are kept: a recovery and a resolution may be one fact, the entry that leads says which.
FAMILIES = {
    "alert": "trouble", "page": "trouble", "impact": "trouble", "acknowledgement": "ack", "escalation": "escalation", "resolution": "end", "recovery": "end",
    "mitigation": "mitigation", "change": "change", "severity": "severity", "role": "role", "status": "status",
}  # fmt: skip
#: Kinds that a chat gives to what a bot posts: what it speaks of is in its words.
LOOSE = frozenset({"message", "note", "communication", "status"})
PHASES = (
    ("end", re.compile(r"\b(?:resolved|recovered|recovery|closed|back to normal|cleared|\[?ok\]?:)(?!\w)", re.I)),
    ("ack", re.compile(r"\back(?:ed|nowledged?)?\b", re.I)),
    ("escalation", re.compile(r"\bescalat(?:ed|ion)\b", re.I)),
    ("trouble", re.compile(r"\b(?:trigger(?:ed)?|firing|fired|alert(?:ing)?|alarm|critical|opened|paged|down|problem)\b", re.I)),
)
BOT = re.compile(
    r"bot\b|\bapp\b|\balerts?\b|alertmanager|webhook|pagerduty|opsgenie|grafana|datadog|prometheus|sentry|statuspage|jenkins|github|gitlab|incident\.io", re.I
)
LINK = re.compile(r"https?://[^\s<>|)\]\"']+")
#: What a vendor's id looks like: letters and digits together, or long capitals; dates and plain words are none.
ID = re.compile(r"(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9][\w-]{5,63}|[A-Z0-9]{7,32}")
#: What a rule or monitor is called: CheckoutErrorRateHigh, orders_db_connections.
NAME = re.compile(r"\b(?:[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*){1,}|[a-z0-9]+(?:_[a-z0-9]+){2,})\b")
DIGITS = re.compile(r"\d+")
STAMP = re.compile(r"20\d{6}|\d+")
#: Words that every tool puts around a title.
AROUND = re.compile(
    r"\b(?:alert(?:s|ing)?|triggered?|firing|fired|resolved?|recovered|acknowledged?|acked|opened|closed|incident|service|status|critical|warning|high|low"
    r"|sev\s?\d|p[1-5]|via|by|on|is|was|has|been|the|a|an|for|of|in|to|at|and)\b|[\[\](){}*_~`|<>#:;,.!?\"'“”–—-]+",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One event as far as it is compared. `structural` when its kind came from a field and not from words."""

    id: int
    at: datetime
    source: str
    kind: str = "message"
    text: str = ""
    delivery: int | None = None
    incident: int = 0
    actor: str = ""
    url: str = ""
    key: str = ""
    milestone: str = ""
    precision: str = "second"
    structural: bool = False
    curated: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """Two facts that look the same, the smaller id first. `sure` when nothing is left for a person to decide."""

    first: int
    second: int
    rule: str
    confidence: float
    reason: str
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """A decision on two facts, as `settle` takes it."""

    first: int
    second: int
    same: bool
    by_person: bool = False
    confidence: float = 1.0


@dataclass(slots=True)
class Words:
    """What is compared of a fact, worked out once."""

    fact: Fact
    families: frozenset[str]
    is_bot: bool
    ids: frozenset[str]  # in its link and its key: what its own tool calls it
    said: frozenset[str]  # anything in its words that may be an id
    links: frozenset[str]
    title: str
    names: frozenset[str]
    repeats: bool = False  # its source says so more than once


def propose(facts: Iterable[Fact], window: timedelta = ID_WINDOW) -> list[Match]:
    """Return the pairs that look the same, each event at most once with every other source. The order of `facts` does not matter."""
    rows = sorted((words_of(fact) for fact in facts), key=lambda row: (row.fact.at, row.fact.id))
    said = Counter((row.fact.source, row.fact.delivery, phrase(row)) for row in rows)
    for row in rows:
        row.repeats = said[row.fact.source, row.fact.delivery, phrase(row)] > 1
    found: dict[tuple[int, int], tuple[Match, timedelta]] = {}
    for one, two, check in candidates(rows):
        key = (min(one.fact.id, two.fact.id), max(one.fact.id, two.fact.id))
        match = check(one, two, window) if key not in found else None
        if match is not None:
            found[key] = (match, abs(one.fact.at - two.fact.at))
    return best(found.values(), {row.fact.id: row.fact for row in rows})


def phrase(row: Words) -> tuple[str, ...]:
    """Return what stays the same each time its source says so."""
    return (row.fact.kind, *(sorted(row.names) or [DIGITS.sub("#", row.title)]))


def candidates(rows: list[Words]) -> Iterator[tuple[Words, Words, Callable[[Words, Words, timedelta], Match | None]]]:
    """Yield pairs worth a comparison, strongest rules first: those that share an id or a link, then neighbours in time."""
    by_name: dict[str, list[Words]] = defaultdict(list)
    owners: dict[str, list[Words]] = defaultdict(list)
    for row in rows:
        for name in row.ids | row.links:
            owners[name].append(row)
        for name in row.ids | row.links | row.said:
            by_name[name].append(row)
    for name in sorted(owners):
        for one in owners[name][:NEIGHBOURS]:
            for two in by_name[name][: NEIGHBOURS * 2]:
                if comparable(one, two):
                    yield one, two, by_structure
    for number, one in enumerate(rows):
        for two in rows[number + 1 : number + 1 + NEIGHBOURS]:
            if two.fact.at - one.fact.at > TITLE_WINDOW:
                break
            if comparable(one, two):
                yield one, two, by_words


def comparable(one: Words, two: Words) -> bool:
    a, b = one.fact, two.fact
    if a.id == b.id or a.incident != b.incident or (a.milestone and b.milestone and a.milestone != b.milestone):
        return False
    if a.source == b.source:
        return a.delivery != b.delivery and a.kind == b.kind and abs(a.at - b.at) <= REDELIVERY
    if a.kind in LOOSE and b.kind in LOOSE and not (one.is_bot or two.is_bot):
        return a.text == b.text and bool(a.text)  # people say alike things; only the same words are the same
    return bool(one.families & two.families)


def by_structure(one: Words, two: Words, window: timedelta) -> Match | None:
    """Compare two that share a link or an id."""
    a, b = one.fact, two.fact
    apart = distance(a, b)
    if apart > window:
        return None
    if not spoken_by_tool(one, two) and fuzz.token_set_ratio(one.title, two.title) < 60:
        return None  # somebody mentions it
    shared = sorted((one.links & (two.links | two.ids)) | (two.links & one.ids))
    ids = sorted((one.ids & (two.ids | two.said)) | (two.ids & one.said))
    if not shared and not ids:
        return None
    rule, name = ("same id", ids[0]) if ids else ("same link", shared[0])
    doubt = 0.0 if certain_family(one) and certain_family(two) else 0.1
    confidence = (0.95 if rule == "same id" else 0.9) - doubt - (0.1 if apart > TITLE_WINDOW else 0.0)
    sure = apart <= SAME_INSTANT and doubt == 0 and a.precision == b.precision == "second"
    what = f"Both name {name[:80]}" if rule == "same id" else f"Both link to {name[:120]}"
    return match(a, b, rule, 0.98 if sure else confidence, f"{what}{after(apart)}.", sure)


def by_words(one: Words, two: Words, window: timedelta) -> Match | None:
    """Compare two by their titles."""
    a, b = one.fact, two.fact
    apart = distance(a, b)
    if (one.repeats or two.repeats) and apart > REPEAT_WINDOW:
        return None  # which of its times, nobody can tell
    short, long = sorted((one, two), key=lambda row: len(row.title))
    words = short.title.split()
    if not one.names & two.names and (not words or not (len(words) > 1 or len(words[0]) >= 8) or len(short.title) < 8):
        return None
    if not spoken_by_tool(one, two) and one.title != two.title:
        return None
    if a.source == b.source:
        return (
            match(a, b, "same words", 0.85, f"Two deliveries have the same words{after(apart)}.") if one.title == two.title and len(one.title) >= 12 else None
        )
    sure_of_kind = certain_family(one) and certain_family(two)
    if f" {short.title} " in f" {long.title} " and apart <= TITLE_WINDOW:
        confidence = 0.85 if sure_of_kind else 0.7
        return match(a, b, "same title", confidence - 0.1 * (apart > WORD_WINDOW), f"“{short.title[:80]}” stands in both{after(apart)}.")
    if apart <= WORD_WINDOW and sure_of_kind and (shared := sorted(one.names & two.names)):
        return match(a, b, "same name", 0.8, f"Both name {shared[0][:80]}{after(apart)}.")
    if apart > WORD_WINDOW or len(words) < 2:
        return None
    alike = fuzz.token_sort_ratio(one.title, two.title)
    if alike < ALIKE:
        return None
    return match(a, b, "same words", round((0.7 if sure_of_kind else 0.55) + (alike - ALIKE) / 100, 2), f"Their words agree by {alike:.0f} %{after(apart)}.")


def match(a: Fact, b: Fact, rule: str, confidence: float, reason: str, sure: bool = False) -> Match:
    return Match(min(a.id, b.id), max(a.id, b.id), rule, round(confidence, 2), reason[:300], sure)


def after(apart: timedelta) -> str:
    seconds = int(apart.total_seconds())
    if seconds < 1:
        return ", at the same time"
    return f", {seconds} s apart" if seconds < 120 else f", {seconds // 60} min apart"


#: How long a stated time may stretch.
SPANS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


def distance(a: Fact, b: Fact) -> timedelta:
    """Return how far apart two facts are at least, given how finely they are stated."""
    early, late = (a, b) if a.at <= b.at else (b, a)
    return max(timedelta(0), late.at - early.at - SPANS.get(early.precision, timedelta(0)))


def spoken_by_tool(one: Words, two: Words) -> bool:
    """Whether each is a tool's own event or a bot's message; what people say about it is another fact."""
    return all(row.is_bot or row.fact.kind not in LOOSE and row.fact.structural for row in (one, two))


def certain_family(row: Words) -> bool:
    return row.fact.kind not in LOOSE or len(row.families) == 1


EVERY = frozenset(FAMILIES.values())


def words_of(fact: Fact) -> Words:
    text = fact.text[:TEXT_LIMIT]
    is_bot = bool(BOT.search(fact.actor)) or fact.structural and fact.kind not in LOOSE
    family = FAMILIES.get(fact.kind, "")
    if fact.kind in LOOSE or (is_bot and not fact.structural):
        phase = next((name for name, pattern in PHASES if pattern.search(text)), "")
        families = frozenset({phase} | ({family} if family and fact.kind not in LOOSE else set())) if phase else EVERY if is_bot else frozenset({family} - {""})
    else:
        families = frozenset({family} - {""})
    links = frozenset(link.rstrip("/.,;:") for link in [*LINK.findall(text), *([fact.url] if fact.url else [])])
    own = " ".join(part for part in re.split(r"[/?#=&]", re.sub(r"^\w+://[^/]*", "", fact.url)) if part)
    ids = frozenset(names_in(f"{own} {fact.key.replace(':', ' ')}"))
    return Words(fact, families, is_bot, ids, frozenset(names_in(text)), links, title_of(text), rule_names(text))


def names_in(text: str) -> Iterator[str]:
    for name in ID.findall(text):
        if not STAMP.match(name):
            yield name


def rule_names(text: str) -> frozenset[str]:
    return frozenset(name for name in NAME.findall(LINK.sub(" ", text)) if len(name) >= 10)


def title_of(text: str) -> str:
    """Return the first line's words without what every tool puts around them."""
    line = next((line for line in LINK.sub(" ", text).splitlines() if line.strip()), "")
    return " ".join(AROUND.sub(" ", line).lower().split())[:200]


def best(found: Iterable[tuple[Match, timedelta]], facts: Mapping[int, Fact]) -> list[Match]:
    """Keep, for each event and each other source, the strongest and nearest pair."""
    taken: set[tuple[int, str]] = set()
    result = []
    for each, _apart in sorted(found, key=lambda row: (-row[0].confidence, row[1], row[0].first, row[0].second)):
        first, second = facts[each.first], facts[each.second]
        mine, theirs = (first.id, party(second, first)), (second.id, party(first, second))
        if mine in taken or theirs in taken:
            continue
        taken |= {mine, theirs}
        result.append(each)
    return result


def party(other: Fact, mine: Fact) -> str:
    return other.source if other.source != mine.source else f"{other.source} {other.delivery}"


def settle(facts: Iterable[Fact], pairs: Iterable[Pair]) -> dict[int, int]:
    """Return member -> the event that leads its entry, from what was decided about pairs.

    People's pairs are joined first. A rule never joins what a person kept apart, nor two events of one delivery.
    """
    known = {fact.id: fact for fact in facts}
    groups: dict[int, set[int]] = {}
    rows = [pair for pair in pairs if pair.first in known and pair.second in known]
    apart = {frozenset((pair.first, pair.second)) for pair in rows if not pair.same and pair.by_person}
    for pair in sorted((row for row in rows if row.same), key=lambda row: (not row.by_person, -row.confidence, row.first, row.second)):
        one, two = groups.get(pair.first, {pair.first}), groups.get(pair.second, {pair.second})
        if one is two or known[pair.first].incident != known[pair.second].incident:
            continue
        if not pair.by_person and not may_join(one, two, apart, known):
            continue
        joined = one | two
        groups |= dict.fromkeys(joined, joined)
    result: dict[int, int] = {}
    for group in {id(group): group for group in groups.values()}.values():
        lead = min(group, key=lambda event: rank(known[event]))
        result |= dict.fromkeys(sorted(group - {lead}), lead)
    return result


def may_join(one: set[int], two: set[int], apart: set[frozenset[int]], known: Mapping[int, Fact]) -> bool:
    if any(frozenset((a, b)) in apart for a in one for b in two):
        return False
    homes = [{(known[event].source, known[event].delivery) for event in group} for group in (one, two)]
    return not homes[0] & homes[1]


PRECISIONS = {"second": 0, "minute": 1, "hour": 2, "day": 3}


def rank(fact: Fact) -> tuple[object, ...]:
    """Who speaks for the fact: what a person worked on, then what states a milestone, then structure before words, finer times, the earlier."""
    return (not fact.curated, not fact.milestone, not fact.structural, PRECISIONS.get(fact.precision, 4), fact.at, fact.id)
