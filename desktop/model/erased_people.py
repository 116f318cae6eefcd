"""Keys of people who were erased, kept as keyed hashes: so that nothing makes them again."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from desktop.model.email_address import email_match_key, email_spellings
from desktop.model.match_keys import hash_email

# What stands for a person in rows that outlive them, and why nothing is written about them.
ERASED_LABEL = "(erased)"
ERASED_CAUSE = "erased"
ERASED_WHY = "nothing makes this person again"
SKIPPED_TEXT = "Skipped: this person was erased."
_ERASED_REASON = (
    "This person was erased, and nothing makes them again. If they have come back by themselves, an"
    " admin can allow it: `fairlead privacy allow ADDRESS`."
)
_UNREADABLE_REASON = (
    "Whether they were erased can't be checked: the key that erased people are kept under is not"
    " here. Unlock the keyring, or give the same FAIRLEAD_AUDIT_KEY as on the day of the erasure."
)


def person_keys(
    *,
    addresses: Iterable[str] = (),
    email_hashes: Iterable[str] = (),
    user_ids: Iterable[int | str] = (),
    sids: Iterable[str] = (),
    external_ids: Iterable[str] = (),
) -> frozenset[str]:
    """Return the keys by which an erased person is known again: addresses and ids, normalised.

    An address is known by its md5 as well, which is all that Sailthru's exports tell of it. No
    phone number: families and offices share one.
    """
    spelled = [key for one in addresses if one.strip() for key in email_spellings(one)]
    keys = {f"email {email_match_key(one)}" for one in spelled}
    keys |= {f"md5 {one}" for one in (*email_hashes, *map(hash_email, spelled)) if one}
    keys |= {f"zendesk {one}" for one in user_ids if str(one)}
    keys |= {f"sailthru {one.lower()}" for one in sids if one}
    # Zendesk compares external ids without regard to case (docs/zendesk.md 3).
    return frozenset(keys | {f"external {one.strip().casefold()}" for one in external_ids if one})


@dataclass(frozen=True)
class ErasedPeople:
    """Who was erased, as keyed hashes of their keys; `hashers` are the keys known here.

    `has_unknown_key`: some of the hashes were made with a key that is not here.
    """

    hashes: frozenset[str] = frozenset()
    hashers: tuple[Callable[[str], str], ...] = ()
    has_unknown_key: bool = False

    @property
    def is_known_empty(self) -> bool:
        """Whether nobody was erased for sure, so that no keys need to be compared."""
        return not self.hashes and not self.has_unknown_key

    def is_erased(self, keys: Iterable[str]) -> bool:
        """Whether one of these keys (of `person_keys`) is an erased person's, as far as known."""
        if not self.hashes:
            return False
        return any(hasher(key) in self.hashes for key in keys for hasher in self.hashers)

    def has_user(self, user_id: int | None) -> bool:
        """Whether a Zendesk user was erased, by the id alone."""
        return user_id is not None and self.is_erased(person_keys(user_ids=[user_id]))

    def find_refusal(self, keys: Iterable[str]) -> str:
        """Say why nobody with these keys may be made, or "": erased, or it can't be checked."""
        if self.is_erased(keys):
            return _ERASED_REASON
        return _UNREADABLE_REASON if self.has_unknown_key else ""


NOBODY_ERASED = ErasedPeople()
