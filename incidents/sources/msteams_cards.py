"""Pure. What Teams shows beside a message's words: cards that bots post, and what the system says happened.

https://adaptivecards.io/explorer/, https://learn.microsoft.com/en-us/outlook/actionable-messages/message-card-reference
and https://learn.microsoft.com/en-us/graph/api/resources/eventmessagedetail define them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from incidents.lib import strict_json
from incidents.lib.strict_json import JsonError
from incidents.sources import markup

CARDS = ("application/vnd.microsoft.card.", "application/vnd.microsoft.teams.card.")
DEPTH = 12
PIECE = re.compile(r"(?<=[a-z])(?=[A-Z])")
WEIGHTY = {"callStarted", "callEnded"}  # a call about the incident
SUBJECTS = (
    "channelDisplayName",
    "teamDisplayName",
    "chatDisplayName",
    "callDuration",
    "teamsAppDisplayName",
    "tabName",
    "channelDescription",
    "teamDescription",
)


def cards_of(attachments: Any) -> list[str]:
    """Return the words of the cards of a message, as one reads them from top to bottom."""
    found: list[str] = []
    for card in _cards(attachments):
        said = dict.fromkeys(part for part in (markup.plain_html(part) if "<" in part else part.strip() for part in _words(card, 0)) if part)
        if said:
            found.append("\n".join(said))
    return found


def colour_of(attachments: Any) -> str:
    """Return the colour a bot gave its card."""
    for card in _cards(attachments):
        if isinstance(colour := card.get("themeColor"), str):
            return colour
        body = card.get("body")
        for each in body[:5] if isinstance(body, list) else ():
            if isinstance(each, dict) and each.get("color") in ("Attention", "attention", "Good", "good"):
                return str(each["color"])
    return ""


def _cards(attachments: Any) -> Iterator[dict[str, Any]]:
    for each in attachments if isinstance(attachments, list) else ():
        if not isinstance(each, dict) or not str(each.get("contentType", "")).startswith(CARDS):
            continue
        content = each.get("content")
        if isinstance(content, str):
            try:
                content = strict_json.loads(content)
            except JsonError:
                continue
        if isinstance(content, dict):
            yield content


def _words(value: Any, depth: int) -> Iterator[str]:
    if depth > DEPTH:
        return
    if isinstance(value, list):
        for each in value:
            yield from _words(each, depth + 1)
    if not isinstance(value, dict) or value.get("isVisible") is False:
        return
    for key in ("title", "subtitle", "activityTitle", "activitySubtitle", "activityText", "text", "altText"):
        if isinstance(value.get(key), str) and not str(value.get("type", "")).startswith("Action."):
            yield value[key]
    for fact in value["facts"] if isinstance(value.get("facts"), list) else ():
        if isinstance(fact, dict):
            yield ": ".join(str(part).strip(" :") for part in (fact.get("title", fact.get("name")), fact.get("value")) if isinstance(part, (str, int, float)))
    for key in ("body", "items", "columns", "sections", "rows", "cells", "inlines"):
        yield from _words(value.get(key), depth + 1)


def happened(detail: Any) -> tuple[str, str, int]:
    """Return what the system's message says, the rule, and its weight; all empty when it is none."""
    if not isinstance(detail, dict):
        return "", "", 0
    kind = str(detail.get("@odata.type") or detail.get("eventType") or "").rpartition(".")[2].removesuffix("EventMessageDetail")[:60]
    members = [each.get("displayName") for each in detail["members"] if isinstance(each, dict)] if isinstance(detail.get("members"), list) else []
    about = [str(name) for name in members if isinstance(name, str) and name] + [
        str(detail[key]) for key in SUBJECTS if isinstance(detail.get(key), str) and detail[key]
    ]
    words = PIECE.sub(" ", kind).lower() or "system message"
    return f"{words}: {', '.join(about[:20])}" if about else words, f"eventDetail {kind}".strip(), int(kind in WEIGHTY)
