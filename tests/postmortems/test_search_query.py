import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmortems.search.query import Query, Term, parse


def term(*words):
    return Term(words)


@pytest.mark.parametrize(
    ("text", "groups", "excluded"),
    [
        ("", (), ()),
        ("pool exhausted", ((term("pool"),), (term("exhausted"),)), ()),
        ('"connection pool" timeout', ((term("connection", "pool"),), (term("timeout"),)), ()),
        ("redis -cache", ((term("redis"),),), (term("cache"),)),
        ('redis -"cold start"', ((term("redis"),),), (term("cold", "start"),)),
        ("kafka OR rabbitmq lag", ((term("kafka"), term("rabbitmq")), (term("lag"),)), ()),
        ("read-only", ((term("read", "only"),),), ()),
        ("OR OR", (), ()),
        ('"unfinished phrase', ((term("unfinished", "phrase"),),), ()),
        ("-", (), ()),
        ("NEAR(a b) * ^ title:x", ((term("NEAR", "a"),), (term("b"),), (term("title", "x"),)), ()),
    ],
)
def test_what_is_typed_becomes_a_query(text, groups, excluded):
    assert parse(text) == Query(groups, excluded)


@given(st.text())
def test_any_text_is_a_query_of_plain_words(text):
    query = parse(text)
    terms = [term for group in query.groups for term in group] + list(query.excluded)
    assert all(word and '"' not in word and "\x00" not in word for term in terms for word in term.words)
