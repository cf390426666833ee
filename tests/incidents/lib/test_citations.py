import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.lib import citations, markdown


def test_marks_are_found_once_and_in_order():
    assert citations.cited("It failed [[E12]], then [[E3]][[E12]].") == [12, 3]


@pytest.mark.parametrize("text", ["`[[E1]]`", "``a ` [[E1]]``", "```\n[[E1]]\n```", "~~~\n[[E1]]", "[[E]]", "[[E1234567890123]]", "[E1]", "[[e1]]"])
def test_code_and_what_is_no_mark_cites_nothing(text):
    assert citations.cited(text) == []
    assert citations.replaced(text, lambda number: "!") == text


def test_marks_are_written_anew_or_left_out():
    text = "It failed [[E12]]. `[[E3]]` stays [[E3]]."
    assert citations.replaced(text, lambda number: f"[^{number}]") == "It failed[^12]. `[[E3]]` stays[^3]."
    assert citations.without_marks(text) == "It failed. `[[E3]]` stays."


def test_marks_survive_our_markdown_and_become_html_outside_of_code_and_attributes():
    text = 'It failed [[E12]].\n\n`[[E1]]` and [a](https://example.org "> [[E2]]")\n\n```\n[[E3]]\n```\n\n| a [[E4]] |\n|---|\n| b [[E5]] |\n'
    html = citations.replaced_in_html(markdown.render(text), lambda number: f"<sup>{number}</sup>")
    assert re.findall(r"<sup>(\d+)</sup>", html) == ["12", "4", "5"]
    assert 'title="&gt; [[E2]]"' in html or 'title="> [[E2]]"' in html
    assert html.count("[[E1]]") == html.count("[[E3]]") == 1


@given(st.text(alphabet='<>"=[]E1 `~\n()!abc/', max_size=80))
def test_no_attribute_is_ever_changed(text):
    html = markdown.render(text)
    written = citations.replaced_in_html(html, lambda number: "")
    assert re.findall(r'="[^"]*"', html) == re.findall(r'="[^"]*"', written)


def test_running_text_has_no_marks():
    assert markdown.plain("It **failed** [[E12]] at noon.") == "It failed at noon."
