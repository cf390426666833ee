"""Pure. The JSON that notification commands of Icinga and Nagios are commonly told to send.

It is made of the macros of https://icinga.com/docs/icinga-2/latest/doc/03-monitoring-basics/#notification-commands under names that each site
chooses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from incidents.lib.timestamps import TimeError, read_human
from incidents.sources.base import Item
from incidents.sources.drafting import about, event
from incidents.sources.drafts import ReadOptions, Rejected
from incidents.sources.envelopes import Found
from incidents.sources.members import first, flattened

SERVICE = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
GOOD = {"OK", "UP"}
STATES = {*SERVICE, "UP", "DOWN", "UNREACHABLE"}
PREFIX = re.compile(r"^(?:nagios|icinga2?|naemon)(?=[a-z])")
LONG_DATE = re.compile(r"(?:[A-Z][a-z]{2} )?([A-Z][a-z]{2}) +(\d{1,2}) (\d\d:\d\d:\d\d) ([A-Z]{2,5}|[+-]\d{4}) (\d{4})")
ADVICE = "Let the notification command send the macro TIMET or LONGDATETIME too."

# Notification type, without spaces -> kind, weight, milestone, words.
TYPES = {
    "PROBLEM": ("alert", 2, "detected", ""),
    "RECOVERY": ("recovery", 1, "", ""),
    "ACKNOWLEDGEMENT": ("acknowledgement", 2, "acknowledged", "acknowledged"),
    "CUSTOM": ("note", 1, "", "message"),
    "FLAPPINGSTART": ("alert", 1, "", "flapping started"),
    "FLAPPINGSTOP": ("status", 1, "", "flapping stopped"),
    "FLAPPINGEND": ("status", 1, "", "flapping stopped"),
    "FLAPPINGDISABLED": ("status", 1, "", "flapping detection disabled"),
    "DOWNTIMESTART": ("status", 1, "", "downtime started"),
    "DOWNTIMEEND": ("status", 1, "", "downtime ended"),
    "DOWNTIMEREMOVED": ("status", 1, "", "downtime removed"),
    "DOWNTIMECANCELLED": ("status", 1, "", "downtime cancelled"),
}


def named(host: str, service: str) -> str:
    return f"{service} on {host}" if service else host or "An object"


def _plain(value: dict[str, Any]) -> dict[str, str]:
    return {PREFIX.sub("", name): text for name, text in flattened(value, 2).items() if not re.fullmatch(r"\$[A-Z_.]+\$", text)}


def _type(plain: dict[str, str]) -> str:
    return first(plain, "notificationtype", "type", "eventtype").upper().replace("_", "").replace(" ", "").replace("-", "").partition("(")[0]


def _host(plain: dict[str, str]) -> str:
    return first(plain, "hostdisplayname", "hostname", "host", "hostalias", "hostdisplay")


def _service(plain: dict[str, str]) -> str:
    return first(plain, "servicedisplayname", "servicedesc", "servicename", "service", "servicedescription", "servicedisplay")


def _state(plain: dict[str, str]) -> str:
    found = first(plain, "servicestate", "state", "hoststate", "status", "currentstate").upper()
    return found if found in STATES else ""


def is_notification(value: dict[str, Any]) -> bool:
    plain = _plain(value)
    kind = _type(plain)
    return kind in TYPES and bool(_host(plain)) and bool(_state(plain) or kind not in ("PROBLEM", "RECOVERY"))


def notification(found: Found, options: ReadOptions) -> Iterator[Item]:
    plain = _plain(found.value)
    kind = _type(plain)
    host, service, state = _host(plain), _service(plain), _state(plain)
    name = named(host, service)
    output = first(plain, "serviceoutput", "hostoutput", "output", "message", "checkoutput", "plugin_output")
    who = first(plain, "notificationauthorname", "notificationauthor", "ackauthor", "serviceackauthor", "hostackauthor", "author")
    said = first(plain, "notificationcomment", "ackcomment", "serviceackcomment", "hostackcomment", "comment")
    link = first(plain, "url", "serviceactionurl", "hostactionurl", "icingaweburl", "link")
    identity = f"{first(plain, 'hostname', 'host') or host}!{service}".rstrip("!")
    labels = [("host", host), ("hostgroup", first(plain, "hostgroupname", "hostgroup")), ("address", first(plain, "hostaddress", "address"))]
    yield about(
        f"{name} is {state}" if state else name, key=identity, severity="" if state in GOOD else state, services=(service or host,), url=link, labels=labels
    )
    meaning, weight, milestone, words = TYPES[kind]
    text = f"{name} {words or f'is {state}'}" + (f" by {who}" if who and words else "")
    text += f": {said if words and said else output}" if (said if words and said else output) else ""
    stamp = first(
        plain,
        "timet",
        "timestamp",
        "longdatetime",
        "datetime",
        "time",
        "date",
        "shortdatetime",
        "lastservicestatechange",
        "lasthoststatechange",
        "laststatechange",
    )
    try:
        stamp = _iso(stamp, options)
    except TimeError as error:
        yield Rejected(found.where, str(error))
        return
    yield event(
        found,
        options,
        stamp,
        text=text,
        key=f"{identity}:{stamp}:{kind}",
        kind=meaning,
        rule=f"notification type {kind}",
        salience=weight,
        milestone=milestone,
        actor=who or "Icinga",
        url=link,
        advice=ADVICE,
    )


def _iso(stamp: str, options: ReadOptions) -> str:
    """Return LONGDATETIME ("Sun Dec 13 14:39:40 CET 2009", "2009-12-13 14:39:40 +0100") as a machine writes it."""
    if match := LONG_DATE.fullmatch(stamp):
        month, day, clock, zone, year = match.groups()
        read = read_human(f"{day} {month} {year} {clock} {zone}", options.time_zone, latest=options.latest)
        return read.at.isoformat() if read.at else stamp
    return stamp
