"""Pure. Grafana: webhooks of Grafana Alerting and of the dashboard alerts before it, annotations, and the history of alert states.

https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/ and
https://grafana.com/docs/grafana/latest/developers/http_api/annotations/ define what is read. A dashboard alert states no time: it
happened when it was received, or on the date that a person gives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import about
from incidents.sources.drafts import IncidentDraft, ReadOptions, Rejected
from incidents.sources.envelopes import certainty
from incidents.sources.markup import plain
from incidents.sources.members import as_json, digest, first_of, line_of, mapping, mappings, second_of, string, strings
from incidents.sources.reading import Fact, read_facts
from incidents.sources.words import kind_of

LISTS = ("results", "items", "annotations")
HIDDEN = {
    "__name__",
    "alertname",
    "severity",
    "instance",
    "job",
    "grafana_folder",
    "__alert_rule_uid__",
    "__contacts__",
    "ref_id",
    "datasource_uid",
    "rulename",
}
BODY = {"orgId", "title", "message", "state"}
ALERT = {"silenceURL", "dashboardURL", "panelURL", "valueString", "values"}

# Beginning of a state, of any version -> kind, what it is called, whether the vendor calls it the begin of an alert.
STATES: tuple[tuple[str, str, str, bool], ...] = (
    ("alerting", "alert", "Alert", True),
    ("firing", "alert", "Alert", True),
    ("nodata", "alert", "No data", True),
    ("error", "alert", "Alert rule failed", True),
    ("ok", "recovery", "Alert resolved", False),
    ("normal", "recovery", "Alert resolved", False),
    ("resolved", "recovery", "Alert resolved", False),
    ("paused", "status", "Alert rule paused", False),
    ("pending", "status", "Alert pending", False),
    ("recovering", "status", "Alert recovering", False),
    ("unknown", "status", "Alert state unknown", False),
)
VALUE = re.compile(r"\[\s*(?:var='([^']*)'\s*)?(?:metric='(?:[^'\\]|\\.)*'\s*)?labels=\{[^}]*\}\s*value=([^\s\]]{1,40})\s*\]")
ONLY_VALUES = re.compile(r"\([^()]*\)")
PREFIX = re.compile(r"^\s*\[(?:Alerting|OK|No Data|NoData|Paused|Pending|Unknown|Firing|Resolved)[^\]\n]{0,40}\]\s*", re.IGNORECASE)


def shape_of(value: Mapping[str, Any]) -> str:
    """Return what of Grafana's an object is, or "" for nothing of it."""
    alerts = value.get("alerts")
    if isinstance(alerts, list) and ("orgId" in value or len(BODY & value.keys()) >= 3 or any(len(ALERT & each.keys()) >= 2 for each in mappings(alerts))):
        return "body"
    if "ruleName" in value and "state" in value and ("ruleUrl" in value or "ruleId" in value or "evalMatches" in value):
        return "legacy"
    if "previous" in value and "current" in value and ("ruleUID" in value or "ruleTitle" in value or "schemaVersion" in value):
        return "line"
    if "time" in value and "text" in value and ("dashboardUID" in value or "dashboardId" in value or "panelId" in value) and "tags" in value:
        return "annotation"
    if "time" in value and "newState" in value and "alertId" in value:
        return "annotation"
    if isinstance(value.get("schema"), dict) and isinstance(mapping(value.get("data")).get("values"), list):
        return "frame" if any(each.get("name") == "line" for each in mappings(value["schema"].get("fields"))) else ""
    return ""


def facts(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft | Rejected]:
    yield from READERS[shape_of(value)](value)


def _body(body: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft | Rejected]:
    common, alerts = mapping(body.get("commonLabels")), body["alerts"]
    notes, title = mapping(body.get("commonAnnotations")), string(body.get("title"))
    single = string(alerts[0].get("fingerprint")) if len(alerts) == 1 and isinstance(alerts[0], dict) else ""
    yield about(
        title=_title(title, common, mappings(alerts)),
        summary=plain(first_of(notes, "summary", "description") or ""),
        severity=string(common.get("severity")),
        services=[string(common.get("service"))],
        url=string(body.get("externalURL")),
        key=string(body.get("groupKey")) or single,
        labels=common,
    )
    for number, alert in enumerate(alerts):
        if isinstance(alert, dict):
            yield from _alert(alert, f".alerts[{number}]", title)
        else:
            yield Rejected(f".alerts[{number}]", "This is no alert: it is no object.")


def _title(title: str, common: Mapping[str, Any], alerts: list[dict[str, Any]]) -> str:
    """Return the title without its count. Grafana's own is empty but for values in brackets where the alerts have no name in common."""
    said = PREFIX.sub("", title).strip()
    if said and not ONLY_VALUES.fullmatch(said):
        return said
    names = dict.fromkeys(name for each in alerts if (name := string(mapping(each.get("labels")).get("alertname"))))
    named = string(common.get("alertname")) or ", ".join(list(names)[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"{named} {said}".strip()


def _alert(alert: Mapping[str, Any], part: str, title: str) -> Iterator[Fact]:
    labels, notes = mapping(alert.get("labels")), mapping(alert.get("annotations"))
    identity = string(alert.get("fingerprint")) or digest(as_json(dict(sorted(labels.items()))))
    text = _described(labels, notes, title)
    if values := _values(alert.get("values")) or _value_string(string(alert.get("valueString"))):
        text = f"{text}\n{values}"
    link = first_of(alert, "panelURL", "dashboardURL", "generatorURL") or ""
    ended = string(alert.get("status")).lower() == "resolved"
    for word, field in (("firing", "startsAt"), ("resolved", "endsAt")):
        if word == "resolved" and not ended:
            continue  # an end in the future is when the alert would be given up, no recovery
        yield Fact(
            at=alert.get(field),
            text=f"{'Alert' if word == 'firing' else 'Alert resolved'}: {text}",
            key=f"{identity}:{alert.get('startsAt')}:{word}",
            kind="alert" if word == "firing" else "recovery",
            rule=f"alert status {word}",
            actor="Grafana",
            url=string(link),
            milestone="detected" if word == "firing" else "",
            part=f"{part}.{field}",
            raw=alert,
        )


def _described(labels: Mapping[str, Any], notes: Mapping[str, Any], title: str) -> str:
    name = string(labels.get("alertname"))
    if (trouble := UNSEEN.get(name)) and string(labels.get("rulename")):  # Grafana's own alerts, about a rule that it could not judge
        name = f"{labels['rulename']}: {trouble}"
    summary = plain(first_of(notes, "summary", "message", "title", "description") or "")
    facts_ = [string(labels[key]) for key in ("severity", "instance") if string(labels.get(key))]
    facts_ += [f"{key}={value}" for key, value in labels.items() if key not in HIDDEN and string(value)][:12]
    head = line_of(name, summary) or PREFIX.sub("", title).strip() or "unnamed"
    parts = [f"{head} ({', '.join(facts_)})" if facts_ else head]
    if (more := plain(notes.get("description"))) and more != summary:
        parts.append(more)
    return "\n".join(parts)


UNSEEN = {"DatasourceNoData": "no data", "DatasourceError": "error of the data source"}


def _values(values: Any) -> str:
    found = [f"{name} = {number:g}" for name, number in mapping(values).items() if isinstance(number, (int, float)) and not isinstance(number, bool)]
    return f"Values: {', '.join(found[:8])}" if found else ""


def _value_string(text: str) -> str:
    """Return what older versions write as "[ var='B' labels={...} value=17 ], [ ... ]"."""
    found = [f"{name or 'value'} = {number}" for name, number in VALUE.findall(text[:5000])]
    return f"Values: {', '.join(found[:8])}" if found else ""


def _state(state: Any) -> tuple[str, str, bool]:
    """Return kind, name and whether it begins an alert; of "Normal (NoData)" the first word counts."""
    text = re.sub(r"[\s_\-]", "", string(state).partition("(")[0]).lower()
    return next(((kind, name, begins) for start, kind, name, begins in STATES if text.startswith(start)), ("status", f"Alert state {string(state)}", False))


def _legacy(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    kind, name, begins = _state(value["state"])
    title, message = PREFIX.sub("", string(value.get("title"))).strip(), plain(value.get("message"))
    rule, tags = string(value.get("ruleId")) or string(value["ruleName"]), mapping(value.get("tags"))
    yield about(
        title=string(value["ruleName"]) or title,
        summary=message,
        severity=string(tags.get("severity")),
        services=[string(tags.get("service"))],
        url=string(value.get("ruleUrl")),
        key=f"rule {rule}",
        labels=tags,
    )
    matches = mappings(value.get("evalMatches"))
    seen = dict.fromkeys(f"{string(each.get('metric')) or 'value'} = {each.get('value')}{_tags(each.get('tags'))}" for each in matches)
    text = f"{name}: {line_of(string(value['ruleName']) or title or 'unnamed', message)}"
    if seen:
        text += "\n" + "\n".join(list(seen)[:10])
    content = digest(as_json([value.get("title"), value.get("message"), matches]))
    yield Fact(
        at=value.get("time"),
        text=text,
        key=f"rule {rule}:{string(value['state']).lower()}:{content}",
        kind=kind,
        rule=f"state {string(value['state'])}",
        actor="Grafana",
        url=string(value.get("ruleUrl")),
        milestone="detected" if begins else "",
    )


def _tags(tags: Any) -> str:
    found = [f"{key}={value}" for key, value in mapping(tags).items() if string(value) and key not in HIDDEN - {"instance"}][:6]
    return f" ({', '.join(found)})" if found else ""


def _annotation(value: Mapping[str, Any]) -> Iterator[Fact]:
    text, state = plain(value.get("text")), string(value.get("newState"))
    who = string(first_of(value, "userName", "login", "email"))
    tags = ", ".join(strings(value.get("tags")))
    identity, title = string(value.get("id")) or digest(as_json([value.get("time"), text])), string(first_of(value, "alertName", "title"))
    if state:
        kind, name, begins = _state(state)
        before = string(value.get("prevState"))
        said = line_of(name, title, text)
        if before:
            said += f" ({before} to {state})"
        rule, salience = f"newState {state}", 1
    else:
        read = kind_of(f"{text} {tags}")
        kind, begins, salience = read.kind if read.kind != "message" else "note", False, read.salience
        rule = read.rule or "annotation"
        said = line_of(title, text) or "Annotation"
        said += f" ({tags})" if tags else ""
    yield Fact(
        at=value["time"],
        text=said,
        key=f"annotation {identity}",
        kind=kind,
        rule=rule,
        actor=who or "Grafana",
        milestone="detected" if begins else "",
        salience=salience,
        recorded=value.get("created"),
    )
    end = value.get("timeEnd")
    if end and end != value["time"] and not state:
        yield Fact(end, f"End of: {said}", f"annotation {identity}:end", kind, rule, who or "Grafana", salience=salience, part=".timeEnd")


def _frame(value: Mapping[str, Any]) -> Iterator[Fact | Rejected]:
    """Read a data frame of the state history: columns of times and of lines, newest or oldest first."""
    names = [string(each.get("name")) for each in mappings(value["schema"].get("fields"))]
    columns = dict(zip(names, value["data"]["values"], strict=False))
    times, lines = columns.get("time"), columns.get("line")
    if not isinstance(times, list) or not isinstance(lines, list):
        yield Rejected(".data.values", "The frame has no columns of times and lines.")
        return
    for number, (time, line) in enumerate(zip(times, lines, strict=False)):
        if isinstance(line, dict) and "current" in line:
            yield from _line(line, time, f".data.values[{number}]")
        else:
            yield Rejected(f".data.values[{number}]", "This is no change of an alert's state.")


def _line(line: Mapping[str, Any], time: Any = None, part: str = "") -> Iterator[Fact]:
    kind, name, begins = _state(line.get("current"))
    labels = mapping(line.get("labels"))
    identity = string(line.get("fingerprint")) or string(line.get("ruleUID")) or digest(as_json(labels))
    time = time if time is not None else first_of(line, "time", "timestamp", "ts")
    text = line_of(name, line.get("ruleTitle") or labels.get("alertname") or "unnamed") + _tags(labels)
    text += f" ({string(line.get('previous'))} to {string(line.get('current'))})"
    if values := _values(line.get("values")):
        text += f"\n{values}"
    key = f"{identity}:{second_of(time)}:{string(line.get('current'))}"
    yield Fact(time, text, key, kind, "state history current", "Grafana", milestone="detected" if begins else "", part=part, raw=line)


READERS = {"body": _body, "legacy": _legacy, "annotation": _annotation, "frame": _frame, "line": _line}


def detect(payload: Payload) -> int:
    sure = certainty(payload, lambda value: shape_of(value) == "body", LISTS, sure=97)  # above Alertmanager, which reads that shape too
    return sure or certainty(payload, shape_of, LISTS, sure=93)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return read_facts(payload, options, shape_of, facts, "Grafana", LISTS)


SOURCE = Source(
    name="grafana",
    label="Grafana",
    detect=detect,
    read=read,
    docs="Grafana: webhooks of Grafana Alerting and of the older dashboard alerts, annotations of /api/annotations, and the history of alert states "
    "(https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/).",
)
