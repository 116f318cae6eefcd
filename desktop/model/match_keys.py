"""Keys under which the same person is found in another feed: an address's md5, a phone's digits."""

import hashlib
import re

# Shorter ones are extensions and short codes: they say nothing about whose number it is.
_MIN_PHONE_DIGITS = 7


def hash_email(email: str) -> str:
    """The md5 of an address in small letters, "" for none.

    Sailthru's export job `export_list_data` names people by it (column "Email Hash"): it gives no
    raw address.
    """
    address = email.strip().lower()
    return hashlib.md5(address.encode(), usedforsecurity=False).hexdigest() if address else ""


def phone_match_key(phone: str | None) -> str:
    """A phone number's digits without leading zeros, "" where there are fewer than seven."""
    digits = re.sub(r"\D", "", phone or "").lstrip("0")
    return digits if len(digits) >= _MIN_PHONE_DIGITS else ""
