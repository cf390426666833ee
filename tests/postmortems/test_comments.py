import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from incidents.lib.conflict import Conflict
from incidents.models import AuditEvent
from postmortems import commenting, discussion, drafting
from postmortems.models import Comment, Mention
from tests.factories import make_incident, make_postmortem, make_user

pytestmark = pytest.mark.django_db

TEXT = "The alert fired at noon. Nobody saw it for ten minutes. The pool was full, and the job held it."


@pytest.fixture
def section(alice, postmortem):
    return drafting.save_section(actor=alice, section=postmortem.sections.get(key="response"), version=1, body=TEXT, values={})


def page_url(postmortem, *rest):
    return reverse("postmortems:comment" if rest else "postmortems:comments", args=[postmortem.reference, *rest])


def only_thread(actor, postmortem, state="open"):
    (row,) = discussion.with_replies(discussion.roots(actor, postmortem, state))
    return row


# Threads and their passages ------------------------------------------------------------------------------


def test_a_comment_keeps_to_its_passage_through_edits(alice, postmortem, section):
    commenting.comment(actor=alice, section=section, body="Who could have?", quote="Nobody saw it")
    section = drafting.save_section(actor=alice, section=section, version=2, body="First of all. " + TEXT, values={})
    row = only_thread(alice, postmortem)
    assert row.passage == "Nobody saw it" and row.root.position == 39 and not row.is_lost
    section = drafting.save_section(actor=alice, section=section, version=3, body="All new.", values={})
    row = only_thread(alice, postmortem)
    assert row.is_lost and row.root.quote == "Nobody saw it"
    drafting.save_section(actor=alice, section=section, version=4, body=TEXT, values={})
    assert only_thread(alice, postmortem).passage == "Nobody saw it"


def test_the_pages_show_a_passage_that_was_changed(alices, alice, postmortem, section):
    commenting.comment(actor=alice, section=section, body="Who could have?", quote="Nobody saw it")
    drafting.save_section(actor=alice, section=section, version=2, body="All new.", values={})
    for path in (page_url(postmortem), reverse("postmortems:section", args=[postmortem.reference, "response"])):
        page = alices.get(path).content.decode()
        assert "About a passage that was changed" in page and "Nobody saw it" in page and "Who could have?" in page


def test_words_that_are_not_in_the_text_are_refused(alice, section):
    with pytest.raises(ValidationError, match="not in the section"):
        commenting.comment(actor=alice, section=section, body="Hm", quote="Everybody saw it")
    assert not Comment.objects.exists()


def test_replies_resolving_and_opening_again(alice, bob, postmortem, section):
    root = commenting.comment(actor=alice, section=section, body="Is this all?")
    commenting.reply(actor=bob, thread=root, body="I think so.")
    commenting.settle(actor=bob, thread=root, resolved=True)
    commenting.settle(actor=alice, thread=root, resolved=True)
    row = only_thread(alice, postmortem, "resolved")
    assert row.root.resolved_by == bob and [said.body for said in row.comments] == ["Is this all?", "I think so."]
    commenting.reply(actor=alice, thread=row.replies[0], body="One more thing.")
    assert [said.body for said in only_thread(alice, postmortem).replies] == ["I think so.", "One more thing."]
    assert list(AuditEvent.objects.filter(verb__startswith="comment.").order_by("pk").values_list("verb", flat=True)) == [
        "comment.added",
        "comment.resolved",
        "comment.reopened",
    ]


def test_only_ones_own_words_can_be_changed(alice, bob, section):
    said = commenting.comment(actor=alice, section=section, body="First")
    for act in (lambda: commenting.edit(actor=bob, said=said, version=1, body="Mine"), lambda: commenting.delete(actor=bob, said=said)):
        with pytest.raises(PermissionDenied):
            act()
    after = commenting.edit(actor=alice, said=said, version=1, body="Second")
    assert (after.body, after.version) == ("Second", 2) and after.edited_at
    with pytest.raises(Conflict):
        commenting.edit(actor=alice, said=said, version=1, body="Third")


def test_a_deleted_comment_leaves_its_place(alices, alice, bob, postmortem, section):
    root = commenting.comment(actor=alice, section=section, body="Forget this", quote="at noon")
    commenting.reply(actor=bob, thread=root, body="Why not")
    commenting.delete(actor=alice, said=root)
    page = alices.get(page_url(postmortem)).content.decode()
    assert "This comment was deleted." in page and "Why not" in page and "at noon" in page and "Forget this" not in page
    commenting.delete(actor=bob, said=Comment.objects.get(thread=root))
    assert not discussion.roots(alice, postmortem).exists()


# Mentions ----------------------------------------------------------------------------------------------


def test_a_mention_waits_for_its_answer(client, alice, bob, postmortem, section):
    root = commenting.comment(actor=alice, section=section, body="@bob, and `@alice`: was it the job? me@bob.example")
    assert [mention.user for mention in Mention.objects.all()] == [bob]
    client.force_login(bob)
    assert "Comments that ask you" in client.get("/").content.decode()
    assert discussion.roots(bob, postmortem, "mentions").get() == root
    commenting.reply(actor=bob, thread=root, body="It was.")
    assert discussion.waiting_for(bob, 5) == []
    again = commenting.reply(actor=alice, thread=root, body="@Bob. And before?")
    assert [mention.comment for mention in discussion.waiting_for(bob, 5)] == [again]
    assert discussion.roots(bob, postmortem, "mentions").get() == root
    commenting.settle(actor=alice, thread=root, resolved=True)
    assert discussion.waiting_for(bob, 5) == []
    assert "Comments that ask you" not in client.get("/").content.decode()


def test_editing_changes_who_is_asked(alice, bob, section):
    carol = make_user("carol")
    said = commenting.comment(actor=alice, section=section, body="@bob?")
    commenting.edit(actor=alice, said=said, version=1, body="@carol?")
    assert [mention.user for mention in Mention.objects.all()] == [carol]


def test_who_may_not_read_it_cannot_be_asked(alice, bob, charlie):
    postmortem = make_postmortem(alice, incident=make_incident(is_private=True, members=[alice]))
    section = postmortem.sections.first()
    for name in ("bob", "charlie"):
        with pytest.raises(ValidationError, match=f"@{name} may not read this"):
            commenting.comment(actor=alice, section=section, body=f"@{name}?")
    commenting.comment(actor=alice, section=section, body="@nobody in particular")
    assert not Mention.objects.exists()


def test_a_mention_ends_with_the_access(alice, bob, postmortem, section):
    commenting.comment(actor=alice, section=section, body="@bob?")
    bob.role = "viewer"
    bob.save()
    assert discussion.waiting_for(bob, 5) == []


# Pages -----------------------------------------------------------------------------------------------------


def test_a_plain_form_adds_and_leads_to_the_thread(alices, postmortem, section):
    answer = alices.post(page_url(postmortem), {"section": "response", "quote": "at noon", "body": "Which zone?"})
    root = Comment.objects.get()
    assert (answer.status_code, answer.url) == (302, page_url(postmortem) + f"#c{root.pk}")
    answer = alices.post(page_url(postmortem, root.pk), {"do": "reply", "body": "Paris", "next": "section"})
    assert answer.url == f"/postmortems/{postmortem.reference}/sections/response/#c{root.pk}"
    assert alices.post(page_url(postmortem, root.pk), {"do": "resolve"}).status_code == 302
    assert "Which zone?" in alices.get(page_url(postmortem) + "?show=resolved").content.decode()


def test_the_panel_answers_with_itself_or_with_what_is_wrong(alices, postmortem, section):
    headers = {"X-Panel": "1"}
    answer = alices.post(page_url(postmortem), {"section": "response", "quote": "at midnight", "body": "Hm"}, headers=headers)
    assert answer.status_code == 422 and "not in the section" in answer.json()["errors"][0]
    answer = alices.post(page_url(postmortem), {"section": "response", "quote": "at noon", "body": "<script>alert(1)</script>"}, headers=headers)
    page = answer.content.decode()
    assert "Your comment is there." in page and "<html" not in page and "<script>" not in page


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"do": "reply", "body": "  "}, 422),
        ({"do": "reply", "body": "x" * 5001}, 422),
        ({"do": "edit", "body": "New", "version": "x"}, 409),
        ({"do": "fly"}, 422),
        ({"do": "reply", "body": "a\x00b"}, 302),
    ],
)
def test_what_cannot_be_done_is_told(alices, alice, postmortem, section, sent, status):
    root = commenting.comment(actor=alice, section=section, body="Hm")
    assert alices.post(page_url(postmortem, root.pk), sent).status_code == status


@pytest.mark.parametrize("sent", [{}, {"section": "none", "body": "x"}, {"section": "response", "body": ""}, {"section": "response", "body": "x", "near": "y"}])
def test_a_form_that_is_not_valid_answers_422(alices, postmortem, section, sent):
    assert alices.post(page_url(postmortem), sent).status_code == 422


def test_names_are_offered_of_who_may_read(alices, alice, bob, charlie, postmortem):
    url = reverse("postmortems:people", args=[postmortem.reference])
    assert alices.get(url + "?q=b").json() == {"people": [{"username": "bob", "name": "bob"}]}
    assert alices.get(url + "?q=char").json() == {"people": []}
    assert alices.get(url + "?q=%00").status_code == 200


def test_viewers_and_outsiders_find_nothing(client, alice, bob, charlie):
    postmortem = make_postmortem(alice, incident=make_incident(is_private=True, members=[alice, charlie]))
    said = commenting.comment(actor=alice, section=postmortem.sections.first(), body="Secret")
    paths = [page_url(postmortem), reverse("postmortems:people", args=[postmortem.reference])]
    paths.append(reverse("postmortems:section_comments", args=[postmortem.reference, said.section.key]))
    for person in (bob, charlie):
        client.force_login(person)
        assert {client.get(path).status_code for path in paths} == {404}
        assert client.post(page_url(postmortem, said.pk), {"do": "resolve"}).status_code == 404
        assert not Comment.objects.visible_to(person).exists()
    other = make_postmortem(alice)
    client.force_login(alice)
    assert client.post(page_url(other, said.pk), {"do": "resolve"}).status_code == 404


@pytest.mark.parametrize("path", ["comments", "section"])
def test_many_threads_take_no_more_queries(alices, alice, bob, postmortem, section, django_assert_max_num_queries, path):
    def threads(number):
        for _ in range(number):
            root = commenting.comment(actor=alice, section=section, body="Hm", quote="at noon")
            commenting.reply(actor=bob, thread=root, body="Yes")

    url = page_url(postmortem) if path == "comments" else reverse("postmortems:section", args=[postmortem.reference, "response"])
    threads(1)
    with django_assert_max_num_queries(60) as few:
        alices.get(url)
    threads(8)
    with django_assert_max_num_queries(len(few)):
        alices.get(url)
