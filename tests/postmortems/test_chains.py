"""From the end of a chain of questions to a contributing factor, and back."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from postmortems import chaining, chains, drafting, factoring, overview
from postmortems.document import build
from postmortems.drafting import SectionConflict
from postmortems.models import Factor, Section
from postmortems.rendering import html, markdown
from tests.factories import api_client, make_event, make_written

pytestmark = pytest.mark.django_db


def tree(pm, alice, *rows):
    section = pm.sections.get(key="why_tree")
    return drafting.save_section(actor=alice, section=section, version=section.version, body="", values={"rows": list(rows)})


@pytest.fixture
def chain(pm, alice):
    entry = make_event(pm.incident, 9, "Rules went to all regions")
    return tree(
        pm,
        alice,
        {"question": "How did it come about?", "answer": "Checkout stopped", "depth": "0"},
        {"question": "How was that?", "answer": f"Rules apply everywhere at once [[E{entry.pk}]].", "evidence": "See https://example.org/graph.", "depth": "1"},
    )


def row(section, place=1):
    return Section.objects.get(pk=section.pk).values["rows"][place]


def test_one_step_makes_a_factor_with_its_evidence(pm, chain, alice):
    made = chaining.make_factor(actor=alice, section=chain, version=chain.version, place=1)
    assert made.statement == "Rules apply everywhere at once."
    assert [event.text for event in made.events.all()] == ["Rules went to all regions"]
    assert made.evidence_link == "https://example.org/graph"
    assert row(chain)["factor"] == f"factor:{made.pk} Rules apply everywhere at once."
    [found] = chains.chains_in(pm.sections.all())[made.pk]
    assert [asked for asked, _said in found.steps] == ["How did it come about?", "How was that?"]
    with pytest.raises(ValidationError, match="already"):
        chaining.make_factor(actor=alice, section=Section.objects.get(pk=chain.pk), version=3, place=1)


def test_nothing_is_made_of_nothing(pm, alice, charlie):
    section = tree(pm, alice, {"question": "Why?", "depth": "0"}, {"question": "And?", "answer": "So", "depth": "1"})
    for place in (0, 7, -1):
        with pytest.raises(ValidationError):
            chaining.make_factor(actor=alice, section=section, version=section.version, place=place)
    with pytest.raises(SectionConflict):
        chaining.make_factor(actor=alice, section=section, version=1, place=1)
    with pytest.raises(PermissionDenied):
        chaining.make_factor(actor=charlie, section=section, version=section.version, place=1)
    with pytest.raises(ValidationError):
        chaining.make_factor(actor=alice, section=pm.sections.get(key="summary"), version=1, place=0)
    assert not Factor.objects.exists()


def test_what_a_row_names_is_checked(pm, chain, alice):
    other = factoring.add(actor=alice, postmortem=make_written(alice, title="Another"), statement="Elsewhere")
    mine = factoring.add(actor=alice, postmortem=pm, statement="Rules apply\neverywhere")
    given = [
        {"question": "1", "answer": "x", "factor": f"factor:{mine.pk}"},
        {"question": "2", "answer": "x", "factor": f"factor:{other.pk} Elsewhere"},
        {"question": "3", "answer": "x", "factor": "factor:999999"},
        {"question": "4", "answer": "x", "factor": "No limit per job"},
    ]
    section = tree(pm, alice, *given)
    assert [row(section, place).get("factor") for place in range(4)] == [f"factor:{mine.pk} Rules apply everywhere", "Elsewhere", None, "No limit per job"]
    gaps = overview.completeness_of(pm).of("why_tree").gaps
    assert any("3 ends lead to no contributing factor" in gap for gap in gaps)


def test_the_form_offers_the_factors_and_makes_one(client, pm, chain, alice):
    known = factoring.add(actor=alice, postmortem=pm, statement="The alert came late")
    client.force_login(alice)
    url = reverse("postmortems:section", args=[pm.reference, "why_tree"])
    page = client.get(url).content.decode()
    assert f'<option value="factor:{known.pk}">1. The alert came late</option>' in page
    assert 'name="chain" value="1"' in page
    rows = {"version": chain.version, "body": ""}
    for number, stored in enumerate(chain.values["rows"]):
        rows |= {f"row-{number}-{name}": text for name, text in stored.items()}
    rows["row-0-factor"] = f"factor:{known.pk}"
    done = client.post(url, rows | {"chain": "1"})
    assert (done.status_code, done["Location"]) == (302, f"{url}#rows")
    assert row(chain, 0)["factor"] == f"factor:{known.pk} The alert came late"
    made = Factor.objects.exclude(pk=known.pk).get()
    page = client.get(url).content.decode()
    assert f'href="/postmortems/{pm.reference}/factors/{made.pk}/"' in page
    assert f'<option value="factor:{made.pk}" selected>2. Rules apply' in page
    aside = client.get(made.get_absolute_url()).content.decode()
    assert "The chain it came from" in aside
    assert "How did it come about?" in aside
    assert "from a chain of questions" in client.get(reverse("postmortems:factor_list", args=[pm.reference])).content.decode()
    again = client.post(url, rows | {"chain": "7"})
    assert again.status_code == 409  # an old version
    fresh = {**rows, "version": Section.objects.get(pk=chain.pk).version}
    assert client.post(url, fresh | {"chain": "7"}, follow=True).status_code == 200


def test_document_shows_it_both_ways(pm, chain, alice):
    factoring.add(actor=alice, postmortem=pm, statement="The alert came late")
    made = chaining.make_factor(actor=alice, section=chain, version=chain.version, place=1)
    document = build(pm, "internal", timezone.now())
    factor = document["factors"][1]
    assert [step["question"] for step in factor["chains"][0]["steps"]] == ["How did it come about?", "How was that?"]
    told = next(one for one in document["sections"] if one["key"] == "why_tree")["rows"][1]["cells"]["factor"]
    assert told == "Factor 2: Rules apply everywhere at once."
    page = html.body(document)
    assert '<a href="#factor-2">Factor 2</a>: Rules apply everywhere at once.' in page
    assert 'id="factor-2"' in page
    assert "Came from “Chain of questions (optional aid)”: How did it come about? → How was that?" in page
    assert "How did it come about? → How was that?" in "\n".join(markdown.factors(document))
    public = build(pm, "public", timezone.now())
    assert "why_tree" not in {one["key"] for one in public["sections"]}
    assert not any(row.get("chains") for row in public["factors"])
    factoring.remove(actor=alice, factor=made, version=1)
    told = next(one for one in build(pm, "internal", timezone.now())["sections"] if one["key"] == "why_tree")["rows"][1]["cells"]["factor"]
    assert told == "Rules apply everywhere at once."


def test_the_api_makes_one_too(pm, chain, alice):
    api, base = api_client(alice), f"/api/v1/postmortems/{pm.reference}/"
    url = f"{base}sections/why_tree/rows/1/factor/"
    assert api.post(url, headers={"If-Match": '"1"'}).status_code == 412
    assert api.post(url).status_code == 428
    made = api.post(url, headers={"If-Match": f'"{chain.version}"'})
    assert made.status_code == 201, made.content
    assert made.json()["chains"][0]["section"] == "why_tree"
    assert api.get(f"{base}factors/").json()[0]["chains"][0]["steps"][1]["question"] == "How was that?"
    assert api.post(f"{base}sections/why_tree/rows/9/factor/", headers={"If-Match": '"3"'}).status_code in (400, 422)
    assert api.post(f"{base}sections/none/rows/9/factor/", headers={"If-Match": '"3"'}).status_code == 404
