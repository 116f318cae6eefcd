"""`fairlead data`: says what is kept of customers on this computer, and erases it."""

from tests.support.cli_command import FairleadCommand
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers


def test_data_status_counts_and_erase_leaves_nothing_but_what_waits(
    fairlead: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    email = customers.new_email()
    sandbox.create_profile(email)
    assert fairlead("lookup", email).exit_code == 0
    sandbox.add_fault("sailthru:POST *:503", times=None)
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
