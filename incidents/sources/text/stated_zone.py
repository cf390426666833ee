"""Pure. The zone that a report states for its times: in a sentence, a label, a heading, the head of a column."""

from __future__ import annotations

import re

from incidents.lib.zones import zone_named
from incidents.sources.text import lead
from incidents.sources.text.chat import is_posted
from incidents.sources.text.parts import OFFSET, PLACE

ZONE_IN_BRACKETS = r"\(((?:UTC|GMT)(?:[+-]\d{1,2})?|[PECM][SD]T|[PE]T|CES?T|BST|IST|[JK]ST|SGT|A[EW][SD]T|NZ[SD]T|[WE]AT|SAST|MSK|EES?T|МСК)\)"
ZONES = re.compile(
    r"\b(?:[Aa]ll\s+)?(?:[Tt]imes?|TIMES?|[Tt]imestamps?|[Tt]imelines?|[Cc]lock times?|(?:Uhr)?[Zz]eit(?:en|angaben)?|[Tt]ijden|[Oo]rari|[Tt]ider|[Hh]eures?|[Hh]or(?:as?|[\u00e1a]rios?))\b[^.\n:]{0,40}?[\s(*]"
    rf"((?:Pacific|Eastern|Central|Mountain)(?: (?:Standard |Daylight )?Time|(?=\s*(?:[.,;)*_]|$)))|(?:UTC|GMT)\s?[+\-−]\d{{1,2}}(?::\d\d)?|[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+|(?:{PLACE})(?= times?\b|[,.;:)\s]|$)|[PECM]T|[A-Z]{{3,5}})\b|"
    rf"\b(UTC|GMT|[A-Z]{{3,4}}) (?:[Tt]imes?|TIMES?)\b|\b({PLACE}) (?:local )?times?\b|^\W*(?:(?:[Tt]ime ?)?[Zz]one|TZ|[Tt]imes|[Zz]eitzone|[Ff]useau(?: horaire)?|[Zz]ona horaria|[Ff]uso(?: (?:hor\u00e1rio|orario))?|[Tt]ijdzone)\W{{1,6}}([A-Za-z]+/[A-Za-z_]+|(?:UTC|GMT) ?[+\-\u2212]\d{{1,2}}(?::?\d\d)?|[A-Z]{{2,5}}\b)|"
    rf"[\u6642\u65f6][\u523b\u9593\u95f4][^\u3002\n:]{{0,16}}?((?:UTC|GMT)(?:[+-]\d{{1,2}})?|[A-Z]{{3,4}}(?![A-Za-z])|\u65e5\u672c\u6642\u9593|\u5317\u4eac[\u65f6\u6642][\u95f4\u9593])|[Вв]рем(?:я|ена)\b[^.\n:]{{0,30}}?(МСК|MSK|UTC|GMT)|{ZONE_IN_BRACKETS}",
    re.MULTILINE,
)
HEADED_ZONE = re.compile(r"[\s(\[\uff08,\u3001\uff0c;:/]((?:UTC|GMT)[+\-\u2212]\d{1,2}(?::\d\d)?|[A-Z]{3,5})(?=\s*(?:[)\]\uff09]|\W*$))")
COMMON = {"pacific": "PT", "eastern": "ET", "mountain": "MT", "central": "America/Chicago"}
LITTLE = 20  # characters


def posted_zone(lines: list[str]) -> str:
    """Return the zone of a status page's "Posted Nov 23, 2012 - 11:33 NZDT", where it is the same for all."""
    named = {match[1] for line in lines[:2000] if is_posted(line) and (match := re.search(r"([A-Z]{2,5})\)?\W*$", line)) and zone_named(match[1])}
    return named.pop() if len(named) == 1 else ""


def headed_zone(heading: str) -> str:
    """Return the zone at the end of a heading or of its brackets: "Timeline (all in CEST)", "Timeline - UTC"."""
    for match in HEADED_ZONE.finditer(heading[:200]):
        if zone_named(match[1]) is not None:
            return match[1]
    return ""


def begins_with_time(match: re.Match[str]) -> bool:
    """Say whether the line of a match begins with a time, and goes on with text before the match."""
    line = match.string[match.string.rfind("\n", 0, match.start()) + 1 : match.start()]
    at = lead.read(line[:500])
    return at is not None and len(at.rest) > LITTLE


def zone_in(text: str) -> str:
    """Return the zone that a sentence such as "all times in UTC" states."""
    text = text[:40_000]
    for match in [*ZONES.finditer(text), *ZONES.finditer(re.sub(r"(?<!\n)\n(?!\n)", " ", text))]:
        if match.lastindex == ZONES.groups and begins_with_time(match):
            continue  # of that entry
        name = next(group for group in match.groups() if group)
        if offset := OFFSET.match(text, match.end()) if match.string is text else None:
            name = offset[1]  # "PST (UTC-7)": the offset leaves no doubt
        name = COMMON.get(name.split()[0].lower(), name)
        if zone_named(name) is not None:
            return name
    return ""
