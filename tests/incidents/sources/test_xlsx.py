"""Workbooks: what their cells mean, and what is refused with what to do about it."""

import io
import zipfile

import pytest

from incidents.sources import detect, registered
from incidents.sources.drafts import SourceError
from incidents.sources.workbook import plain, shown
from tests.incidents.sources.reading import PAYLOADS, payload_of, read, zipped

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def workbook(rows, *, prologue="", extra=(), name="A"):
    """Return a workbook of one sheet whose rows are written as XML."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="{name}" sheetId="1" r:id="r1"/></sheets></workbook>'
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="x"><Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        )
        archive.writestr("xl/worksheets/sheet1.xml", f'{prologue}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>')
        for name, data in extra:
            archive.writestr(name, data)
    return out.getvalue()


def row(*cells):
    return "<row>" + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells) + "</row>"


HEADER = row("Time", "Event")


@pytest.mark.parametrize(
    ("code", "shows"),
    [("yyyy-mm-dd", "d"), ("h:mm", "h"), ("[$-409]d/m/yy h:mm:ss AM/PM;@", "dhs"), ("[h]:mm:ss", "hs"), ("mmmm", "d"), ("0.00", ""), ('0 "days"', ""),
     ("General", ""), ("#,##0;[Red]-#,##0", ""), ("@", ""), ("dd\\.mm\\.yyyy", "d"), ('"Uhr" hh:mm', "h")],
)  # fmt: skip
def test_formats_of_dates_are_told_from_other_numbers(code, shows):
    assert shown(code) == shows


@pytest.mark.parametrize(("text", "spelled"), [("3.0", "3"), ("1.77246012E9", "1772460120"), ("2.5", "2.5"), ("x", "x"), ("1e999", "inf"), ("-4", "-4")])
def test_numbers_are_spelled_as_people_do(text, spelled):
    assert plain(text) == spelled


def test_columns_are_guessed_and_can_be_corrected():
    data = zipped(PAYLOADS / "xlsx" / "report")

    columns = {column.name: column.field for column in registered()["xlsx"].guess(payload_of(data))}
    assert columns["Date/Time (UTC)"] == "time" and columns["Event"] == "text" and columns["Minutes"] == ""
    events, _, _ = read("xlsx", data, mapping={"Who": "text", "Event": ""})
    assert [event.text for event in events][:3] == ["monitor", "Ann", "Bob"]
    with pytest.raises(SourceError, match="no column “Colour”"):
        read("xlsx", data, mapping={"Colour": "text"})


def test_day_and_month_are_decided_over_the_whole_sheet():
    rows = HEADER + row("03/04/2026 10:00", "First") + row("25/04/2026 10:00", "Last")

    assert [event.at.month for event in read("xlsx", workbook(rows), time_zone="UTC")[0]] == [4, 4]


def test_a_date_that_no_format_marks_is_one_in_a_column_of_times():
    rows = HEADER + '<row><c><v>46083.585416666669</v></c><c t="inlineStr"><is><t>Alert</t></is></c></row>'

    assert read("xlsx", workbook(rows), time_zone="UTC")[0][0].at.isoformat() == "2026-03-02T14:03:00+00:00"


def test_a_formula_without_a_value_says_what_to_do():
    rows = HEADER + '<row><c><f>A1+1</f><v></v></c><c t="inlineStr"><is><t>Alert</t></is></c></row>'

    with pytest.raises(SourceError, match="open the workbook in Excel"):
        read("xlsx", workbook(rows))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (workbook(HEADER, prologue='<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'), "document type"),
        (workbook(HEADER + "<row>"), "broken"),
        (workbook(HEADER), "no row with a time"),
        (workbook(row("Colour", "Size") + row("blue", "5")), "No column holds a time"),
        (workbook(HEADER + " " * 60_000_000), "times its size|larger than 50 MiB"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Excel file"),
        (b"PK\x03\x04" + bytes(100), "broken"),
    ],
    ids=["entities", "cut", "header only", "no times", "bomb", "xls", "no archive"],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_a_reason(data, reason):
    with pytest.raises(SourceError, match=reason):
        read("xlsx", data)


def test_an_old_workbook_is_recognised_to_say_what_to_do_with_it():
    assert detect(payload_of(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))).name == "xlsx"


@pytest.mark.parametrize(("name", "needs"), [("2026-03-02", "zone"), ("Log of 2 March 2026", "zone"), ("Log", "date")])
def test_a_sheet_may_be_named_by_its_day(name, needs):
    events, _, _ = read("xlsx", workbook(HEADER + row("14:02", "Alert fired"), name=name))
    assert [event.needs for event in events] == [needs]


def test_what_is_planned_did_not_happen():
    with pytest.raises(SourceError, match="No column holds a time"):
        read("xlsx", workbook(row("Action", "Owner", "Due date") + row("Add an alert", "Ines", "2026-03-20") + row("Fix retries", "Tom", "2026-04-01")))


def test_a_column_is_known_by_the_end_of_its_name_and_words_beat_a_state_that_stays():
    rows = row("Timestamp (UTC)", "Name", "Log entry", "Status")
    rows += row("2026-03-02 14:02:00", "Support", "Customer reports 500s", "Open") + row("2026-03-02 14:30:00", "Tom", "Rolled back 1.2", "Open")
    events, _, _ = read("xlsx", workbook(rows + row("2026-03-02 15:00:00", "Tom", "Graphs look good", "Resolved")))
    assert [(event.text, event.kind) for event in events] == [
        ("Support: Customer reports 500s", "impact"),
        ("Tom: Rolled back 1.2", "action"),
        ("Tom: Graphs look good", "resolution"),
    ]
