"""Pure. Of which day a sentence tells that states a clock alone, from its words and from those around it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from incidents.lib.timestamps import MONTH
from incidents.sources.text import lead as leads
from incidents.sources.text.entry import Entry
from incidents.sources.text.lead import Lead, minutes_of
from incidents.sources.text.parts import DATE, WEEKDAY
from incidents.sources.text.setting import Setting, dated, safe_date, title_day
from incidents.sources.text.tongues import FOREIGN_WEEKDAYS, weekday_number

FAILING = re.compile(
    r"\b(?:outages?|fail(?:ed|ing|ures?)|unavailab\w+|unreachable|down|interrupt\w+|disrupt\w+|degrad\w+|errors?|slow\w*|downtime|read[- ]only|unable|bounc(?:ed|ing)|die[ds]?|crash\w*|impossible|inaccessible|time[ -]?outs?|impact\w*|affected|took(?= (?:>|more|longer))|prevented|offline|interrompu\w*|indisponib\w+|pannes?|ausgefallen|ausfall|st\u00f6rung|nicht (?:mehr )?erreichbar|onbereikbaar|inaccesibles?|erros?|falhas?|instabilidade|indispon\w+|fallos?|interru\w+|ca[i\u00ed]da|fuera de servicio|(?:network|connectivity|performance|login|service|access) (?:issues?|problems?))\b|\u969c\u5bb3|\u505c\u6b62|\u4e0d\u53ef|\u9045\u5ef6|\u6545\u969c|\u4e2d\u65ad|\u5f02\u5e38|\u8d85\u65f6|\u5b95\u673a|\u0441\u0431\u043e\u0439|\u0441\u0431\u043e\u0438|\u043d\u0435\u0434\u043e\u0441\u0442\u0443\u043f|\u0430\u0432\u0430\u0440\u0438",
    re.I,
)
NEXT_DAY = re.compile(
    r"\b(?:(?:following|next) (?:day|morning|afternoon|evening)|am (?:folgetag|n\u00e4chsten (?:tag|morgen)|tag darauf)|le lendemain|du lendemain|d\u00eda siguiente|dia seguinte"
    r"|volgende (?:dag|ochtend)|giorno (?:dopo|seguente|successivo))\b",
    re.IGNORECASE,
)
ON_NTH = re.compile(rf"\s*(?:\([A-Z]{{2,5}}\)\s*)?on the (\d{{1,2}})(?:st|nd|rd|th)\b(?!\s*(?:of\b|{MONTH}))", re.IGNORECASE)
TODAY = re.compile(
    r"\b(?:today|this (?:morning|afternoon|evening)|tonight|aujourd['\u2019]hui|ce (?:matin|soir)|cet apr\u00e8s-midi|heute|hoy|oggi|hoje|vandaag|vanochtend|\u0441\u0435\u0433\u043e\u0434\u043d\u044f)\b|\u672c\u65e5|\u4eca\u65e5|\u4eca\u671d|\u4eca\u5929",
    re.IGNORECASE,
)
YESTERDAY = re.compile(
    r"\b(?:yesterday|last night|d['\u2019]hier|(?<=, )hier(?=,)|hier (?:soir|matin|apr\u00e8s-midi)|gestern|gisteren|ayer|ontem|ieri)\b", re.IGNORECASE
)
HAPPENED = re.compile(
    r"\b(?:occurred|happened|took place|experienced|began|outage|disruption|service event|incident|anomalie|panne|coupure|survenue?s?|subie?s?)\b", re.I
)
ONLY = re.compile(rf"(?:on )?(?:{WEEKDAY.pattern}\s+)?(?:{DATE.pattern})[.:,]?", re.IGNORECASE)  # "On 17 July 2023."
ON_WEEKDAY = re.compile(rf"(?<![^\W\d])(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|(?:{FOREIGN_WEEKDAYS})\b)", re.IGNORECASE)
ITEM = re.compile(r"^\s*(?:[-*+•▪]\s+(?:\[[ xX]\]\s+)?|\d{1,2}[.)]\s+)")
RELATED = re.compile(rf"(?P<date>{DATE.pattern}),\s+(?:which|that|que|qui|che|die|der|das|dat|wat)\s[^.;,\d]{{2,60}}$", re.IGNORECASE)
HOURS_AHEAD = 6 * 60  # minutes
FURTHEST = 60  # characters between the word that opens a time and its clock


def day_told(sentence: str, state: Setting, day: date | None, *, opens: bool) -> date | None:
    """Return the day that holds after a sentence without a time; `opens` says that it is one of the first."""
    head = sentence[:600]
    if headed := title_day(sentence, state.day_first):
        return headed
    if opens and day and day == state.day and FAILING.search(head) and not DATE.search(head):
        return day_of_story(head, day)
    if (ONLY.fullmatch(sentence[:60].strip()) or opens and HAPPENED.search(head)) and (named := DATE.search(head)):
        return dated(named[0], state.day_first, day) or day  # "the disruption of last Friday, 29 June"
    return day


def day_meant(sentence: str, lead: Lead, state: Setting, day: date | None, impact: Sequence[Entry], posted: int | None) -> date | None:
    """Return the day of a time that names none and follows none: what the sentence and those around it say."""
    return (
        day_after(sentence, lead, day)
        or night_of(impact, lead)
        or night_before(sentence, lead, state.day)
        or same_day(sentence, lead, state.day)
        or nth_day(sentence, lead, day)
        or eve(lead, day, posted)
    )


def day_of_story(sentence: str, day: date) -> date:
    """Return the day before the report's for "yesterday", and the last such day for "on Tuesday afternoon"."""
    if said := YESTERDAY.search(sentence):
        return day - timedelta(days=said[0].lower() != "last night")
    named = {weekday_number(match[0]) for match in ON_WEEKDAY.finditer(sentence)}
    if len(named) == 1 and (number := named.pop()) is not None:
        return day - timedelta(days=(day.weekday() - number) % 7)
    return day


def day_of_sentence(sentence: str, written: str) -> str:
    """Return the day that a sentence opens with, however far from its clock: "**July 10** — the provider failed, so that runs waited (16:45-17:45 UTC)".

    Or the one of which a clause with the clock tells: "The outage of 10 July, which began at 16:45".
    """
    opening = leads.read(ITEM.sub("", sentence[:200]))
    if opening and not opening.clock:
        return opening.date
    related = RELATED.search(sentence[: max(0, sentence.find(written))][-120:])
    return related["date"] if related else ""


def night_of(impact: Sequence[Entry], lead: Lead) -> date | None:
    """Return the day after, for a clock that lies before the start of an impact that went on past midnight."""
    if len(impact) < 2 or (first := impact[0].day) is None or (last := impact[1].day) is None or first >= last:
        return None
    start, clock = minutes_of(impact[0].lead.clock), minutes_of(lead.clock)
    return last if start is not None and clock is not None and clock < start else first


def night_before(sentence: str, lead: Lead, day: date | None) -> date | None:
    """Return the day before the report's for "yesterday at 14:02" and "11:30 PM last night"."""
    said, minutes = YESTERDAY.search(sentence[:400]), minutes_of(lead.clock)
    if day is None or said is None or minutes is None or abs(sentence.find(lead.clock) - said.start()) > FURTHEST:
        return None
    return day - timedelta(days=1) if said[0].lower() != "last night" or minutes >= 12 * 60 else day


def same_day(sentence: str, lead: Lead, day: date | None) -> date | None:
    """Return the report's day for "today at 14:02"."""
    said = TODAY.search(sentence[:2000])
    return day if day and said and -FURTHEST < sentence.find(lead.clock) - said.start() < FURTHEST else None


def day_after(sentence: str, lead: Lead, day: date | None) -> date | None:
    """Return the day after the one in force for "at 9 the following day"."""
    said = NEXT_DAY.search(sentence[:2000])
    if day is None or said is None or not -FURTHEST < sentence.find(lead.clock) - said.start() < FURTHEST:
        return None
    return day + timedelta(days=1)


def eve(lead: Lead, day: date | None, posted: int | None) -> date | None:
    """Return the day before, for a clock that lies hours after the one at which the story was written."""
    minutes = minutes_of(lead.clock)
    return day - timedelta(days=1) if day and posted is not None and minutes is not None and minutes - posted > HOURS_AHEAD else None


def nth_day(sentence: str, lead: Lead, day: date | None) -> date | None:
    """Return the day of "5 PM on the 4th": of the month in force, or of the one before where that lies nearer."""
    _, _, after = sentence.partition(lead.written)
    if day is None or not (match := ON_NTH.match(after)):
        return None
    first = day.replace(day=1)
    ways = [safe_date(each.year, each.month, int(match[1])) for each in (first - timedelta(days=1), first, first + timedelta(days=31))]
    return min((way for way in ways if way), key=lambda way: abs(way - day), default=None)
