"""Pure. The lines of IRC logs: the time each begins with, the day lines between them, and who said or did what.

irssi, WeeChat, HexChat and XChat, mIRC, ZNC, energymech, eggdrop, supybot and MeetBot, Textual, The Lounge, IRCCloud, ii, bip, ircII.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

DAYS = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*"
MONTHS = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
CLOCK = r"\d{1,2}:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:\s?[AaPp][Mm])?"
DATE = rf"\d{{4}}[-/.]\d\d[-/.]\d\d|\d\d[-/.]\d\d[-/.]\d{{4}}|{MONTHS}\s+\d{{1,2}}(?:,?\s+\d{{4}})?|\d{{1,2}}\s?{MONTHS}(?:\s?\d{{4}})?"
ZONE = r"Z|UTC|GMT|[+-]\d\d:?\d\d|[A-Z]{2,4}T"
STAMP = re.compile(rf"(?P<open>[\[(]?)(?:(?P<date>{DATE})[T_,]?\s*)?(?P<clock>{CLOCK})(?:\s?(?P<zone>{ZONE}))?(?P<close>[\])]?)(?=\s|<|\*|$)(?P<gap>[ \t]*)")
EPOCH = re.compile(r"(?P<epoch>\d{10})(?=\s[<*-])(?P<gap>\s)")

# --- Day changed Tue Mar 03 2026; **** BEGIN LOGGING AT Mon Mar  2 14:00:00 2026; Session Start: ...; [00:00] --- Mon Mar  2 2026
DAY_LINE = re.compile(
    r"^(?:[\[(]?\d\d:\d\d(?::\d\d)?[\])]?\s+)?(?:-{2,3}|={2,3}|\*{2,4}|-!-|#)?\s*(?P<what>Log opened|Log closed|Day changed(?: to)?|BEGIN LOGGING AT|ENDING LOGGING AT"
    r"|Session (?:Start|Close|Time|Ident)|Start of .{1,60} buffer|Logging started|Logs? (?:for|of|from)|Conversation with .{1,100}? at|Meeting (?:started|ended) by \S{1,40} at|\[?Date)?[:\s]*"
    rf"(?P<day>(?:{DAYS},?\s+)?(?:\d{{4}}-\d\d-\d\d|{MONTHS}\s+\d{{1,2}}|\d{{1,2}}\.?\s+{MONTHS}))(?P<after>[ ,]+[^<>]{{0,90}})?$",
    re.IGNORECASE,
)
YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
# Meeting started by anna at 14:00:11 UTC on 2026-03-02; <MeetBot> Meeting started Mon Mar  2 14:00:11 2026 UTC.
MEETING_AT = re.compile(
    rf"Meeting started (?:by \S{{1,40}} at )?(?:(?:{DAYS} )?(?P<day>{MONTHS}\s+\d{{1,2}}) )?\d\d:\d\d:\d\d (?P<year>20\d\d )?(?P<zone>UTC|[A-Z]{{2,4}}T)?(?: on (?P<date>20\d\d-\d\d-\d\d))?"
)
OPENED = re.compile(r"(?P<clock>\d{1,2}:\d\d:\d\d)\s*(?P<zone>UTC|GMT|[A-Z]{2,4}T)?")
SESSION = re.compile(r"^(?:Meeting ended at|Session (?:Ident|Close|Start|Time)|\*{4} (?:BEGIN|ENDING) LOGGING|--- Log (?:opened|closed))", re.IGNORECASE)

NICK = r"[^\s<>\x00-\x20:][^\s<>]{0,40}"
SAID = re.compile(rf"<\s?[~&@%+!*]?\s?(?P<nick>{NICK}?)(?:/[#&][^>\s]{{1,50}})?\s?>(?:\s|$)\s?(?P<text>.*)", re.DOTALL)  # <@nick> text, < nick> text
DID = re.compile(rf"(?:\s?\*\s(?=\S)|\s?\*\t|—\s|•\s|Action:\s|\* Action:\s)(?P<nick>{NICK})(?P<text>(?:\s.*)?)", re.DOTALL)  # * nick looks at the graphs
NOTICE = re.compile(r"-(?P<nick>[A-Za-z\[\]\\`_^{|}][\w\[\]\\`^{|}-]{0,30})(?:[:(][^\s)-]{0,60}\)?)?-\s(?P<text>.*)", re.DOTALL)  # -nick- text
SYSTEM = re.compile(r"(?:-!-|\*{3}|={3}|-->|<--|--|→|←|↔|⟶|-{3}|=!=|\*\s?\*\s?\*|!|>>>|<<<)(?:\s|\t)+(?P<text>.*)", re.DOTALL)
TABBED = re.compile(r"(?P<nick>[^\t]{0,60})\t(?P<text>.*)", re.DOTALL)  # WeeChat
COLON = re.compile(rf"(?P<nick>{NICK}):\s(?P<text>.*)", re.DOTALL)
PART = re.compile(
    r"\b(?:has (?:joined|left|quit)|joined|(?:has )?part(?:s|ed)?\b|left|quits?|joins|kicked|is now known as|nick change|changes? (?:nick|topic|mode)|sets? mode|mode/|mode change|topic|gives? (?:channel operator|voice)"
    r"|removes? (?:channel operator|voice)|disconnected|reconnect|server|irssi:|netsplit|now talking (?:in|on)|users? on|\[freenode|[Cc]hannel (?:created|#)|Keepalive|Notify|(?:\[.{1,80}@.{1,80}\]))",
    re.IGNORECASE,
)
EGGDROP = re.compile(  # what eggdrop and energymech write of the channel itself
    r"#\S{1,50}: mode change |Topic changed on #|Nick change: |\S{1,40} kicked from #|Last message repeated \d|\S{1,40} (?:has (?:joined|left|quit)\b|is now known as )|(?:Joins|Parts|Quits): "
)
COMING = re.compile(r"\b(?:joined|joins|left|parts|parted|quits?|kicked|disconnected|netsplit)\b", re.IGNORECASE)
DOES = re.compile(
    r"(?:(?:has (?:joined|left|quit|changed|set)|joined|left|quit|parted|is now known as|sets mode|changes topic|was kicked|gives|removes)\b|\(.{1,80}@.{1,80}\)|talking (?:in|on) #|(?:for|of) #)",
    re.IGNORECASE,
)
COLOURS = re.compile("\x03(?:\\d{1,2}(?:,\\d{1,2})?)?|[\x02\x0f\x11\x16\x1d\x1e\x1f]|\x04[0-9a-fA-F]{6}")
PREFIXES = "~&@%+!"


@dataclass(frozen=True, slots=True)
class Line:
    """A line with a time. `how` is "said", "did", "notice" or "system"; `nick` is empty where the line names nobody in front."""

    date: str
    clock: str
    zone: str
    how: str
    nick: str
    text: str
    written: str


def line_of(text: str) -> Line | None:
    """Return what a line of a log says, or None when it is none."""
    if "\x02" in text or "\x03" in text or "\x0f" in text or "\x1f" in text or "\x16" in text or "\x1d" in text:
        text = COLOURS.sub("", text)
    stamp = STAMP.match(text)
    if stamp is None:
        if (epoch := EPOCH.match(text)) is None:
            return None
        return _spoken("", epoch["epoch"], "", text[epoch.end() :], epoch["epoch"], tabbed=False)
    written = text[: stamp.end("close")].strip("[]() ")
    rest = text[stamp.end() - len(stamp["gap"].partition("\t")[2]) if "\t" in stamp["gap"] else stamp.end() :]
    full = bool(stamp["date"]) and not stamp["open"]
    return _spoken(stamp["date"] or "", stamp["clock"], stamp["zone"] or "", rest, written, tabbed="\t" in stamp["gap"] and full, bracket=stamp["open"])


def _spoken(date: str, clock: str, zone: str, rest: str, written: str, *, tabbed: bool, bracket: str = "") -> Line | None:
    if tabbed and (match := TABBED.match(rest)):
        return _of_weechat(date, clock, zone, match["nick"].strip(), match["text"], written)
    if match := SAID.match(rest):
        return Line(date, clock, zone, "said", match["nick"].strip(), match["text"].strip(), written)
    if match := SYSTEM.match(rest):
        return Line(date, clock, zone, "system", "", match["text"].strip(), written)
    if match := DID.match(rest):
        if DOES.match(match["text"].strip()):
            return Line(date, clock, zone, "system", "", f"{match['nick']} {match['text'].strip()}", written)
        return Line(date, clock, zone, "did", match["nick"], match["text"].strip(), written)
    if match := NOTICE.match(rest):
        return Line(date, clock, zone, "notice", match["nick"], match["text"].strip(), written)
    if bracket == "(" and rest:  # Pidgin and Adium
        if match := COLON.match(rest):
            return Line(date, clock, zone, "said", match["nick"], match["text"].strip(), written)
        return Line(date, clock, zone, "system", "", rest, written)
    if bracket and rest and "<" not in rest[:2] and (match := re.match(rf"(?P<nick>{NICK}) (?P<text>\(.{{1,80}}@.{{1,80}}\) (?:joined|left|got|has).*)", rest)):
        return Line(date, clock, zone, "system", match["nick"], match["text"], written)
    if bracket and EGGDROP.match(rest):
        return Line(date, clock, zone, "system", "", rest, written)
    return None


def _of_weechat(date: str, clock: str, zone: str, prefix: str, text: str, written: str) -> Line:
    """Read WeeChat's columns: time, prefix, message."""
    if prefix in ("-->", "<--", "--", "=!=", "", "-!-", "🡒", "🡐", "→", "←"):
        return Line(date, clock, zone, "system", "", text.strip(), written)
    if prefix == "*":
        nick, _, did = text.strip().partition(" ")
        return Line(date, clock, zone, "did", nick, did, written)
    return Line(date, clock, zone, "said", prefix.lstrip(PREFIXES), text.strip(), written)
