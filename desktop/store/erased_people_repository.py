"""The table of people who were erased: keyed hashes of their addresses and ids, nothing else."""

import sqlite3
from collections.abc import Callable, Iterable

from desktop.kit.errors import StorageError
from desktop.model.erased_people import ErasedPeople
from desktop.model.json_value import Json
from desktop.store import audit_row
from desktop.store.audit_signer import AuditSigner
from desktop.store.database_call import database_call
from desktop.store.repository import Repository


class ErasedPeopleRepository(Repository):
    """The table `erased_person`: whom no sync, event, import or edit is to make again."""

    @database_call
    def load(self) -> ErasedPeople:
        """Select everybody who was erased, with the keys known here to tell them by."""

        def look(connection: sqlite3.Connection) -> ErasedPeople:
            rows = connection.execute("SELECT hash, key_id FROM erased_person").fetchall()
            signer = self._database.audit_signer
            hashers = {row["key_id"]: signer.person_hasher(row["key_id"]) for row in rows}
            known = tuple(hasher for hasher in hashers.values() if hasher is not None)
            hashes = frozenset(row["hash"] for row in rows)
            return ErasedPeople(hashes, known, len(known) < len(hashers))

        return self._database.read(look)

    @database_call
    def allow_again(self, keys: Iterable[str], actor: str, now: float) -> int:
        """Delete the hashes of an erased person's keys: they may be made again; returns how many.

        Every other key that was kept by the same erasure goes with them.
        """
        wanted, signer = tuple(keys), self._database.audit_signer

        def act(connection: sqlite3.Connection) -> int:
            found: set[int] = set()
            for row in connection.execute("SELECT * FROM erased_person").fetchall():
                hasher = signer.person_hasher(row["key_id"])
                if hasher is not None and row["hash"] in map(hasher, wanted):
                    found.add(row["erasure"])
            count = sum(
                connection.execute("DELETE FROM erased_person WHERE erasure = ?", (one,)).rowcount
                for one in found
            )
            if count:
                words = "A person who was erased may be made again."
                content: Json = {"erasures": sorted(map(str, found))}
                audit_row.append_erasure_end(
                    connection, at=now, actor=actor, content=content, reason=words
                )
            return count

        return self._database.write(act)


def keep_erased(
    connection: sqlite3.Connection,
    signer: AuditSigner,
    erasure_id: int,
    keys: Iterable[str],
    now: float,
) -> None:
    """Insert the hashes of an erased person's keys, in the transaction that begins to erase."""
    require_person_hasher(signer)
    kept = tuple(keys)
    for key_id in signer.person_key_ids:
        hasher = signer.person_hasher(key_id)
        if hasher is not None:
            connection.executemany(
                "INSERT OR IGNORE INTO erased_person (hash, key_id, erasure, at)"
                " VALUES (?, ?, ?, ?)",
                [(hasher(key), key_id, erasure_id, now) for key in kept],
            )


def require_person_hasher(signer: AuditSigner) -> Callable[[str], str]:
    """Return what hashes erased people from now on. Raises StorageError without any key."""
    hasher = signer.person_hasher(signer.person_key_id)
    if hasher is None:
        raise StorageError(
            "Nobody can be erased without a key.",
            "Whom nothing is to make again is kept as keyed hashes, and there is no key here.",
            "Unlock the keyring, or set FAIRLEAD_AUDIT_KEY.",
        )
    return hasher
