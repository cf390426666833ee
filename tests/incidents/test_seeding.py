import pytest

from incidents import seeding
from incidents.models import MilestoneKind, Severity

pytestmark = pytest.mark.django_db


def test_seeding_twice_adds_nothing():
    assert seeding.seed_all() == 0


def test_seeding_leaves_what_people_changed():
    Severity.objects.filter(key="sev1").update(name="Critical")
    seeding.seed_all()
    assert Severity.objects.get(key="sev1").name == "Critical"


def test_milestones_are_in_their_natural_order():
    assert list(MilestoneKind.objects.values_list("key", flat=True)) == ["impact_started", "detected", "acknowledged", "mitigated", "resolved"]
