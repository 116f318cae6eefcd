"""What is searched for where a look-up found nobody."""

import pytest

from desktop.model.broader_search import broader_search_text
from desktop.model.lookup_query import parse_lookup_query


@pytest.mark.parametrize(
    ("typed", "searched"),
    [
        ("maria@lopez.exampel", "maria@"),
        ("ml@lopez.example", ""),
        ("Maria Lopez-Ortega", "Lopez-Ortega"),
        ("Lopez", ""),
        ("Al Bo", ""),
        ("+44 20 7946 0134", "460134"),
        ("460134", ""),
        ("#48213", "48213"),
        ("5e9f3c1b2a4d6e8f00713401", ""),
        ("ext:A-17", ""),
    ],
)
def test_broader_search_of_query_that_found_nobody(typed: str, searched: str) -> None:
    assert broader_search_text(parse_lookup_query(typed)) == searched
