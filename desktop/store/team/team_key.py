"""The team's key: proves to one desk what another has written, and hides whom an entry is about."""

import hashlib
import hmac
import secrets

from desktop.model.json_value import Json, canonical_json

_KEY_BYTES = 32


def new_team_key() -> str:
    """Make the key of a new team."""
    return secrets.token_hex(_KEY_BYTES)


class TeamKey:
    """The key that all desks of a team have in their keyrings.

    Whoever has it can write what any of them could: it tells the team from outsiders, and not one
    colleague from another.
    """

    def __init__(self, key: str) -> None:
        material = bytes.fromhex(key)
        # One for each purpose: no proof is to be taken for another.
        self._proof = hmac.digest(material, b"fairlead team proof", "sha256")
        self._person = hmac.digest(material, b"fairlead team person", "sha256")

    def prove(self, purpose: str, content: Json) -> str:
        """Return the proof that somebody of the team wrote this content for this purpose."""
        said = canonical_json([purpose, content]).encode()
        return hmac.digest(self._proof, said, "sha256").hex()

    def is_proven(self, proof: str, purpose: str, content: Json) -> bool:
        """Whether a proof of the team is of this content and purpose."""
        return hmac.compare_digest(proof, self.prove(purpose, content))

    def hash_person(self, key: str) -> str:
        """Return the keyed hash of an id or address of a customer; "" for none."""
        if not key:
            return ""
        return hmac.digest(self._person, key.strip().lower().encode(), "sha256").hex()

    def check_of(self, team_id: str) -> str:
        """Return what tells in the database whether this is the key of that team."""
        return hashlib.sha256(self.prove("team", team_id).encode()).hexdigest()
