"""Pure. What all conversations have in common: one message into an event, whatever the tool that kept it."""

from __future__ import annotations

import hashlib
import re
from collections import Counter

from incidents.lib.text import clean_line, clean_text
from incidents.lib.timestamps import Moment
from incidents.sources.drafting import TEXT, placed
from incidents.sources.drafts import EventDraft, tidy
from incidents.sources.words import NOISE, NORMAL, Reading, kind_of

ALERTING = re.compile(
    r"alert|pager|opsgenie|datadog|grafana|prometheus|sentry|new ?relic|pingdom|nagios|icinga|zabbix|checkmk|cloudwatch|status ?cake|uptime|better ?stack"
    r"|splunk|honeycomb|dynatrace|monitor|statuspage|squadcast|victorops|incident",
    re.IGNORECASE,
)
STATES = (  # what an alerting tool says first about the state of what it watches
    ("acknowledgement", re.compile(r"\b(?:ack|acked|acknowledged(?: by)?)\b", re.IGNORECASE)),
    ("recovery", re.compile(r"\b(?:resolved|recovered|recovery|closed|cleared|back up|is up|ok)\b", re.IGNORECASE)),
    ("alert", re.compile(r"\b(?:triggered|firing|alert(?:ing)?|critical|problem|is down|opened|new incident|no data)\b", re.IGNORECASE)),
)
WEAK = {"message", "impact", "communication", "hypothesis"}  # what words make of an alert's own text
HEX = re.compile(r"#?([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")
NAMED = {"danger": "alert", "good": "recovery", "attention": "alert"}


def event_of(
    moment: Moment,
    text: str,
    *,
    key: str,
    where: str,
    order: int,
    raw: str,
    actor: str = "",
    thread: str = "",
    url: object = "",
    revised: str = "",
    notice: str = "",
    coming: bool = False,
    bot: bool = False,
    colour: object = None,
    tail: str = "",
) -> EventDraft:
    """Return the message as an event. `notice` is the rule that makes it the tool's own housekeeping, `coming` a join or a leave;
    `bot` says that a program posted it, `colour` how it was marked. `tail` is shown under the text but says nothing of its kind: files, reactions."""
    text = clean_text(text, limit=TEXT).strip()
    tail = clean_text(tail).rstrip()
    actor = clean_line(actor, limit=200)
    if notice:
        reading = Reading("role" if coming else "message", tidy(notice, 60), NOISE)
    elif not text:
        reading = Reading("message", "", NORMAL if "[" in tail else NOISE)
    else:
        reading = _of_bot(text, actor, colour) if bot else kind_of(text)
    return placed(
        moment,
        text + tail,
        key=key,
        where=where,
        raw=raw or "-",
        order=order,
        kind=reading.kind,
        rule=reading.rule,
        salience=reading.salience,
        actor=actor,
        url=url,
        thread=thread,
        revised=revised,
    )


def _of_bot(text: str, name: str, colour: object) -> Reading:
    """Read what a program posted: an alerting tool by the state it names first or the colour it gave, else by the words."""
    reading = kind_of(text)
    if reading.kind not in WEAK:
        return reading
    head = text.split("\n", 1)[0][:200]
    if ALERTING.search(name):
        if (kind := mood(colour)) and reading.kind == "message":
            return Reading(kind, "colour of an alerting bot's message", NORMAL)
        for kind, pattern in STATES:
            if match := pattern.search(head):
                return Reading(kind, tidy(f"alerting bot: {match[0].lower()}", 60), NORMAL)
    elif mood(colour) == "alert" and reading.kind == "message":
        return Reading("alert", "colour of a bot's message", NORMAL)
    return reading


def mood(colour: object) -> str:
    """Return "alert" for red, "recovery" for green, "" for any other colour: a name, "#d00000", or a number."""
    if isinstance(colour, int) and not isinstance(colour, bool) and 0 < colour < 1 << 24:
        colour = f"{colour:06x}"
    if not isinstance(colour, str):
        return ""
    if named := NAMED.get(colour.lower(), ""):
        return named
    if (match := HEX.fullmatch(colour)) is None:
        return ""
    red, green, blue = (int(part, 16) for part in match.groups())
    if red >= 140 and green < red * 0.5 and blue < red * 0.5:
        return "alert"
    return "recovery" if green >= 110 and red < green * 0.6 and blue < green * 0.85 else ""


class Keys:
    """Keys of messages that have no id: a hash of what was said when by whom, and which of several such within one time as written."""

    def __init__(self) -> None:
        self.stamp = ""
        self.seen: Counter[str] = Counter()

    def of(self, stamp: str, *parts: str) -> str:
        if stamp != self.stamp:
            self.stamp = stamp
            self.seen.clear()
        digest = hashlib.blake2b("\x1f".join((stamp, *parts)).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        self.seen[digest] += 1
        return digest if self.seen[digest] == 1 else f"{digest}:{self.seen[digest]}"
