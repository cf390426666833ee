"""Pure. Prometheus Alertmanager: webhook bodies (versions 3 and 4), arrays and lines of them, and lists of /api/v2/alerts.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config defines the body. Grafana sends the same shape.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from incidents.lib import strict_json
from incidents.lib.strict_json import JsonError
from incidents.lib.timestamps import Moment, TimeError, read_machine
from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import about, placed
from incidents.sources.drafts import EventDraft, ReadOptions, Rejected, SourceError
from incidents.sources.envelopes import opened
from incidents.sources.json_stream import MAX_RAW, Node, read_nodes, sample

ALERTS = ("alerts", "data", "silences")
HIDDEN = {"__name__", "alertname", "severity", "instance", "job", "monitor", "prometheus"}


def detect(payload: Payload) -> int:
    first = sample(payload, ALERTS, 10)
    return _share(first, 95) or _share(opened(first, _holds_alerts), 92)  # other tools wrap what they were sent, and say more about it


def _share(nodes: Iterable[Node], sure: int) -> int:
    found = [_holds_alerts(node.value) for node in nodes if not node.rest]
    return sure if any(found) and sum(found) * 2 >= len(found) else 0


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    count = found = 0
    for node in opened(read_nodes(payload, ALERTS), _holds_alerts):
        if node.error:
            yield Rejected(node.where, node.error)
            continue
        yield from _group(node.value)
        if node.rest:
            continue
        for suffix, alert in _alerts(node.value):
            where = f"{node.where}{suffix}"
            if not _is_alert(alert) and not _is_silence(alert):
                yield Rejected(where, "This is no alert: it has no labels and startsAt.")
                continue
            found += 1
            for item in (_silence if _is_silence(alert) else _events)(alert, where, node, options):
                count += isinstance(item, EventDraft)
                yield item if not isinstance(item, EventDraft) else _numbered(item, count)
    if not found:
        raise SourceError("There is no alert in this file.")


def _group(value: Any) -> Iterator[Item]:
    """Yield what a body says about its group of alerts: the same key in every notification about it."""
    body = _body(value) or value
    key = body.get("groupKey") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not key or isinstance(key, bool) or not isinstance(key, (str, int)):  # a number in version 3
        return
    labels, annotations = _strings(body.get("commonLabels")), _strings(body.get("commonAnnotations"))
    named = {**_strings(body.get("groupLabels")), **labels}
    summary, link = annotations.get("summary") or annotations.get("title", ""), body.get("externalURL")
    labelled = [*named.items(), ("receiver", body.get("receiver"))]
    yield about(
        ": ".join(filter(None, (named.get("alertname", ""), summary))),
        annotations.get("description") or annotations.get("message", ""),
        named.get("severity", ""),
        [named[name] for name in ("service", "app") if named.get(name)][:1],
        link,
        str(key),
        [(name, each) for name, each in labelled if isinstance(each, str)],
    )


def _body(value: Any) -> dict[str, Any] | None:
    """Return the body that was logged with the request around it, also as a text."""
    body = value.get("body") if isinstance(value, dict) else None
    if isinstance(body, str) and body.lstrip()[:1] == "{":
        try:
            body = strict_json.loads(body)
        except JsonError:
            return None
    return body if isinstance(body, dict) else None


def _numbered(draft: EventDraft, order: int) -> EventDraft:
    object.__setattr__(draft, "order", order)  # just made here, not yet seen by anybody
    return draft


def _alerts(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the alerts in a node: itself, or those in the body that it is."""
    inner = value.get("alerts") if isinstance(value, dict) else None
    if isinstance(inner, list):
        for number, alert in enumerate(inner):
            yield f".alerts[{number}]", alert
    elif (body := _body(value)) is not None:
        yield from _alerts(body)
    elif isinstance(value, dict) and isinstance(held := value.get("data"), dict) and ("alerts" in held or "groups" in held):  # of Prometheus itself
        rules = [("", held)]
        for number, group in enumerate(groups if isinstance(groups := held.get("groups"), list) else ()):
            listed = group.get("rules") if isinstance(group, dict) else None
            rules += [(f".groups[{number}].rules[{place}]", rule) for place, rule in enumerate(listed if isinstance(listed, list) else ())]
        for suffix, rule in rules:
            if isinstance(rule, dict) and isinstance(rule.get("alerts"), list):
                yield from ((f".data{suffix}{inner}", alert) for inner, alert in _alerts(rule))
    else:
        yield "", value


def _holds_alerts(value: Any) -> bool:
    return any(_is_alert(each) or _is_silence(each) for _, each in _alerts(value))


def _is_alert(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("labels"), dict) and ("startsAt" in value or "endsAt" in value or "activeAt" in value)


def _is_silence(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("matchers"), list) and {"createdBy", "comment", "startsAt", "endsAt"} <= value.keys()


def _silence(silence: Mapping[str, Any], where: str, node: Node, options: ReadOptions) -> Iterator[Item]:
    """Read a silence of /api/v2/silences: somebody's act, and its end when it is over."""
    signs = {(True, False): "=", (False, False): "!=", (True, True): "=~", (False, True): "!~"}
    matchers = [each for each in silence["matchers"] if isinstance(each, dict)]
    said = ", ".join(
        f"{each.get('name')}{signs[each.get('isEqual', True) is not False, each.get('isRegex') is True]}{each.get('value')}" for each in matchers[:12]
    )
    what = ": ".join(filter(None, (said or "everything", str(silence["comment"] or ""))))
    state, who = silence.get("status"), str(silence["createdBy"] or "")
    over = isinstance(state, dict) and state.get("state") == "expired"
    for word, field in (("Silenced", "startsAt"), ("Silence ended", "endsAt"))[: 2 if over else 1]:
        try:
            moment = read_machine(silence.get(field), options.time_zone, options.latest)
        except TimeError as error:
            yield Rejected(f"{where}.{field}"[:200], str(error))
            continue
        raw = json.dumps(silence, ensure_ascii=False)
        key = f"silence:{silence.get('id') or what}:{silence.get('startsAt')}:{field}"
        kind, salience = ("action", 1) if field == "startsAt" else ("status", 0)
        actor = who if field == "startsAt" else "Alertmanager"
        yield placed(moment, f"{word}: {what}", key=key, where=where, raw=raw, order=0, kind=kind, rule=f"silence {field}", salience=salience, actor=actor)


def _events(alert: Mapping[str, Any], where: str, node: Node, options: ReadOptions) -> Iterator[Item]:
    labels, annotations = _strings(alert.get("labels")), _strings(alert.get("annotations"))
    if "activeAt" in alert and "startsAt" not in alert:
        alert = {**alert, "startsAt": alert["activeAt"]}
    status = alert.get("status", alert.get("state"))
    if isinstance(status, dict):  # the API gives {"state": "active", ...}
        status = status.get("state")
    identity = alert.get("fingerprint") if isinstance(alert.get("fingerprint"), str) and alert["fingerprint"] else _hash(labels)
    text = _text(labels, annotations)
    ended = str(status).lower() == "resolved"
    begun = "pending" if str(status).lower() == "pending" else "firing"
    for word, field in ((begun, "startsAt"), ("resolved", "endsAt")):
        if word == "resolved" and not ended:
            continue  # an end in the future is when Alertmanager would give up waiting, no recovery
        try:
            moment = read_machine(alert.get(field), options.time_zone, options.latest)
        except TimeError as error:
            yield Rejected(f"{where}.{field}"[:200], str(error))
            continue
        if moment.at is None and not moment.needs:
            if word == begun or ended:
                yield Rejected(f"{where}.{field}"[:200], "The alert has no time.")
            continue
        yield _draft(alert, labels, text, word, moment, f"{identity}:{alert.get('startsAt')}:{word}", where, node)


def _draft(alert: Mapping[str, Any], labels: Mapping[str, str], text: str, word: str, moment: Moment, key: str, where: str, node: Node) -> EventDraft:
    firing = word != "resolved"
    head = {"firing": "Alert", "pending": "Alert pending"}.get(word, "Alert resolved")
    link = alert.get("generatorURL") or alert.get("panelURL") or ""
    raw = node.raw if not node.path and len(node.raw) <= MAX_RAW else json.dumps(alert, ensure_ascii=False)
    return placed(
        moment,
        f"{head}: {text}",
        key=key,
        where=where,
        raw=raw,
        order=0,
        kind="alert" if firing else "recovery",
        rule=f"alert status {word}",
        salience=1,
        actor=labels.get("monitor") or labels.get("prometheus") or ("Prometheus" if "activeAt" in alert else "Alertmanager"),
        url=link,
        milestone="detected" if word == "firing" else "",
    )


def _text(labels: Mapping[str, str], annotations: Mapping[str, str]) -> str:
    name = labels.get("alertname", "")
    summary = next((annotations[key] for key in ("summary", "message", "title", "description") if annotations.get(key)), "")
    head = ": ".join(filter(None, (name, summary))) or ", ".join(f"{key}={value}" for key, value in labels.items()) or "unnamed"
    facts = [labels[key] for key in ("severity", "instance") if labels.get(key)]
    facts += [f"{key}={value}" for key, value in labels.items() if key not in HIDDEN][:12]
    parts = [f"{head} ({', '.join(facts)})" if facts else head]
    if (more := annotations.get("description") or annotations.get("message", "")) and more != summary:
        parts.append(more)
    return "\n".join(parts)


def _strings(value: Any) -> dict[str, str]:
    return {str(key): str(each) for key, each in value.items() if isinstance(each, (str, int, float)) and str(each)} if isinstance(value, dict) else {}


def _hash(labels: Mapping[str, str]) -> str:
    canonical = json.dumps(labels, sort_keys=True, ensure_ascii=True)
    return hashlib.blake2b(canonical.encode(), digest_size=8).hexdigest()


SOURCE = Source(
    name="alertmanager",
    label="Prometheus Alertmanager",
    detect=detect,
    read=read,
    docs="Prometheus Alertmanager: webhook bodies of versions 3 and 4, one or many, and lists of /api/v2/alerts and /api/v2/silences "
    "(https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).",
)
