import os
import time
from pathlib import Path

from django.apps import AppConfig


class ProbeConfig(AppConfig):
    name = "tests.probe"

    def ready(self):
        from django.conf import settings

        from incidents import jobs

        folder = Path(settings.DATA_DIR) / "probe"
        folder.mkdir(parents=True, exist_ok=True)

        @jobs.handles("probe")
        def probe(number):
            """Say who runs, wait while the file `hold` is there, have one effect."""
            with (folder / f"{number}.runs").open("a") as file:
                file.write(f"{os.getpid()}\n")
            while (folder / "hold").exists():
                time.sleep(0.05)
            (folder / f"{number}.effect").touch()

        @jobs.handles("crash")
        def crash(number):
            """Take the worker along, as a fault in a C library does."""
            with (folder / f"{number}.crashes").open("a") as file:
                file.write(f"{os.getpid()}\n")
            os.kill(os.getpid(), 9)
