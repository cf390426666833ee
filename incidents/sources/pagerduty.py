"""Pure. PagerDuty: REST answers (incidents, log entries, alerts, notes), webhooks v2 and v3, events sent to it, rows that wrap these.

https://developer.pagerduty.com/api-reference and https://developer.pagerduty.com/docs/webhooks-overview define what is read.
Trigger, acknowledge and resolve are keyed by incident and second, so that the incident, its log and its webhooks give one event each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from incidents.lib.timestamps import TimeError, read_machine
from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import Drafting
from incidents.sources.drafts import EventDraft, IncidentDraft, ReadOptions, Rejected, SourceError
from incidents.sources.envelopes import certainty, found_in
from incidents.sources.markup import plain
from incidents.sources.members import as_json, digest, mapping, mappings, string, strings
from incidents.sources.pagerduty_shapes import (
    KINDS,
    LISTS,
    agent_of,
    as_analysed,
    as_incident,
    as_second,
    as_sent,
    incident_id,
    link_of,
    shape_of,
    summary_of,
    title_of,
    told,
)
from incidents.sources.words import kind_of

SAME = {"trigger": "triggered", "acknowledge": "acknowledged", "resolve": "resolved"}


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    reader = _Reader(options)
    stated: set[str] = set()
    for item in _items(payload, reader):
        if isinstance(item, EventDraft) and (item.milestone or ":assigned:" in item.key):  # the incident, each state of it and its log say these
            if item.key in stated:
                continue
            stated.add(item.key)
        yield item
    if not reader.make.order and not reader.incidents:
        raise SourceError("There is nothing of a PagerDuty incident in this file: no log entry, incident, alert or note with a time.")


def _items(payload: Payload, reader: _Reader) -> Iterator[Item]:
    for found in found_in(payload, shape_of, LISTS, "PagerDuty"):
        if isinstance(found, Rejected):
            yield found
        else:
            yield from reader.read(found.value, found.where, found.raw, found.rest)


class _Reader:
    """Turns PagerDuty's objects into drafts; `incidents` are those seen."""

    def __init__(self, options: ReadOptions) -> None:
        self.make = Drafting(options)
        self.incidents: set[str] = set()
        self.about: set[tuple[str, bool]] = set()
        self.logged = False  # the incident's log is in the payload too

    def read(self, value: Any, where: str, raw: str, rest: bool = False) -> Iterator[Item]:
        """Read one object; `rest` is what stood around lists that have been read already."""
        shape = shape_of(value)
        self.logged = rest
        if shape.startswith("one "):
            name = shape[4:]
            yield from self.read(value[name], f"{where}.{name}" if where != "the document" else name, raw, rest)
        elif shape == "message":
            self.logged = bool(value.get("log_entries"))
            if isinstance(value.get("incident"), dict):
                yield from self._incident(value["incident"], f"{where}.incident", raw)
            for number, entry in enumerate(entries if isinstance(entries := value.get("log_entries"), list) else ()):
                yield from self.read(entry, f"{where}.log_entries[{number}]", "")
        elif shape == "":
            if where != "the document" and not rest:
                yield Rejected(where[:200], "This is nothing that PagerDuty writes, or it has no time.")
        else:
            yield from getattr(self, f"_{shape}")(value, where, raw)

    def _about(self, draft: IncidentDraft) -> Iterator[Item]:
        """Yield what is said about the incident unless it was said before; a reference says least."""
        known = (draft.key, bool(draft.severity))
        if draft.key and known not in self.about and (draft.key, True) not in self.about:
            self.about.add(known)
            yield draft

    def _log_entry(self, entry: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
        kind = string(entry["type"]).removesuffix("_reference").removesuffix("_log_entry")
        if isinstance(incident := entry.get("incident"), dict):
            yield from self._about(as_incident({**incident, "service": entry.get("service"), "teams": entry.get("teams")}))
        channel = mapping(entry.get("channel"))
        summary = string(entry.get("summary"))
        said = string(channel.get("content")) or string(channel.get("summary")) or string(channel.get("subject"))
        details = string(mapping(entry.get("event_details")).get("description"))
        text = summary.rstrip(".") or kind.replace("_", " ")
        if entry.get("note"):
            said = string(entry["note"])
        for more in (said, details):
            if more and more not in text:
                text = f"{text}: {more}"
        if kind == "trigger" and (title := title_of(mapping(entry.get("incident")).get("summary"))) and title not in text:
            text = f"{title.rstrip('.')}. {text}"
        yield self._event(
            entry.get("created_at"),
            kind,
            text,
            incident_id(entry),
            string(entry.get("id")),
            where,
            raw or as_json(entry),
            "log_entry type",
            agent_of(entry),
            link_of(entry),
            said,
        )

    def _incident(self, incident: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
        number = string(incident.get("id")) or string(incident.get("html_url")).rpartition("/")[2] or str(incident.get("incident_number", ""))
        state = f"{number}:{digest(as_json([incident.get(name) for name in ('status', 'last_status_change_at', 'assignments', 'acknowledgements')]))}"
        if state in self.incidents:
            return
        self.incidents.add(state)
        yield from self._about(as_incident(incident))
        raw = raw or as_json(incident)
        title = string(incident.get("title")) or title_of(incident.get("summary")) or "Incident"
        link, service = link_of(incident), summary_of(incident.get("service"))
        yield self._event(
            incident.get("created_at"),
            "trigger",
            f"Triggered: {title}" + (f" ({service})" if service else ""),
            number,
            "",
            where,
            raw,
            "incident created_at",
            service,
            link,
        )
        for index, each in enumerate([] if self.logged else mappings(incident.get("assignments"))):
            who = summary_of(each.get("assignee"))
            yield self._event(
                each.get("at"),
                "assign",
                f"Assigned to {who}",
                number,
                f"{number}:assigned:{who}:{each.get('at')}",
                f"{where}.assignments[{index}]",
                as_json(each),
                "incident assignments",
                who,
                link,
            )
        for index, each in enumerate(mappings(incident.get("acknowledgements"))):
            who = summary_of(each.get("acknowledger"))
            yield self._event(
                each.get("at"),
                "acknowledge",
                f"Acknowledged by {who}",
                number,
                "",
                f"{where}.acknowledgements[{index}]",
                as_json(each),
                "incident acknowledgements",
                who,
                link,
            )
        if incident.get("status") == "resolved" and (resolved := incident.get("resolved_at") or incident.get("last_status_change_at")):
            who = summary_of(incident.get("last_status_change_by"))
            yield self._event(resolved, "resolve", "Resolved" + (f" by {who}" if who else ""), number, "", where, raw, "incident resolved_at", who, link)

    def _first_message(self, message: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
        """Read a webhook v1: an incident in the state that it then had."""
        kind, moment = string(message["type"]).removeprefix("incident."), message.get("created_on")
        incident = as_second(mapping(message["data"])["incident"], moment)
        yield from self._incident(incident, f"{where}.data.incident", raw)
        if kind in ("trigger", "resolve") or (kind == "acknowledge" and incident["acknowledgements"]):
            return
        who = summary_of(incident.get("last_status_change_by"))
        word = (kind + ("d" if kind.endswith("e") else "ed")).replace("_", " ").capitalize()
        text = word + (f" by {who}" if who else "") + f": {string(incident['title'])}"
        identity = string(message.get("id"))
        yield self._event(moment, kind, text, string(incident.get("id")), identity, where, raw, "webhook type", who, link_of(incident))

    def _alert(self, alert: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
        text = "Alert: " + (string(alert.get("summary")) or string(alert.get("alert_key")) or "unnamed")
        if severity := string(alert.get("severity")):
            text += f" ({severity})"
        actor = summary_of(alert.get("integration")) or summary_of(alert.get("service"))
        key = string(mapping(alert.get("incident")).get("id")) or string(alert.get("alert_key"))
        yield from self._about(as_incident({**alert, "id": key}))
        item = self._event(
            alert.get("created_at"), "trigger", text, "", f"alert:{string(alert.get('id'))}", where, raw or as_json(alert), "alert", actor, link_of(alert)
        )
        yield item

    def _note(self, note: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
        told, who = string(note.get("message")), summary_of(note.get("user")) or summary_of(note.get("sender"))
        text, kind, rule = (f"Status update: {told}", "status_update", "update") if told else (string(note.get("content")), "annotate", "note")
        yield self._event(note.get("created_at"), kind, text, "", "", where, raw or as_json(note), rule, who, "", "" if told else text)

    def _webhook(self, event: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
        data = mapping(event.get("data"))
        kind = string(event["event_type"]).removeprefix("incident.").replace(".", "_")
        kind = {"triggered": "trigger", "acknowledged": "acknowledge", "resolved": "resolve", "annotated": "annotate"}.get(kind, kind)
        about = data if data.get("type") == "incident" else mapping(data.get("incident"))
        yield from self._about(as_incident(about))
        title = string(about.get("title")) or title_of(about.get("summary")) or summary_of(data)
        said = string(data.get("content")) or string(data.get("message"))
        text = SAME.get(kind, "note" if kind == "annotate" else kind.replace("_", " ")).capitalize() + (f": {said or title}" if said or title else "")
        if kind.startswith("priority") and (level := summary_of(data.get("priority"))):
            text = f"Priority set to {level}: {title}"
        elif kind.startswith("responder") and (who := summary_of(data.get("user")) or summary_of(data.get("escalation_policy"))):
            state = string(data.get("state"))
            text = f"{kind.replace('_', ' ').capitalize()}: {who}" + (f" ({state})" if state else "") + (f": {said.strip()}" if said.strip() else "")
        elif kind.startswith("workflow") and (name := summary_of(data.get("incident_workflow")) or string(data.get("summary"))):
            text = f"{kind.replace('_', ' ').capitalize()}: {name}"
        elif kind.startswith("conference_bridge") and (bridge := data.get("conference_url") or data.get("conference_number")):
            text = f"Conference bridge set: {bridge}"
        elif kind.startswith("custom_field") and (fields := mappings(data.get("custom_fields")) or mappings(data.get("changed_fields"))):
            text = ", ".join(f"{string(each.get('display_name')) or string(each.get('name'))} set to {told(each.get('value'))}" for each in fields)
        elif kind in ("reassigned", "delegated", "escalated") and (to := ", ".join(summary_of(each) for each in mappings(data.get("assignees")))):
            text = f"{kind.capitalize()} to {to}: {title}"
        elif kind == "service_updated" and (service := summary_of(data.get("service"))):
            text = f"Service changed to {service}: {title}"
        elif kind == "incident_type_changed" and (sort := string(mapping(data.get("incident_type")).get("name"))):
            text = f"Incident type changed to {sort.replace('_', ' ')}: {title}"
        yield self._event(
            event.get("occurred_at"),
            kind,
            text,
            incident_id(about),
            string(event.get("id")),
            where,
            raw or as_json(event),
            "webhook event_type",
            agent_of(event),
            link_of(about),
            said,
        )

    def _sent(self, event: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
        yield from self._about(as_sent(event))
        body = mapping(event.get("payload"))
        action = string(event.get("event_action")) or string(event.get("event_type")) or "change"
        text = string(body.get("summary")) or string(event.get("description")) or action
        key = f"{string(event.get('dedup_key')) or string(event.get('incident_key'))}:{action}:{body.get('timestamp')}:{text}"
        kind = "change" if action == "change" else action
        yield self._event(
            body.get("timestamp"),
            kind,
            text,
            "",
            digest(key),
            where,
            raw,
            "event_action",
            string(body.get("source")) or string(event.get("client")),
            string(event.get("client_url")),
        )

    def _change_event(self, event: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
        yield self._event(
            event.get("timestamp"),
            "change",
            string(event.get("summary")),
            "",
            string(event.get("id")),
            where,
            raw,
            "change event",
            string(event.get("source")),
            link_of(event),
        )

    def _analytics(self, row: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
        incident = as_analysed(row)
        yield from self._incident(incident, where, raw)
        number, seconds = string(row.get("id")), row.get("seconds_to_first_ack")
        who = ", ".join(strings(row.get("acknowledged_user_names")))
        try:
            start = read_machine(row.get("created_at"), self.make.options.time_zone, self.make.options.latest).at
        except TimeError:
            return
        if start is not None and isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and 0 < seconds < 10**8:
            stamp, spot = (start + timedelta(seconds=seconds)).isoformat(), f"{where}.seconds_to_first_ack"
            text = f"Acknowledged by {who}" if who else "Acknowledged"
            yield self._event(stamp, "acknowledge", text, number, "", spot, raw, "analytics seconds_to_first_ack", who, "")

    def _responder_request(self, request: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
        incident, who = mapping(request.get("incident")), summary_of(request.get("requester"))
        yield from self._about(as_incident(incident))
        targets = [mapping(each.get("responder_request_target")) or each for each in mappings(request.get("responder_request_targets"))]
        asked = [summary_of(each.get("user")) for target in targets for each in mappings(target.get("incidents_responders"))]
        text = "Help requested" + (f" of {', '.join(filter(None, asked))}" if any(asked) else "")
        said = string(request.get("message"))
        key = f"{incident_id(request)}:requested:{request.get('requested_at')}"
        yield self._event(
            request.get("requested_at"), "responder", f"{text}: {said}" if said else text, "", key, where, raw, "responder request", who, link_of(incident)
        )

    def _post(self, post: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
        text = f"Status page, {string(post.get('post_type')) or 'post'}: {string(post.get('title'))}"
        yield self._event(post.get("starts_at"), "status_update", text, "", string(post.get("id")), where, raw, "status page post", "", "")

    def _post_update(self, update: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
        status = summary_of(update.get("status"))
        text = ": ".join(filter(None, (status, plain(string(update.get("message"))))))
        yield self._event(update.get("reported_at"), "status_update", text, "", string(update.get("id")), where, raw, "status page", "", "")

    def _event(
        self, stamp: Any, kind: str, text: str, incident: str, identity: str, where: str, raw: str, rule: str, actor: str, url: str, said: str = ""
    ) -> Item:
        name, weight, milestone = next(((name, weight, milestone) for start, name, weight, milestone in KINDS if kind.startswith(start)), ("message", 1, ""))
        second = self.make.second(stamp)
        if kind in SAME and incident:
            identity = f"{incident}:{SAME[kind]}:{second}"
        elif kind == "change":
            name = "change"
        elif kind == "annotate" and said:
            identity = f"note:{second}:{digest(said.strip())}"
            read = kind_of(said)
            if read.rule and read.kind != "message":
                name, rule, weight = read.kind, read.rule, read.salience
        elif name == "role" and "assign" in kind:
            weight = 1 if second else 0
        return self.make.event(
            stamp,
            text.strip() or kind,
            identity or f"{kind}:{second}:{digest(text)}",
            where,
            raw,
            kind=name,
            rule=rule if rule.startswith("word:") else f"{rule} {kind}",
            salience=weight,
            actor=actor,
            url=url,
            milestone=milestone if rule != "alert" or kind != "trigger" else "detected",
        )


SOURCE = Source(
    name="pagerduty",
    label="PagerDuty",
    detect=detect,
    read=read,
    docs="PagerDuty: answers of its REST API (incidents, log entries, alerts, notes, analytics; pages one after another), webhooks v2 and v3, and rows that wrap them "
    "(https://developer.pagerduty.com/api-reference).",
)
