"""Where the audit's key comes from, and that nothing waits for it."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.connect import audit_key
from desktop.connect.audit_key import keep_audit_head, load_audit_key, load_audit_signer
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.local_data_service import LocalDataService
from desktop.model.account import Account
from desktop.model.edit import EditKind, EditRequest, EditState, EditTarget
from desktop.model.service import Service
from desktop.store.audit_signer import parse_audit_head
from desktop.store.workspace_store import WorkspaceStore, open_store
from desktop.vault.environment_vault import EnvironmentSecrets, EnvironmentVault
from desktop.vault.keyring_errors import keyring_locked_error, no_keyring_error
from desktop.vault.memory_vault import MemoryVault
from desktop.vault.secret import Secret, erase_all_secrets

OPT_OUT = EditRequest(
    EditKind.OPTOUT, EditTarget(Service.SAILTHRU, "b" * 24, "maria@lopez.example"),
    "", "none", "all", "asked",
)  # fmt: skip


class LockedVault(MemoryVault):
    async def get(self, secret: Secret) -> str | None:
        raise keyring_locked_error()


class MissingVault(MemoryVault):
    async def get(self, secret: Secret) -> str | None:
        raise no_keyring_error("None.")


class HangingVault(MemoryVault):
    async def get(self, secret: Secret) -> str | None:
        await asyncio.Event().wait()
        return None


class ReadOnlyVault(MemoryVault):
    async def set(self, secret: Secret, value: str) -> None:
        raise keyring_locked_error()


@pytest.fixture
def open_audit(tmp_path: Path) -> Iterator[Callable[[], WorkspaceStore]]:
    """Opens the same file each time, as processes one after the other do."""
    opened: list[WorkspaceStore] = []

    def open_again() -> WorkspaceStore:
        if opened:
            opened.pop().close()
        opened.append(open_store(tmp_path / "data"))
        return opened[-1]

    yield open_again
    opened.pop().close()


def opt_out(store: WorkspaceStore) -> None:
    store.outbox.enqueue.blocking([OPT_OUT], "Ada", 1.0, [0.0])
    edit = store.outbox.claims.claim.blocking(2.0)
    assert edit is not None
    store.outbox.claims.close(
        store.outbox.claims.mark_sending.blocking(edit, 2.0), 3.0, EditState.DONE, "ok"
    )


async def test_first_load_makes_a_key_that_later_ones_use(
    desk: ConnectionConfig, open_audit: Callable[[], WorkspaceStore]
) -> None:
    for _ in range(2):
        store = open_audit()
        await load_audit_key(desk, store.audit.signer)
        opt_out(store)
        await keep_audit_head(desk, store.audit)
    found = store.audit.verify_chain.blocking()
    assert (found.state, found.is_end_known) == ("verified", True)
    assert [(s.first_seq, s.last_seq) for s in found.segments] == [(1, 2)]
    assert len(await desk.vault.get(Secret.AUDIT_KEY) or "") == 64
    head = parse_audit_head(await desk.vault.get(Secret.AUDIT_HEAD) or "")
    assert head == store.audit.find_head.blocking()


@pytest.mark.parametrize("vault", [LockedVault, MissingVault, HangingVault, ReadOnlyVault])
async def test_opt_out_is_closed_unkeyed_while_the_keyring_gives_no_key(
    vault: type[MemoryVault],
    desk: ConnectionConfig,
    open_audit: Callable[[], WorkspaceStore],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audit_key, "_PATIENCE_S", 0.05)
    store = open_audit()
    shut = replace(desk, vault=vault())
    await load_audit_key(shut, store.audit.signer)
    opt_out(store)
    await keep_audit_head(shut, store.audit)
    found = store.audit.verify_chain.blocking()
    assert (found.state, found.row_count) == ("unkeyed", 1)
    # Unlocked, a keyed segment begins, and vouches for what was written before.
    await load_audit_key(desk, store.audit.signer)
    opt_out(store)
    found = store.audit.verify_chain.blocking()
    assert [s.proof.value for s in found.segments] == ["unkeyed", "keyed"]
    assert (found.state, found.proven_seq) == ("verified", 2)


async def test_key_of_the_environment_is_used_and_not_stored(
    desk: ConnectionConfig, open_audit: Callable[[], WorkspaceStore]
) -> None:
    given = EnvironmentSecrets({Secret.AUDIT_KEY: "a key of the server"})
    below = LockedVault()
    server = replace(desk, vault=EnvironmentVault(below, given), environment_secrets=given)
    store = open_audit()
    await load_audit_key(server, store.audit.signer)
    opt_out(store)
    await keep_audit_head(server, store.audit)
    assert store.audit.verify_chain.blocking().state == "verified"
    other = open_audit()
    other.audit.signer.use_key("a key of the server")
    assert other.audit.verify_chain.blocking().state == "verified"


async def test_key_survives_disconnecting_as_the_audit_does(
    desk: ConnectionConfig, open_audit: Callable[[], WorkspaceStore]
) -> None:
    store = open_audit()
    await load_audit_key(desk, store.audit.signer)
    opt_out(store)
    await keep_audit_head(desk, store.audit)
    await desk.vault.set(Secret.SAILTHRU_KEY, "k" * 32)
    await erase_all_secrets(desk.vault)
    assert await desk.vault.get(Secret.SAILTHRU_KEY) is None
    store = open_audit()
    await load_audit_key(desk, store.audit.signer)
    assert store.audit.verify_chain.blocking().is_end_known


async def test_move_to_another_account_signs_what_it_drops(
    desk: ConnectionConfig, tmp_path: Path
) -> None:
    store = open_store(desk.workspace.folder)
    store.outbox.enqueue.blocking([OPT_OUT], "Ada", 1.0, [0.0])
    store.close()
    signer, other = await load_audit_signer(desk), Account("https://other.zendesk.com")
    await LocalDataService(desk.workspace).move_to_account(other, 2.0, signer)
    store = open_store(desk.workspace.folder)
    await load_audit_key(desk, store.audit.signer)
    found = store.audit.verify_chain.blocking()
    store.close()
    assert (found.state, found.row_count) == ("verified", 1)


async def test_kept_row_is_not_moved_over_a_file_that_was_cut_off(
    desk: ConnectionConfig, open_audit: Callable[[], WorkspaceStore], tmp_path: Path
) -> None:
    store = open_audit()
    await load_audit_key(desk, store.audit.signer)
    opt_out(store)
    await keep_audit_head(desk, store.audit)
    copy = (tmp_path / "data").rename(tmp_path / "whole")
    store = open_audit()
    await load_audit_key(desk, store.audit.signer)
    opt_out(store)
    await keep_audit_head(desk, store.audit)
    assert store.audit.verify_chain.blocking().first_broken_seq == 1
    (tmp_path / "data").rename(tmp_path / "replaced")
    copy.rename(tmp_path / "data")
    store = open_audit()
    await load_audit_key(desk, store.audit.signer)
    assert store.audit.verify_chain.blocking().is_end_known
