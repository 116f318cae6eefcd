"""`fairlead lookup`, `doctor` and wrong usage: JSON keys, exit codes, and words for a terminal."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.faults.servers import Servers
from tests.headless.cli.command import Command

MARIA = "maria@lopez.example"


def test_everything_that_scripts_rely_on_is_there(fairlead: Command) -> None:
    said = fairlead("lookup", MARIA, "--json")
    assert (said.code, said.err) == (0, "")
    sheet = said.json
    assert sheet["query"] == {"kind": "email", "value": MARIA}
    zendesk, sailthru = sheet["zendesk"], sheet["sailthru"]
    assert (zendesk["id"], zendesk["name"], zendesk["email"]) == (7701, "Maria Lopez", MARIA)
    assert zendesk["emails"] == [MARIA, "m.lopez@work.example"]
    assert "vip" in zendesk["tags"]
    assert {t["id"] for t in zendesk["tickets"]} >= {48213, 48102, 47990}
    assert sailthru["sid"] == "5e9f3c1b2a4d6e8f00713401"
    assert sailthru["email"] == MARIA
    assert set(sailthru["lists"]) >= {"Newsletter", "VIP Offers", "Product news"}
    assert (sailthru["optout"], sailthru["engagement"]) == ("none", "active")
    assert sailthru["vars"]["city"] == "Lisbon"
    assert sheet["health"] == "neutral"
    assert sheet["value"] == {"segment": 4, "amount": 1240.0, "unit": "USD", "horizon_days": 365}
    assert set(sheet["age_s"]) >= {"zendesk", "sailthru"}
    assert all(0 <= age < 60 for age in sheet["age_s"].values())
    assert "cookie" not in said.out


@pytest.mark.parametrize(
    ("query", "person", "sid"),
    [
        ("#48213", 7701, "5e9f3c1b2a4d6e8f00713401"),
        ("https://acme.zendesk.com/agent/tickets/48240", 7702, "5f1c7d02a9be4c3300240012"),
        ("id:7703", 7703, "600a1f55d3c1aa2b00483020"),
        ("5f1c7d02a9be4c3300240012", 7702, "5f1c7d02a9be4c3300240012"),
        ("ext:shop-1182", 7701, "5e9f3c1b2a4d6e8f00713401"),
        ("+15550134", 7701, "5e9f3c1b2a4d6e8f00713401"),
        ("Priya Nair", 7703, "600a1f55d3c1aa2b00483020"),
        ("wren@halloway.example", None, "5b3de40177aa4c22007799ff"),
        # Found by sid it is that profile, though Zendesk's first address has none.
        ("5dc2b1e77a0f4499007781aa", 7781, "5dc2b1e77a0f4499007781aa"),
    ],
)
def test_one_customer_by_whatever_names_them(
    query: str, person: int | None, sid: str, fairlead: Command
) -> None:
    said = fairlead("lookup", query, "--json")
    assert said.code == 0, said.out
    assert (said.json["zendesk"] or {}).get("id") == person
    assert said.json["sailthru"]["sid"] == sid


def test_nobody_is_nobody_with_nulls_and_code_0(fairlead: Command) -> None:
    for query in ("nobody@nowhere.example", "#999999999", "Zzyzx Qwfp", "f" * 24):
        said = fairlead("lookup", query, "--json")
        assert said.code == 0, said.out
        assert (said.json["zendesk"], said.json["sailthru"]) == (None, None)
        assert (said.json["health"], said.json["value"]) == (None, None)


def test_several_are_offered_with_code_3(fairlead: Command) -> None:
    said = fairlead("lookup", "Alex Kim", "--json")
    assert said.code == 3
    assert [m["query"] for m in said.json["matches"]] == ["id:7707", "id:7708"]
    assert said.json["zendesk"] is None
    # Having opened one of them does not change that, nor does it lend its profile to the answer.
    assert fairlead("lookup", "id:7707", "--json").code == 0
    again = fairlead("lookup", "Alex Kim", "--json")
    assert again.code == 3
    assert (again.json["zendesk"], again.json["sailthru"]) == (None, None)


def test_hostile_names_cannot_move_the_cursor(fairlead: Command, servers: Servers) -> None:
    servers.make_person("evil@cursor.example", name="\x1b[2J\x07Eve\r\nroot:")
    said = fairlead("lookup", "evil@cursor.example")
    assert said.code == 0
    assert "\x1b" not in said.out
    assert "\x07" not in said.out
    assert "Eve" in said.out


@pytest.mark.parametrize(
    "words",
    [
        ("lookup",),
        ("lookup", "a@b.c", "d@e.f"),
        ("lookup", ""),
        ("lookup", "a@@b"),
        ("lookup", "x" * 5000),
        ("lookup", "fairlead://delete/everything"),
        ("lookup", "https://evil.example/"),
        ("lookup", MARIA, "--workspace", "../../etc"),
        ("lookup", MARIA, "--workspace", "nosuch"),
        ("window", "--workspace", "nosuch"),
        ("--workspace", "nosuch"),
        ("lokup", MARIA),
        ("sync", "lst"),
        ("sync",),
        ("sync", "run"),
        ("sync", "add", "--preset", "nosuch"),
        ("sync", "schedule", "nosuch", "every blue moon"),
        ("lookup", MARIA, "--js"),
        ("edit", MARIA),
        ("edit", MARIA, "--reason", "x"),
        ("edit", MARIA, "--reason", "x", "--optout", "blast"),
        ("edit", MARIA, "--reason", "x", "--list", "Newsletter"),
        ("edit", MARIA, "--reason", "x", "--list", "Newsletter=perhaps"),
        ("edit", MARIA, "--reason", "x", "--list", "money$=on"),
        ("edit", MARIA, "--reason", "x", "--list", "No such list=on"),
        ("edit", MARIA, "--reason", "x", "--list", "zendesk-sync-smart=on"),
        ("edit", MARIA, "--reason", "x", "--health", "splendid"),
        ("edit", MARIA, "--reason", "x", "--var", "city=Lisbon"),
        ("edit", MARIA, "--reason", "x", "--var", "city"),
        ("edit", MARIA, "--reason", "x", "--var", "1st=1"),
        ("edit", MARIA, "--reason", "x", "--var", "x=NaN"),
        ("edit", MARIA, "--reason", "x", "--var", "x=1e999"),
        ("edit", MARIA, "--reason", "x", "--var", "x=" + "9" * 40),
        ("edit", MARIA, "--reason", "x", "--var", 'x="\\ud800"'),
        ("edit", MARIA, "--reason", "x", "--var", "x=" + "[" * 200 + "]" * 200),
        ("edit", MARIA, "--reason", "x", "--var", "x=" + "[" * 90_000),
        ("edit", MARIA, "--reason", "x", "--ticket", "-5", "--optout", "basic"),
        ("edit", MARIA, "--reason", "x" * 3000, "--optout", "basic"),
        ("edit", MARIA, "--reason", "", "--optout", "basic"),
        ("undo", "none"),
        ("undo", "999"),
        ("outbox", "explode"),
        ("outbox", "retry"),
        ("outbox", "retry", "77"),
        ("demo", "--tour", ""),
        ("setup",),
        ("setup", "--from", "/nowhere/at/all"),
    ],
)
def test_wrong_usage_is_a_json_error_with_code_2(
    words: tuple[str, ...], fairlead: Command, servers: Servers
) -> None:
    servers.control("DELETE", "requests")
    said = fairlead(*words, "--json")
    assert said.code == 2 or words[-1] == "../../etc", said
    error = said.json["error"]
    assert set(error) == {"code", "title", "message", "hint"}
    assert error["title"]
    assert "Traceback" not in said.err
    requests = servers.control("GET", "requests")["requests"]
    assert not [r for r in requests if "POST" in r or "PUT" in r]


@pytest.mark.parametrize("before", [("--json",), ("--workspace", "main", "--json")])
def test_options_may_stand_before_the_verb(before: tuple[str, ...], fairlead: Command) -> None:
    said = fairlead(*before, "lookup", MARIA)
    assert said.code == 0, said
    assert said.json["zendesk"]["email"] == MARIA


def test_a_workspace_that_is_not_there_is_not_made(fairlead: Command) -> None:
    said = fairlead("--workspace", "mian", "--json")
    assert said.code == 2
    assert "main" in said.json["error"]["message"]
    assert [folder.name for folder in (fairlead.home / "workspaces").iterdir()] == ["main"]


@pytest.mark.parametrize("new", [True, False])
def test_a_window_makes_a_workspace_when_asked_or_when_there_is_none(
    new: bool, fairlead: Command, tmp_path: Path
) -> None:
    home = fairlead.home if new else tmp_path / "first"
    words = ("window", "--workspace=acme", "--exit-after-first-paint", *(["--new"] * new))
    said = fairlead(*words, FAIRLEAD_HOME=str(home), QT_QPA_PLATFORM="offscreen")
    # Where Qt is not installed there is no window, and that is said.
    assert said.code == (0 if find_spec("PySide6") else 1), said.err
    assert "Traceback" not in said.err
    assert (home / "workspaces" / "acme").is_dir()


def test_a_reason_that_is_no_text_is_wrong_usage(fairlead: Command) -> None:
    done = subprocess.run(
        [
            *fairlead.arguments("edit", MARIA, "--optout", "basic", "--json", "--reason"),
            b"\xff\xfe",
        ],
        env=fairlead.environ,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2, done.stderr
    assert json.loads(done.stdout)["error"]["code"] == "bad_input"


@pytest.mark.parametrize("act", ["retry", "discard"])
def test_the_missing_edit_is_asked_for(act: str, fairlead: Command) -> None:
    assert f"The edit to {act} is missing." in fairlead("outbox", act).err


def test_the_log_says_as_much_as_is_set_and_the_environment_wins(fairlead: Command) -> None:
    settings = fairlead.home / "workspaces" / "main" / "settings.json"
    kept = json.loads(settings.read_text())
    kept["settings"]["advanced.log_level"] = "warning"
    settings.write_text(json.dumps(kept))
    what = (
        "import asyncio, logging; from desktop.app.cli import lay_ground;"
        "from desktop.app.session import session\n"
        "async def main():\n"
        "    async with session(lay_ground(), None, connect=False):\n"
        "        print(logging.getLogger('desktop').getEffectiveLevel())\n"
        "asyncio.run(main())"
    )
    for environ, level in (({}, "30"), ({"FAIRLEAD_LOG": "debug"}, "10")):
        done = subprocess.run(
            [sys.executable, "-c", what],
            env={**fairlead.environ, **environ},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert done.stdout.strip() == level


def test_without_json_an_error_is_words_on_stderr(fairlead: Command) -> None:
    said = fairlead("lookup", "a@@b")
    assert (said.code, said.out) == (2, "")
    assert "not an e-mail address" in said.err


def test_the_reader_may_leave_early(fairlead: Command) -> None:
    for words in (("lookup", MARIA), ("lookup", MARIA, "--json"), ("audit",), ("outbox",)):
        process = subprocess.Popen(
            fairlead.arguments(*words),
            env=fairlead.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        err = process.stderr.read().decode()
        process.stderr.close()
        assert process.wait(30) == 0, err
        assert err == ""


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_nobody_may_be_listening_at_all(fairlead: Command, closed: str) -> None:
    for words in (("lookup", MARIA, "--json"), ("lookup", MARIA)):
        done = subprocess.run(
            ["sh", "-c", f'exec "$@" {closed}', "sh", *fairlead.arguments(*words)],
            env=fairlead.environ,
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, b"")


def test_an_answer_that_cannot_be_written_is_told(fairlead: Command) -> None:
    for words in (("lookup", MARIA), ("lookup", MARIA, "--json")):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                fairlead.arguments(*words),
                env=fairlead.environ,
                stdout=full,
                stderr=subprocess.PIPE,
                check=False,
                timeout=60,
            )
        assert done.returncode == 1
        assert b"could not be written" in done.stderr
        assert b"Traceback" not in done.stderr
        assert b"Exception" not in done.stderr


def test_a_newer_database_is_a_sentence(fairlead: Command) -> None:
    import sqlite3

    path = fairlead.home / "workspaces" / "main" / "fairlead.db"
    assert fairlead("outbox", "--json").code == 0
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA user_version = 5001")
    raw.close()
    for words in (("lookup", MARIA), ("outbox",), ("audit", "--verify")):
        said = fairlead(*words, "--json")
        assert said.code == 1
        assert said.json["error"]["code"] == "store"
        assert "newer" in said.json["error"]["title"]


def test_half_a_settings_file_starts_with_the_defaults(fairlead: Command) -> None:
    (settings,) = (fairlead.home / "workspaces" / "main").glob("settings.json")
    text = settings.read_text()
    settings.write_text(text[: len(text) // 2])
    said = fairlead("lookup", MARIA, "--json")
    assert said.code in (0, 1, 3, 4)
    assert "Traceback" not in said.err
    json.loads(said.out)


def test_before_any_set_up_it_says_what_to_do(tmp_path: Path, servers: Servers) -> None:
    nobody = Command(tmp_path / "empty", servers.document, keyring=False)
    said = nobody("lookup", MARIA, "--json")
    assert said.code == 3
    assert "setup" in said.json["error"]["hint"]


def test_doctor_names_every_right(fairlead: Command, as_agent: Command) -> None:
    said = fairlead("doctor", "--json")
    assert said.code == 0, said.out
    assert said.json["workspace"] == "main"
    agents = as_agent("doctor", "--json")
    assert agents.code in (0, 1)
    assert agents.json["workspace"] == "main"
