"""Pure. Datadog: webhooks of monitors and incidents with the default or any other template, events of API v1 and v2, monitors, incidents.

https://docs.datadoghq.com/integrations/webhooks/ names the variables of a template, https://docs.datadoghq.com/api/latest/events/ and
https://docs.datadoghq.com/api/latest/monitors/ the objects; `datadog_incidents.py` reads incidents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from incidents.sources import datadog_incidents
from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import about
from incidents.sources.drafts import IncidentDraft, ReadOptions, Rejected
from incidents.sources.envelopes import certainty, found_in
from incidents.sources.markup import plain
from incidents.sources.members import digest, first_of, line_of, mapping, mappings, string, templated
from incidents.sources.reading import Fact, read_facts
from incidents.sources.words import kind_of

LISTS = ("data", "included", "events", "monitors", "incidents")

# What a template calls what is needed, in small letters and digits; the first that is there counts.
TITLE = ("eventtitle", "alerttitle", "title", "alertname", "name", "incidenttitle")
BODY = ("body", "textonlymsg", "eventmsg", "eventmessage", "message", "text", "msg", "description", "alertmessage", "incidentmsg", "incidentmessage")
DATE = ("date", "dateposix", "datehappened", "eventdate", "timestamp", "time", "alertdate", "lastupdated", "lastupdatedposix", "datetime")
TRANSITION = ("alerttransition", "transition", "transname", "alertstate", "transitionname", "alertstatus", "status", "state")
EVENT_ID = ("eventid", "id", "eventidstr")
CYCLE = ("alertcyclekey", "cyclekey", "aggregkey", "aggregationkey", "aggreg", "deduplicationkey", "dedupkey")
MONITOR = ("alertid", "monitorid", "alert_id")
LINK = ("link", "eventurl", "alerturl", "eventlink", "url", "sourceurl", "alertlink", "incidenturl")
INCIDENT = {"incidentpublicid", "incidentcommander", "incidentseverity", "incidentstatus", "incidentmessage", "incidentmsg", "incidenturl", "incidentcreatedat"}
NUMBER = ("incidentpublicid", "incidentuuid", "publicid")
SITES = re.compile(r"https://[\w.\-]*(?:datadoghq\.(?:com|eu)|ddog-gov\.com)/")
PREFIX = re.compile(
    r"^\s*\[(?:P\d\]\s*\[)?((?:Re-?)?(?:Triggered|No Data|Warn|Renotify|Recovered|Alert|Monitor Alert|OK|Resolved)[^\]\n]*?)(?:\s+on\s+\{([^}\n]*)\})?\]\s*",
    re.IGNORECASE,
)
MENTION = re.compile(r"(?<![\w.])@[\w\-.@]+")
FOOTER = re.compile(r"^.*(?:\[?(?:Monitor Status|Edit Monitor|Related Logs)\b|was last triggered|The monitor was last triggered).*$", re.MULTILINE)
LABELS = ("host", "env", "environment", "region", "team", "service", "cluster", "kube_namespace")


def shape_of(value: Mapping[str, Any]) -> str:
    """Return what of Datadog's an object is, or "" for nothing of it."""
    kind, attributes = string(value.get("type")), value.get("attributes")
    if isinstance(attributes, dict):
        if datadog_incidents.is_ours(value):
            return "incident"
        if _is_user(value) or (kind == "status_pages" and "domain_prefix" in attributes):
            return "still"
        return "event2" if kind == "event" and ("message" in attributes or "attributes" in attributes) and "timestamp" in attributes else ""
    if "date_happened" in value and ("title" in value or "text" in value):
        return "event1"
    if "query" in value and ("overall_state" in value or (kind.endswith(("alert", "check")) and {"options", "monitor_id", "monitor_options"} & value.keys())):
        return "monitor"
    return "webhook" if _is_webhook(value) else ""


def _is_webhook(value: Mapping[str, Any]) -> bool:
    if len(value) < 2 or len(value) > 80 or "records" in value:
        return False
    found = templated(value)
    if "alerttransition" in found and (keys := found.keys() & {*TITLE, *BODY, *LINK, *MONITOR, *EVENT_ID}):
        return bool(keys)
    own = templated({key: each for key, each in value.items() if not isinstance(each, dict)})
    if "incidenttitle" in own and len(INCIDENT & own.keys()) >= 2:  # an incident's own title is in other vendors' bodies too
        return True
    sort = string(found.get("eventtype"))
    if sort and (first_of(found, *TITLE) and first_of(found, *BODY)) and ("lastupdated" in found or "orgid" in found or "orgname" in found):
        return True
    ours = bool(SITES.match(string(first_of(found, *LINK)))) or "datadoghq." in string(first_of(found, *BODY))
    return ours and bool(PREFIX.match(string(first_of(found, *TITLE))) or sort or "incidentpublicid" in found or "alertid" in found)


def facts(value: Mapping[str, Any], users: Mapping[str, str]) -> Iterator[Fact | IncidentDraft | Rejected]:
    shape = shape_of(value)
    if shape == "incident":
        yield from datadog_incidents.facts(value, users)
    elif shape != "still":  # people and pages are there, they do not happen
        yield from READERS[shape](value)


def transition_of(words: str) -> tuple[str, str, bool]:
    """Return kind, what it is called, and whether it begins an alert, of a transition, a status or an alert type."""
    text = re.sub(r"[^a-z]", "", words.lower())
    if "recover" in text or text in ("success", "ok", "resolved", "normal"):
        return "recovery", "Recovered", False
    if text.startswith(("retrig", "rewarn", "renodata", "renotif")):
        return "alert", "Alert repeated", False
    if text.startswith(("trigger", "alert", "error", "monitoralert")):
        return "alert", "Alert", True
    if text.startswith("warn"):
        return "alert", "Warning", True
    if text.startswith("nodata"):
        return "alert", "No data", True
    return "", "", False


def body_of(text: Any) -> str:
    """Return the message without the mentions and the links that Datadog puts under it."""
    cleaned = plain(text)
    return re.sub(r"[ \t]*\n\s*", "\n", FOOTER.sub("", re.sub(r"[ \t]{2,}", " ", MENTION.sub("", cleaned)))).strip()


def tags_of(tags: Any) -> dict[str, str]:
    """Return "env:prod,team:a", or a list of such, as names and values."""
    found = tags.split(",") if isinstance(tags, str) else tags if isinstance(tags, list) else []
    pairs = [each.strip().partition(":") for each in found if isinstance(each, str) and ":" in each]
    return {name: value for name, _, value in pairs if name and value}


def _webhook(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    found = templated(value)
    if (first_of(found, "incidentpublicid", "incidentuuid") or "incidenttitle" in found) and not string(first_of(found, "alerttransition")):
        yield from _incident_webhook(found)
        return
    whole = string(first_of(found, *TITLE))
    prefix = PREFIX.match(whole)
    title = PREFIX.sub("", whole).strip() or whole or "unnamed monitor"
    body = string(first_of(found, *BODY))
    stated = string(first_of(found, *TRANSITION)) or (prefix[1] if prefix else "")
    kind, name, begins = transition_of(stated)
    if not kind and prefix:
        kind, name, begins = transition_of(prefix[1])
    rule = f"transition {stated}"
    if not kind:
        kind, name, begins = transition_of(string(first_of(found, "alerttype")))
        rule = f"alert type {found.get('alerttype')}"
    if not kind:
        read = kind_of(whole)
        kind, name, begins, rule = read.kind, "", False, read.rule or "webhook"
    scope = string(first_of(found, "alertscope", "scope", "scopes")) or (prefix[2] or "" if prefix else "")
    tags = tags_of(first_of(found, "tags", "eventtags"))
    monitor = string(first_of(found, *MONITOR)) or (
        number[1] if (number := re.search(r"monitors[#/](\d{1,20})", f"{body} {string(first_of(found, *LINK))}")) else ""
    )
    cycle = string(first_of(found, *CYCLE))
    link = string(first_of(found, *LINK))
    yield about(
        title=title,
        summary=body_of(body),
        severity=_priority(first_of(found, "alertpriority", "priority", "severity")),
        services=[tags.get("service", "")],
        url=link,
        key=cycle or " ".join(filter(None, (f"monitor {monitor}" if monitor else "", scope))) or title,
        labels=tags,
    )
    at = first_of(found, *DATE)
    identity = string(first_of(found, *EVENT_ID))
    text = line_of(name, title) + (f" ({scope})" if scope else "")
    said = body_of(body)
    yield Fact(
        at=at,
        text=f"{text}\n{said}" if said and said not in text else text,
        key=f"event {identity}" if identity and identity != monitor else f"{cycle or monitor or title}:{scope}:{stated}:{at}",
        kind=kind,
        rule=rule,
        actor="Datadog",
        url=link,
        milestone="detected" if begins else "",
        salience=0 if name == "Alert repeated" else 1,
    )


def _priority(value: Any) -> str:
    text = string(value)
    return "" if text.lower() in ("normal", "low") else text


def _incident_webhook(found: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    number = string(first_of(found, *NUMBER))
    title, state = string(first_of(found, "incidenttitle", *TITLE)), string(first_of(found, "incidentstatus", "incidentstate", "status", "state"))
    severity, link = string(first_of(found, "incidentseverity", "severity")), string(first_of(found, "incidenturl", *LINK))
    who = string(first_of(found, "user", "username"))
    yield about(title=title, severity=severity, url=link, key=f"incident {number}", labels=tags_of(found.get("tags")))
    kind, weight, milestone = datadog_incidents.STATES.get(state.lower(), ("status", 1, ""))
    at = first_of(found, *DATE)
    text = f"Incident {number}{f' ({severity})' if severity else ''}{f' is {state.lower()}' if state else ''}: {title}"
    said = body_of(first_of(found, "incidentmsg", "incidentmessage", *BODY))
    key = f"incident {number}:{state}:{at}"
    commander = string(first_of(found, "incidentcommander", "commander"))
    text += f"\nCommander: {commander}" if commander else ""
    yield Fact(at, f"{text}\n{said}" if said else text, key, kind, f"incident status {state}", who or "Datadog", link, milestone, weight)


def _event1(event: Mapping[str, Any]) -> Iterator[Fact]:
    sort = string(event.get("alert_type"))
    yield _event(
        at=event.get("date_happened"),
        title=string(event.get("title")),
        body=event.get("text"),
        identity=string(event.get("id_str")) or string(event.get("id")),
        stated="" if sort in ("info", "user_update", "recommendation", "snapshot") else sort,
        source=string(first_of(event, "source_type_name", "source")),
        tags=event.get("tags"),
        url=string(event.get("url")),
        monitor=bool(event.get("monitor_id")),
    )
    for number, comment in enumerate(mappings(event.get("comments"))):
        text = plain(first_of(comment, "message", "text") or "")
        at = first_of(comment, "date_happened", "created", "timestamp")
        key = f"comment {string(comment.get('id')) or digest(f'{at}{text}')}"
        yield Fact(at, text, key, "note", "event comment", string(first_of(comment, "handle", "user")), part=f".comments[{number}]", raw=comment)


def _event2(event: Mapping[str, Any]) -> Iterator[Fact]:
    outer = mapping(event.get("attributes"))
    inner = mapping(outer.get("attributes"))
    own, monitor = mapping(inner.get("evt")), mapping(inner.get("monitor"))
    moved = mapping(monitor.get("transition"))
    status, author = string(inner.get("status")), mapping(inner.get("author"))
    changed = mapping(inner.get("changed_resource"))
    title = string(inner.get("title")) or line_of("Changed", changed.get("name"))
    yield _event(
        at=outer.get("timestamp"),
        title=title,
        body=outer.get("message"),
        identity=string(own.get("id")) or string(event.get("id")),
        stated=string(first_of(moved, "trans_name", "trans_type")) or ("" if status == "info" else status),
        source=string(author.get("name")) or string(own.get("source")),
        tags=outer.get("tags"),
        url=string(mapping(inner.get("links")).get("self")),
        monitor=bool(monitor),
        change=bool(changed) or string(inner.get("category")) == "change" or string(own.get("type")) == "change",
    )


def _event(at: Any, title: str, body: Any, identity: str, stated: str, source: str, tags: Any, url: str, monitor: bool = False, change: bool = False) -> Fact:
    prefix = PREFIX.match(title)
    if prefix:
        stated, monitor = prefix[1], True
    kind, name, begins = transition_of(stated)
    rule, salience = f"status {stated}", 1
    said = body_of(body)
    if not kind or not (monitor or kind == "alert"):  # "success" of what is no monitor is no recovery
        read = kind_of(f"{title}\n{said}")
        kind, name, begins, rule, salience = read.kind, "", False, read.rule or "event", read.salience
    if change:
        kind, rule = "change", "event category change"
    scope = f" ({prefix[2]})" if prefix and prefix[2] else ""
    head = line_of(name, PREFIX.sub("", title).strip() or title) + scope
    labels = ", ".join(f"{key}:{value}" for key, value in tags_of(tags).items() if key in LABELS and f"{key}:{value}" not in head)
    text = f"{head} [{labels}]" if labels and not scope else head
    text = f"{text}\n{said}" if said and said not in text else text
    return Fact(
        at=at,
        text=text,
        key=f"event {identity}" if identity else f"event {at}:{digest(text)}",
        kind=kind,
        rule=rule,
        actor=source or "Datadog",
        url=url,
        milestone="detected" if begins and monitor and not change else "",
        salience=salience,
    )


def _monitor(monitor: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    key, name = string(monitor.get("id")) or digest(string(monitor.get("query"))), string(first_of(monitor, "name", "title", "query"))
    tags = tags_of(monitor.get("tags"))
    priority = f"P{monitor['priority']}" if isinstance(monitor.get("priority"), int) else ""
    yield about(name, body_of(monitor.get("message")), priority, [tags.get("service", "")], key=f"monitor {key}", labels=tags)
    creator = string(first_of(mapping(monitor.get("creator")), "name", "handle", "email"))
    for field, word in (("created", "created"), ("modified", "changed")):
        if (at := monitor.get(field)) and (field == "created" or string(at)[:19] != string(monitor.get("created"))[:19]):
            who = creator if field == "created" else ""
            yield Fact(at, f"Monitor {word}: {name}", f"monitor {key}:{field}:{at}", "change", f"monitor {field}", who, salience=0, part=f".{field}")
    groups = mapping(mapping(monitor.get("state")).get("groups"))
    stamps = (("last_triggered_ts", "alert", "Alert"), ("last_nodata_ts", "alert", "No data"), ("last_resolved_ts", "recovery", "Recovered"))
    told = False
    for scope, group in groups.items():
        for field, kind, word in stamps:
            if at := mapping(group).get(field):
                told = True
                text = f"{word}: {name}" + ("" if scope == "*" else f" ({scope})")
                milestone, part = ("detected" if kind == "alert" else ""), f".state.groups.{scope}.{field}"
                yield Fact(at, text, f"monitor {key}:{scope}:{field}:{at}", kind, f"monitor {field}", "Datadog", "", milestone, part=part, raw=group)
    if not told and (at := monitor.get("overall_state_modified")):
        state = string(monitor.get("overall_state"))
        kind, word, begins = transition_of(state)
        text = f"{word or state or 'State changed'}: {name}"
        yield Fact(at, text, f"monitor {key}:overall:{at}", kind or "status", f"overall_state {state}", "Datadog", milestone="detected" if begins else "")


READERS = {"webhook": _webhook, "event1": _event1, "event2": _event2, "monitor": _monitor}


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    users = dict(_users(payload))
    return read_facts(payload, options, shape_of, partial(facts, users=users), "Datadog", LISTS)


def _users(payload: Payload) -> Iterator[tuple[str, str]]:
    """Yield ids and names of the people that a page includes; they stand behind what they are named in."""
    for found in found_in(payload, _is_user, LISTS, "Datadog"):
        if not isinstance(found, Rejected):
            said = mapping(found.value.get("attributes"))
            if name := string(first_of(said, "name", "handle", "email")):
                yield string(found.value.get("id")), name


def _is_user(value: Mapping[str, Any]) -> bool:
    said = mapping(value.get("attributes"))
    return value.get("type") == "users" and "handle" in said and "icon" in said


SOURCE = Source(
    name="datadog",
    label="Datadog",
    detect=detect,
    read=read,
    docs="Datadog: webhooks of monitors and incidents with the default or any other template, events of API v1 and v2, monitors with the times of their "
    "groups, and incidents with timeline, impacts and to-dos (https://docs.datadoghq.com/integrations/webhooks/).",
)
