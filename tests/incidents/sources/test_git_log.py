"""A log without dates cannot be placed: it is recognised all the same, and refused with what to type."""

import pytest

from incidents.sources import detect
from incidents.sources.drafts import SourceError
from tests.incidents.sources.reading import payload_of, read

ONELINE = b"3f1c2d9 Ship the smaller pool\n77ef001 (tag: v42) Make the pool smaller\n9ab12cd Revert longer timeouts\n"
RELATIVE = b"commit 77ef001122334455\nAuthor: Grace <grace@example.com>\nDate:   3 days ago\n\n    Make the pool smaller\n"


@pytest.mark.parametrize("data", [ONELINE, RELATIVE])
def test_a_log_without_dates_is_refused_with_what_to_type(data):
    assert detect(payload_of(data)).name == "git"
    with pytest.raises(SourceError, match=r"git log --date=iso-strict"):
        read("git", data)


def test_a_local_date_takes_the_zone_that_is_given():
    data = b"commit 77ef001122334455\nAuthor: Grace <grace@example.com>\nDate:   Mon Mar 2 14:59:07 2026\n\n    Make the pool smaller\n"

    assert read("git", data)[0][0].needs == "zone"
    assert read("git", data, time_zone="Europe/Berlin")[0][0].at.isoformat() == "2026-03-02T13:59:07+00:00"
