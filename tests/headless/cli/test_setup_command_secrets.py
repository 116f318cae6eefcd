"""Set up behind a real Secret Service, then look for every secret in every file and word."""

import json
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.child_processes import ROOT
from tests.support.cli_command import FairleadCommand
from tests.support.sandbox_servers import SandboxServers

MARIA, PHONE = "maria@lopez.example", "15550134"
DATABASES = {"fairlead.db", "mirror.db"}


def files(home: Path) -> Iterator[Path]:
    return (p for p in home.rglob("*") if p.is_file())


@pytest.fixture
def behind_keyring(tmp_path: Path, sandbox: SandboxServers) -> FairleadCommand:
    return FairleadCommand(tmp_path / "home", sandbox.connection_document, keyring=True)


def test_setup_and_use_keep_secrets_in_keyring_only(
    behind_keyring: FairleadCommand, sandbox: SandboxServers, tmp_path: Path
) -> None:
    fairlead = behind_keyring
    document = json.dumps({**sandbox.connection_document, "changes": True}) + "\n"
    debug = {"FAIRLEAD_LOG": "debug"}
    result = fairlead("setup", "--from", "-", "--json", stdin=document, **debug)
    assert result.exit_code == 0, result.stdout + result.stderr
    results = [result]
    file = tmp_path / "setup.json"
    file.write_text(json.dumps(sandbox.connection_document, indent=2))
    results.append(fairlead("setup", "--from", str(file), "--workspace", "main", **debug))
    assert results[-1].exit_code == 0, results[-1].stdout + results[-1].stderr
    edit = ("edit", MARIA, "--var", "canary=1", "--reason", "a test")
    for words in (("lookup", MARIA, "--json"), ("doctor",), edit, ("audit", "--verify")):
        results.append(fairlead(*words, **debug))
        assert results[-1].exit_code == 0, results[-1]
    # Everything that can go wrong underneath, told in full.
    for fault in ("401", "500", "truncated"):
        sandbox.add_fault(f"*:* *:{fault}", times=None)
        results.append(fairlead("lookup", MARIA, **debug))
        sandbox.clear_faults()
    s, z = sandbox.connection_document["sailthru"], sandbox.connection_document["zendesk"]
    secrets = [s["api_key"], s["api_secret"], z["api_token"]]
    for path in files(fairlead.home):
        raw = path.read_bytes()
        for secret in secrets:
            assert secret.encode() not in raw, f"{path} holds a secret"
        if path.name.partition("-")[0] not in DATABASES:
            assert MARIA.encode() not in raw, f"{path} holds an address"
            assert b"maria%40" not in raw
            assert PHONE.encode() not in raw, f"{path} holds a phone number"
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    for folder in (fairlead.home, *(p for p in fairlead.home.rglob("*") if p.is_dir())):
        assert stat.S_IMODE(folder.stat().st_mode) & 0o077 == 0, folder
    for one in results:
        assert not any(secret in one.stdout + one.stderr for secret in secrets)
        assert "Traceback" not in one.stderr
        assert MARIA not in one.stderr
    (log,) = fairlead.home.rglob("fairlead.log")
    assert "GET" in log.read_text()


def test_setup_without_keyring_writes_no_secret(tmp_path: Path, sandbox: SandboxServers) -> None:
    fairlead = FairleadCommand(tmp_path / "home", sandbox.connection_document, keyring=False)
    for name in ("KEY", "SECRET"):
        fairlead.environ.pop(f"FAIRLEAD_SAILTHRU_{name}")
    fairlead.environ.pop("FAIRLEAD_ZENDESK_TOKEN")
    result = fairlead(
        "setup", "--from", "-", "--json", stdin=json.dumps(sandbox.connection_document)
    )
    assert result.exit_code != 0
    assert result.json["error"]["code"] == "no_keyring"
    for path in files(fairlead.home):
        assert (
            sandbox.connection_document["sailthru"]["api_secret"].encode() not in path.read_bytes()
        )


@pytest.mark.parametrize(
    "document", ["", "{", "[]", "null", '{"sailthru": 1}', "\x00\xff", "[" * 100_000]
)
def test_setup_invalid_document_is_usage_error(
    document: str, tmp_path: Path, sandbox: SandboxServers
) -> None:
    fairlead = FairleadCommand(tmp_path / "home", sandbox.connection_document, keyring=False)
    result = fairlead("setup", "--from", "-", "--json", stdin=document)
    assert result.exit_code == 2
    assert result.json["error"]["code"] == "bad_input"


@pytest.mark.parametrize("indent", [None, 2])
def test_setup_reads_document_from_open_pipe(
    indent: int | None, tmp_path: Path, sandbox: SandboxServers
) -> None:
    fairlead = FairleadCommand(tmp_path / "home", sandbox.connection_document, keyring=False)
    with fairlead.start("setup", "--from", "-", "--json", has_input=True) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(sandbox.connection_document, indent=indent))
        process.stdin.flush()
        assert process.wait(60) == 0


def test_unexpected_exception_is_reported_without_its_content(
    home: Path, sandbox: SandboxServers
) -> None:
    """An exception that holds everything one should not tell, thrown in the middle of a verb."""
    secret = sandbox.connection_document["sailthru"]["api_secret"]
    code = (
        "import sys; from desktop.customer import customer_lookup\n"
        "async def broken(self):\n"
        f"    raise RuntimeError('{MARIA} {secret} +{PHONE} api_key=abcdef123456')\n"
        "customer_lookup._LookupRun._by_email = broken\n"
        "from desktop.app.cli import run_command\n"
        "sys.exit(run_command(['lookup', sys.argv[1], '--json']))"
    )
    fairlead = FairleadCommand(home, sandbox.connection_document, keyring=False)
    done = subprocess.run(
        [sys.executable, "-c", code, MARIA],
        env={**fairlead.environ, "FAIRLEAD_LOG": "debug"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=ROOT,
    )
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == "bug"
    log = (home / "logs" / "fairlead.log").read_text()
    assert "RuntimeError" in log
    for canary in (secret, MARIA, PHONE, "abcdef123456"):
        assert canary not in log + done.stdout + done.stderr


def test_process_disables_core_dumps_and_debugger_access(tmp_path: Path) -> None:
    code = (
        "import os, resource, sys\n"
        "from desktop.app.startup.process_hardening import harden_process\n"
        "harden_process()\n"
        "import ctypes\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))\n"
        "sys.stdout.flush()\n"
        "os.abort()"
    )

    def allow_cores() -> None:
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=allow_cores,
    )
    assert done.returncode == -6
    assert done.stdout.strip() == "(0, 0) 0"
    assert list(tmp_path.iterdir()) == []
