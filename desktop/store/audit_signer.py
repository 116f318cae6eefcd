"""Signs audit rows with the key of this process, and checks them with every key it knows."""

import hashlib
import hmac
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from desktop.model.json_value import Json, canonical_json


class ProofVerdict(StrEnum):
    """What a row's proof says of the row as it stands. Only what is PROVEN is written unasked.

    UNKNOWN: made with a key that is not here. Whoever writes into the file can name any key, so it
    counts for no more than no proof at all.
    """

    PROVEN = "proven"
    EDITED = "edited"
    UNKNOWN = "unknown"


# What a proof of an entry of the audit is of, where there is no key of the audit.
_UNKEYED_ENTRY = "audit entry"
# Begins the names of keys that all desks of a team have.
TEAM_KEY_PREFIX = "team "


@dataclass(frozen=True)
class AuditHead:
    """The audit's newest row by number and hash: kept outside the file, it shows a cut-off end."""

    seq: int
    hash: str

    @property
    def text(self) -> str:
        """The audit head as text, kept in the vault with the key."""
        return f"{self.seq} {self.hash}"


def parse_audit_head(text: str) -> AuditHead | None:
    """Parse the text of an audit head; None where it is none."""
    seq, _, row_hash = text.partition(" ")
    return AuditHead(int(seq), row_hash) if seq.isdecimal() and row_hash else None


class AuditSigner:
    """The audit keys that this process knows; without one, rows are unkeyed.

    `kept_head`: the newest row that is known from outside the file, as far as there is one.
    `was_asked`: the vault was asked for a key, or one was given; before, nothing can be judged.
    `has_signed`: this process has signed rows that are newer. `is_head_beside`: that row is kept in
    the file's own folder, where both can be replaced by older copies.
    """

    def __init__(self) -> None:
        self._keys: dict[str, bytes] = {}
        self._key_id = ""
        self._proof_key, self._proof_key_id = b"", ""
        self._team_key, self._team_key_id = b"", ""
        self.kept_head: AuditHead | None = None
        self.was_asked = self.has_signed = False
        self.is_head_beside = False

    @property
    def key_id(self) -> str:
        """The name of the audit key that signs from now on; empty: there is none."""
        return self._key_id

    def use_key(self, key: str) -> None:
        """Sign audit rows with this key from now on; those used before still verify."""
        material = hashlib.sha256(key.encode()).digest()
        key_id = hmac.digest(material, b"fairlead audit key", "sha256").hex()[:16]
        self._keys[key_id] = material
        self._key_id = key_id
        self.was_asked = True

    def use_proof_key(self, secret: str) -> None:
        """Prove rows by this secret of a service where there is no key of the audit.

        It signs no row of the audit: whoever was given another secret could not verify it.
        """
        key = hmac.digest(secret.encode(), b"fairlead proof of rows", "sha256")
        self._proof_key, self._proof_key_id = key, hashlib.sha256(key).hexdigest()[:16]

    def use_team_key(self, key: str) -> None:
        """Hash erased people by this key of the team as well, so that its other desks know them."""
        material = bytes.fromhex(key)
        name = hmac.digest(material, b"fairlead erased people", "sha256").hex()[:16]
        self._team_key, self._team_key_id = material, f"{TEAM_KEY_PREFIX}{name}"

    def is_known(self, key_id: str) -> bool:
        """Whether audit rows of this key can be checked here."""
        return key_id in self._keys

    def sign(self, key_id: str, row_hash: str) -> str:
        """Return the HMAC of an audit row's hash; without a key of the audit, its proof."""
        if not key_id:
            return self.prove(_UNKEYED_ENTRY, row_hash)
        self.has_signed = True
        return hmac.digest(self._keys[key_id], row_hash.encode(), "sha256").hex()

    def seal_head(self, head: AuditHead) -> str:
        """Seal an audit head: a text that nobody without the key can make for another row."""
        return f"{head.text} {self._seal(head)}"

    def open_sealed_head(self, text: str) -> AuditHead | None:
        """Parse a sealed audit head; None where it was not made with the key in use."""
        head = parse_audit_head(text.rpartition(" ")[0])
        is_ours = head is not None and hmac.compare_digest(text, self.seal_head(head))
        return head if is_ours else None

    def _seal(self, head: AuditHead) -> str:
        material = self._keys.get(self._key_id, b"")
        return hmac.digest(material, f"head {head.text}".encode(), "sha256").hex()

    def verifies(self, key_id: str, row_hash: str, mac: str) -> bool:
        """Whether an audit row's HMAC is right, by the rule of `judge`."""
        if not self._key_id:
            return not key_id and self.is_proven(mac, _UNKEYED_ENTRY, row_hash)
        key = self._keys.get(key_id)
        if key is None:
            return False
        return hmac.compare_digest(hmac.digest(key, row_hash.encode(), "sha256").hex(), mac)

    def prove(self, purpose: str, content: Json) -> str:
        """Return the audit key's proof that Fairlead wrote a row's `content`; empty without key."""
        key_id = self._key_id or self._proof_key_id
        return f"{key_id} {self._make_proof(key_id, purpose, content)}" if key_id else ""

    def judge(self, proof: str, purpose: str, content: Json) -> ProofVerdict:
        """Judge by its proof whether Fairlead wrote a row as it stands: the one rule for all rows.

        A row without a proof is as it was written only where there is no key to prove rows with.
        """
        if not proof:
            has_key = bool(self._key_id or self._proof_key_id)
            return ProofVerdict.EDITED if has_key else ProofVerdict.PROVEN
        key_id, _, mac = proof.partition(" ")
        # The secret of a service is for processes without a key of the audit alone: the variable
        # that gives it is set by whoever starts the process.
        if not key_id or key_id not in (self._keys or (self._proof_key_id,)):
            return ProofVerdict.UNKNOWN
        is_same = hmac.compare_digest(self._make_proof(key_id, purpose, content), mac)
        return ProofVerdict.PROVEN if is_same else ProofVerdict.EDITED

    def is_proven(self, proof: str, purpose: str, content: Json) -> bool:
        """Whether Fairlead wrote a row as it stands, with a key that is here."""
        return self.judge(proof, purpose, content) is ProofVerdict.PROVEN

    def _make_proof(self, key_id: str, purpose: str, content: Json) -> str:
        key = self._keys.get(key_id, self._proof_key)
        return hmac.digest(key, canonical_json([purpose, content]).encode(), "sha256").hex()

    @property
    def person_key_id(self) -> str:
        """The name of the key that hashes erased people from now on; empty: there is none."""
        return self._key_id or self._proof_key_id

    @property
    def person_key_ids(self) -> tuple[str, ...]:
        """The names of all keys that hash erased people from now on: its own, the team's."""
        return tuple(one for one in (self.person_key_id, self._team_key_id) if one)

    def person_hasher(self, key_id: str) -> Callable[[str], str] | None:
        """Return what hashes a key of a person under this key; None where it is not known here."""
        others = {self._proof_key_id: self._proof_key, self._team_key_id: self._team_key}
        key = self._keys.get(key_id) or others.get(key_id, b"")
        if not key or not key_id:
            return None
        # A key of its own: a hash is not to be taken for a proof of anything else.
        own = hmac.digest(key, b"fairlead erased person", "sha256")
        return lambda person: hmac.digest(own, person.encode(), "sha256").hex()

    def add_functions(self, connection: sqlite3.Connection) -> None:
        """Add SQL functions to a connection: the audit's key and its signature, proofs of rows.

        `row_proof(purpose, …)` proves values, `row_proof_says(proof, purpose, …)` gives a
        `ProofVerdict`.
        """
        connection.create_function("audit_key_id", 0, lambda: self._key_id)
        connection.create_function("audit_mac", 2, self.sign)
        connection.create_function(
            "row_proof", -1, lambda purpose, *row: self.prove(purpose, [*row])
        )
        connection.create_function(
            "row_proof_says", -1, lambda proof, purpose, *row: self.judge(proof, purpose, [*row])
        )
