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
    owner = "postgresql://o@localhost/f"
    for words in (
        ("join",),
        ("invite", "Kim"),
        ("revoke", "Ada"),
        ("leave",),
        ("migrate", owner),
        ("admin", owner, "--desk", "Ada", "--person", "7602"),
    ):
        done = agent("team", *words, "--json")
        assert (done.exit_code, done.json["error"]["code"]) == (3, "not_permitted"), done


def test_desk_joins_by_a_code_once_and_is_revoked_from_afar(
    make_desk: MakeDesk, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    ada, kim = make_desk("ada"), make_desk("kim")
    ada.ok("team", "join")
    code = ada.ok("team", "invite", "Kim's laptop")["code"]
    mine = {"FAIRLEAD_TEAM_DSN": code}
    joined = kim.ok("team", "join", **mine)
    late = make_desk("eve")("team", "join", "--json", **mine)
    assert "used before" in late.json["error"]["message"], late
    email = customers.new_email()
    sandbox.create_profile(email)
    kim.ok("edit", email, "--optout", "all", "--reason", "asked", **mine)
    kim.ok("team", **mine)

    assert ada.ok("team", "revoke", joined["desk"][:8])["login"] == "ended"
    shown = {one["id"]: one for one in ada.ok("team")["desks"]}[joined["desk"]]
    assert (shown["revoked_by"], shown["entries"]) == ("Ada Admin", 1)
    assert shown["name"] == "Kim's laptop"
    # What it then tries says so; what its people do is kept there.
    for words in (("team",), ("worker", "--once"), ("team", "approvals")):
        done = kim(*words, "--json", **mine)
        assert done.json["error"]["code"] == "desk_revoked", done
    kim.ok("edit", email, "--health", "happy", "--reason", "said so", **mine)

    # With a new code it goes on from where its record ended, as a new desk.
    again = {"FAIRLEAD_TEAM_DSN": ada.ok("team", "invite", "Kim's laptop")["code"]}
    back = kim.ok("team", "join", **again)
    assert (back["desk"] != joined["desk"], back["handed_in"]) == (True, 1)
    rows = ada.ok("audit", "--team", "--verify")
    assert rows["verified"], rows
    kinds = [(row["kind"], row["name"]) for row in rows["rows"]]
    assert kinds[:2] == [("team", "invited"), ("health", "zendesk_health")], kinds
    assert ("team", "revoked") in kinds


def test_owner_names_for_which_admin_a_desk_answers(
    make_desk: MakeDesk, postgres: PostgresServer, database: str
) -> None:
    ada = make_desk("ada")
    desk = ada.ok("team", "join")["desk"]
    postgres.execute("DELETE FROM fairlead.team_admin", database)
    refused = ada("team", "invite", "Kim", "--json")
    assert "acts for no admin" in refused.json["error"]["message"], refused
    owner = postgres.address(database, postgres.owner_login).text
    who = ("--desk", desk, "--person")
    agent = ada("team", "admin", "-", *who, "7602", "--json", stdin=owner)
    assert "is no admin in Zendesk" in agent.json["error"]["title"], agent
    named = ada("team", "admin", "-", *who, "7604", "--json", stdin=owner)
    assert named.exit_code == 0, named
    assert ada.ok("team")["desks"][0]["acts_for"] == ["7604"]
    assert ada.ok("team", "invite", "Kim")["for"] == "Kim"


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
    # Its code is the first desk's; once there is one, no other is made so.
    code = {"FAIRLEAD_TEAM_DSN": f"{done.json['code']}#{'ab' * 32}"}
    assert ada("team", "join", **code).exit_code == 0
    again = ada("team", "migrate", "-", "--json", stdin=owner.text, **code)
    assert "code" not in again.json, again
    assert ada.ok("team", **code)["desks"][0]["acts_for"] == ["7601"]
    assert ada("team", "leave", **code).exit_code == 0
    refused = ada("team", "join", "-", "--json", stdin=bare.text, FAIRLEAD_TEAM_DSN=bare.text)
    # Only in a keyring could the new team's key be kept; a server is told to bring one.
    assert (refused.exit_code, "openssl" in refused.json["error"]["hint"]) == (2, True), refused
    assert ada("team", "join", "-", "--json", stdin=bare.text).exit_code == 2
    assert ada("team", "join", **mine).exit_code == 0


def test_lead_sees_the_teams_record_and_changes_no_setting(make_desk: MakeDesk) -> None:
    ada, kim = make_desk("ada"), make_desk("kim", admin="agent")
    ada.ok("team", "join")
    # Joined by an admin; an agent works there.
    kim.ok("team", "join", **sign_in(ada))
    refused = kim("audit", "--team", "--json")
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted"), refused
    setup = json.dumps({"permissions": {"leads": "7602"}})
    assert kim("setup", "--from", "-", stdin=setup, **sign_in(ada)).exit_code == 0
    assert kim.ok("audit", "--team")["rows"] == []
    mine = json.dumps({"permissions": {"leads": "7602, 7605"}})
    assert "needs an admin and was not changed" in kim("setup", "--from", "-", stdin=mine).stdout


def sign_in(desk: TeamDeskCommand) -> dict[str, str]:
    """The environment by which this desk's person signs in to Zendesk."""
    return {name: value for name, value in desk.command.environ.items() if "ZENDESK" in name}
