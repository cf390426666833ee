import pytest
from django.urls import reverse

from incidents.lib.conflict import Conflict
from incidents.models import TimelineEvent
from postmortems import drafting
from postmortems.models import SectionVersion
from tests.factories import T0, make_event, make_incident, make_postmortem, make_user

pytestmark = pytest.mark.django_db


def url(postmortem, key="summary", name="section", *rest):
    return reverse(f"postmortems:{name}", args=[postmortem.reference, key, *rest])


@pytest.mark.parametrize(
    "template", ["standard_blameless", "sre_style", "learning_review", "customer_summary", "security_incident", "near_miss", "quick_retro", "coe_style"]
)
def test_every_section_of_every_template_has_a_page(alices, alice, template):
    postmortem = make_postmortem(alice, template)
    make_event(postmortem.incident, 1, "Alert fired", salience=2)
    assert alices.get(postmortem.get_absolute_url()).status_code == 200
    for section in postmortem.sections.all():
        page = alices.get(url(postmortem, section.key))
        assert page.status_code == 200
        assert section.questions[0].replace("'", "&#x27;").replace('"', "&quot;") in page.content.decode()


def test_a_plain_post_saves_and_leads_on(alices, postmortem):
    answer = alices.post(url(postmortem), {"version": 1, "body": "Checkout failed.\r\nFor an hour.", "continue": "1"})
    assert (answer.status_code, answer.url) == (302, url(postmortem, "impact"))
    section = postmortem.sections.get(key="summary")
    assert (section.body, section.version) == ("Checkout failed.\nFor an hour.", 2)
    assert list(section.versions.values_list("number", flat=True)) == [2, 1]


def test_autosave_answers_in_json(alices, postmortem):
    answer = alices.post(url(postmortem), {"version": 1, "body": "Checkout failed."}, headers={"X-Autosave": "1"})
    assert answer.status_code == 200
    saved = answer.json()
    assert saved["version"] == 2 and saved["state"] == "thin" and saved["gaps"] == ["2 of at least 40 words."]


def test_impact_fields_are_stored_in_utc_and_shown_in_the_zone_of_the_incident(alices, alice):
    postmortem = make_postmortem(alice, time_zone="Europe/Paris")
    form = {"version": 1, "body": "Nobody could pay.", "value-impact_start": "2026-03-02T15:00", "value-users_affected_n": "1200", "value-data_effect": "none"}
    assert alices.post(url(postmortem, "impact"), form).status_code == 302
    section = postmortem.sections.get(key="impact")
    assert section.values == {"impact_start": "2026-03-02T14:00:00Z", "users_affected_n": "1200", "data_effect": "none"}
    assert 'value="2026-03-02T15:00"' in alices.get(url(postmortem, "impact")).content.decode()


def test_an_untouched_moment_keeps_its_seconds_and_its_side_of_a_repeated_hour(alices, alice):
    postmortem = make_postmortem(alice, time_zone="Europe/Paris")
    moments = {"impact_start": "2026-10-25T01:30:37Z", "impact_end": "2026-10-25T02:30:00Z"}  # 02:30 CET, the second one of that night
    drafting.save_section(actor=alice, section=postmortem.sections.get(key="impact"), version=1, body="", values=moments)
    form = {"version": 2, "body": "Words.", "value-impact_start": "2026-10-25T02:30", "value-impact_end": "2026-10-25T04:00"}
    alices.post(url(postmortem, "impact"), form)
    assert postmortem.sections.get(key="impact").values == {"impact_start": "2026-10-25T01:30:37Z", "impact_end": "2026-10-25T03:00:00Z"}


def test_what_is_not_valid_answers_422_and_keeps_the_words(alices, postmortem):
    form = {"version": 1, "body": "Nobody could pay.", "value-users_affected_pct": "140"}
    page = alices.post(url(postmortem, "impact"), form)
    assert page.status_code == 422 and "Nobody could pay." in page.content.decode()
    autosaved = alices.post(url(postmortem, "impact"), form, headers={"X-Autosave": "1"})
    assert autosaved.status_code == 422
    name, errors = next(iter(autosaved.json()["errors"].items()))
    assert autosaved.json()["reason"] == f"{page.context['form'][name].label}: {errors[0]}"  # not only what, but where


def test_the_timeline_prints_key_moments_or_all(alices, postmortem):
    make_event(postmortem.incident, 1, "Paged the database team", salience=2)
    make_event(postmortem.incident, 2, "Somebody said hello")
    assert "Somebody said hello" not in alices.get(url(postmortem, "timeline")).content.decode()
    alices.post(url(postmortem, "timeline"), {"version": 1, "body": "", "value-show": "all"})
    assert postmortem.sections.get(key="timeline").values == {"show": "all"}
    assert "Somebody said hello" in alices.get(url(postmortem, "timeline")).content.decode()


def test_without_key_moments_all_of_some_weight_are_printed(alices, postmortem):
    make_event(postmortem.incident, 1, "Somebody said hello")
    make_event(postmortem.incident, 2, "A robot said ping", salience=0)
    page = alices.get(url(postmortem, "timeline")).content.decode()
    assert "Somebody said hello" in page and "no key moment is marked yet" in page and "A robot said ping" not in page


def test_preview_is_rendered_and_cleaned(alices, alice):
    page = alices.post(reverse("postmortems:preview"), {"body": "**bold** <script>alert(1)</script>"}).content.decode()
    assert "<strong>bold</strong>" in page and "<script>" not in page


# Two at once -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30])
def test_a_version_that_is_none_is_told(alices, postmortem, version):
    assert alices.post(url(postmortem), {"version": version, "body": "Checkout failed."}).status_code == 422


def test_two_editors_save_from_the_same_version_and_no_word_is_lost(alices, bob, postmortem, client):
    """T52"""
    section = postmortem.sections.get(key="summary")
    drafting.save_section(actor=bob, section=section, version=1, body="Bob says the cache was cold.", values={})
    page = alices.post(url(postmortem), {"version": 1, "body": "Alice says the pool was empty."})
    assert page.status_code == 409
    assert page.context["parts"] == [
        {
            "theirs": "Bob says the cache was cold.",
            "mine": "Alice says the pool was empty.",
            "base": "",
            "both": "Bob says the cache was cold. Alice says the pool was empty.",
        }
    ]
    assert page.context["form"]["body"].value() == "Bob says the cache was cold. Alice says the pool was empty."
    section.refresh_from_db()
    assert (section.body, section.version) == ("Bob says the cache was cold.", 2)
    lost = section.versions.get(is_lost=True)
    assert (lost.body, lost.number, lost.saved_by.username) == ("Alice says the pool was empty.", 1, "alice")
    merged = alices.post(url(postmortem), {"version": 2, "body": "Both say so."})
    assert merged.status_code == 302 and postmortem.sections.get(key="summary").version == 3


def test_autosave_is_told_where_both_texts_are(alices, bob, postmortem):
    section = postmortem.sections.get(key="summary")
    drafting.save_section(actor=bob, section=section, version=1, body="Bob's.", values={})
    answer = alices.post(url(postmortem), {"version": 1, "body": "Alice's."}, headers={"X-Autosave": "1"})
    assert answer.status_code == 409 and answer.json()["by"] == "bob"
    page = alices.get(answer.json()["url"])
    assert page.status_code == 200 and "Bob" in page.content.decode() and "Alice" in page.content.decode()


def test_changes_in_different_paragraphs_are_offered_together(alices, bob, postmortem):
    section = postmortem.sections.get(key="summary")
    drafting.save_section(actor=bob, section=section, version=1, body="One.\n\nTwo.\n\nThree.\n", values={})
    drafting.save_section(actor=bob, section=section, version=2, body="One, by Bob.\n\nTwo.\n\nThree.\n", values={})
    page = alices.post(url(postmortem), {"version": 2, "body": "One.\n\nTwo.\n\nThree, by Alice.\n"})
    assert page.context["form"]["body"].value() == "One, by Bob.\n\nTwo.\n\nThree, by Alice.\n"
    assert "nothing overlaps" in page.content.decode() and page.context["overlaps"] == 0


def test_only_what_both_changed_needs_a_choice_and_it_works_without_a_script(alices, bob, postmortem):
    section = postmortem.sections.get(key="summary")
    drafting.save_section(actor=bob, section=section, version=1, body="One. Two. Three.", values={})
    drafting.save_section(actor=bob, section=section, version=2, body="Bob's one. Two. Bob's three.", values={})
    page = alices.post(url(postmortem), {"version": 2, "body": "One. Two. Alice's three."})
    assert (page.context["overlaps"], page.context["taken"]) == (1, 1)
    address = url(postmortem, "summary", "section_conflict", section.versions.get(is_lost=True).pk)
    results = {
        query: alices.get(f"{address}?{query}").context["form"]["body"].value() for query in ("o0=mine", "o0=theirs", "o0=base", "all=mine", "o0=x&all=y")
    }
    assert results["o0=mine"] == results["all=mine"] == "Bob's one. Two. Alice's three."
    assert results["o0=theirs"] == "Bob's one. Two. Bob's three." and results["o0=base"] == "Bob's one. Two. Three."
    assert results["o0=x&all=y"] == "Bob's one. Two. Bob's three. Alice's three."


def test_fields_are_merged_too(alices, bob, postmortem):
    section = postmortem.sections.get(key="impact")
    drafting.save_section(actor=bob, section=section, version=1, body="Hm.", values={"users_affected_n": "10", "support_contacts_n": "1"})
    drafting.save_section(actor=bob, section=section, version=2, body="Hm.", values={"users_affected_n": "20", "support_contacts_n": "1"})
    form = {"version": 2, "body": "Hm!", "value-users_affected_n": "10", "value-support_contacts_n": "5"}
    page = alices.post(url(postmortem, "impact"), form)
    assert page.status_code == 409
    shown = page.context["form"]
    assert (shown["value-users_affected_n"].value(), shown["value-support_contacts_n"].value()) == ("20", "5")
    assert page.context["value_rows"] == [("People affected", "10", "20", "10"), ("Support contacts", "1", "1", "5")]


def test_repeating_a_save_whose_answer_got_lost_is_no_conflict(alice, postmortem):
    section = postmortem.sections.get(key="summary")
    first = drafting.save_section(actor=alice, section=section, version=1, body="Once.", values={})
    again = drafting.save_section(actor=alice, section=section, version=1, body="Once.", values={})
    assert again.version == first.version == 2


def test_a_lost_text_is_kept_once_however_often_it_is_sent(alice, bob, postmortem):
    section = postmortem.sections.get(key="summary")
    drafting.save_section(actor=bob, section=section, version=1, body="Bob's.", values={})
    for _ in range(3):
        with pytest.raises(Conflict):
            drafting.save_section(actor=alice, section=section, version=1, body="Alice's.", values={})
    assert SectionVersion.objects.filter(is_lost=True).count() == 1


def test_versions_are_listed_compared_and_restored(alices, alice, postmortem):
    section = postmortem.sections.get(key="summary")
    drafting.save_section(actor=alice, section=section, version=1, body="The pool was full.", values={})
    drafting.save_section(actor=alice, section=section, version=2, body="The pool was empty.", values={})
    page = alices.get(url(postmortem, "summary", "section_versions")).content.decode()
    assert "<del>full</del>" in page and "<ins>empty</ins>" in page
    old = section.versions.get(number=2)
    alices.post(url(postmortem, "summary", "section_restore", old.pk), {"version": 3})
    section.refresh_from_db()
    assert (section.body, section.version) == ("The pool was full.", 4)


def test_any_two_versions_are_compared_and_a_lost_text_is_taken_over(alices, alice, bob, postmortem):
    section = postmortem.sections.get(key="summary")
    for number, word in enumerate(["full", "empty", "slow"], 1):
        drafting.save_section(actor=alice, section=section, version=number, body=f"The pool was {word}.", values={})
    with pytest.raises(Conflict):
        drafting.save_section(actor=bob, section=section, version=2, body="Nobody knows.", values={})
    pk = {version.number: version.pk for version in section.versions.filter(is_lost=False)}
    page = alices.get(url(postmortem, "summary", "section_versions") + f"?with={pk[2]}&v={pk[4]}").content.decode()
    assert "<del>full</del>" in page and "<ins>slow</ins>" in page
    lost = section.versions.get(is_lost=True)
    assert "Take this text over" in alices.get(url(postmortem, "summary", "section_versions") + f"?v={lost.pk}").content.decode()
    alices.post(url(postmortem, "summary", "section_restore", lost.pk), {"version": 4})
    section.refresh_from_db()
    assert (section.body, section.version) == ("Nobody knows.", 5)


@pytest.mark.parametrize("query", ["v=x", "with=x", "with=999999", f"v={'9' * 30}", "with=%C2%B2"])
def test_versions_that_are_none_are_404(alices, postmortem, query):
    assert alices.get(url(postmortem, "summary", "section_versions") + f"?{query}").status_code == 404


def test_a_long_text_is_refused_and_controls_are_removed(alices, postmortem):
    assert alices.post(url(postmortem), {"version": 1, "body": "x" * 100_001}).status_code == 422
    alices.post(url(postmortem), {"version": 1, "body": "a\x07b\u202e"})
    assert postmortem.sections.get(key="summary").body == "ab\u202e"


# Who may -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "status"), [("viewer", 404), ("responder", 200), ("facilitator", 200), ("admin", 200)])
def test_the_working_text_is_for_those_who_write(client, postmortem, role, status):
    client.force_login(make_user("somebody", role=role))
    for address in (url(postmortem), url(postmortem, "summary", "section_versions"), postmortem.get_absolute_url()):
        assert client.get(address).status_code == status
    assert client.post(url(postmortem), {"version": 1, "body": "Mine."}).status_code == (404 if status == 404 else 302)


def test_a_viewer_of_a_published_one_is_led_to_the_publication(client, charlie, postmortem):
    postmortem.published_at = T0
    postmortem.save()
    client.force_login(charlie)
    assert client.get(postmortem.get_absolute_url()).url == f"/knowledge/{postmortem.reference}/"
    assert client.get(url(postmortem)).status_code == 404
    assert client.post(reverse("postmortems:preview"), {"body": "x"}).status_code == 403


def test_a_private_incident_hides_its_post_mortem(client, alice, bob):
    postmortem = make_postmortem(alice, incident=make_incident(is_private=True, members=[alice]))
    client.force_login(bob)
    for address in (postmortem.get_absolute_url(), url(postmortem), reverse("postmortems:start", args=[postmortem.incident.reference])):
        assert client.get(address).status_code == 404
    assert client.post(url(postmortem), {"version": 1, "body": "Mine."}).status_code == 404


def test_the_section_page_takes_the_same_queries_for_many_entries(alices, postmortem, django_assert_max_num_queries):
    def queries():
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as captured:
            alices.get(url(postmortem, "timeline"))
        return len(captured)

    make_event(postmortem.incident, 0, salience=2)
    queries()
    few = queries()
    for minute in range(1, 60):
        make_event(postmortem.incident, minute, salience=2)
    assert TimelineEvent.objects.count() == 60 and queries() == few
