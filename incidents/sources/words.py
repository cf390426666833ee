"""Pure. What a sentence says an event is: kind, weight, and a hint at a milestone, from words alone.

A rule is tried only when the text has one of its trigger words, so that the common message costs one pass over its words.
The first rule that matches wins; the order below is therefore part of the meaning.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from incidents.sources.drafts import tidy

NOISE, NORMAL, KEY = 0, 1, 2


class Reading(NamedTuple):
    """`kind` is a value of models.Kind, `rule` what decided it; `milestone` is only a hint, never a statement of the source."""

    kind: str = "message"
    rule: str = ""
    salience: int = NORMAL
    milestone: str = ""


class Rule(NamedTuple):
    kind: str
    triggers: frozenset[str]  # one of these words must occur
    pattern: re.Pattern[str]
    salience: int = NORMAL
    milestone: str = ""
    claims: bool = False  # says that something is so: a question, a negation or a plan takes it back


def _rule(kind: str, triggers: str, pattern: str, salience: int = NORMAL, milestone: str = "", claims: bool = False) -> Rule:
    return Rule(kind, frozenset(triggers.split()), re.compile(pattern, re.IGNORECASE), salience, milestone, claims)


_MONITOR = r"(?:monitors?|monitoring|alerts?|alerting|alarms?|probes?|health ?checks?|cloudwatch|datadog|pingdom|nagios|icinga|prometheus|alertmanager|sentry|pagerduty|opsgenie)"
_SERVICE = r"(?:services?|requests?|builds?|hub|website|systems?|site|api|errors?|error rates?|latenc(?:y|ies)|traffic|metrics|everything|things|queues?|databases?|cluster|response times?|success rates?)"
RULES = (
    # Chatter of the tools.
    _rule("message", "joined left renamed archived", r"\bhas (?:joined|left|renamed|archived)\b|\b(?:joined|left) (?:the (?:channel|call|bridge)|#\S+)", NOISE),
    _rule(
        "message", "topic purpose pinned reminder", r"\bset the (?:channel(?:'s)? )?(?:topic|purpose|description)|\bpinned (?:a|the) message|^reminder:", NOISE
    ),
    # Alerts and their end, as monitors word them.
    _rule("recovery", "resolved ok recovered recovery cleared", r"^\W*(?:\[?resolved(?::\s?\d+)?\]|recovered\b|recovery\b|ok\b\s*[:\-|]|cleared\b)", NORMAL),
    _rule(
        "recovery",
        "alert alerts alarm alarms monitor",
        r"\b(?:alert|alarm|monitor)s?\b[^.?!]{0,60}\b(?:resolved|recovered|cleared|auto-?resolved|closed|stopped)\b",
        NORMAL,
        claims=True,
    ),
    _rule(
        "alert",
        "firing critical triggered problem alert page alarm",
        r"^\W*(?:\[?firing\b|critical\b\s*[:\-|]|(?:new )?alert\b\s*[:\-|]|triggered\b\s*[:\-|]|triggered (?:through|via|by) |problem\b\s*[:\-|]|\w+ (?:page|alert|alarm)\b\s*:)",
        NORMAL,
        "detected",
    ),
    # The incident as a whole.
    _rule(
        "resolution",
        "resolved closed over resolve closing declared all-clear clear normal recovered ended restored resolution",
        r"\b(?:incident|issue|outage|problem)\b[^.?!\n]{0,40}\b(?:resolved|closed|over|ended)\b|\ball[ -]clear\b|\b(?:closing|closed|resolved|resolving) (?:the|this) (?:incident|issue)\b"
        r"|\b(?:marked|marking|declared|declaring|status|set|moved)\b[^.?!\n]{0,30}\bresolved\b|^\W*(?:fully )?resolved\b|\bfully (?:resolved|recovered|restored)\b"
        r"|\bservices? (?:is |are |was |were |has been |have been )?(?:fully |completely )?restored\b|\b(?:full |complete )?resolution (?:is |was )?confirmed\b",
        KEY,
        "resolved",
        claims=True,
    ),
    _rule(
        "mitigation",
        "mitigated mitigation workaround stopped bleeding failover impact stabilized stabilised mitigate",
        r"\bmitigated\b|\bmitigation\b[^.?!\n]{0,30}\b(?:in place|applied|complete[d]?|deployed|done|live|effective|worked)\b|\bworkaround\b[^.?!\n]{0,30}\b(?:in place|applied|deployed|live|works?)\b"
        r"|\bstopped the bleeding\b|\b(?:user |customer )?impact\b[^.?!\n]{0,20}\b(?:ended|stopped|over|gone|mitigated)\b|\bstabili[sz]ed\b",
        KEY,
        "mitigated",
        claims=True,
    ),
    _rule("communication", "status statuspage status-page", r"\bstatus ?-?page\b|\bstatuspage\b", NORMAL),
    _rule(
        "communication",
        "customers customer clients users stakeholders public tweet tweeted email emailed announcement update comms",
        r"\b(?:notified|informed|emailed|told|updated|contacted|messaged|letting) (?:\w+ ){0,3}(?:customers?|clients?|users?|stakeholders?|support|leadership|management)\b|\b(?:posted|published|sent|sending|posting) (?:\w+ ){0,4}(?:update|announcement|tweet|e-?mail|notification|comms)\b|\btweeted\b",
        NORMAL,
    ),
    _rule(
        "severity",
        "severity sev sev0 sev1 sev2 sev3 sev4 sev5 sev-0 sev-1 sev-2 sev-3 sev-4 sev-5 p0 p1 p2 p3 p4 priority upgraded downgraded",
        r"\b(?:declared?|declaring|raised?|raising|upgraded?|upgrading|downgraded?|downgrading|lowered|changed|set|escalated|bumped|bumping|making|calling)\b[^.?!\n]{0,40}\b(?:sev(?:erity)?[- ]?\d|p[0-4]\b|severity|priority)"
        r"|\b(?:sev(?:erity)?[- ]?\d|severity|priority)\b[^.?!\n]{0,30}\b(?:declared|raised|upgraded|downgraded|lowered|changed|set)\b",
        KEY,
    ),
    _rule(
        "role",
        "ic commander lead scribe handing handed handover hand-off handoff coordinator facilitator taking shift",
        r"\bincident (?:commander|lead|manager|coordinator)\b|\b(?:i(?:'m| am|'ll be)|is(?: now)?|taking over as|as) (?:the )?(?:ic|scribe|comms lead|tech(?:nical)? lead|commander)\b|\bhand(?:ing|ed)?[ -]?(?:over|off)\b|\btak(?:ing|es|en|ook) (?:over|ic)\b",
        NORMAL,
    ),
    _rule(
        "acknowledgement",
        "ack acked ack'd acknowledged acknowledges acknowledging acks",
        r"\back(?:ed|'d|s)?\b|\backnowledg(?:ed|es|ing)\b",
        KEY,
        "acknowledged",
        claims=True,
    ),
    _rule(
        "escalation",
        "escalated escalating escalate escalates escalation",
        r"\bescalat(?:ed|ing|es?|ion)\b",
        NORMAL,
        claims=True,
    ),
    _rule(
        "page",
        "paged pages paging page on-call oncall pagerduty",
        r"\bpag(?:ed|ing)\b|\bpage (?:was |is )?(?:sent|went|goes) |\b(?:got|received|sent) (?:a|the) page\b|\b(?:on-?call)\b[^.?!\n]{0,30}\b(?:called|notified|contacted|alerted)\b",
        NORMAL,
        "detected",
        claims=True,
    ),
    # Deeds.
    _rule(
        "action",
        "rolled rollback roll-back rolling revert reverted reverting reverts rollbacked",
        r"\broll(?:ed|ing)?[ -]?back\b|\brevert(?:ed|ing|s)?\b",
        KEY,
        claims=True,
    ),
    _rule(
        "action",
        "restarted restarting restart rebooted rebooting reboot bounced bouncing failover failed failing scaled scaling drained draining killed killing disabled disabling flushed flushing purged "
        "purging cordoned throttled throttling blocked blocking hotfix hot-fix hotfixed patched cleared clearing increased increasing switched switching diverted rerouted shifted redirected "
        "restored restoring provisioned recreated re-enabled reenabled unblocked shed added removed deleted applied",
        r"\b(?:re-?start|re-?boot)(?:ed|ing)\b|\bbounc(?:ed|ing) |\bfail(?:ed|ing)[ -]over\b|\bscal(?:ed|ing) (?:up|down|out|in|back|the)\b|\bdrain(?:ed|ing)\b|\bkill(?:ed|ing) |\b(?:dis|re-?en)abl(?:ed|ing)\b"
        r"|\b(?:flush|purg|cordon|throttl)(?:ed|ing)\b|\b(?:un)?block(?:ed|ing) (?:the|all|traffic|ip)|\bhot-?fix|\bpatched\b|\bclear(?:ed|ing) (?:the|out)\b|\bincreas(?:ed|ing) (?:the|capacity|memory|limits?|\w+ (?:limit|timeout|size|count))"
        r"|\b(?:switch|divert|rerout|shift|redirect)(?:ed|ing) (?:\w+ ){0,2}(?:traffic|over|to)\b|\brestor(?:ed|ing) (?:from|the|a) |\b(?:provision|recreat)ed\b|\bshed load\b|\b(?:added|removed|deleted) (?:\w+ ){0,3}(?:nodes?|hosts?|servers?|instances?|pods?|replicas?|capacity|index|shards?)\b|\bapplied (?:the|a) (?:fix|patch|change|workaround)\b",
        NORMAL,
        claims=True,
    ),
    # Guesses come before changes: "I suspect the deploy" is no deploy.
    _rule(
        "hypothesis",
        "suspect suspects suspected suspecting suspicion hypothesis theory might maybe perhaps possibly could probably looks seems think wonder culprit guess guessing believe likely",
        r"\bsuspect(?:s|ed|ing)?\b|\bsuspicion\b|\bhypothes[ie]s\b|\btheory\b|\b(?:might|may|could) (?:be|have|it)\b|\b(?:maybe|perhaps|possibly|probably)\b|\b(?:looks|seems) (?:like|to be|as if|related)\b|\bi (?:think|guess|believe)\b|\bwonder(?:ing)? (?:if|whether)\b|\bculprit\b|\b(?:most )?likely (?:caused?|due|related|the|a)\b",
        NORMAL,
    ),
    _rule(
        "decision",
        "decided decision decide agreed agreeing let's lets plan proposal proposing going",
        r"\bdecid(?:ed|e|ing)\b|\bdecision\b|\b(?:we|all|team) (?:have )?agreed?\b|^\W*let'?s \w+|\b(?:the )?plan (?:is|now)\b|\b(?:we are|we're|i'm) going (?:to|with)\b|\bgo(?:ing)? ahead with\b",
        NORMAL,
    ),
    _rule(
        "change",
        "deployed deploying deploy deploys deployment merged merging released releasing release rollout rolled-out rolled pushed shipped upgraded upgrading migration migrated config configuration flag maintenance",
        r"(?<![/.\w-])deploy(?:ed|ing|s|ment)?\b|\bmerg(?:ed|ing)\b|\breleas(?:ed|ing)\b|\brelease (?:v?\d|started|finished|went)|\broll(?:ed|ing)?[ -]?out\b|\bpushed (?:\w+ ){0,3}(?:to|change|config|commit|fix)\b|\bshipped\b|\bupgrad(?:ed|ing) (?:\w+ ){0,3}(?:to|from)\b"
        r"|\bmigrat(?:ed|ion) (?:started|finished|ran|to|from|of|complete)\b|\bconfig(?:uration)? (?:change|push|update)\b|\bfeature flag\b|\bmaintenance (?:window )?(?:start|began|begin|finish|end)",
        NORMAL,
        claims=True,
    ),
    # What is seen.
    _rule(
        "recovery",
        "recovered recovering recovers recovery recover healthy normal baseline dropping decreasing restored green cleared subsided improving back online",
        rf"\brecover(?:ed|ing|s|y)\b|\b(?:began|begins?|start(?:ed|s)?) to recover\b|\b(?:been|was|were|is|are) (?:\w+ )?restored\b|\b(?:back|brought|came) (?:back )?online\b|\b(?:is|are|now|looks?|all) (?:healthy|green|normal)\b|\b(?:back|return(?:ed|ing|s)?) to (?:normal|baseline|usual)\b|\b{_SERVICE} (?:is |are |has |have )?(?:now )?(?:back(?: up)?|dropp(?:ed|ing)|decreas(?:ed|ing)|subsided|improving|cleared|normal(?:i[sz]ed)?)\b",
        NORMAL,
        claims=True,
    ),
    _rule(
        "alert",
        "alert alerts alerted alerting alarm alarms alarmed monitor monitors monitoring firing fired triggered probe probes cloudwatch datadog pingdom nagios icinga prometheus alertmanager sentry "
        "pagerduty opsgenie check checks healthcheck",
        rf"\b{_MONITOR}\b[^.?!\n]{{0,40}}\b(?:detect(?:s|ed)?|identif(?:ies|ied)|report(?:s|ed)|notif(?:ies|ied)|notices?|noticed|flag(?:s|ged)|caught)\b"
        rf"|\b(?:detected|identified|caught|flagged|noticed|reported) by (?:\w+ ){{0,3}}{_MONITOR}\b|"
        r"\b(?:alert|alarm|monitor)(?:s|ing|ed)?\b[^.?!\n]{0,60}\b(?:fir(?:ed|ing|es?)|trigger(?:ed|s|ing)|went off|goes off|rais(?:ed|es)|received|came in|sent)\b|\b(?:first|new|another|received|multiple|got|an?|see(?:ing)?|fired|triggered) (?:\w+ ){0,4}(?:alert|alarm)s?\b|\balert(?:ed|ing) (?:on|us|the|for|about)\b",
        NORMAL,
        "detected",
        claims=True,
    ),
    _rule(
        "impact",
        "customers customer users user clients 500 502 503 504 outage down unavailable degraded degradation unreachable errors 5xx 500s 502s 503s 504s timeouts failing impact impacted affected elevated spike",
        r"\b(?:customers?|users?|clients?)\b[^.?!\n]{0,40}\b(?:can'?t|cannot|unable|report(?:ed|ing|s)?|see(?:ing)?|saw|complain\w*|experienc\w+|affected|impacted|getting|receiv\w+)\b|\b(?:outage|unavailable|unreachable|degraded|degradation)\b|\b(?:is|are|was|were|went|go(?:es|ing)) (?:completely |fully |hard )?down\b"
        r"|\b(?:5xx|50[0-4]s|50[0-4] errors?)\b|\b(?:elevated|increased|high|spike in|lots of|seeing|many) (?:\w+ ){0,2}(?:errors?|error rates?|latency|timeouts?|failures)\b|\b(?:requests?|logins?|payments?|checkouts?|orders?) (?:are |is |were )?(?:failing|failed|timing out|erroring)\b|\bimpact(?:ed|ing)?\b|\baffected\b",
        NORMAL,
        claims=True,
    ),
    _rule(
        "action",
        "investigating investigate investigated looking checking digging debugging reviewing",
        r"\binvestigat(?:ing|ed)\b|\b(?:looking|digging|checking) (?:into|at|on|the|in)\b|\bdebugging\b",
        NORMAL,
    ),
)
TRIGGERS: dict[str, tuple[int, ...]] = {}
for _number, _each in enumerate(RULES):
    for _word in _each.triggers:
        TRIGGERS[_word] = (*TRIGGERS.get(_word, ()), _number)

WORDS = re.compile(r"[a-z0-9][a-z0-9'\-]*")
UNSURE = re.compile(
    r"\b(?:not|isn'?t|aren'?t|wasn'?t|hasn'?t|haven'?t|don'?t|didn'?t|can'?t|cannot|couldn'?t|won'?t|never|no|un\w+ed yet|should|shall|will|would|can|could|might|may|if|once|when|until|unless|before|try(?:ing)? to|want(?:s)? to|need(?:s)? to|going to|about to|plan(?:ning)? to|please|let'?s|how to|ready to|"
    r"need|needs|waiting (?:for|on)|yet to)\s+(?:\w+'?\w*\s+){0,3}$",
    re.IGNORECASE,
)
SMALL_TALK = re.compile(
    r"^\W*(?:thanks?(?: you)?|thx|ty|ok(?:ay)?|k|yes|yep|yeah|yup|no|nope|sure|great|nice|cool|lol|haha+|same|agreed|\+1|np|done|got it|sounds good|good job|well done|hi|hello|hey|morning|gm|brb|back)(?: (?:all|team|everyone|folks|both))?\W*$|^(?:\s*:[\w+\-]+:\s*)+$",
    re.IGNORECASE,
)
PLAIN = Reading()


def kind_of(text: str) -> Reading:
    """Return what the text says the event is; a plain message when no rule applies."""
    return _kind_of(text[:600])


@lru_cache(maxsize=4096)
def _kind_of(text: str) -> Reading:
    low = text.lower().replace("\u2019", "'")
    candidates: set[int] = set()
    for word in WORDS.findall(low):
        found = TRIGGERS.get(word)
        if found is not None:
            candidates.update(found)
    for number in sorted(candidates):
        rule = RULES[number]
        match = rule.pattern.search(low)
        if match is None:
            continue
        if rule.claims and _taken_back(low, match):
            continue
        return Reading(rule.kind, tidy(f"word: {' '.join(match.group().split())[:50]}", 60), rule.salience, rule.milestone)
    if len(low) <= 40 and SMALL_TALK.match(low):
        return Reading("message", "small talk", NOISE)
    return PLAIN


def _taken_back(text: str, match: re.Match[str]) -> bool:
    """Tell whether what stands around the words says that it is not so, not yet, or only asked."""
    start = max(text.rfind(mark, 0, match.start()) for mark in ".!?\n;")
    if UNSURE.search(text, start + 1, match.start()):
        return True
    ends = [at for at in (text.find(mark, match.end()) for mark in ".!\n;") if at != -1]
    question = text.find("?", match.end())
    return question != -1 and (not ends or question < min(ends)) and "://" not in text[match.end() : question]
