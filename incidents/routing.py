"""Pure. Which incident a webhook's delivery belongs to, and why: its key first, then the rules of the endpoint, else the inbox."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from incidents import conditions
from incidents.conditions import Condition, ConditionError

ACTIONS = {
    "open": "Open a new incident",
    "service": "Add to the service’s latest open incident",
    "incident": "Add to one incident",
    "inbox": "Keep in the inbox",
    "ignore": "Ignore",
}
MAX_RULES = 20
MAX_CONDITIONS = 8
MAX_MINUTES = 7 * 24 * 60
REFERENCE = re.compile(r"INC-([0-9]{1,12})")


class RuleError(ValueError):
    """This is no rule. `number` counts from 1; the message is for people."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number = number
        self.message = message


@dataclass(frozen=True)
class Facts:
    """What a delivery says of its incident."""

    source: str = ""
    key: str = ""
    title: str = ""
    text: str = ""
    severity: str = ""
    services: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    is_untimed: bool = False  # something in it states no time, and so happened when it was received

    def by_name(self) -> dict[str, list[str]]:
        """Return them as conditions ask for them."""
        found: dict[str, list[str]] = {name: [value] for name in ("source", "key", "title", "text", "severity") if (value := getattr(self, name))}
        found["service"] = list(self.services)
        for name, value in self.labels:
            found.setdefault(f"label {name}".casefold(), []).append(value)
        return found

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value}


def facts_of(data: Mapping[str, Any]) -> Facts:
    """Return the facts that were kept with a delivery."""
    labels = tuple((str(name), str(value)) for name, value in data.get("labels", ()))
    words = {name: str(data.get(name, "")) for name in ("source", "key", "title", "text", "severity")}
    return Facts(**words, services=tuple(map(str, data.get("services", ()))), labels=labels, is_untimed=data.get("is_untimed") is True)


@dataclass(frozen=True)
class Rule:
    """The first rule that matches counts. `otherwise` is what "service" does when no incident is open: open one, or keep it."""

    action: str
    name: str = ""
    match: str = "all"
    conditions: tuple[Condition, ...] = ()
    minutes: int = 60
    incident: int = 0
    otherwise: str = "open"

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"name": self.name, "match": self.match, "conditions": [each.as_json() for each in self.conditions], "action": self.action}
        if self.action == "service":
            found |= {"minutes": self.minutes, "otherwise": self.otherwise}
        if self.action == "incident":
            found["incident"] = f"INC-{self.incident}"
        return found

    def __str__(self) -> str:
        return conditions.described(self.conditions, match=self.match)


@dataclass(frozen=True)
class Known:
    """The incident that the key belongs to. `reference` is empty when its name is nobody's business, for a private one."""

    reference: str
    is_open: bool
    ended_at: datetime | None


@dataclass(frozen=True)
class Plan:
    """What to do. `append` goes to the known incident; `why` is the sentence people read, without its beginning."""

    action: str  # "append" or one of ACTIONS
    why: str
    rule: int = 0
    minutes: int = 0
    incident: int = 0
    otherwise: str = "inbox"


def parse_rules(data: Any) -> list[Rule]:
    """Return the rules that were kept or sent. Raises RuleError."""
    if not isinstance(data, list):
        raise RuleError(1, "Rules are a list.")
    if len(data) > MAX_RULES:
        raise RuleError(MAX_RULES + 1, f"At most {MAX_RULES} rules.")
    return [parse_rule(each, number) for number, each in enumerate(data, start=1)]


def parse_rule(data: Any, number: int) -> Rule:
    if not isinstance(data, Mapping):
        raise RuleError(number, "A rule is an object with conditions and an action.")
    action, match, otherwise = data.get("action"), data.get("match", "all"), data.get("otherwise", "open")
    if not isinstance(action, str) or action not in ACTIONS:
        raise RuleError(number, f"Say what to do: {', '.join(ACTIONS)}.")
    if match not in ("all", "any"):
        raise RuleError(number, "Match “all” or “any” of the conditions.")
    if otherwise not in ("open", "inbox"):
        raise RuleError(number, "Otherwise “open” or “inbox”.")
    asked = data.get("conditions", [])
    if not isinstance(asked, list) or len(asked) > MAX_CONDITIONS:
        raise RuleError(number, f"Conditions are a list of at most {MAX_CONDITIONS}.")
    try:
        parsed = tuple(conditions.parse(each) for each in asked)
    except ConditionError as error:
        raise RuleError(number, str(error)) from None
    minutes, incident, name = data.get("minutes", 60), 0, data.get("name", "")
    if isinstance(minutes, bool) or not isinstance(minutes, int) or not 1 <= minutes <= MAX_MINUTES:
        raise RuleError(number, f"Minutes are a number from 1 to {MAX_MINUTES}.")
    if action == "incident":
        found = REFERENCE.fullmatch(str(data.get("incident", "")).strip().upper())
        if found is None:
            raise RuleError(number, "Name the incident, such as INC-12.")
        incident = int(found.group(1))
    return Rule(action, name[:100] if isinstance(name, str) else "", match, parsed, minutes, incident, otherwise)


def plan(facts: Facts, rules: Sequence[Rule], known: Known | None, *, quiet_minutes: int, now: datetime) -> Plan:
    """Say what to do with a delivery that has these facts."""
    before = ""
    if known is not None:
        name = known.reference or "an incident"
        if known.is_open:
            return Plan("append", f"it has the key of {name}, which is open.")
        ended = known.ended_at or now
        if now - ended <= timedelta(minutes=quiet_minutes):
            ago = max(0, round((now - ended).total_seconds() / 60))
            return Plan(
                "append",
                f"it has the key of {name}, resolved {minutes_of(ago)} ago: within the quiet period of {minutes_of(quiet_minutes)}. See whether it is back.",
            )
        before = f" Its key is that of {name}, which ended longer ago than the quiet period of {minutes_of(quiet_minutes)}."
    named = facts.by_name()
    for number, rule in enumerate(rules, start=1):
        if conditions.together(rule.conditions, named, match=rule.match):
            title = f"rule {number}{f' “{rule.name}”' if rule.name else ''} says so ({rule})."
            return Plan(rule.action, title + before, number, rule.minutes, rule.incident, rule.otherwise)
    return Plan("inbox", ("no rule matches." if rules else "there are no rules, and its key is not that of an open incident.") + before)


def minutes_of(count: int) -> str:
    if count >= 120 and count % 60 == 0:
        return f"{count // 60} hours"
    return f"{count} minute{'' if count == 1 else 's'}"
