"""Pure. Webhooks of monitors that send one flat object for a change of state, a row of a table each: Site24x7, StatusCake, UptimeRobot and their kin.

Members are known by their names in small letters without signs, since many of these bodies are templates: `monitor_friendly_name`, `monitorFriendlyName` and
`MONITORFRIENDLYNAME` are one. Where each tool documents its body: https://www.site24x7.com/help/admin/third-party-integration/webhooks.html,
https://www.statuscake.com/kb/knowledge-base/how-to-use-the-web-hook-url/, https://help.uptimerobot.com/en/articles/11360873,
https://www.paessler.com/manuals/prtg/list_of_placeholders_for_notifications, https://docs.hetrixtools.com/uptime-monitoring-webhook-notifications/,
https://developers.cloudflare.com/notifications/reference/webhook-payload-schema/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from incidents.lib.timestamps import Moment, TimeError, read_human, read_machine
from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import about
from incidents.sources.drafts import IncidentDraft, ReadOptions, Rejected
from incidents.sources.envelopes import certainty
from incidents.sources.members import CAMEL, digest, first, line_of, second_of, spoken, string
from incidents.sources.reading import Fact, read_facts
from incidents.sources.words import kind_of

DEPTH = 3
SIGNS = re.compile(r"[^a-z0-9]+")
MARKS = (b"monitor", b"sensor", b"statuscode", b"status_code", b"alert", b"check", b"previouslevel")
WORDS = re.compile(r"[a-z]+")
UNFILLED = re.compile(r"\$\w+|\*\w+\*|%\w+%?|\{\{?.*\}?\}")


@dataclass(frozen=True)
class Tool:
    """`marks` are members that all of a tool's bodies have, and one of `also`; the others say where things are, the first that is filled counts."""

    name: str
    marks: frozenset[str]
    state: tuple[str, ...]
    title: tuple[str, ...]
    told: tuple[str, ...] = ()
    at: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    link: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    also: frozenset[str] = frozenset()


def _row(name: str, marks: str, *, also: str = "", labels: str = "", **columns: str) -> Tool:
    pairs = [each.partition("=") for each in labels.split()]
    places: dict[str, Any] = {column: tuple(names.split()) for column, names in columns.items()}
    return Tool(name, frozenset(marks.split()), also=frozenset(also.split()), labels=tuple((label, member or label) for label, _, member in pairs), **places)


TOOLS = (
    _row(
        "Site24x7",
        "monitorname status",
        also="monitordashboardlink incidentreason incidenttimeiso",
        at="incidenttimeiso outagetimeunixformat incidenttime ct",
        title="monitorname",
        told="incidentreason reason",
        state="status",
        key="monitorid monitorname",
        link="monitordashboardlink rcalink",
        labels="group=monitorgroupname type=monitortype locations=failedlocations",
    ),
    _row("StatusCake", "token status statuscode name method", title="name url", told="statuscode", state="status", key="testid url name", link="url"),
    _row(
        "UptimeRobot",
        "monitorfriendlyname alerttypefriendlyname",
        at="alertdatetime datetime",
        title="monitorfriendlyname",
        told="alertdetails",
        state="alerttypefriendlyname",
        key="monitorid monitorurl",
        link="monitorurl",
    ),
    _row(
        "PRTG",
        "sensorid status message",
        also="down device probe group linksensor lastmessage priority sensor",
        at="datetime date lastcheck",
        title="sensor name device",
        told="message lastmessage",
        state="status",
        key="sensorid",
        link="linksensor linkdevice",
        labels="device group probe",
    ),
    _row(
        "HetrixTools",
        "monitorid monitorname timestamp",
        also="monitorstatus resourceusageresourcetype",
        at="timestamp",
        title="monitorname",
        told="resourceusagecurrentusage",
        state="monitorstatus resourceusageresourcetype",
        key="monitorid",
        link="monitortarget",
        labels="category=monitorcategory type=monitortype",
    ),
    _row(
        "Uptime.com",
        "event dataservicename dataalertstate",
        at="dataalertcreatedat datadate",
        title="dataservicedisplayname dataservicename",
        told="dataalertshortoutput dataalertoutput",
        state="event",
        key="dataserviceid",
        link="datalinksalertdetails",
        severity="dataalertstate",
        labels="account=dataaccountname",
    ),
    _row(
        "updown.io",
        "event checktoken checkurl",
        at="time downtimeendedat downtimestartedat checkdownsince",
        title="checkalias checkurl",
        told="description downtimeerror checkerror",
        state="event",
        key="checktoken",
        link="checkurl",
    ),
    _row(
        "Freshping",
        "webhookeventdatacheckname webhookeventdatacheckstatename",
        at="webhookeventdatarequeststarttime webhookeventcreatedon",
        title="webhookeventdatacheckname",
        told="webhookeventdatahttpstatuscode",
        state="webhookeventdatacheckstatename",
        key="webhookeventdatacheckid",
        link="webhookeventdatarequesturl",
        labels="organization=organizationname",
    ),
    _row("Hyperping", "event checkurl checkdown checkdate", at="checkdate", title="checkname checkurl", told="checkstatus", state="event", key="checkurl", link="checkurl"),
    _row(
        "StatusGator",
        "servicename boardname recordedat previousstatus",
        at="recordedat",
        title="monitordisplayname servicename",
        told="message",
        state="status",
        key="monitorid serviceid",
        link="servicelandingpageurl",
        labels="board=boardname",
    ),
    _row(
        "Checkly",
        "checkname alerttype",
        also="alerttitle checkid resultlink checkresultid",
        at="startedat",
        title="checkname",
        told="checkerrormessage alerttitle",
        state="alerttype",
        key="checkid checkname",
        link="resultlink link",
        labels="group=groupname location=runlocation",
    ),
    _row("Kapacitor", "id level message time previouslevel", at="time", title="id", told="message", state="level", key="id", severity="level"),
    _row("Pulsetic", "alerttype monitorid monitorurl", title="monitorname monitorurl", state="alerttype", key="monitorid", link="monitorurl"),
    _row("Cronitor", "id monitor type description rule", title="monitor", told="description", state="type", key="id monitor"),
    _row(
        "LogicMonitor",
        "alertid alertstatus",
        also="datapoint datasource monitorobject host hostname",
        at="startepoch alerttime datetime date",
        title="eventmsg message alertmessage datasource",
        told="eventlogmsg datapoint",
        state="alertstatus",
        key="alertid internalid",
        link="alerturl hosturl",
        severity="level severity",
        labels="host group service",
    ),
    _row(
        "SolarWinds",
        "alertmessage nodename",
        also="alerttriggertime alertid acknowledgeurl",
        at="alerttriggertime",
        title="alertmessage",
        told="alertdescription",
        state="actiontype alertstatus",
        key="alertid nodename",
        link="alertdetailsurl",
        severity="severity",
        labels="node=nodename",
    ),
    _row(
        "Cloudflare", "alerttype text policyid", at="ts", title="name policyname", told="text", state="alertevent", key="alertcorrelationid policyid",
        severity="datadataseverity", labels="account=accountid type=alerttype",
    ),
)  # fmt: skip
# Words of a state; a good one wins over a bad one: "alert cleared", "Down ended (now: Up)".
GOOD = {"up", "ok", "online", "resolved", "resolve", "recovery", "recovered", "clear", "cleared", "closed", "available", "healthy", "passing", "success", "end"}
STILL = {"paused", "maintenance", "ended", "suspended", "unknown", "discovery", "pending"}  # neither
BAD = {
    "down",
    "offline",
    "trouble",
    "critical",
    "alert",
    "triggered",
    "trigger",
    "raised",
    "problem",
    "failed",
    "failing",
    "missing",
    "error",
    "open",
    "active",
    "unreachable",
    "degraded",
}
BAD |= {"not", "failure", "unavailable", "warn", "warning", "create", "created", "expires", "expired", "start", "alarm", "new", "cpu", "ram", "disk", "network"}
SAID = {"alert", "alarm", "create", "created", "active", "open", "trigger", "triggered", "problem", "new"}  # by the kind
ADJECTIVES = {"down", "up", "offline", "online", "critical", "ok", "degraded", "failing", "missing", "unreachable"}


def _plain(value: Mapping[str, Any], depth: int = DEPTH) -> dict[str, str]:
    """Return the texts of an object by their plain names with what they stand in, also where they are empty."""
    found: dict[str, str] = {}
    for key, each in value.items():
        name = SIGNS.sub("", str(key).lower())
        if isinstance(each, dict):
            found |= {f"{name}{inner}": text for inner, text in _plain(each, depth - 1).items()} if depth else {}
        elif not isinstance(each, list):
            text = string(each)
            found.setdefault(name, "" if UNFILLED.fullmatch(text) else text)
    return found


def shape_of(value: dict[str, Any]) -> Tool | None:
    names = _plain(value).keys() if 2 <= len(value) <= 80 else set()
    return next((tool for tool in TOOLS if tool.marks <= names and (not tool.also or tool.also & names)), None) if names else None


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, marks=MARKS, sure=93)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return read_facts(payload, options, shape_of, _facts, "a monitor", clock=_clock)


def _clock(stamp: object, zone: str, latest: Any) -> Moment:
    """Read a time as machines or as templates write it: "August 20, 2018 11:44 AM PDT"."""
    try:
        return read_machine(stamp, zone, latest)
    except TimeError:
        return read_human(str(stamp), zone, latest=latest if isinstance(latest, datetime) else None)


def _stamp(plain: Mapping[str, str], tool: Tool) -> str:
    """Return the first member that holds a time: what never happened is told as “Never”."""
    for name in tool.at:
        try:
            if plain.get(name) and _clock(plain[name], "UTC", None).at is not None:
                return plain[name]
        except TimeError:
            continue
    return ""


def _kind(state: str, text: str) -> tuple[str, str, int]:
    """Return the kind, the milestone and the weight of a state; of one that says nothing, what the words say."""
    words = set(WORDS.findall(CAMEL.sub(" ", state).lower()))
    if words & GOOD:
        return "recovery", "", 1
    if words & {"acknowledged", "ack", "acknowledge"}:
        return "acknowledgement", "acknowledged", 2
    if words & STILL:
        return "status", "", 1
    if words & BAD:
        return "alert", "detected", 2
    read = kind_of(text)
    return (read.kind, "", read.salience) if read.rule else ("status" if state else "alert", "", 1)


def _facts(value: dict[str, Any]) -> Iterator[Fact | IncidentDraft | Rejected]:
    tool, plain = shape_of(value), _plain(value)
    if tool is None:
        return
    title, told, state = first(plain, *tool.title), first(plain, *tool.told), first(plain, *tool.state)
    kind, milestone, weight = _kind(state, told)
    word = spoken(state.replace(".", " ")).lower()
    said = f"{title} is {word}" if word in ADJECTIVES else line_of(title, "" if word in SAID else word)
    text = line_of(said, told if told.lower() not in (word, title.lower()) else "")
    identity, link, stamp = f"{tool.name} {first(plain, *tool.key) or digest(title)}", first(plain, *tool.link), _stamp(plain, tool)
    labels = [("tool", tool.name), *((label, first(plain, member)) for label, member in tool.labels)]
    yield about(title or told, told, first(plain, *tool.severity), (title,), link, identity, labels)
    second = second_of(stamp) if stamp else ""
    yield Fact(stamp, text, f"{identity}:{state.lower()}:{second}", kind, f"state {state}" if state else "", tool.name, link, milestone, weight)


SOURCE = Source(
    name="monitors",
    label="Other monitors",
    detect=detect,
    read=read,
    docs=f"Webhooks of monitors that send one object for a change of state: {', '.join(tool.name for tool in TOOLS)}; "
    "what states no time happened when it came (https://www.site24x7.com/help/admin/third-party-integration/webhooks.html).",
)
