"""The diagnostics report: what a maintainer needs, and nobody's data."""

import re
import sqlite3
from pathlib import Path

import pytest

from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.diagnostics_report import build_diagnostics_report, mask_names
from desktop.connect.workspace_setup import set_up_workspace
from desktop.store.database_summary import summarize_database
from desktop.store.workspace_store import open_store
from desktop.vault.secret import Secret
from tests.support.setup_sandbox import SetupSandbox

LOG = """2026-11-30 00:00:01 INFO    desktop.x: opened maria@lopez.example
2026-11-30 00:00:02 WARNING desktop.x: GET https://acme.zendesk.com/api?api_key=CANARY-KEY-1
"""


def write_log(folder: Path, text: str = LOG) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "fairlead.log").write_text(text, encoding="utf-8")
    return folder


async def test_report_names_versions_checks_settings_files_and_log(
    desk: ConnectionConfig, sandbox: SetupSandbox, tmp_path: Path
) -> None:
    document = sandbox.connection_document
    assert (await set_up_workspace(document, desk)).is_ok
    open_store(desk.workspace.folder).close()
    report = await build_diagnostics_report(desk, write_log(tmp_path / "logs"))
    assert re.search(r"^Fairlead \d+\.\d+\.\d+$", report, re.MULTILINE)
    assert re.search(r"^ok      Zendesk", report, re.MULTILINE)
    assert "changes: False" in report
    assert re.search(r"^fairlead\.db: [\d,]+ bytes, schema \d+$", report, re.MULTILINE)
    assert "WARNING desktop.x" in report


async def test_report_holds_no_key_address_name_host_or_folder(
    desk: ConnectionConfig, sandbox: SetupSandbox, tmp_path: Path
) -> None:
    document = sandbox.connection_document
    assert (await set_up_workspace(document, desk)).is_ok
    report = await build_diagnostics_report(desk, write_log(tmp_path / "logs"))
    zendesk, sailthru = document["zendesk"], document["sailthru"]
    canaries = {
        "maria@lopez.example", "CANARY-KEY-1", "Ada Admin", "ada", str(Path.home()), "127.0.0.1",
        zendesk["email"], zendesk["api_token"], sailthru["api_key"], sailthru["api_secret"],
    }  # fmt: skip
    words = set(re.findall(r"[\w.@/-]+", report))
    assert {
        canary for canary in canaries if canary in words or canary in report.split("\n")
    } == set()
    assert not [c for c in canaries - {"ada"} if c in report]


async def test_report_names_no_host_of_any_service(
    desk: ConnectionConfig, sandbox: SetupSandbox, tmp_path: Path
) -> None:
    document = sandbox.connection_document
    await set_up_workspace(document, desk)
    desk.settings_file.change(
        {
            "sell.base_url": "http://localhost:9",
            "advanced.team_host": "team.own",
            "advanced.update_address": "https://new.own/v",
            "mail.host": "mail.own",
            "mail.user": "mailer",
        }
    )
    await desk.vault.set(Secret.TEAM_DSN, f"postgresql://ada_desk:pw@db.own/fairlead#{'ab' * 32}")
    told = (
        "Nothing at http://localhost:9, team.own, new.own, mail.own as mailer: db.own/fairlead"
        " refused ada_desk.\n"
    )
    report = await build_diagnostics_report(desk, write_log(tmp_path / "logs", told))
    words = ("localhost", "team.own", "new.own", "mail.own", "mailer", "db.own", "ada_desk")
    assert [word for word in words if word in report] == []


async def test_report_is_whole_without_settings_databases_or_log(
    desk: ConnectionConfig, tmp_path: Path
) -> None:
    desk.workspace.settings_path.write_text("{", encoding="utf-8")
    (desk.workspace.folder / "fairlead.db").write_bytes(b"no database" * 200)
    report = await build_diagnostics_report(desk, tmp_path / "nowhere")
    assert "fairlead.db: DatabaseError: cannot be read" in report
    assert "no log file" in report
    assert "== Settings ==" in report


@pytest.mark.parametrize(
    ("text", "names", "masked"),
    [
        ("in main, not in remains", ["main"], "in …, not in remains"),
        ("ACME and acme.zendesk.com", ["acme.zendesk.com", "acme"], "… and …"),
        ("/home/ada/x", ["/home/ada", "ada"], "…/x"),
        ("as it is", ["", "other"], "as it is"),
    ],
)
def test_names_are_masked_as_whole_words(text: str, names: list[str], masked: str) -> None:
    assert mask_names(text, names) == masked


def test_summary_counts_rows_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    with sqlite3.connect(path) as made:
        made.executescript(
            'CREATE TABLE "odd ""name" (x); INSERT INTO "odd ""name" VALUES (1), (2);'
            "PRAGMA user_version = 7"
        )
    made.close()
    before = path.read_bytes()
    found = summarize_database(path)
    assert (found.version, dict(found.tables), found.problem) == (7, {'odd "name': 2}, "")
    assert path.read_bytes() == before
    assert summarize_database(tmp_path / "none.db").problem
    assert not (tmp_path / "none.db").exists()
