"""Search queries: nothing a person types becomes syntax."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.clients.zendesk import search_query
from desktop.model.zendesk_user import UserIdentity, ZendeskUser


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("Mara", "Mara*"),
        ("mara li", "mara li*"),
        ("-mara role:admin", "mara role admin*"),
        ('"; type:ticket *', "; type ticket*"),
        ("O'Neill (work)", "O'Neill work*"),
        ("  ", ""),
        ("-- :", ""),
    ],
)
def test_name_query_is_quoted(typed: str, query: str) -> None:
    assert search_query.name_query(typed) == query


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("Maria@Lopez", "email:maria@lopez*"),
        ("maria@", "email:maria@*"),
        (' ma"ria@lo:pez* ', "email:maria@lopez*"),
        ("maria@lopez role:admin", "email:maria@lopezroleadmin*"),
        ("@", ""),
        ("-@", ""),
    ],
)
def test_email_part_query_is_one_term(typed: str, query: str) -> None:
    assert search_query.email_part_query(typed) == query


@given(st.text(max_size=40))
def test_query_quotes_are_escaped(typed: str) -> None:
    query = search_query.email_query(typed)
    assert query.count('"') == 2
    assert query.endswith('"')
    assert "\\" not in query
    assert re.fullmatch(r"(phone:\*[0-9]{1,7})?", search_query.phone_query(typed))
    name = search_query.name_query(typed)
    assert not set(name[:-1]) & set('":<>*~()')
    assert not any(word.startswith("-") for word in name.split())


@pytest.mark.parametrize(
    ("stored", "typed", "same"),
    [
        ("+49 30 901820", "+4930901820", True),
        ("+4930901820", "030901820", True),
        ("030 90 18 20", "+49 30 901820", True),
        ("+1 (555) 123-4567", "5551234567", True),
        ("+15551234567", "1234567", True),
        ("+15551234567", "234567", False),
        ("+15551234567", "+15551234568", False),
        ("", "", False),
        ("12345", "12345", True),
    ],
)
def test_phone_query_is_normalised(stored: str, typed: str, same: bool) -> None:
    primary = ZendeskUser(1, "A", phone=stored)
    second = ZendeskUser(2, "B", identities=(UserIdentity(1, "phone_number", stored),))
    expected = (primary, second) if same else ()
    assert search_query.filter_by_phone([primary, second], typed) == expected
