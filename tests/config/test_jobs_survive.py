"""No job is lost: real workers killed mid-job, a broker that is away, messages that vanish."""

import os
import signal
import subprocess
import sys

import pytest

from tests.config.conftest import start_redis
from tests.installation import PATIENCE, alive, free_port, kill_group, wait_for

pytestmark = pytest.mark.slow

BROKERS = ["embedded", "redis"]


@pytest.fixture(params=BROKERS)
def brokered(request, installation):
    """An installation on each broker."""
    if request.param == "redis":
        installation.env["CELERY_BROKER_URL"] = request.getfixturevalue("redis_url")
    return installation


def lines(installation, name):
    path = installation.folder / "probe" / name
    return path.read_text().split() if path.exists() else []


def states(installation):
    return [row[0] for row in installation.rows("SELECT state FROM incidents_job ORDER BY id")]


def test_a_job_whose_worker_is_killed_is_done_by_another(brokered):
    brokered.start("serve", "--only", "beat")
    first = brokered.start("serve", "--only", "worker")
    hold = brokered.folder / "probe" / "hold"
    hold.parent.mkdir(exist_ok=True)
    hold.touch()
    brokered.manage("enqueue", "probe", "1")
    wait_for(lambda: lines(brokered, "1.runs"), "the job's first run")
    kill_group(first)
    hold.unlink()
    brokered.start("serve", "--only", "worker")
    wait_for(lambda: states(brokered) == ["done"], "the job")
    assert (brokered.folder / "probe" / "1.effect").exists()
    assert len(set(lines(brokered, "1.runs"))) == 2
    assert brokered.rows("SELECT attempts, lost FROM incidents_job") == [(2, 1)]


def test_a_job_that_runs_longer_than_its_lease_is_done_once(installation):
    """The heartbeat renews the lease of 3 seconds: sweeps that look every second leave the job to its worker."""
    installation.start("serve", "--only", "beat")
    installation.start("serve", "--only", "worker")
    hold = installation.folder / "probe" / "hold"
    hold.parent.mkdir(exist_ok=True)
    hold.touch()
    installation.manage("enqueue", "probe", "1")
    wait_for(lambda: lines(installation, "1.runs"), "the job's run")
    until = "SELECT lease_until FROM incidents_job"
    first = installation.rows(until)
    second = wait_for(lambda: now if (now := installation.rows(until)) != first else None, "one renewal")
    wait_for(lambda: installation.rows(until) not in (first, second), "another")
    hold.unlink()
    wait_for(lambda: states(installation) == ["done"], "the job")
    assert (len(lines(installation, "1.runs")), installation.rows("SELECT attempts, lost FROM incidents_job")) == (1, [(1, 0)])


def test_poison_is_given_up_and_the_others_go_on(installation):
    installation.start("serve", "--only", "beat")
    installation.start("serve", "--only", "worker")
    installation.manage("enqueue", "crash", "7")
    installation.manage("enqueue", "probe", "1", "2")
    wait_for(lambda: states(installation) == ["dead", "done", "done"], "the verdict")
    assert installation.rows("SELECT error FROM incidents_job WHERE kind = 'crash'") == [("Its worker died 3 times while doing it.",)]
    assert len(lines(installation, "7.crashes")) == 3


def test_jobs_asked_for_while_the_broker_is_away_are_done_after(installation, tmp_path):
    pytest.importorskip("redis")
    if subprocess.run(["sh", "-c", "command -v redis-server"], capture_output=True).returncode:
        pytest.skip("redis-server is not installed (Debian: redis-server)")
    port = free_port()
    installation.env["CELERY_BROKER_URL"] = f"redis://127.0.0.1:{port}/0"
    asked = installation.manage("enqueue", "probe", *map(str, range(20)))
    assert "the broker cannot be reached" in asked.stderr
    assert states(installation) == ["waiting"] * 20
    server = start_redis(port, tmp_path)
    try:
        installation.start("serve", "--only", "worker")
        installation.start("serve", "--only", "beat")
        wait_for(lambda: states(installation) == ["done"] * 20, "the sweep")
        assert {len(lines(installation, f"{number}.runs")) for number in range(20)} == {1}
    finally:
        kill_group(server)


def test_messages_that_vanish_lose_no_job(installation):
    installation.manage("enqueue", "probe", *map(str, range(10)))
    messages = list((installation.folder / "broker").iterdir())
    assert len(messages) == 10
    for message in messages:
        message.unlink()
    installation.start("serve", "--only", "worker")
    installation.start("serve", "--only", "beat")
    wait_for(lambda: states(installation) == ["done"] * 10, "the sweep")


def test_a_stopped_worker_finishes_its_job(installation):
    worker = installation.start("serve", "--only", "worker")
    hold = installation.folder / "probe" / "hold"
    hold.parent.mkdir(exist_ok=True)
    hold.touch()
    installation.manage("enqueue", "probe", "1")
    (pid,) = wait_for(lambda: lines(installation, "1.runs"), "the job's run")
    os.kill(worker.pid, signal.SIGTERM)
    wait_for(lambda: "shutdown" in worker.log.read_text(), "the worker to hear")
    hold.unlink()
    assert worker.wait(PATIENCE) == 0, worker.log.read_text()
    assert states(installation) == ["done"]
    assert not alive(int(pid))


def test_concurrent_workers_do_each_job_once(installation):
    """Two commands run the same jobs at once; the claim gives each to one of them."""
    for number in range(3):
        installation.manage("enqueue", "probe", *map(str, range(number * 20, number * 20 + 20)))
    code = "from incidents import jobs; print(jobs.sweep())"
    sweeps = [installation.start(command=[sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", code]) for _ in range(3)]
    for sweep in sweeps:
        assert sweep.wait(PATIENCE) == 0, sweep.log.read_text()
    assert states(installation) == ["done"] * 60
    assert {len(lines(installation, f"{number}.runs")) for number in range(60)} == {1}
    assert sum(int(sweep.log.read_text().split()[-1]) for sweep in sweeps) == 60
