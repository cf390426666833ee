"""Every setting, read from the environment; `docs/configuration.md` explains each variable."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
import django_stubs_ext
from csp.constants import NONCE, NONE, SELF

from config import env

# Generic classes such as ModelForm[User] are for the type checker; this makes them work at run time.
django_stubs_ext.monkeypatch()

ROOT = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.text("DEBRIEF_DATA_DIR", str(ROOT / "var"))).resolve()

DEBUG = env.flag("DEBRIEF_DEBUG")
PORT = env.integer("PORT", 8000, 1, 65_535)
BASE_URL = env.text("DEBRIEF_BASE_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
SECRET_KEY = env.secret("DEBRIEF_SECRET_KEY") or env.generated(DATA_DIR / "secret_key")
# Seal what is secret in the database (webhook secrets): the first seals, all of them open.
FIELD_KEYS = [key for key in env.secret("DEBRIEF_FIELD_KEYS").replace(",", " ").split() if key] or [env.generated(DATA_DIR / "field_key")]
ALLOWED_HOSTS = env.words("DEBRIEF_ALLOWED_HOSTS") or [urlsplit(BASE_URL).hostname or "127.0.0.1", "127.0.0.1", "localhost"]
CSRF_TRUSTED_ORIGINS = [BASE_URL]
HTTPS = BASE_URL.startswith("https://")

INSTALLED_APPS = [
    "config.apps.ConfigConfig",
    "postmortems",
    "incidents",
    "config.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "csp",
]

MIDDLEWARE = [
    # Above WhiteNoise, so that static files carry the headers too.
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.permissions_policy",
    "config.middleware.length_required",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.middleware.body_kept",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# Database -----------------------------------------------------------------------------------------
# Measured: WAL with IMMEDIATE transactions is the one SQLite setting that loses no write under eight writers.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY;",
}
# A page asks the same dozen questions every time: prepared on the server they take a quarter off an incident's page. A pooler between
# transactions that does not know prepared statements (PgBouncer before 1.21) loses them, hence the switch.
POSTGRES_OPTIONS: dict[str, Any] = {
    "options": "-c statement_timeout=30000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000",
    "server_side_binding": True,
    "prepare_threshold": 3 if env.flag("DEBRIEF_PREPARED_STATEMENTS", True) else None,
}
DATABASES = {"default": dj_database_url.parse(env.address("DATABASE_URL", {"postgres", "postgresql", "sqlite"}) or f"sqlite:///{DATA_DIR / 'debrief.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Opening one takes as long as two queries, and its cache of pages begins empty.
    DATABASES["default"] |= {"OPTIONS": SQLITE_OPTIONS, "CONN_MAX_AGE": 600}
else:
    DATABASES["default"] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
    DATABASES["default"].setdefault("OPTIONS", {}).update(POSTGRES_OPTIONS)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# A cache that every process shares, so that login limits hold across workers.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}

# Files --------------------------------------------------------------------------------------------
MEDIA_ROOT = DATA_DIR / "media"
STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("DEBRIEF_STATIC_ROOT", str(DATA_DIR / "static")))
STATICFILES_DIRS = [ROOT / "config" / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "config.fonts.FontFinder",
]
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # pages name no other; compressing each twice took most of a first start
STORAGES = {
    "default": {"BACKEND": env.text("DEBRIEF_FILE_STORAGE", "django.core.files.storage.FileSystemStorage")},
    "staticfiles": {"BACKEND": "config.storages.StaticFiles"},
}
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 10

WEBHOOK_KEEP_DAYS = env.integer("DEBRIEF_WEBHOOK_KEEP_DAYS", 90)  # deliveries that no incident holds
EVENT_LIMIT = env.integer("DEBRIEF_EVENT_LIMIT", 100_000, 1)  # of one uploaded file; never more than a million

# Time and language --------------------------------------------------------------------------------
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
USE_I18N = False
FORMAT_MODULE_PATH: list[str] = []

# People -------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "incidents.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "incidents.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key", "reset_password": "20/m/ip,5/m/key"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # an administrator made the account; there is no sign-up to verify

# E-mail: EMAIL_URL is smtp://user:password@host:587?tls=1, or empty for messages in the log -----------
EMAIL = urlsplit(env.address("EMAIL_URL", {"smtp", "smtps"}))
if EMAIL.hostname:
    EMAIL_HOST, EMAIL_PORT = EMAIL.hostname, EMAIL.port or 25
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = EMAIL.username or "", EMAIL.password or ""
    EMAIL_USE_TLS = "tls=1" in EMAIL.query
    EMAIL_USE_SSL = EMAIL.scheme == "smtps"
else:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
DEFAULT_FROM_EMAIL = env.text("DEBRIEF_FROM_EMAIL", "debrief@localhost")
EMAIL_TIMEOUT = 15

# Jobs: rows are the truth, the broker only wakes a worker ------------------------------------------
CELERY_BROKER_URL = env.address("CELERY_BROKER_URL", {"redis", "rediss", "sentinel", "amqp", "amqps", "filesystem", "memory"}) or "filesystem://localhost"
if CELERY_BROKER_URL.startswith("filesystem://"):
    CELERY_BROKER_TRANSPORT = "config.broker:Transport"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(DATA_DIR / "broker"),
        "data_folder_out": str(DATA_DIR / "broker"),
        "control_folder": str(DATA_DIR / "broker-control"),
        "polling_interval": 0.1,
    }
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "socket_connect_timeout": 2, "max_retries": 0}
CELERY_TASK_ALWAYS_EAGER = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_TASK_TIME_LIMIT = 600
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A worker that is gone for this long has lost its job; its heartbeat renews the lease three times in between.
JOB_LEASE_SECONDS = env.integer("DEBRIEF_JOB_LEASE_SECONDS", 90, 1)
JOB_SWEEP_SECONDS = env.integer("DEBRIEF_JOB_SWEEP_SECONDS", 15, 1)

# Processes of `manage.py serve`
WEB_PROCESSES = env.integer("DEBRIEF_WEB_PROCESSES", 2, 1)
WEB_THREADS = env.integer("DEBRIEF_WEB_THREADS", 4, 1)
JOB_PROCESSES = env.integer("DEBRIEF_JOB_PROCESSES", 2, 1)
LOAD_DEMO = env.flag("DEBRIEF_DEMO", True)

# API ----------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "incidents.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["incidents.api.parsers.StrictJSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "incidents.api.pagination.Pages",
    "DEFAULT_SCHEMA_CLASS": "incidents.api.schema.Schema",
    "EXCEPTION_HANDLER": "incidents.api.errors.problem",
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Debrief",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "incidents.api.schema.complete"],
    "ENUM_NAME_OVERRIDES": {
        "EventKind": "incidents.models.Kind",
        "Precision": "incidents.models.Precision",
        "MilestoneDecision": "incidents.models.Milestone.Decision",
        "FusionDecision": "incidents.models.Fusion.Decision",
        "IncidentStatus": "incidents.models.Incident.Status",
        "PostmortemStatus": "postmortems.models.Postmortem.Status",
        "SectionKind": "postmortems.models.SectionKind",
        "ReviewDepth": "postmortems.models.Depth",
        "ReviewDecision": "postmortems.models.LearningAssessment.Decision",
        "IncidentKind": "incidents.models.Incident.Kind",
        "FactorKind": "postmortems.models.Factor.Kind",
        "FactorConfidence": "postmortems.models.Factor.Confidence",
        "ReviewVerdict": "postmortems.models.Decision.Verdict",
        "ParticipantRole": "postmortems.models.Participant.Role",
        "MeetingOutcome": ["planned", "held", "waived"],
        "ActionItemKind": "postmortems.models.ActionItem.Kind",
        "ActionItemStatus": "postmortems.models.ActionItem.Status",
        "DeliveryState": "incidents.models.Delivery.State",
        "IdeaState": "postmortems.models.ParkedIdea.State",
        "WhoMayRead": "postmortems.models.Shared",
    },
}

# Security -----------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = env.flag("DEBRIEF_HSTS_PRELOAD")
SECURE_SSL_REDIRECT = HTTPS
# Senders of webhooks follow no redirect; `api/webhooks.py` refuses them over plain http itself.
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^api/v1/hooks/"]
BEHIND_PROXY = env.flag("DEBRIEF_BEHIND_PROXY")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
# Whose address is limited: the one that the proxy added, else all who come through it would be one.
ALLAUTH_TRUSTED_PROXY_COUNT = int(BEHIND_PROXY)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "debrief_session"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "debrief_csrf"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 14 * 24 * 3600

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.one_of("DEBRIEF_LOG_LEVEL", "INFO", {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"})},
    # One line a sweep is four a minute of nothing.
    "loggers": {name: {"level": "WARNING"} for name in ("celery", "fontTools", "weasyprint")},
}

# Families of plug-ins: one file a vendor, one line here ----------------------------------------------
TIMELINE_SOURCES = [
    "incidents.sources.slack_export",
    "incidents.sources.pagerduty",
    "incidents.sources.alertmanager",
    "incidents.sources.argocd",
    "incidents.sources.aws",
    "incidents.sources.azure_devops",
    "incidents.sources.azure_monitor",
    "incidents.sources.better_stack",
    "incidents.sources.bitbucket",
    "incidents.sources.circleci",
    "incidents.sources.cloudtrail",
    "incidents.sources.datadog",
    "incidents.sources.discord",
    "incidents.sources.dynatrace",
    "incidents.sources.error_trackers",
    "incidents.sources.firehydrant",
    "incidents.sources.gcp_monitoring",
    "incidents.sources.git_log",
    "incidents.sources.github",
    "incidents.sources.gitlab",
    "incidents.sources.google_status",
    "incidents.sources.grafana",
    "incidents.sources.grafana_incident",
    "incidents.sources.grafana_oncall",
    "incidents.sources.graylog",
    "incidents.sources.icalendar",
    "incidents.sources.icinga",
    "incidents.sources.incident_io",
    "incidents.sources.irc",
    "incidents.sources.jenkins",
    "incidents.sources.jira",
    "incidents.sources.journald",
    "incidents.sources.kubernetes",
    "incidents.sources.launchdarkly",
    "incidents.sources.mail",
    "incidents.sources.messenger",
    "incidents.sources.monitors",
    "incidents.sources.msteams",
    "incidents.sources.nagios",
    "incidents.sources.newrelic",
    "incidents.sources.opsgenie",
    "incidents.sources.pingdom",
    "incidents.sources.rootly",
    "incidents.sources.sentry",
    "incidents.sources.servicenow",
    "incidents.sources.slack_status",
    "incidents.sources.splunk_oncall",
    "incidents.sources.squadcast",
    "incidents.sources.statuspage",
    "incidents.sources.syslog",
    "incidents.sources.telegram",
    "incidents.sources.transcript",
    "incidents.sources.uptime_kuma",
    "incidents.sources.whatsapp",
    "incidents.sources.xlsx",
    "incidents.sources.xmatters",
    "incidents.sources.zabbix",
    "incidents.sources.zendesk",
    "incidents.sources.table",
    "incidents.sources.generic_json",
    "incidents.sources.plain_text",
]
