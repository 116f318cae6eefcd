"""Syncs leave and come back as a file, on the command line."""

import tomllib
from pathlib import Path

from tests.headless.cli.command import Command


def test_out_and_in_again(fairlead: Command, tmp_path: Path) -> None:
    for preset in ("zendesk-to-sailthru", "high-value-tagging"):
        assert fairlead("sync", "add", "--preset", preset).code == 0
    file = tmp_path / "two words.toml"
    said = fairlead("sync", "export", str(file), "--json")
    assert said.json["goals"] == ["zendesk-to-sailthru", "high-value-tagging"]
    names = [table["name"] for table in tomllib.loads(file.read_text())["sync"]]
    assert names == ["high-value-tagging", "zendesk-to-sailthru"]
    # There already: refused as a whole, and the way out is named.
    said = fairlead("sync", "import", str(file), "--json")
    assert said.code == 3
    assert said.json["error"]["code"] == "conflict"
    assert "--replace" in said.json["error"]["hint"]
    said = fairlead("sync", "import", str(file), "--replace", "--json")
    assert (said.code, said.json["goals"]) == (0, names)
    assert all(not goal["on"] for goal in fairlead("sync", "list", "--json").json["goals"])
    # Through a pipe, one of them, under another name.
    one = fairlead("sync", "export", "-", "high-value-tagging").out
    renamed = one.replace('name = "high-value-tagging"', 'name = "again"')
    assert fairlead("sync", "import", "-", stdin=renamed).code == 0
    assert fairlead("sync", "export", "-", "again").out == renamed


def test_what_cannot_be_read_is_wrong_usage(fairlead: Command, tmp_path: Path) -> None:
    assert fairlead("sync", "export", str(tmp_path / "a.toml")).code == 2
    assert fairlead("sync", "import", str(tmp_path / "nowhere.toml")).code == 2
    (tmp_path / "latin.toml").write_bytes(b"version = 1 # \xe9")
    said = fairlead("sync", "import", str(tmp_path / "latin.toml"), "--json")
    assert (said.code, "UTF-8" in said.json["error"]["title"]) == (2, True)
    assert fairlead("sync", "import", str(tmp_path)).code == 1
    assert fairlead("sync", "list", "--json").json["goals"] == []


def test_whom_a_sync_tells(fairlead: Command) -> None:
    assert fairlead("sync", "add", "--preset", "zendesk-to-sailthru").code == 0
    said = fairlead("sync", "notify", "zendesk-to-sailthru", "--json")
    usual = {"run": False, "failure": True, "desktop": True, "email": []}
    assert said.json == {"goal": "zendesk-to-sailthru", **usual}
    words = ("--email", "lee@desk.example", "--email", "kim@desk.example", "--run", "on")
    said = fairlead("sync", "notify", "zendesk-to-sailthru", *words, "--json")
    assert said.json["email"] == ["lee@desk.example", "kim@desk.example"]
    said = fairlead("sync", "notify", "zendesk-to-sailthru", "--email", "nobody", "--json")
    assert said.code == 2
    assert "“nobody” is no e-mail address." in said.json["error"]["message"]
    said = fairlead("sync", "notify", "zendesk-to-sailthru", "--no-email", "--json")
    assert (said.json["email"], said.json["run"]) == ([], True)
