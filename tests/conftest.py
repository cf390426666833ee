"""Fixtures for every test: Alice leads, Bob responds, Charlie may only read, Mallory is on nothing private."""

import os

import hypothesis
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import TransactionTestCase

from tests.factories import make_user
from tests.restoring import remember, restore

# Examples are the same in every run, and no machine is too slow for them.
hypothesis.settings.register_profile("debrief", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("debrief")


#: Files whose tests run in one process, because they share what takes long to make: an installation, the example organisation, what was read of real files.
#: (Not pytest-xdist's groups: version 3.8 writes them where pytest 9 no longer looks.)
TOGETHER = {
    "tests/config/test_compose.py": "processes",
    "tests/config/test_backup.py": "processes",
    "tests/config/test_database_cut.py": "processes",
    "tests/config/test_jobs_survive.py": "processes",
    "tests/config/test_rolling_restart.py": "processes",
    "tests/config/test_serve.py": "processes",
    "tests/incidents/sources/test_reach.py": "real files",
    "tests/incidents/sources/test_real_data.py": "real files",
    "tests/journeys/test_demo.py": "demo",
}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Every other test goes to whichever process is free."""
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return TOGETHER.get(nodeid.partition("::")[0], nodeid)

    return ByGroup(config, log)


#: What a test asks for when it needs a database, or starts processes that do.
STORED = {"db", "transactional_db", "live_server", "installation", "redis_url"}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Begin with what takes long, or one process would end long after the other.

    On the second engine only what an engine can change: the rules of values and formats, and what happens in a browser, have been tried on the first."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    if os.environ.get("TEST_ENGINE") != "postgres":
        return
    kept, left = [], []
    for item in items:
        stored = item.get_closest_marker("django_db") or STORED & set(getattr(item, "fixturenames", ()))
        asked = item.config.getoption("file_or_dir") or (stored and item.path.parent.name != "browser")
        (kept if asked else left).append(item)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = kept


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The rows that `manage.py seed` makes are in the database before every test with a database, also after one that committed others."""
    with django_db_blocker.unblock():
        call_command("seed", verbosity=0)
        statements = remember(connection, "seeded")
    with pytest.MonkeyPatch.context() as patch:
        # How Django ends a test that commits; one that is rolled back has a way of its own.
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: restore(connection, statements))
        yield


@pytest.fixture
def alice(db):
    return make_user("alice", role="facilitator")


@pytest.fixture
def bob(db):
    return make_user("bob", role="responder")


@pytest.fixture
def charlie(db):
    return make_user("charlie", role="viewer")
