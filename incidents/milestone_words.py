"""Pure. The words by which people state a milestone, and those that take it back."""

from __future__ import annotations

import re

#: How people label a line of their own timeline: “**Detection:** ...”, “OUTAGE BEGINS - ...”.
LABELS = {
    "impact_started": re.compile(
        r"^[\W_]*(?:(?:start of )?(?:impact|outage|incident)(?: (?:start(?:s|ed)?|beg[ia]ns?))?|(?:impact |outage |incident )?start(?:ed)?|trigger)(?: time)?[\W_]*(?:[:\u2013\u2014|]|\s-\s)",
        re.I,
    ),
    "detected": re.compile(r"[\W_]*(?:time to )?(?:detection|detected|discovery|discovered|first alert)[\W_]*(?:[:\u2013\u2014|]|\s-\s)", re.I),
    "acknowledged": re.compile(r"[\W_]*(?:acknowledged?(?:ment)?|response|responded|engaged)[\W_]*(?:[:\u2013\u2014|]|\s-\s)", re.I),
    "mitigated": re.compile(
        r"^[\W_]*(?:(?:incident |outage |impact )?mitigat(?:ion|ed)|end of impact|impact end(?:s|ed)?|outage end(?:s|ed)?)[\W_]*(?:[:\u2013\u2014|]|\s-\s)",
        re.I,
    ),
    "resolved": re.compile(
        r"^[\W_]*(?:(?:incident |outage )?(?:resolution|resolved|closed)|(?:full )?recovery|end of (?:the )?incident|all[- ]clear)[\W_]*(?:[:\u2013\u2014|]|\s-\s)",
        re.I,
    ),
}
WORDS = {
    "impact_started": re.compile(
        r"\b(?:(?:customer |user )?impact (?:started|starts|began|begins)|(?:start|onset) of (?:the |an? )?(?:\w+ )?(?:impact|outage|incident|disruption|degradation)"
        r"|(?:outage|incident|errors?|failures?|latency|degradation|disruption|interruption|downtime|problems?|issues?) (?:started|starts|began|begins|first (?:seen|appeared|observed)))\b",
        re.I,
    ),
    "detected": re.compile(
        r"\b(?:(?:receiv\w+|got) (?:\w+ ){0,4}(?:alerts?|alarms?|reports?)|(?:people|users|customers|engineers|we|they) (?:\w+ ){0,2}notice|(?:users?|customers?|clients?|developers?|engineers?|people|someone|support|partner) (?:\w+ ){0,3}report(?:s|ed|ing)?"
        r"|reports? (?:from|by) (?:\w+ ){0,2}(?:users?|customers?|clients?|developers?|support)|\b(?!cause\b|is\b)\w+ (?:first )?(?:notic|discover)(?:ed|es|s)"
        r"|(?:alerts?|alarms?|monitors?|probes?|pagers?) (?:\w+ ){0,3}(?:fired|fires|firing|triggered|triggers|went off)|(?:was|were|got|been) (?:paged|alerted)"
        r"|first (?:customer )?reports?|\w+ reports? (?:in|on|via) (?:slack|irc|chat|discord|twitter|teams|#)|(?:incident|issue|problem) (?:was )?(?:detected|noticed|declared|reported))\b",
        re.I,
    ),
    "acknowledged": re.compile(
        r"\b(?:ack(?:ed|s)?|acknowledge[sd]|(?:i'?m|i am|we'?re|we are) (?:now )?(?:on it|looking|investigating)|looking into (?:it|this|the)|taking a look"
        r"|(?:began|begins?|started|starts?) (?:to )?investigat\w+|investigation (?:started|begins|began|starts))\b",
        re.I,
    ),
    "mitigated": re.compile(
        r"\b(?:mitigated|mitigation (?:is )?(?:in place|applied|complete|done|deployed)|roll(?:ed)? ?back (?:is )?(?:complete|completed|done|finished)"
        r"|workaround (?:is )?(?:in place|applied)|(?:impact|outage) (?:has )?(?:ended|ends|stopped|over)|(?:users|customers) (?:are )?no longer (?:affected|impacted|seeing)"
        r"|traffic (?:has been |was |is )?(?:shifted|drained|moved|rerouted)|fail(?:ed)? ?over (?:is )?(?:complete|completed|done))\b",
        re.I,
    ),
    "resolved": re.compile(
        r"\b(?:(?:incident|issue|problem|outage) (?:is |was |has been |now |fully |marked (?:as )?)*(?:resolved|closed|over|fixed)|all[- ]clear|fully (?:recovered|restored|resolved|operational)"
        r"|(?:everything|service|services|all systems?|site|traffic) (?:is |are |has |have |was |were )*(?:back to normal|back up|restored|recovered|operational|healthy)|(?:brought|came) (?:back )?online|^(?:status: ?)?resolved|(?<=\()resolved(?=\)))\b",
        re.I,
    ),
}
#: Every match of WORDS has one of these in it: looking for them first makes the common message cost next to nothing.
STEMS = {
    "impact_started": ("start", "beg", "first", "onset"),
    "detected": ("alert", "alarm", "report", "paged", "notic", "discover", "detected", "declared", "fire", "firing", "trigger", "went off"),
    "acknowledged": ("ack", "on it", "looking", "taking a look", "investigat"),
    "mitigated": ("mitigat", "roll", "workaround", "impact", "outage", "no longer", "traffic", "fail"),
    "resolved": ("resolved", "online", "closed", "over", "fixed", "clear", "restored", "operational", "back ", "healthy", "recovered"),
}
#: Words that turn a statement into a plan, a wish or a question.
HEDGES = re.compile(
    r"\b(?:not|never|isn'?t|hasn'?t|wasn'?t|won'?t|until|unless|once|if|whether|should|will|would|could|might|may|maybe|try|trying|tried|about to|going to"
    r"|attempt(?:s|ing)?|in order to|bring(?:ing)?|decid\w+|decision|let'?s|please|need(?:s|ed)? to|want to|hope|hoping|expect(?:ed|ing)?|soon|partially|can we|did we|are we|is it)\b|\?\s*$",
    re.I,
)
PARTLY = re.compile(
    r"\b(?:almost|nearly|most|majority|partial(?:ly)?|some|beg[aiu]n(?:s|ning)?|start(?:s|ed|ing)? to|gradual(?:ly)?|slowly|recovering|improv\w+)\b", re.I
)


def hedged(text: str, match: re.Match[str]) -> bool:
    """Say whether the sentence of the match is a plan, wish, denial or question rather than a report."""
    start = max(text.rfind(mark, 0, match.start()) for mark in ".!?\n;") + 1
    ends = [end for mark in ".!?\n;" if (end := text.find(mark, match.end())) >= 0]
    return bool(HEDGES.search(text[start : min(ends) + 1 if ends else len(text)]))
