"""`fairlead lookup`, `doctor` and wrong usage: JSON keys, exit codes, and words for a terminal."""

import itertools
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers

MARIA = "maria@lopez.example"
# Each test has a phone number of its own.
_NUMBERS = itertools.count(5801)


def test_lookup_json_has_every_documented_key(fairlead: FairleadCommand) -> None:
    result = fairlead("lookup", MARIA, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    sheet = result.json
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
    assert "cookie" not in result.stdout


@pytest.mark.parametrize(
    ("query", "person", "sid"),
    [
        ("#48213", 7701, "5e9f3c1b2a4d6e8f00713401"),
        ("Ticket #48213.", 7701, "5e9f3c1b2a4d6e8f00713401"),
        ("mailto:maria@lopez.example?subject=Hi", 7701, "5e9f3c1b2a4d6e8f00713401"),
        ("‘maria@lopez.exam\u00adple’", 7701, "5e9f3c1b2a4d6e8f00713401"),
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
def test_lookup_finds_customer_by_each_identifier(
    query: str, person: int | None, sid: str, fairlead: FairleadCommand
) -> None:
    result = fairlead("lookup", query, "--json")
    assert result.exit_code == 0, result.stdout
    assert (result.json["zendesk"] or {}).get("id") == person
    assert result.json["sailthru"]["sid"] == sid


@pytest.mark.parametrize("is_ascii_in_zendesk", [True, False])
@pytest.mark.parametrize("typed", ["anna{}@b\u00fccher.example", "Anna{}@XN--BCHER-KVA.example."])
def test_lookup_international_domain_is_one_customer(
    typed: str, is_ascii_in_zendesk: bool, fairlead: FairleadCommand, sandbox: SandboxServers
) -> None:
    number = next(_NUMBERS)
    spellings = [f"anna{number}@bücher.example", f"anna{number}@xn--bcher-kva.example"]
    stored, other = spellings[::-1] if is_ascii_in_zendesk else spellings
    person = sandbox.create_user(stored)
    sid = sandbox.create_profile(other, optout_email="all")
    for query in (typed.format(number), f"id:{person}"):
        found = fairlead("lookup", query, "--json").json
        assert (found["zendesk"]["id"], found["sailthru"]["sid"]) == (person, sid)
        # As each service spells it.
        assert (found["zendesk"]["emails"], found["sailthru"]["email"]) == ([stored], other)
    sandbox.delete_profile(sid)
    alone = fairlead("lookup", typed.format(number), "--json").json
    assert (alone["zendesk"]["id"], alone["sailthru"]) == (person, None)


def test_lookup_two_profiles_of_one_international_domain_are_offered(
    fairlead: FairleadCommand, sandbox: SandboxServers
) -> None:
    number = next(_NUMBERS)
    typed, other = f"anna{number}@bücher.example", f"anna{number}@xn--bcher-kva.example"
    sids = [sandbox.create_profile(address) for address in (typed, other)]
    sandbox.create_user(typed)
    assert fairlead("lookup", typed, "--json").json["sailthru"]["sid"] == sids[0]
    shown = fairlead("lookup", typed)
    assert f"May be theirs: {other}  ({sids[1]}, opt-out none)" in shown.stdout.splitlines()


@pytest.mark.parametrize(
    ("customer_vars", "text"),
    [
        ({"customer_value": 3, "rev_365": 300}, "3 of 4, $300 predicted revenue, next 365 days"),
        ({"rev_365": 86.5}, "no segment, $86.50 predicted revenue, next 365 days"),
        ({"customer_value": 2}, "2 of 4"),
        ({}, "not available"),
    ],
)
def test_lookup_prints_customer_value(
    customer_vars: dict[str, float],
    text: str,
    fairlead: FairleadCommand,
    sandbox: SandboxServers,
) -> None:
    address = f"value{next(_NUMBERS)}@predicted.example"
    sandbox.create_profile(address, vars=customer_vars)
    lines = fairlead("lookup", address).stdout.splitlines()
    assert f"  value     {text}" in lines


def test_lookup_unknown_customer_gives_nulls_and_exit_0(fairlead: FairleadCommand) -> None:
    for query in ("nobody@nowhere.example", "#999999999", "Zzyzx Qwfp", "f" * 24):
        result = fairlead("lookup", query, "--json")
        assert result.exit_code == 0, result.stdout
        assert (result.json["zendesk"], result.json["sailthru"]) == (None, None)
        assert (result.json["health"], result.json["value"]) == (None, None)


def test_lookup_several_matches_exit_3(fairlead: FairleadCommand) -> None:
    result = fairlead("lookup", "Alex Kim", "--json")
    assert result.exit_code == 3
    assert [m["query"] for m in result.json["matches"]] == ["id:7707", "id:7708"]
    assert result.json["zendesk"] is None
    # Having opened one of them does not change that, nor does it lend its profile to the answer.
    assert fairlead("lookup", "id:7707", "--json").exit_code == 0
    again = fairlead("lookup", "Alex Kim", "--json")
    assert again.exit_code == 3
    assert (again.json["zendesk"], again.json["sailthru"]) == (None, None)


def test_lookup_hostile_name_sends_no_terminal_control_codes(
    fairlead: FairleadCommand, sandbox: SandboxServers
) -> None:
    sandbox.create_user("evil@cursor.example", name="\x1b[2J\x07Eve\r\nroot:")
    result = fairlead("lookup", "evil@cursor.example")
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    assert "\x07" not in result.stdout
    assert "Eve" in result.stdout


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
def test_usage_error_is_json_with_exit_2(
    words: tuple[str, ...], fairlead: FairleadCommand, sandbox: SandboxServers
) -> None:
    sandbox.control("DELETE", "requests")
    result = fairlead(*words, "--json")
    assert result.exit_code == 2 or words[-1] == "../../etc", result
    error = result.json["error"]
    assert set(error) == {"code", "title", "message", "hint"}
    assert error["title"]
    assert "Traceback" not in result.stderr
    requests = sandbox.control("GET", "requests")["requests"]
    assert not [r for r in requests if "POST" in r or "PUT" in r]


@pytest.mark.parametrize("before", [("--json",), ("--workspace", "main", "--json")])
def test_options_before_verb_are_accepted(
    before: tuple[str, ...], fairlead: FairleadCommand
) -> None:
    result = fairlead(*before, "lookup", MARIA)
    assert result.exit_code == 0, result
    assert result.json["zendesk"]["email"] == MARIA


def test_workspace_option_unknown_name_creates_nothing(fairlead: FairleadCommand) -> None:
    result = fairlead("--workspace", "mian", "--json")
    assert result.exit_code == 2
    assert "main" in result.json["error"]["message"]
    assert [folder.name for folder in (fairlead.home / "workspaces").iterdir()] == ["main"]


@pytest.mark.parametrize("new", [True, False])
def test_window_creates_workspace_when_named_or_first(
    new: bool, fairlead: FairleadCommand, tmp_path: Path
) -> None:
    home = fairlead.home if new else tmp_path / "first"
    words = ("window", "--workspace=acme", "--exit-after-first-paint", *(["--new"] * new))
    result = fairlead(*words, FAIRLEAD_HOME=str(home), QT_QPA_PLATFORM="offscreen")
    # Where Qt is not installed there is no window, and that is result.
    assert result.exit_code == (0 if find_spec("PySide6") else 1), result.stderr
    assert "Traceback" not in result.stderr
    assert (home / "workspaces" / "acme").is_dir()


def test_edit_reason_without_text_is_usage_error(fairlead: FairleadCommand) -> None:
    # As Python gives bytes of a command line that are no UTF-8.
    no_text = b"\xff\xfe".decode(errors="surrogateescape")
    done = fairlead("edit", MARIA, "--optout", "basic", "--json", "--reason", no_text)
    assert done.exit_code == 2, done.stderr
    assert done.json["error"]["code"] == "bad_input"


@pytest.mark.parametrize("act", ["retry", "discard"])
def test_edit_without_any_change_is_usage_error(act: str, fairlead: FairleadCommand) -> None:
    assert f"The edit to {act} is missing." in fairlead("outbox", act).stderr


def test_log_level_setting_is_used_and_environment_overrides_it(fairlead: FairleadCommand) -> None:
    settings = fairlead.home / "workspaces" / "main" / "settings.json"
    kept = json.loads(settings.read_text())
    kept["settings"]["advanced.log_level"] = "warning"
    settings.write_text(json.dumps(kept))
    what = (
        "import asyncio, logging; from desktop.app.bootstrap import build_app_context;"
        "from desktop.app.commands.open_workspace import open_workspace\n"
        "async def main():\n"
        "    async with open_workspace(build_app_context(), None, connect=False):\n"
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


def test_error_without_json_is_text_on_stderr(fairlead: FairleadCommand) -> None:
    result = fairlead("lookup", "a@@b")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "not an e-mail address" in result.stderr


def test_output_pipe_closed_early_is_no_error(fairlead: FairleadCommand) -> None:
    for words in (("lookup", MARIA), ("lookup", MARIA, "--json")):
        process = subprocess.Popen(
            fairlead.command_line(*words),
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


@pytest.mark.parametrize(
    ("closed", "words"),
    [
        (">&-", ("lookup", MARIA)),
        ("2>&-", ("lookup", MARIA)),
        (">&- 2>&-", ("lookup", MARIA, "--json")),
    ],
)
def test_output_without_any_reader_is_no_error(
    fairlead: FairleadCommand, closed: str, words: tuple[str, ...]
) -> None:
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *fairlead.command_line(*words)],
        env=fairlead.environ,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_output_write_failure_is_reported(fairlead: FairleadCommand) -> None:
    for words in (("lookup", MARIA), ("lookup", MARIA, "--json")):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                fairlead.command_line(*words),
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


def test_database_newer_version_is_reported(fairlead: FairleadCommand) -> None:
    import sqlite3

    path = fairlead.home / "workspaces" / "main" / "fairlead.db"
    assert fairlead("outbox", "--json").exit_code == 0
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA user_version = 5001")
    raw.close()
    for words in (("lookup", MARIA), ("outbox",), ("audit", "--verify")):
        result = fairlead(*words, "--json")
        assert result.exit_code == 1
        assert result.json["error"]["code"] == "store"
        assert "newer" in result.json["error"]["title"]


def test_settings_file_truncated_starts_with_defaults(fairlead: FairleadCommand) -> None:
    (settings,) = (fairlead.home / "workspaces" / "main").glob("settings.json")
    text = settings.read_text()
    settings.write_text(text[: len(text) // 2])
    result = fairlead("lookup", MARIA, "--json")
    assert result.exit_code in (0, 1, 3, 4)
    assert "Traceback" not in result.stderr
    json.loads(result.stdout)


def test_lookup_before_setup_names_next_step(tmp_path: Path, sandbox: SandboxServers) -> None:
    nobody = FairleadCommand(tmp_path / "empty", sandbox.connection_document, keyring=False)
    result = nobody("lookup", MARIA, "--json")
    assert result.exit_code == 3
    assert "setup" in result.json["error"]["hint"]


def test_doctor_saves_a_report_without_personal_data(
    fairlead: FairleadCommand, tmp_path: Path
) -> None:
    path = tmp_path / "report.txt"
    result = fairlead("doctor", "--save", str(path), "--json")
    assert (result.exit_code, result.json) == (0, {"saved": str(path)})
    report = path.read_text(encoding="utf-8")
    assert "== Checks ==" in report
    assert "Ada Admin" not in report
    assert "127.0.0.1" not in report
    assert path.stat().st_mode & 0o077 == 0
    assert fairlead("doctor", "--save", "-").stdout.startswith("Fairlead diagnostics.")
    nowhere = fairlead("doctor", "--save", str(tmp_path / "no" / "folder" / "x.txt"), "--json")
    assert nowhere.exit_code == 1
    assert "could not be saved" in nowhere.json["error"]["title"]


def test_doctor_lists_every_permission(
    fairlead: FairleadCommand, as_agent: FairleadCommand
) -> None:
    result = fairlead("doctor", "--json")
    assert result.exit_code == 0, result.stdout
    assert result.json["workspace"] == "main"
    agents = as_agent("doctor", "--json")
    assert agents.exit_code in (0, 1)
    assert agents.json["workspace"] == "main"


@pytest.mark.parametrize("stored", ["+44 (20) 7946-{}", "020 7946 {}", "+4420 7946{}"])
def test_lookup_finds_phone_stored_in_another_spacing(
    stored: str, fairlead: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    number = f"{next(_NUMBERS):04}"
    user_id = sandbox.create_user(customers.new_email(), phone=stored.format(number))
    for typed in (f"+44 20 7946 {number}", f"020 7946{number}", f"tel:+44-20-7946-{number}"):
        result = fairlead("lookup", typed, "--json")
        assert result.exit_code == 0, result.stdout
        assert result.json["zendesk"]["id"] == user_id, typed


def test_lookup_says_that_a_user_was_deleted_or_suspended(
    fairlead: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    user_id = sandbox.create_user(customers.new_email())
    assert fairlead("lookup", f"id:{user_id}", "--json").json["zendesk"]["active"] is True
    sandbox.write_user(user_id, suspended=True)
    assert "suspended" in fairlead("lookup", f"id:{user_id}").stdout
    sandbox.delete_user(user_id)
    assert fairlead("lookup", f"id:{user_id}", "--json").json["zendesk"]["active"] is False
    assert "deleted in Zendesk, or merged" in fairlead("lookup", f"id:{user_id}").stdout


def test_lookup_of_suspended_matches_says_so(
    fairlead: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    name = f"Quillon {customers.new_email().partition('@')[0]}"
    first = sandbox.create_user(customers.new_email(), name=name)
    second = sandbox.create_user(customers.new_email(), name=name)
    sandbox.write_user(second, suspended=True)
    lines = fairlead("lookup", f"name:{name}").stdout.splitlines()
    assert any(f"id:{second} " in line and "(suspended)" in line for line in lines), lines
    assert not any(f"id:{first} " in line and "suspended" in line for line in lines)


def test_lookup_of_somebody_on_no_list_says_what_does_not_see_them(
    fairlead: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    email = customers.new_email()
    sandbox.create_profile(email)
    assert "High-value tagging reads lists" in fairlead("lookup", email).stdout
    sandbox.create_profile(email, lists={"Newsletter": 1})
    assert "High-value tagging" not in fairlead("lookup", email).stdout
