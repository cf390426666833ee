"""Pure. Webhooks of GitHub about neither an issue nor code: rules, keys, members, packages, alerts, dispatched workflows and the rest.

https://docs.github.com/en/webhooks/webhook-events-and-payloads lists them. One that is not in the table is named by the object that it carries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.base import Item
from incidents.sources.drafting import Drafting
from incidents.sources.drafts import Rejected
from incidents.sources.github_shapes import login, repository_of
from incidents.sources.members import mapping, string

AROUND = {"repository", "sender", "organization", "installation", "enterprise", "changes", "client_payload", "inputs", "requester"}
# Object of the body -> words, kind and weight.
NOUNS = {
    "rule": ("Branch protection rule", "change", 1),
    "repository_ruleset": ("Ruleset", "change", 1),
    "hook": ("Webhook", "change", 0),
    "key": ("Deploy key", "change", 1),
    "member": ("Member", "change", 1),
    "membership": ("Organisation", "change", 1),
    "invitation": ("Organisation", "change", 1),
    "team": ("Team", "change", 0),
    "blocked_user": ("User", "message", 0),
    "installation": ("App installation", "change", 1),
    "authorization": ("App authorisation", "message", 1),
    "package": ("Package", "change", 1),
    "build": ("Pages build", "change", 0),
    "merge_group": ("Merge queue", "change", 0),
    "forkee": ("Fork", "message", 0),
    "star": ("Repository", "message", 0),
    "alert": ("Security alert", "message", 1),
    "label": ("Label", "message", 0),
    "repository": ("Repository", "change", 1),
    "marketplace_purchase": ("Marketplace plan", "message", 0),
}
STAMPS = ("updated_at", "published_at", "created_at")
GONE = {"deleted", "removed"}  # the times of what is gone are of what happened to it before
ACTIONS = {"create": "created", "dismiss": "dismissed", "resolve": "resolved", "reopen": "reopened", "suspend": "suspended", "unsuspend": "unsuspended"}
NAMES = ("title", "full_name", "name", "login", "summary", "affected_package_name", "ghsa_id", "base_ref", "secret_type_display_name", "secret_type")


def other(make: Drafting, action: str, body: Mapping[str, Any], where: str, raw: Any, sender: str) -> Iterator[Item]:
    """Yield what a webhook of no form of its own says; one that states no time happened when it was received, if that is known."""
    if "zen" in body:
        yield Rejected(where, "This is GitHub's ping, which only tries the connection: it works, and there is nothing else to do.")
    elif "workflow" in body or "client_payload" in body:
        yield from _told(make, *_dispatched(action, body), where, raw, sender, "change", 1, body.get("repository"))
    else:
        noun = _noun(body)
        words, kind, salience = NOUNS.get(noun, (noun.replace("_", " ").capitalize(), "message", 1))
        found = mapping(body.get(noun))
        stamp = body.get("starred_at") or body.get("effective_date") or mapping(found.get("head_commit")).get("timestamp")
        stamp = stamp or (_stamp(found, noun) if action not in GONE else None)
        name, said = _name(body, found), _action(action, body, found)
        identity = (
            string(found.get("id")) or string(found.get("number")) or string(found.get("ghsa_id")) or string(found.get("commit")) or name or repository_of(body)
        )
        text = f"{words} {said}".strip() + (f": {name}" if name else "")
        rule = f"webhook {noun} {action}"
        who = sender or login(found.get("pusher"))
        yield from _told(make, text, f"{noun}:{identity}:{action}", stamp, rule, where, raw, who, kind, salience, found)


def _told(make: Drafting, text: str, key: str, stamp: Any, rule: str, where: str, raw: Any, actor: str, kind: str, salience: int, found: Any) -> Iterator[Item]:
    if not stamp and make.options.received is None:
        yield Rejected(where, f"This webhook of GitHub ({text}) states no time. Enter it by hand if it belongs on the timeline.")
        return
    second = make.second(stamp)
    key = f"{key}:{second}" if second else key
    yield make.event(stamp, text, key, where, raw, kind=kind, rule=rule, salience=salience, actor=actor, url=mapping(found).get("html_url"))


def _dispatched(action: str, body: Mapping[str, Any]) -> tuple[str, str, Any, str]:
    """Say what somebody started by hand or from outside, and on which branch. Neither webhook has a time."""
    workflow, branch = string(body.get("workflow")), string(body.get("ref")).removeprefix("refs/heads/") or string(body.get("branch"))
    what = f"Workflow {workflow.rpartition('/')[2]} was started by hand" if workflow else f"“{action}” was dispatched"
    return f"{what} on {branch}" if branch else what, f"dispatch:{repository_of(body)}:{workflow or action}", None, "webhook dispatch"


def _noun(body: Mapping[str, Any]) -> str:
    """Return the key of the object that a webhook is about: the first that has a time, the first at all, the app or the repository."""
    if "starred_at" in body or body.get("action") == "started":
        return "star"
    nouns = [key for key, each in body.items() if isinstance(each, dict) and key not in AROUND]
    around = (key for key in ("installation", "repository", "organization") if isinstance(body.get(key), dict) and (key != "installation" or _is_of_app(body)))
    return next((key for key in nouns if _stamp(mapping(body[key]), key)), "") or next(iter(nouns), "") or next(around, "authorization")


def _is_of_app(body: Mapping[str, Any]) -> bool:
    return "account" in mapping(body.get("installation")) and "repository" not in body


def _stamp(found: Mapping[str, Any], noun: str) -> Any:
    """Return when an object last changed. A repository's own times are of other changes, and those of people of their accounts."""
    if noun in ("repository", "member", "team", "organization"):
        return None
    return next((found[key] for key in STAMPS if found.get(key)), None)


def _name(body: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """Return what or who a webhook is about, in words: "octocat (in team Ops)", "Path traversal in xyz (high)"."""
    advisory, rule = mapping(found.get("security_advisory")), mapping(found.get("rule"))
    who = login(body.get("member")) or login(body.get("blocked_user")) or login(mapping(body.get("membership")).get("user")) or login(body.get("invitation"))
    team = string(mapping(body.get("team")).get("name"))
    name = who or string(advisory.get("summary")) or string(rule.get("description"))
    name = name or next((text for key in NAMES if (text := string(found.get(key)))), "") or login(found.get("account"))
    name = name.removeprefix("refs/heads/") or (repository_of(body) if not found else "")
    if team and name != team:
        name = f"{name} (in team {team})" if name else team
    severity = string(advisory.get("severity")) or string(rule.get("security_severity_level")) or string(found.get("severity"))
    return f"{name} ({severity})" if name and severity else name


def _action(action: str, body: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    if "starred_at" in body or action == "started":
        return "starred" if action != "deleted" else "no longer starred"
    if action:
        return ACTIONS.get(action, action.replace("_", " "))
    if "forkee" in body:
        return "made"
    if "build" in body:
        error = string(mapping(found.get("error")).get("message"))
        return string(found.get("status")) + (f" ({error})" if error else "")
    if "team" in body:
        return "given access to the repository"
    if "pages" in body:
        return "wiki edited"
    return f"import: {string(body.get('status'))}" if "status" in body else "made public"
