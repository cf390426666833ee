"""Reads. Search by SQLite's FTS5: bm25 over title, body, timeline and actions, the title weighing most."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from postmortems.models import SearchEntry
from postmortems.search.query import Query, Term
from postmortems.search.results import CLOSE, ELLIPSIS, OPEN, RawHit, Scope


def quoted(term: Term) -> str:
    return '"' + " ".join(term.words) + '"'  # words are \w+ only, so nothing needs escaping


def expression(query: Query) -> str:
    """Return the FTS5 query for the groups; the exclusions go into `matching`, as FTS5 has no query of NOT alone."""
    return " AND ".join("(" + " OR ".join(quoted(term) for term in group) + ")" for group in query.groups)


def ids_matching(expression: str) -> RawSQL:
    return RawSQL("SELECT rowid FROM postmortems_searchfts WHERE postmortems_searchfts MATCH %s", [expression])  # noqa: S611 - parameterised


def renew() -> None:
    """Make the full-text table anew from the entries: triggers can only follow one that is whole."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO postmortems_searchfts(postmortems_searchfts) VALUES ('rebuild')")


def matching(query: Query, entries: QuerySet[SearchEntry]) -> QuerySet[SearchEntry]:
    """Return those of `entries` that the query finds, in no order of merit."""
    if query.groups:
        entries = entries.filter(pk__in=ids_matching(expression(query)))
    for term in query.excluded:
        entries = entries.exclude(pk__in=ids_matching(quoted(term)))
    return entries


def narrowing(query: Query, scope: Scope) -> tuple[str, list[Any]]:
    """Return SQL that narrows rows of the FTS table, with its parameters."""
    # FTS5 ranks and sorts on its own when nothing is joined to it, so what is hidden is subtracted: a short list, read once.
    conditions = [("NOT IN", scope.hidden)]
    if scope.chosen is not None:
        conditions.append(("IN", scope.chosen))
    conditions += [("NOT IN", SearchEntry.objects.filter(pk__in=ids_matching(quoted(term)))) for term in query.excluded]
    sql = ""
    parameters: list[Any] = []
    for operator, entries in conditions:
        if not entries.query.is_empty():
            part, values = entries.order_by().values("pk").query.sql_with_params()
            sql += f" AND rowid {operator} ({part})"
            parameters += values
    return sql, parameters


def page(query: Query, scope: Scope, offset: int, limit: int, bound: int) -> tuple[int, list[RawHit]]:
    """Return how many are found, counted no further than `bound`, and a page of hits, best first. `query` has at least one group.

    One pass over the matches ranks and counts them; sorting up to `bound` costs little more than sorting a page.
    """
    narrowed, parameters = narrowing(query, scope)
    words = expression(query)
    statement = f"SELECT rowid FROM postmortems_searchfts WHERE postmortems_searchfts MATCH %s {narrowed} ORDER BY rank LIMIT %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [words, *parameters, bound])
        found = [entry for (entry,) in cursor.fetchall()]
    wanted = found[offset : offset + limit]
    hits = quoting(words, wanted)
    return len(found), [hits[entry] for entry in wanted if entry in hits]


def quoting(words: str, entries: list[int]) -> dict[int, RawHit]:
    """Return title and snippet of each entry: of body, actions, timeline the first with a hit; the body's opening when only the title has one."""
    if not entries:
        return {}
    # The ids stand in the statement: for a list of them FTS5 looks each up, for a joined table it searches anew.
    marks = ", ".join(["%s"] * len(entries))
    statement = f"""
        SELECT rowid, highlight(postmortems_searchfts, 0, %s, %s),
            snippet(postmortems_searchfts, 1, %s, %s, %s, 40),
            snippet(postmortems_searchfts, 3, %s, %s, %s, 40),
            snippet(postmortems_searchfts, 2, %s, %s, %s, 40)
        FROM postmortems_searchfts WHERE postmortems_searchfts MATCH %s AND rowid IN ({marks})"""  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [OPEN, CLOSE, *[OPEN, CLOSE, ELLIPSIS] * 3, words, *entries])
        return {
            entry: RawHit(entry, title, next((snippet for snippet in snippets if OPEN in snippet), snippets[0]))
            for entry, title, *snippets in cursor.fetchall()
        }
