"""Search over 20,000 published post-mortems of 400 words: `search.find` (access, filters, count, ranking, snippets, rows) beside
the bare engine query for the same page (match, rank, snippet, LIMIT 25), for a rare word, a common one, two words and a phrase."""

from __future__ import annotations

import random

from tests.benchmarks import database
from tests.benchmarks.measuring import in_turns, ms, p50, p95

DOCUMENTS, RUNS, TARGET = 20_000, 40, 1.5
QUESTIONS = {"a word in 1 %": "flamingo", "a word in two thirds": "incident", "two words": "flamingo latency", "a phrase": '"database checkout"'}


def bare(text: str):
    """Return a function that asks the engine for the first page and nothing else."""
    from django.db import connection

    if connection.vendor == "sqlite":
        match = text if text.startswith('"') else " AND ".join(f'"{word}"' for word in text.split())
        sql = """SELECT rowid, highlight(postmortems_searchfts, 0, '<', '>'), snippet(postmortems_searchfts, 1, '<', '>', '…', 40)
                 FROM postmortems_searchfts WHERE postmortems_searchfts MATCH %s ORDER BY rank LIMIT 25"""
        values = [match]
    else:
        sql = """WITH page AS (SELECT id, title, body, ts_rank_cd(vector, websearch_to_tsquery('english', %s)) AS rank FROM postmortems_searchentry
                 WHERE vector @@ websearch_to_tsquery('english', %s) ORDER BY rank DESC LIMIT 25)
                 SELECT id, ts_headline('english', title, websearch_to_tsquery('english', %s)), ts_headline('english', body, websearch_to_tsquery('english', %s)) FROM page"""
        values = [text] * 4

    def ask():
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall()

    return ask


def run() -> list[dict]:
    database.prepare()
    chance = random.Random(7)
    incidents = database.make_incidents(DOCUMENTS, 0, chance)
    database.make_published(incidents, chance)
    database.settle()
    user = database.make_user()
    from postmortems import search

    rows, ours_all, bare_all = [], [], []
    for label, text in QUESTIONS.items():
        ours, theirs = in_turns(lambda text=text: search.find(user, text), bare(text), RUNS)
        ours_all, bare_all = ours_all + ours, bare_all + theirs
        value = f"p50 {ms(p50(ours))}, p95 {ms(p95(ours))}; bare {ms(p50(theirs))}, {ms(p95(theirs))}"
        rows.append({"name": f"{label}", "value": value, "unit": "ms", "ratio": round(p95(ours) / p95(theirs), 2), "target": None})
    ratio = round(p95(ours_all) / p95(bare_all), 2)
    return [{"name": f"p95 over all, {DOCUMENTS:,} post-mortems", "value": ms(p95(ours_all)), "unit": "ms", "ratio": ratio, "target": TARGET}, *rows]
