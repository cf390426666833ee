"""`manage.py serve`: web, worker and beat under one process; with `--only` one of them alone, for a deployment of several containers."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from config import health, preparing, processes


class Command(BaseCommand):
    help = "Serve Debrief: web server, job worker and scheduler. Ctrl-C or SIGTERM stops all of them within 30 seconds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen at (127.0.0.1)")
        parser.add_argument("--port", type=int, default=settings.PORT, help="the port to listen at (PORT, or 8000)")
        parser.add_argument("--only", choices=["web", "worker", "beat"], help="run this process alone, in place of this one")
        parser.add_argument("--prepare", action="store_true", help="bring the installation up to date first; the demo on the very first start")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port, only = options["host"], options["port"], options["only"]
        if only in (None, "web") and not processes.port_is_free(host, port):
            raise CommandError(f"Port {port} is in use. Choose another: make run PORT={port + 1}")
        if options["prepare"]:
            preparing.prepare(self.stdout, demo=settings.LOAD_DEMO)
        elif count := health.unapplied():
            raise CommandError(f"{count} migrations are not applied. Type: manage.py migrate")
        login = preparing.login_line()
        connections.close_all()
        self.stdout.flush()
        if only:
            command = {"web": lambda: processes.web(host, port), "worker": processes.worker, "beat": processes.beat}[only]()
            os.execve(command[0], command, processes.environment())  # noqa: S606 - signals reach it without a middleman
        self.supervise(host, port, login)

    def supervise(self, host: str, port: int, login: str) -> None:
        def tell(line: str) -> None:
            self.stdout.write(line)
            self.stdout.flush()

        def greet() -> None:
            tell(f"\n  Debrief is ready: {settings.BASE_URL}/")
            if login:
                tell(f"  {login}")
            tell("  Ctrl-C stops it.\n")

        children = [
            processes.Child("web", processes.web(host, port)),
            processes.Child("worker", processes.worker()),
            processes.Child("beat", processes.beat()),
        ]
        supervisor = processes.Supervisor(children, ready=lambda: processes.answers(host, port), on_ready=greet, tell=tell)
        code = supervisor.run()
        if code:
            sys.exit(code)
        tell("Debrief has stopped.")
