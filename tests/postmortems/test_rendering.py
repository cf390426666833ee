"""A document as HTML, Markdown and a chart, and the difference of two."""

import pytest
from markdown_it import MarkdownIt

from postmortems.rendering import charts, html
from postmortems.rendering.changes import compare
from postmortems.rendering.markdown import markdown
from tests.benchmarks.bench_pdf import example

DAY = "2026-03-02T14:"


def document(*bodies):
    plain = {"audience": "internal", "values": {}, "fields": [], "kind": "markdown"}
    return example(3) | {"sections": [{"key": f"s{n}", "title": f"Section {n}", "body": body, **plain} for n, body in enumerate(bodies)]}


def test_sections_come_in_order_and_rows_that_none_asks_for_follow():
    titles = [part.title for part in html.parts(document("one", "two"))]
    assert titles == ["Section 0", "Section 1", "Key moments and intervals", "Timeline", "Action items"]


def test_headings_stay_below_the_section():
    body = html.body(document("# Big\n\n###### Small"))
    assert "<h3>Big</h3>" in body
    assert "<h6>Small</h6>" in body


def test_nothing_written_becomes_markup():
    body = html.body(document("<script>alert(1)</script> [x](javascript:alert(1)) ![x](https://evil.example/a.png)"))
    assert "<script" not in body
    assert "javascript:alert" not in body.replace("[x](javascript:alert(1))", "")
    assert "<img" not in body


def test_no_inline_style_or_script_so_that_the_policy_holds():
    body = html.body(example(20))
    assert " style=" not in body
    assert " on" not in "".join(part.split(">")[0] for part in body.split("<")).replace(" one", "")


def test_a_long_day_is_cut_into_tables_that_say_so():
    rows = [row | {"day": "Monday"} for row in example(250)["timeline"]]
    pieces = list(html.chunks(rows))
    assert [(len(piece.rows), piece.continued) for piece in pieces] == [(100, False), (100, True), (50, True)]


def test_both_zones_are_named_on_the_day_the_clocks_change():
    rows = [row | {"zone": zone} for row, zone in zip(example(2)["timeline"], ["CET", "CEST"], strict=True)]
    assert next(html.chunks(rows)).zone == "CET/CEST"


def test_what_was_said_is_no_kind_that_needs_naming():
    rows = [
        row | {"kind": kind, "kind_name": kind.title(), "key": kind == "alert"} for row, kind in zip(example(2)["timeline"], ["message", "alert"], strict=True)
    ]
    body = html.body(example(0) | {"timeline": rows, "timeline_total": 2})
    assert "Message" not in body
    assert '◆ <b class="doc__sort">Alert</b>' in body


def test_one_file_needs_no_other():
    page = html.standalone(example(5), body=html.body(example(5)), base_url="https://d.example", published="today", number=1, sha256="0" * 64)
    assert "<link" not in page
    assert "src=" not in page
    assert "@import" not in page
    assert "--accent" in page


def test_long_words_are_laid_out_in_pieces_and_stay_whole():
    word = "W&amp;" * 300
    pieces = html.without_long_words(f"<p>{word}</p>")
    assert pieces.count("<wbr>") > 2
    assert pieces.replace("<wbr>", "") == f"<p>{word}</p>"
    assert html.without_long_words(f'<a href="{"x" * 900}">short</a>') == f'<a href="{"x" * 900}">short</a>'


# Chart --------------------------------------------------------------------------------------------


def moments(*minutes):
    keys = ["impact_started", "detected", "acknowledged", "mitigated", "resolved"]
    base = example(1)["milestones"]
    rows = [row | {"at": f"2026-03-{2 + minute // 1440:02}T{minute % 1440 // 60:02}:{minute % 60:02}:00Z"} for row, minute in zip(base, minutes, strict=False)]
    assert [row["key"] for row in rows] == keys[: len(rows)]
    return {"milestones": rows, "metrics": example(1)["metrics"]}


def test_the_chart_is_linear_until_it_would_be_crowded():
    assert not charts.milestone_chart(moments(0, 10, 20, 40, 60)).is_log
    chart = charts.milestone_chart(moments(0, 1, 2, 600, 4000))
    assert chart.is_log
    places = [mark.place for mark in chart.marks]
    assert places == sorted(places)
    assert places[1] - places[0] > 30


def test_no_two_names_in_the_chart_meet():
    data = moments(0, 0, 0, 1, 5000)
    data["milestones"][2]["name"] = "A moment with a name of sixty letters, which no column can hold"
    chart = charts.milestone_chart(data)
    width = (chart.right - chart.left) / len(chart.marks)
    for mark in chart.marks:
        assert len(mark.first_line) * 11 * charts.LETTER <= width
        assert len(mark.second_line) * 11 * charts.LETTER <= width
        assert len(mark.time) * 10.5 * charts.LETTER <= width
    assert all(chart.left <= mark.place <= chart.right for mark in chart.marks)
    assert [b.column - a.column for a, b in zip(chart.marks, chart.marks[1:], strict=False)] == pytest.approx([width] * 4)


def test_bars_lie_between_their_moments():
    chart = charts.milestone_chart(moments(0, 10, 20, 40, 60))
    assert [bar.name for bar in chart.bars] == ["Time to detect", "Time to acknowledge", "Time to mitigate", "Time to resolve"]
    whole = chart.bars[-1]
    assert (whole.start, whole.start + whole.width) == (chart.left, chart.right)


def test_one_moment_makes_no_chart():
    assert charts.milestone_chart(moments(0)) is None


# Markdown -----------------------------------------------------------------------------------------


def test_markdown_holds_everything_and_nothing_breaks_out():
    data = example(4)
    data["title"] = "Pool | <b>full</b> *now*"
    data["timeline"][0]["text"] = "a | b\n\n# not a heading"
    data["sections"][0]["body"] = "# Own heading\n\n```\n# a comment\n```"
    text = markdown(data)
    assert text.startswith("# Pool \\| \\<b\\>full\\</b\\> \\*now\\*\n")
    assert "### Own heading" in text
    assert "\n# a comment\n" in text
    assert "ACT-0" in text
    assert "Time to detect" in text
    page = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    assert page.count("<h1>") == 1
    assert page.count("<table>") >= 4
    assert "a | b # not a heading" in page


def test_an_open_fence_does_not_swallow_the_rest():
    text = markdown(document("```\nopen", "after"))
    page = MarkdownIt("commonmark").render(text)
    assert "<h2>Section 1</h2>" in page


# Changes ------------------------------------------------------------------------------------------


def test_changes_are_found_section_by_section_and_row_by_row():
    old, new = document("one two three", "same", "goes"), document("one 2 three", "same")
    new["sections"].append({**new["sections"][0], "key": "fresh", "title": "Fresh", "body": "comes"})
    new = new | {"metrics": [new["metrics"][0] | {"duration": "9 min"}, *new["metrics"][1:]], "actions": new["actions"][1:], "title": "Another"}
    new["timeline"] = [new["timeline"][0] | {"text": "Corrected"}, *new["timeline"][1:]]
    changes = compare(old, new)
    assert [(change.key, change.state) for change in changes.sections] == [("s0", "changed"), ("fresh", "added"), ("s2", "removed")]
    assert [(piece.op, piece.text) for piece in changes.sections[0].pieces] == [("same", "one "), ("old", "two"), ("new", "2"), ("same", " three")]
    assert changes.unchanged == ["Section 1"]
    assert [(row.name, row.old, row.new) for row in changes.measures] == [("Time to detect", "4 min", "9 min")]
    assert [(row.name, row.new) for row in changes.actions] == [("ACT-0", "")]
    assert [row.name for row in changes.facts] == ["Title"]
    assert ([row["text"] for row in changes.timeline_added], len(changes.timeline_removed)) == (["Corrected"], 1)


def test_the_same_document_has_no_changes():
    assert not compare(example(3), example(3))


def test_long_unchanged_text_is_left_out():
    long = "same words again " * 200
    changes = compare(document(long + "old end"), document(long + "new end"))
    assert sum(len(piece.text) for piece in changes.sections[0].pieces) < 400
    assert "gap" in [piece.op for piece in changes.sections[0].pieces]
