"""Filters for templates: moments, durations, Markdown, people."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from html import escape
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import template
from django.core.paginator import Paginator
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from incidents import sources
from incidents.lib import durations
from incidents.lib import markdown as md
from incidents.lib.stored import iso

register = template.Library()

AVATAR_HUES = 6
#: The style sheets in the order of their layers.
COMPONENTS = ("button", "badge", "card", "form", "table", "notice", "overlay", "prose", "hits")
STYLE_SHEETS = ("tokens", "base", "layout", *(f"components/{name}" for name in COMPONENTS), "print")


@register.simple_tag
@cache
def styles() -> SafeString:
    """The style sheets that every page has."""
    return format_html_join("\n", '<link rel="stylesheet" href="{}">', ((static(f"css/{name}.css"),) for name in STYLE_SHEETS))


@register.simple_tag
@cache
def icon(name: str, size: str = "") -> SafeString:
    """`{% icon "check" %}`: one icon of the sprite `icons.svg`, hidden from readers of the page by voice; `size` is "small" or nothing."""
    classes = f"icon icon--{size}" if size else "icon"
    return format_html('<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>', classes, static("icons.svg"), name)


@register.simple_tag
def options(choices: Iterable[tuple[Any, Any]], chosen: Any = "") -> SafeString:
    """`{% options choices asked.team %}`: the options of a select, with the chosen one or ones of (value, label) marked."""
    marked = {str(one) for one in chosen} if isinstance(chosen, list | tuple | set | frozenset) else {str(chosen)}
    lines = ((str(value), str(label)) for value, label in choices)
    parts = [f'<option value="{escape(value)}"{" selected" if value in marked else ""}>{escape(label)}</option>' for value, label in lines]
    return mark_safe("".join(parts))  # noqa: S308 - escaped above


@register.simple_block_tag
def filters(content: str, in_use: int = 0, is_open: bool = False) -> SafeString:
    """`{% filters form.in_use %}...{% endfilters %}`: the filters of a list. On a phone they are folded, and the fold says how many of them are in use."""
    context = {"content": content, "in_use": in_use, "is_open": is_open}
    return render_to_string("components/filters.html", context)


@register.filter
def used(specs: Iterable[Any]) -> int:
    """`{{ cl.filter_specs|used }}`: how many filters of a list of the administration are in use."""
    return sum(bool(spec.used_parameters) for spec in specs)


@register.simple_tag
def suggestions(values: Iterable[Any]) -> SafeString:
    """`{% suggestions zones %}`: what a datalist holds; a list of zones has six hundred."""
    return mark_safe("".join([f'<option value="{escape(str(value))}"></option>' for value in values]))  # noqa: S308 - escaped


@register.filter
def source_label(name: str) -> str:
    """Return what people call a source."""
    return sources.labels().get(name, name)


def zone_of(zone: Any) -> tzinfo:
    """Return the zone meant by a name, or by a person or incident that has one; UTC when there is none."""
    name = getattr(zone, "time_zone", zone)
    if isinstance(name, tzinfo):
        return name
    try:
        return ZoneInfo(str(name)) if name else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _time(value: Any, zone: Any, text: str, extra: str = "") -> str | SafeString:
    if not isinstance(value, datetime):
        return ""
    local = value.astimezone(zone_of(zone))
    shown = f"{local.day} {local:{text}}" if text.startswith("%b") else f"{local:{text}}"
    title = f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return format_html('<time datetime="{}" title="{}"{}>{}</time>', iso(value), title, mark_safe(extra), shown)  # noqa: S308


@register.filter
def moment(value: Any, zone: Any = "UTC") -> str | SafeString:
    """`{{ dt|moment:user }}`: day, time and zone, as a <time>."""
    return _time(value, zone, "%b %Y, %H:%M %Z")


@register.filter
def day(value: Any, zone: Any = "UTC") -> str | SafeString:
    return _time(value, zone, "%b %Y")


@register.filter
def clock(value: Any, zone: Any = "UTC") -> str | SafeString:
    """`{{ dt|clock:zone }}`: hours, minutes and seconds, for a row whose day is known."""
    return _time(value, zone, "%H:%M:%S")


@register.filter
def ago(value: Any, zone: Any = "UTC") -> str | SafeString:
    """A moment that the browser shows as "3 hours ago"; without JavaScript the moment itself."""
    return _time(value, zone, "%b %Y, %H:%M %Z", " data-relative")


@register.filter
def duration(value: Any) -> str:
    return durations.in_words(value) if isinstance(value, int | float | timedelta) else ""


@register.filter
def markdown(value: Any) -> SafeString:
    return mark_safe(md.render(str(value or "")))  # noqa: S308 - cleaned by nh3


@register.filter
def plain(value: Any) -> str:
    """Markdown as running text, for a line in a list."""
    return md.plain(str(value or ""))


@register.filter
def initials(value: Any) -> str:
    words = str(value or "?").split()
    return (words[0][0] + words[-1][0] if len(words) > 1 else (words or ["?"])[0][:2]).upper()


@register.filter
def hue(value: Any) -> int:
    """A number from 1 to 6 that stays the same for the same name."""
    return zlib.crc32(str(value).encode()) % AVATAR_HUES + 1


@register.filter
def pages(paginator: Paginator[Any], number: int) -> Iterator[int | None]:
    """The page numbers to offer around `number`; None stands for a gap."""
    for page in paginator.get_elided_page_range(number, on_each_side=1, on_ends=1):
        yield page if isinstance(page, int) else None
