"""Loads the key that signs the audit from the vault, and keeps the audit's newest row beside it."""

import asyncio
import logging
import secrets

from desktop.connect.connection_config import ConnectionConfig
from desktop.kit.errors import AppError
from desktop.model.team_address import parse_team_address
from desktop.settings.file_lock import hold_lock
from desktop.settings.json_file import write_text_atomically
from desktop.store.audit_log import AuditLog
from desktop.store.audit_signer import AuditHead, AuditSigner, parse_audit_head
from desktop.vault.secret import Secret

log = logging.getLogger(__name__)
# Seconds. Whoever unlocks the keyring later has a keyed audit from the next start on.
_PATIENCE_S = 2.0
_LOCK_TIMEOUT_S = 2.0
_KEY_BYTES = 32


async def load_audit_key(
    config: ConnectionConfig, signer: AuditSigner, *, in_team: bool = False
) -> None:
    """Load the audit's key from the vault for a signer; it is made at the first time.

    `in_team`: the team's key too, by which all its desks know who was erased.

    The key is the environment's, else the keyring's. Where there is none, or the keyring is locked
    or hangs, entries are written without: an opt-out never waits for a key. Rows that wait are
    proven by the environment's Sailthru secret then.
    """
    if secret := config.environment_secrets.secrets.get(Secret.SAILTHRU_SECRET):
        signer.use_proof_key(secret)
    try:
        await asyncio.wait_for(_load(config, signer, in_team=in_team), _PATIENCE_S)
    except (AppError, TimeoutError) as error:
        log.info("The audit has no key: %s", getattr(error, "code", "timeout"))
    # Not before: what is judged meanwhile would be judged without the key.
    signer.was_asked = True


async def load_audit_signer(config: ConnectionConfig) -> AuditSigner:
    """Return an audit signer of its own, for what opens the database for a moment."""
    signer = AuditSigner()
    await load_audit_key(config, signer)
    return signer


async def keep_audit_head(
    config: ConnectionConfig, audit: AuditLog, *, replaces: bool = False
) -> None:
    """Keep the audit's newest row in the vault, so that an end cut off later shows.

    Where the key is the environment's, in the workspace's folder instead, sealed with the key. Not
    over a row that is kept and missing in the file, which is the proof, unless an admin has begun a
    new segment (`replaces`).
    """
    try:
        await asyncio.wait_for(_keep(config, audit, replaces=replaces), _PATIENCE_S)
    except (AppError, TimeoutError) as error:
        log.info("The end of the audit was not kept: %s", getattr(error, "code", "timeout"))


async def _load(config: ConnectionConfig, signer: AuditSigner, *, in_team: bool) -> None:
    vault = config.vault
    if in_team and (address := await vault.get(Secret.TEAM_DSN)) is not None:
        signer.use_team_key(parse_team_address(address).key)
    key = await vault.get(Secret.AUDIT_KEY)
    if key is None:
        lock = config.workspace.lock_path("audit-key")
        async with hold_lock(lock, limit_s=_LOCK_TIMEOUT_S, clock=config.clock):
            # Two processes at once: whoever comes second takes what the first has made.
            key = await vault.get(Secret.AUDIT_KEY)
            if key is None:
                key = secrets.token_hex(_KEY_BYTES)
                await vault.set(Secret.AUDIT_KEY, key)
    signer.use_key(key)
    await _read_head(config, signer)


async def _read_head(config: ConnectionConfig, signer: AuditSigner) -> None:
    signer.is_head_beside = Secret.AUDIT_KEY in config.environment_secrets.secrets
    if not signer.is_head_beside:
        signer.kept_head = parse_audit_head(await config.vault.get(Secret.AUDIT_HEAD) or "")
        return
    try:
        text = config.workspace.audit_head_path.read_text("ascii")
    except (OSError, ValueError):
        text = ""
    signer.kept_head = signer.open_sealed_head(text.strip())


async def _write_head(config: ConnectionConfig, signer: AuditSigner, head: AuditHead) -> None:
    if signer.is_head_beside:
        path = config.workspace.audit_head_path
        await asyncio.to_thread(write_text_atomically, path, f"{signer.seal_head(head)}\n")
    else:
        await config.vault.set(Secret.AUDIT_HEAD, head.text)


async def _keep(config: ConnectionConfig, audit: AuditLog, *, replaces: bool) -> None:
    lock = config.workspace.lock_path("audit-key")
    async with hold_lock(lock, limit_s=_LOCK_TIMEOUT_S, clock=config.clock):
        # Another process may have kept a newer one meanwhile.
        await _read_head(config, audit.signer)
        if replaces:
            audit.signer.kept_head = None
        head = await audit.find_head()
        if head is not None and head != audit.signer.kept_head:
            await _write_head(config, audit.signer, head)
            audit.signer.kept_head = head
        audit.signer.has_signed = False
