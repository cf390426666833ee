"""Pure. Jenkins: builds of its JSON API, of Blue Ocean and of the pipeline stage view, and bodies of the Notification plugin.

https://www.jenkins.io/doc/book/using/remote-access-api/ and https://plugins.jenkins.io/notification/ define what is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from incidents.sources.base import Item, Payload, Source
from incidents.sources.builds import outcome, taking, weight_of
from incidents.sources.drafting import Drafting
from incidents.sources.drafts import ReadOptions, SourceError
from incidents.sources.envelopes import certainty
from incidents.sources.members import mapping, mappings, string
from incidents.sources.reading import read_each

JOB = re.compile(r"/job/([^/?#]{1,200})")
LISTS = ("builds", "allBuilds", "runs")


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS)


def shape_of(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    kind = string(value.get("_class"))
    if "timestamp" in value and "result" in value and ("fullDisplayName" in value or "building" in value or kind.startswith(("hudson.", "org.jenkinsci."))):
        return "build"
    if "startTime" in value and "durationInMillis" in value and "state" in value:
        return "ocean"
    if "startTimeMillis" in value and "status" in value and "stages" in value:
        return "stages"
    if isinstance(value.get("build"), dict) and "phase" in value["build"] and "name" in value:
        return "hook"
    if {"jobName", "result", "url", "timestamp"} <= value.keys():
        return "build"  # as the Global Build Notification plugin sends it
    return ""


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    make = Drafting(options)

    def items(value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
        yield from {"build": _build, "ocean": _ocean, "stages": _stages, "hook": _hook}[shape_of(value)](make, value, where, raw)

    yield from read_each(payload, LISTS, shape_of, items, "Jenkins")
    if not make.order:
        raise SourceError(
            "There is no build with a time in this file. Fetch builds with …/api/json?tree=builds[number,url,result,timestamp,duration,fullDisplayName]."
        )


def _build(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    causes = [cause for action in mappings(value.get("actions")) for cause in mappings(action.get("causes"))]
    actor = next((string(cause["userName"]) for cause in causes if string(cause.get("userName"))), "")
    why = next((string(cause["shortDescription"]) for cause in causes if string(cause.get("shortDescription"))), "") or string(value.get("causes"))
    number = string(value.get("number")) or string(value.get("url")).rstrip("/").rpartition("/")[2]
    name = string(value.get("fullDisplayName")) or _job_of(string(value.get("url")), number) or string(value.get("displayName"))
    name = name or string(value.get("jobName")) or f"#{string(value.get('number'))}"
    result = "" if value.get("building") is True else string(value.get("result"))
    start, url = value.get("timestamp"), string(value.get("url"))
    yield from _pair(make, name, why, result, start, _later(start, value.get("duration")), _seconds(value.get("duration")), where, raw, actor, url)


def _job_of(url: str, number: str) -> str:
    """Return "folder/job #42" for https://…/job/folder/job/job/42/."""
    names = [unquote(name) for name in JOB.findall(url)]
    return f"{'/'.join(names)} #{number}" if names and number else ""


def _ocean(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    name = f"{string(value.get('pipeline'))} #{string(value.get('id'))}"
    why = next((string(each["shortDescription"]) for each in mappings(value.get("causes")) if string(each.get("shortDescription"))), "")
    result = string(value.get("result")) if value.get("endTime") else ""
    took = _seconds(value.get("durationInMillis"))
    yield from _pair(make, name, why, result, value.get("startTime"), value.get("endTime"), took, where, raw, "", string(value.get("url")))


def _stages(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    status = string(value.get("status"))
    result = "" if status in ("IN_PROGRESS", "PAUSED_PENDING_INPUT", "QUEUED") else status
    name = f"{string(value.get('name'))} (run {string(value.get('id'))})"
    start, took = value.get("startTimeMillis"), value.get("durationMillis")
    yield from _pair(make, name, "", result, start, value.get("endTimeMillis") or _later(start, took), _seconds(took), where, raw, "", "")


def _hook(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    build = mapping(value["build"])
    phase, status = string(build.get("phase")).upper(), string(build.get("status"))
    name = f"{string(value.get('display_name')) or string(value.get('name'))} #{string(build.get('number'))}"
    state = "started" if phase == "STARTED" else "queued" if phase == "QUEUED" else status or phase
    branch, link = string(mapping(build.get("scm")).get("branch")), string(build.get("full_url"))
    step = phase.lower() if phase in ("STARTED", "QUEUED") else f"ended:{state}"  # FINALIZED: the same, after the steps that follow its end
    yield make.event(
        build.get("timestamp"),
        f"Build {name} {outcome(state)[0]}" + (f" on {branch}" if branch else ""),
        f"{link or name}:{step}",
        where,
        raw,
        kind="change",
        rule=f"build phase {phase} {status}".strip(),
        salience=weight_of(state, name),
        url=link,
    )


def _pair(
    make: Drafting, name: str, why: str, result: str, start: object, end: object, took: float, where: str, raw: Any, actor: str, url: str
) -> Iterator[Item]:
    """The start of a build, and its end where it has ended."""
    text = f"Build {name} started" + (f" ({why[:200]})" if why else "")
    key = url or name
    yield make.event(
        start, text, f"{key}:started", where, raw, kind="change", rule="build timestamp", salience=weight_of("started", name), actor=actor, url=url
    )
    if result:
        yield make.event(
            end,
            f"Build {name} {outcome(result)[0]}{taking(took)}",
            f"{key}:ended:{result}",
            where,
            raw,
            kind="change",
            rule=f"build result {result}",
            salience=weight_of(result, name),
            actor=actor,
            url=url,
        )


def _later(start: object, duration: object) -> object:
    """Return the end of a build that gives its start and how long it took, both in milliseconds."""
    whole = isinstance(start, int) and isinstance(duration, int) and not isinstance(start, bool) and not isinstance(duration, bool)
    return start + duration if whole else start  # type: ignore[operator]


def _seconds(milliseconds: object) -> float:
    return milliseconds / 1000 if isinstance(milliseconds, int) and 0 <= milliseconds < 10**12 else 0


SOURCE = Source(
    name="jenkins",
    label="Jenkins",
    detect=detect,
    read=read,
    docs="Jenkins: builds as its JSON API, Blue Ocean and the stage view give them, and bodies of the Notification plugin "
    "(https://www.jenkins.io/doc/book/using/remote-access-api/).",
)
