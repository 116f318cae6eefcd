"""Parses the search field: an address, a ticket, a phone number, an id, a sid or a name."""

import re
from dataclasses import dataclass, field, replace
from enum import Enum
from unicodedata import category, decimal, normalize
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from desktop.kit.errors import InvalidInput
from desktop.kit.text import to_single_line
from desktop.model.email_address import parse_email
from desktop.model.pasted_text import strip_dressing
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


# A Sailthru id is a MongoDB ObjectId: 12 bytes in hex.
_SID = re.compile(r"[0-9a-fA-F]{24}")
_SID_INSIDE = re.compile(
    r"(?ai)(?:(?:profile_?)?id|sid|objectid)?[\"'\s:=(]*([0-9a-f]{24})[\"')\s]*"
)
# Only these words: “Order #48213” is a shop's number and not a ticket's.
_TICKET = re.compile(
    r"(?i)(?:#|(?:ticket|request|case)(?:[\s-]*(?:no|nr|number|id)\b)?[\s.:]*[\s.:#]\s*)\s*(\d+)"
)
# A mail's subject line: `Re: [Request received] #48213`.
_SUBJECT_TICKET = re.compile(r"(?i)(?:re|aw|fwd?|wg)\s*:\s*(?:\[[^\[\]]*\]\s*)?#(\d+)")
# A subject or sentence that names one: `Re: Ticket #48213 - Help`.
_TICKET_INSIDE = re.compile(
    r"(?ai)\b(?:ticket|request|case)(?:[\s-]*(?:no|nr|number|id)\b)?[\s.:]*#(\d+)\b"
)
_HASH_NUMBER = re.compile(r"#\d+")
# As reports and spreadsheets write it.
_GROUPED_TICKET = re.compile(r"#\d{1,3}(?:[,.'’\s]\d{3})+")
_HASH_SIGNS = str.maketrans("＃№", "##")
# A link as browsers show it: without https.
_BARE_LINK = re.compile(r"(?ai)[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?/\S*")
_JOINERS = {0x200C: None, 0x200D: None}
# What a sentence, a cell or a mail puts around a number or a link.
_WRAPPERS = " '\"`“”„‘’«»‹›<>()[]{}.,;:!?"
_TICKET_PATH = re.compile(r"/(?:agent/|hc/(?:[\w-]+/)?|api/v2/)?(?:tickets|requests)/(\d+)(?!\w)")
_USER_PATH = re.compile(r"/(?:agent/|api/v2/)?users/(\d+)(?!\w)")
_PROFILE_PAGE = re.compile(r"(?i)/[a-z_]*(?:user|profile)s?(?:/|$|_)")
# Pages of Zendesk that people copy, and that stand for no customer.
_OTHER_PAGE = re.compile(r"/agent/(organizations|filters|views|search|dashboard)(?:/|$)")
_OTHER_PAGES = {
    "organizations": "an organisation",
    "filters": "a view",
    "views": "a view",
    "search": "a search",
    "dashboard": "the dashboard",
}
_WEB_LINK = re.compile(r"(?i)\bhttps?://[^\s<>\"“”|]+")
# Copied as a link: `tel:+44%2020…`, `maria%40lopez.example`. A name may hold a per cent sign.
_PERCENT_ENCODED = re.compile(
    r"(?i)(?:tel|sms|callto):.*%[0-9a-f]{2}|(?:mailto:)?[^@\s/]+%40[^@\s/]+$"
)
# Six digits at least: shorter numbers are tickets or ids more often.
_PHONE = re.compile(r"(?i)\+?[\d\s().\-/]{6,24}(?:(?:;?\s*ext[.=]?|x)\s*\d{1,6})?")
# What stands before a number in a signature or a link.
_PHONE_LABEL = re.compile(
    r"(?i)\A(?:[☎☏✆📞📱]\ufe0f?"
    r"|(?:phone number|phone|t[ée]l[ée]phone|telefon|t[ée]l|mobile?|mob|cell|handy|fax|whatsapp)"
    r"(?=[.:\s]+[+(\d])[.:]*|[tmpwhf](?=\s*[.:]\s*[+(\d]|\s+\+)[.:]*"
    r"|(?:tel|callto|sms|facetime|skype):(?://)?)\s*"
)
# And behind it: `(mobile)`, what a link says besides.
_PHONE_SUFFIX = re.compile(
    r"(?i)(?<=\d)(?:\s*\([a-z .]{2,20}\)?|[?;](?:call|chat|body=.*|text=.*))$"
)
_BETWEEN_PHONES = re.compile(r"\s*[/;,|]\s*|\s+or\s+")
# Links of messengers: the number in them is international, with or without its plus.
_MESSENGER_LINK = re.compile(
    r"(?ai)(?:https?://)?(?:(?:www\.)?wa\.me/|signal\.me/#p/|(?:api|web)\.whatsapp\.com/send/?\?"
    r"(?:.*&)?phone=|whatsapp://send/?\?(?:.*&)?phone=|viber://chat/?\?(?:.*&)?number=)"
    r"(?:\+|%2b)?(\d{6,15})(?!\d)\S*"
)
# ASCII: else “ſid” would be taken for “sid”.
_PREFIXED_QUERY = re.compile(
    r"(?ai)(ticket|user|zendesk|id|external|ext|extid|sid|phone|tel|name)\s*:\s*(.+)"
)
_ID_KINDS = (LookupQueryKind.TICKET, LookupQueryKind.ZENDESK_ID, LookupQueryKind.SID)
# A line of JSON, a cell of a query: its number's kind is told by its name, and by `id` alone not.
_JSON_FIELD = re.compile(
    r"(?ai)[\"']?(ticket_id|user_id|requester_id|submitter_id|external_id|extid|id)[\"']?\s*[:=]\s*"
    r"[\"']?([^\"',]+)[\"']?,?"
)
_KIND_BY_JSON_FIELD = {
    "ticket_id": LookupQueryKind.TICKET,
    "user_id": LookupQueryKind.ZENDESK_ID,
    "requester_id": LookupQueryKind.ZENDESK_ID,
    "submitter_id": LookupQueryKind.ZENDESK_ID,
    "external_id": LookupQueryKind.EXTERNAL_ID,
    "extid": LookupQueryKind.EXTERNAL_ID,
    "id": LookupQueryKind.NUMBER,
}
# Excel's short form of a long number: its last digits are lost.
_SHORTENED_NUMBER = re.compile(r"(?i)\d[.,]\d+e\+?\d{1,2}")
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
    URL, a `fairlead://` link, a phone number, a Zendesk id, `ext:…`, a Sailthru sid, else a name;
    also with the quotes, brackets and punctuation that copying brings along.
    Raises InvalidInput when there is nothing to look for, or the address cannot be one.
    """
    cleaned = _clean(text)
    text = strip_dressing(text)
    cleaned = _clean(text) if text.strip() else cleaned
    if _PERCENT_ENCODED.match(cleaned):
        text = unquote(cleaned)
        cleaned = _clean(text)
    bare = cleaned.translate(_JOINERS).translate(_HASH_SIGNS).strip(_WRAPPERS)
    if ticket := _TICKET.fullmatch(bare) or _SUBJECT_TICKET.fullmatch(bare):
        return _validated_query(LookupQueryKind.TICKET, ticket.group(1))
    if _GROUPED_TICKET.fullmatch(bare):
        return _validated_query(LookupQueryKind.TICKET, re.sub(r"\D", "", bare))
    named = _PREFIXED_QUERY.fullmatch(cleaned)
    if named and "//" not in cleaned:
        kind, value = _KIND_BY_PREFIX[named.group(1).lower()], named.group(2).strip()
        around = _WRAPPERS if kind in _ID_KINDS else ""
        if kind is LookupQueryKind.EXTERNAL_ID and value[0] == value[-1] and len(value) > 2:
            around = "\"'"
        return _validated_query(kind, value.strip(around) if around else value)
    if query := _parse_id(bare) or _parse_phone(bare):
        return query
    if "://" in bare and "mailto:" not in bare.lower():
        # Out of a sentence, a chat or a Markdown link.
        links = {link.rstrip(_WRAPPERS) for link in _WEB_LINK.findall(bare)}
        if len(links) > 1:
            raise InvalidInput(
                "Those are several links.", "One customer is looked up at a time.", "Paste one."
            )
        return _parse_url(links.pop() if links else bare)
    if _BARE_LINK.fullmatch(bare) and (_TICKET_PATH.search(bare) or _USER_PATH.search(bare)):
        return _parse_url(f"https://{bare}")
    if "@" in cleaned or "＠" in cleaned:
        return _parse_email(text)
    named_tickets = set(_TICKET_INSIDE.findall(bare))
    if len(named_tickets) == 1 and len(_HASH_NUMBER.findall(bare)) == 1:
        return _validated_query(LookupQueryKind.TICKET, named_tickets.pop())
    return LookupQuery(LookupQueryKind.NAME, cleaned)


def _parse_id(bare: str) -> LookupQuery | None:
    """Parse a typed query that is a sid or a number, also as a field of JSON; else None."""
    if found := _SID_INSIDE.fullmatch(bare):
        return LookupQuery(LookupQueryKind.SID, found.group(1).lower())
    if bare.isascii() and bare.isdigit():
        return LookupQuery(LookupQueryKind.NUMBER, bare)
    if found := _JSON_FIELD.fullmatch(bare):
        kind, value = _KIND_BY_JSON_FIELD[found.group(1).lower()], found.group(2).strip()
        if kind is LookupQueryKind.EXTERNAL_ID or (value.isascii() and value.isdigit()):
            return _validated_query(kind, value)
    return None


def _parse_phone(bare: str) -> LookupQuery | None:
    """Parse a typed query that is one phone number with its label; else None. Raises."""
    if found := _MESSENGER_LINK.fullmatch(bare):
        return LookupQuery(LookupQueryKind.PHONE, f"+{found.group(1)}")
    if _SHORTENED_NUMBER.fullmatch(bare):
        raise InvalidInput(
            f"“{bare}” is a number that a spreadsheet has shortened.",
            "Its last digits are missing.",
            "Show the cell as text, and copy it once more.",
        )
    number = _plain_phone(_PHONE_SUFFIX.sub("", _PHONE_LABEL.sub("", bare, count=1)))
    parts = [part for part in _BETWEEN_PHONES.split(number) if _is_phone(part)]
    if len(parts) > 1 and len({normalize_phone(part) for part in parts}) > 1:
        raise InvalidInput(
            "Those are several phone numbers.", "One customer is looked up at a time.", "Paste one."
        )
    return _validated_query(LookupQueryKind.PHONE, number) if _is_phone(number) else None


def _is_phone(text: str) -> bool:
    return _PHONE.fullmatch(text) is not None and len(re.sub(r"\D", "", text)) >= 6


def normalize_phone(text: str) -> str:
    """Return a phone number's digits, with a leading plus where it had one (or 00)."""
    digits = re.sub(r"\D", "", text)
    if text.strip().startswith("+"):
        return "+" + digits
    return "+" + digits[2:] if digits.startswith("00") else digits


def _plain_phone(text: str) -> str:
    """Rewrite a typed phone number with ASCII digits, signs and hyphens."""
    plain = normalize("NFKC", text).translate(dict.fromkeys(map(ord, "‐‑‒–—―−"), "-"))
    return "".join(str(decimal(c)) if c.isdecimal() else c for c in plain).strip()


def record_query(service: Service, record_id: str) -> str:
    """Format the look-up query of a record's id, which stays when its addresses change."""
    return f"sid:{record_id}" if service is Service.SAILTHRU else f"id:{record_id}"


def link_host(address: str) -> str:
    """Return the host of a link looked up, in lower case, with its port where unusual.

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
    # Names keep their joiners (Persian, emoji); direction marks and the like are never part of one.
    visible = "".join(c for c in text if ord(c) in _JOINERS or category(c) != "Cf")
    cleaned = to_single_line(visible).strip("\u200c\u200d ")
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
        if host == "customer" and value.isprintable() and (address := parse_email(value)):
            return LookupQuery(LookupQueryKind.EMAIL, address)
        raise InvalidInput(
            "This fairlead:// link leads nowhere.",
            "Links can only look up a ticket or a customer.",
            "Use fairlead://ticket/NUMBER or fairlead://customer/E-MAIL.",
        )
    if parts.scheme.lower() in ("http", "https"):
        if query := _parse_sailthru_link(parts) or _parse_redirect(parts):
            return query
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
    page = _OTHER_PAGE.search(parts.path)
    raise InvalidInput(
        "That link is not a Zendesk ticket or customer.",
        f"It leads to {_OTHER_PAGES[page.group(1)]}." if page else "",
        "Paste a link like https://acme.zendesk.com/agent/tickets/48213.",
    )


def _parse_sailthru_link(parts: SplitResult) -> LookupQuery | None:
    """Parse a typed link to a Sailthru profile; its lists and templates have such ids too."""
    host = (parts.hostname or "").rstrip(".")
    if not f".{host}".endswith(".sailthru.com") or not _PROFILE_PAGE.search(parts.path):
        return None
    values = [value for _, value in parse_qsl(parts.query)]
    sids = {one.lower() for one in (*parts.path.split("/"), *values) if _SID.fullmatch(one)}
    addresses = {address for value in values if (address := parse_email(value))}
    if len(sids) == 1:
        return LookupQuery(LookupQueryKind.SID, sids.pop())
    return LookupQuery(LookupQueryKind.EMAIL, addresses.pop()) if len(addresses) == 1 else None


def _parse_redirect(parts: SplitResult) -> LookupQuery | None:
    """Parse the link that a typed one redirects to: a mail program's, a chat's, a sign-in's."""
    if _TICKET_PATH.search(parts.path) or _USER_PATH.search(parts.path):
        return None
    links = {value for _, value in parse_qsl(parts.query) if _WEB_LINK.fullmatch(value)}
    link = links.pop() if len(links) == 1 else ""
    try:
        # One step: a chain of them could be as long as the text.
        return _parse_url(link) if link and "://" not in urlsplit(link).query else None
    except (InvalidInput, ValueError):
        return None


def _unreadable_link_error() -> InvalidInput:
    return InvalidInput(
        "That address cannot be read.", "It is not a complete link.", "Copy it once more."
    )


def _validated_query(kind: LookupQueryKind, value: str) -> LookupQuery:
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
        # Neither an extension nor the zero of “+44 (0)20” is dialled from elsewhere.
        number = re.split(r"(?i)ext|x|;", _plain_phone(value), maxsplit=1)[0]
        if number.startswith(("+", "00")):
            number = number.replace("(0)", "")
        return LookupQuery(kind, normalize_phone(number))
    return LookupQuery(kind, value)


def _parse_email(text: str) -> LookupQuery:
    if address := parse_email(text):
        return LookupQuery(LookupQueryKind.EMAIL, address)
    raise InvalidInput(
        f"“{to_single_line(text)[:80]}” is not an e-mail address.",
        "An address has one @ with something on both sides, and no spaces.",
        "Correct it, or search by name.",
    )
