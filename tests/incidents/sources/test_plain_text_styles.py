"""Timelines in the many styles that people write them in: what each line gives, and that what is no timeline gives none.

Every text is of 2 March 2026, a Monday, unless it says otherwise. Expected are local time, zone, precision and how the text begins.
"""

from datetime import date

import pytest

from incidents.lib.zones import zone_named
from incidents.sources.drafts import SourceError
from tests.incidents.sources.reading import read

DAY = date(2026, 3, 2)
TWO = "Alert fires\n", "Rolled back\n"


def lines_of(text, **options):
    events, _, rejected = read("plain_text", text.encode(), **options)
    assert not rejected, rejected
    found = []
    for event in events:
        if event.at is None:
            found.append((f"? {event.needs}", event.zone, event.precision, event.text))
            continue
        local = event.at.astimezone(zone_named(event.zone).tz)
        found.append((f"{local:%m-%d}" if event.precision == "day" else f"{local:%m-%d %H:%M:%S}".removesuffix(":00"), event.zone, event.precision, event.text))
    return found


def two(first="Alert fires", second="Rolled back", *, zone="UTC", at=("03-02 14:02", "03-02 14:31"), precision="minute"):
    return [(at[0], zone, precision, first), (at[1], zone, precision, second)]


# name -> (text, expected)
STYLES = {
    # Lines that begin with a time.
    "book": ("# Shakespeare search, 2026-03-02 (all times UTC)\n\n14:02 News reports that a sonnet was found\n14:31 Traffic is 88 times the usual\n", two("News reports", "Traffic is 88")),
    "book, bold": ("2026-03-02 (*all times UTC*)\n\n* 14:02 News reports that a sonnet was found\n* 14:31 **OUTAGE BEGINS** - searches fail\n", two("News reports", "OUTAGE BEGINS")),
    "date, time and zone before a colon": ("2026-03-02 14:02 UTC: Alert fires\n2026-03-02 14:31 UTC: Rolled back\n", two()),
    "bold times with a dash": ("2026-03-02, UTC times below\n\n**14:02** - Alert fires\n**14:31** - Rolled back\n", two()),
    "bold times, colon inside": ("## Timeline (UTC), 2026-03-02\n\n**14:02:** Alert fires\n**14:31:** Rolled back\n", two()),
    "bold with zone and em dash": ("2026-03-02\n\n**14:02 UTC** — Alert fires\n**14:31 UTC** — Rolled back\n", two()),
    "half days with a zone": ("2 March 2026\n\n- 02:02 PM PST Alert fires\n- 02:31 PM PST Rolled back\n", two(zone="-08:00")),
    "half days without space": ("2 March 2026\n\n- 2:02pm UTC - Alert fires\n- 2:31pm UTC - Rolled back\n", two()),
    "half days with stops": ("2 March 2026, times in UTC\n\n2:02 p.m. Alert fires\n2:31 p.m. Rolled back\n", two()),
    "whole hours": ("2 March 2026, times in UTC\n\n- 2pm: Alert fires\n- 3pm: Rolled back\n", two(at=("03-02 14:00", "03-02 15:00"), precision="hour")),
    "day, month, year and half day": ("3 Mar 2026, 2:02pm UTC - Alert fires\n3 Mar 2026, 2:31pm UTC - Rolled back\n", two(at=("03-03 14:02", "03-03 14:31"))),
    "month and day without a year": ("Report of 2026\n\n- Mar 2 2:02 PM UTC Alert fires\n- Mar 2 2:31 PM UTC Rolled back\n", two()),
    "month, day, year and comma": ("Mar 2, 2026 2:02 PM UTC: Alert fires\nMar 2, 2026 2:31 PM UTC: Rolled back\n", two()),
    "month, day, year, at": ("March 2, 2026 at 14:02 UTC - Alert fires\nMarch 2, 2026 at 14:31 UTC - Rolled back\n", two()),
    "ordinals": ("March 2nd, 2026 14:02 UTC - Alert fires\nMarch 2nd, 2026 14:31 UTC - Rolled back\n", two()),
    "zulu": ("2026-03-02\n\n14:02Z Alert fires\n14:31Z Rolled back\n", two()),
    "full ISO": ("2026-03-02T14:02:00Z Alert fires\n2026-03-02T14:31:00Z Rolled back\n", two(precision="second")),
    "ISO with an offset": ("2026-03-02T14:02+01:00 Alert fires\n2026-03-02T14:31+01:00 Rolled back\n", two(zone="+01:00")),
    "French h": ("2026-03-02, times in UTC\n\n- 14h02 : Alert fires\n- 14h31 : Rolled back\n", two()),
    "digits and zone": ("2026-03-02\n\n1402 UTC Alert fires\n1431 UTC Rolled back\n", two()),
    "digits and another zone": ("2026-03-02\n\n1402 PST - Alert fires\n1431 PST - Rolled back\n", two(zone="-08:00")),
    "digits and hrs": ("2026-03-02 (UTC)\n\n1402hrs - Alert fires\n1431hrs - Rolled back\n", two()),
    "brackets": ("2026-03-02, times in UTC\n\n[14:02] Alert fires\n[14:31] Rolled back\n", two()),
    "brackets with zone": ("2026-03-02\n\n[14:02 UTC] Alert fires\n[14:31 UTC] Rolled back\n", two()),
    "brackets with the date": ("[2026-03-02 14:02:00 UTC] Alert fires\n[2026-03-02 14:31:00 UTC] Rolled back\n", two(precision="second")),
    "parentheses": ("2026-03-02, times in UTC\n\n- (14:02) Alert fires\n- (14:31) Rolled back\n", two()),
    "code": ("2026-03-02, times in UTC\n\n- `14:02` Alert fires\n- `14:31` Rolled back\n", two()),
    "italics": ("2026-03-02, times in UTC\n\n_14:02_ Alert fires\n_14:31_ Rolled back\n", two()),
    "arrows": ("2026-03-02, times in UTC\n\n14:02 → Alert fires\n14:31 => Rolled back\n", two()),
    "en dashes": ("2026-03-02, times in UTC\n\n14:02 – Alert fires\n14:31 – Rolled back\n", two()),
    "non-breaking spaces": ("2026-03-02\n\n-\u00a014:02\u00a0UTC\u00a0– Alert fires\n-\u00a014:31\u00a0UTC\u00a0– Rolled back\n", two()),
    "narrow spaces before pm": ("2026-03-02\n\n2:02\u202fPM UTC – Alert fires\n2:31\u202fPM UTC – Rolled back\n", two()),
    "numbered": ("2026-03-02, times in UTC\n\n1. 14:02 - Alert fires\n2. 14:31 - Rolled back\n", two()),
    "numbered, bracket": ("2026-03-02, times in UTC\n\n1) 14:02: Alert fires\n2) 14:31: Rolled back\n", two()),
    "checkboxes": ("2026-03-02, times in UTC\n\n- [x] 14:02 Alert fires\n- [ ] 14:31 Rolled back\n", two()),
    "quoted": ("2026-03-02, times in UTC\n\n> 14:02 Alert fires\n> 14:31 Rolled back\n", two()),
    "weekdays": ("Week of 2 March 2026, times in UTC\n\nMon 2026-03-02 14:02 Alert fires\nMon 2026-03-02 14:31 Rolled back\n", two()),
    "bars": ("2026-03-02 14:02 UTC | Alert fires\n2026-03-02 14:31 UTC | Rolled back\n", two()),
    "tabs": ("2026-03-02, times in UTC\n\n14:02\tAlert fires\n14:31\tRolled back\n", two()),
    "tilde": ("2026-03-02, times in UTC\n\n- ~14:02 Alert fires\n- ~14:31 Rolled back\n", two()),
    "seconds": ("2026-03-02, times in UTC\n\n14:02:07 Alert fires\n14:31:09 Rolled back\n", two(at=("03-02 14:02:07", "03-02 14:31:09"), precision="second")),
    "slashes, year first": ("2026/03/02 14:02 UTC Alert fires\n2026/03/02 14:31 UTC Rolled back\n", two()),
    "German dates": ("02.03.2026 14:02 UTC - Alert fires\n02.03.2026 14:31 UTC - Rolled back\n", two()),
    "short days": ("Started 2026-03-02, times in UTC\n\n03/02 14:02 - Alert fires\n03/02 14:31 - Rolled back\n", two()),
    "time at the end, bracketed": ("2026-03-02\n\n- Alert fires (14:02 UTC)\n- Rolled back (14:31 UTC)\n", two()),
    "time at the end after a dash": ("2026-03-02\n\n- Alert fires - 14:02 UTC\n- Rolled back - 14:31 UTC\n", two()),
    "time at the end, at": ("2026-03-02\n\n* Alert fires at 14:02 UTC\n* Rolled back at 14:31 UTC\n", two()),
    "zone before the time": ("2026-03-02\n\n- UTC 14:02 Alert fires\n- UTC 14:31 Rolled back\n", two()),
    "two zones": ("2026-03-02\n\n- 14:02 UTC / 09:02 EST - Alert fires\n- 14:31 UTC / 09:31 EST - Rolled back\n", two()),
    "names of zones": ("2026-03-02\n\n14:02 Europe/Berlin Alert fires\n14:31 Europe/Berlin Rolled back\n", two(zone="Europe/Berlin")),
    "offsets of zones": ("2026-03-02\n\n14:02 UTC+2 Alert fires\n14:31 UTC+2 Rolled back\n", two(zone="+02:00")),
    "zone in brackets": ("2026-03-02\n\n14:02 (CET): Alert fires\n14:31 (CET): Rolled back\n", two(zone="+01:00")),
    "twelve and one": ("2026-03-02, times in UTC\n\n- 12:02 AM Alert fires\n- 12:31 PM Rolled back\n", two(at=("03-02 00:02", "03-02 12:31"))),
    "ISO weeks": ("2026-W10-1 14:02 UTC Alert fires\n2026-W10-1 14:31 UTC Rolled back\n", two()),
    "Japanese dates": ("2026\u5e743\u67082\u65e5 14:02 UTC Alert fires\n2026\u5e743\u67082\u65e5 14:31 UTC Rolled back\n", two()),
    "German dates without a year": ("2026-03-02, times in UTC\n\n02.03. 14:02 Alert fires\n02.03. 14:31 Rolled back\n", two()),
    "escaped marks": ("2026-03-02\n\n\\- 14:02 UTC: Alert fires\n\\- 14:31 UTC: Rolled back\n", two()),
    "time after the date's place": ("14:02 UTC 2 Mar 2026 - Alert fires\n14:31 UTC 2 Mar 2026 - Rolled back\n", two()),
    "a key a line": ("Time: 2026-03-02 14:02 UTC\nEvent: Alert fires\n\nTime: 2026-03-02 14:31 UTC\nEvent: Rolled back\n", two("Event: Alert fires", "Event: Rolled back")),
    "chat, one after another": ("2026-03-02, times in UTC\n\nAnn Smith  2:02 PM\nAlert fires\n2:31\nRolled back\n", two()),
    "status page, time below": ("Resolved\nRolled back for all.\nMar 2, 2026 - 14:31 UTC\n\nInvestigating\nAlert fires.\nMar 2, 2026 - 14:02 UTC\n", two("Resolved", "Investigating", at=("03-02 14:31", "03-02 14:02"))),
    "half days across midnight in sentences": ("Between 11:48 PM PDT on March 2 and 2:40 AM PDT on March 3, 2026, customers saw errors. At 12:38 AM on March 3, our engineers found it.\n", [("03-02 23:48", "-07:00", "minute", "Between"), ("03-03 02:40", "-07:00", "minute", "End of the impact"), ("03-03 00:38", "-07:00", "minute", "At 12:38")]),
    # Where the day and the zone come from.
    "all times": ("Incident of 2 March 2026\nAll times in PDT.\n\n14:02 Alert fires\n14:31 Rolled back\n", two(zone="-07:00")),
    "all times, region": ("Incident of 2 March 2026. All times are in US/Pacific.\n\n14:02 Alert fires\n14:31 Rolled back\n", two(zone="US/Pacific")),
    "all times, sentence": ("Date: 2026-03-02\n\nAll times below are expressed in UTC\n\n- 14:02: Alert fires\n- 14:31: Rolled back\n", two()),
    "heading with a zone": ("# Outage 2026-03-02\n\n## Timeline (CET)\n\n- 14:02 Alert fires\n- 14:31 Rolled back\n", two(zone="+01:00")),
    "heading with a zone after a dash": ("# Outage 2026-03-02\n\n## Timeline - all times UTC\n\n- 14:02 Alert fires\n- 14:31 Rolled back\n", two()),
    "day headings": ("Report of 2026, times in UTC\n\n## Monday, March 2nd\n- 23:50 Alert fires\n## Tuesday, March 3rd\n- 00:10 Rolled back\n", two(at=("03-02 23:50", "03-03 00:10"))),
    "ISO day headings": ("Times in UTC\n\n### 2026-03-02\n14:02 Alert fires\n### 2026-03-03\n09:00 Rolled back\n", two(at=("03-02 14:02", "03-03 09:00"))),
    "bold days": ("Times in UTC\n\n**Monday, 2 March 2026**\n\n- 14:02 Alert fires\n\n**Tuesday, 3 March 2026**\n\n- 09:00 Rolled back\n", two(at=("03-02 14:02", "03-03 09:00"))),
    "days as lines": ("Times in UTC\n\n2 March 2026\n14:02 Alert fires\n3 March 2026\n09:00 Rolled back\n", two(at=("03-02 14:02", "03-03 09:00"))),
    "days as list items": ("Times in UTC\n\n- 2026-03-02\n  - 14:02 Alert fires\n- 2026-03-03\n  - 09:00 Rolled back\n", two(at=("03-02 14:02", "03-03 09:00"))),
    "weekday and ordinal": ("2026-03-02, times in UTC\n\nMonday 2nd 14:02 Alert fires\nTuesday 3rd 09:00 Rolled back\n", two(at=("03-02 14:02", "03-03 09:00"))),
    "past midnight": ("2026-03-02, times in UTC\n\n23:50 Alert fires\n00:10 Rolled back\n", two(at=("03-02 23:50", "03-03 00:10"))),
    "past midnight in half days": ("2026-03-02, times in UTC\n\n11:50 PM Alert fires\n12:10 AM Rolled back\n", two(at=("03-02 23:50", "03-03 00:10"))),
    "front matter": ("---\ntitle: Outage\ndate: 2026-03-02\ntimezone: UTC\n---\n\n- 14:02 Alert fires\n- 14:31 Rolled back\n", two()),
    "German months": ("Ausfall am 2. März 2026, alle Zeiten in UTC\n\n- 14:02 Uhr: Alert fires\n- 14:31 Uhr: Rolled back\n", two()),
    "German dates with months": ("2. März 2026 14:02 UTC - Alert fires\n2. März 2026 14:31 UTC - Rolled back\n", two()),
    "French months": ("2 mars 2026 14h02 UTC - Alert fires\n2 mars 2026 14h31 UTC - Rolled back\n", two()),
    "newest first": ("2026-03-03, times in UTC\n\n- 2026-03-03 00:10 Rolled back\n- 2026-03-02 23:50 Alert fires\n", [("03-03 00:10", "UTC", "minute", "Rolled back"), ("03-02 23:50", "UTC", "minute", "Alert fires")]),
    # Offsets from the start.
    "offsets": ("Start: 2026-03-02 14:02 UTC\n\nT+0m Alert fires\nT+29m Rolled back\n", [("03-02 14:02", "UTC", "minute", "Start"), *two()]),
    # Ranges.
    "ranges": ("2026-03-02\n\n- 14:02–14:31 UTC Errors\n- 14:31 - 14:45 UTC Rolling back\n", two("Errors", "Rolling back")),
    "ranges, to": ("2026-03-02\n\n- 14:02 to 14:31 UTC: Errors\n- 14:31 to 14:45 UTC: Rolling back\n", two("Errors", "Rolling back")),
    # Tables.
    "table": ("2026-03-02\n\n| Time (UTC) | Event |\n|---|---|\n| 14:02 | Alert fires |\n| 14:31 | Rolled back |\n", two()),
    "table with a day and a time": ("| Date | Time | What |\n|---|---|---|\n| 2026-03-02 | 14:02 UTC | Alert fires |\n| 2026-03-02 | 14:31 UTC | Rolled back |\n", two()),
    "table, the day once": ("| Date | Time (UTC) | What |\n|---|---|---|\n| 2026-03-02 | 14:02 | Alert fires |\n| | 14:31 | Rolled back |\n", two()),
    "table with rows of days": ("| Time (UTC) | Event |\n|---|---|\n| **2026-03-02** | |\n| 14:02 | Alert fires |\n| **2026-03-03** | |\n| 09:00 | Rolled back |\n", two(at=("03-02 14:02", "03-03 09:00"))),
    "table with the date in its header": ("| 2026-03-02 (UTC) | Event |\n|---|---|\n| 14:02 | Alert fires |\n| 14:31 | Rolled back |\n", two()),
    "table, event first": ("2026-03-02\n\n| Event | Time (UTC) |\n|---|---|\n| Alert fires | 14:02 |\n| Rolled back | 14:31 |\n", two()),
    "table, numbered": ("2026-03-02\n\n| # | Time (UTC) | Event |\n|---|---|---|\n| 1 | 14:02 | Alert fires |\n| 2 | 14:31 | Rolled back |\n", two()),
    "table without outer bars": ("2026-03-02\n\nTime (UTC) | Event\n--- | ---\n14:02 | Alert fires\n14:31 | Rolled back\n", two()),
    "table, bold times": ("2026-03-02\n\n| Time | Event |\n|---|---|\n| **14:02 UTC** | Alert fires |\n| **14:31 UTC** | Rolled back |\n", two()),
    "table, two zones": ("2026-03-02\n\n| UTC | PST | Event |\n|---|---|---|\n| 14:02 | 06:02 | Alert fires |\n| 14:31 | 06:31 | Rolled back |\n", two()),
    "grid": ("2026-03-02\n\n+------------+-------------+\n| Time (UTC) | Event       |\n+============+=============+\n| 14:02      | Alert fires |\n+------------+-------------+\n| 14:31      | Rolled back |\n+------------+-------------+\n", two()),
    "simple RST": ("2026-03-02\n\n==========  ===========\nTime (UTC)  Event\n==========  ===========\n14:02       Alert fires\n14:31       Rolled back\n==========  ===========\n", two()),
    "AsciiDoc": ("= Outage, 2026-03-02\n\n|===\n|Time (UTC) |Event\n\n|14:02\n|Alert fires\n\n|14:31\n|Rolled back\n|===\n", two()),
    "AsciiDoc, a row a line": ("= Outage, 2026-03-02\n\n|===\n|Time (UTC) |Event\n\n|14:02 |Alert fires\n|14:31 |Rolled back\n|===\n", two()),
    "AsciiDoc list": ("= Outage, 2026-03-02\n\n14:02 UTC:: Alert fires\n14:31 UTC:: Rolled back\n", two()),
    # Wikis and HTML.
    "wikitext": ("'''Date''': 2026-03-02\n\n== Timeline ==\nAll times in UTC.\n* 14:02 - Alert fires\n* 14:31 - Rolled back\n", two()),
    "wikitext, bold": ("== Timeline, 2026-03-02 (UTC) ==\n* '''14:02''' Alert fires\n* '''14:31''' Rolled back\n", two()),
    "wikitext table": ("== 2026-03-02 ==\n{| class=\"wikitable\"\n! Time (UTC) !! Event\n|-\n| 14:02 || Alert fires\n|-\n| 14:31 || Rolled back\n|}\n", two()),
    "wikitext table, a cell a line": ("== 2026-03-02 ==\n{|\n! Time (UTC)\n! Event\n|-\n| 14:02\n| Alert fires\n|-\n| 14:31\n| Rolled back\n|}\n", two()),
    "wikitext nested": ("== 2026-03-02 (UTC) ==\n* 14:02 Alert fires\n** with a remark\n* 14:31 Rolled back\n", two()),
    "HTML definition list": ("<h2>2026-03-02, times in UTC</h2><dl><dt>14:02</dt><dd>Alert fires</dd><dt>14:31</dt><dd>Rolled back</dd></dl>", two()),
    "HTML table": ("<h1>Outage 2026-03-02</h1><table><tr><th>Time (UTC)</th><th>Event</th></tr><tr><td>14:02</td><td>Alert fires</td></tr><tr><td>14:31</td><td>Rolled <b>back</b></td></tr></table>", two()),
    "HTML list": ("<html><body><p>2026-03-02</p><ul><li><strong>14:02 UTC</strong> Alert fires</li><li><strong>14:31 UTC</strong> Rolled back</li></ul></body></html>", two()),
    "HTML time elements": ("<h2>Outage</h2><ul><li><time datetime=\"2026-03-02T14:02:00Z\">2 hours ago</time> Alert fires</li><li><time datetime=\"2026-03-02T14:31:00Z\">1 hour ago</time> Rolled back</li></ul>", two(precision="second")),
    "HTML paragraphs": ("<p>2 March 2026</p><p>14:02 UTC - Alert fires</p><p>14:31 UTC - Rolled back</p>", two()),
    "Confluence": ("<div class=\"table-wrap\"><table><tbody><tr><th><p>Time (UTC)</p></th><th><p>Event</p></th></tr><tr><td><p><time datetime=\"2026-03-02\" />14:02</p></td><td><p>Alert fires</p></td></tr><tr><td><p><time datetime=\"2026-03-02\" />14:31</p></td><td><p>Rolled back</p></td></tr></tbody></table></div>", two()),
    "Jira wiki": ("h2. Outage 2026-03-02\n\n||Time (UTC)||Event||\n|14:02|Alert fires|\n|14:31|Rolled back|\n", two()),
    "Jira list": ("h2. Timeline 2026-03-02 (UTC)\n\n* *14:02* Alert fires\n* *14:31* Rolled back\n", two()),
    "Org": ("* Timeline\n** <2026-03-02 Mon 14:02> Alert fires\n** <2026-03-02 Mon 14:31> Rolled back\n", two(zone="UTC")),
    # Headings and texts below.
    "timed headings": ("# Outage 2026-03-02\n\n### 14:02 UTC\nAlert fires\n\n### 14:31 UTC\nRolled back\n", two()),
    "times on lines of their own": ("2026-03-02\n\n14:02 UTC\nAlert fires\n\n14:31 UTC\nRolled back\n", two()),
    # Sentences.
    "at": ("On 2 March 2026 the shop was down.\n\nAt 14:02 UTC, an alert fired. At 14:31 UTC, we rolled it back.\n", two("At 14:02 UTC, an alert", "At 14:31 UTC, we rolled")),
    "between": ("On 2 March 2026 we had an outage. Between 14:02 and 14:31 UTC, the shop returned errors.\n", two("On 2 March 2026 we had|Between 14:02", "End of the impact")),
    "digits in sentences": ("On 2 March 2026 the shop was down. At 1402 PST an alert fired. We rolled back at ~1431 PST.\n", two("At 1402", "We rolled back", zone="-08:00")),
    "days in sentences": ("Report of 2 March 2026.\n\nOn Monday 2nd at 14:02 UTC an alert fired. It was over on Tuesday 3rd at 09:00 UTC.\n", two("On Monday 2nd", "It was over", at=("03-02 14:02", "03-03 09:00"))),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), STYLES.values(), ids=STYLES)
def test_a_style_is_read(text, expected):
    found = lines_of(text, **({"time_zone": "UTC"} if text.startswith("* Timeline") else {}))

    assert [entry[:3] for entry in found] == [entry[:3] for entry in expected]
    for (*_, text), (*_, begins) in zip(found, expected, strict=True):
        assert text.startswith(tuple(begins.split("|"))), (text, begins)


NO_TIMELINES = {
    "durations": "The job took 14:02 minutes. The other one ran for 1:30 hours, and the third took 2:15 h on average.\n",
    "ratios": "We keep a ratio of 16:10 for pictures and of 21:09 for the others.\n- pictures of 16:10\n- others of 21:09\n",
    "ports": "The service listens on host:8080 and on localhost:1430.\n- 127.0.0.1:14:02\n- db1:5432\n",
    "versions": "We went from 1.14.02 to 2.14.31.\n\n- 14.02.1 has the fault\n- 14.31.0 mends it\n",
    "next update": "We are looking into errors.\n\nNext update at 14:02 UTC.\nNext update: 14:31 UTC\n",
    "office hours": "Our office hours are 09:00 - 17:00 UTC, Monday to Friday. Support is open from 08:00 to 20:00 UTC every day.\n",
    "percentages": "- 14.02% of requests failed\n- 14.31% of others were slow\n",
    "scripture and scores": "The match ended 14:02 to us.\n",
    "plan": "We will be holding a review at 14:02 UTC on Friday. We plan to publish the report at 15:00 UTC.\n",
    "action items": "## Action items\n\n- 14:02 is when the cron job should run, change it\n- 14:31 would be better\n",
    "prose": "The shop was slow for an hour. Nobody noticed until customers wrote to us. We have added an alert since.\n",
    "money and sizes": "It cost 1402 EUR and took 1431 MB of memory, 14.02 GB in all.\n",
    "cron": "The job runs every day at 03:00 UTC and every week at 04:00 UTC.\n",
    "template": "# Incident report\n\n## Timeline\n\n- HH:MM - What happened\n- HH:MM - What happened next\n",
    "listing": "```\nreal 14:02.31\nuser 10:00.02\n```\n\nThat is how long it took.\n",
    "years": "The years 2014 UTC and 2026 were good ones: 2014, 2015, 2026.\n",
}


@pytest.mark.parametrize("text", NO_TIMELINES.values(), ids=NO_TIMELINES)
def test_what_is_no_timeline_is_refused_with_what_to_do(text):
    with pytest.raises(SourceError) as raised:
        read("plain_text", text.encode(), date=DAY, time_zone="UTC")

    assert len(raised.value.message) > 20
