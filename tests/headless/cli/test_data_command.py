"""`fairlead data`: says what is kept of customers on this computer, and erases it."""

import json

from desktop.model.sync_run import RunState
from tests.support.cli_command import FairleadCommand
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import open_workspace_services


def test_data_status_counts_and_erase_leaves_nothing_but_what_waits(
    fairlead: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    email = customers.new_email()
    sandbox.create_profile(email)
    assert fairlead("lookup", email).exit_code == 0
    sandbox.add_fault("sailthru:* *:503", times=None)
    edit = ("edit", email, "--optout", "all", "--reason", "asked")
    assert fairlead(*edit).exit_code == 4
    sandbox.clear_faults()
    kept = fairlead("data", "status", "--json").json
    assert (kept["customers"], kept["records"], kept["erased"]) == (1, 0, False)
    assert kept["read_at"] > 1_700_000_000
    erased = fairlead("data", "erase")
    assert (erased.exit_code, erased.stdout) == (0, "Erased from this computer: 1 customer.\n")
    kept = fairlead("data", "status", "--json").json
    assert (kept["customers"], kept["records"], kept["read_at"]) == (0, 0, None)
    assert len(fairlead("outbox", "--json").json["rows"]) == 1
    workspace = fairlead.home
    files = [path for path in workspace.rglob("mirror.db*") if path.is_file()]
    assert files
    assert [path.name for path in files if email.encode() in path.read_bytes()] == []


def test_data_erase_of_one_customer_needs_an_admin_and_leaves_the_audit_whole(
    fairlead: FairleadCommand,
    as_agent: FairleadCommand,
    sandbox: SandboxServers,
    customers: CustomerFactory,
) -> None:
    email, other = customers.new_email(), customers.new_email()
    for address in (email, other):
        sandbox.create_profile(address)
        edit = ("edit", address, "--optout", "all", "--reason", f"{address} asked")
        assert fairlead(*edit).exit_code == 0
    refused = as_agent("data", "erase", "--customer", email, "--json")
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted")
    erased = fairlead("data", "erase", "--customer", email, "--json")
    assert erased.exit_code == 0, erased.stdout
    assert (erased.json["erased"], erased.json["audit_entries"], erased.json["edits"]) == (
        True, 1, 1,
    )  # fmt: skip
    left = [
        path.name for path in fairlead.home.rglob("*.db*") if email in path.read_text("latin-1")
    ]
    assert left == []
    audit = fairlead("audit", "--verify", "--json").json
    assert (audit["verified"], audit["erased"]) == (True, 1)
    assert [row["kind"] for row in audit["rows"]] == ["erasure", "optout", "optout"]
    assert fairlead("audit", "--customer", email, "--json").json["rows"] == []
    assert len(fairlead("audit", "--customer", other, "--json").json["rows"]) == 1
    again = fairlead("data", "erase", "--customer", email)
    assert (again.exit_code, again.stdout) == (0, "Nothing was kept.\n")
    # At the services the opt-out stands.
    assert (sandbox.read_profile(email) or {})["optout_email"] == "all"


async def test_data_erase_under_a_run_needs_the_right_to_stop_it(
    fairlead: FairleadCommand, as_agent: FairleadCommand, sandbox: SandboxServers
) -> None:
    """The copies are the person's own; the run is not."""
    email = "erased@under-a-run.example"
    sandbox.create_profile(email)
    assert fairlead("lookup", email).exit_code == 0
    assert fairlead("sync", "add", "--preset", "zendesk-to-sailthru").exit_code == 0
    async with open_workspace_services(
        fairlead.home, sandbox.connection_document, connect=False
    ) as house:
        run = house.store.runs.begin.blocking("zendesk-to-sailthru", "manual", "Ada", 1.0)
        refused = as_agent("data", "erase", "--json")
        assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted")
        assert as_agent("data", "status", "--json").json["customers"] == 1
        assert not house.store.runs.is_cancel_requested.blocking(run.id)
        assert fairlead("data", "erase").exit_code == 0
        assert house.store.runs.is_cancel_requested.blocking(run.id)
        house.store.runs.end.blocking(run.id, RunState.CANCELLED, 2.0, {})
    assert fairlead("lookup", email).exit_code == 0
    assert as_agent("data", "erase").exit_code == 0
    assert fairlead("data", "status", "--json").json["customers"] == 0


def test_setup_with_fewer_kept_days_says_how_many_customers_that_erases(
    fairlead: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    email = customers.new_email()
    sandbox.create_profile(email)
    assert fairlead("lookup", email).exit_code == 0
    file = fairlead.home / "days.json"

    def keep_for(days: int) -> str:
        file.write_text(json.dumps({"cache": {"keep_days": days}}))
        done = fairlead("setup", "--from", str(file), "--json")
        assert done.exit_code == 0, done.stdout
        return " ".join(done.json["notes"])

    assert keep_for(7) == "Opened customers are kept for 7 days from now on."
    assert "kept for 0 days from now on: 1 customer not opened since then will be" in keep_for(0)
    assert "kept for" not in keep_for(30)


def test_data_of_everybody_is_read_here_once_an_admin_says_so(
    fairlead: FairleadCommand,
    as_agent: FairleadCommand,
    sandbox: SandboxServers,
    customers: CustomerFactory,
) -> None:
    email = customers.new_email()
    user_id = sandbox.create_user(email)
    other = customers.new_email()
    sandbox.create_profile(other)
    refused = fairlead("data", "refresh", "--json")
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted")
    refused = as_agent("data", "on", "--json")
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted")
    # Switched on by hand in the file it does not count.
    (path,) = fairlead.home.rglob("settings.json")
    kept = path.read_text()
    edited = json.loads(kept)
    edited["settings"]["data.keep_everything"] = True
    path.write_text(json.dumps(edited))
    assert as_agent("data", "refresh", "--json").exit_code == 3
    path.write_text(kept)
    switched = fairlead("data", "on", "--json").json
    assert switched["estimate"]["users"] > 0
    assert [row["kind"] for row in fairlead("audit", "--json").json["rows"]] == ["data_store"]
    read = fairlead("data", "refresh", "--json").json["everybody"]
    assert read["people"] > 0
    assert {source["name"]: source["complete"] for source in read["sources"]} == {
        "organizations": True, "users": True, "tickets": True, "ratings": True,
    }  # fmt: skip
    # An agent's sign-in may not export: what is kept stays, and each source says why.
    told = as_agent("data", "refresh", "--json")
    assert told.exit_code == 3
    assert all("administrators" in str(s["refused"]) for s in told.json["everybody"]["sources"][:1])
    sandbox.delete_user(user_id)
    assert fairlead("data", "off").exit_code == 0
    assert fairlead("data", "refresh").exit_code == 3
    assert fairlead("data", "status", "--json").json["everybody"]["people"] == read["people"]
    # Everybody's data is the admin's to erase; an agent erases the copies of whom they opened.
    assert as_agent("lookup", other).exit_code == 0
    kept = as_agent("data", "erase", "--json")
    assert (kept.exit_code, kept.json["customers"], kept.json["everybody_stays"]) == (3, 1, True)
    assert "stays: only an admin may erase it" in as_agent("data", "erase").stdout
    unknown = fairlead("data", "erase", "--json", FAIRLEAD_ZENDESK_TOKEN="wrong")
    assert (unknown.exit_code, unknown.json["everybody_stays"]) == (3, True)
    assert fairlead("data", "status", "--json").json["everybody"]["people"] == read["people"]
    kinds = [row["kind"] for row in fairlead("audit", "--json").json["rows"]]
    assert kinds == ["data_store", "data_store"]
    erased = fairlead("data", "erase", "--json")
    assert (erased.exit_code, erased.json["customers"]) == (0, 0)
    assert erased.json["people"] >= read["people"]
    entry = fairlead("audit", "--json").json["rows"][0]
    assert (entry["kind"], entry["new"]) == ("data_store", {"on": False, "people": 0})
    assert entry["old"]["people"] == erased.json["people"]
    assert fairlead("data", "status", "--json").json["everybody"]["people"] == 0


def test_keeping_everybody_stands_in_the_audit_whatever_switched_it_on(
    fairlead: FairleadCommand,
) -> None:
    wanted = json.dumps({"data": {"keep_everything": True}})
    assert fairlead("setup", "--from", "-", stdin=wanted).exit_code == 0
    assert fairlead("data", "refresh", "--only", "organizations").exit_code == 0
    assert fairlead("data", "refresh", "--only", "organizations").exit_code == 0
    (entry,) = fairlead("audit", "--json").json["rows"]
    assert (entry["kind"], entry["new"]) == ("data_store", {"on": True, "lists": []})
