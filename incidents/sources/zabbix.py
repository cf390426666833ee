"""Pure. Zabbix: events and problems of its API with their acknowledgements, and the JSON that its webhooks are commonly told to send.

https://www.zabbix.com/documentation/current/en/manual/api/reference/event/object defines the first; the second is made of the macros of
https://www.zabbix.com/documentation/current/en/manual/appendix/macros/supported_by_location, under names that each installation chooses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from incidents.lib import strict_json
from incidents.lib.strict_json import JsonError
from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import about, event, in_order
from incidents.sources.drafts import ReadOptions, Rejected
from incidents.sources.envelopes import Found, certainty, found_in
from incidents.sources.members import first, flattened, mappings, number, string

LISTS = ("result", "events", "problems")
SEVERITIES = ("Not classified", "Information", "Warning", "Average", "High", "Disaster")
SOURCES = {"1": "discovery", "2": "autoregistration", "3": "internal"}  # what is no problem of a trigger or a service
NAMES = ("eventname", "triggername", "problemname", "eventrecoveryname", "alertsubject", "subject", "title", "trigger", "name")
MESSAGES = ("alertmessage", "message", "body", "description", "eventdescription")
HOSTS = ("hostname", "hosthost", "host", "hostname1", "hostvisiblename")
STATES = {"1": "problem", "problem": "problem", "true": "problem", "0": "ok", "ok": "ok", "resolved": "ok", "false": "ok", "recovery": "ok"}
MACRO = re.compile(r"\{(?:[$#A-Z?][^{}]*)\}|\*UNKNOWN\*|\*UNDEFINED\*")
CLOCK = r"(?P<time>\d{1,2}:\d\d(?::\d\d)?)"
DAY = r"(?P<day>\d{4}[.-]\d\d[.-]\d\d)"
TOLD = {
    "problem": re.compile(rf"started at {CLOCK} on {DAY}", re.IGNORECASE),
    "ok": re.compile(rf"resolved at {CLOCK} on {DAY}", re.IGNORECASE),
    "update": re.compile(rf" at {DAY} {CLOCK}", re.IGNORECASE),
}
MESSAGE = re.compile(r"^(Problem name|Host|Severity|Operational data|Original problem ID): *(.+?)\r?$", re.MULTILINE | re.IGNORECASE)
PAGE = re.compile(r"[?&](triggerid|eventid)=(\d{1,20})(?![^&])")  # of tr_events.php, where people link to
LABELS = {"problem name": "eventname", "host": "hostname", "severity": "eventseverity", "operational data": "eventopdata", "original problem id": "eventid"}
# Names of macros: those that only Zabbix has, and those that others could have too.
STRONG = {
    "triggerid",
    "triggername",
    "triggerstatus",
    "triggerseverity",
    "triggernseverity",
    "eventnseverity",
    "eventupdatestatus",
    "eventopdata",
    "eventtagsjson",
    "eventvalue",
}
STRONG |= {"eventrecoveryvalue", "hosthost", "triggerhostgroupname"}
KNOWN = STRONG | {
    "eventid",
    "eventname",
    "eventstatus",
    "eventdate",
    "eventtime",
    "eventseverity",
    "eventtags",
    "eventsource",
    "eventupdateaction",
    "eventackstatus",
}
KNOWN |= {
    "eventrecoverydate",
    "eventrecoverytime",
    "eventage",
    "eventduration",
    "triggerdescription",
    "triggerurl",
    "hostname",
    "hostip",
    "itemname",
    "itemvalue",
    "alertmessage",
}
ADVICE = "Let the media type send {EVENT.DATE} and {EVENT.TIME} too, and those of the update and the recovery."

# A bit of an acknowledgement's action -> kind, weight, milestone, words.
ACTIONS: tuple[tuple[int, str, int, str, str], ...] = (
    (1, "resolution", 2, "resolved", "closed the problem"),
    (2, "acknowledgement", 2, "acknowledged", "acknowledged the problem"),
    (16, "status", 1, "", "took the acknowledgement back"),
    (8, "severity", 2, "", "changed the severity"),
    (32, "status", 1, "", "suppressed the problem"),
    (64, "status", 1, "", "ended the suppression"),
    (128, "status", 1, "", "made the problem a cause"),
    (256, "status", 1, "", "made the problem a symptom"),
    (4, "note", 1, "", "commented"),
)
# A word of {EVENT.UPDATE.ACTION} -> the bit it stands for, the first that occurs wins.
UPDATES = (("unacknowledged", 16), ("closed", 1), ("acknowledged", 2), ("severity", 8), ("unsuppressed", 64), ("suppressed", 32), ("commented", 4))


def shape_of(value: dict[str, Any]) -> str:
    if "eventid" in value and "clock" in value and (value.keys() & {"objectid", "r_eventid", "value", "acknowledges", "name", "severity", "object"}):
        return "event"
    if {"triggerid", "lastchange", "description"} <= value.keys() and value.keys() & {"value", "priority"}:
        return "trigger"
    plain = _plain(value)
    return "webhook" if _identity(plain) and plain.keys() & STRONG and len(plain.keys() & KNOWN) >= 3 else ""


def _plain(value: dict[str, Any]) -> dict[str, str]:
    """Return what a webhook says, without macros that were not filled, completed by what the standard message repeats."""
    plain = {name: text for name, written in flattened(value).items() if (text := MACRO.sub("", written).strip())}
    for label, text in MESSAGE.findall(first(plain, *MESSAGES)):
        plain.setdefault(LABELS[label.lower()], text.strip())
    for name, number_ in PAGE.findall(first(plain, "link", "url", "eventurl", "triggerurl")):
        plain.setdefault(name, number_)
    return plain


def _identity(plain: dict[str, str]) -> str:
    return first(plain, "eventid", "problemid") or (plain.get("id", "") if plain.keys() & STRONG else "") or plain.get("triggerid", "")


MARKS = (b"event", b"trigger", b"problem")


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS, MARKS)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return in_order(_items(payload, options), "There is no Zabbix event with a time in this file.")


def _items(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    problems: dict[str, str] = {}  # a recovery event -> its problem, as far as the problem was seen first
    for found in found_in(payload, shape_of, LISTS, "Zabbix"):
        if isinstance(found, Rejected):
            yield found
        elif found.shape == "event":
            yield from _event(found, options, problems)
        elif found.shape == "trigger":
            yield from _trigger(found, options)
        else:
            yield from _webhook(found, options)


def _event(found: Found, options: ReadOptions, problems: dict[str, str]) -> Iterator[Item]:
    value = found.value
    identity, name = string(value["eventid"]), string(value.get("name")) or f"Event of trigger {string(value.get('objectid'))}"
    hosts = tuple(first(each, "name", "host") for each in mappings(value.get("hosts")))
    severity = _severity(value.get("severity") if string(value.get("value")) != "0" else None)
    what = SOURCES.get(string(value.get("source")), "")
    ended = string(value.get("value")) == "0"
    if (recovery := string(value.get("r_eventid"))) not in ("", "0"):
        problems[recovery] = identity
    if not ended and not what:
        tags = [(string(each.get("tag")), string(each.get("value"))) for each in mappings(value.get("tags"))]
        yield about(name, key=identity, severity=severity, services=hosts, url=first(value, "url"), labels=[*tags, *[("host", each) for each in hosts]])
    text = _text("Resolved" if ended else "Problem", name, hosts, severity, string(value.get("opdata")))
    problem = problems.get(identity, identity)
    if what:
        yield event(
            found, options, _clock(value), text=f"Zabbix {what}: {name}", key=f"{identity}:{what}", kind="alert", rule=f"event source {what}", actor="Zabbix"
        )
    elif ended:
        yield event(
            found,
            options,
            _clock(value),
            text=text,
            key=f"{problem}:resolved",
            kind="recovery",
            rule="event value 0",
            milestone="resolved",
            actor="Zabbix",
        )
    else:
        yield event(
            found,
            options,
            _clock(value),
            text=text,
            key=f"{identity}:problem",
            kind="alert",
            rule="event value 1",
            salience=2,
            milestone="detected",
            actor="Zabbix",
        )
    for place, each in enumerate(mappings(value.get("acknowledges"))):
        yield from _acknowledge(found, options, each, identity, name, f"acknowledges[{place}]")
    if number(value.get("r_clock")) > 0:
        yield event(
            found,
            options,
            value["r_clock"],
            at="r_clock",
            text=_text("Resolved", name, hosts, severity, ""),
            key=f"{identity}:resolved",
            kind="recovery",
            rule="problem r_clock",
            milestone="resolved",
            actor="Zabbix",
        )


def _clock(value: dict[str, Any]) -> str:
    """Return seconds with the nanoseconds that stand beside them."""
    nanos = number(value.get("ns"))
    return f"{string(value.get('clock'))}.{nanos:09}" if 0 < nanos < 10**9 and number(value.get("clock")) > 0 else string(value.get("clock"))


def _acknowledge(found: Found, options: ReadOptions, each: dict[str, Any], problem: str, name: str, at: str) -> Iterator[Item]:
    bits, message = number(each.get("action")), string(each.get("message"))
    who = " ".join(filter(None, (first(each, "name"), first(each, "surname")))) or first(each, "username", "alias")
    if bits <= 0:
        bits = 2  # before 4.0 to acknowledge was to write a message
    told = [row for row in ACTIONS if bits & row[0]]
    if not told:
        yield Rejected(f"{found.where}.{at}"[:200], f"The action {bits} of this acknowledgement is not known.")
        return
    words = " and ".join(row[4] for row in told)
    if bits & 8:
        words = words.replace(
            "changed the severity", f"changed the severity from {_severity(each.get('old_severity'))} to {_severity(each.get('new_severity'))}"
        )
    _, kind, weight, milestone, _ = told[0]
    text = f"{who or 'A user'} {words}: " + (f"{message} ({name})" if message else name)
    identity = string(each.get("acknowledgeid")) or f"{problem}:{string(each.get('clock'))}:{bits}"
    yield event(
        found,
        options,
        each.get("clock"),
        at=at,
        text=text,
        key=f"ack:{identity}",
        kind=kind,
        rule=f"acknowledge action {bits}",
        salience=weight,
        milestone=milestone,
        actor=who,
    )


def _trigger(found: Found, options: ReadOptions) -> Iterator[Item]:
    """trigger.get says how a trigger is now, and since when."""
    value = found.value
    if number(value["lastchange"]) == 0:
        return  # it never fired
    hosts = tuple(first(each, "name", "host") for each in mappings(value.get("hosts")))
    name, severity, ok = first(value, "description"), _severity(value.get("priority")), string(value.get("value")) == "0"
    if not ok:
        yield about(name, key=string(value["triggerid"]), severity=severity, services=hosts, labels=[("host", each) for each in hosts])
    yield event(
        found,
        options,
        value["lastchange"],
        at="lastchange",
        text=_text("Resolved" if ok else "Problem", name, hosts, "" if ok else severity, ""),
        key=f"trigger:{string(value['triggerid'])}:{string(value['lastchange'])}",
        kind="recovery" if ok else "alert",
        rule=f"trigger value {string(value.get('value'))}",
        salience=1 if ok else 2,
        milestone="resolved" if ok else "detected",
        actor="Zabbix",
    )


def _webhook(found: Found, options: ReadOptions) -> Iterator[Item]:
    plain = _plain(found.value)
    name = first(plain, *NAMES) or "Zabbix problem"
    name = re.sub(r"^(?:Problem|Resolved|Updated problem)(?: in [^:]{1,40})?: ", "", name)
    host = first(plain, *HOSTS)
    severity = first(plain, "eventseverity", "triggerseverity", "severity", "triggerseveritytext") or _severity(plain.get("eventnseverity", ""))
    severity = _severity(severity) if severity.isdigit() else severity
    identity = _identity(plain)
    link = first(plain, "eventurl", "triggerurl", "alerturl", "zabbixeventurl", "url", "link")
    labels = [*_tags(plain, found.value), ("host", host), ("hostgroup", first(plain, "triggerhostgroupname", "hostgroup", "hostgroups", "hostgroupname"))]
    yield about(
        name, key=identity, severity=severity, services=(host,), url=link, labels=labels, summary=first(plain, "triggerdescription", "eventdescription")
    )
    state = next(
        (STATES[each.lower()] for key in ("eventvalue", "eventstatus", "triggerstatus", "status") if (each := plain.get(key, "")).lower() in STATES), "problem"
    )
    if plain.get("eventupdatestatus") == "1" or plain.get("updatestatus") == "1" or first(plain, "eventupdateaction", "updateaction"):
        state = "update"
    stamp = _stamp(plain, state)
    if state == "update":
        yield _update(found, options, plain, stamp, identity, name, link)
        return
    problem = state == "problem"
    text = _text("Problem" if problem else "Resolved", name, (host,), severity, first(plain, "eventopdata", "itemlastvalue", "itemvalue"))
    yield event(
        found,
        options,
        stamp,
        text=text,
        key=f"{identity}:{'problem' if problem else 'resolved'}",
        kind="alert" if problem else "recovery",
        rule=f"event {state}",
        salience=2 if problem else 1,
        milestone="detected" if problem else "resolved",
        actor="Zabbix",
        url=link,
        advice=ADVICE,
    )


def _update(found: Found, options: ReadOptions, plain: dict[str, str], stamp: str, identity: str, name: str, link: str) -> Item:
    action = first(plain, "eventupdateaction", "updateaction", "eventackstatus") or "updated"
    message = first(plain, "eventupdatemessage", "updatemessage", "acknowledgemessage")
    who = first(plain, "userfullname", "eventupdateuser", "updateuser", "user", "username")
    bit = next((bit for word, bit in UPDATES if word in action.lower()), 0)
    _, kind, weight, milestone, _ = next((row for row in ACTIONS if row[0] == bit), (0, "status", 1, "", ""))
    text = f"{who or 'A user'} {action}: " + (f"{message} ({name})" if message else name)
    return event(
        found,
        options,
        stamp,
        text=text,
        key=f"{identity}:update:{stamp}:{action}",
        kind=kind,
        rule=f"event update {action}",
        salience=weight,
        milestone=milestone,
        actor=who,
        url=link,
        advice=ADVICE,
    )


def _stamp(plain: dict[str, str], state: str) -> str:
    """Return the time of a problem, its update or its recovery, from the macros or from the sentence that the standard message makes of them."""
    prefixes = {"problem": ("event", ""), "ok": ("eventrecovery", "recovery", "eventr", "r"), "update": ("eventupdate", "update", "ack")}[state]
    for prefix in prefixes:
        if (day := plain.get(f"{prefix}date", "")) and (clock := plain.get(f"{prefix}time", "")):
            return f"{day.replace('.', '-').replace('/', '-')} {clock}"
        if whole := first(plain, f"{prefix}timestamp", f"{prefix}datetime", f"{prefix}clock", f"{prefix}time"):
            return whole.replace(".", "-") if re.match(r"\d{4}\.\d\d\.\d\d ", whole) else whole
    if match := TOLD[state].search(first(plain, *MESSAGES)):
        return f"{match['day'].replace('.', '-')} {match['time']}"
    return first(plain, "actiondatetime", "timestamp", "datetime", "clock")


def _tags(plain: dict[str, str], value: dict[str, Any]) -> list[tuple[str, str]]:
    """Return {EVENT.TAGS} ("scope:availability, team:web"), {EVENT.TAGSJSON}, or the pairs as an object."""
    written = first(plain, "eventtagsjson", "eventtags", "triggertags", "tags")
    if written.startswith("["):
        try:
            return [(string(each.get("tag")), string(each.get("value"))) for each in mappings(strict_json.loads(written))]
        except JsonError:
            return []
    for key in ("event_tags", "EVENT.TAGS", "tags"):
        if isinstance(value.get(key), dict):
            return [(str(name), string(each)) for name, each in value[key].items()]
        if isinstance(value.get(key), list):
            return [(string(each.get("tag")), string(each.get("value"))) for each in mappings(value[key])]
    return [(name.strip(), rest.strip()) for name, _, rest in (each.partition(":") for each in written.split(",")[:40]) if rest]


def _severity(value: Any) -> str:
    place = number(value)
    return SEVERITIES[place] if 0 <= place < len(SEVERITIES) else ""


def _text(word: str, name: str, hosts: tuple[str, ...], severity: str, data: str) -> str:
    facts = ", ".join(filter(None, (severity, *[host for host in hosts if host and host not in name])))
    return f"{word}: {name}" + (f" ({facts})" if facts else "") + (f"\n{data}" if data else "")


SOURCE = Source(
    name="zabbix",
    label="Zabbix",
    detect=detect,
    read=read,
    docs="Zabbix: answers of event.get and problem.get with acknowledgements, and webhook bodies made of its macros under any common naming "
    "(https://www.zabbix.com/documentation/current/en/manual/api/reference/event/object).",
)
