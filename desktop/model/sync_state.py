"""What a sync remembers of its records between runs: corrections, members, increments.

Corrections by people, members, hashes of written values and increments that nobody has seen arrive.
"""

import hashlib
from dataclasses import dataclass

from desktop.model.json_value import Json, canonical_json
from desktop.model.sync_plan import FieldChange


@dataclass(frozen=True)
class SourceCorrection:
    """A person's correction of one field of a source record."""

    source_id: str
    field: str
    value: Json
    reason: str
    actor: str
    corrected_at: float


@dataclass(frozen=True)
class LeftOutPerson:
    """A person whom a sync always leaves out, by both their records; an id is "" where unknown."""

    source_id: str
    target_id: str
    label: str
    reason: str
    actor: str
    left_out_at: float

    @property
    def key(self) -> str:
        """The key of a left-out person's entry: the source id, else the target's."""
        return self.source_id or f"target:{self.target_id}"

    def as_json(self) -> dict[str, Json]:
        """The left-out person as JSON, an object of `left_out`."""
        return {
            "key": self.key,
            "source_id": self.source_id,
            "target_id": self.target_id,
            "label": self.label,
            "reason": self.reason,
            "by": self.actor,
            "at": self.left_out_at,
        }


@dataclass(frozen=True)
class SyncMember:
    """A target record that a sync keeps on its lists or tagged, and the source record it is for."""

    target_id: str
    source_id: str
    label: str


@dataclass(frozen=True)
class WrittenHash:
    """The hash of a value that a sync wrote, and the source field that it came from.

    `source_field` is empty for a constant, and None where it was not stored (before 0.2.0).
    """

    hash: str
    source_field: str | None


@dataclass(frozen=True)
class KeptForm:
    """A synced value that a service keeps in another form: `seen` was read for `wanted`.

    `misses`: so many times it was written and not seen.
    """

    wanted: Json
    seen: Json
    misses: int


@dataclass(frozen=True)
class UnconfirmedIncrement:
    """A sync's increments of one record that were sent and not seen in the target yet.

    `changes` are the totals as they were sent, `events` the source events they stand for. `job_id`
    is empty where the service did not answer; `sent_at` is when the wait was given up (Unix
    seconds). `is_rollback`: the events are taken off the number. `is_resend_requested`: a person
    has looked, and goes on from what stands there.
    """

    source_id: str
    target_id: str
    run_id: int
    job_id: str
    sent_at: float
    changes: tuple[FieldChange, ...]
    events: tuple[str, ...]
    is_rollback: bool
    is_resend_requested: bool = False


def value_hash(value: Json) -> str:
    """Hash a value that a sync wrote, to know it again when its feed brings it back.

    A hash and not the value: it is kept after the customer's data has been erased.
    """
    # 128 bits: a collision would only leave one change out, and needs 10^19 values.
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:32]
