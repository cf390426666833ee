"""What most tests of post-mortems begin with."""

import pytest

from tests.factories import make_postmortem, make_user, make_written


@pytest.fixture
def postmortem(alice):
    return make_postmortem(alice)


@pytest.fixture
def pm(alice):
    """One that says something in every section."""
    return make_written(alice)


@pytest.fixture
def alices(client, alice):
    """Alice's browser."""
    client.force_login(alice)
    return client


@pytest.fixture
def ana(db):
    return make_user("ana", first_name="Ana")
