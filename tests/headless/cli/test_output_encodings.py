"""Output that cannot say every letter: nothing fails for it, and JSON and TOML stay whole."""

import json
import subprocess
import tomllib
from typing import Any

import pytest

from desktop.kit.shell_quoting import pasteable
from tests.support.cli_command import FairleadCommand
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers

NAME = "ليلى 🚀 O’Neill"


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_edit_under_any_encoding_is_written_and_exits_0(
    encoding: str, fairlead: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    email = customers.new_email()
    sandbox.create_profile(email)
    words = ("edit", email, "--reason", NAME, "--var")
    environ = {"PYTHONIOENCODING": encoding}
    # As a process of its own: the encoding is chosen at its start.
    result = run_process(fairlead, *words, f'alias="{NAME}"', "--json", **environ)
    assert result[0] == 0, result
    assert json_of(result[1], encoding)["edits"][0]["new"] == NAME
    code, out, err = run_process(fairlead, *words, f'alias="{NAME} 2"', **environ)
    assert code == 0, (out, err)
    assert b"mistake" not in err
    assert sandbox.read_profile(email)["vars"]["alias"] == f"{NAME} 2"  # type: ignore[index]


def test_sync_export_under_any_encoding_is_toml(fairlead: FairleadCommand) -> None:
    assert fairlead("sync", "add", "--preset", "zendesk-to-sailthru").exit_code == 0
    code, out, _ = run_process(fairlead, "sync", "export", "-", PYTHONIOENCODING="ascii")
    assert code == 0
    assert tomllib.loads(out.decode("utf-8"))


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("sync", "on", "plain-name"), "`fairlead sync on plain-name`"),
        (("sync", "on", "two words"), "`fairlead sync on 'two words'`"),
        (("sync", "on", "$(rm -r x)"), "`fairlead sync on '$(rm -r x)'`"),
    ],
)
def test_command_in_notice_is_quoted_for_a_shell(words: tuple[str, ...], shown: str) -> None:
    assert pasteable(*words) == shown


def run_process(fairlead: FairleadCommand, *words: str, **environ: str) -> tuple[int, bytes, bytes]:
    done = subprocess.run(
        fairlead.command_line(*words),
        env={**fairlead.environ, **environ},
        capture_output=True,
        timeout=60,
        check=False,
        cwd=fairlead.home.parent,
    )
    return done.returncode, done.stdout, done.stderr


def json_of(raw: bytes, encoding: str) -> Any:
    return json.loads(raw.decode(encoding))


def test_sync_mail_without_keyring_exits_by_what_was_stored(fairlead: FairleadCommand) -> None:
    words = ("--host", "mail.example", "--port", "587", "--from", "desk@acme.example")
    result = fairlead("sync", "mail", *words, "--json")
    assert result.exit_code == 0, result.stdout
    shown = fairlead("sync", "mail", "--json")
    assert (shown.exit_code, shown.json["host"]) == (0, "mail.example")
