"""Settings of real processes that tests start: production's own, and the probe app."""

from config.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.probe.apps.ProbeConfig"]  # noqa: F405
