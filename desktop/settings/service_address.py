"""Service addresses: parses what was typed or pasted, normalises it and refuses unsafe ones.

Plain http is accepted for loopback only (the sandbox); a Zendesk account is at *.zendesk.com.
"""

import re
from urllib.parse import SplitResult, urlsplit

from desktop.kit.errors import InvalidInput
from desktop.kit.loopback import is_loopback
from desktop.model.json_value import Json
from desktop.model.pasted_text import strip_around

# One label of a host name (RFC 1123): 63 letters, digits and inner hyphens.
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_ZENDESK = ".zendesk.com"
SELL_ADDRESS = "https://api.getbase.com"
_HINT = "Type the first part of https://NAME.zendesk.com/, or paste any page of your Zendesk."


def normalize_base_url(url: str) -> str:
    """Normalise the address that a setting gives of a service: scheme://host[:port][/path].

    Raises InvalidInput on anything but https (http on loopback), and on a user, query or
    fragment, which have no place in a service's address.
    """
    parts = _split(strip_around(url))
    if parts.query or parts.fragment:
        raise InvalidInput("The address holds more than a host and a path.")
    return _origin(parts) + parts.path.rstrip("/")


def normalize_service_uri(value: Json) -> str:
    """Normalise a Sailthru Service URI to `https://host[:port]`; a path is refused."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput("The Service URI is an address such as https://api.sailthru.com .")
    parts = _split(strip_around(value))
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise InvalidInput("The Service URI ends after the host name; leave out what follows.")
    return _origin(parts)


def normalize_zendesk_url(value: Json) -> str:
    """Normalise a Zendesk subdomain, host or pasted page to `https://NAME.zendesk.com`.

    An empty text stays empty: no Zendesk account.
    """
    if not isinstance(value, str):
        raise InvalidInput("The Zendesk account must be a text.", hint=_HINT)
    typed = strip_around(value)
    if not typed:
        return ""
    if _LABEL.fullmatch(typed.lower()):
        return f"https://{typed.lower()}{_ZENDESK}"
    parts = _split(typed if "://" in typed else f"https://{typed}")
    host = parts.hostname or ""
    if is_loopback(host):
        return _origin(parts)
    name = host.removesuffix(_ZENDESK)
    if not host.endswith(_ZENDESK) or not _LABEL.fullmatch(name):
        raise InvalidInput(_rejection_message(typed, host), hint=_HINT)
    # https alone: a port in a pasted address is a proxy's or a mistake.
    if parts.port not in (None, 443):
        raise InvalidInput("Zendesk is not reached on a port of its own.", hint=_HINT)
    # A pasted http:// page of Zendesk names the account; it does not ask for plain text.
    return f"https://{name}{_ZENDESK}"


def normalize_sell_url(value: Json) -> str:
    """Normalise the address of Zendesk Sell, which is one for all accounts; loopback for tests."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(f"The address of Zendesk Sell is {SELL_ADDRESS}.")
    parts = _split(strip_around(value))
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise InvalidInput("The address ends after the host name; leave out what follows.")
    address = _origin(parts)
    if address != SELL_ADDRESS and not is_loopback(parts.hostname or ""):
        raise InvalidInput(
            f"{parts.hostname} is not the address of Zendesk Sell.",
            "All Sell accounts have the same one, and the token is sent nowhere else.",
            f"Leave it out, or write {SELL_ADDRESS}.",
        )
    return address


def zendesk_account_name(base_url: str) -> str:
    """Return `acme` for the address `https://acme.zendesk.com`; host and port for any other."""
    return urlsplit(base_url).netloc.removesuffix(_ZENDESK)


def _rejection_message(typed: str, host: str) -> str:
    if "://" not in typed and "/" in typed:
        return f"“{typed}” holds a slash, so it is not the name of a Zendesk account."
    if "." in host:
        return f"{host} is not an address of Zendesk: it does not end in .zendesk.com."
    return f"“{typed}” is not the name of a Zendesk account: letters, digits and hyphens only."


def _split(address: str) -> SplitResult:
    # urlsplit drops tabs and line breaks without a word, so they are refused before it sees them.
    if not address.isprintable() or " " in address or "\\" in address:
        raise InvalidInput("The address holds a space or a character that no address has.")
    try:
        parts = urlsplit(address)
        # Reading the port is what makes urlsplit check it.
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidInput("That is not a web address.") from error
    if parts.scheme not in ("http", "https") or not host:
        raise InvalidInput("The address must start with https:// .")
    if "@" in parts.netloc:
        raise InvalidInput("An address with a user name in it is not accepted.")
    return parts


def _origin(parts: SplitResult) -> str:
    host = (parts.hostname or "").lower()
    if parts.scheme == "http" and not is_loopback(host):
        raise InvalidInput(
            "Plain http is accepted for this computer only (127.0.0.1).",
            "Everything else would send the key where others can read it.",
            "Use the address that starts with https:// .",
        )
    # An IDN in Unicode can look like another host; its punycode form is accepted.
    if not host.isascii():
        raise InvalidInput("The host name may hold only plain letters, digits, dots and hyphens.")
    shown = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port is not None else ""
    return f"{parts.scheme}://{shown}{port}"
