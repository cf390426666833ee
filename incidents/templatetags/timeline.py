"""One entry of a timeline: its time, its words, what stands beside them, and its buttons.

Written here and not in the template, because a window has a hundred rows of them: as template nodes they took half of the time of
the whole page.
"""

from __future__ import annotations

from datetime import tzinfo
from html import escape

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from incidents.timeline import Row, clock

register = template.Library()


@register.simple_tag
def entry(row: Row, base: str, sprite: str, zone: tzinfo, may_edit: bool, problem: str = "") -> SafeString:
    """The list item of an entry, after the silence before it; `problem` is why what was asked of it was not done."""
    flags = (("key", row.is_key), ("noise", row.is_noise), ("hidden", row.is_hidden), ("deleted", row.revised == "deleted"), ("reply", row.opener is not None))
    classes = "".join([f"tl-row tl-row--{escape(row.kind)}", *(f" tl-row--{name}" for name, applies in flags if applies)])
    silence = f'<li class="tl-gap">{escape(row.gap)} without an entry</li>' if row.gap else ""
    time = f'<time datetime="{row.iso}">{escape(row.clock)}</time>'
    if row.zone_assumed:
        title = f"The evidence names no zone; {escape(row.zone or 'UTC')} was assumed"
        time += f'<abbr class="tl-row__assumed" title="{title}">zone?</abbr>'
    if row.corrected:
        time += '<abbr class="tl-row__assumed" title="A person corrected the time; the original is in the evidence">corrected</abbr>'
    notice = f'<p class="notice notice--error" role="alert">{escape(problem)}</p>' if problem else ""
    return mark_safe(  # noqa: S308 - everything that varies is escaped, here and below
        f"""{silence}<li class="{classes}" id="e{row.id}">
<div class="tl-row__time">{time}</div>
<span class="tl-row__dot"><svg class="icon" aria-hidden="true"><use href="{escape(sprite)}#{row.icon}"/></svg></span>
<div class="tl-row__body">{notice}
{words(row, base, zone)}</div>
<div class="tl-row__actions">{actions(row, base, sprite, may_edit)}</div>
</li>
"""
    )


def actions(row: Row, base: str, sprite: str, may_edit: bool) -> str:
    """What one can do with an entry, as links and buttons that work with htmx and without."""
    clock, path = escape(row.clock), escape(f"{base}timeline/{row.id}/")

    def icon(name: str) -> str:
        return f'<svg class="icon" aria-hidden="true"><use href="{escape(sprite)}#{name}"/></svg>'

    def link(address: str, label: str, title: str, name: str) -> str:
        return f'<a class="tl-act" href="{address}" hx-get="{address}" hx-target="#sheet-body" aria-label="{label}" title="{title}">{icon(name)}</a>'

    def button(mark: str, label: str, title: str, name: str, pressed: str = "") -> str:
        address = f"{path}mark/?mark={mark}&amp;version={row.version}"
        htmx = f'hx-post="{address}" hx-target="#e{row.id}" hx-swap="outerHTML"'
        return f'<button class="tl-act" form="mark" formaction="{address}" {htmx}{pressed} aria-label="{label}" title="{title}">{icon(name)}</button>'

    parts = []
    if row.url:
        original = f'aria-label="Open the original, {clock}" title="Open the original"'
        parts.append(f'<a class="tl-act" href="{escape(row.url)}" rel="noopener noreferrer" target="_blank" {original}>{icon("external")}</a>')
    parts.append(link(path, f"Evidence, {clock}", "Evidence", "document"))
    if may_edit:
        pressed = f' aria-pressed="{"true" if row.is_key else "false"}"'
        if row.is_key:
            parts.append(button("plain", f"Key moment, {clock}", "No key moment", "star", pressed))
        else:
            parts.append(button("highlight", f"Key moment, {clock}", "Key moment", "star", pressed))
        if row.is_hidden:
            parts.append(button("show", f"Show, {clock}", "Show again", "eye"))
        else:
            parts.append(button("hide", f"Hide, {clock}", "Hide", "eye-off"))
        parts.append(link(f"{path}edit/", f"Correct or retitle, {clock}", "Correct or retitle", "edit"))
        parts.append(link(escape(f"{base}timeline/new/?after={row.id}"), f"Add an entry after {clock}", "Add an entry after this", "plus"))
    return "".join(parts)


def words(row: Row, base: str, zone: tzinfo) -> str:
    """Who said or did what, from which source; a person's wording above the evidence's own; then what stands beside it."""
    parts = [f'<span class="tl-row__kind">{escape(row.kind_label)}</span>']
    if row.actor:
        parts.append(f'<span class="tl-row__actor">{escape(row.actor)}</span>')
    parts.append(f'<span class="tl-row__source">{escape(row.source_label)}</span>')
    parts += [f'<a class="badge badge--milestone" href="#milestones">{escape(name)}</a>' for name in row.milestones]
    if row.revised:
        parts.append(f'<span class="badge badge--{"note" if row.revised == "deleted" else "info"}">{escape(row.revised)}</span>')
    if row.is_hidden:
        parts.append('<span class="badge">hidden</span>')
    parts = [f'<p class="tl-row__meta">{"".join(parts)}</p>\n']
    if row.title:
        original = escape(row.text) + (" …" if row.is_cut else "")
        parts.append(f'<p class="tl-row__text">{escape(row.title)}</p><p class="tl-row__original">{original}</p>')
    else:
        path = escape(f"{base}timeline/{row.id}/")
        more = f' <a href="{path}" hx-get="{path}" hx-target="#sheet-body">… more</a>' if row.is_cut else ""
        parts.append(f'<p class="tl-row__text">{escape(row.text)}{more}</p>')
    parts.append(beside(row, base, zone))
    if row.note:
        parts.append(f'<p class="tl-row__note">{escape(row.note)}</p>')
    return "".join(parts)


def beside(row: Row, base: str, zone: tzinfo) -> str:
    """What an entry answers, and its further evidence: each source with its own time, one click away."""
    if not row.evidence and row.opener is None:
        return ""
    parts: list[SafeString] = []
    if row.opener is not None and not row.follows:
        words = f"{row.opener.actor}: {row.opener.text}" if row.opener.actor else row.opener.text
        parts.append(format_html('<p class="tl-row__reply">in answer to <a href="{}?at={}#e{}" data-jump="e{}">{}</a></p>', base, *[row.opener.id] * 3, words))
    if row.evidence:
        links = format_html_join(
            " ",
            '<a class="tl-row__piece" id="e{}" href="{}" hx-get="{}" hx-target="#sheet-body">{} <span>{}</span></a>',
            ((piece.id, path := f"{base}timeline/{piece.id}/", path, piece.source_label, clock(piece.at, piece.precision, zone)) for piece in row.evidence),
        )
        parts.append(format_html('<p class="tl-row__also">also {}</p>', links))
    return "".join(parts)
