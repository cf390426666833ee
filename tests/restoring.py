"""The rows of `manage.py seed`, put back after a test that commits.

Django's own flush truncates a hundred tables and makes permissions and content types anew; with the seed on top that was most of what a test with a
browser cost. Here the seeded rows lie beside the tables in copies and come back by one INSERT each."""

from django.db import transaction

#: What migrating makes and no test changes.
KEPT = {"django_content_type", "auth_permission", "django_migrations"}
COPY = "seeded_"


def remember(connection):
    """Copy every table that has rows; return the statements that put back what is there now."""
    quote = connection.ops.quote_name
    tables = sorted(set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT)
    emptying, filling = [f"DELETE FROM {quote(table)}" for table in tables], []
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT 1 FROM {quote(table)} LIMIT 1")
            if cursor.fetchone():
                cursor.execute(f"CREATE TABLE {quote(COPY + table)} AS SELECT * FROM {quote(table)}")
                filling.append(f"INSERT INTO {quote(table)} SELECT * FROM {quote(COPY + table)}")
    return emptying + filling


def restore(connection, statements):
    """Put the remembered rows back. Keys are checked at the end, or the order of the tables would matter."""
    with connection.constraint_checks_disabled(), transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("; ".join(statements))
        else:
            for statement in statements:
                cursor.execute(statement)
