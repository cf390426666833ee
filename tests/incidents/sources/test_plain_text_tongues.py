"""Times of reports as other languages and other hands write them."""

from datetime import date

import pytest

from incidents.sources import detect, named
from incidents.sources.drafts import EventDraft, SourceError
from incidents.sources.text.document import read as document_of
from tests.incidents.sources.reading import options_for, payload_of


def times(text, name="report.md", **options):
    items = named("plain_text").read(payload_of(text.encode(), name), options_for(**{"time_zone": "UTC", **options}))
    events = [item for item in items if isinstance(item, EventDraft)]
    return [(f"{event.at:%Y-%m-%d}" if event.precision == "day" else f"{event.at:%Y-%m-%dT%H:%M}") if event.at else "?" for event in events]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("障害発生日時:2026年03月02日 4時58分~8時51分\n原因:調査中\n", ["2026-03-02T04:58", "2026-03-02T08:51"]),
        ("①2026年3月2日(月)午前3時28分 - 3月2日(月)10時46分\n②2026年3月3日(火)午後1時半 - 3月4日(水)4時00分\n", ["2026-03-02T03:28", "2026-03-02T10:46", "2026-03-03T13:30", "2026-03-04T04:00"]),
        ("# 障害報告 令和8年3月2日\n\n１４：０２　検知\n１４：１５　復旧\n", ["2026-03-02T14:02", "2026-03-02T14:15"]),
        ("# 故障复盘 2026年3月2日\n\n- 14时02分 报警\n- 下午3点05分 恢复\n", ["2026-03-02T14:02", "2026-03-02T15:05"]),
        ("# Сбой 2 марта 2026 г.\n\n- 14:02 — алерт\n- 14:15 — восстановлено\n", ["2026-03-02T14:02", "2026-03-02T14:15"]),
        ("- 01.03, ~22:00 - старт\n- 02.03, 05:56 - сбой\n\nотчёт за 2026-03-02\n", ["2026-03-01T22:00", "2026-03-02T05:56"]),
        ("Storing van 2 maart 2026\n\n- 14:02 melding\n- 14:15 opgelost\n", ["2026-03-02T14:02", "2026-03-02T14:15"]),
        ("Incident du 2 mars 2026\n\nLa panne a commencé samedi vers 9h.\n\n- retour du réseau samedi vers 13h, sans perte ;\n", ["2026-02-28T09:00", "2026-02-28T13:00"]),
        ("Date du rapport : 03/02/2026\n\nChronologie de la panne du service et des alertes pour le site :\n\n- 14:02 panne\n- 14:15 retour\n", ["2026-02-03T14:02", "2026-02-03T14:15"]),
    ],
)  # fmt: skip
def test_times_of_other_languages(text, expected):
    assert times(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# 2026-03-02\n\n| Time | Event |\n|---|---|\n| 06:2xZ | down |\n| 07:xx | up |\n", ["2026-03-02T06:20", "2026-03-02T07:00"]),
        ("- 2026-03-01: report arrived\n- 2026-03-02: At 12:50:07 UTC, it was exploited\n\n## Timeline\n", ["2026-03-02T12:50"]),
        ("# Timeline\n\n- 2026-03-01: report arrived\n- 2026-03-02: At 12:50:07 UTC, it was exploited\n", ["2026-03-01", "2026-03-02T12:50"]),
        ("2026-03-02\n\nTimeline (these are Japan times):\n\n21:48 stopped\n22:11 noticed\n", ["2026-03-02T12:48", "2026-03-02T13:11"]),
        ("Mail was down.\n\nIt began at 8:45 p.m. on 10/7/08.\nIt was restored at 6:45 a.m. on 10/9/08.\n", ["2008-10-07T20:45", "2008-10-09T06:45"]),
        ("2 March 2026\n\nThere were network issues this morning from 9AM to 9:12AM and 10:50AM to 11:02AM.\n",
         ["2026-03-02T09:00", "2026-03-02T09:12", "2026-03-02T10:50", "2026-03-02T11:02"]),
        ("Timeframe: March 2, 2026, 4:06 pm - 4:38 pm\nCause: a deployment\n", ["2026-03-02T16:06", "2026-03-02T16:38"]),
        ("They were down twice:\nMarch 2, 2026: 8:15am - 11:41am (3 hours)\nMarch 5, 2026: 3:47am - 11:53am (8 hours)\n",
         ["2026-03-02T08:15", "2026-03-02T11:41", "2026-03-02T08:15", "2026-03-05T03:47"]),
    ],
)  # fmt: skip
def test_times_of_other_hands(text, expected):
    found = times(text)
    assert [time for time in found if time in expected] == expected
    assert len(found) <= len(expected) + 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Start: 2026/03/02 07:25 - Monitors began alerting of an issue. The vendor began to look.\nEnd: 2026/03/02 08:30 - It was confirmed restored.\n",
         ["2026-03-02T07:25", "2026-03-02T08:30"]),
        ("**Date:** Mar 2-3, 2026\n\n- 23:50Z deployed\n- 00:48Z rolled back\n", ["2026-03-02T23:50", "2026-03-03T00:48"]),
        ("Our outage of 1 March 2026\n\nUpdate: March 2, 2026\n\nEverything is back.\n\nUpdate: March 1, 2026\n\nHalf of it is back.\n", ["2026-03-02", "2026-03-01"]),
        ("# 2026-03-02\n\n| Step | Block, time (UTC) |\n|---|---|\n| first sale | 26049304, 19:08:59 |\n| last sale | 26049407, 19:29:35 |\n",
         ["2026-03-02T19:08", "2026-03-02T19:29"]),
        ("In 2026.\n\n1. **March 2** - the flag provider failed for a while, which degraded the execution of functions (16:45 UTC).\n"
         "2. **March 9** - the store of upgrades failed for a while, which degraded the execution of functions (09:32 UTC).\n",
         ["2026-03-02T16:45", "2026-03-09T09:32"]),
        ("July 14, 2026\n\nThe bank saw an outage yesterday.\n\nIts status page told of it at 19:10 BST, and it was over at 20:40 BST.\n",
         ["2026-07-13T18:10", "2026-07-13T19:40"]),
        ("On 2 March 2026 we tell it: the site failed. At 14:02 UTC we saw it. 14:15 UTC brought it back.\n", ["2026-03-02T14:02", "2026-03-02T14:15"]),
    ],
)  # fmt: skip
def test_other_shapes_of_reports(text, expected):
    assert times(text) == expected


def test_a_guide_with_an_example_gives_none():
    text = "| Field | Description | Example |\n|---|---|---|\n| Start time | When it began | 2026-03-02 14:30 CST |\n| End time | When it ended | 2026-03-02 15:30 CST |\n"
    with pytest.raises(SourceError):
        times(text)


def test_the_year_of_the_text_is_surer_than_that_of_the_file():
    text = "It began on 20 January 2025.\n\n- 22:04 suspended\n- 22:09 disabled\n"
    assert times(text, "2026-01-20-accounts.md") == ["2025-01-20T22:04", "2025-01-20T22:09"]


def test_a_length_in_hours_is_no_clock():
    assert times("On 2 March 2026 at 14:02 UTC it failed. That is roughly 1h10 of outage. It was back at 15:12 UTC.\n") == [
        "2026-03-02T14:02",
        "2026-03-02T15:12",
    ]


def test_a_zone_in_an_entry_is_not_that_of_all():
    assert times("# Timeline 2026-03-02\n\n- 14:02 UTC: release\n- 14:15: it is out since the early morning (CET) there\n") == [
        "2026-03-02T14:02",
        "2026-03-02T14:15",
    ]


def test_a_day_without_a_year_takes_the_one_before_it():
    assert document_of("2025年12月31日 開始、1月2日 終了".encode()).lines == ["2025-12-31 開始、2025-1-2 終了"]


def test_the_day_that_a_person_gives_holds_for_weekdays():
    assert times("The site failed on Friday at 14:02 UTC and was back at 14:15 UTC.\n", date=date(2026, 3, 2)) == ["2026-02-27T14:02", "2026-02-27T14:15"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("La panne du 2 mars 2026 dans nos locaux.\n\nLa coupure survient. Il est 14h20.\n\nA 14h43, le service est rétabli.\n", ["2026-03-02T14:20", "2026-03-02T14:43"]),
        ("2 marzo 2026\n\nIl blackout dei server è iniziato verso le 11 di questa mattina. Il sito è tornato attorno alle 12 (in parte).\n", ["2026-03-02T11:00", "2026-03-02T12:00"]),
        ("04.03.2026\n\nAm Dienstagnachmittag kam es zu einem Ausfall der Telefone.\n\nDer Ausfall dauerte von etwa 14 bis 16 Uhr.\n", ["2026-03-03T14:00", "2026-03-03T16:00"]),
        ("5 mars 2026\n\nL'hébergeur a pâti, hier, d'une panne de courant.\n\nElle a eu lieu mercredi après-midi à 15h11 à la suite d'une erreur.\n", ["2026-03-04T15:11"]),
        ("Сбой в марте 2026\n\nС 12:45 по московскому времени понедельника, 2 марта, сервис был недоступен.\n", ["2026-03-02T09:45"]),
        ("# Сбой 2 марта 2026 г.\n\n16:35 (МСК): рост ошибок\n16:40 (МСК): проблема подтверждена\n", ["2026-03-02T13:35", "2026-03-02T13:40"]),
        ("2 de marzo de 2026\n\nLa caída comenzó en torno a la 1:00 de la madrugada. El servicio volvió a las 7:30.\n", ["2026-03-02T01:00", "2026-03-02T07:30"]),
        ("In data 08/03/2026 intorno alle ore 12.00 si è verificata nel centro una interruzione della rete e del sito.\n", ["2026-03-08T12:00"]),
    ],
)  # fmt: skip
def test_news_of_other_languages(text, expected):
    assert times(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-14\n\nThe bank holiday of last year is looked into here.\n\nAt 8.32am on Thursday 28 August, the system failed.\n", ["2025-08-28T08:32"]),
        ("Server outage\n\nPost by Ann » Feb 17th 2026 10:55\n\nAll services became unavailable at 22:36. The portal came up by itself at around 02:50.\n",
         ["2026-02-16T22:36", "2026-02-17T02:50"]),
        ("Date: 3 Oct 2025. Times are Pacific.\n\n- 9:12 AM - pushed\n- 9:31 AM - acknowledged\n", ["2025-10-03T16:12", "2025-10-03T16:31"]),
        ("## A flow of an incident\n\n```text\nT+00:00\nAll are well.\n\nT+00:20\nOne is not.\n```\n", ["?", "?"]),
    ],
)  # fmt: skip
def test_more_shapes_of_reports(text, expected):
    assert times(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "# Notes\n\nThe bot posts at 5 PM GMT = 12 PM EST.\n\nShifts begin at 9 PM EST on open days.\n",
        "Onderhoud\n\nElke nacht tussen 0:15 en 06:00 is er onderhoud aan het netwerk.\n\nHet venster is gepland tussen 22:00 en 23:00.\n",
        "An apology\n\nWe will turn it on again, which will happen after 2026-03-13T16:00:00Z, as we told.\n",
    ],
)
def test_what_is_planned_or_holds_every_day_is_no_timeline(text):
    with pytest.raises(SourceError):
        times(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# Panne du 2 mars 2026\n\n| Heure | Quoi |\n|---|---|\n| Veille, 16h05 | déployé |\n| 10h57 | lent |\n| 11h13 | en panne |\n",
         ["2026-03-01T16:05", "2026-03-02T10:57", "2026-03-02T11:13"]),
        ("The list bounced mails between Sunday 2026-03-01 17:28:52 PST and Tuesday 2026-03-03 17:25:46 PST.\n", ["2026-03-02T01:28", "2026-03-04T01:25"]),
        ("# Accident\n\nDate & Time: Mar 2, 2026 at 1440 LT\n\nAt 1436 LT the crew called.\n", ["2026-03-02T14:40", "2026-03-02T14:36"]),
        ("O acidente no navio\n\nO alarme de gás tocou (11/02/2026 às 11:26 h), devido a um vazamento de gás na casa de bombas, e não foi o último.\n", ["2026-02-11T11:26"]),
        ("No sábado, 21 de março, a plataforma foi afetada pelo incidente por volta de 12h.\n", ["?"]),
        ("# 2026-03-02\n\n## Timeline\n\nStarted at 10:00 UTC.\n\n| Time | Event |\n|---|---|\n| T+0 | deployed |\n| T+12 | alert |\n", ["2026-03-02T10:00", "2026-03-02T10:00", "2026-03-02T10:12"]),
        ("What was done\n\nOutage Start: March 2, 2026 at 20:51 GMT\n\nOutage Stop: March 4, 2026 at 00:30 GMT\n", ["2026-03-02T20:51", "2026-03-04T00:30"]),
    ],
)  # fmt: skip
def test_reports_of_other_trades(text, expected):
    found = times(text)
    assert [time for time in found if time in expected] == expected


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_days_at_the_ends_of_the_calendar_are_no_days_of_a_report(day):
    for text in (
        f"# {day}\n\n- day before, 14:02 x failed\n- 23:00 a\n- 01:00 b\n- Mon 14:02 c\n- Dec 31, 14:03 d\n",
        f"{day}\n\nOn Monday afternoon it failed.\n\nYesterday at 23:00 it failed. At 9am the following day it was back.\n",
    ):
        for given in (None, date.fromisoformat(day)):
            try:
                assert all(time == "?" or time.startswith("20") for time in times(text, date=given))
            except SourceError as error:
                assert error.message


def test_a_line_with_commas_is_no_table():
    text = b"Wed Feb 7 16:55:31 PST 2026 \xe2\x80\x94 Later, the server is back, the others held. At 13:44 it failed, and mail waited, as we saw.\n"
    assert detect(payload_of(text, "post.txt")).name == "plain_text"
