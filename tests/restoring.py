"""The rows of a moment, put back later: those of `manage.py seed` after a test that commits.

Django's own flush truncates a hundred tables and makes permissions and content types anew; with the seed on top that was most of what a test with a
browser cost. Here the rows lie beside the tables in copies and come back by one INSERT each."""

from django.apps import apps
from django.db import transaction

#: What migrating makes and no test changes.
KEPT = {"django_content_type", "auth_permission"}


def remember(connection, name):
    """Copy every table that has rows to one whose name begins with `name`; return the statements that put back what is there now."""
    quote = connection.ops.quote_name
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed and model._meta.db_table not in KEPT]
    emptying, filling = [f"DELETE FROM {quote(model._meta.db_table)}" for model in models], []
    with connection.cursor() as cursor:
        for model in models:
            table, copy = quote(model._meta.db_table), quote(f"{name}_{model._meta.db_table}")
            columns = ", ".join(quote(field.column) for field in model._meta.local_concrete_fields if not field.generated)
            cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")
            if cursor.fetchone():
                cursor.execute(f"CREATE TABLE {copy} AS SELECT {columns} FROM {table}")
                filling.append(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {copy}")
    return emptying + filling


def restore(connection, statements):
    """Put the remembered rows back. Keys are checked at the end, or the order of the tables would matter."""
    with connection.constraint_checks_disabled(), transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("; ".join(statements))
        else:
            for statement in statements:
                cursor.execute(statement)
