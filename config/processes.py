"""The processes of an installation, and the supervisor that runs them together on one machine."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings

STOP_WITHIN = 28.0  # seconds from the signal to the last process; whoever still runs then is killed
LONGEST_PAUSE = 30.0
STEADY = 60.0  # a process that ran this long has recovered: its next restart is prompt again
PDEATHSIG = 1


def web(host: str, port: int) -> list[str]:
    """Granian serves WSGI: every page is short and its time goes to the database, where threads wait cheaply."""
    options = {
        "interface": "wsgi",
        "host": host,
        "port": port,
        "workers": settings.WEB_PROCESSES,
        "blocking-threads": settings.WEB_THREADS,
        "backpressure": settings.WEB_THREADS * 16,
        "workers-kill-timeout": 20,
        "log-level": "warning",
    }
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    return [sys.executable, "-m", "granian", *words, "--respawn-failed-workers", "--no-ws", "config.wsgi:application"]


def worker() -> list[str]:
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]  # talk among workers, for nobody here
    return [sys.executable, "-m", "celery", "-A", "config.celery", "--quiet", "worker", "--concurrency", str(settings.JOB_PROCESSES), *quiet]


def beat() -> list[str]:
    schedule = str(settings.DATA_DIR / "beat-schedule")
    return [sys.executable, "-m", "celery", "-A", "config.celery", "--quiet", "beat", "--schedule", schedule, "--pidfile", ""]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1"}


def port_is_free(host: str, port: int) -> bool:
    """Say whether nobody listens there. Granian shares its port among its processes, so it would not notice another server."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def answers(host: str, port: int) -> bool:
    """Say whether somebody accepts connections there."""
    try:
        with socket.create_connection(("127.0.0.1" if host == "0.0.0.0" else host, port), timeout=1):  # noqa: S104 - a comparison
            return True
    except OSError:
        return False


def die_with_parent() -> None:
    """On Linux, have the kernel stop this process when the supervisor is killed, so that none is orphaned."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One process that must run, in a group of its own, so that a Ctrl-C reaches only the supervisor."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = 0.5
    again_at: float = 0.0

    def start(self) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - our own words
            self.command, cwd=settings.ROOT, env=environment(), stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=die_with_parent
        )

    def signal_group(self, number: int) -> None:
        """Signal the process and whatever it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None


@dataclass
class Supervisor:
    """Starts the children, restarts those that die, stops them all on SIGTERM, SIGINT or SIGHUP."""

    children: list[Child]
    ready: Callable[[], bool]
    on_ready: Callable[[], None]
    tell: Callable[[str], None]
    stopping: bool = False
    is_ready: bool = field(default=False, init=False)

    def run(self) -> int:
        """Return 0 after a signal, 1 when the first child, the web, could not start."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self.stop)
        for child in self.children:
            child.start()
        try:
            while not self.stopping:
                if not self.watch():
                    return 1
                time.sleep(0.1)
        finally:
            self.finish()
        return 0

    def stop(self, number: int, frame: object) -> None:
        self.stopping = True

    def watch(self) -> bool:
        """Look after every child once. Returns False when the web died before it ever answered."""
        if not self.is_ready and self.children[0].running() and self.ready():
            self.is_ready = True
            self.on_ready()
        now = time.monotonic()
        for child in self.children:
            if child.running():
                continue
            if child is self.children[0] and not self.is_ready:
                self.tell(f"The {child.name} process could not start; its message is above.")
                return False
            if not child.again_at:
                child.pause = 0.5 if now - child.started > STEADY else min(child.pause * 2, LONGEST_PAUSE)
                child.again_at = now + child.pause
                child.signal_group(signal.SIGKILL)  # what it left behind
                self.tell(f"The {child.name} process ended ({child.process.returncode if child.process else '?'}); it starts again in {child.pause:g} s.")
            elif now >= child.again_at:
                child.again_at = 0.0
                child.start()
        return True

    def finish(self) -> None:
        """Ask all to stop, wait, kill the rest: nothing of ours is left running."""
        for child in self.children:
            if child.running() and child.process:
                child.process.terminate()
        until = time.monotonic() + STOP_WITHIN
        while time.monotonic() < until and any(child.running() for child in self.children):
            time.sleep(0.05)
        for child in self.children:
            child.signal_group(signal.SIGKILL)
            if child.process:
                child.process.wait()
