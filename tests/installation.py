"""A real installation for tests: its own data directory, database and processes, on the engine of the run."""

import contextlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 240  # seconds until a wait gives up; no test asserts a time, and a machine may be busy


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, what="it"):
    """Return the first true value of `condition()`."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError(f"Waited {PATIENCE} s for {what}.")


def alive(pid):
    """Say whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (OSError, IndexError):
        return False


class Installation:
    def __init__(self, folder, template=None, **env):
        """Make one; a copy of `template`, which has no process running, saves the preparing."""
        self.folder, self.processes, self.database = Path(folder), [], None
        if template:
            shutil.copytree(template.folder, self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        engine = os.environ.get("TEST_ENGINE", "sqlite")
        url = self.create_database(template) if engine == "postgres" else f"sqlite:///{self.folder}/debrief.sqlite3"
        dropped = {"DEBRIEF_SECRET_KEY", "DEBRIEF_FIELD_KEYS", "DEBRIEF_TEST_DIR", "TEST_DATABASE_URL", "DEBRIEF_BASE_URL"}
        self.env = {name: value for name, value in os.environ.items() if name not in dropped and not name.startswith("PYTEST")} | {
            "DJANGO_SETTINGS_MODULE": "tests.live_settings",
            "DEBRIEF_DATA_DIR": str(self.folder),
            "DATABASE_URL": url,
            "PORT": str(self.port),
            "DEBRIEF_DEMO": "0",
            "DEBRIEF_JOB_LEASE_SECONDS": "3",
            "DEBRIEF_JOB_SWEEP_SECONDS": "1",
            **env,
        }

    def create_database(self, template):
        import psycopg

        self.server = os.environ["TEST_DATABASE_URL"]
        self.database = f"live_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {self.database} TEMPLATE {template.database if template else 'template0'}")
        head, mark, tail = self.server.partition("?")
        return f"{head.rpartition('/')[0]}/{self.database}{mark}{tail}"

    def rows(self, sql):
        if self.database is None:
            with sqlite3.connect(self.folder / "debrief.sqlite3", timeout=20) as connection:
                return connection.execute(sql).fetchall()
        import psycopg

        with psycopg.connect(self.env["DATABASE_URL"], autocommit=True) as connection:
            return connection.execute(sql).fetchall()

    def manage(self, *words, check=True):
        return subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=self.env, capture_output=True, text=True, check=check, timeout=PATIENCE)

    def start(self, *words, command=None, **env):
        """Start a process in a group of its own; its output goes to a file beside the data."""
        log = self.folder / f"process-{len(self.processes)}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                command or [sys.executable, "manage.py", *words],
                cwd=ROOT, env=self.env | env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        process.log = log
        self.processes.append(process)
        return process

    def get(self, path):
        """Return (status, body, headers) of a page, or None while nobody listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode(), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(), error.headers
        except OSError:
            return None

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                pass
            finally:
                kill_group(process)
        if self.database:
            import psycopg

            with psycopg.connect(self.server, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {self.database} WITH (FORCE)")
        shutil.rmtree(self.folder, ignore_errors=True)


def kill_group(process):
    """Kill a process that a test started, and what that started, at once."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def descendants(pid):
    """Return the ids of the processes below `pid`."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents.setdefault(int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]), []).append(int(entry.name))
            except (OSError, IndexError):
                continue
    found, todo = [], [pid]
    while todo:
        children = parents.get(todo.pop(), [])
        found += children
        todo += children
    return found


TOKEN = """
from django.utils import timezone
from incidents import tokens
from incidents.models import User
user = User.objects.create_user("ann", password="a long pass phrase", role="admin")
print(tokens.issue(user=user, name="test", scope="write", days=1, now=timezone.now())[1])
"""


class Caller:
    """A program of Ann's, who may do all."""

    def __init__(self, installation):
        self.base = f"http://127.0.0.1:{installation.port}"
        self.secret = installation.manage("shell", "--verbosity", "0", "-c", TOKEN).stdout.split()[-1]

    def ask(self, path, body=None, kind="application/json"):
        """Return (status, text) of a request by API; with a body it is a POST."""
        headers = {"Authorization": f"Bearer {self.secret}"} | ({"Content-Type": kind} if body else {})
        try:
            with urllib.request.urlopen(urllib.request.Request(self.base + path, body, headers), timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


def as_form(file_name, text):
    """Return the body and the kind of a form with one file in "files"."""
    return f'--x\r\nContent-Disposition: form-data; name="files"; filename="{file_name}"\r\n\r\n{text}\r\n--x--\r\n'.encode(), "multipart/form-data; boundary=x"
