"""Every pair of ink and ground in the style sheet can be read: WCAG 2.2 AA, in the light and in the dark."""

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).parents[2] / "config/static/css/tokens.css").read_text()
TOKENS = {name: (light, dark) for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", CSS)}
GROUNDS = ["page", "surface", "surface-raised", "surface-sunken", "surface-hover"]
COLOURS = ["red", "orange", "amber", "green", "blue", "violet", "grey", "accent"]
TEXT = [(ink, ground) for ink in ["ink", "ink-2", "ink-3", "accent", "accent-strong", "red"] for ground in GROUNDS]
TEXT += [(colour, f"{colour}-soft") for colour in COLOURS] + [("ink", f"{colour}-soft") for colour in COLOURS]
SHAPES = [(line, ground) for line in ["field-line", "focus"] for ground in ["page", "surface"]]


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_can_be_read(ink, ground, theme):
    assert contrast(TOKENS[ink][theme], TOKENS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("line", "ground"), SHAPES)
def test_fields_and_focus_can_be_seen(line, ground, theme):
    assert contrast(TOKENS[line][theme], TOKENS[ground][theme]) >= 3


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("fill", ["accent-fill", "accent-fill-hover"])
def test_the_main_button_can_be_read(fill, theme):
    assert contrast("#ffffff", TOKENS[fill][theme]) >= 4.5
