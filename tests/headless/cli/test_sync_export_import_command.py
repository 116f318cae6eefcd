"""Syncs leave and come back as a file, on the command line."""

import tomllib
from pathlib import Path

from tests.support.cli_command import FairleadCommand


def test_sync_export_then_import_round_trips(fairlead: FairleadCommand, tmp_path: Path) -> None:
    for preset in ("zendesk-to-sailthru", "high-value-tagging"):
        assert fairlead("sync", "add", "--preset", preset).exit_code == 0
    file = tmp_path / "two words.toml"
    result = fairlead("sync", "export", str(file), "--json")
    assert result.json["syncs"] == ["zendesk-to-sailthru", "high-value-tagging"]
    names = [table["name"] for table in tomllib.loads(file.read_text())["sync"]]
    assert names == ["high-value-tagging", "zendesk-to-sailthru"]
    # There already: refused as a whole, and the way out is named.
    result = fairlead("sync", "import", str(file), "--json")
    assert result.exit_code == 3
    assert result.json["error"]["code"] == "conflict"
    assert "--replace" in result.json["error"]["hint"]
    result = fairlead("sync", "import", str(file), "--replace", "--json")
    assert (result.exit_code, result.json["syncs"]) == (0, names)
    assert all(not sync["on"] for sync in fairlead("sync", "list", "--json").json["syncs"])
    # Through a pipe, one of them, under another name.
    one = fairlead("sync", "export", "-", "high-value-tagging").stdout
    renamed = one.replace('name = "high-value-tagging"', 'name = "again"')
    assert fairlead("sync", "import", "-", stdin=renamed).exit_code == 0
    assert fairlead("sync", "export", "-", "again").stdout == renamed


def test_sync_import_unreadable_file_is_usage_error(
    fairlead: FairleadCommand, tmp_path: Path
) -> None:
    assert fairlead("sync", "export", str(tmp_path / "a.toml")).exit_code == 2
    assert fairlead("sync", "import", str(tmp_path / "nowhere.toml")).exit_code == 2
    (tmp_path / "latin.toml").write_bytes(b"version = 1 # \xe9")
    result = fairlead("sync", "import", str(tmp_path / "latin.toml"), "--json")
    assert (result.exit_code, "UTF-8" in result.json["error"]["title"]) == (2, True)
    assert fairlead("sync", "import", str(tmp_path)).exit_code == 1
    assert fairlead("sync", "list", "--json").json["syncs"] == []


def test_sync_set_notification_recipients(fairlead: FairleadCommand) -> None:
    assert fairlead("sync", "add", "--preset", "zendesk-to-sailthru").exit_code == 0
    result = fairlead("sync", "notify", "zendesk-to-sailthru", "--json")
    usual = {"run": False, "failure": True, "desktop": True, "email": []}
    assert result.json == {"sync": "zendesk-to-sailthru", **usual}
    words = ("--email", "lee@desk.example", "--email", "kim@desk.example", "--run", "on")
    result = fairlead("sync", "notify", "zendesk-to-sailthru", *words, "--json")
    assert result.json["email"] == ["lee@desk.example", "kim@desk.example"]
    result = fairlead("sync", "notify", "zendesk-to-sailthru", "--email", "nobody", "--json")
    assert result.exit_code == 2
    assert "“nobody” is no e-mail address." in result.json["error"]["message"]
    result = fairlead("sync", "notify", "zendesk-to-sailthru", "--no-email", "--json")
    assert (result.json["email"], result.json["run"]) == ([], True)
