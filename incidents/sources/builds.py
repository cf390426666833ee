"""Pure. How runs, builds and deployments of any tool end, in words, and how much that weighs on a timeline."""

from __future__ import annotations

import re

# State -> how it is said, weight: 2 when something failed that should have changed the service.
STATES: dict[str, tuple[str, int]] = {
    "success": ("succeeded", 1),
    "succeeded": ("succeeded", 1),
    "successful": ("succeeded", 1),
    "passed": ("succeeded", 1),
    "fixed": ("succeeded", 1),
    "failure": ("failed", 2),
    "failed": ("failed", 2),
    "failing": ("is failing", 2),
    "infrastructure_fail": ("failed for its infrastructure", 2),
    "error": ("failed with an error", 2),
    "unauthorized": ("was refused", 2),
    "unstable": ("ended unstable", 2),
    "partiallysucceeded": ("succeeded in part", 2),
    "timed_out": ("timed out", 2),
    "timedout": ("timed out", 2),
    "startup_failure": ("failed to start", 2),
    "aborted": ("was aborted", 1),
    "cancelled": ("was cancelled", 1),
    "canceled": ("was cancelled", 1),
    "canceling": ("is being cancelled", 0),
    "stopped": ("was stopped", 1),
    "halted": ("was halted", 1),
    "undeployed": ("was taken down", 1),
    "rolled_back": ("was rolled back", 2),
    "action_required": ("needs an action", 1),
    "running": ("started", 1),
    "in_progress": ("started", 1),
    "started": ("started", 1),
    "completed": ("ended", 1),
    "finalized": ("ended", 1),
    "created": ("was created", 0),
    "queued": ("was queued", 0),
    "pending": ("is pending", 0),
    "preparing": ("is prepared", 0),
    "waiting": ("waits for approval", 0),
    "waiting_for_resource": ("waits for a resource", 0),
    "blocked": ("waits for an approval", 0),
    "on_hold": ("waits for an approval", 0),
    "manual": ("waits for a person", 0),
    "scheduled": ("is scheduled", 0),
    "inactive": ("was replaced by a later one", 0),
    "abandoned": ("was abandoned", 0),
    "destroyed": ("was removed", 0),
    "neutral": ("ended neutrally", 0),
    "skipped": ("was skipped", 0),
    "not_run": ("was not run", 0),
    "notbuilt": ("was not run", 0),
    "not_built": ("was not run", 0),
    "stale": ("became stale", 0),
    "requested": ("was requested", 0),
    "approved": ("was approved", 1),
    "rejected": ("was rejected", 2),
}
PRODUCTION = re.compile(r"deploy|release|roll ?back|revert|publish|migrat|terraform|production|\bprod\b|\bprd\b|\blive\b|\bcd\b", re.IGNORECASE)
SPACES = re.compile(r"[\s-]+")


def outcome(state: str) -> tuple[str, int]:
    """Return how a state is said, and its weight for a change of the service."""
    plain = SPACES.sub("_", state.strip().lower())
    return STATES.get(plain, (f"became “{state.strip()[:60] or 'nothing named'}”", 1))


def weight_of(state: str, name: str) -> int:
    """Return the weight of a run by its state: what only builds and tests weighs less than what by its name changes the service."""
    weight = outcome(state)[1]
    return weight if PRODUCTION.search(name) else max(0, weight - 1)


def taking(seconds: float) -> str:
    """Return ", after 4 min 5 s" for what took a while."""
    whole = round(seconds)
    if whole <= 0:
        return ""
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (rest, "s"))
    return ", after " + " ".join(f"{number} {unit}" for number, unit in parts if number)
