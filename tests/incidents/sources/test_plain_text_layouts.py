"""Layouts in which files of other authors keep a timeline: where lines break, which marks stand around a time, what is no timeline beside one."""

import pytest

from tests.incidents.sources.test_plain_text_words import times

MARCH = "# Ferry bookings, 2026-03-02\n\n"
LIST = f"{MARCH}## Timeline (UTC)\n\n"
TWO = ["03-02 14:02", "03-02 14:31"]

# name -> (text, times of its entries in UTC)
DAYS = {
    "a list with a day of its own is not carried over midnight by the one above": (
        "## 2026-03-02 (UTC)\n\n- 22:10 Gate sensors freeze\n- 23:40 Gate reset\n\n## 2026-03-04\n\n- 08:15 Gate sensors freeze again\n- 09:05 Heater fitted\n",
        ["03-02 22:10", "03-02 23:40", "03-04 08:15", "03-04 09:05"],
    ),
    "a list under one day goes on past midnight": (
        "## 2026-03-02 (UTC)\n\n- 22:10 Gate sensors freeze\n- 00:05 Gate reset\n- 01:30 Heater fitted\n",
        ["03-02 22:10", "03-03 00:05", "03-03 01:30"],
    ),
    "the day in front matter of another name": (
        "---\ntitle: Ferry bookings stall\ndetected_at: 2026-03-02T14:00:00Z\n---\n\n## Timeline (UTC)\n\n- 14:02 Queue grows\n- 14:31 Queue drained\n",
        TWO,
    ),
    "month and day in a column": (
        "# Outage of 2026-03-02\n\n| Date | Time (UTC) | What |\n|---|---|---|\n| 03-02 | 23:50 | Queue grows |\n| 03-03 | 00:20 | Queue drained |\n",
        ["03-02 23:50", "03-03 00:20"],
    ),
    "the days of a disclosure without a mark": (
        "# Advisory\n\n## Timeline\n\n2026-03-02 Reported to the maker\n2026-03-04 The maker answers\n2026-03-09 Mended in 2.4\n",
        ["03-02 00:00", "03-04 00:00", "03-09 00:00"],
    ),
    "a clause tells of the day that the sentence names": (
        "Written on 4 March 2026, times in UTC.\n\nThe outage of 2 March 2026, which stopped every terminal from 14:02 to 14:31, is over. Sales came back at 14:40.\n",
        ["03-02 14:02", "03-02 14:31", "03-02 14:40"],
    ),
}
LAYOUTS = {
    "a column of clocks without a mark goes on below text": (
        f"{MARCH}Times in UTC, from the log of the desk.\n14:02 queue grows\n14:31 queue drained\n",
        TWO,
    ),
    "offsets in code": (
        "Start: 2026-03-02 14:02 UTC\n\n- `T0` queue grows\n- `T+5m` desk called\n- `T+29m` queue drained\n",
        ["03-02 14:02", "03-02 14:02", "03-02 14:07", "03-02 14:31"],
    ),
    "times in code with the zone inside": (f"{MARCH}- `14:02 UTC` queue grows\n- `14:31 UTC` queue drained\n", TWO),
    "bullets of Word": (f"{LIST}\uf0b7 14:02 queue grows\n\uf0b7 14:31 queue drained\n", TWO),
    "bullets that a paste turned into letters": (f"{LIST}o 14:02 - queue grows\no 14:31 - queue drained\n", TWO),
    "the time last in an item": (f"{LIST}- Desk called: 14:02\n- Queue drained: 14:31\n", TWO),
    "the time last in a heading": (
        f"{MARCH}All times UTC.\n\n### Desk called - 14:02\n\nTwo people answer.\n\n### Recovery - 14:31\n\nThe queue is empty.\n",
        TWO,
    ),
    "tags within Markdown": (f"{LIST}- <b>14:02</b> queue grows<br>and grows\n- <b>14:31</b> queue drained\n", TWO),
    "a list table of reStructuredText": (
        "Outage 2026-03-02\n=================\n\n.. list-table::\n   :header-rows: 1\n\n   * - Time (UTC)\n     - Event\n   * - 14:02\n     - Queue grows\n   * - 14:31\n     - Queue drained\n",
        TWO,
    ),
    "a chain of arrows with seconds": (
        f"{MARCH}All times UTC.\n\nQueue grows at 14:02:10 -> desk called at 14:05:30 -> queue drained at 14:31:00\n",
        ["03-02 14:02", "03-02 14:05", "03-02 14:31"],
    ),
}
ZONES = {
    "a label": (f"{MARCH}TZ: CET\n\n- 14:02 queue grows\n- 14:31 queue drained\n", ["03-02 13:02", "03-02 13:31"]),
    "a German label": (f"{MARCH}Zeitzone: Europe/Berlin\n\n- 14:02 queue grows\n- 14:31 queue drained\n", ["03-02 13:02", "03-02 13:31"]),
    "an offset of half an hour": (f"{MARCH}All times are UTC+05:30.\n\n- 14:02 queue grows\n- 14:31 queue drained\n", ["03-02 08:32", "03-02 09:01"]),
    "at the end of the list's heading": (f"{MARCH}## Timeline, all CET\n\n- 14:02 queue grows\n- 14:31 queue drained\n", ["03-02 13:02", "03-02 13:31"]),
    "in the head of a column": (
        f"{MARCH}| When (CET) | What |\n|---|---|\n| 14:02 | queue grows |\n| 14:31 | queue drained |\n",
        ["03-02 13:02", "03-02 13:31"],
    ),
    "Japanese": (f"{MARCH}時刻はすべてJST\n\n- 14:02 予約不可\n- 14:31 復旧\n", ["03-02 05:02", "03-02 05:31"]),
}
LANGUAGES = {
    "Swedish, with a stop in the clock": (
        "Driftstörning 2026-03-02\n\nKl 09.14 stannar kassorna. Felet är avhjälpt kl. 12.32. Kl. 13:05 är allt normalt.\n",
        ["03-02 09:14", "03-02 12:32", "03-02 13:05"],
    ),
    "Polish": ("Awaria 2026-03-02\n\nOkoło godziny 9:45 kasy stanęły. O godz. 10:20 wszystko działało.\n", ["03-02 09:45", "03-02 10:20"]),
    "a Spanish span with two articles": (
        "La caída del 2 de marzo de 2026, que tuvo lugar entre las 20:30 y las 23:30 horas, dejó las cajas sin servicio.\n\nMás\n\nadelante.\n",
        ["03-02 20:30", "03-02 23:30"],
    ),
}
BESIDE = {
    "planned work": (
        f"{MARCH}The supplier will be carrying out maintenance of the pier.\n\nStart: 2026-03-08 01:00 UTC\nEnd: 2026-03-08 05:00 UTC\n\n## Timeline (UTC)\n\n- 14:02 queue grows\n- 14:31 queue drained\n",
        TWO,
    ),
    "sizes in a table of keys": (f"{LIST}- 14:02 queue grows\n- 14:31 queue drained\n\n| Key | Value |\n|---|---|\n| Memory | 1.26 to 1.47 GB |\n", TWO),
    "how long a step took": (f"{LIST}- 14:02 queue grows\n- 14:31 queue drained, which took 00:12:30\n", TWO),
    "when an article was brought up to date": (
        "Kassen standen still\n\n03.03.2026 UPDATE: 03.03.2026 20:00 Uhr 58 Sekunden\n\nEin Stromausfall am Montag gegen 10.30 Uhr legte die Kassen lahm. Um 11.15 Uhr war er behoben.\n",
        ["03-02 10:30", "03-02 11:15"],
    ),
}
ALL = DAYS | LAYOUTS | ZONES | LANGUAGES | BESIDE


@pytest.mark.parametrize(("text", "expected"), ALL.values(), ids=ALL)
def test_a_layout_is_read_as_its_author_meant_it(text, expected):
    assert times(text) == expected


def test_a_day_within_a_link_is_not_the_report_s():
    text = "# Load test\n\nEarlier: [the first](../2026-01-09-run/README.md), `logs/2026-01-09/a.txt`.\n\n- 14:02 UTC queue grows\n- 14:31 UTC queue drained\n"

    assert all(time is None or not time.startswith("01-09") for time in times(text))
