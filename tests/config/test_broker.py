"""The file-system broker of one machine."""

from queue import Empty

import pytest
from celery import Celery
from django.conf import settings
from kombu import Connection


@pytest.fixture
def connection(tmp_path):
    for name in ("messages", "control"):
        (tmp_path / name).mkdir()
    folders = {"data_folder_in": str(tmp_path / "messages"), "data_folder_out": str(tmp_path / "messages"), "control_folder": str(tmp_path / "control")}
    with Connection("filesystem://localhost", transport="config.broker:Transport", transport_options=folders) as connection:
        yield connection


def test_a_message_is_read_as_it_was_sent(connection):
    queue = connection.SimpleQueue("jobs")
    queue.put({"id": 7, "title": "Überlauf"})
    message = queue.get(timeout=5)
    assert message.payload == {"id": 7, "title": "Überlauf"}
    message.ack()


def test_a_reader_never_meets_a_half_written_message(connection, tmp_path):
    """The worker ended when it looked between the making of a file and its first byte."""
    writer, reader = connection.channel(), connection.channel()
    looked = []

    class Slow:
        """What a worker finds while the message is being written."""

        def __json__(self):
            with pytest.raises(Empty):
                reader._get("jobs")
            looked.append(True)
            return "written"

    writer._put("jobs", {"state": Slow()})
    assert looked
    assert reader._get("jobs") == {"state": "written"}
    assert not list((tmp_path / "messages").iterdir())


@pytest.mark.skipif(not settings.CELERY_BROKER_URL.startswith("filesystem://"), reason="another broker is set")
def test_the_product_uses_it():
    app = Celery("probe")
    app.config_from_object("django.conf:settings", namespace="CELERY")
    assert type(app.connection().transport).__module__ == "config.broker"
