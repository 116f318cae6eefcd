"""Rows that the desks of a team share: which tables they are of, and what travels of each."""

from dataclasses import dataclass

from desktop.model.json_value import Json

# Shared without an admin's switch: keyed hashes of people whom nothing is to make again.
ERASED_KIND = "erased_person"
# Handed in before they are sent, too: whoever goes on with the sync has to look for them.
INCREMENT_KIND = "unconfirmed_increment"


@dataclass(frozen=True)
class SharedKind:
    """A table of `fairlead.db` whose rows are shared: `keys` is its primary key, in order.

    `is_memory`: what one sync remembers, handed in by its run alone; else the whole team's.
    `run_column`: the number of a run, which means nothing at another desk. `time_column` says
    when a row of the whole team's was made (Unix seconds).
    """

    table: str
    keys: tuple[str, ...]
    values: tuple[str, ...]
    is_memory: bool = False
    run_column: str = ""
    time_column: str = "at"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a shared row's body, in order."""
        return self.keys + self.values

    @property
    def key_sql(self) -> str:
        """The SQL expression of a row's key as JSON; a time keeps all its digits."""
        parts = ("printf('%!.17g', at)" if name == "at" else name for name in self.keys)
        return f"json_array({', '.join(parts)})"


@dataclass(frozen=True)
class SharedRow:
    """One shared row as it is handed in, or as another desk did; `body` None: it is gone.

    `key` is the JSON array of its primary key, "" where only `key_hash` is known; `seq` its place
    in the journal here, or in the team store.
    """

    kind: str
    key: str
    sync: str
    body: tuple[Json, ...] | None
    changed_at: float
    seq: int = 0
    key_hash: str = ""


_INCREMENT = ("sent_at", "changes", "events")

SHARED_KINDS = {
    kind.table: kind
    for kind in (
        SharedKind(
            "synced_value", ("sync", "target", "field"), ("value", "run", "at"), True, "run"
        ),
        SharedKind(
            "accepted_value",
            ("sync", "target", "field"),
            ("value", "run", "at", "seen", "misses"),
            True,
            "run",
        ),
        SharedKind("counted_event", ("sync", "event"), ("run",), True, "run"),
        SharedKind(
            INCREMENT_KIND,
            ("sync", "source"),
            ("target", "run", "job_id", *_INCREMENT, "resend_requested", "is_rollback"),
            True,
            "run",
        ),
        SharedKind(
            "superseded_increment",
            ("sync", "source", "run", "job_id"),
            ("target", *_INCREMENT, "is_rollback"),
            True,
            "run",
        ),
        SharedKind("sync_member", ("sync", "target"), ("source", "label"), True),
        SharedKind("exchanged_profile", ("sync", "target"), ("at",), True),
        SharedKind("retry_source", ("sync", "source"), ("needs_person",), True),
        SharedKind("touch", ("sync", "target", "at"), (), True),
        SharedKind("written_hash", ("service", "target", "field"), ("hash", "at", "source_field")),
        SharedKind("matched_pair", ("user_id",), ("sid", "at")),
        SharedKind("profile_link", ("user_id",), ("sid", "actor", "at")),
        SharedKind("sell_pair", ("sell_account", "record"), ("sid", "at")),
        SharedKind(
            "sell_choice", ("sell_account", "kind", "email_hash"), ("record", "actor", "at")
        ),
        SharedKind(
            "source_correction", ("sync", "source", "field"), ("value", "reason", "actor", "at")
        ),
        SharedKind(
            "segment", ("name",), ("expression", "saved_at", "saved_by"), time_column="saved_at"
        ),
        SharedKind("sync", ("name",), ("body",), time_column="updated_at"),
        SharedKind(ERASED_KIND, ("hash",), ("key_id", "erasure", "at")),
    )
}
