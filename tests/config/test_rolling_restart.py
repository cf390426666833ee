"""Every process is restarted, one after the other, while people read and programs write: no request fails, no job is lost."""

import json
import signal
import threading
import time
import urllib.error
import urllib.request

import pytest

from tests.installation import PATIENCE, Caller, as_form, free_port, wait_for

pytestmark = pytest.mark.slow

PAUSE = 0.2  # seconds between the requests of one caller
CALLERS = 4  # 20 requests a second in all
ENTRIES = 3
NOTES = "".join(f"2026-03-02 14:{minute:02} UTC - entry {minute} of {{0}}\n" for minute in range(ENTRIES))


class Load:
    """Callers that do as a load balancer does: whoever takes no connection is passed over for the other."""

    def __init__(self, caller, ports, incident):
        self.caller, self.ports, self.incident = caller, ports, incident
        self.done, self.sent, self.failed, self.stopped = 0, 0, [], threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.call, args=(number,)) for number in range(CALLERS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        for thread in self.threads:
            thread.join(PATIENCE)

    def call(self, number):
        turn = number
        while not self.stopped.wait(PAUSE):
            turn += 1
            body, path, expected = None, ("/api/v1/incidents/", "/livez")[turn % 2], 200
            if turn % 5 == 0:
                body, _kind = as_form(f"{number}-{turn}.txt", NOTES.format(f"{number}-{turn}"))
                path, expected = f"/api/v1/incidents/{self.incident}/imports/", 202
            status = self.through(turn, path, body)
            with self.lock:
                self.done += 1
                self.sent += body is not None and status == expected
                if status != expected:
                    self.failed.append((path, status))

    def through(self, turn, path, body):
        headers = {"Authorization": f"Bearer {self.caller.secret}"} | ({"Content-Type": "multipart/form-data; boundary=x"} if body else {})
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            turn += 1
            address = f"http://127.0.0.1:{self.ports[turn % len(self.ports)]}{path}"
            try:
                with urllib.request.urlopen(urllib.request.Request(address, body, headers), timeout=PATIENCE) as answer:
                    answer.read()
                    return answer.status
            except urllib.error.HTTPError as error:
                return error.code
            except urllib.error.URLError as error:
                if not isinstance(error.reason, ConnectionRefusedError):
                    return repr(error.reason)
            except OSError as error:
                return repr(error)
        return "no web took a connection"


def stop(process):
    process.send_signal(signal.SIGTERM)
    process.wait(PATIENCE)


def test_no_request_fails_and_no_job_is_lost(installation):
    ports = [installation.port, free_port()]

    def web(port):
        process = installation.start("serve", "--only", "web", "--port", str(port))
        wait_for(lambda: answers(port), f"the web at {port}")
        return process

    caller = Caller(installation)
    webs = {port: web(port) for port in ports}
    others = {name: installation.start("serve", "--only", name) for name in ("worker", "beat")}
    incident = json.loads(caller.ask("/api/v1/incidents/", json.dumps({"title": "Orders hang"}).encode())[1])["reference"]
    with Load(caller, ports, incident) as load:
        for port in ports:
            before = load.done
            wait_for(lambda before=before: load.done > before + 20, "some requests")
            stop(webs[port])
            webs[port] = web(port)
        for name, process in others.items():
            stop(process)
            others[name] = installation.start("serve", "--only", name)
        before = load.done
        wait_for(lambda: load.done > before + 20, "some requests")
    assert load.failed == []
    assert (load.done > 60, load.sent > 10) == (True, True)
    wait_for(lambda: installation.rows("SELECT DISTINCT state FROM incidents_job") == [("done",)], "the jobs")
    assert installation.rows("SELECT state, count(*) FROM incidents_delivery GROUP BY state") == [("imported", load.sent)]
    assert installation.rows("SELECT count(*) FROM incidents_timelineevent") == [(load.sent * ENTRIES,)]


def answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=PATIENCE) as answer:
            return answer.status == 200
    except OSError:
        return False
