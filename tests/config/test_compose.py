"""compose.yaml is kept honest: the same commands with the same variables, as processes of this machine, against Redis and PostgreSQL."""

import os
import re

import pytest
import yaml

from tests.installation import ROOT, Installation, wait_for

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if service.get("image") == "debrief"}


def variables():
    """The environment of our services, with the values that its own .env would give filled in by name."""
    return OURS["web"]["environment"]


def test_every_service_of_ours_has_the_same_environment_and_volumes():
    assert set(OURS) == {"prepare", "web", "worker", "beat"}
    assert {repr((service["environment"], service["volumes"])) for service in OURS.values()} == {repr((variables(), ["data:/data"]))}


def test_every_variable_is_read_and_explained():
    code = "".join((ROOT / "config" / name).read_text() for name in ("settings.py", "env.py"))
    explained = (ROOT / "docs" / "configuration.md").read_text()
    for name in variables():
        assert f'"{name}"' in code, name
        assert f"`{name}`" in explained, name


def test_every_variable_of_the_settings_is_explained():
    code = (ROOT / "config" / "settings.py").read_text()
    explained = (ROOT / "docs" / "configuration.md").read_text()
    names = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', code))
    assert names and not {name for name in names if f"`{name}`" not in explained}


def test_the_example_names_what_compose_demands():
    demanded = set(re.findall(r"\$\{(\w+):\?", (ROOT / "compose.yaml").read_text()))
    example = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert demanded <= example


def test_the_image_copies_what_it_runs():
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert all(f"COPY {name} {name}" in dockerfile for name in ("config", "incidents", "postmortems", "templates"))
    assert "USER debrief" in dockerfile and "HEALTHCHECK" in dockerfile and "--require-hashes" in dockerfile
    from config.libraries import LIBRARIES

    assert all(package in dockerfile for package in LIBRARIES)


@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("TEST_ENGINE") != "postgres", reason="compose.yaml's database is PostgreSQL; this runs with TEST_ENGINE=postgres")
def test_the_same_processes_run_without_docker(tmp_path, redis_url):
    given = {
        "CELERY_BROKER_URL": redis_url,
        "DEBRIEF_BASE_URL": "https://debrief.example.org",
        "DEBRIEF_SECRET_KEY": "0123456789abcdefghij" * 4,
        "DEBRIEF_BEHIND_PROXY": "1",
        "DEBRIEF_DEMO": "0",
        "EMAIL_URL": "",
    }
    assert set(given) | {"DATABASE_URL"} == set(variables())
    installation = Installation(tmp_path / "data", **given)
    try:
        prepared = installation.start(*OURS["prepare"]["command"][2:])
        assert prepared.wait(120) == 0, prepared.log.read_text()
        for name in ("web", "worker", "beat"):
            assert OURS[name]["command"][:2] == ["python", "manage.py"]
            words = [word if word != "0.0.0.0" else "127.0.0.1" for word in OURS[name]["command"][2:]]
            installation.start(*words)
        wait_for(lambda: installation.get("/livez"), "the web")
        wait_for(lambda: installation.get("/readyz")[1] == '{"status": "ok"}', "the worker's sweep")
        installation.manage("enqueue", "probe", "1")
        wait_for(lambda: installation.rows("SELECT state FROM incidents_job") == [("done",)], "the job")
    finally:
        installation.close()
