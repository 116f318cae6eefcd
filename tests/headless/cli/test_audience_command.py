"""`fairlead audience`: everybody by conditions, saved segments, and an export that is a right."""

import csv
import json
import zipfile
from pathlib import Path

from desktop.store.data_workspace_store import open_data_store
from tests.support.cli_command import FairleadCommand
from tests.support.data_cases import user
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers


def test_audience_finds_saves_and_exports_who_was_read(
    fairlead: FairleadCommand,
    as_agent: FairleadCommand,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    tmp_path: Path,
) -> None:
    email = customers.new_email()
    user_id = sandbox.create_user(
        email,
        name='=HYPERLINK("x")',
        tags=["audience-test"],
        user_fields={"sync_to_sailthru": True},
    )
    no_break = "Loyal\u00a0Club"
    lists = {"Newsletter": 1, no_break: 1}
    sandbox.create_profile(email, lists=lists, vars={"zendesk_health": "frustrated"})
    # A change of the last minute is withheld by the exports.
    sandbox.control("POST", "account", {"withheld": 0})
    try:
        unread = fairlead("audience", "--json")
        assert (unread.exit_code, unread.json["error"]["code"]) == (3, "needs_person")
        named = ("--list", "Newsletter", "--list", "Loyal Club")
        assert fairlead("data", "on", *named).exit_code == 0
        assert fairlead("audience", "--json").json["error"]["code"] == "needs_person"
        assert fairlead("data", "refresh").exit_code == 0
    finally:
        sandbox.control("POST", "account", {"withheld": 60})
    where = "tag is audience-test and health is frustrated"
    found = fairlead("audience", "--where", where, "--json").json
    assert (found["total"], [row["id"] for row in found["rows"]]) == (1, [user_id])
    assert found["rows"][0]["lists"] == [no_break, "Newsletter"]
    typed = fairlead("audience", "--where", f'{where} and list is "Loyal Club"', "--json").json
    assert (typed["total"], typed["notes"]) == (1, [])
    unread = fairlead("audience", "--where", 'list is "Loyal Clb"', "--json").json
    assert unread["notes"] == [
        "The list “Loyal Clb” was not read on this computer: nobody is known to be on it. Did you"
        f" mean “{no_break}”?"
    ]
    assert found["conditions"][0] == {"where": "tag is audience-test", "people": 1, "not_read": 0}
    # The report of health names the same people, with the conditions that list them.
    told = fairlead("report", "health", "--json").json["findings"]
    assert [one["where"] for one in told[:1]] == ["health is frustrated"]
    assert (
        told[-1]["where"]
        == 'health is frustrated and known_in is both and list is not "Support - suppressed"'
    )
    # An export tells no opt-out level: nobody “gets everything” by it.
    level = fairlead("audience", "--where", "optout is none", "--json").json
    assert level["total"] == 0
    assert level["conditions"][0]["not_read"] == level["coverage"]["people"] > 1
    alone = fairlead("audience", "--where", "known_in is sailthru", "--json").json
    users = alone["coverage"]["zendesk_users"]
    assert users == alone["coverage"]["people"] - alone["total"] > 1
    assert alone["total"] > 0

    wrong = fairlead("audience", "--where", "tag is x and heath is bad", "--json")
    assert (wrong.exit_code, wrong.json["error"]["code"]) == (2, "bad_input")
    assert "At character 14." in wrong.stdout
    assert fairlead("audience", "--columns", "nane").exit_code == 2
    field = "field.sync_to_sailthru"
    own = ("--where", f"{field} is yes and tag is audience-test", "--columns", f"name,{field}")
    found = fairlead("audience", *own, "--json").json["rows"]
    assert [row[field] for row in found] == [True]
    assert fairlead("audience", "--sort", field).exit_code == 2
    assert fairlead("audience", "--sort", "lists").exit_code == 2
    assert fairlead("audience", "segment", "rename", "A").exit_code == 2

    assert fairlead("audience", "segment", "save", "Unhappy", "--where", where).exit_code == 0
    assert fairlead("audience", "--segment", "Unhappy", "--json").json["total"] == 1
    both = ("--segment", "Unhappy", "--where", "tickets >= 1")
    assert fairlead("audience", *both, "--json").json["total"] == 0

    assert (
        fairlead(
            "audience", "segment", "save", "Readers", "--where", "list is Newsletter"
        ).exit_code
        == 0
    )
    sources = fairlead("data", "status", "--json").json["everybody"]["sources"]
    used = {one["name"]: one.get("used_by") for one in sources}
    assert used["list Newsletter"] == ["segment “Readers” asks for it"]
    assert fairlead("audience", "segment", "remove", "Readers").exit_code == 0

    file = tmp_path / "people.csv"
    assert fairlead("audience", "--segment", "Unhappy", "--csv", str(file)).exit_code == 0
    header, row = csv.reader(file.read_text("utf-8-sig").splitlines())
    assert header[:2] == ["Person", "E-mail"]
    assert row[0] == '\'=HYPERLINK("x")'
    assert row[-1] == "Not read"
    assert oct(file.stat().st_mode)[-3:] == "600"
    entry = fairlead("audit", "--json").json["rows"][0]
    assert (entry["kind"], entry["new"]["people"], entry["new"]["where"]) == ("export", 1, where)

    for option, name in (("--xlsx", "people.xlsx"), ("--jsonl", "people.jsonl")):
        told = fairlead("audience", "--segment", "Unhappy", option, str(tmp_path / name), "--json")
        assert told.json["rows"] == 1, told.stdout
    assert zipfile.is_zipfile(tmp_path / "people.xlsx")
    (line,) = (tmp_path / "people.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["name"] == '=HYPERLINK("x")'

    # An agent may neither look nor export, nor give the right by hand.
    assert as_agent("audience", "--json").json["error"]["code"] == "not_permitted"
    (path,) = fairlead.home.rglob("settings.json")
    settings = json.loads(path.read_text())
    settings["settings"]["permissions.agent.audience"] = True
    path.write_text(json.dumps(settings))
    assert as_agent("audience", "--json").json["error"]["code"] == "not_permitted"
    assert fairlead("audience", "segment", "remove", "Unhappy", "--json").json == {"removed": True}
    assert fairlead("audience", "segment", "list", "--json").json == {"segments": []}
    assert fairlead("audience", "--segment", "Unhappy").exit_code == 1


async def test_audience_export_is_a_right_of_its_own(
    fairlead: FairleadCommand, as_agent: FairleadCommand, tmp_path: Path
) -> None:
    assert fairlead("data", "on").exit_code == 0
    assert fairlead("data", "refresh").exit_code == 0
    wanted = json.dumps({"permissions": {"agent": {"audience": True}}})
    assert fairlead("setup", "--from", "-", stdin=wanted).exit_code == 0
    assert as_agent("audience", "--json").json["total"] > 1
    (path,) = fairlead.home.rglob("data.db")
    data = open_data_store(path.parent)
    await data.people.save_users([user(9_000_000 + n) for n in range(201)], "", 1.0)
    data.close()
    # More than a page at once is an export, whatever it is written to.
    everybody = as_agent("audience", "--json", "--limit", "1000000")
    assert (everybody.exit_code, everybody.json["error"]["code"]) == (3, "not_permitted")
    assert len(as_agent("audience", "--json", "--limit", "200").json["rows"]) == 200
    agents = as_agent("audience", "--where", "assignee is set", "--json")
    assert (agents.exit_code, agents.json["error"]["code"]) == (3, "not_permitted")
    file = tmp_path / "people.xlsx"
    refused = as_agent("audience", "--xlsx", str(file), "--json")
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted")
    assert not file.exists()
    assert [row["kind"] for row in fairlead("audit", "--json").json["rows"]] == ["data_store"]
    assert len(fairlead("audience", "--json", "--limit", "201").json["rows"]) == 201
    entry = fairlead("audit", "--json").json["rows"][0]
    assert (entry["kind"], entry["new"]["people"]) == ("export", 201)


def test_erasing_one_customer_erases_them_from_everybodys_data(
    fairlead: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    email, other = customers.new_email(), customers.new_email()
    for address in (email, other):
        name = f"Zoe {address.partition('@')[0]}"
        sandbox.create_user(address, name=name, tags=["to-be-erased"])
        sandbox.create_profile(address, lists={"Newsletter": 1})
    sandbox.control("POST", "account", {"withheld": 0})
    try:
        assert fairlead("data", "on", "--list", "Newsletter").exit_code == 0
        assert fairlead("data", "refresh").exit_code == 0
    finally:
        sandbox.control("POST", "account", {"withheld": 60})
    for name, address in (("Them", email), ("Others", other)):
        where = f"email is {address}"
        assert fairlead("audience", "segment", "save", name, "--where", where).exit_code == 0
    named = ("--where", f'name is "Zoe {email.partition("@")[0]}"')
    assert fairlead("audience", "segment", "save", "Named", *named).exit_code == 0
    erased = fairlead("data", "erase", "--customer", email, "--json").json
    assert (erased["erased"], erased["everybody_records"], erased["remembered"]) == (True, 2, 2)
    found = fairlead("audience", "--where", "tag is to-be-erased", "--json").json
    assert [row["email"] for row in found["rows"]] == [other]
    segments = fairlead("audience", "segment", "list", "--json").json["segments"]
    assert [one["name"] for one in segments] == ["Others"]
    left = [
        path.name for path in fairlead.home.rglob("*.db*") if email in path.read_text("latin-1")
    ]
    assert left == []
