"""Coding agreement: the arithmetic, who sorts again, and what is shown."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from postmortems import coding
from postmortems.agreement import agreement, by_group
from postmortems.models import Factor, FactorLeaf, Postmortem, SecondCoding
from tests.factories import api_client, make_factor, make_postmortem


def pairs(**numbers):
    """`aa=20` are twenty that both called a."""
    return [tuple(key) for key, number in numbers.items() for _ in range(number)]


def test_kappa_as_in_the_books():
    found = agreement(pairs(aa=20, ab=5, ba=10, bb=15))
    assert (found.number, found.same, found.raw) == (50, 35, 0.7)
    assert found.kappa == pytest.approx(0.4)
    # po = 0.7, pe = 0.5, n = 50: the error is sqrt(0.7 * 0.3 / (50 * 0.25)) = 0.1296
    assert (found.low, found.high) == (pytest.approx(0.4 - 1.96 * 0.12961, abs=1e-4), pytest.approx(0.4 + 1.96 * 0.12961, abs=1e-4))
    assert found.is_low


def test_the_ends_of_the_scale():
    assert agreement([]).kappa is None and agreement([]).raw == 0
    assert agreement(pairs(aa=9)).kappa is None  # by chance they would agree as well
    full = agreement(pairs(aa=5, bb=5))
    assert (full.kappa, full.low, full.high, full.is_low) == (1.0, 1.0, 1.0, False)
    assert agreement(pairs(ab=5, ba=5)).kappa == -1.0
    wide = agreement(pairs(aa=1, ab=1, bb=1))
    assert -1 <= wide.low < wide.high <= 1


def test_each_group_by_itself():
    found = by_group([("tools.no_guard", "tools.look_alike"), ("tools.no_guard", "change.code"), ("change.code", "change.code"), ("change.code", "")])
    assert set(found) == {"tools", "change"}
    assert (found["tools"][0].same, found["tools"][1]) == (3, 2)
    assert found["change"][1] == 3


# Sorting again --------------------------------------------------------------------------------------------------


@pytest.fixture
def postmortem(alice):
    found = make_postmortem(alice)
    make_factor(found, "Settings went to all regions at once, which meant much.", leaf="change.exposure")
    make_factor(found, "The two consoles look alike, which meant the wrong one was used.", leaf="tools.look_alike")
    make_factor(found, "Not sorted yet, whatever that may mean for the reader.", leaf="change.code")
    Factor.objects.filter(leaf__key="change.code").update(leaf=None)
    return found


def leaf(key):
    return FactorLeaf.objects.get(key=key)


def code(actor, postmortem, *keys):
    rows = coding.to_code(postmortem)
    return coding.code(actor=actor, postmortem=postmortem, leaves={row.pk: leaf(key) if key else None for row, key in zip(rows, keys, strict=False)})


@pytest.mark.django_db
def test_the_first_answer_is_kept_as_it_was(postmortem, bob, alice):
    assert code(bob, postmortem, "change.exposure", "tools.no_guard") == 2
    Factor.objects.filter(leaf__key="tools.look_alike").update(leaf=leaf("tools.no_guard"))
    assert list(SecondCoding.objects.values_list("first__key", "second__key")) == [
        ("change.exposure", "change.exposure"),
        ("tools.look_alike", "tools.no_guard"),
    ]
    found = coding.result(alice)
    assert (found.leaves.same, found.groups.same) == (1, 2)
    assert [(group.key, used) for group, _, used in found.by_group] == [("change", 1), ("tools", 1)]
    with pytest.raises(ValidationError, match="one of the factors"):
        code(bob, postmortem, "change.code")


@pytest.mark.django_db
def test_a_second_opinion_is_anothers(postmortem, alice, bob, charlie):
    with pytest.raises(PermissionDenied):
        code(alice, postmortem, "change.code")
    with pytest.raises(PermissionDenied):
        code(charlie, postmortem, "change.code")
    Factor.objects.update(updated_by=bob)
    with pytest.raises(PermissionDenied):
        code(bob, postmortem, "change.code")


@pytest.mark.django_db
def test_the_page_hides_the_first_answer(client, postmortem, bob, alice):
    client.force_login(bob)
    place = f"/postmortems/{postmortem.reference}/factors/again/"
    page = client.get(place).content.decode()
    assert "The two consoles look alike" in page and "Not sorted yet" not in page and "selected" not in page.split("<form")[2 if page.count("<form") > 1 else 1]
    first, second = coding.to_code(postmortem)
    assert client.post(place, {}).status_code == 422
    assert client.post(place, {f"factor-{first.pk}": "no.such"}).status_code == 422
    assert client.post(place, {f"factor-{first.pk}": "change.code", f"factor-{second.pk}": "none"}).status_code == 302
    assert list(SecondCoding.objects.values_list("second__key", flat=True)) == ["change.code", None]
    assert "Nothing is left to sort" in client.get(place).content.decode()
    assert client.get("/postmortems/coding/").status_code == 403
    client.force_login(alice)
    page = client.get("/postmortems/coding/").content.decode()
    assert "0 %" in page and "hard to tell apart" in page


# The draw -------------------------------------------------------------------------------------------------------


def publish(postmortem, at):
    Postmortem.objects.filter(pk=postmortem.pk).update(status="published", published_at=at)


@pytest.mark.django_db
def test_a_tenth_is_drawn_the_same_for_everybody(alice, bob):
    day = date(2026, 5, 4)
    assert coding.drawn(alice, day) == []
    for _ in range(11):
        one = make_postmortem(alice)
        make_factor(one)
        publish(one, datetime(2026, 4, 1, tzinfo=UTC))
    publish(make_postmortem(alice), datetime(2026, 4, 1, tzinfo=UTC))  # nothing to sort
    chosen = coding.drawn(alice, day)
    assert len(chosen) == 2 and chosen == coding.drawn(bob, date(2026, 6, 30)) and coding.drawn(bob, date(2026, 7, 1)) == []
    code(bob, chosen[0].postmortem, "change.code")
    assert [(one.factors, one.coded) for one in coding.drawn(alice, day)] == [(1, 1), (1, 0)]


@pytest.mark.django_db
def test_what_is_hidden_is_neither_drawn_nor_counted(alice, bob):
    secret = make_postmortem(alice, is_private=True, members=[alice])
    make_factor(secret)
    publish(secret, timezone.now())
    row = Factor.objects.get()
    SecondCoding.objects.create(factor=row, first=row.leaf, second=row.leaf, coded_at=timezone.now())
    assert coding.drawn(bob, timezone.localdate()) == [] and coding.result(bob).leaves.number == 0
    assert coding.result(alice).leaves.number == 1


@pytest.mark.django_db
def test_the_page_takes_the_same_queries_however_many(client, alice, bob):
    client.force_login(alice)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get("/postmortems/coding/")
        return len(captured)

    def more():
        one = make_postmortem(alice)
        make_factor(one)
        publish(one, timezone.now() - timedelta(minutes=1))
        code(bob, one, "tools.no_guard")

    more()
    queries()
    few = queries()
    for _ in range(4):
        more()
    assert queries() == few


@pytest.mark.django_db
def test_over_the_api(postmortem, alice, bob):
    place = f"/api/v1/postmortems/{postmortem.reference}/factors/again/"
    first, second = coding.to_code(postmortem)
    sent = {"factors": [{"factor": first.pk, "leaf": "change.exposure"}, {"factor": second.pk, "leaf": None}]}
    assert api_client(alice).post(place, sent, format="json").status_code == 403
    assert api_client(bob).post(place, sent, format="json").json() == {"coded": 2}
    assert api_client(bob).post(place, sent, format="json").status_code in (400, 422)
    assert api_client(bob).get("/api/v1/factor-agreement/").status_code == 403
    found = api_client(alice).get("/api/v1/factor-agreement/").json()
    assert found["leaves"]["same"] == 1 and [row["group"] for row in found["by_group"]] == ["change", "tools"]
