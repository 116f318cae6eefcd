"""Parses the search field: an address, a ticket, a phone number, an id, a sid or a name."""

import re
from dataclasses import dataclass, field, replace
from enum import Enum
from urllib.parse import unquote, urlsplit

from desktop.kit.errors import InvalidInput
from desktop.kit.text import to_single_line
from desktop.model.service import Service


class LookupQueryKind(Enum):
    """The kind of a look-up query.

    A bare NUMBER may be a ticket, a Zendesk id, an external id or a phone number: all are asked.
    """

    EMAIL = "email"
    TICKET = "ticket"
    PHONE = "phone"
    ZENDESK_ID = "zendesk_id"
    EXTERNAL_ID = "external_id"
    SID = "sid"
    NUMBER = "number"
    NAME = "name"


@dataclass(frozen=True)
class LookupQuery:
    """A parsed look-up query: its kind, and its value in normal form.

    `host` is where a link leads: its number means something in that account alone. Two queries
    for one number are equal, since a link of another account is refused before it is looked up.
    """

    kind: LookupQueryKind
    value: str
    host: str = field(default="", compare=False)


_EMAIL = re.compile(r"[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\/]+")
# A Sailthru id is a MongoDB ObjectId: 12 bytes in hex.
_SID = re.compile(r"[0-9a-fA-F]{24}")
_TICKET = re.compile(r"#\s*(\d+)")
_TICKET_PATH = re.compile(r"/(?:agent/|hc/(?:[\w-]+/)?|api/v2/)?(?:tickets|requests)/(\d+)")
_USER_PATH = re.compile(r"/(?:agent/|api/v2/)?users/(\d+)")
# Six digits at least: shorter numbers are tickets or ids more often.
_PHONE = re.compile(r"\+?[\d\s().\-/]{6,24}")
# ASCII: else “ſid” would be taken for “sid”.
_PREFIXED_QUERY = re.compile(
    r"(?ai)(ticket|user|zendesk|id|external|ext|extid|sid|phone|tel|name)\s*:\s*(.+)"
)
_KIND_BY_PREFIX = {
    "ticket": LookupQueryKind.TICKET,
    "user": LookupQueryKind.ZENDESK_ID,
    "zendesk": LookupQueryKind.ZENDESK_ID,
    "id": LookupQueryKind.ZENDESK_ID,
    "external": LookupQueryKind.EXTERNAL_ID,
    "ext": LookupQueryKind.EXTERNAL_ID,
    "extid": LookupQueryKind.EXTERNAL_ID,
    "sid": LookupQueryKind.SID,
    "phone": LookupQueryKind.PHONE,
    "tel": LookupQueryKind.PHONE,
    "name": LookupQueryKind.NAME,
}


def parse_lookup_query(text: str) -> LookupQuery:
    """Parse what was typed or pasted into the search field.

    Understands an address (also `Name <a@b.c>` and `mailto:`), `#48213`, a ticket's or user's
    URL, a `fairlead://` link, a phone number, a Zendesk id, `ext:…`, a Sailthru sid, else a name.
    Raises InvalidInput when there is nothing to look for, or the address cannot be one.
    """
    cleaned = _clean(text)
    named = _PREFIXED_QUERY.fullmatch(cleaned)
    if named and "//" not in cleaned:
        return _validated_query(_KIND_BY_PREFIX[named.group(1).lower()], named.group(2).strip())
    if "://" in cleaned:
        return _parse_url(cleaned)
    if ticket := _TICKET.fullmatch(cleaned):
        return _validated_query(LookupQueryKind.TICKET, ticket.group(1))
    bracketed = re.search(r"<([^<>]*@[^<>]*)>\s*$", cleaned)
    address = bracketed.group(1).strip() if bracketed else cleaned
    address = re.sub(r"(?i)^mailto:", "", address)
    if "@" in address:
        return _validated_query(LookupQueryKind.EMAIL, address)
    if _SID.fullmatch(cleaned):
        return LookupQuery(LookupQueryKind.SID, cleaned.lower())
    if cleaned.isascii() and cleaned.isdigit():
        return LookupQuery(LookupQueryKind.NUMBER, cleaned)
    if _PHONE.fullmatch(cleaned) and len(re.sub(r"\D", "", cleaned)) >= 6:
        return LookupQuery(LookupQueryKind.PHONE, normalize_phone(cleaned))
    return LookupQuery(LookupQueryKind.NAME, cleaned)


def normalize_phone(text: str) -> str:
    """Return a phone number's digits, with a leading plus where it had one (or 00)."""
    digits = re.sub(r"\D", "", text)
    if text.strip().startswith("+"):
        return "+" + digits
    return "+" + digits[2:] if digits.startswith("00") else digits


def record_query(service: Service, record_id: str) -> str:
    """Format the query that finds a record by its id, which stays when its addresses change."""
    return f"sid:{record_id}" if service is Service.SAILTHRU else f"id:{record_id}"


def is_email(text: str) -> bool:
    """Whether `text` has the form of one e-mail address: the one rule for all of Fairlead."""
    # RFC 5321 4.5.3.1: 254 octets for the address, 64 for the part before the @.
    if len(text) > 254 or not text.isprintable() or not _EMAIL.fullmatch(text):
        return False
    local, _, domain = text.rpartition("@")
    labels = domain.split(".")
    return (
        0 < len(local) <= 64
        and not local.startswith(".")
        and ".." not in text
        and all(label and not label.startswith("-") for label in labels)
    )


def link_host(address: str) -> str:
    """Return the host of a link in lower case, with its port where that is not the usual one.

    Empty where the address names none.
    """
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return ""
    usual = 80 if parts.scheme.lower() == "http" else 443
    return host if port in (None, usual) else f"{host}:{port}"


def _clean(text: str) -> str:
    # A whole mail was pasted.
    if len(text) > 4096:
        raise InvalidInput(
            f"That is {len(text):,} characters long.",
            "One customer is looked up at a time.",
            "Type an e-mail address, a name, a phone number or #ticket.",
        )
    cleaned = to_single_line(text)
    if not cleaned:
        raise InvalidInput(
            "There is nothing to look for.",
            "",
            "Type an e-mail address, a name, a phone number or #ticket.",
        )
    return cleaned


def _parse_url(text: str) -> LookupQuery:
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        raise _unreadable_link_error() from None
    if parts.scheme.lower() == "fairlead":
        value = unquote(parts.path.strip("/"))
        if host == "ticket" and value.isascii() and value.isdigit():
            return _validated_query(LookupQueryKind.TICKET, value)
        if host == "customer" and is_email(value):
            return LookupQuery(LookupQueryKind.EMAIL, value.lower())
        raise InvalidInput(
            "This fairlead:// link leads nowhere.",
            "Links can only look up a ticket or a customer.",
            "Use fairlead://ticket/NUMBER or fairlead://customer/E-MAIL.",
        )
    if parts.scheme.lower() in ("http", "https"):
        # Without a host nobody could say whose number it is.
        if not link_host(text):
            raise _unreadable_link_error()
        # Agent Workspace also writes #/tickets/… in the fragment.
        where = parts.path + "/" + parts.fragment
        if found := _TICKET_PATH.search(where):
            query = _validated_query(LookupQueryKind.TICKET, found.group(1))
            return replace(query, host=link_host(text))
        if found := _USER_PATH.search(where):
            query = _validated_query(LookupQueryKind.ZENDESK_ID, found.group(1))
            return replace(query, host=link_host(text))
    raise InvalidInput(
        "That link is not a Zendesk ticket or customer.",
        "",
        "Paste a link like https://acme.zendesk.com/agent/tickets/48213.",
    )


def _unreadable_link_error() -> InvalidInput:
    return InvalidInput(
        "That address cannot be read.", "It is not a complete link.", "Copy it once more."
    )


def _validated_query(kind: LookupQueryKind, value: str) -> LookupQuery:
    if kind is LookupQueryKind.EMAIL:
        return _parse_email(value)
    if kind in (LookupQueryKind.TICKET, LookupQueryKind.ZENDESK_ID):
        digits = value.lstrip("#").strip()
        # Zendesk ids are 64-bit integers (docs/zendesk.md 14).
        if digits.isascii() and digits.isdigit() and 0 < int(digits) < 2**63:
            return LookupQuery(kind, str(int(digits)))
        what = "ticket" if kind is LookupQueryKind.TICKET else "Zendesk id"
        raise InvalidInput(f"“{value[:60]}” is not a {what} number.", "", "Use digits only.")
    if kind is LookupQueryKind.SID:
        if _SID.fullmatch(value):
            return LookupQuery(kind, value.lower())
        raise InvalidInput(
            "That is not a Sailthru id.", "It has 24 characters, 0–9 and a–f.", "Copy it once more."
        )
    if kind is LookupQueryKind.PHONE:
        return LookupQuery(kind, normalize_phone(value))
    return LookupQuery(kind, value)


def _parse_email(value: str) -> LookupQuery:
    # Copied out of a sentence, an address brings its punctuation along.
    address = value.strip().strip(".,;").lower()
    if is_email(address):
        return LookupQuery(LookupQueryKind.EMAIL, address)
    raise InvalidInput(
        f"“{value[:80]}” is not an e-mail address.",
        "An address has one @ with something on both sides, and no spaces.",
        "Correct it, or search by name.",
    )
