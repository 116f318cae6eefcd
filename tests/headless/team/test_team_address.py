"""What may stand in the address of a team store, and what would weaken or divert it."""

import pytest

from desktop.kit.errors import InvalidInput
from desktop.model.team_address import TeamAddress, parse_team_address

KEY = "0f" * 32


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"postgresql://ada:p%23w@db.example.com/fairlead#{KEY}",
            TeamAddress("db.example.com", "fairlead", "ada", "p#w", key=KEY),
        ),
        (
            f' "postgresql://ada@db.example.com/fairlead#{KEY}"\n',
            TeamAddress("db.example.com", "fairlead", "ada", key=KEY),
        ),
        (
            "postgres://ada@[::1]:6543/f?sslmode=disable",
            TeamAddress("::1", "f", "ada", port=6543),
        ),
        (
            "postgresql://ada@/f?host=%2Frun%2Fpg",
            TeamAddress("/run/pg", "f", "ada"),
        ),
        (
            "postgresql://ada:x@db.example.com/f?sslmode=verify-full&sslrootcert=%2Fca.pem",
            TeamAddress("db.example.com", "f", "ada", "x", root_certificate="/ca.pem"),
        ),
    ],
)
def test_address_is_parsed_and_written_alike(text: str, expected: TeamAddress) -> None:
    assert parse_team_address(text) == expected
    assert parse_team_address(expected.text) == expected
    assert "p#w" not in repr(expected)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mysql://ada@db/f", "no address of PostgreSQL"),
        ("postgresql://ada@db.example.com/f?sslmode=require", "not checked"),
        ("postgresql://ada@10.0.0.7/f?sslmode=disable", "not checked"),
        ("postgresql://ada@db/f?hostaddr=6.6.6.6", "“hostaddr” can't be set"),
        ("postgresql://ada@db/f?options=-c%20x", "“options” can't be set"),
        ("postgresql://ada@db/f?service=other", "“service” can't be set"),
        ("postgresql://db/f", "no login"),
        ("postgresql://ada@db", "no database"),
        ("postgresql://ada@one,two/f", "more than one host"),
        ("postgresql://ada:a#b@db/f", "not the team's key"),
        ("postgresql://ada@db:99999/f", "can't be read"),
        ("", "no address of PostgreSQL"),
    ],
)
def test_address_that_weakens_or_diverts_is_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_team_address(text)
    assert said in str(refused.value)
    assert "a#b" not in str(refused.value)


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        ("localhost", True), ("127.8.0.1", True), ("::1", True), ("/run/pg", True),
        ("localhost.example.com", False), ("10.0.0.1", False), ("db", False),
    ],
)  # fmt: skip
def test_only_this_computer_needs_no_tls(host: str, is_here: bool) -> None:
    assert TeamAddress(host, "f", "ada").is_on_this_computer is is_here
