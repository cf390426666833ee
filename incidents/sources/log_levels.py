"""Pure. What a line of a machine's log is, by its level and its words. Most lines are chatter: they are kept, folded away."""

from __future__ import annotations

import re

from incidents.sources.words import kind_of

EMERGENCY, ALERT, CRITICAL, ERROR, WARNING, NOTICE, INFO, DEBUG = range(8)  # RFC 5424, 6.2.1
LEVELS = {
    "emerg": EMERGENCY,
    "emergency": EMERGENCY,
    "panic": EMERGENCY,
    "alert": ALERT,
    "crit": CRITICAL,
    "critical": CRITICAL,
    "fatal": CRITICAL,
    "severe": ERROR,
    "err": ERROR,
    "error": ERROR,
    "warn": WARNING,
    "warning": WARNING,
    "notice": NOTICE,
    "info": INFO,
    "log": INFO,
    "information": INFO,
    "debug": DEBUG,
    "trace": DEBUG,
}
LEADING = re.compile(r"\W{0,2}(EMERG|ALERT|CRIT(?:ICAL)?|FATAL|ERR(?:OR)?|WARN(?:ING)?|NOTICE|INFO|DEBUG)\b", re.IGNORECASE)
TROUBLE = re.compile(r"\bout of memory\b|\boom-kill|\bsegfault\b|\bkernel panic\b|\bcore dumped\b|\bno space left on device\b", re.IGNORECASE)


def kind_of_line(level: int, text: str) -> tuple[str, str, int]:
    """Return kind, rule and salience of a line; `level` is -1 when it states none but in its first word."""
    if level < 0 and (match := LEADING.match(text)):
        level = LEVELS[match[1].lower()]
    if 0 <= level <= CRITICAL:
        return "alert", f"level {level}", 1
    if TROUBLE.search(text):
        return "alert", "word: trouble of a machine", 1
    found = kind_of(text)
    if found.kind != "message":
        return found.kind, found.rule, 1 if level <= NOTICE else 0
    if level in (ERROR, WARNING):
        return "message", f"level {level}", 1
    return "message", "log line", 0
