"""Writes. What people of the example organisation do with a text together: cite, show a picture, comment, ask for a review, tell near misses."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from PIL import Image, ImageDraw

from incidents.models import CustomField, Incident, Salience, Service, TimelineEvent, User
from postmortems import commenting, near_misses, pictures, reviewing
from postmortems.models import Audience, Postmortem
from postmortems.near_misses import Report

People = dict[str, User]
#: “[[words]]” in a text of the example becomes a citation of the first entry of the timeline that has these words.
CITED = re.compile(r"\[\[([^\[\]\n]+)\]\]")
SIZE, LEFT, BOTTOM = (960, 320), 48, 280
PAPER, GRID, LINE, LIMIT = "#ffffff", "#d8dde3", "#1f6feb", "#c4432b"


def telling(incident: Incident) -> QuerySet[TimelineEvent]:
    """The entries of an incident that stand on its page, in order."""
    return TimelineEvent.objects.committed(incident).unfused().exclude(salience=Salience.NOISE).order_by("at", "pk")


def with_citations(text: str, incident: Incident) -> str:
    def mark(found: re.Match[str]) -> str:
        return f"[[E{telling(incident).filter(text__icontains=found[1])[0].pk}]]"

    return CITED.sub(mark, text)


def with_picture(text: str, row: dict[str, Any], postmortem: Postmortem, author: User) -> str:
    """Return the text with a graph below it: `points` are its values in equal steps of time, `limit` a line across."""
    picture = pictures.add(actor=author, postmortem=postmortem, content=graph(row["points"], row["limit"]), alt=row["alt"])
    return f"{text}\n\n![{picture.alt}]({picture.get_absolute_url()})"


def graph(points: list[int], limit: int) -> bytes:
    """Return a PNG of a line that nears a limit."""
    image = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(image)
    top = max([limit, *points]) * 1.1
    step = (SIZE[0] - LEFT - 16) / (len(points) - 1)

    def height(value: float) -> float:
        return BOTTOM - value / top * (BOTTOM - 16)

    for number in range(5):
        value = round(limit * number / 4)
        draw.line([(LEFT, height(value)), (SIZE[0] - 16, height(value))], fill=GRID)
        draw.text((8, height(value) - 6), str(value), fill="#57606a")
    draw.line([(LEFT, height(limit)), (SIZE[0] - 16, height(limit))], fill=LIMIT, width=2)
    draw.line([(LEFT + number * step, height(value)) for number, value in enumerate(points)], fill=LINE, width=4, joint="curve")
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def discuss(postmortem: Postmortem, rows: list[dict[str, Any]], people: People) -> None:
    """Add threads about passages, with answers; some are resolved."""
    sections = {section.key: section for section in postmortem.sections.all()}
    for row in rows:
        thread = commenting.comment(actor=people[row["by"]], section=sections[row["section"]], body=row["says"], quote=row.get("quote", ""))
        for answer in row.get("answers", []):
            commenting.reply(actor=people[answer["by"]], thread=thread, body=answer["says"])
        if row.get("resolved"):
            commenting.settle(actor=people[row["by"]], thread=thread, resolved=True)


def review(postmortem: Postmortem, row: dict[str, Any], author: User, people: People) -> None:
    """Hand it in and let the asked people say what they think, one after the other."""
    asked = [people[name] for name in row["decisions"]]
    due_on = timezone.localdate() + timedelta(days=row["due"])
    reviewing.submit(actor=author, postmortem=postmortem, audience=Audience.INTERNAL, people=asked, due_on=due_on, note=row.get("note", ""))
    for name, said in row["decisions"].items():
        if said is None:
            continue
        current = Postmortem.objects.get(pk=postmortem.pk)
        reviewing.decide(actor=people[name], postmortem=current, verdict=said["verdict"], note=said.get("note", ""), any_version=True)


def tell(row: dict[str, Any], people: People) -> None:
    """Report what went well at the last moment, and let a colleague say thank you."""
    told = Report(
        title=row["title"],
        noticed=row["noticed"],
        stopped=row["stopped"],
        stopped_by=row["stopped_by"],
        unfolded=row["unfolded"],
        kind=row["kind"],
        at=timezone.now() - timedelta(days=row["days_ago"]),
        services=Service.objects.filter(key__in=row["services"]),
        tags=row["tags"],
        values={key: value for key, value in row["fields"].items() if CustomField.objects.filter(key=key).exists()},
        credit=row["credit"],
    )
    postmortem = near_misses.report(actor=people[row["by"]], told=told)
    if "thanks" in row:
        near_misses.thank(actor=people[row["thanks"]["by"]], near_miss=postmortem.near_miss, words=row["thanks"]["words"])
