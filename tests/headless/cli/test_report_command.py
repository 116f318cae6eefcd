"""`fairlead report`: counts over the real sandbox, and writes a file no spreadsheet runs."""

import csv
from contextlib import closing
from datetime import date

from desktop.store.data_workspace_store import open_data_store
from tests.support.cli_command import FairleadCommand
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers


def test_report_counts_what_was_read_and_done_here_and_writes_it_to_a_file(
    fairlead: FairleadCommand,
    as_agent: FairleadCommand,
    sandbox: SandboxServers,
    customers: CustomerFactory,
) -> None:
    email = customers.new_email()
    sandbox.create_profile(email)
    off = fairlead("report", "new-tickets", "--json")
    assert (off.exit_code, off.json["error"]["code"]) == (3, "needs_person")
    assert fairlead("data", "on").exit_code == 0
    assert fairlead("data", "refresh").exit_code == 0
    edit = ("edit", email, "--optout", "basic", "--reason", "=asked")
    assert fairlead(*edit).exit_code == 0
    told = fairlead("report", "opt-outs", "--json").json
    assert {row["id"]: row["count"] for row in told["rows"]} == {
        "bulk": 0, "agent": 1, "sync": 0, "unknown": 0,
    }  # fmt: skip
    assert (told["total"], told["before"], told["people"]) == (1, None, 1)
    path = fairlead.home.parent / "agents.csv"
    told = fairlead("report", "tickets-by-agent", "--csv", str(path), "--json").json
    assert told["total"] == sum(row["count"] for row in told["rows"]) > 0
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["Agent"], int(row["Number"])) for row in rows] == [
        (row["agent"], row["count"]) for row in told["rows"]
    ]
    assert path.stat().st_mode & 0o077 == 0
    assert fairlead("report-mail", "--to", "lee@desk.example", "--json").json["waiting"] == []
    folder = next(fairlead.home.rglob("history.db")).parent
    with closing(open_data_store(folder)) as store:
        assert store.report_notices.claim_mail.blocking(
            "weekly", date(2026, 11, 23), "Fairlead: reports", "…", 1.0
        )
        (mail,) = store.report_notices.list_waiting.blocking()
        store.report_notices.note_failure.blocking(mail, "The mail server can’t be reached.")
    said = fairlead("report-mail").stdout
    assert "Not sent yet: “Fairlead: reports”, 0 attempts, again from " in said
    assert "The mail server can’t be reached." in said
    # The same tickets by day, in words.
    days = fairlead("report", "new-tickets", "--by", "week")
    assert f"\n{told['total']:,}  " in days.stdout
    for words in (("report", "new-tickets"), ("report-mail", "--to", "a@b.example")):
        refused = as_agent(*words, "--json")
        assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted"), words
    assert fairlead("report-mail", "--json").json["to"] == ["lee@desk.example"]
    wrong = fairlead("report", "new-tickets", "--from", "yesterday", "--json")
    assert (wrong.exit_code, wrong.json["error"]["code"]) == (2, "bad_input")
    assert fairlead("report", "nothing").exit_code == 2
