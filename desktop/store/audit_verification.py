"""Walks the audit's chain: where it breaks, which rows a key proves, which were erased."""

import sqlite3
from dataclasses import dataclass, field
from enum import Enum

from desktop.kit.text import format_count
from desktop.model.json_value import Json
from desktop.store.audit_row import (
    CUSTOMER_VALUES,
    GENESIS_HASH,
    hash_actor,
    hash_customer_values,
    hash_row,
    hash_row_of_0_2_0,
)
from desktop.store.audit_signer import AuditSigner

_CLOSED_WITHOUT_AUDIT_SQL = (
    "SELECT 1 FROM outbox WHERE state IN ('done', 'conflict', 'failed', 'undone')"
    " AND id NOT IN (SELECT edit FROM audit WHERE edit > 0) LIMIT 1"
)

_NOT_IN_0_2_0 = ("computer", "account", "actor_hash", "key_id", "mac")


class SegmentProof(Enum):
    """What is known of an audit segment's rows, by its key."""

    KEYED = "keyed"
    KEY_MISSING = "key_missing"
    UNKEYED = "unkeyed"


_PROOF_LABELS = {
    SegmentProof.KEYED: "keyed, verified with the key",
    SegmentProof.KEY_MISSING: "keyed, but the key is not here: only the chain itself was checked",
    SegmentProof.UNKEYED: "unkeyed: only the chain itself was checked",
}


@dataclass
class AuditSegment:
    """Successive audit rows that were written with one key, or with none."""

    first_seq: int
    last_seq: int
    key_id: str
    proof: SegmentProof
    is_by_0_2_0: bool

    def as_json(self) -> dict[str, Json]:
        """The audit segment as JSON, an object of `segments` of `fairlead audit --verify`."""
        return {
            "first": self.first_seq,
            "last": self.last_seq,
            "state": self.proof.value,
            "key": self.key_id or None,
            "written_by_0_2_0": self.is_by_0_2_0,
        }


@dataclass
class AuditVerification:
    """What the audit's chain shows; `first_broken_seq` is the first row that does not fit.

    `proven_seq`: no row up to this one was changed by anybody without the key. `is_end_known`: the
    file ends no sooner than the row that was last kept with the key.
    """

    row_count: int = 0
    first_broken_seq: int | None = None
    proven_seq: int = 0
    is_end_known: bool = False
    erased_count: int = 0
    has_erased_0_2_0: bool = False
    segments: list[AuditSegment] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether nothing contradicts the audit's chain."""
        return self.first_broken_seq is None

    @property
    def state(self) -> str:
        """State of the audit's chain: `broken`, `verified`, `partly`, `key_missing` or `unkeyed`.

        `empty` has nothing to prove.
        """
        if not self.is_whole:
            return "broken"
        if not self.row_count:
            return "empty"
        if self.proven_seq == self.row_count:
            return "verified"
        if self.proven_seq:
            return "partly"
        is_key_missing = any(s.proof is SegmentProof.KEY_MISSING for s in self.segments)
        return "key_missing" if is_key_missing else "unkeyed"

    @property
    def summary(self) -> str:
        """The verification of the audit as one sentence or two."""
        if not self.is_whole:
            return (
                f"The record was changed outside Fairlead: entry {self.first_broken_seq} does not"
                " fit."
            )
        if not self.row_count:
            return "The record is empty."
        count = format_count(self.row_count, "entry", "entries")
        whole = f"The record is whole: {count}"
        if self.state == "verified":
            missing = " or missing" if self.is_end_known else ""
            return f"{whole}, none changed{missing}. {self._erased_words}".rstrip()
        if self.state == "partly":
            rest = f"entries 1 to {self.proven_seq:,} are proven by the key, later ones by none"
            return f"{whole}; {rest}. {self._erased_words}".rstrip()
        why = (
            "the key that proves it is not here"
            if self.state == "key_missing"
            else "no key proves it"
        )
        risk = "whoever can write the file could have made it anew"
        return f"{whole}, but {why}: {risk}. {self._erased_words}".rstrip()

    def as_json(self) -> dict[str, Json]:
        """The audit's verification as JSON: what `fairlead audit --verify --json` adds."""
        return {
            "verified": self.is_whole,
            "state": self.state,
            "checked": self.row_count,
            "broken_at": self.first_broken_seq,
            "proven_to": self.proven_seq,
            "end_known": self.is_end_known,
            "erased": self.erased_count,
            "segments": [segment.as_json() for segment in self.segments],
            "proves": self.proves,
            "limits": self.limits,
        }

    @property
    def _erased_words(self) -> str:
        if not self.erased_count:
            return ""
        return f"Of {format_count(self.erased_count, 'entry', 'entries')} the values were erased."

    @property
    def lines(self) -> list[str]:
        """Lines for a terminal: the audit's segments, what they prove, and what not."""
        found = [
            f"Entries {s.first_seq:,} to {s.last_seq:,}: {_PROOF_LABELS[s.proof]}"
            f"{' (written by version 0.2.0)' if s.is_by_0_2_0 else ''}."
            for s in self.segments
        ]
        return [*found, f"Proven: {self.proves}", f"Not proven: {self.limits}"]

    @property
    def proves(self) -> str:
        """What a person may rely on after the audit was verified."""
        if not self.is_whole:
            return "the file was changed by other means than Fairlead, or restored from a copy."
        if not self.proven_seq:
            return "the entries fit together; damage and a change of single entries would show."
        return (
            f"nobody without the key changed, removed or reordered entries 1 to"
            f" {self.proven_seq:,}. Erased values can be gone, never another."
        )

    @property
    def limits(self) -> str:
        """What nobody can conclude from the verified audit."""
        if not self.is_whole:
            return f"which entries from {self.first_broken_seq} on are right."
        who = "what somebody did who had the key"
        if not self.proven_seq:
            return "that nobody who can write the file made the whole chain anew."
        rest = "" if self.proven_seq == self.row_count else "any later entry; "
        end = "" if self.is_end_known else "that none was cut off at the end; "
        old = "what erased entries of version 0.2.0 were; " if self.has_erased_0_2_0 else ""
        return f"{rest}{end}{old}{who}."


def verify_chain(connection: sqlite3.Connection, signer: AuditSigner) -> AuditVerification:
    """Walk the audit's whole chain, with every key that is known here."""
    found, previous = AuditVerification(), GENESIS_HASH
    head = signer.kept_head
    for row in connection.execute("SELECT * FROM audit_entry ORDER BY seq"):
        found.row_count += 1
        segment = _segment_of(found, row, signer)
        is_proven = segment.proof is SegmentProof.KEYED
        if not (
            row["seq"] == found.row_count
            and row["prev_hash"] == previous
            and _is_row_sound(row, found)
            and (not is_proven or signer.sign(row["key_id"], row["hash"]) == row["mac"])
            and (head is None or head.seq != row["seq"] or head.hash == row["hash"])
        ):
            found.first_broken_seq = row["seq"]
            return found
        previous = row["hash"]
        if row["salt"] is None or row["actor_salt"] is None:
            found.erased_count += 1
            found.has_erased_0_2_0 |= segment.is_by_0_2_0
        if is_proven or (head is not None and head.seq == row["seq"]):
            found.proven_seq = found.row_count
    found.is_end_known = head is not None and head.seq <= found.row_count
    if _is_end_missing(connection, found.row_count) or (
        head is not None and not found.is_end_known
    ):
        found.first_broken_seq = found.row_count + 1
    return found


def _segment_of(found: AuditVerification, row: sqlite3.Row, signer: AuditSigner) -> AuditSegment:
    """Return the audit segment that a row continues, or begins."""
    key_id, is_by_0_2_0 = row["key_id"], not row["values_hash"]
    last = found.segments[-1] if found.segments else None
    if last is not None and (last.key_id, last.is_by_0_2_0) == (key_id, is_by_0_2_0):
        last.last_seq = row["seq"]
        return last
    known = SegmentProof.KEYED if signer.is_known(key_id) else SegmentProof.KEY_MISSING
    proof = known if key_id else SegmentProof.UNKEYED
    found.segments.append(AuditSegment(row["seq"], row["seq"], key_id, proof, is_by_0_2_0))
    return found.segments[-1]


def _is_row_sound(row: sqlite3.Row, found: AuditVerification) -> bool:
    """Whether an audit row's hash is that of what it says, as far as its values are there."""
    is_actor_erased, is_customer_erased = row["actor_salt"] is None, row["salt"] is None
    # Without its salt nothing vouches for a value: it has to be gone as well.
    if (is_actor_erased and row["actor"] is not None) or (
        is_customer_erased and any(row[name] is not None for name in CUSTOMER_VALUES)
    ):
        return False
    if found.segments[-1].is_by_0_2_0:
        # Its hash covers the values themselves: once they are erased, its links alone are left.
        is_erased = is_actor_erased or is_customer_erased
        is_first = len(found.segments) == 1 and not any(row[name] for name in _NOT_IN_0_2_0)
        return is_first and (is_erased or hash_row_of_0_2_0(row) == row["hash"])
    is_sound: bool = (
        (is_actor_erased or hash_actor(row) == row["actor_hash"])
        and (is_customer_erased or hash_customer_values(row) == row["values_hash"])
        and hash_row(row) == row["hash"]
    )
    return is_sound


def _is_end_missing(connection: sqlite3.Connection, row_count: int) -> bool:
    # A row cut off at the end leaves the counter behind as a witness.
    seen = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").fetchone()
    if seen is not None and seen["seq"] > row_count:
        return True
    # So does an edit that has ended: the row that closed it was written with it.
    return connection.execute(_CLOSED_WITHOUT_AUDIT_SQL).fetchone() is not None
