"""Signature of Sailthru requests: MD5 over the secret and the sorted values, as sent.

Facts: docs/sailthru.md 1. Written without a look at the client's, so that the two check each other.
"""

import hashlib
import hmac
from collections.abc import Iterable


def signature(secret: str, values: Iterable[str]) -> str:
    """Compute the signature that the sandbox's Sailthru expects, of all values but `sig`."""
    signed = secret + "".join(sorted(values))
    return hashlib.md5(signed.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()


def is_signed(secret: str, pairs: Iterable[tuple[str, str]]) -> bool:
    """Whether a request to the sandbox's Sailthru has its right signature; names unsigned."""
    values: list[str] = []
    given = ""
    for name, value in pairs:
        if name == "sig":
            given = value
        else:
            values.append(value)
    expected = signature(secret, values)
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))
