"""Pure. Argo CD: applications with the history of their deployments, as its API, `argocd app get -o json`, kubectl and watches give them,
and notification bodies as they are commonly templated.

https://argo-cd.readthedocs.io/en/stable/operator-manual/application.yaml and …/user-guide/status define an application's status,
https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/webhook/ the bodies, which each installation words itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import about, event, in_order
from incidents.sources.drafts import ReadOptions, Rejected
from incidents.sources.envelopes import Found, certainty, found_in
from incidents.sources.members import first, flattened, mapping, mappings, string

LISTS = ("items",)
FAILED = {"failed", "error"}
HEALTH = {"healthy": ("recovery", 1), "degraded": ("alert", 2), "missing": ("alert", 1), "unknown": ("alert", 1)}
SHA = re.compile(r"[0-9a-f]{40}")
APPLICATION = ("app", "appname", "application", "applicationname", "argocdapp", "appmetadataname", "metadataname")
PHASE = ("operationphase", "phase", "operationstatephase", "syncphase", "appstatusoperationstatephase", "statusoperationstatephase", "operationstate")
SYNC = ("syncstatus", "sync", "appstatussyncstatus", "statussyncstatus")
HEALTHS = ("healthstatus", "health", "apphealth", "apphealthstatus", "appstatushealthstatus", "statushealthstatus")
TIMES = (
    "timestamp",
    "finishedat",
    "operationfinishedat",
    "operationstatefinishedat",
    "appstatusoperationstatefinishedat",
    "statusoperationstatefinishedat",
    "time",
    "deployedat",
    "startedat",
    "date",
)
ADVICE = 'Let the template send "finishedAt": "{{.app.status.operationState.finishedAt}}" too.'


def shape_of(value: dict[str, Any]) -> str:
    if value.get("kind") == "Application" and string(value.get("apiVersion")).startswith("argoproj.io/") and "metadata" in value:
        return "application"
    if isinstance(value.get("metadata"), dict) and isinstance(value.get("status"), dict) and value["status"].keys() >= {"sync", "health"}:
        return "application"  # Argo CD's API leaves kind and version out of lists
    if {"deployedAt", "id"} <= value.keys() and value.keys() & {"revision", "revisions", "source", "sources"}:
        return "history"
    if "metadata" in value and "status" in value or "involvedObject" in value or "regarding" in value:
        return ""  # another object of Kubernetes, or what it tells of one
    plain = flattened(value, 2)
    sync, health = _sync(plain), first(plain, *HEALTHS)
    if plain.get("status", "").lower() in PHASES and first(plain, *APPLICATION) and first(plain, "repository", "repourl", "repo", "revision", "syncrevision"):
        return "notification"  # some templates call the phase of a sync its status
    stated = sum(map(bool, (first(plain, *PHASE), sync, health)))
    return "notification" if first(plain, *APPLICATION) and stated >= 2 and (sync.lower() in SYNCED or health.lower() in HEALTHY) else ""


def _sync(plain: Mapping[str, str]) -> str:
    """Return whether an application is synced; some templates call that its status."""
    status = plain.get("status", "")
    return first(plain, *SYNC) or (status if status.lower() in ("synced", "outofsync") else "")


SYNCED = {"synced", "outofsync", "unknown"}
PHASES = {"succeeded", "running", "terminating"}  # beside failed and error, which others say too
HEALTHY = {"healthy", "degraded", "progressing", "suspended", "missing", "unknown"}

MARKS = (b"argoproj", b"sync", b"deployedat")


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS, MARKS)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return in_order(_items(payload, options), "There is no deployment or change of an Argo CD application with a time in this file.")


def _items(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    for found in found_in(payload, shape_of, LISTS, "Argo CD"):
        if isinstance(found, Rejected):
            yield found
        elif found.shape == "application":
            yield from _application(found, options)
        elif found.shape == "history":
            yield _deployment(found, options, found.value, "an application", "history", "")
        else:
            yield from _notification(found, options)


def _application(found: Found, options: ReadOptions) -> Iterator[Item]:
    value = found.value
    metadata, spec, status = mapping(value.get("metadata")), mapping(value.get("spec")), mapping(value.get("status"))
    name = first(metadata, "name") or "An application"
    identity = f"{first(metadata, 'namespace')}/{name}".lstrip("/")
    destination = mapping(spec.get("destination"))
    labels = [("project", first(spec, "project")), ("namespace", first(destination, "namespace")), ("cluster", first(destination, "name", "server"))]
    labels += [(str(key), string(each)) for key, each in mapping(metadata.get("labels")).items()]
    urls = mapping(status.get("summary")).get("externalURLs")
    yield about(name, key=identity, services=(name,), labels=labels, url=string(urls[0]) if isinstance(urls, list) and urls else "")
    if metadata.get("creationTimestamp"):
        yield event(
            found,
            options,
            metadata["creationTimestamp"],
            at="metadata.creationTimestamp",
            text=f"Application {name} created",
            key=f"{identity}:created",
            kind="change",
            rule="creationTimestamp",
            actor="Argo CD",
        )
    deployed: set[str] = set()
    for place, each in enumerate(mappings(status.get("history"))):
        deployed.add(string(each.get("deployedAt")))
        yield _deployment(found, options, each, name, identity, f"status.history[{place}]")
    yield from _operation(found, options, mapping(status.get("operationState")), name, identity, deployed)
    yield from _condition(found, options, status, name, identity)


def _deployment(found: Found, options: ReadOptions, each: dict[str, Any], name: str, identity: str, at: str) -> Item:
    revisions = each.get("revisions")
    revision = first(each, "revision") or (", ".join(map(_short, map(string, revisions))) if isinstance(revisions, list) else "")
    sources = each.get("sources")
    source = mapping(each.get("source")) or mapping(sources[0] if isinstance(sources, list) and sources else None)
    origin = " ".join(filter(None, (first(source, "repoURL"), first(source, "path", "chart"))))
    who = _initiator(mapping(each.get("initiatedBy")))
    text = f"Deployed {name}" + (f" at {_short(revision)}" if revision else "") + (f" from {origin}" if origin else "")
    return event(
        found,
        options,
        each.get("deployedAt"),
        at=at,
        text=text,
        key=f"{identity}:history:{string(each.get('id')) or string(each.get('deployedAt'))}",
        kind="change",
        rule="status history",
        salience=2,
        actor=who or "Argo CD",
    )


def _operation(found: Found, options: ReadOptions, state: dict[str, Any], name: str, identity: str, deployed: set[str]) -> Iterator[Item]:
    """The last operation; that it succeeded is not said again when it stands in the history."""
    operation = mapping(state.get("operation"))
    sync = mapping(operation.get("sync"))
    revision = first(mapping(state.get("syncResult")), "revision") or first(sync, "revision")
    who = _initiator(mapping(operation.get("initiatedBy")))
    phase, message = first(state, "phase"), first(state, "message")
    at = f" to {_short(revision)}" if revision else ""
    if state.get("startedAt"):
        yield event(
            found,
            options,
            state["startedAt"],
            at="status.operationState.startedAt",
            text=f"Sync of {name}{at} started" + (f" by {who}" if who else ""),
            key=f"{identity}:sync:{string(state['startedAt'])}:started",
            kind="change",
            rule="operationState startedAt",
            actor=who or "Argo CD",
        )
    if state.get("finishedAt") and not (phase == "Succeeded" and string(state["finishedAt"]) in deployed):
        failed = phase.lower() in FAILED
        yield event(
            found,
            options,
            state["finishedAt"],
            at="status.operationState.finishedAt",
            text=f"Sync of {name}{at} {'failed' if failed else phase.lower() or 'finished'}" + (f": {message}" if message else ""),
            key=f"{identity}:sync:{string(state.get('startedAt') or state['finishedAt'])}:finished",
            kind="alert" if failed else "change",
            rule=f"operationState phase {phase}",
            salience=2 if failed else 1,
            actor=who or "Argo CD",
        )


def _condition(found: Found, options: ReadOptions, status: dict[str, Any], name: str, identity: str) -> Iterator[Item]:
    health = mapping(status.get("health"))
    if stamp := first(health, "lastTransitionTime"):
        word = first(health, "status") or "Unknown"
        kind, weight = HEALTH.get(word.lower(), ("status", 1))
        text = f"Health of {name} became {word}" + (f": {first(health, 'message')}" if first(health, "message") else "")
        yield event(
            found,
            options,
            stamp,
            at="status.health",
            text=text,
            key=f"{identity}:health:{stamp}",
            kind=kind,
            rule=f"health status {word}",
            salience=weight,
            actor="Argo CD",
        )
    for place, each in enumerate(mappings(status.get("conditions"))):
        kind = first(each, "type") or "Condition"
        if not each.get("lastTransitionTime"):
            continue  # a condition without a time says how things are, not what happened
        yield event(
            found,
            options,
            each["lastTransitionTime"],
            at=f"status.conditions[{place}]",
            text=f"{name}: {kind}: {first(each, 'message')}",
            key=f"{identity}:condition:{kind}:{string(each['lastTransitionTime'])}",
            kind="alert" if "Error" in kind else "status",
            rule=f"condition {kind}",
            actor="Argo CD",
        )


def _notification(found: Found, options: ReadOptions) -> Iterator[Item]:
    plain = {name: text for name, text in flattened(found.value).items() if text not in ("<no value>", "<nil>")}
    name, phase = first(plain, *APPLICATION), first(plain, *PHASE) or (plain.get("status", "") if plain.get("status", "").lower() in PHASES else "")
    sync, health = _sync(plain), first(plain, *HEALTHS)
    revision = next((text for key, text in plain.items() if key.endswith("revision") and not key.endswith("targetrevision")), "") or plain.get("commit", "")
    link = first(plain, "url", "argocdurl", "appurl", "titlelink", "link", "applicationurl", "targeturl")
    namespace = first(plain, "namespace", "appnamespace")
    labels = [
        ("project", plain.get("project", "")),
        ("namespace", namespace),
        ("environment", first(plain, "environment", "env")),
        ("cluster", plain.get("cluster", "")),
    ]
    yield about(name, key=name, services=(name,), url=link, labels=labels)
    failed, degraded = phase.lower() in FAILED, health.lower() == "degraded"
    told = first(plain, "message", "operationmessage", "operationstatemessage", "error", "text")
    trigger = first(plain, "trigger", "event", "type", "eventtype")
    head = (
        f"Sync of {name} {'failed' if failed else phase.lower()}"
        if phase and not degraded
        else f"Health of {name} is {health}"
        if health
        else f"{name} is {sync}"
    )
    facts = ", ".join(filter(None, (trigger, f"sync {sync}" if sync else "", f"health {health}" if health and phase else "", _short(revision))))
    stamp = first(plain, *TIMES)
    yield event(
        found,
        options,
        stamp,
        text=f"{head} ({facts})" + (f"\n{told}" if told else ""),
        key=f"{name}:notification:{stamp}:{phase}:{health}:{sync}",
        kind="alert" if failed or degraded else "change" if phase else "status",
        rule=f"phase {phase}" if phase else f"health {health}",
        salience=2 if failed or degraded or phase.lower() == "succeeded" else 1,
        actor=first(plain, "initiatedby", "operationinitiatedbyusername", "user", "author") or "Argo CD",
        url=link,
        advice=ADVICE,
    )


def _initiator(value: dict[str, Any]) -> str:
    return first(value, "username") or ("automated sync" if value.get("automated") is True else "")


def _short(revision: str) -> str:
    return revision[:8] if SHA.fullmatch(revision) else revision


SOURCE = Source(
    name="argocd",
    label="Argo CD",
    detect=detect,
    read=read,
    docs="Argo CD: applications with their history, last operation and health, from its API or kubectl, and notification bodies as commonly templated "
    "(https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/).",
)
