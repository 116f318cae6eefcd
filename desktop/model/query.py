"""What was typed into the one search field, recognised by its form alone."""

import re
from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote, urlsplit

from desktop.kit.errors import BadInput

MAX_LENGTH = 320  # the longest possible e-mail address (RFC 3696 errata: 254, with room)


class QueryKind(Enum):
    """What kind of thing somebody is looking for.

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
class Query:
    """A recognised query: its kind, and the value in its plain form."""

    kind: QueryKind
    value: str


_EMAIL = re.compile(r"[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\/]+")
_SID = re.compile(r"[0-9a-fA-F]{24}")
_TICKET = re.compile(r"#\s*(\d+)")
_TICKET_PATH = re.compile(r"/(?:agent/|hc/(?:[\w-]+/)?|api/v2/)?(?:tickets|requests)/(\d+)")
_USER_PATH = re.compile(r"/(?:agent/|api/v2/)?users/(\d+)")
_PHONE = re.compile(r"\+?[\d\s().\-/]{6,24}")
# ASCII: else “ſid” would be taken for “sid”.
_NAMED = re.compile(
    r"(?ai)(ticket|user|zendesk|id|external|ext|extid|sid|phone|tel|name)\s*:\s*(.+)"
)
_NAMES = {
    "ticket": QueryKind.TICKET,
    "user": QueryKind.ZENDESK_ID,
    "zendesk": QueryKind.ZENDESK_ID,
    "id": QueryKind.ZENDESK_ID,
    "external": QueryKind.EXTERNAL_ID,
    "ext": QueryKind.EXTERNAL_ID,
    "extid": QueryKind.EXTERNAL_ID,
    "sid": QueryKind.SID,
    "phone": QueryKind.PHONE,
    "tel": QueryKind.PHONE,
    "name": QueryKind.NAME,
}


def recognise(text: str) -> Query:
    """Tell what `text` is.

    Understands an address (also `Name <a@b.c>` and `mailto:`), `#48213`, a ticket's or user's
    URL, a `fairlead://` link, a phone number, a Zendesk id, `ext:…`, a Sailthru sid, else a name.
    Raises BadInput when there is nothing to look for, or the address cannot be one.
    """
    cleaned = _clean(text)
    named = _NAMED.fullmatch(cleaned)
    if named and "//" not in cleaned:
        return _checked(_NAMES[named.group(1).lower()], named.group(2).strip())
    if "://" in cleaned:
        return _from_url(cleaned)
    if ticket := _TICKET.fullmatch(cleaned):
        return _checked(QueryKind.TICKET, ticket.group(1))
    bracketed = re.search(r"<([^<>]*@[^<>]*)>\s*$", cleaned)
    address = bracketed.group(1).strip() if bracketed else cleaned
    address = re.sub(r"(?i)^mailto:", "", address)
    if "@" in address:
        return _checked(QueryKind.EMAIL, address)
    if _SID.fullmatch(cleaned):
        return Query(QueryKind.SID, cleaned.lower())
    if cleaned.isascii() and cleaned.isdigit():
        return Query(QueryKind.NUMBER, cleaned)
    if _PHONE.fullmatch(cleaned) and len(re.sub(r"\D", "", cleaned)) >= 6:
        return Query(QueryKind.PHONE, plain_phone(cleaned))
    return Query(QueryKind.NAME, cleaned)


def plain_phone(text: str) -> str:
    """Digits with a leading plus where there was one (or 00)."""
    digits = re.sub(r"\D", "", text)
    if text.strip().startswith("+"):
        return "+" + digits
    return "+" + digits[2:] if digits.startswith("00") else digits


def is_email(text: str) -> bool:
    """Whether `text` has the form of one address."""
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


def _clean(text: str) -> str:
    if len(text) > 4096:
        raise BadInput(
            f"That is {len(text):,} characters long.",
            "One customer is looked up at a time.",
            "Type an e-mail address, a name, a phone number or #ticket.",
        )
    visible = "".join(c if c.isprintable() else " " for c in text)
    cleaned = " ".join(visible.split())
    if not cleaned:
        raise BadInput(
            "There is nothing to look for.",
            "",
            "Type an e-mail address, a name, a phone number or #ticket.",
        )
    return cleaned


def _from_url(text: str) -> Query:
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        raise BadInput(
            "That address cannot be read.", "It is not a complete link.", "Copy it once more."
        ) from None
    if parts.scheme.lower() == "fairlead":
        value = unquote(parts.path.strip("/"))
        if host == "ticket" and value.isascii() and value.isdigit():
            return _checked(QueryKind.TICKET, value)
        if host == "customer" and is_email(value):
            return Query(QueryKind.EMAIL, value.lower())
        raise BadInput(
            "This fairlead:// link leads nowhere.",
            "Links can only look up a ticket or a customer.",
            "Use fairlead://ticket/NUMBER or fairlead://customer/E-MAIL.",
        )
    if parts.scheme.lower() in ("http", "https"):
        # Agent Workspace also writes #/tickets/… in the fragment.
        where = parts.path + "/" + parts.fragment
        if found := _TICKET_PATH.search(where):
            return _checked(QueryKind.TICKET, found.group(1))
        if found := _USER_PATH.search(where):
            return _checked(QueryKind.ZENDESK_ID, found.group(1))
    raise BadInput(
        "That link is not a Zendesk ticket or customer.",
        "",
        "Paste a link like https://acme.zendesk.com/agent/tickets/48213.",
    )


def _checked(kind: QueryKind, value: str) -> Query:
    if kind is QueryKind.EMAIL:
        return _email(value)
    if kind in (QueryKind.TICKET, QueryKind.ZENDESK_ID):
        digits = value.lstrip("#").strip()
        # Zendesk ids are 64-bit integers (contract zendesk 14).
        if digits.isascii() and digits.isdigit() and 0 < int(digits) < 2**63:
            return Query(kind, str(int(digits)))
        what = "ticket" if kind is QueryKind.TICKET else "Zendesk id"
        raise BadInput(f"“{value[:60]}” is not a {what} number.", "", "Use digits only.")
    if kind is QueryKind.SID:
        if _SID.fullmatch(value):
            return Query(kind, value.lower())
        raise BadInput(
            "That is not a Sailthru id.", "It has 24 characters, 0–9 and a–f.", "Copy it once more."
        )
    if kind is QueryKind.PHONE:
        return Query(kind, plain_phone(value))
    return Query(kind, value)


def _email(value: str) -> Query:
    address = value.strip().strip(".,;").lower()
    if is_email(address):
        return Query(QueryKind.EMAIL, address)
    raise BadInput(
        f"“{value[:80]}” is not an e-mail address.",
        "An address has one @ with something on both sides, and no spaces.",
        "Correct it, or search by name.",
    )
