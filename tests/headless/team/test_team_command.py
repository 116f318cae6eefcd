"""Desks of one team store by the command line: who may join, what each sees of the other."""

import json
from collections.abc import Callable

import pytest

from tests.support.edit_cases import CustomerFactory
from tests.support.postgres_server import PostgresServer
from tests.support.sandbox_servers import SandboxServers
from tests.support.team_desk import TeamDeskCommand

MakeDesk = Callable[..., TeamDeskCommand]


def test_what_one_desk_does_shows_at_the_other_with_its_person(
    make_desk: MakeDesk, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    ada, ben = make_desk("ada"), make_desk("ben", admin="second_admin")
    email = customers.new_email()
    sandbox.create_profile(email)
    ada.ok("edit", email, "--optout", "all", "--reason", "asked", FAIRLEAD_TEAM_DSN="")
    assert ada.ok("team", "join")["handed_in"] == 1
    ben.ok("team", "join")
    ben.ok("edit", email, "--health", "happy", "--reason", "said so")
    waiting = ben.ok("team")
    assert [desk["entries"] for desk in waiting["desks"]] == [1, 1]
    rows = ada.ok("audit", "--team", "--customer", email, "--verify")
    assert [(row["kind"], row["actor"]) for row in rows["rows"]] == [
        ("health", "Bo Berg"), ("optout", "Ada Admin"),
    ]  # fmt: skip
    assert (rows["verified"], rows["checked"]) == (True, 2)
    other = customers.new_email()
    assert ada.ok("audit", "--team", "--customer", other)["rows"] == []


def test_agent_neither_joins_nor_invites_nor_leaves(make_desk: MakeDesk) -> None:
    ada, agent = make_desk("ada"), make_desk("eve", admin="agent")
    ada.ok("team", "join")
    for words in (("join",), ("invite",), ("leave",), ("migrate", "postgresql://o@localhost/f")):
        done = agent("team", *words, "--json")
        assert (done.exit_code, done.json["error"]["code"]) == (3, "not_permitted"), done
    invited = ada.ok("team", "invite")["invitation"]
    assert invited == ada.environ["FAIRLEAD_TEAM_DSN"]


def test_leaving_and_joining_again_adds_nothing_twice(
    make_desk: MakeDesk, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    ada = make_desk("ada")
    email = customers.new_email()
    sandbox.create_profile(email)
    ada.ok("edit", email, "--optout", "all", "--reason", "asked", FAIRLEAD_TEAM_DSN="")
    first = ada.ok("team", "join")
    ada.ok("team", "leave")
    again = ada.ok("team", "join")
    assert (again["desk"], again["handed_in"]) == (first["desk"], 0)


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        # An address without a membership, as after the row was taken out of the file.
        ("DELETE FROM team_membership", "conflict"),
        ("UPDATE team_membership SET team = 'mine'", "conflict"),
        ("UPDATE team_membership SET desk = 'mine'", "conflict"),
    ],
)
def test_membership_edited_in_the_file_is_refused(
    make_desk: MakeDesk, statement: str, code: str
) -> None:
    ada = make_desk("ada")
    ada.ok("team", "join")
    ada.change_file(statement)
    done = ada("worker", "--once", "--json")
    assert (done.exit_code, done.json["error"]["code"]) == (3, code), done


def test_host_that_settings_name_is_the_only_one(make_desk: MakeDesk) -> None:
    ada = make_desk("ada")
    setup = json.dumps({"advanced": {"team_host": "db.example.com"}})
    assert ada("setup", "--from", "-", stdin=setup).exit_code == 0
    done = ada("team", "join", "--json")
    assert (done.exit_code, done.json["error"]["code"]) == (3, "not_permitted"), done
    assert "db.example.com" in done.json["error"]["message"]
    # The owner's password goes nowhere else either.
    owner = "postgresql://owner:secret@127.0.0.1:9/fresh"
    done = ada("team", "migrate", "-", "--json", stdin=owner)
    assert (done.exit_code, done.json["error"]["code"]) == (3, "not_permitted"), done


def test_away_store_keeps_work_here_and_says_so(
    make_desk: MakeDesk,
    postgres: PostgresServer,
    sandbox: SandboxServers,
    customers: CustomerFactory,
) -> None:
    ada = make_desk("ada")
    ada.ok("team", "join")
    away = {
        "FAIRLEAD_TEAM_DSN": ada.environ["FAIRLEAD_TEAM_DSN"].replace(f":{postgres.port}", ":1")
    }
    email = customers.new_email()
    sandbox.create_profile(email)
    ada.ok("edit", email, "--optout", "all", "--reason", "asked", **away)
    status = ada("team", "--json", **away)
    assert (status.exit_code, status.json["waiting"]) == (4, 1)
    assert status.json["error"]["code"] == "team_store_away"
    checks = {one["name"]: one["ok"] for one in ada("doctor", "--json", **away).json["checks"]}
    assert checks["Team store"] is False
    assert ada.ok("team")["waiting"] == 0
    checks = {one["name"]: one["ok"] for one in ada("doctor", "--json").json["checks"]}
    assert checks["Team store"] is True


def test_migrate_makes_a_store_of_an_empty_database(
    make_desk: MakeDesk, postgres: PostgresServer
) -> None:
    postgres.execute("CREATE DATABASE fresh OWNER owner")
    ada = make_desk("ada")
    owner = postgres.address("fresh", postgres.owner_login)
    bare = postgres.address("fresh")
    mine = {"FAIRLEAD_TEAM_DSN": bare.with_key("ab" * 32).text}
    assert "no team store yet" in ada("team", "join", **mine).stderr
    done = ada("team", "migrate", "-", "--json", stdin=owner.text)
    assert (done.exit_code, done.json["before"]) == (0, 0), done
    refused = ada("team", "join", "-", "--json", stdin=bare.text, FAIRLEAD_TEAM_DSN=bare.text)
    # Only in a keyring could the new team's key be kept; a server is told to bring one.
    assert (refused.exit_code, "openssl" in refused.json["error"]["hint"]) == (2, True), refused
    assert ada("team", "join", "-", "--json", stdin=bare.text).exit_code == 2
    assert ada("team", "join", **mine).exit_code == 0
