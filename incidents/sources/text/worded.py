"""Pure. Clock times in words, and ranges whose first time borrows its half of the day from the second."""

from __future__ import annotations

import re

NUMBERS = {name: number for number, name in enumerate(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], 1)}
WORDED = re.compile(
    r"(?:12 )?(?P<noon>noon|midday|midnight|mediod[i\u00ed]a|meio-dia|medianoche|meia-noite|mezzogiorno|mezzanotte|minuit|mitternacht|middernacht)\b"
    r"|(?P<full>[01]?\d|2[0-4]) (?:Uhr(?: (?P<after>[0-5]\d)\b)?(?: (?P<day>morgens|fr\u00fch|vormittags|mittags|nachmittags|abends|nachts))?\b|o['\u2019]clock\b(?! (?:in the|at night)))"
    rf"|(?:(?P<part>half|(?:a )?quarter|five|ten|twenty|twenty-five) (?P<side>past|to) )?(?P<hour>{'|'.join(NUMBERS)}|\d{{1,2}})(?: o['\u2019]clock)? (?:(?:in the|this) (?P<of>morning|afternoon|evening)|at (?P<night>night))\b",
    re.IGNORECASE,
)
SHARED = re.compile(  # "8-9 PM", "2:05 to 2:20 pm"
    r"(?P<first>\d{1,2}(?:[:.][0-5]\d)?)\s*(?:-|\u2013|\u2014|to|and|until)\s*(?P<second>\d{1,2}(?:[:.][0-5]\d)?)\s*(?P<half>[ap]\.?m\b\.?)", re.IGNORECASE
)
NOONS = {"noon", "midday", "mediodia", "mediod\u00eda", "meio-dia", "mezzogiorno"}
OTHER = {"a": "p", "p": "a"}
PARTS = {"half": 30, "quarter": 15, "five": 5, "ten": 10, "twenty": 20, "twenty-five": 25}


def worded(match: re.Match[str]) -> str:
    """Return a match of WORDED as a clock: "12 pm" for noon, "2:30 pm" for half past two in the afternoon; "" when it is none."""
    if match["noon"]:
        return "12 pm" if match["noon"].lower() in NOONS else "12 am"
    if match["full"]:
        hour = int(match["full"])
        if "clock" in match[0].lower() and hour < 13:
            return ""  # of the morning or of the evening
        hour += 12 if match["day"] in {"nachmittags", "abends"} and hour < 12 or match["day"] == "nachts" and 6 <= hour < 12 else 0
        return f"{hour % 24:02}:{match['after']}" if match["after"] else f"{hour % 12 or 12} {'pm' if 12 <= hour < 24 else 'am'}"
    hour = NUMBERS.get(match["hour"].lower()) or int(match["hour"])
    if not 1 <= hour <= 12:
        return ""
    late = match["of"] is not None and match["of"].lower() != "morning" or match["night"] is not None and 6 <= hour < 12
    if match["part"] is None:
        return f"{hour} {'pm' if late else 'am'}"
    total = hour % 12 * 60 + (720 if late else 0) + PARTS[match["part"].lower().removeprefix("a ")] * (1 if match["side"].lower() == "past" else -1)
    return f"{total // 60 % 24:02}:{total % 60:02}"


def shared(match: re.Match[str]) -> tuple[str, str]:
    """Return both times of a match of SHARED with their halves: 11-1 pm begins in the morning. Empty when they are none."""
    first, second = (int(re.split(r"[:.]", match[name])[0]) for name in ("first", "second"))
    if not 1 <= first <= 12 or not 1 <= second <= 12:
        return "", ""
    half = match["half"][0].lower()
    same = order(match["first"]) <= order(match["second"])
    return f"{match['first']} {half if same else OTHER[half]}m", f"{match['second']} {half}m"


def order(clock: str) -> tuple[int, str]:
    hour, _, minute = clock.replace(".", ":").partition(":")
    return int(hour) % 12, minute or "00"
