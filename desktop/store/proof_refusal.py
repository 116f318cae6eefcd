"""The error for what is in the database and is not surely as Fairlead stored it, with a way out."""

from desktop.kit.errors import ConflictError
from desktop.store.audit_signer import ProofVerdict

_KEY_HINT = "Give all processes of this desk the same FAIRLEAD_AUDIT_KEY, or else: "


def make_proof_refusal(title: str, verdict: str, way_out: str, which: str = "It") -> ConflictError:
    """Return the error for a `ProofVerdict` that is not PROVEN; `which` names the edited rows."""
    if verdict == ProofVerdict.UNKNOWN:
        return ConflictError(
            f"Fairlead can't check here that {title} is as it was made.",
            "Another process made it with another key: the keyring's, or another"
            " FAIRLEAD_AUDIT_KEY. Nothing of it is written.",
            _KEY_HINT + way_out,
        )
    return ConflictError(
        f"{title} is not as it was made.",
        f"{which} was changed outside Fairlead, or made by an earlier version or a process without"
        " a key. Nothing of it is written.",
        way_out,
    )
