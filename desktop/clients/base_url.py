"""Which addresses a client may talk to: https, and plain http on this computer alone."""

import ipaddress
from urllib.parse import urlsplit

from desktop.kit.errors import InvalidInput


def is_loopback(host: str) -> bool:
    """Whether `host` is this computer."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def normalize_base_url(url: str) -> str:
    """`url` as scheme://host[:port][/path], without a trailing slash.

    Raises InvalidInput on anything else than https (http on loopback), and on a user, query or
    fragment, which have no place in a service's address.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _unusable("It is not a complete web address.") from None
    if not host or parts.scheme not in ("http", "https"):
        raise _unusable("It has to begin with https:// and a host name.")
    if parts.scheme == "http" and not is_loopback(host):
        raise _unusable("Over plain http everybody on the way could read the keys.")
    if parts.username is not None or parts.query or parts.fragment or not url.isprintable():
        raise _unusable("It holds more than a host and a path.")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}{f':{port}' if port else ''}{parts.path.rstrip('/')}"


def host_of(url: str) -> str:
    """The host of a checked address."""
    return urlsplit(url).hostname or ""


def _unusable(why: str) -> InvalidInput:
    return InvalidInput(
        "This service address cannot be used.", why, "Correct it, for example https://example.com."
    )
