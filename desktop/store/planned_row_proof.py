"""SQL by which rows of plans and of batches carry a proof that Fairlead has stored them so.

The proof covers whom a row writes to, what it writes, and what people notice of it, by which
limits are counted; of a plan's row also its tick. What a person changes of a row takes its proof
along only where the row was as Fairlead had stored it.
"""

import sqlite3
from dataclasses import dataclass

from desktop.store.proof_refusal import make_proof_refusal

# As a condition of `PlannedRowProof`: the rows whose numbers a JSON array holds.
AMONG = "row IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True)
class PlannedRowProof:
    """The proof of the rows of a table, each of which belongs to what `owner` numbers.

    `content` is SQL for what is proven, `proven` for which rows have to be, `written` for which of
    them would be written as they stand. `title` names the owner in a refusal, `way_out` says what
    to do then.
    """

    table: str
    owner: str
    content: str
    proven: str
    title: str
    way_out: str
    written: str = "true"

    def prove(
        self, connection: sqlite3.Connection, owner: int, condition: str = "true", *values: object
    ) -> None:
        """Prove the rows that a condition of SQL picks: Fairlead has just stored them."""
        connection.execute(
            f"UPDATE {self.table} SET proof = CASE WHEN {self.proven}"  # noqa: S608 - our own words
            f" THEN row_proof('{self.table}', {self.content}) ELSE '' END"
            f" WHERE {self.owner} = ? AND {condition}",
            (owner, *values),
        )

    def renewed_sql(self, column: str, *, purpose: str = "") -> str:
        """Return SQL that proves a row with a column as the next parameter says, unless edited.

        For the SET of an UPDATE, whose expressions see the row as it was.
        """
        changed = self.content.replace(f"{self.table}.{column},", "?,")
        return (
            f"CASE WHEN {self.verdict_sql} = 'proven'"
            f" THEN row_proof('{purpose or self.table}', {changed}) ELSE '' END"
        )

    @property
    def verdict_sql(self) -> str:
        """The SQL that gives the `ProofVerdict` of a row as it stands."""
        return f"row_proof_says(proof, '{self.table}', {self.content})"

    def require(
        self, connection: sqlite3.Connection, owner: int, condition: str = "true", *values: object
    ) -> None:
        """Raise ConflictError where a row that a condition of SQL picks is not as it was stored.

        Without a condition, of the rows that would be written.
        """
        condition = self.written if condition == "true" else condition
        edited, verdict = connection.execute(
            f"SELECT count(*), min({self.verdict_sql}) FROM {self.table}"  # noqa: S608 - our own words
            f" WHERE {self.owner} = ? AND {self.proven} AND {condition}"
            f" AND {self.verdict_sql} <> 'proven'",
            (owner, *values),
        ).fetchone()
        if edited:
            title = f"{self.title} {owner}"
            which = "One of its rows" if edited == 1 else f"Each of {edited:,} rows"
            # "edited" stands before "unknown": what surely was is said.
            raise make_proof_refusal(title, verdict, self.way_out, which)


_PLAN_COLUMNS = (
    "plan", "row", "fate", "source", "target", "address", "changes", "events", "optout",
    "source_at", "target_at", "ticked",
)  # fmt: skip
PLAN_ROWS = PlannedRowProof(
    "plan_row",
    "plan",
    ", ".join(f"plan_row.{column}" for column in _PLAN_COLUMNS)  # noqa: S608 - our own words
    + ", (SELECT json_group_array(said) FROM (SELECT consequence || ' ' || name AS said"
    " FROM plan_consequence c WHERE c.plan = plan_row.plan AND c.row = plan_row.row"
    " ORDER BY said))",
    "plan_row.fate <> 'unchanged' AND plan_row.state = 'planned'",
    "Plan",
    "Make a new preview.",
    "plan_row.ticked AND plan_row.fate IN ('create', 'update')",
)
TICK_ROWS_SQL = f"UPDATE plan_row SET ticked = ?, proof = {PLAN_ROWS.renewed_sql('ticked')}"  # noqa: S608
# The purpose of the proof of a row that was written, by whose before-image a run is rolled back.
WRITTEN_ROW = "written plan_row"
# Numbers of a plan's rows, among those of a JSON array, of which it is not certain what they wrote.
UNPROVEN_WRITTEN_SQL = (
    f"SELECT row FROM plan_row WHERE plan = ? AND {AMONG}"  # noqa: S608 - our own words
    f" AND row_proof_says(proof, '{WRITTEN_ROW}', {PLAN_ROWS.content}) <> 'proven'"
)
BATCH_ROWS = PlannedRowProof(
    "edit_batch_row",
    "batch",
    "batch, row, address, outcome, sid, fate, old, consequences, CASE WHEN fate IS NOT NULL THEN"
    " (SELECT action FROM edit_batch WHERE id = edit_batch_row.batch) END",
    "true",
    "Batch",
    "Paste the addresses again.",
)
