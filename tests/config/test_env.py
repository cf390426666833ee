"""Wrong values of variables: one line that names the variable, and never the secret in it."""

import os
import signal
import subprocess
import sys
import time

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env
from tests.installation import ROOT


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("abc", lambda: env.integer("X", 1)),
        ("0", lambda: env.integer("X", 2, 1)),
        ("70000", lambda: env.integer("X", 8000, 1, 65_535)),
        ("-1", lambda: env.integer("X", 1)),
        ("LOUD", lambda: env.one_of("X", "INFO", {"INFO", "ERROR"})),
        ("maybe", lambda: env.flag("X")),
        ("mysql://user:hunter2@host/x", lambda: env.address("X", {"postgres", "sqlite"})),
        ("hunter2", lambda: env.address("X", {"redis"})),
    ],
)
def test_a_wrong_value_names_its_variable(monkeypatch, value, read):
    monkeypatch.setenv("X", value)
    with pytest.raises(ImproperlyConfigured, match="^X") as refused:
        read()
    assert "\n" not in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_right_values_are_taken(monkeypatch):
    monkeypatch.setenv("X", "postgres://user@host/x")
    assert env.address("X", {"postgres"}) == "postgres://user@host/x"
    monkeypatch.setenv("X", "error")
    assert env.one_of("X", "INFO", {"INFO", "ERROR"}) == "ERROR"
    monkeypatch.delenv("X")
    assert (env.integer("X", 3, 1), env.one_of("X", "INFO", {"INFO"}), env.address("X", {"redis"})) == (3, "INFO", "")


def run(tmp_path, *arguments, **variables):
    environment = {"PATH": os.environ["PATH"], "DEBRIEF_DATA_DIR": str(tmp_path), **variables}
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"PORT": "abc"}, "PORT='abc' is not a whole number."),
        ({"DEBRIEF_DATA_DIR": "/proc/nowhere"}, "DEBRIEF_DATA_DIR: cannot use /proc/nowhere/secret_key: "),
        ({"DATABASE_URL": "postgres://u:hunter2@127.0.0.1:1/x"}, "The database refuses: "),
        ({}, "no such table"),
    ],
)
def test_a_command_fails_in_one_line(tmp_path, variables, words):
    process = run(tmp_path, "seed", **variables)
    out, said = process.communicate(timeout=60)
    assert (process.returncode, out, said.count("\n")) == (1, "", 1), said
    assert words in said
    assert "hunter2" not in said


def test_an_interrupted_command_says_nothing_and_ends_as_interrupted(tmp_path):
    process = run(tmp_path, "lint_blameless", "-")
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in said
