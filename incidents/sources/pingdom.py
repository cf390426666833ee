"""Pure. Pingdom: state changes as its webhooks send them, and the API's outages, alerts sent, single results and lists of checks.

https://www.pingdom.com/resources/webhooks/ and https://docs.pingdom.com/api/ define what is read. The webhook says when a check changed its
state; an outage has no identity there, so a check and the second of the change are its key.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import about, event, in_order
from incidents.sources.drafts import ReadOptions, Rejected
from incidents.sources.envelopes import Found, certainty, found_in
from incidents.sources.members import first, mapping, mappings, string

LISTS = ("states", "alerts", "results", "checks", "actions")
DOWN = {"DOWN", "FAILING", "FAILURE", "FAILED", "UNCONFIRMED_DOWN", "NOTIFY_OF_DOWN"}
UP = {"UP", "SUCCESS", "SUCCESSFUL", "PASSING"}


def shape_of(value: dict[str, Any]) -> str:
    keys = value.keys()
    if "check_id" in keys and "current_state" in keys and ("state_changed_timestamp" in keys or "state_changed_utc_time" in keys):
        return "webhook"
    if {"status", "timefrom", "timeto"} <= keys:
        return "outage"
    if {"time", "via"} <= keys and keys & {"messageshort", "messagefull"}:
        return "alert"
    if {"probeid", "time", "status"} <= keys:
        return "result"
    if {"hostname", "name", "status"} <= keys and keys & {"lasttesttime", "lasterrortime", "lastdownstart"}:
        return "check"
    return ""


MARKS = (b"check_id", b"timefrom", b"messageshort", b"messagefull", b"probeid", b"lasttesttime", b"lasterrortime", b"lastdownstart")


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS, MARKS)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return in_order(_items(payload, options), "There is no Pingdom state change, outage or alert with a time in this file.")


def _items(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    before = ""
    for found in found_in(payload, shape_of, LISTS, "Pingdom"):
        if isinstance(found, Rejected):
            yield found
        elif found.shape == "webhook":
            yield from _webhook(found, options)
        elif found.shape == "outage":
            state = string(found.value["status"]).upper()
            yield _outage(found, options, state, before)
            before = state
        elif found.shape == "alert":
            yield _alert(found, options)
        elif found.shape == "result":
            yield _result(found, options)
        else:
            yield from _check(found, options)


def _webhook(found: Found, options: ReadOptions) -> Iterator[Item]:
    value, parameters = found.value, mapping(found.value.get("check_params"))
    name = first(value, "check_name") or f"Check {string(value['check_id'])}"
    state, before = string(value["current_state"]).upper(), string(value.get("previous_state")).upper()
    link = first(parameters, "full_url", "url")
    host = first(parameters, "hostname") or (link.split("/")[2] if link.count("/") >= 2 else "")
    tags = value.get("tags") if isinstance(value.get("tags"), list) else []
    labels = [("host", host), ("type", first(value, "check_type")), *[("tag", string(each) or first(mapping(each), "name")) for each in tags or ()]]
    yield about(name, key=string(value["check_id"]), severity=first(value, "importance_level"), services=(name,), url=link, labels=labels)
    down = state in DOWN
    told = first(value, "long_description", "description")
    seen = ", ".join(filter(None, (first(mapping(value.get(each)), "location") for each in ("first_probe", "second_probe"))))
    text = f"{name} is {_word(state)}" + (f" (was {_word(before)})" if before and before != state else "")
    text += f": {told}" if told and told.upper() not in ("OK", state) else ""
    text += f"\nSeen from {seen}" if seen and down else ""
    stamp = value.get("state_changed_timestamp") or f"{string(value.get('state_changed_utc_time'))}Z".replace("ZZ", "Z").removeprefix("Z")
    yield event(
        found,
        options,
        stamp,
        text=text,
        key=f"{string(value['check_id'])}:{string(stamp)}:{state}",
        kind="alert" if down else "recovery" if state in UP else "status",
        rule=f"current_state {state}",
        salience=2 if state == "DOWN" else 1,
        milestone="detected" if down and state != "UNCONFIRMED_DOWN" else "",
        actor="Pingdom",
        url=link,
    )


def _outage(found: Found, options: ReadOptions, state: str, before: str) -> Item:
    down, recovered = state in DOWN, state in UP and before in DOWN
    text = f"The check went {_word(state)}" if down or recovered else f"The check was {_word(state)}"
    return event(
        found,
        options,
        found.value["timefrom"],
        text=text,
        key=f"outage:{string(found.value['timefrom'])}:{state}",
        kind="alert" if down else "recovery" if recovered else "status",
        rule=f"outage status {state.lower()}",
        salience=2 if down else 1 if recovered else 0,
        milestone="detected" if down else "",
        actor="Pingdom",
    )


def _alert(found: Found, options: ReadOptions) -> Item:
    value = found.value
    who = first(value, "contactname", "username", "sentto")
    said = first(value, "messagefull", "messageshort")
    text = f"Told {who or 'a contact'} by {first(value, 'via')}: {said}"
    if (status := first(value, "status")) and status not in ("sent", "delivered"):
        text += f" ({status.replace('_', ' ')})"
    key = f"alert:{string(value.get('checkid'))}:{string(value['time'])}:{first(value, 'via')}:{who}:{first(value, 'messageshort')}"
    return event(found, options, value["time"], text=text, key=key, kind="page", rule=f"alert via {first(value, 'via')}", actor="Pingdom")


def _result(found: Found, options: ReadOptions) -> Item:
    value = found.value
    state = string(value["status"]).upper()
    told = first(value, "statusdesclong", "statusdesc")
    took = f" in {string(value['responsetime'])} ms" if string(value.get("responsetime")) else ""
    text = f"Test by probe {string(value['probeid'])}: {_word(state)}{took}" + (f": {told}" if told and told != "OK" else "")
    down = state in DOWN
    return event(
        found,
        options,
        value["time"],
        text=text,
        key=f"result:{string(value['probeid'])}:{string(value['time'])}:{state}",
        kind="alert" if down else "message",
        rule=f"result {state.lower()}",
        salience=1 if down else 0,
        actor="Pingdom",
    )


def _check(found: Found, options: ReadOptions) -> Iterator[Item]:
    """A list of checks says how each is now, and when it last failed."""
    value = found.value
    name, identity = first(value, "name"), string(value.get("id"))
    tags = [("tag", first(each, "name")) for each in mappings(value.get("tags"))]
    yield about(name, key=identity, services=(name,), labels=[("host", first(value, "hostname")), *tags])
    told = False
    for member, word, kind in (
        ("lastdownstart", "went down", "alert"),
        ("lastdownend", "came up again", "recovery"),
        ("lasterrortime", "failed a test", "alert"),
    ):
        if value.get(member) and not (told and member == "lasterrortime"):
            told = True
            yield event(
                found,
                options,
                value[member],
                at=member,
                text=f"{name} {word} ({first(value, 'hostname')})",
                key=f"{identity}:{string(value[member])}:{member}",
                kind=kind,
                rule=f"check {member}",
                actor="Pingdom",
            )
    if value.get("lasttesttime"):
        yield event(
            found,
            options,
            value["lasttesttime"],
            at="lasttesttime",
            text=f"{name} was last tested: {_word(string(value['status']).upper())}",
            key=f"{identity}:{string(value['lasttesttime'])}:tested",
            kind="message",
            rule="check lasttesttime",
            salience=0,
            actor="Pingdom",
        )


def _word(state: str) -> str:
    return state.replace("_", " ").lower() or "in an unknown state"


SOURCE = Source(
    name="pingdom",
    label="Pingdom",
    detect=detect,
    read=read,
    docs="Pingdom: webhook bodies, and answers of its API for outages, alerts sent (actions), results and checks (https://docs.pingdom.com/api/).",
)
