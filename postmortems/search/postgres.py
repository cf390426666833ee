"""Reads. Search by PostgreSQL's full text: the weighted `vector` column with its GIN index."""

from __future__ import annotations

from django.db import connection
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from postmortems.models import SearchEntry
from postmortems.search.query import Query, Term
from postmortems.search.results import CLOSE, OPEN, RawHit, Scope

#: Ranking reads the vector of every match, so for a word that most documents hold only the newest are ranked.
RANKED = 1000
HEADLINE = f"StartSel={OPEN}, StopSel={CLOSE}, MaxFragments=2, MaxWords=22, MinWords=12, FragmentDelimiter=' … '"
TITLE = f"StartSel={OPEN}, StopSel={CLOSE}, HighlightAll=true"


def quoted(term: Term) -> str:
    return '"' + " ".join(term.words) + '"'


def tsquery(query: Query) -> tuple[str, list[str]]:
    """Return SQL and parameters of the tsquery: its own OR binds looser than AND, so each group is a query of its own."""
    parts = ["websearch_to_tsquery('english', %s)"] * len(query.groups) + ["!! websearch_to_tsquery('english', %s)"] * len(query.excluded)
    texts = [" or ".join(quoted(term) for term in group) for group in query.groups] + [quoted(term) for term in query.excluded]
    return "(" + " && ".join(parts) + ")", texts


def matching(query: Query, entries: QuerySet[SearchEntry]) -> QuerySet[SearchEntry]:
    """Return those of `entries` that the query finds, in no order of merit."""
    sql, parameters = tsquery(query)
    return entries.filter(RawSQL(f"vector @@ {sql}", parameters, output_field=BooleanField()))  # noqa: S611 - parameterised


def page(query: Query, scope: Scope, offset: int, limit: int, bound: int) -> tuple[int, list[RawHit]]:
    """Return how many are found, counted no further than `bound`, and a page of hits, best first. `query` has at least one group."""
    total = count(query, scope, bound)
    return total, best(query, scope, offset, limit) if total > offset else []


def count(query: Query, scope: Scope, bound: int) -> int:
    return matching(query, scope.visible if scope.chosen is None else scope.chosen).order_by().values("pk")[:bound].count()


def best(query: Query, scope: Scope, offset: int, limit: int) -> list[RawHit]:
    entries = scope.visible if scope.chosen is None else scope.chosen
    wanted = Query(query.groups)
    question, texts = tsquery(wanted)
    newest, parameters = matching(query, entries).order_by("-published_at", "-pk").values("pk")[: max(RANKED, offset + limit)].query.sql_with_params()
    statement = f"""
        WITH question AS MATERIALIZED (SELECT {question} AS words),
        page AS MATERIALIZED (
            SELECT entry.id, entry.published_at, ts_rank_cd(entry.vector, question.words) AS rank
            FROM postmortems_searchentry entry, question WHERE entry.id IN ({newest})
            ORDER BY rank DESC, entry.published_at DESC, entry.id DESC LIMIT %s OFFSET %s)
        SELECT page.id, ts_headline('english', entry.title, question.words, %s),
            ts_headline('english', left(concat_ws(E'\\n', entry.body, entry.actions, entry.timeline), 20000), question.words, %s)
        FROM page JOIN postmortems_searchentry entry USING (id), question
        ORDER BY page.rank DESC, page.published_at DESC, page.id DESC"""  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [*texts, *parameters, limit, offset, TITLE, HEADLINE])
        return [RawHit(*row) for row in cursor.fetchall()]
