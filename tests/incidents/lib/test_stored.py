from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from incidents.lib import stored

AT = datetime(2026, 3, 2, 14, 0, 0, 250_000, tzinfo=UTC)


def test_moments_are_stored_in_utc():
    assert stored.iso(AT.astimezone(ZoneInfo("Asia/Tokyo"))) == "2026-03-02T14:00:00.250000Z"
    assert stored.iso(AT, "seconds") == "2026-03-02T14:00:00Z"
    assert stored.iso(None) is None


def test_what_is_read_back_is_said_in_the_zone_of_the_reader():
    assert stored.words("moment", stored.iso(AT), ZoneInfo("Europe/Paris")) == "2 Mar 2026, 15:00 CET"
    assert stored.words("date", "2026-03-02", UTC) == "2 Mar 2026"
    assert stored.words("moment", "at noon", UTC) == stored.words("text", "2026-03-02", UTC) == ""
