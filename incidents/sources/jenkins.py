"""Pure. Jenkins: builds as its remote API gives them, runs of the stage view, and the bodies of the Notification plugin.

https://www.jenkins.io/doc/book/using/remote-access-api/ names the API, https://plugins.jenkins.io/notification/ the bodies.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafts import ReadOptions, Rejected
from incidents.sources.objects import Found, about, certainty, event, first, found_in, in_order, link, mapping, mappings, number, string
from incidents.sources.runs import FAILED, run

LISTS = ("builds", "allBuilds", "runs")


def shape_of(value: dict[str, Any]) -> str:
    keys = value.keys()
    own = string(value.get("_class")).startswith(("hudson.", "org.jenkinsci.", "jenkins.", "com.cloudbees."))
    if "number" in keys and "timestamp" in keys and (own or {"result", "duration"} <= keys and keys & {"fullDisplayName", "building", "estimatedDuration"}):
        return "build"
    if {"startTimeMillis", "status"} <= keys and keys & {"endTimeMillis", "durationMillis"} and "stages" in keys:
        return "run"
    build = value.get("build")
    return "notified" if isinstance(build, dict) and "phase" in build and "number" in build else ""


MARKS = (b"hudson", b"jenkins", b"cloudbees", b"phase", b"estimatedduration", b"fulldisplayname", b"starttimemillis", b"building")


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS, MARKS)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return in_order(_items(payload, options), "There is no Jenkins build with a time in this file.", alone=True)


def _items(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    for found in found_in(payload, shape_of, LISTS, "Jenkins"):
        if isinstance(found, Rejected):
            yield found
        elif found.shape == "build":
            yield from _build(found, options)
        elif found.shape == "run":
            value = found.value
            name, ended = f"Run {first(value, 'name', 'id')}", value.get("endTimeMillis") if string(value["status"]) != "IN_PROGRESS" else None
            key = f"run:{string(value.get('id'))}:{string(value['startTimeMillis'])}"
            yield from run(found, options, name, key, value["startTimeMillis"], ended, first(value, "status"), rule="run", began_as="startTimeMillis")
        else:
            yield from _notified(found, options)


def _build(found: Found, options: ReadOptions) -> Iterator[Item]:
    value = found.value
    actions = mappings(value.get("actions"))
    causes = [cause for each in actions for cause in mappings(each.get("causes"))]
    who = next((name for each in causes if (name := first(each, "userName", "userId"))), "")
    why = "" if who else next((said for each in causes if (said := first(each, "shortDescription"))), "")
    revision = next((sha for each in actions if (sha := first(mapping(each.get("lastBuiltRevision")), "SHA1"))), "")
    url = first(value, "url")
    name = "Build " + (first(value, "fullDisplayName") or _job(url) or first(value, "displayName", "id"))
    begun, took = value["timestamp"], number(value.get("duration"))
    running = value.get("building") is True or value.get("result") is None
    ended = number(begun) + took if took > 0 and number(begun) > 0 and not running else None
    changes = mappings(mapping(value.get("changeSet")).get("items")) + [
        item for each in mappings(value.get("changeSets")) for item in mappings(each.get("items"))
    ]
    messages = tuple(f"“{first(each, 'msg')[:100]}”" for each in changes[:3] if first(each, "msg"))
    key = url or f"{name}:{string(begun)}"
    facts = (why, revision[:8], *messages)
    if ended is None and not running:
        yield event(
            found,
            options,
            begun,
            at="timestamp",
            text=f"{name}: {first(value, 'result').lower()}",
            key=f"{key}:ended",
            kind="change",
            rule="build result",
            actor=who,
            url=url,
        )
        return
    yield from run(
        found, options, name, key, begun, ended, first(value, "result"), rule="build", who=who, url=url, facts=facts, began_as="timestamp", ended_as="duration"
    )


def _job(url: str) -> str:
    """Return "shop/orders #31" of ".../job/shop/job/orders/31/"."""
    parts = link(url).rstrip("/").split("/job/")[1:]
    if not parts:
        return ""
    last, _, build = parts[-1].partition("/")
    return "/".join([*parts[:-1], last]) + (f" #{build}" if build else "")


def _notified(found: Found, options: ReadOptions) -> Iterator[Item]:
    value, build = found.value, mapping(found.value["build"])
    phase, status = first(build, "phase").lower(), first(build, "status").lower()
    name = f"Build {first(value, 'display_name', 'name')} #{string(build['number'])}"
    scm = mapping(build.get("scm"))
    facts = ", ".join(filter(None, (first(scm, "branch"), first(scm, "commit")[:8])))
    url, job = first(build, "full_url"), first(value, "display_name", "name")
    labels = [("job", job), ("branch", first(scm, "branch")), ("status", status), ("phase", phase)]
    yield about(name, key=url or name, services=(job,), url=url, labels=labels)
    yield event(
        found,
        options,
        build.get("timestamp") or value.get("timestamp"),
        at="build.timestamp",
        text=f"{name} {phase}" + (f": {status}" if status else "") + (f" ({facts})" if facts else ""),
        key=f"{url or name}:{phase}",
        kind="change",
        rule=f"build phase {phase}",
        salience=1 if phase in ("completed", "started") or status in FAILED else 0,
        actor="Jenkins",
        url=url,
        advice="Older versions of the Notification plugin send none.",
    )


SOURCE = Source(
    name="jenkins",
    label="Jenkins",
    detect=detect,
    read=read,
    docs="Jenkins: builds of its remote API, runs of the stage view, and bodies of the Notification plugin "
    "(https://www.jenkins.io/doc/book/using/remote-access-api/).",
)
