import shutil
import subprocess

import pytest

from tests.installation import Installation, free_port, kill_group, wait_for


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """A prepared installation to copy; nothing runs in it."""
    made = Installation(tmp_path_factory.mktemp("prepared") / "data")
    try:
        made.manage("prepare")
        yield made
    finally:
        made.close()


@pytest.fixture
def installation(tmp_path, prepared):
    """An installation on the engine of the run; its processes end with the test."""
    made = Installation(tmp_path / "data", template=prepared)
    yield made
    made.close()


@pytest.fixture
def redis_url(tmp_path):
    """A Redis of this test's own, on a free port of this machine."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed (Debian: redis-server)")
    port = free_port()
    server = start_redis(port, tmp_path)
    yield f"redis://127.0.0.1:{port}/0"
    kill_group(server)


def start_redis(port, folder):
    words = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    wait_for(lambda: subprocess.run(["redis-cli", "-p", str(port), "ping"], capture_output=True).stdout == b"PONG\n", "redis")
    return server
