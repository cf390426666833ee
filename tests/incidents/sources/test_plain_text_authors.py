"""Shapes that reports of other authors have: where they keep the day, the zone, the start and the end, in several languages."""

import pytest

from tests.incidents.sources.test_plain_text_words import events_of, times

MARCH = "# Outage 2026-03-02\n\n"

# name -> (text, times of its entries in UTC)
DAYS = {
    "a short line that ends with a day heads what follows": (
        "Report on two faults\n\nFault report of 2 March 2026\n\n13:30: links drop\n\n14:30: links are back\n\nFault report of 5 March 2026\n\n23:46: disks fill up\n\n00:30: disks replaced\n",
        ["03-02 13:30", "03-02 14:30", "03-05 23:46", "03-06 00:30"],
    ),
    "a sentence with a day and a clock is surer than the date of the report": (
        "Analysis\nPrepared by: Ann\nDate: April 1, 2026\n\nOn March 2, 2026, at approximately 08:30 AM UTC, the shop went down.\n\n- 08:30 AM: alert\n- 09:00 AM: restarted\n",
        ["03-02 08:30", "03-02 09:00"],
    ),
    "a weekday settles the order of day and month": ("Mon 3/2/26\n7.45a first call\nTue 3/3/26\n8.35a phones back\n", ["03-02 07:45", "03-03 08:35"]),
    "a weekday without a date lies near the day of the report": (
        "2026/03/04\n\nThe outage lasted from 11:15 p.m. Monday to 2:30 a.m. Tuesday. Half was back by 1:30 a.m. Tuesday.\n",
        ["03-02 23:15", "03-03 02:30", "03-03 01:30"],
    ),
    "the day of the month": (f"{MARCH}At 11:00 the mail stopped. The disk was replaced at 5 PM on the 3rd.\n", ["03-02 11:00", "03-03 17:00"]),
    "the end of the impact does not move the list below": (
        "Start Time: 2026-03-02, 01:00 PM\nEnd Time: 2026-03-06, 02:30 PM\n\n01:00 PM: alert\n01:15 PM: restarted\n",
        ["03-02 13:00", "03-06 14:30", "03-02 13:00", "03-02 13:15"],
    ),
    "what is over at eight was not over before it began": (
        "On 2 March 2026 at 19:34 UTC the chain stopped. Normal operations resumed at 08:00 UTC.\n",
        ["03-02 19:34", "03-03 08:00"],
    ),
    "the first line of a notice board": (
        "2026/03/02 - Mail down\nAround 11:40 mail was lost. It was restored around 3:45 PM.\n",
        ["03-02 11:40", "03-02 15:45"],
    ),
    "a day counted in a heading": (
        "# Report\n\n## Timeline (UTC)\n\n### Day 1 - March 2, 2026\n\n- 02:07: alert\n- 04:03: restarted\n",
        ["03-02 02:07", "03-02 04:03"],
    ),
}
SHAPES = {
    "offsets in a table": (
        f"{MARCH}| When | What |\n|---|---|\n| T+0 (10:02 UTC) | alert |\n| T+6m | ack |\n| T+1h05m | closed |\n",
        ["03-02 10:02", "03-02 10:08", "03-02 11:07"],
    ),
    "four digits in a log": (
        "Incident log (all times UTC), 2 March 2026\n0912 first call\n0915 bridge open\n1011-1025 monitoring\n1030 all clear\n",
        ["03-02 09:12", "03-02 09:15", "03-02 10:11", "03-02 10:30"],
    ),
    "four digits with their zone": (
        "Incident log, 2 March 2026\n0912 PST first call\n0915 PST bridge open\n1030 PST all clear\n",
        ["03-02 17:12", "03-02 17:15", "03-02 18:30"],
    ),
    "hours in a sentence": (f"{MARCH}At 1133 hrs the power failed. At 1140 hrs it was back.\n", ["03-02 11:33", "03-02 11:40"]),
    "a status with a time above a paragraph": (
        f"{MARCH}09:15 UTC – Investigating\n\nPages of the shop do not load.\n\n10:45 UTC – Resolved\n\nAll is back.\n",
        ["03-02 09:15", "03-02 10:45"],
    ),
    "capitals with a time above a paragraph": (
        f"{MARCH}RESOLVED: Shop outage 12:10 GMT\nAll is back.\n\nINITIAL NOTICE 10:45 GMT\nPages do not load.\n",
        ["03-02 12:10", "03-02 10:45"],
    ),
    "a status with a time in brackets": (
        "Resolved [15/03/2026 23:09]\n\nAll is back.\n\nIdentified [11/03/2026 09:47]\n\nThe fibre is cut.\n",
        ["03-15 23:09", "03-11 09:47"],
    ),
    "a heading with a time in brackets": (
        f"{MARCH}### Repair (16:15)\n\nDisk replaced.\n\n### Recovery (16:40-17:00)\n\nAll is back.\n",
        ["03-02 16:15", "03-02 16:40"],
    ),
    "cells a line each": (f"{MARCH}08:30 AM |\nAlert |\n09:00 AM |\nRestarted |\n", ["03-02 08:30", "03-02 09:00"]),
    "a bullet in the middle of a line": (
        f"{MARCH}- 10:50 AM: Alerted. - 11:00 AM: Moved.\n- 11:30 AM: Fixed.\n",
        ["03-02 10:50", "03-02 11:00", "03-02 11:30"],
    ),
    "pictures before the times": (f"{MARCH}:fire: 14:02 UTC: alert\n\U0001f6a8 14:31 UTC: restarted\n", ["03-02 14:02", "03-02 14:31"]),
    "rules between the sentences": (f"{MARCH}-----\nAt 16:45 UTC logins fail.\n-----\nBy 17:20 UTC we restarted.\n", ["03-02 16:45", "03-02 17:20"]),
    "a table of keys": (
        f"{MARCH}| Incident start | 2026-03-02 13:05 UTC |\n|---|---|\n| Incident end | 2026-03-02 13:52 UTC |\n| What happened | At 13:21 UTC the cache was cold. |\n| Follow-up meeting | 2026-03-04 10:00 UTC |\n",
        ["03-02 13:05", "03-02 13:52", "03-02 13:21"],
    ),
    "start and end in one line": (
        "Start time: Mar 2nd 2026 9:00 AM (EAT), End time: Mar 2nd 2026 10:00 AM (EAT). Pages failed.\n\n9:05 AM - calls\n9:50 AM - restarted\n",
        ["03-02 06:00", "03-02 07:00", "03-02 06:05", "03-02 06:50"],
    ),
    "labels of a form": (
        "Start Date/Time: 02/03/2026 08:42\nDate/Time Detected: 02/03/2026 08:50\nEnd Date/Time: 13/03/2026 10:17\n",
        ["03-02 08:42", "03-02 08:50", "03-13 10:17"],
    ),
    "a length before its span": (
        f"{MARCH}Duration: 2 hours (9:00 AM - 11:00 AM)\n\n- 9:05 AM: alert\n- 9:50 AM: restarted\n",
        ["03-02 09:00", "03-02 11:00", "03-02 09:05", "03-02 09:50"],
    ),
    "comments of a tracker": (
        "Ann added a comment - 02/Mar/26 10:02 AM\nWebhooks are late.\n\nBo added a comment - 02/Mar/26 11:02 AM\nWorkers are scaled.\n",
        ["03-02 10:02", "03-02 11:02"],
    ),
}
ZONES = {
    "the same moment in another zone": (
        f"{MARCH}2:40am GMT+1/08:40am EST\n\nMail is late.\n\n4:20am GMT+1/10:20am EST\n\nMail is back.\n",
        ["03-02 01:40", "03-02 03:20"],
    ),
    "twins": (f"{MARCH}At 2:20/1:20 PM EST/CST the link failed. By 4:20/3:20 PM EST/CST it was back.\n", ["03-02 19:20", "03-02 21:20"]),
    "a zone that only the story states": (
        f"{MARCH}Power was back at 04:13 mountain time.\n\n01:39 - power fails\n04:13 - power is back\n",
        ["03-02 08:39", "03-02 11:13"],
    ),
}
LANGUAGES = {
    "German": (
        "Am Montag, den 2. März 2026, kam es gegen 14.15 Uhr zu Ausfällen. Um 15.02 Uhr war der Strom wieder da, um 9 Uhr am Folgetag lief alles.\n",
        ["03-02 14:15", "03-02 15:02", "03-03 09:00"],
    ),
    "German spans": (
        "Störung am 2. März 2026\n\nDer Dienst war von 17 bis 21 Uhr nicht erreichbar. Um elf Uhr hatte es Warnungen gegeben.\n",
        ["03-02 17:00", "03-02 21:00", "03-02 11:00"],
    ),
    "Dutch": ("2 March 2026\n\nOm 8.55 uur viel de stroom uit. Rond 11:45 was alles weer bereikbaar.\n", ["03-02 08:55", "03-02 11:45"]),
    "Dutch, a list": (f"{MARCH}14.00u:\n- Test van het aggregaat.\n\n14.23u:\n- De spanning valt weg.\n", ["03-02 14:00", "03-02 14:23"]),
    "French": ("Le 2 mars 2026 vers 12h le réseau est tombé. Le service est revenu à 8h15 le lendemain.\n", ["03-02 12:00", "03-03 08:15"]),
    "Portuguese": ("2 de março de 2026\n\nÀs 9h30 houve lentidão. Por volta das 12 horas tudo voltou.\n", ["03-02 09:30", "03-02 12:00"]),
    "Spanish noon": (
        f"{MARCH}| Hora (UTC) | Evento |\n|---|---|\n| 2026-03-02 ~mediodía | Aviso |\n| 2026-03-02 ~21:00 UTC | Arreglo |\n",
        ["03-02 12:00", "03-02 21:00"],
    ),
    "Italian": ("Il 2 marzo 2026 alle 4,30 la corrente è mancata. Alle ore 15 e 30 è tornata.\n", ["03-02 04:30", "03-02 15:30"]),
    "status page, Brazilian": (
        "Resolved -\nTudo normal.\nMar 2, 2026, 16:12 GMT-03:00\nIdentified -\nFalha no banco.\nMar 2, 2026, 10:05 GMT-03:00\n",
        ["03-02 19:12", "03-02 13:05"],
    ),
}


@pytest.mark.parametrize(
    ("text", "expected"), [*DAYS.values(), *SHAPES.values(), *ZONES.values(), *LANGUAGES.values()], ids=[*DAYS, *SHAPES, *ZONES, *LANGUAGES]
)
def test_times_are_read_as_their_authors_meant_them(text, expected):
    assert times(text) == expected


def test_a_paragraph_below_a_status_is_its_text():
    text = f"{MARCH}09:15 UTC – Investigating\n\nPages of the shop do not load.\n\n10:45 UTC – Resolved\n\nAll is back.\n"

    assert [event.text for event in events_of(text)] == ["Investigating\nPages of the shop do not load.", "Resolved\nAll is back."]


@pytest.mark.parametrize(
    "text",
    [
        f"{MARCH}Power was out. The first estimate was revised to 05:00 UTC and then 06:30 UTC. We are sorry.\n\nMore\n\nsoon.\n",
        "Years of the team\n2018 first log\n2019 second release\n2020 third release\n",
        "From: ann at example.org\nMon Mar 2 20:49:09 2026\n\nThe report follows.\n\nRegards\n\nAnn\n",
    ],
)
def test_estimates_years_and_the_date_of_a_mail_are_no_entries(text):
    assert times(text) == []
