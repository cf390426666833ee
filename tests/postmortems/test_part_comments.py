"""Comments on fields, rows, factors and action items: beside what they are about, wherever that goes."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from postmortems import action_items, commenting, discussion, drafting, factoring
from postmortems.models import Comment
from tests.factories import api_client, make_postmortem, make_user, make_written

pytestmark = pytest.mark.django_db

ALERT, PAGER = "The alert fired within a minute", "The pager went to nobody"


@pytest.fixture
def pm(alice):
    return make_postmortem(alice)


@pytest.fixture
def section(pm, alice):
    found = pm.sections.filter(kind="bullets").first()
    return save(alice, found, [{"statement": ALERT}, {"statement": PAGER}])


def save(actor, section, rows, **values):
    section = type(section).objects.get(pk=section.pk)
    return drafting.save_section(actor=actor, section=section, version=section.version, body="", values={"rows": rows, **values})


def thread(actor, section):
    [row] = discussion.with_replies(discussion.roots(actor, section.postmortem, "open", section.key))
    return row


def test_a_thread_goes_with_its_row(section, alice):
    commenting.comment(actor=alice, section=section, body="Which alert?", part="row:0")
    found = thread(alice, section)
    assert (found.part.label, found.part.words, found.is_lost) == ("Point 1", ALERT, False)
    save(alice, section, [{"statement": PAGER}, {"statement": ALERT + ", thanks to the new rule"}])
    found = thread(alice, section)
    assert (found.part.key, found.part.words) == ("row:1", ALERT + ", thanks to the new rule")
    save(alice, section, [{"statement": PAGER}])
    found = thread(alice, section)
    assert (found.is_lost, found.lost_kind, found.root.quote) == (True, "a row", ALERT + ", thanks to the new rule")
    save(alice, section, [{"statement": ALERT + ", thanks to the new rule"}, {"statement": PAGER}])
    assert thread(alice, section).part.key == "row:0"


def test_a_row_that_others_moved_meanwhile_is_found(section, alice, bob):
    seal = next(one.value for one in commenting.all_parts(section) if one.key == "row:0")
    moved = save(bob, section, [{"statement": PAGER}, {"statement": ALERT}])
    commenting.comment(actor=alice, section=moved, body="Which alert?", part=seal)
    assert thread(alice, section).part.words == ALERT
    with pytest.raises(ValidationError, match="not in the section"):
        commenting.comment(actor=alice, section=save(bob, section, []), body="Which?", part=seal)


def test_a_field_keeps_its_thread(pm, alice):
    section = pm.sections.filter(kind="impact").first()
    name = next(part.key for part in commenting.all_parts(section))
    commenting.comment(actor=alice, section=section, body="From where?", part=name)
    assert thread(alice, section).part.key == name
    for wrong in ("field:nonsense", "row:0", "factor:1", "x"):
        with pytest.raises(ValidationError):
            commenting.comment(actor=alice, section=section, body="?", part=wrong)
    type(section).objects.filter(pk=section.pk).update(fields="other_field")
    found = thread(alice, section)
    assert (found.is_lost, found.lost_kind) == (True, "a field")


def test_factors_and_action_items(client, alice):
    pm = make_written(alice)
    factors, actions = (pm.sections.filter(kind=kind).first() for kind in ("factors", "actions"))
    factor = factoring.add(actor=alice, postmortem=pm, statement="Rules applied to all regions at once.")
    item = pm.action_items.get()
    commenting.comment(actor=alice, section=factors, body="Since when?", part=f"factor:{factor.pk}")
    commenting.comment(actor=alice, section=actions, body="Who else?", part=f"action_item:{item.pk}")
    client.force_login(alice)
    assert "Since when?" in client.get(factor.get_absolute_url()).content.decode()
    assert "Who else?" in client.get(item.get_absolute_url()).content.decode()
    answered = client.post(
        reverse("postmortems:comments", args=[pm.reference]), {"section": factors.key, "part": f"factor:{factor.pk}", "body": "More", "next": "part"}
    )
    assert answered["Location"].startswith(f"{factor.get_absolute_url()}#c")
    page = client.get(reverse("postmortems:section", args=[pm.reference, factors.key])).content.decode()
    assert '<span data-part-number>2</span><span class="visually-hidden"> open on factor 1' in page
    factoring.change(actor=alice, factor=factor, version=1, statement="Rules apply everywhere at once.")
    factoring.remove(actor=alice, factor=factor, version=2)
    lost = discussion.with_replies(discussion.roots(alice, pm, "open", factors.key))
    assert [(row.is_lost, row.root.quote) for row in lost] == [(True, "Rules apply everywhere at once.")] * 2
    assert "About a factor that is gone" in client.get(reverse("postmortems:comments", args=[pm.reference])).content.decode()


def test_another_post_mortems_factor_is_none(pm, alice):
    other = make_postmortem(alice)
    factor = factoring.add(actor=alice, postmortem=other, statement="Rules applied to all regions at once.")
    section = pm.sections.filter(kind="factors").first()
    with pytest.raises(ValidationError):
        commenting.comment(actor=alice, section=section, body="?", part=f"factor:{factor.pk}")


def test_the_page_shows_it_beside_its_row_and_in_the_list(client, section, alice):
    client.force_login(alice)
    url = reverse("postmortems:section", args=[section.postmortem.reference, section.key])
    page = client.get(url).content.decode()
    assert f"Point 2: {PAGER}</option>" in page
    sent = {"section": section.key, "part": "row:1", "body": "Who was on call, @alice?", "next": "section", "quote": ""}
    assert client.post(reverse("postmortems:comments", args=[section.postmortem.reference]), sent).status_code == 302
    page = client.get(url).content.decode()
    assert page.count(f'href="#c{Comment.objects.get().pk}" data-part-count>') == 1
    assert f"<b>Point 2</b> <q>{PAGER}</q>" in page
    assert "Point 2" in client.get(reverse("postmortems:comments", args=[section.postmortem.reference])).content.decode()
    wrong = client.post(reverse("postmortems:comments", args=[section.postmortem.reference]), sent | {"part": "row:7"})
    assert wrong.status_code == 422
    assert "choose what the comment is about" in wrong.content.decode()


def test_the_api_names_parts(section, alice):
    api, url = api_client(alice), f"/api/v1/postmortems/{section.postmortem.reference}/comments/"
    assert api.post(url, {"section": section.key, "part": "row:0", "body": "Which?"}, format="json").status_code == 201
    assert api.post(url, {"section": section.key, "part": "row:0", "quote": "pager", "body": "Who?"}, format="json").status_code == 201
    save(alice, section, [{"statement": PAGER}])
    found = api.get(url).json()["results"]
    assert [(row["part"], row["is_lost"], row["quote"]) for row in found] == [("row", True, ALERT), ("row:0", False, PAGER)]
    for wrong in ("row:9", "field:x", "<script>", "row:" + "1" * 90):
        assert api.post(url, {"section": section.key, "part": wrong, "body": "?"}, format="json").status_code in (400, 422), wrong


def test_many_threads_take_no_more_queries(client, alice, django_assert_max_num_queries):
    pm = make_written(alice)
    section = pm.sections.filter(kind="factors").first()
    client.force_login(alice)
    urls = [reverse("postmortems:comments", args=[pm.reference]), reverse("postmortems:section", args=[pm.reference, section.key])]
    factor = factoring.add(actor=alice, postmortem=pm, statement="Rules applied to all regions at once.")
    commenting.comment(actor=alice, section=section, body="1", part=f"factor:{factor.pk}")
    few = []
    for url in urls:
        with django_assert_max_num_queries(80) as counted:
            client.get(url)
        few.append(len(counted))
    for number in range(4):
        more = factoring.add(actor=alice, postmortem=pm, statement=f"Another {number}")
        commenting.comment(actor=alice, section=section, body="2", part=f"factor:{more.pk}")
    for url, most in zip(urls, few, strict=True):
        with django_assert_max_num_queries(most):
            client.get(url)


def test_viewers_and_outsiders_learn_nothing(client, alice, charlie):
    pm = make_written(alice, is_private=True)
    item = action_items.add(actor=alice, incident=pm.incident, postmortem=pm, title="Another")
    commenting.comment(actor=alice, section=pm.sections.filter(kind="actions").first(), body="Hush", part=f"action_item:{item.pk}")
    for user in (charlie, make_user("outsider")):
        client.force_login(user)
        assert "Hush" not in client.get(item.get_absolute_url()).content.decode()
