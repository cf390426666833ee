"""Pure. What lies between a post-mortem's sections and another version of its template, section by section.

A post-mortem's sections are copies in which placeholders are filled in. So a text that differs in nothing but what stands in their place is
no difference: the incident may be called something else by now. What was not taken at first is still one, and can be taken later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from postmortems.prefill import PLACEHOLDER
from postmortems.template_content import AUDIENCES, SECTION_LABELS, SectionContent, TemplateContent, changed_parts

#: The texts that a post-mortem's section has too; the starting text is used up at its start.
PARTS = tuple(name for name in SECTION_LABELS if name != "starting_text")


@dataclass(frozen=True)
class Part:
    """One text of a section that differs: as it is in the post-mortem, and as the new version has it."""

    name: str
    label: str
    mine: str
    theirs: str


@dataclass(frozen=True)
class Step:
    """One section. `state` is same, changed, new or gone. A wider audience lets more people read what was written for fewer."""

    key: str
    title: str
    state: str
    parts: tuple[Part, ...] = ()
    widens: bool = False


def steps(mine: Sequence[SectionContent], new: TemplateContent, filled: Mapping[str, SectionContent]) -> list[Step]:
    """Compare a post-mortem's sections with a version of its template: the new version's sections in order, then those it does not have.

    `filled` are the new version's sections with placeholders replaced.
    """
    have = {section.key: section for section in mine}
    found = []
    for section in new.sections:
        present = have.get(section.key)
        if present is None:
            found.append(Step(section.key, filled[section.key].title, "new"))
            continue
        names = [
            name for name in changed_parts(present, filled[section.key]) if name in PARTS and not is_filled_in(getattr(section, name), getattr(present, name))
        ]
        parts = tuple(part(name, present, filled[section.key]) for name in names)
        widens = AUDIENCES.index(section.audience) > AUDIENCES.index(present.audience) and any(one.name == "audience" for one in parts)
        found.append(Step(section.key, present.title, "changed" if parts else "same", parts, widens))
    return found + [Step(section.key, section.title, "gone") for section in mine if new.section(section.key) is None]


def is_filled_in(text: object, filled: object) -> bool:
    """Say whether one part of a post-mortem's section is that of a template with its placeholders filled in; lines keep their places."""
    if isinstance(text, tuple) and isinstance(filled, tuple):
        return len(text) == len(filled) and all(fits(*pair) for pair in zip(text, filled, strict=True))
    return isinstance(text, str) and isinstance(filled, str) and fits(text, filled)


def fits(text: str, filled: str) -> bool:
    """Say whether `filled` is a text of a template with anything in place of its placeholders."""
    first, *others = PLACEHOLDER.split(text)[::2]
    if not others:
        return text == filled
    last = others.pop()
    if not filled.startswith(first) or not filled.endswith(last):
        return False
    at, end = len(first), len(filled) - len(last)
    for piece in others:
        found = filled.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return at <= end


def part(name: str, mine: SectionContent, theirs: SectionContent) -> Part:
    return Part(name, SECTION_LABELS[name], shown(getattr(mine, name)), shown(getattr(theirs, name)))


def shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "\n".join(value) if isinstance(value, tuple) else str(value)


def is_reordered(mine: Sequence[str], new: Sequence[str]) -> bool:
    """Say whether the sections that both have come in another order in the new version."""
    return [key for key in mine if key in new] != [key for key in new if key in mine]


def arranged(mine: Sequence[str], new: Sequence[str], *, take_order: bool) -> list[str]:
    """Return the keys of all sections in their new order; `new` are those of the new version that the post-mortem has by now.

    A section that only the post-mortem has stays behind the one it followed; without `take_order` the present order stays, and new
    sections come behind the one that precedes them in the new version.
    """
    first, second = (new, mine) if take_order else (mine, new)
    result = list(first)
    for place, key in enumerate(second):
        if key in result:
            continue
        before = [one for one in second[:place] if one in result]
        result.insert(result.index(before[-1]) + 1 if before else 0, key)
    return result
