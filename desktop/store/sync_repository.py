"""The table `sync` of configured syncs, in the order people keep them."""

import hashlib
import sqlite3
import uuid
from collections.abc import Sequence
from dataclasses import fields, replace

import msgspec

from desktop.kit.errors import ConflictError, NotFound
from desktop.model.json_value import Json, canonical_json
from desktop.model.permission import Actor
from desktop.model.sync import NotificationSettings, Sync
from desktop.store import audit_row
from desktop.store.audit_verification import find_proven_entry
from desktop.store.database_call import database_call
from desktop.store.repository import Repository
from desktop.store.sqlite_errors import DatabaseDamaged
from desktop.store.sync_limits import note_limits, with_counting_limits

# Fields that came after syncs were first switched on: at their default a switch says nothing of
# them, so that one from before still counts.
_LATER_FIELDS = {
    "": ("target", "armed_at", "partner", "both_directions", "shared_address"),
    "source": ("trigger", "phrase", "phrase_in", "segment", "optout", "products"),
    "effects": ("remove_from_lists", "pause_days", "pause_var", "pause_list", "lead_lists"),
}
# A process that begins a claimed run needs seconds; what is left behind by a crash is no licence.
_TICKET_LIFE_S = 600.0


class SyncRepository(Repository):
    """The table `sync`: rules as JSON, order, version, and how far each has read its feed."""

    @database_call
    def list_all(self) -> tuple[Sync, ...]:
        """Select every sync, favourites first."""

        def look(connection: sqlite3.Connection) -> tuple[Sync, ...]:
            rows = connection.execute("SELECT * FROM sync ORDER BY position, name").fetchall()
            signer = self._database.audit_signer
            found = [with_counting_limits(connection, signer, _decode_sync(row)) for row in rows]
            return tuple(sorted(found, key=lambda sync: not sync.favourite))

        return self._database.read(look)

    @database_call
    def get(self, name: str) -> Sync:
        """Select one sync by name. Raises NotFound."""

        def look(connection: sqlite3.Connection) -> Sync:
            row = connection.execute("SELECT * FROM sync WHERE name = ?", (name,)).fetchone()
            if row is None:
                raise _not_found(connection, name)
            return with_counting_limits(connection, self._database.audit_signer, _decode_sync(row))

        return self._database.read(look)

    @database_call
    def save(
        self, sync: Sync, now: float, *, is_attested_now: bool = False, by: Actor | None = None
    ) -> Sync:
        """Insert a sync or a new version of one; returns it as stored.

        `by` saves it. `is_attested_now`: somebody has just attested consent, which the audit tells.
        Raises ConflictError when it was saved elsewhere since `sync` was read.
        """

        def act(connection: sqlite3.Connection) -> Sync:
            row = connection.execute("SELECT * FROM sync WHERE name = ?", (sync.name,)).fetchone()
            if (row["version"] if row else 0) != sync.version:
                raise ConflictError(
                    f"“{sync.title}” was changed elsewhere meanwhile."
                    if row
                    else f"“{sync.title}” was removed elsewhere meanwhile.",
                    "Nothing was saved.",
                    "Look at it again, then make your change once more.",
                )
            if is_attested_now:
                before = _decode_sync(row) if row else None
                audit_row.append_consent(connection, sync, before, now)
            kept = sync
            if by is not None and sync.switched_on_by != by.key and row is not None:
                # Whose rights it has is taken over from the row only where that is proven.
                before = _decode_sync(row)
                if not before.on or not self._is_switch_proven(connection, before):
                    kept = replace(sync, switched_on_by="")
            who = by.signature if by is not None else sync.switched_on_by
            stored = _decode_sync(row) if row else None
            kept = note_limits(connection, self._database.audit_signer, kept, stored, (who, now))
            saved = _upsert(connection, kept, sync.version, now)
            if saved.on and not self._is_switch_proven(connection, saved):
                content = switch_content(saved, _find_conditions(connection, saved))
                seq = audit_row.append_switch(connection, saved, content, who, now)
                connection.execute(
                    "UPDATE sync SET switch_seq = ? WHERE name = ?", (seq, saved.name)
                )
            return with_counting_limits(connection, self._database.audit_signer, saved)

        return self._database.write(act)

    @database_call
    def find_switcher(self, name: str) -> str:
        """Select `Actor.key` of who has switched a sync on as it is now.

        Empty where the audit does not tell the same: then nobody's rights are behind its schedule.
        """

        def look(connection: sqlite3.Connection) -> str:
            row = connection.execute("SELECT * FROM sync WHERE name = ?", (name,)).fetchone()
            sync = _decode_sync(row) if row is not None else None
            if sync is None or not sync.on or not self._is_switch_proven(connection, sync):
                return ""
            return sync.switched_on_by

        return self._database.read(look)

    def _is_switch_proven(self, connection: sqlite3.Connection, sync: Sync) -> bool:
        row = connection.execute(
            "SELECT switch_seq FROM sync WHERE name = ?", (sync.name,)
        ).fetchone()
        signer = self._database.audit_signer
        entry = find_proven_entry(connection, row["switch_seq"], signer)
        return (
            entry is not None
            and (entry["kind"], entry["name"]) == ("switch", sync.name)
            and entry["new"]
            == canonical_json(switch_content(sync, _find_conditions(connection, sync)))
        )

    @database_call
    def import_syncs(self, syncs: Sequence[Sync], now: float, by: str = "") -> tuple[Sync, ...]:
        """Insert syncs that somebody imports, all or none, replacing those of the same names.

        Their sources are read from the beginning.
        """

        def act(connection: sqlite3.Connection) -> tuple[Sync, ...]:
            taken = []
            for sync in syncs:
                row = connection.execute(
                    "SELECT * FROM sync WHERE name = ?", (sync.name,)
                ).fetchone()
                stored = _decode_sync(row) if row else None
                kept = note_limits(connection, self._database.audit_signer, sync, stored, (by, now))
                taken.append(_upsert(connection, kept, row["version"] if row else 0, now))
                connection.execute("UPDATE sync SET watermark = '' WHERE name = ?", (sync.name,))
            signer = self._database.audit_signer
            return tuple(with_counting_limits(connection, signer, one) for one in taken)

        return self._database.write(act)

    @database_call
    def remove(self, name: str) -> None:
        """Delete a sync's row; its runs stay. Raises NotFound."""

        def act(connection: sqlite3.Connection) -> None:
            if not connection.execute("DELETE FROM sync WHERE name = ?", (name,)).rowcount:
                raise _not_found(connection, name)

        self._database.write(act)

    @database_call
    def get_watermark(self, name: str) -> str:
        """Select the watermark up to which a sync has planned; empty before its first run."""

        def look(connection: sqlite3.Connection) -> str:
            row = connection.execute(
                "SELECT watermark FROM sync WHERE name = ? AND account IN ('', (SELECT id FROM"
                " current_account))",
                (name,),
            ).fetchone()
            return str(row["watermark"]) if row else ""

        return self._database.read(look)

    @database_call
    def set_watermark(self, name: str, mark: str) -> None:
        """Update the watermark at which a sync's next plan begins; empty: all is read again."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE sync SET watermark = ?, account = (SELECT id FROM current_account)"
                " WHERE name = ?",
                (mark, name),
            )
        )

    @database_call
    def get_last_due(self, name: str) -> float | None:
        """Select the scheduled time for which a sync was last started (Unix seconds)."""

        def look(connection: sqlite3.Connection) -> float | None:
            row = connection.execute("SELECT last_due FROM sync WHERE name = ?", (name,)).fetchone()
            return None if row is None else row["last_due"]

        return self._database.read(look)

    @database_call
    def set_last_due(self, name: str, at: float | None) -> None:
        """Update the time from which a sync's schedule counts; earlier ones are not caught up."""
        self._database.write(
            lambda c: c.execute("UPDATE sync SET last_due = ? WHERE name = ?", (at, name))
        )

    @database_call
    def claim_due(self, name: str, due: float, now: float) -> str | None:
        """Claim a scheduled time in a sync's row for one run; None when another process has it.

        The ticket that is returned is good for that one run, which hands it in when it begins.
        """

        def act(connection: sqlite3.Connection) -> str | None:
            claimed = connection.execute(
                "UPDATE sync SET last_due = ?1"
                " WHERE name = ?2 AND (last_due IS NULL OR last_due < ?1)",
                (due, name),
            ).rowcount
            return self._add_ticket(connection, name, now) if claimed else None

        return self._database.write(act)

    @database_call
    def claim_queued(self, name: str, due: float, now: float) -> str:
        """Claim a scheduled time that came from the team's queue; returns the run's ticket.

        The queue gives a time to one worker alone, and this desk may have put it in.
        """

        def act(connection: sqlite3.Connection) -> str:
            connection.execute(
                "UPDATE sync SET last_due = max(coalesce(last_due, ?1), ?1) WHERE name = ?2",
                (due, name),
            )
            return self._add_ticket(connection, name, now)

        return self._database.write(act)

    def _add_ticket(self, connection: sqlite3.Connection, name: str, now: float) -> str:
        ticket = uuid.uuid4().hex
        connection.execute("DELETE FROM due_run WHERE sync = ?", (name,))
        proof = self._database.audit_signer.prove("due run", [ticket, name, now])
        connection.execute(
            "INSERT INTO due_run (ticket, sync, claimed_at, proof) VALUES (?, ?, ?, ?)",
            (ticket, name, now, proof),
        )
        return ticket

    @database_call
    def release_due(self, name: str, ticket: str, previous: float) -> None:
        """Update a sync's row: its run could not be started, so that its time is due again."""

        def act(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM due_run WHERE ticket = ?", (ticket,))
            connection.execute("UPDATE sync SET last_due = ? WHERE name = ?", (previous, name))

        self._database.write(act)

    @database_call
    def use_due_ticket(self, name: str, ticket: str, now: float) -> bool:
        """Whether a scheduler claimed a time in the sync's row with that ticket; good once."""

        def act(connection: sqlite3.Connection) -> bool:
            row = connection.execute(
                "DELETE FROM due_run WHERE ticket = ? AND sync = ? RETURNING claimed_at, proof",
                (ticket, name),
            ).fetchone()
            if row is None or abs(now - float(row["claimed_at"])) > _TICKET_LIFE_S:
                return False
            said = [ticket, name, row["claimed_at"]]
            signer = self._database.audit_signer
            return signer.is_proven(row["proof"], "due run", said)

        return self._database.write(act)


def _upsert(connection: sqlite3.Connection, sync: Sync, version: int, now: float) -> Sync:
    saved = replace(sync, version=version + 1)
    last = connection.execute("SELECT max(position) FROM sync").fetchone()[0]
    connection.execute(
        "INSERT INTO sync (name, position, body, version, updated_at)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE"
        " SET body = excluded.body, version = excluded.version,"
        " updated_at = excluded.updated_at",
        (saved.name, (last or 0) + 1, _to_json(saved), saved.version, now),
    )
    return saved


def switch_content(sync: Sync, conditions: str | None = None) -> dict[str, Json]:
    """Return what an audited switch says: by whose rights a sync writes, and what it does.

    Of a rule also whom it may touch: the `conditions` of its segment.
    """
    # What changes nothing of what it writes, or is counted by the store itself, is left out.
    plain = replace(sync, version=0, checked_at=0.0, favourite=False, notify=NotificationSettings())
    said = msgspec.to_builtins(plain)
    for part, names in _LATER_FIELDS.items():
        record, content = (getattr(plain, part), said[part]) if part else (plain, said)
        defaults = {one.name: one.default for one in fields(record)}
        for name in names:
            if getattr(record, name) == defaults[name]:
                # What was stored without a field has none to say.
                content.pop(name, None)
    if sync.source.segment:
        said["conditions"] = conditions
    return {
        "by": sync.switched_on_by,
        "rules": hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest(),
    }


def _find_conditions(connection: sqlite3.Connection, sync: Sync) -> str | None:
    """Select the conditions of a rule's segment as they are now; None without such a segment."""
    row = connection.execute(
        "SELECT expression FROM segment WHERE name = ?", (sync.source.segment,)
    ).fetchone()
    return None if row is None else str(row["expression"])


def _not_found(connection: sqlite3.Connection, name: str) -> NotFound:
    names = [row["name"] for row in connection.execute("SELECT name FROM sync ORDER BY name")]
    return NotFound(
        f"There is no sync “{name[:80]}”.",
        f"There are: {', '.join(names)}." if names else "There is none yet.",
        "`fairlead sync add --preset NAME` makes one.",
    )


def _to_json(sync: Sync) -> str:
    return msgspec.json.encode(sync).decode()


def _decode_sync(row: sqlite3.Row) -> Sync:
    try:
        sync = msgspec.json.decode(row["body"], type=Sync)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise DatabaseDamaged(f"the sync {row['name']} makes no sense") from error
    return replace(sync, version=row["version"])
