"""Walks the audit's chain: where it breaks, which rows a key proves, which were erased."""

import sqlite3
from dataclasses import dataclass, field
from enum import Enum

import msgspec

from desktop.kit.clock import iso_timestamp
from desktop.kit.text import format_count
from desktop.model.json_value import Json
from desktop.store.audit_row import (
    CUSTOMER_VALUES,
    GENESIS_HASH,
    RESTART_KIND,
    hash_actor,
    hash_customer_values,
    hash_row,
    hash_row_of_0_2_0,
)
from desktop.store.audit_signer import AuditSigner

_CLOSED_WITHOUT_AUDIT_SQL = (
    "SELECT 1 FROM outbox WHERE state IN ('done', 'conflict', 'failed', 'undone')"
    " AND id NOT IN (SELECT edit FROM audit WHERE edit > 0) AND updated_at > ? LIMIT 1"
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


@dataclass(frozen=True)
class AuditRestart:
    """An audit segment that an admin began (row `seq`) because known rows were missing.

    They were numbered `first` to `last`.
    """

    seq: int
    at: float
    actor: str
    reason: str
    first: int
    last: int

    def as_json(self) -> dict[str, Json]:
        """The audit's restart as JSON, an object of `restarts` of `fairlead audit --verify`."""
        return {
            "at_entry": self.seq,
            "at": self.at,
            "actor": self.actor,
            "reason": self.reason,
            "missing": [self.first, self.last],
        }

    @property
    def line(self) -> str:
        """The restart of the audit as one sentence."""
        return (
            f"Entry {self.seq:,}: {self.actor or 'somebody'} began a new segment on"
            f" {iso_timestamp(self.at)}, since entries {self.first:,} to {self.last:,} of before"
            f" were missing. Reason: {self.reason or '(erased)'}."
        )


@dataclass
class AuditVerification:
    """What the audit's chain shows; `first_broken_seq` is the first row that does not fit.

    `cut_off_to`: the rows that are there fit, and others up to this number, known from outside the
    file, are missing: an older copy was restored, or the end cut off. `restarts`: earlier cases.

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
    cut_off_to: int | None = None
    restarts: list[AuditRestart] = field(default_factory=list)
    is_head_beside: bool = False

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
        if self.cut_off_to is not None:
            return (
                f"Entries {self.first_broken_seq:,} to {self.cut_off_to:,} that were written here"
                " are missing: an older copy of the file was restored, or its end was cut off."
            )
        if not self.is_whole:
            return (
                f"The record was changed outside Fairlead: entry {self.first_broken_seq} does not"
                " fit."
            )
        if not self.row_count:
            return "The record is empty."
        count = format_count(self.row_count, "entry", "entries")
        whole = f"The record is whole: {count}"
        if self.restarts:
            gaps = ", ".join(f"{gap.first:,} to {gap.last:,}" for gap in self.restarts)
            whole += f" (without the lost entries {gaps}, as an admin has noted)"
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
            "cut_off_to": self.cut_off_to,
            "restarts": [restart.as_json() for restart in self.restarts],
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
        found += [restart.line for restart in self.restarts]
        found += [f"Proven: {self.proves}", f"Not proven: {self.limits}"]
        if self.cut_off_to is not None:
            found.append(
                "If a copy was restored, an admin begins a new segment, which says so for good:"
                " fairlead audit --new-segment --reason TEXT"
            )
        return found

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
        if self.is_head_beside:
            end += "that the whole folder was not replaced by an older copy; "
        old = "what erased entries of version 0.2.0 were; " if self.has_erased_0_2_0 else ""
        return f"{rest}{end}{old}{who}."


def verify_chain(connection: sqlite3.Connection, signer: AuditSigner) -> AuditVerification:
    """Walk the audit's whole chain, with every key that is known here."""
    found, previous = AuditVerification(), GENESIS_HASH
    head = signer.kept_head
    found.is_head_beside = signer.is_head_beside
    is_head_other = False
    for row in connection.execute("SELECT * FROM audit_entry ORDER BY seq"):
        found.row_count += 1
        segment = _segment_of(found, row, signer)
        is_proven = segment.proof is SegmentProof.KEYED
        if not (
            row["seq"] == found.row_count
            and row["prev_hash"] == previous
            and _is_row_sound(row, found)
            and (not is_proven or signer.sign(row["key_id"], row["hash"]) == row["mac"])
        ):
            found.first_broken_seq = row["seq"]
            return found
        previous = row["hash"]
        is_head = head is not None and head.seq == row["seq"] and head.hash == row["hash"]
        is_head_other |= head is not None and head.seq == row["seq"] and not is_head
        # Without the key anybody could note a loss, and so hide it.
        if row["kind"] == RESTART_KIND and (is_proven or not signer.key_id):
            found.restarts.append(_restart_of(row))
        if row["salt"] is None or row["actor_salt"] is None:
            found.erased_count += 1
            found.has_erased_0_2_0 |= segment.is_by_0_2_0
        if is_proven or is_head:
            found.proven_seq = found.row_count
    found.is_end_known = head is not None and head.seq <= found.row_count
    if head is not None and (is_head_other or not found.is_end_known):
        # Another row stands in the place of the kept one, or none.
        found.first_broken_seq = min(head.seq, found.row_count + 1)
        found.cut_off_to = head.seq
    elif (last := _find_missing_end(connection, found)) is not None:
        found.first_broken_seq = found.row_count + 1
        found.cut_off_to = last
    return found


def _restart_of(row: sqlite3.Row) -> AuditRestart:
    noted = msgspec.json.decode(row["new"] or "{}")
    first, last = noted.get("missing_from", row["seq"]), noted.get("missing_to", row["seq"])
    return AuditRestart(row["seq"], row["at"], row["actor"] or "", row["reason"] or "", first, last)


def find_proven_entry(
    connection: sqlite3.Connection, seq: int, signer: AuditSigner
) -> sqlite3.Row | None:
    """Find an audit row that stands in the chain as Fairlead wrote it; None otherwise.

    With a key here an unkeyed entry proves nothing. The entry before is looked at, not the whole.
    """
    row = connection.execute("SELECT * FROM audit_entry WHERE seq = ?", (seq,)).fetchone()
    if row is None or row["salt"] is None or row["actor_salt"] is None:
        return None
    before = connection.execute(
        "SELECT hash FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT 1", (seq,)
    ).fetchone()
    is_sound = (
        hash_actor(row) == row["actor_hash"]
        and hash_customer_values(row) == row["values_hash"]
        and hash_row(row) == row["hash"]
        and row["prev_hash"] == (before["hash"] if before else GENESIS_HASH)
        and signer.verifies(row["key_id"], row["hash"], row["mac"])
    )
    return row if is_sound else None


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


def _find_missing_end(connection: sqlite3.Connection, found: AuditVerification) -> int | None:
    """Return the number of the audit's last row that was cut off at the end, or None."""
    noted = max((restart.last for restart in found.restarts), default=0)
    # A row cut off at the end leaves the counter behind as a witness.
    seen = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").fetchone()
    if seen is not None and seen["seq"] > max(found.row_count, noted):
        return int(seen["seq"])
    # So does an edit that has ended: the row that closed it was written with it.
    closed_at = max((restart.at for restart in found.restarts), default=0.0)
    if connection.execute(_CLOSED_WITHOUT_AUDIT_SQL, (closed_at,)).fetchone() is not None:
        return found.row_count + 1
    return None
