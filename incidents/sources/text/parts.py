"""Pure. What dates, clocks, zones, ranges and offsets look like at the beginning of a line; `lead` puts them together."""

from __future__ import annotations

import re

from incidents.lib.timestamps import DOTTED, MONTH, MONTHS
from incidents.lib.zones import ABBREVIATIONS, PLACES
from incidents.sources.text.tongues import DAY_BEFORE, FOREIGN_WEEKDAYS, PARTS_OF_DAY

MARK = re.compile(
    r"\s*(?:[-*+•‣▪◦·–—>⁃●○■□►»›→§\uf0b7\uf0a7]+(?=\s|\d|\[|\*|~)(?:\s+\[[ xX]\](?=\s))?|#{1,6}(?=\s)|=+(?=\s*\d)|"
    rf"\d{{1,3}}(?:(?!{DOTTED})\.|\))(?=\s+\D*\d)|"
    r"[a-z][.)](?=\s+\d)|o(?=\s+(?:\d|~|[A-Z][a-z]{2,8}\b))|[;:]{1,3}(?=\s|\d\d:\d\d:\s)|\\item)?\s*"
)
SKIP = re.compile(r"[\s*_`\[\](){}|\"'“”,~≈]+|<(?=\d{4}-\d\d)|T(?=\d\d?:?\d\d)|@(?=\s*\d)")
FILLER = re.compile(
    rf"(?:{DAY_BEFORE}|{PARTS_OF_DAY}|at|on|by|from|since|(?:just |shortly )?(?:before|after)|prior to|starting|beginning|between|around|about|approx(?:imately|\.)?|approx|circa|ca\.?|c(?=\.\s?\d)|roughly|vers|\u00e0|\u00e0s|um|gegen|om|rond|omstreeks|alle|(?:a|sobre|hacia|antes de|despu\u00e9s de|entre) las?|antes das|depois das|por volta das|entre as|avant|apr\u00e8s|entre|etwa|environ|kurz (?:vor|nach)|в|около|примерно|г|the|of|and then|then|later,?)\b\.?",
    re.I,
)
WEEKDAY = re.compile(rf"(?:(?:mon|tues?|wed(?:nes)?|thurs?|thu|fri|sat(?:ur)?|sun)(?:day)?|{FOREIGN_WEEKDAYS})\b[.,]?", re.IGNORECASE)
NTH = re.compile(rf"{WEEKDAY.pattern}\s+(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)\b(?!\s*(?:of\b|{MONTH}))", re.IGNORECASE)  # "Friday 16th"
FIRST = "".join(sorted({name[0] for name in MONTHS}))  # letters that a month may begin with
DATE = re.compile(
    rf"(?=\d|(?<![^\W\d_])[{FIRST}])(?:"  # what may begin one: it spares the search most places
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?!\d)|20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?=[T_]\d|\s*[-–—:]\s|\s+\d\d:\d\d|[\s*_:)\]=-]*$)|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}(?!\d)|\d{1,2}/\d{1,2}/\d{2}(?!\d)|\d{1,2}(?:/\d{1,2}|\.\d{1,2}\.|\.(?:0[1-9]|1[0-2]))(?=,?\s+(?:(?:at|um|gegen|ca\.?|circa|в|около)\s+){0,2}~?\d{1,2}(?::\d\d|\s?[ap]\.?m\b))"
    rf"|\d{{4}}[\s,/-]+{MONTH}[\s,/-]+\d{{1,2}}(?:st|nd|rd|th)?(?![\d:])"
    rf"|\d{{1,2}}(?:st|nd|rd|th|er|{DOTTED})?(?:\s+|-)(?:(?:of|de|di)\s+)?{MONTH}\b,?(?:[\s,-]+(?:del?\s+)?\d{{4}}(?!\d|:\d))?"
    rf"|{MONTH}\s+(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)?\b(?!:\d)(?:,?\s+\d{{4}}(?!\d|:\d))?|{MONTH},\s+\d{{1,2}}(?:st|nd|rd|th)?\s+\d{{4}}(?!\d)"
    rf"|{MONTH}\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}(?!\d|:\d)|\d{{1,2}}[/-]{MONTH}[/-](?:\d{{4}}(?!\d)|\d{{2}}(?![\d:]))|{MONTH}-\d{{1,2}}-\d{{4}}(?!\d))",
    re.IGNORECASE,
)
CLOCK = re.compile(
    r"(?:[01]?\d|2[0-4])(?::|(?<=\d\d)\.(?=[0-5]\d[*_`\])~<|])|\.(?=[0-5]\d(?:\s?[ap]\.?m\b|[ap]\b|u(?:ur)?\b|[\s,:;–—-]|\.(?!\d)|$)(?!\s*(?:(?:to|-|\u2013|and)\s*\d{1,4}\.\d{1,3}\s*)?(?:%|ms|s\b|[gmkt]i?b\b|x\b)))|h(?=[0-5]\d)|[時时点點](?=[0-5]\d分?))[0-5]\d分?(?:[:.][0-5]\d(?:[.,]\d{1,9})?)?(?![\d%])(?:\s*[ap]\.?m\b\.?|(?<=\d)[ap]\b)?|(?:0?[1-9]|1[0-2])\s*[ap]\.?m\b\.?|(?:0?[1-9]|1[0-2])[ap]m(?=[0-5]\d\b)",
    re.IGNORECASE,
)
PREFIX = re.compile(r"(?:updated?|upd|edit(?:ed)?)\b(?:\s*#?\d{1,2}(?=\s*[:(@–-])(?!:\d\d))?[\s:(@–-]{1,4}(?=\S)", re.IGNORECASE)
ZONES = "|".join(name for name in ABBREVIATIONS if len(name) > 2)
BEFORE = re.compile(r"(UTC|GMT)\s+(?=\d{1,2}:\d\d)")  # "UTC 14:02"
BARE = re.compile(
    rf"(?:[01]\d|2[0-3])[0-5]\d(?=\s*(?:(?:-|–|to|and)\s*(?:[01]\d|2[0-3])[0-5]\d\s*)?(?:{ZONES}|Z|h(?:rs?)?|LT|local time)\b|\s*[-–—:]\s|\s[-–—]|\]|\s*\|)"
)
PLACE = "|".join("UK" if name == "UK" else name.title() for name in PLACES)
ZONE = re.compile(
    rf"\s*[(\[]?(?:U\.?S\.?\s)?((?<=\()(?:UTC|GMT)\s[+\-−]\d{{1,2}}:\d\d(?=\))|(?:UTC|GMT)(?:[+\-−]|\s\+)\d{{1,2}}(?::?\d\d)?(?!\d)|Z\b|[+\-−]\d\d:?\d\d\b|[A-Z][A-Za-z]+/[A-Z][A-Za-z_/]+|(?:Pacific|Eastern|Central|Mountain)(?: (?:Standard |Daylight )?[Tt]ime)?\b|(?:pacific|eastern|central|mountain) time\b|(?:{PLACE}) [Tt]ime\b|[PECM]T\b|МСК|[A-Z]{{3,5}}\b|(?:utc|gmt|pst|pdt|cet|cest|bst|est|edt|ist)\b)[)\]]?"
)
OFFSET = re.compile(r"\s*[(/]\s*((?:UTC|GMT)\s?[+\-−]\s?\d{1,2}(?::?\d\d)?)\s*\)?")
RANGE = re.compile(
    rf"(?:\s*(?:Uhr|uur|u|hrs|h)\b)?\s*(?:-|–|—|->|→|〜|～|~|to|until|till|through|and|&|à|jusqu'à|bis|und|e|et|y(?: las)?|a las|hasta las?|às|até(?: às| as)?|tot|en|alle)\s*(?:(?:about|around|approximately|approx\.?|roughly|shortly after|as (?:early|late) as)\s+)?(?=~|\d|\*|{MONTH}|{WEEKDAY.pattern}\s+\d)",
    re.IGNORECASE,
)
DASH = re.compile(r"[-–—@/]\s*(?=[01]?\d[:.h][0-5]\d|2[0-4][:.h][0-5]\d)")  # "17 Feb 2026 - 14:45"
ON = re.compile(r"on\b", re.IGNORECASE)
DAY_AFTER = re.compile(rf"{WEEKDAY.pattern}\s+(?:the\s+)?(?={DATE.pattern})", re.IGNORECASE)  # "11:11, Friday the 23rd of November"
WEEKDAY_AFTER = re.compile(rf"(?:on\s+)?(?P<weekday>(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b(?!\s+(?:the\s+)?\d|['\u2019]|,?\s+{MONTH})", re.IGNORECASE)
END_DAY = re.compile(rf"on\s+(?P<date>{DATE.pattern})", re.IGNORECASE)
RANGE_OF_DAYS = re.compile(r"(?:-|–|—|to\b|until\b|and\b|through\b)\s*(?=\d|as late as)", re.IGNORECASE)
AFTER = re.compile(r"^(?:\s*(?:[-–—=>→:|,;.]+|\*+|_+(?!\w)|\]|\)|hrs?\b|hs\b|h\b|Uhr\b|uur\b|u\b))*\s*")
AFTER_CODE = re.compile(rf"^\s*[^`\w]*`?(?:{AFTER.pattern[1:]})")  # "`14:02 UTC` text": the mark of code ends with the time
PARTED = re.compile(r"[\s*_)]*(?:[-–—:|=>→\]`]|\t)")
MINUTES = re.compile(r"[0-5]\d(?=\s*(?:\*\*)?\s*[:|\u2013-]\s)")  # "09:29-32: ..."
BARE_END = re.compile(r"(?:[01]\d|2[0-3])[0-5]\d(?=\W*$)")  # "2026-01-14 1600"
JOINED = re.compile(
    r"[-\u2013\u2014:,;@|]+\s*(?:(?:at|around|about|approximately|approx\.?|circa|ca\.?|c(?=\.\s?\d)|um|gegen|vers|\u00e0)\s+){0,2}~?(?=\d)", re.IGNORECASE
)  # "Feb 17, 2017 - 14:45"
PAIR = re.compile(
    r"\s*[/(]\s*(?P<clock>\d{1,2}:\d\d(?:\s*[ap]m)?)\s*(?P<zone>[A-Z]{2,5})\s*(?:\)|(?=\s*(?:[-\u2013\u2014:|]|$)))", re.IGNORECASE
)  # the same time in another zone
TWINS = re.compile(  # "2:20/1:20 PM EST/CST": one moment in two zones, the first clock with the first zone
    r"(?P<clock>\d{1,2}:\d\d)\s*/\s*\d{1,2}:\d\d\s*(?P<half>[ap]\.?m\b\.?)?\s*(?P<zone>[A-Z]{2,4})\s*/\s*[A-Z]{2,4}\b", re.IGNORECASE
)
RELATIVE = re.compile(
    r"(?:[Tt][0\u2080]?)?\s?(?P<sign>[+-]|(?<=[Tt])[\u2013\u2212])\s?~?(?:(?P<h>\d{1,3}):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?|(?P<n>\d{1,4})\s?(?P<unit>s(?:ec(?:onds?)?)?|m(?:in(?:utes?)?)?|h(?:ours?|rs?)?)(?:\s?(?P<more>[0-5]?\d)\s?m(?:in(?:utes?)?)?)?\b|(?<=[Tt]\+)(?P<bare>\d{1,3})(?=\s*(?:$|[|:*)\]`\u2013\u2014-])|\s+[^\W\d]))(?=[\s:|,*)\]`_–—-]|$)"
)
OPENED = re.compile(r"[*_`\[(~]{0,3}(?=[Tt+-])")  # "**T+5m** - ..."
NOUGHT = re.compile(r"(?P<start>T\s?\+?\s?0)(?=\s*[*)`\]:|\u2013\u2014-]|\s+[A-Za-z]|\s*$)")  # "T+0: ..."
PLACED_OFFSET = re.compile(r"T\s?[+-]?\s?\d[\dhms:]*\s*(?:\(|=|\bis\b)\s*(?=\d)")  # "T+0 (10:02 UTC)" says when it was
OFFSETS = {"s": 1, "m": 60, "h": 3600}


def seconds_of(match: re.Match[str]) -> int:
    """Return how long after the start an offset lies: 300 for "T+5m", 0 for "T+0"."""
    if match.re is NOUGHT:
        return 0
    if match["unit"]:
        seconds = int(match["n"]) * OFFSETS[match["unit"][0].lower()] + int(match["more"] or 0) * 60
    elif match["bare"]:  # "T+12" of a table: minutes
        seconds = int(match["bare"]) * 60
    else:
        # +00:05 is minutes and seconds on a recording, hours and minutes elsewhere; three parts settle it, two are minutes.
        seconds = int(match["h"]) * 3600 + int(match["m"]) * 60 + int(match["s"] or 0)
    return seconds * (1 if match["sign"] == "+" else -1)
