"""Filters of the templates."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.paginator import Paginator
from django.template import Context, Template

from incidents.templatetags import debrief

AT = datetime(2026, 7, 2, 14, 5, 9, tzinfo=UTC)


class Person:
    time_zone = "Europe/Paris"

    def __str__(self):
        return "Alice Maria Moreau"


def test_a_moment_is_shown_in_the_zone_asked_for_and_keeps_utc():
    assert debrief.moment(AT, "Europe/Paris") == '<time datetime="2026-07-02T14:05:09Z" title="2026-07-02 14:05:09 UTC">2 Jul 2026, 16:05 CEST</time>'
    assert ">2 Jul 2026, 16:05 CEST<" in debrief.moment(AT, Person())
    assert ">14:05:09<" in debrief.clock(AT)
    assert ">2 Jul 2026<" in debrief.day(AT)
    assert "data-relative" in debrief.ago(AT)


@pytest.mark.parametrize("zone", [None, "", "Mars/Base", "../etc/passwd"])
def test_a_zone_that_is_none_means_utc(zone):
    assert ">2 Jul 2026, 14:05 UTC<" in debrief.moment(AT, zone)


@pytest.mark.parametrize("value", [None, "", "yesterday"])
def test_no_moment_is_nothing(value):
    assert debrief.moment(value) == ""
    assert debrief.duration(value) == ""


def test_duration():
    assert debrief.duration(4320) == "1 h 12 min"
    assert debrief.duration(timedelta(days=2)) == "2 d"


def test_initials_and_hue():
    assert debrief.initials(Person()) == "AM"
    assert debrief.initials("bob") == "BO"
    assert debrief.initials("") == "?"
    assert debrief.hue("bob") == debrief.hue("bob")


def test_markdown_is_cleaned_and_plain_is_escaped():
    template = Template("{% load debrief %}{{ text|markdown }}{{ text|plain }}")
    html = template.render(Context({"text": "**a** <script>"}))
    assert "<strong>a</strong>" in html and "<script>" not in html


@pytest.mark.parametrize("component", ["notice", "empty", "badge", "stat", "avatar", "progress", "confirm", "tabs"])
def test_components_escape_what_they_are_given(component):
    evil = "<b>x</b>"
    values = dict.fromkeys(["text", "title", "name", "label", "value", "note", "kind", "icon", "button", "action", "id"], evil)
    html = Template(f'{{% include "components/{component}.html" %}}').render(Context({**values, "items": [{"text": evil, "url": evil}]}))
    assert evil not in html


def test_an_icon_escapes_what_it_is_given():
    evil = "<b>x</b>"
    html = Template("{% load debrief %}{% icon name size %}").render(Context({"name": evil, "size": evil}))
    assert evil not in html and html.count("&lt;b&gt;x&lt;/b&gt;") == 2


def test_the_pager_keeps_the_rest_of_the_query(rf):
    page = Paginator(range(500), 25).get_page(10)
    html = Template('{% include "components/pager.html" with page=page query=query only %}').render(
        Context({"page": page, "query": rf.get("/?q=a+b&page=10").GET})
    )
    assert "?q=a+b&amp;page=11" in html
    assert "226–250 of 500" in html
    assert html.count("…") == 2


def test_options_are_escaped_and_the_chosen_ones_marked():
    shown = Template("{% load debrief %}{% options choices chosen %}")
    choices = [("a&b", "A <b>"), (2, "two")]
    assert shown.render(Context({"choices": choices, "chosen": 2})) == '<option value="a&amp;b">A &lt;b&gt;</option><option value="2" selected>two</option>'
    assert shown.render(Context({"choices": choices, "chosen": ("a&b",)})).startswith('<option value="a&amp;b" selected>')
    assert "selected" not in shown.render(Context({"choices": choices, "chosen": "a"}))
    assert debrief.suggestions(['"><script>', "UTC"]) == '<option value="&quot;&gt;&lt;script&gt;"></option><option value="UTC"></option>'
