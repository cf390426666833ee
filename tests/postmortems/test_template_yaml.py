"""Templates as files and as values: what is written is read back the same, what is wrong is named, nothing hostile gets far."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmortems import seeding, template_yaml
from postmortems.models import SectionKind
from postmortems.template_content import SectionContent, TemplateContent, changes, described, from_json, is_reordered, problems
from postmortems.template_yaml import TemplateFileError, read, write

KINDS = SectionKind.values
SMALL = TemplateContent("small", "Small", sections=(SectionContent("what", "What happened"), SectionContent("next", "What next", required=True)))


def wrong(text, name="ours.yaml"):
    with pytest.raises(TemplateFileError) as caught:
        read(text, name, KINDS)
    return caught.value.problems


def file(**section):
    row = {"key": "what", "title": "What", "kind": "markdown", **section}
    lines = "".join(f"        {name}: {value}\n" for name, value in row.items()).replace("        ", "      - ", 1)
    return f"format: debrief-templates-1\ntemplates:\n  - key: ours\n    name: Ours\n    sections:\n{lines}"


# Text without placeholders of ours, which are checked elsewhere; all else may stand in a template.
words = st.text(st.characters(codec="utf-8"), max_size=60).filter(lambda text: "{{" not in text)
sections = st.builds(
    SectionContent,
    key=st.just("x"),
    title=words,
    kind=st.sampled_from(KINDS),
    guidance=words,
    prompts=st.lists(words, max_size=3).map(tuple),
    fields=st.lists(st.sampled_from(["users_n", "data_effect(none|lost)", "sure(1-5)", "late(bool)"]), max_size=3).map(tuple),
    minimum=words,
    required=st.booleans(),
    audience=st.sampled_from(["internal", "stakeholder", "public"]),
    starting_text=words,
)
templates = st.builds(
    TemplateContent,
    key=st.from_regex(r"[a-z0-9][a-z0-9_-]{0,9}", fullmatch=True),
    name=words,
    use_when=words,
    audience_note=words,
    effort_hours=words.map(lambda text: text[:10]),
    meeting_minutes=st.integers(0, 600),
    lint_profile=st.sampled_from(["standard", "sre", "light"]),
    depth=st.sampled_from(["", "light", "deep"]),
    sections=st.lists(sections, min_size=1, max_size=3).map(lambda found: tuple(replace(one, key=f"s{number}") for number, one in enumerate(found))),
)


@given(templates)
def test_what_is_written_is_read_back_the_same(content):
    content = content.cleaned()
    if problems(content, KINDS):  # no title, no name
        return
    assert read(write([content]), "x", KINDS) == [content]
    assert from_json(content.as_json()) == content


def test_all_built_in_templates_make_the_round_trip():
    contents = [content for _version, content in seeding.builtins().values()]
    assert not [problem for content in contents for problem in problems(content, KINDS)]
    assert read(write(contents).encode(), "builtin.yaml", KINDS) == contents


@given(st.text(max_size=200))
def test_any_text_is_templates_or_a_named_error(text):
    try:
        read(text, "x", KINDS)
    except TemplateFileError as error:
        assert error.problems and all(problem.startswith("x") for problem in error.problems)


def test_errors_name_file_template_section_and_field():
    assert wrong(file(kind="markdwn")) == ["ours.yaml, template ours, section what, field kind: There is no kind “markdwn”. Did you mean “markdown”?"]
    assert wrong(file(required="maybe")) == ["ours.yaml, template ours, section what, field required: true or false."]
    assert "section what, field titel: There is no field “titel”. Did you mean “title”?" in wrong(file(titel="x"))[0]
    assert (
        "field guidance: There is no placeholder {{ incident.severty }}. Did you mean {{ incident.severity }}?"
        in wrong(file(guidance="'{{ incident.severty }}'"))[0]
    )
    assert "section what, field enough_when: At most 300 characters" in wrong(file(enough_when="x" * 301))[0]
    assert "field fields: “Not a field” is no field" in wrong(file(fields="[Not a field]"))[0]


def test_everything_wrong_is_said_at_once():
    assert len(wrong(file(kind="nothing", audience="everyone", questions="one"))) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (file() + "        title: again\n", "line 9: the key “title” occurs twice"),
        (file(title="&a x", guidance="*a"), "anchors and aliases"),
        (file(title="!!python/object/apply:os.system [ls]"), "tags (!) are not taken"),
        ("format: debrief-templates-1\ntemplates: " + "[" * 50 + "]" * 50, "nested deeper than 12"),
        ("a: [", "this is not YAML"),
        ("a: \x00", "characters that YAML does not allow"),
        ("", "holds no document"),
        ("a: 1\n---\nb: 2\n", "more than one document"),
        ("- 1", "begins with “format:"),
        ("? [a]\n: b", "a key is a word"),
        ("x: " + "y" * (template_yaml.MOST_BYTES + 1), "larger than 512 kB"),
        ("x: [" + "1," * 30_000 + "]", "more than 20,000 values"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "",
)
def test_hostile_files_are_refused_with_a_reason(text, said):
    assert said in wrong(text)[0]


def test_a_file_that_is_not_utf8_is_refused():
    assert wrong(b"format: \xff\xfe") == ["ours.yaml: byte 9 is not UTF-8."]


def test_words_stay_words():
    content = read(file(title="No", questions="[yes, 1.0, null]"), "x", KINDS)[0]
    assert (content.sections[0].title, content.sections[0].prompts) == ("No", ("yes", "1.0", "null"))


def test_two_sections_or_templates_of_one_key_are_refused():
    twice = replace(SMALL, sections=(SMALL.sections[0], SMALL.sections[0]))
    assert "field key: Another section has this key." in wrong(write([twice]))[0]
    assert "field key: another template in this file has it too." in wrong(write([SMALL, SMALL]))[0]


def test_changes_are_named():
    new = replace(SMALL, name="Little", sections=(replace(SMALL.sections[1], guidance="More."), SMALL.sections[0], SectionContent("thanks", "Thanks")))
    assert [(change.key, change.state, change.parts) for change in changes(SMALL, new)] == [
        ("next", "changed", ("guidance",)),
        ("what", "same", ()),
        ("thanks", "new", ()),
    ]
    assert is_reordered(SMALL, new)
    assert described(SMALL, new) == "The template’s name; “What next”: guidance; “Thanks” added; order of sections."
    assert [change.state for change in changes(new, SMALL)] == ["same", "changed", "gone"]
    assert described(SMALL, SMALL) == ""
