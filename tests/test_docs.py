"""The documentation names only what exists: files, make targets, commands and their options, variables, addresses."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.urls import Resolver404, resolve

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
VARIABLE = re.compile(r"\b((?:DEBRIEF|CELERY|EMAIL|DATABASE)_[A-Z0-9_]+)\b")
EXAMPLES = {"{ref}": "INC-1", "{id}": "1", "{kind}": "detected", "{key}": "summary", "{n}": "1", "{source}": "pagerduty"}

pytestmark = pytest.mark.parametrize("doc", PAGES, ids=lambda doc: str(doc.relative_to(ROOT)))


def code_of(doc):
    """Return what stands in code blocks and between backquotes, where addresses and commands are."""
    return "\n".join(re.findall(r"```\w*\n(.*?)```", doc.read_text(), re.DOTALL) + re.findall(r"`([^`\n]+)`", doc.read_text()))


def anchors(doc):
    heads = re.findall(r"^#+ (.+)$", doc.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_links_lead_somewhere(doc):
    text = doc.read_text()
    targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text)
    for target in targets:
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = doc.parent / path if path else doc
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def test_make_targets_exist(doc):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"^(?:\w+=\S+ )?make ([a-z]+)", code_of(doc), re.MULTILINE)) <= targets


def test_commands_and_their_options_exist(doc):
    known = get_commands()
    for line in code_of(doc).splitlines():
        for name, rest in re.findall(r"manage\.py ([a-z_]+)([^|#]*)", line):
            assert name in known, line
            command = known[name] if not isinstance(known[name], str) else load_command_class(known[name], name)
            options = {option for action in command.create_parser("manage.py", name)._actions for option in action.option_strings}
            assert set(re.findall(r"(?<!\S)(--[a-z-]+)", rest)) <= options, line


def test_variables_are_read_somewhere(doc):
    places = [*(ROOT / "config").rglob("*.py"), *(ROOT / "scripts").iterdir(), *(ROOT / "tests").rglob("*.py"), ROOT / "compose.yaml", ROOT / "Dockerfile"]
    read = set(VARIABLE.findall("\n".join(place.read_text() for place in places if place.is_file() and place != Path(__file__))))
    read |= {f"{name}_FILE" for name in read}
    assert set(VARIABLE.findall(doc.read_text())) - read == set()


def test_addresses_exist(doc):
    if doc.name == "CHANGELOG.md":
        return
    for path in re.findall(
        r"(?<![\w.:$}/\"])(/(?:api/v1|incidents|postmortems|actions|knowledge|settings|admin|account|livez|readyz)(?:/[\w.\-{}/]*)?)", code_of(doc)
    ):
        found(path)
    if doc.name == "api.md":
        ours = re.findall(r"^\| (`.+?) \|", doc.read_text(), re.MULTILINE)
        for first in (cell.split("`")[1] for cell in ours):
            found(f"/api/v1/{first.partition('?')[0]}")


def found(path):
    if path == "/api/v1/":  # where the others begin
        return
    for name, value in EXAMPLES.items():
        path = path.replace(name, value)
    path = path.replace("postmortems/INC-1", "postmortems/PM-1").replace("action-items/INC-1", "action-items/ACT-1")
    try:
        resolve(path)
    except Resolver404:
        pytest.fail(f"{path} is no address", pytrace=False)
