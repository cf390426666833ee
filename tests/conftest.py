"""Fixtures for every test: Alice leads, Bob responds, Charlie may only read, Mallory is on nothing private."""

import pytest

from tests.factories import make_user


@pytest.fixture(autouse=True)
def _seeded(request):
    """The rows that `manage.py seed` makes, in every test with a database."""
    if request.node.get_closest_marker("django_db") or {"db", "transactional_db", "live_server"} & set(request.fixturenames):
        request.getfixturevalue("transactional_db" if "live_server" in request.fixturenames else "db")
        from django.core.management import call_command

        call_command("seed", verbosity=0)


@pytest.fixture
def alice(db):
    return make_user("alice", role="facilitator")


@pytest.fixture
def bob(db):
    return make_user("bob", role="responder")


@pytest.fixture
def charlie(db):
    return make_user("charlie", role="viewer")
