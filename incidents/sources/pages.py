"""Pure. Answers of an API collected in one array: [{"messages": [...]}, {"messages": [...]}], as `jq -s` puts them together."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator

from incidents.sources.json_stream import Node


def paged(found: Iterable[Node], lists: Collection[str]) -> Iterator[Node]:
    """Yield the elements of the lists of an answer that is itself an element of the array at the top; other nodes as they are."""
    for node in found:
        value = node.value
        pages = {key: value[key] for key in lists if isinstance(value.get(key), list)} if len(node.path) == 1 and isinstance(value, dict) else {}
        if not pages or not isinstance(node.path[0], int):
            yield node
            continue
        for key, elements in pages.items():
            for number, element in enumerate(elements):
                yield Node((*node.path, key, number), element, json.dumps(element, ensure_ascii=False), node.page)
