"""Keys that match a person across feeds: the md5 of an address, the digits of a phone number."""

import hashlib
import re

# Fewer digits in common are extensions and short codes: they say nothing about whose number it is.
MIN_PHONE_DIGITS = 7


def hash_email(email: str) -> str:
    """Return the md5 of a lower-case address, "" for none.

    Sailthru's export job `export_list_data` names people by it (column "Email Hash"): it gives no
    raw address.
    """
    address = email.strip().lower()
    return hashlib.md5(address.encode(), usedforsecurity=False).hexdigest() if address else ""


def phone_match_key(phone: str | None) -> str:
    """Return a phone number's digits without leading zeros, "" for fewer than seven."""
    digits = re.sub(r"\D", "", phone or "").lstrip("0")
    return digits if len(digits) >= MIN_PHONE_DIGITS else ""


def is_same_phone(one: str | None, other: str | None) -> bool:
    """Whether two texts are one phone number; one of them may lack the country code.

    "030 1234567" and "+49 30 1234567" are one number: the trunk zero is not dialled from abroad.
    """
    digits = (phone_match_key(one), phone_match_key(other))
    shorter, longer = sorted(digits, key=len)
    return bool(shorter) and longer.endswith(shorter)


def sms_key(phone: str | None) -> str:
    """Return a phone number in the form of Sailthru's key `sms` (E.164), "" without a country."""
    digits = re.sub(r"\D", "", phone or "")
    if not (phone or "").strip().startswith(("+", "00")) or len(digits) < MIN_PHONE_DIGITS:
        return ""
    return f"+{digits.removeprefix('00')}"
