"""Pure. The words of Opsgenie: the actions of its webhooks, the sentences of its logs, and the documents of its post-mortems."""

from __future__ import annotations

import re
from typing import Any

# Action of a webhook -> word, kind, weight, milestone.
ACTIONS: dict[str, tuple[str, str, int, str]] = {
    "create": ("created", "alert", 2, "detected"),
    "acknowledge": ("acknowledged", "acknowledgement", 2, "acknowledged"),
    "unacknowledge": ("unacknowledged", "status", 1, ""),
    "close": ("closed", "resolution", 2, "resolved"),
    "resolve": ("resolved", "resolution", 2, "resolved"),
    "delete": ("deleted", "status", 1, ""),
    "reopen": ("reopened", "status", 2, ""),
    "addnote": ("note added", "note", 1, ""),
    "escalate": ("escalated", "escalation", 1, ""),
    "escalatetonext": ("escalated", "escalation", 1, ""),
    "escalatenext": ("escalated", "escalation", 1, ""),
    "assignownership": ("assigned", "role", 1, ""),
    "takeownership": ("taken over", "role", 1, ""),
    "addteam": ("given to another team", "role", 1, ""),
    "addrecipient": ("given to another person", "role", 1, ""),
    "addresponder": ("given a responder", "role", 1, ""),
    "addtags": ("tagged", "status", 0, ""),
    "removetags": ("untagged", "status", 0, ""),
    "adddetails": ("given details", "status", 0, ""),
    "removedetails": ("details removed", "status", 0, ""),
    "snooze": ("snoozed", "status", 1, ""),
    "snoozeended": ("snooze ended", "status", 0, ""),
    "updatepriority": ("priority updated", "severity", 2, ""),
    "updatemessage": ("message updated", "status", 0, ""),
    "updatedescription": ("description updated", "status", 0, ""),
}
# Beginning of a log's sentence, or its words anywhere -> kind, weight, milestone. The first that matches decides.
LOGS: tuple[tuple[re.Pattern[str], tuple[str, int, str]], ...] = tuple(
    (re.compile(pattern, re.I), reading)
    for pattern, reading in (
        (r"\bun-?acknowledged", ("status", 1, "")),
        (r"^(?:\w+ )?(?:alert|incident) (?:is |was |has been )?acknowledged|^acknowledged\b", ("acknowledgement", 2, "acknowledged")),
        (r"^(?:\w+ )?incident (?:is |was |has been )?closed", ("status", 2, "")),  # put away, some time after it was resolved
        (r"^(?:\w+ )?(?:alert|incident) (?:is |was |has been )?(?:closed|resolved)|^(?:closed|resolved)\b", ("resolution", 2, "resolved")),
        (r"^(?:\w+ )?(?:alert|incident) (?:is |was |has been )?(?:created|opened)|^created\b", ("alert", 2, "detected")),
        (r"\bre-?opened\b", ("status", 2, "")),
        (r"^(?:viewed|seen)\b", ("message", 0, "")),
        (r"\bpriority\b", ("severity", 2, "")),
        (r"\bescalat", ("escalation", 1, "")),
        (r"^(?:sent|sending|notif|called|started to process|\[?(?:email|sms|voice|push|mobile))|\bnotif(?:ied|ication|y)", ("page", 1, "")),
        (r"\b(?:assign|owner(?:ship)?|responder|routed|added (?:team|recipient|user))", ("role", 1, "")),
        (r"\b(?:added note|note added|add note)\b", ("note", 1, "")),
        (r"\b(?:stakeholder|status ?page)\b", ("communication", 1, "")),
        (r"\b(?:snooz|tag|detail|updated|attach)", ("status", 0, "")),
    )
)


def kind_of_log(text: str) -> tuple[str, int, str]:
    """Return kind, weight and milestone of a sentence that Opsgenie wrote."""
    return next((reading for pattern, reading in LOGS if pattern.search(text[:400])), ("message", 1, ""))


def adf(value: Any, depth: int = 30) -> str:
    """Return a document of Atlassian's editor as text: a paragraph a line, items with a dash."""
    if not isinstance(value, dict) or not depth:
        return value.strip() if isinstance(value, str) else ""
    text = value.get("text")
    if isinstance(text, str):
        return text
    if value.get("type") == "hardBreak":
        return "\n"
    parts = [adf(each, depth - 1) for each in value.get("content") or () if isinstance(each, dict)] if isinstance(value.get("content"), list) else []
    if value.get("type") in ("paragraph", "heading", "codeBlock"):
        return "".join(parts).strip()
    joined = "\n".join(filter(None, parts))
    return f"- {joined}" if value.get("type") == "listItem" and joined else joined
