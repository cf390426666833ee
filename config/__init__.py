"""The project on top: settings, URLs, the Celery app. Nobody imports it but Django, Celery and the tests."""
