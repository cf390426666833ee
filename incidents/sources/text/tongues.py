"""Pure. Times as other languages write them, brought to forms that the readers know: "午後3時28分" is 15時28分, "halb" and "Uhr" are clocks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

# Clocks that other languages write in their own way, behind a word that says that one follows.
ITALIAN = re.compile(r"\b((?:alle|dalle|ore)) ([01]?\d|2[0-3])(?:,| e )([0-5]\d)\b(?!\s*%)", re.IGNORECASE)
HOURS = re.compile(
    r"(?<!\w)(por volta d[ae]s?|cerca d[ae]s?|\u00e0|vers|d\u00e8s|depuis|avant|apr\u00e8s|jusqu['\u2019]\u00e0|\u00e0s|as|das|las|entre|et) ([01]?\d|2[0-4]) ?(?:h|horas|heures)(?!\w)",
    re.IGNORECASE,
)
ITALIAN_HOUR = re.compile(  # "verso le 11 di questa mattina"
    r"\b(verso le|(?:at|in)torno alle|alle|dalle) (?:ore )?([01]?\d|2[0-3])(?=\s*(?:[;()]|[,.](?!\s?\d)|$)|\s+(?:di (?:questa|ieri|oggi|stamattina|notte)|del (?:mattino|pomeriggio)|della (?:mattina|sera|notte)|circa\b|ieri\b|oggi\b|alle \d))",
    re.IGNORECASE | re.MULTILINE,
)
FRENCH_AT = re.compile(r"\b[Aa] (?=\d{1,2}h[0-5]\d\b)")  # capitals often go without their accent
MOSCOW = re.compile(r"(?<=\d) (?:по московскому времени|по (?:Москве|мск|МСК)|мск)(?![^\W\d])")
UHR = re.compile(r"(?<![\d.,:])([01]?\d|2[0-4]) (bis|und) (etwa |circa |gegen )?([01]?\d|2[0-4]) Uhr\b")
GERMAN = {
    name: number for number, name in enumerate(["ein", "zwei", "drei", "vier", "f\u00fcnf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zw\u00f6lf"], 1)
}
UHR_IN_WORDS = re.compile(rf"\b({'|'.join(GERMAN)}) Uhr\b", re.IGNORECASE)
WEEKDAYS = {
    name: number
    for names in (
        "mon tue wed thu fri sat sun",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        "montag dienstag mittwoch donnerstag freitag samstag sonntag",
        "lunes martes mi\u00e9rcoles jueves viernes s\u00e1bado domingo",
        "segunda-feira ter\u00e7a-feira quarta-feira quinta-feira sexta-feira s\u00e1bado domingo",
        "luned\u00ec marted\u00ec mercoled\u00ec gioved\u00ec venerd\u00ec sabato domenica",
        "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
        "понедельник вторник среда четверг пятница суббота воскресенье",
        "понедельника вторника среды четверга пятницы субботы воскресенья",
        "понедельник вторник среду четверг пятницу субботу воскресенье",
    )
    for number, name in enumerate(names.split())
}
LONG = [name for name in WEEKDAYS if len(name) > 3]
PART = "(?:vor|nach)?mittags?|morgens?|abends?|nachts?|fr\u00fch|ochtend|middag|avond"  # "Dienstagnachmittag", "woensdagavond"
FOREIGN_WEEKDAYS = rf"(?:{'|'.join(LONG)})(?:s|{PART})?"
DAY_BEFORE = r"(?:la )?veille(?: au soir)?|(?:am )?vortag|(?:the )?(?:day|evening|night) before|(?:the )?previous (?:day|evening|night)|(?:el )?d\u00eda anterior|(?:o )?dia anterior|(?:il )?giorno prima|\u524d\u65e5"
PARTS_OF_DAY = "morning|afternoon|evening|night|apr\u00e8s-midi|matin|soir|nuit|vormittags?|nachmittags?|abends?|morgens?|tarde|noche|ma\u00f1ana|manh\u00e3|pomeriggio|sera|mattina|ochtend|middag|avond"
# Japanese and Chinese: an era's year; year, month, day; month and day; the weekday in brackets; numbers in circles, which open items.
ERA = re.compile("(\u4ee4\u548c|\u5e73\u6210)\\s?(\u5143|\\d{1,2})\\s?\u5e74")
ERAS = {"\u4ee4\u548c": 2018, "\u5e73\u6210": 1988}
FULL_DAY = re.compile("(20\\d\\d)\\s?\u5e74\\s?(\\d{1,2})\\s?\u6708\\s?(\\d{1,2})\\s?[\u65e5\u53f7\u865f][ \\t\u3000]?")
DAYS = re.compile("(?P<year>20\\d\\d)-\\d{1,2}-\\d{1,2}(?!\\d)|(?<![\\d\u5e74])(?P<month>\\d{1,2})\\s?\u6708\\s?(?P<day>\\d{1,2})\\s?[\u65e5\u53f7\u865f]")
BRACKETED = re.compile(
    "(?<=\\d)\\s?(?:[\uff08(]\\s?(?:\u5468|\u9031|\u661f\u671f)?[\u6708\u706b\u6c34\u6728\u91d1\u571f\u65e5\u4e00\u4e8c\u4e09\u56db\u4e94\u516d]\\s?(?:\u66dc\u65e5?)?(?:[\u30fb\u795d]+)?\\s?[\uff09)]|\u661f\u671f[\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u65e5\u5929])\\s?(?=\\d|\u5348|\u4e0a|\u4e0b|\u51cc|\u665a)"
)
CIRCLED = re.compile("^([ \\t\u3000]*)[\u2460-\u2473\u25a0\u25cf\u25cb\u25c6\u25c7\u25b6\u203b](?=[ \\t\u3000]?(?:\\d|[\uff08(]?\u5348))", re.MULTILINE)
HALVES = {
    "\u5348\u524d": 0,
    "\u4e0a\u5348": 0,
    "\u51cc\u6668": 0,
    "\u65e9\u4e0a": 0,
    "\u5348\u5f8c": 12,
    "\u4e0b\u5348": 12,
    "\u665a\u4e0a": 12,
    "\u508d\u665a": 12,
    "\u4e2d\u5348": 12,
}
HALVED = re.compile(f"({'|'.join(HALVES)})\\s?(\\d{{1,2}})\\s?(?:[\u6642\u65f6\u70b9\u9ede:\uff1a]\\s?(?:(\\d\\d?)\\s?\u5206?|(\u534a))?)(?![\\d\u9593\u95f4])")
ON_THE_HOUR = re.compile(
    "(?<![\\d.])([01]?\\d|2[0-4])(\u6642|\u65f6)(\u534a)?(?=\u9803|\u3054\u308d|\u306b|\u304b\u3089|\u307e\u3067|\u3088\u308a|\u4ee5\u964d|\u904e\u304e|[\uff5e\u301c~\u3001\uff0c\u3002\\s-]|$)",
    re.MULTILINE,
)
WIDE = re.compile("[\uff10-\uff19]+(?:[\uff1a\uff0f][\uff10-\uff19]+)*|(?<=\\d)\uff1a(?=\\d)")  # digits as wide as letters
SHORT_MINUTE = re.compile("(?<=\\d[\u6642\u65f6\u70b9\u9ede])(\\d)(?=\u5206)")


def known(text: str) -> str:
    """Return the text with such times in forms that the readers know."""
    if WIDE.search(text):
        text = WIDE.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    for sign, pattern, change in CHANGES:
        if sign in text:
            text = pattern.sub(change, text)
    if "\u6708" in text:
        text = BRACKETED.sub(" ", days_of_a_year(text))
    if re.search("[\u6642\u65f6\u70b9\u9ede\u5348\u665a]", text):
        text = HALVED.sub(on_the_clock, text)
        text = ON_THE_HOUR.sub(lambda match: f"{match[1]}{match[2]}{'30' if match[3] else '00'}\u5206", text)
        text = SHORT_MINUTE.sub(r"0\1", text)
    if "h" in text:
        text = FRENCH_AT.sub("\u00e0 ", text)
    text = CIRCLED.sub(r"\1- ", text)
    return HOURS.sub(r"\1 \2h00", ITALIAN_HOUR.sub(r"\1 \2:00", ITALIAN.sub(r"\1 \2:\3", text)))


def weekday_number(name: str) -> int | None:
    """Return 0 for "Monday", "Mon,", "lundi" and "Montagnachmittag"."""
    name = name.strip(".,").lower()
    known = name if name in WEEKDAYS else next((each for each in LONG if name.startswith(each)), name[:3])
    return WEEKDAYS.get(known)


def year_of_era(match: re.Match[str]) -> str:
    return f"{ERAS[match[1]] + (1 if match[2] == chr(0x5143) else int(match[2]))}\u5e74"


def on_the_clock(match: re.Match[str]) -> str:
    """Return "15時28分" for "午後3時28分"."""
    hour = int(match[2])
    late = HALVES[match[1]] == 12 and hour < 12 and not (match[1] == "\u4e2d\u5348" and hour == 11)
    return f"{hour + 12 if late else hour}\u6642{match[3].zfill(2) if match[3] else '30' if match[4] else '00'}\u5206"


def days_of_a_year(text: str) -> str:
    """Return the text with the year of the last full day before a month and a day, or of the first one after it."""
    first = DAYS.search(text)
    while first is not None and first["year"] is None:
        first = DAYS.search(text, first.end())
    year = first["year"] if first else ""

    def full(match: re.Match[str]) -> str:
        nonlocal year
        year = match["year"] or year
        return match[0] if match["year"] or not year else f"{year}-{match['month']}-{match['day']}"

    return DAYS.sub(full, text)


CHANGES: tuple[tuple[str, re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (  # (a sign of it, what, into what)
    ("по ", MOSCOW, " МСК"),
    ("мск", MOSCOW, " МСК"),
    ("Uhr", UHR_IN_WORDS, lambda match: f"{GERMAN[match[1].lower()]} Uhr"),
    ("Uhr", UHR, r"\1:00 \2 \3\4:00 Uhr"),
    ("\u5e74", ERA, year_of_era),
    ("\u5e74", FULL_DAY, r"\1-\2-\3 "),
)
