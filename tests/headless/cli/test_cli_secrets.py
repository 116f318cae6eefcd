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

from tests.faults.servers import ROOT, Servers
from tests.headless.cli.command import Command

MARIA, PHONE = "maria@lopez.example", "15550134"
DATABASES = {"fairlead.db", "mirror.db"}


def files(home: Path) -> Iterator[Path]:
    return (p for p in home.rglob("*") if p.is_file())


@pytest.fixture
def behind_keyring(tmp_path: Path, servers: Servers) -> Command:
    return Command(tmp_path / "home", servers.document, keyring=True)


def test_set_up_and_use_leave_no_secret_outside_the_keyring(
    behind_keyring: Command, servers: Servers, tmp_path: Path
) -> None:
    fairlead = behind_keyring
    document = json.dumps({**servers.document, "changes": True}) + "\n"
    debug = {"FAIRLEAD_LOG": "debug"}
    said = fairlead("setup", "--from", "-", "--json", stdin=document, **debug)
    assert said.code == 0, said.out + said.err
    told = [said]
    file = tmp_path / "setup.json"
    file.write_text(json.dumps(servers.document, indent=2))
    told.append(fairlead("setup", "--from", str(file), "--workspace", "main", **debug))
    assert told[-1].code == 0, told[-1].out + told[-1].err
    edit = ("edit", MARIA, "--var", "canary=1", "--reason", "a test")
    for words in (("lookup", MARIA, "--json"), ("doctor",), edit, ("audit", "--verify")):
        told.append(fairlead(*words, **debug))
        assert told[-1].code == 0, told[-1]
    # Everything that can go wrong underneath, told in full.
    for fault in ("401", "500", "truncated"):
        servers.fault(f"*:* *:{fault}", times=None)
        told.append(fairlead("lookup", MARIA, **debug))
        servers.quiet()
    s, z = servers.document["sailthru"], servers.document["zendesk"]
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
    for one in told:
        assert not any(secret in one.out + one.err for secret in secrets)
        assert "Traceback" not in one.err
        assert MARIA not in one.err
    (log,) = fairlead.home.rglob("fairlead.log")
    assert "GET" in log.read_text()


def test_without_a_keyring_nothing_is_written_in_plain_text(
    tmp_path: Path, servers: Servers
) -> None:
    fairlead = Command(tmp_path / "home", servers.document, keyring=False)
    for name in ("KEY", "SECRET"):
        fairlead.environ.pop(f"FAIRLEAD_SAILTHRU_{name}")
    fairlead.environ.pop("FAIRLEAD_ZENDESK_TOKEN")
    said = fairlead("setup", "--from", "-", "--json", stdin=json.dumps(servers.document))
    assert said.code != 0
    assert said.json["error"]["code"] == "no_keyring"
    for path in files(fairlead.home):
        assert servers.document["sailthru"]["api_secret"].encode() not in path.read_bytes()


@pytest.mark.parametrize(
    "document", ["", "{", "[]", "null", '{"sailthru": 1}', "\x00\xff", "[" * 100_000]
)
def test_a_set_up_that_is_none_is_wrong_usage(
    document: str, tmp_path: Path, servers: Servers
) -> None:
    fairlead = Command(tmp_path / "home", servers.document, keyring=False)
    said = fairlead("setup", "--from", "-", "--json", stdin=document)
    assert said.code == 2
    assert said.json["error"]["code"] == "bad_input"


@pytest.mark.parametrize("indent", [None, 2])
def test_a_set_up_is_read_from_a_pipe_that_stays_open(
    indent: int | None, tmp_path: Path, servers: Servers
) -> None:
    fairlead = Command(tmp_path / "home", servers.document, keyring=False)
    process = subprocess.Popen(
        fairlead.arguments("setup", "--from", "-", "--json"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=fairlead.environ,
        cwd=tmp_path,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(servers.document, indent=indent).encode())
    process.stdin.flush()
    try:
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_forced_mistake_is_told_without_what_it_was_about(home: Path, servers: Servers) -> None:
    """An exception that holds everything one should not tell, thrown in the middle of a verb."""
    secret = servers.document["sailthru"]["api_secret"]
    code = (
        "import sys; from desktop.customer import lookup\n"
        "async def broken(self):\n"
        f"    raise RuntimeError('{MARIA} {secret} +{PHONE} api_key=abcdef123456')\n"
        "lookup._Search._by_email = broken\n"
        "from desktop.app.cli import run; sys.exit(run(['lookup', sys.argv[1], '--json']))"
    )
    fairlead = Command(home, servers.document, keyring=False)
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


def test_no_core_is_dumped_and_nobody_may_look_into_the_process(tmp_path: Path) -> None:
    code = (
        "import os, resource, sys\n"
        "from desktop.app.hardening import harden\n"
        "harden()\n"
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
