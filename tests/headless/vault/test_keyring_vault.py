"""The keyring vault against a real Secret Service, and against keyrings that fail."""

import asyncio
import threading
import time
from pathlib import Path

import pytest

from desktop.kit.errors import InvalidInput, KeyringError
from desktop.kit.log_redaction import Redactor
from desktop.vault.keyring_errors import KeyringLocked, KeyringTimeout
from desktop.vault.keyring_vault import KeyringVault
from desktop.vault.secret import MAX_SECRET_LENGTH, Secret
from tests.support.keyring_session import START_LOCKED, KeyringSession

CANARY = "canary-9f2c-secret"

KEEP = f"""
async def main():
    await vault.set(Secret.SAILTHRU_SECRET, "{CANARY}\\n")
    say({{"got": await vault.get(Secret.SAILTHRU_SECRET)}})
run(main())
"""
READ = """
async def main():
    say({"got": await vault.get(Secret.SAILTHRU_SECRET)})
run(main())
"""


def files_with(folder: Path, needle: bytes) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file() and needle in p.read_bytes()]


def test_keyring_secret_survives_restart_and_is_erased_and_never_plain(
    session: KeyringSession,
) -> None:
    assert session.run_python(KEEP) == [{"got": CANARY}]
    (session.home / "child.py").unlink()
    assert files_with(session.home, CANARY.encode()) == []
    assert session.run_python(READ) == [{"got": CANARY}]
    gone = session.run_python(
        """
        async def main():
            await erase_all_secrets(vault)
            await erase_all_secrets(vault)
            say({"got": await vault.get(Secret.SAILTHRU_SECRET)})
        run(main())
        """
    )
    assert gone == [{"got": None}]


def test_keyring_workspaces_are_separate(session: KeyringSession) -> None:
    said = session.run_python(
        """
        other = KeyringVault("fairlead:other", limit_s=5)
        async def main():
            await vault.set(Secret.SAILTHRU_KEY, "mine")
            say({"got": await other.get(Secret.SAILTHRU_KEY)})
        run(main())
        """
    )
    assert said == [{"got": None}]


def test_keyring_without_session_bus_is_explained(session: KeyringSession) -> None:
    for code in (KEEP, READ):
        (said,) = session.run_python(code, start=None)
        assert said["error"] == "KeyringError"
        assert "gnome-keyring" in said["text"]
        assert "FAIRLEAD_SAILTHRU_KEY" in said["text"]
    (session.home / "child.py").unlink()
    assert files_with(session.home, CANARY.encode()) == []


def test_keyring_never_unlocked_is_locked(session: KeyringSession) -> None:
    session.run_python(KEEP)
    (said,) = session.run_python(READ, start=START_LOCKED)
    assert said["error"] == "KeyringLocked"
    assert "Unlock it" in said["text"]


def test_keyring_locked_during_use_is_locked(session: KeyringSession) -> None:
    said = session.run_python(
        """
        async def main():
            await vault.set(Secret.SAILTHRU_KEY, "k")
            import secretstorage
            from contextlib import closing
            with closing(secretstorage.dbus_init()) as bus:
                secretstorage.get_default_collection(bus).lock()
            await vault.get(Secret.SAILTHRU_KEY)
        run(main())
        """
    )
    assert [s["error"] for s in said] == ["KeyringLocked"]


def test_keyring_without_password_is_locked(session: KeyringSession) -> None:
    (said,) = session.run_python(KEEP, start=START_LOCKED)
    assert said["error"] == "KeyringLocked"


@pytest.mark.parametrize(
    "backend", ["keyring.backends.null.Keyring", "keyring.backends.fail.Keyring"]
)
def test_keyring_null_backends_are_refused_by_name(session: KeyringSession, backend: str) -> None:
    for code in (KEEP, READ):
        (said,) = session.run_python(code, PYTHON_KEYRING_BACKEND=backend)
        assert said["error"] == "KeyringError"


@pytest.mark.parametrize(
    ("module", "chained"),
    [
        ("keyrings.alt.file", False),
        ("keyrings.alt.file", True),
        ("keyring.backends.null", True),
        # No word in its name tells that it keeps the secrets readable.
        ("acme_keyring", False),
        ("acme_keyring", True),
    ],
)
def test_keyring_plain_file_backend_is_refused(
    session: KeyringSession, module: str, chained: bool
) -> None:
    # keyrings.alt is not installed: a class of the same full name stands in for its own.
    (said,) = session.run_python(
        f"""
        import keyring, keyring.backend, keyring.backends.chainer
        kept = {{}}
        class PlaintextKeyring(keyring.backend.KeyringBackend):
            priority = 9
            def get_password(self, service, name): return kept.get((service, name))
            def set_password(self, service, name, value): kept[service, name] = value
        PlaintextKeyring.__module__ = {module!r}
        class Chain(keyring.backends.chainer.ChainerBackend):
            backends = [PlaintextKeyring()]
        Chain.__module__, Chain.__qualname__ = "keyring.backends.chainer", "ChainerBackend"
        keyring.set_keyring(Chain() if {chained} else PlaintextKeyring())
        async def main():
            await vault.set(Secret.SAILTHRU_KEY, "k")
            say({{"kept": len(kept)}})
        run(main())
        """,
        start=None,
    )
    assert said["error"] == "KeyringError"
    assert module in said["text"]


def test_keyring_forgetful_backend_is_detected(session: KeyringSession) -> None:
    said = session.run_python(
        """
        import keyring, keyring.backend
        class Forgetful(keyring.backend.KeyringBackend):
            priority = 9
            def get_password(self, service, name): return "other"
            def set_password(self, service, name, value): pass
            def delete_password(self, service, name): raise RuntimeError("canary in a text")
        Forgetful.__module__, Forgetful.__qualname__ = "keyring.backends.SecretService", "Keyring"
        keyring.set_keyring(Forgetful())
        run(vault.set(Secret.SAILTHRU_KEY, "k"))
        run(vault.delete(Secret.SAILTHRU_KEY))
        """,
        start=None,
    )
    assert [s["error"] for s in said] == ["KeyringError", "KeyringError"]
    assert "did not keep the Sailthru key" in said[0]["text"]
    assert "RuntimeError" in said[1]["text"]
    assert "canary" not in said[1]["text"]


def test_keyring_hanging_blocks_neither_loop_nor_exit(session: KeyringSession) -> None:
    begun = time.monotonic()
    said = session.run_python(
        """
        import keyring, keyring.backend
        class Slow(keyring.backend.KeyringBackend):
            priority = 9
            def get_password(self, service, name): time.sleep(30)
            def set_password(self, service, name, value): time.sleep(30)
        Slow.__module__, Slow.__qualname__ = "keyring.backends.SecretService", "Keyring"
        keyring.set_keyring(Slow())
        vault = KeyringVault("fairlead:test", limit_s=0.3)
        async def main():
            beats = 0
            asked = asyncio.create_task(vault.get(Secret.SAILTHRU_KEY))
            while not asked.done():
                await asyncio.sleep(0.01)
                beats += 1
            say({"beats": beats})
            await asked
        run(main())
        """,
        start=None,
    )
    assert time.monotonic() - begun < 10
    # One call that blocked the loop would leave none or one.
    assert said[0]["beats"] > 3
    assert said[1]["error"] == "KeyringTimeout"


class Entries:
    """A keyring in memory that answers when it is let."""

    def __init__(self) -> None:
        self.kept: dict[Secret, str] = {}
        self.let = threading.Event()
        self.let.set()
        self.calls = 0

    def get(self, secret: Secret) -> str | None:
        self.calls += 1
        self.let.wait(10)
        return self.kept.get(secret)

    def set(self, secret: Secret, value: str) -> None:
        self.let.wait(10)
        self.kept[secret] = value

    def delete(self, secret: Secret) -> None:
        self.kept.pop(secret, None)


async def test_keyring_silent_is_not_asked_until_it_answers() -> None:
    entries = Entries()
    entries.let.clear()
    vault = KeyringVault("x", limit_s=0.05, entries=entries)
    with pytest.raises(KeyringTimeout, match="another window"):
        await vault.get(Secret.SAILTHRU_KEY)
    with pytest.raises(KeyringTimeout):
        await vault.get(Secret.SAILTHRU_KEY)
    assert entries.calls == 1
    entries.let.set()
    await asyncio.sleep(0.05)
    assert await vault.get(Secret.SAILTHRU_KEY) is None


async def test_keyring_cancelled_call_does_not_affect_next() -> None:
    entries = Entries()
    entries.kept[Secret.SAILTHRU_KEY] = "key-123"
    entries.let.clear()
    vault = KeyringVault("x", limit_s=2, entries=entries)
    first = asyncio.create_task(vault.get(Secret.SAILTHRU_KEY))
    await asyncio.sleep(0.02)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    asyncio.get_running_loop().call_later(0.05, entries.let.set)
    assert await vault.get(Secret.SAILTHRU_KEY) == "key-123"


async def test_keyring_windows_size_limit_applies_everywhere() -> None:
    entries = Entries()
    vault = KeyringVault("x", entries=entries)
    await vault.set(Secret.ZENDESK_REFRESH, "t" * MAX_SECRET_LENGTH)
    with pytest.raises(InvalidInput, match="longer than 1,280"):
        await vault.set(Secret.ZENDESK_REFRESH, "t" * (MAX_SECRET_LENGTH + 1))
    assert entries.kept == {Secret.ZENDESK_REFRESH: "t" * MAX_SECRET_LENGTH}


async def test_keyring_secrets_are_redacted() -> None:
    redactor = Redactor()
    entries = Entries()
    entries.kept[Secret.SAILTHRU_KEY] = "odd key 1"
    vault = KeyringVault("x", redactor, entries=entries)
    await vault.get(Secret.SAILTHRU_KEY)
    await vault.set(Secret.SAILTHRU_SECRET, "odd secret 2")
    assert redactor.redact("a odd key 1 b odd secret 2") == "a … b …"


def test_keyring_locked_or_silent_raises_no_keyring() -> None:
    assert issubclass(KeyringLocked, KeyringError)
    assert issubclass(KeyringTimeout, KeyringError)
