"""SQL by which a plan carries a proof of what it is judged by, and of whether it was taken.

The proof covers the sync as it was planned, with its limits, the people the limits count, and the
phase: being made, open, or taken to be applied, which only a judged plan is. A plan whose state was
set by other means was judged by nobody.
"""

import sqlite3

from desktop.store.audit_signer import ProofVerdict
from desktop.store.proof_refusal import make_proof_refusal

MAKING, OPEN, TAKEN = "making", "open", "taken"
_COLUMNS = (
    "id", "sync", "service", "created_at", "actor", "origin", "sync_body", "source_record_count",
    "limit_breaches", "watermark", "account", "records_read", "sell_account",
)  # fmt: skip
_CONTENT = f"'plan', {', '.join(_COLUMNS)}, ?2"
_PROVE_SQL = f"UPDATE plan SET proof = row_proof({_CONTENT}) WHERE id = ?1"  # noqa: S608 - ours
_JUDGE_SQL = f"SELECT row_proof_says(proof, {_CONTENT}) FROM plan WHERE id = ?1"  # noqa: S608 - ours


def prove_plan(connection: sqlite3.Connection, plan_id: int, phase: str) -> None:
    """Prove a plan in a phase: Fairlead has just stored what it says now."""
    connection.execute(_PROVE_SQL, (plan_id, phase))


def require_plan(
    connection: sqlite3.Connection, plan_id: int, phase: str, way_out: str = "Make a new preview."
) -> None:
    """Raise ConflictError where a plan is not as Fairlead stored it in this phase."""
    row = connection.execute(_JUDGE_SQL, (plan_id, phase)).fetchone()
    verdict = row[0] if row is not None else ProofVerdict.EDITED
    if verdict != ProofVerdict.PROVEN:
        raise make_proof_refusal(f"Plan {plan_id}", verdict, way_out)
