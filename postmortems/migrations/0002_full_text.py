"""The engines' own full-text index over SearchEntry: FTS5 kept by triggers, or a generated tsvector with GIN."""

from django.db import migrations

SQLITE = [
    """CREATE VIRTUAL TABLE postmortems_searchfts USING fts5(
        title, body, timeline, actions,
        content='postmortems_searchentry', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2')""",
    "INSERT INTO postmortems_searchfts(postmortems_searchfts, rank) VALUES ('rank', 'bm25(10.0, 3.0, 1.0, 2.0)')",
    """CREATE TRIGGER postmortems_search_added AFTER INSERT ON postmortems_searchentry BEGIN
        INSERT INTO postmortems_searchfts(rowid, title, body, timeline, actions)
        VALUES (new.id, new.title, new.body, new.timeline, new.actions);
    END""",
    """CREATE TRIGGER postmortems_search_removed AFTER DELETE ON postmortems_searchentry BEGIN
        INSERT INTO postmortems_searchfts(postmortems_searchfts, rowid, title, body, timeline, actions)
        VALUES ('delete', old.id, old.title, old.body, old.timeline, old.actions);
    END""",
    """CREATE TRIGGER postmortems_search_changed AFTER UPDATE ON postmortems_searchentry BEGIN
        INSERT INTO postmortems_searchfts(postmortems_searchfts, rowid, title, body, timeline, actions)
        VALUES ('delete', old.id, old.title, old.body, old.timeline, old.actions);
        INSERT INTO postmortems_searchfts(rowid, title, body, timeline, actions)
        VALUES (new.id, new.title, new.body, new.timeline, new.actions);
    END""",
]

# A tsvector holds at most a megabyte, so each column gives its first part only; letters weigh 1, 0.4, 0.2 and 0.1.
POSTGRES = [
    """ALTER TABLE postmortems_searchentry ADD COLUMN vector tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('english', left(title, 1000)), 'A') ||
        setweight(to_tsvector('english', left(body, 300000)), 'B') ||
        setweight(to_tsvector('english', left(actions, 50000)), 'C') ||
        setweight(to_tsvector('english', left(timeline, 200000)), 'D')) STORED""",
    "CREATE INDEX postmortems_search_vector ON postmortems_searchentry USING gin(vector)",
]


def forwards(apps, schema_editor):
    for statement in POSTGRES if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement, None)


def backwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE postmortems_searchentry DROP COLUMN vector", None)
    else:
        for name in ("added", "removed", "changed"):
            schema_editor.execute(f"DROP TRIGGER postmortems_search_{name}", None)
        schema_editor.execute("DROP TABLE postmortems_searchfts", None)


class Migration(migrations.Migration):
    dependencies = [("postmortems", "0001_initial")]
    operations = [migrations.RunPython(forwards, backwards)]
