"""Pure. LaunchDarkly: entries of its audit log from the API, one or many, from webhooks, and as its integrations receive them.

https://launchdarkly.com/docs/api/audit-log and https://launchdarkly.com/docs/integrations/webhooks define an entry. A webhook sends the
entry itself, so its `_id` is the same everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import about, event, in_order
from incidents.sources.drafts import ReadOptions, Rejected
from incidents.sources.envelopes import Found, certainty, found_in
from incidents.sources.members import first, mapping, mappings, string

LISTS = ("items",)
LINK = re.compile(r"\[([^\[\]]{0,300})\]\([^()]{0,600}\)")
MARKDOWN = re.compile(r"\*\*|~~|`|^#{1,4} | ##$|^> ?", re.MULTILINE)
BULLET = re.compile(r"^( *)\* ", re.MULTILINE)
SPECIFIER = re.compile(r"(?:^|:)(proj|env|flag|segment)/([^:;,]{1,100})")
NAMES = {"proj": "project", "env": "environment", "flag": "flag", "segment": "segment"}
SITE = "https://app.launchdarkly.com"
QUIET = {"code-reference-repository", "member", "token", "account"}  # nothing that changes how the software behaves


def shape_of(value: dict[str, Any]) -> str:
    if "kind" not in value or not value.keys() & {"date", "timestamp"} or not value.keys() & {"titleVerb", "title", "shortDescription", "description"}:
        return ""
    own = value.keys() & {"accesses", "member", "_accountId", "target", "theme", "verbKind", "titleVerb", "token"}
    links = mapping(value.get("_links"))
    if value.keys() >= {"titleVerb", "accesses", "date"}:  # as relays pass it on, without its identity and its links
        return "entry"
    return "entry" if len(own) >= 2 and (links or "_id" in value) and ("_id" in value or "titleVerb" in value or "canonical" in links) else ""


MARKS = (b"titleverb", b"shortdescription", b"accesses", b"_accountid", b"verbkind", b"canonical")


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS, MARKS)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return in_order(_items(payload, options), "There is no entry of LaunchDarkly's audit log with a time in this file.", alone=True)


def _items(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    for found in found_in(payload, shape_of, LISTS, "LaunchDarkly"):
        if isinstance(found, Rejected):
            yield found
        else:
            yield from _entry(found, options)


def _entry(found: Found, options: ReadOptions) -> Iterator[Item]:
    value = found.value
    links, kind = mapping(value.get("_links")), string(value["kind"])
    labels = _labels(value)
    known = dict(labels)
    who = _actor(value)
    text = _title(value, who)
    where = known.get("environment", "")
    if where and where not in text.lower() and kind in ("flag", "segment"):
        text += f" ({where})"
    details = string(mapping(value.get("details")).get("plainText")) or _plain(string(value.get("description")))
    for more in (details, f"Comment: {string(value['comment'])}" if string(value.get("comment")) else ""):
        if more and more not in text:
            text += f"\n{more}"
    stamp = value.get("date") or value.get("timestamp")
    if isinstance(stamp, dict):
        stamp = stamp.get("milliseconds") or stamp.get("rfc3339") or stamp.get("seconds")
    href = string(mapping(links.get("site")).get("href"))
    url = f"{SITE}{href}" if href.startswith("/") else href
    identity = string(value.get("_id")) or string(mapping(links.get("self")).get("href")).rpartition("/")[2]
    yield about(_title(value, who), key=known.get("flag") or known.get("segment") or first(value, "key", "name") or identity, url=url, labels=labels)
    yield event(
        found,
        options,
        stamp,
        at="date" if "date" in value else "timestamp",
        text=text,
        key=identity or f"{kind}:{string(value.get('name'))}:{string(stamp)}",
        kind="change",
        rule=f"audit log {kind} {first(value, 'verbKind')}".strip(),
        salience=0 if kind in QUIET else 1,
        actor=who,
        url=url,
    )


def _title(value: dict[str, Any], who: str) -> str:
    title = value.get("title")
    text = string(mapping(title).get("plainText")) or _plain(string(title) or string(mapping(title).get("markdown")))
    name = first(value, "name")
    return text or " ".join(filter(None, (who, first(value, "titleVerb") or _plain(first(value, "shortDescription")) or "changed", name)))


def _actor(value: dict[str, Any]) -> str:
    """Return who did it: a member, else an access token or an application in its own name."""
    for key in ("member", "subject"):
        person = mapping(value.get(key))
        whole = " ".join(filter(None, (first(person, "firstName"), first(person, "lastName"))))
        if name := first(person, "displayName") or whole or first(person, "name", "email"):
            return name
    return first(mapping(value.get("token")), "name") or first(mapping(value.get("app")), "name") or "LaunchDarkly"


def _labels(value: dict[str, Any]) -> list[tuple[str, str]]:
    """Return project, environment and flag, from what the entry says or from the resources it names ("proj/web:env/production:flag/new-cart")."""
    project = mapping(value.get("project"))
    labels = {"project": first(project, "key"), "environment": first(mapping(project.get("environment")), "key")}
    resources = [string(each.get("resource")) for each in mappings(value.get("accesses"))]
    target = mapping(value.get("target")).get("resources")
    resources += [each for each in target if isinstance(each, str)] if isinstance(target, list) else []
    for resource in resources[:50]:
        for short, name in SPECIFIER.findall(resource.partition(";")[0]):
            if not labels.get(NAMES[short]) and name != "*":
                labels[NAMES[short]] = name
    if first(value, "key") and string(value["kind"]) in ("flag", "segment"):
        labels[string(value["kind"])] = first(value, "key")
    labels["environment"] = labels["environment"].strip("~")  # all of them
    return [
        *[each for each in labels.items() if each[1]],
        *[("tag", string(each)) for each in (value.get("tags") if isinstance(value.get("tags"), list) else None) or ()],
    ]


def _plain(markdown: str) -> str:
    return BULLET.sub(r"\1- ", MARKDOWN.sub("", LINK.sub(r"\1", markdown))).strip()


SOURCE = Source(
    name="launchdarkly",
    label="LaunchDarkly",
    detect=detect,
    read=read,
    docs="LaunchDarkly: entries of its audit log, from its API, its webhooks or an integration (https://launchdarkly.com/docs/api/audit-log).",
)
