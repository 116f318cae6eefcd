"""Converts Sailthru's JSON to model objects; the login cookie is dropped (docs/sailthru.md 5)."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_tz

import msgspec

from desktop.clients.error_text import sanitize_error_text
from desktop.clients.field_parser import FieldParser
from desktop.clients.sailthru.job_status import SailthruJob, parse_job_status
from desktop.clients.sailthru.wire_structs import (
    WireAccountSettings,
    WireContent,
    WireProfile,
    WirePurchase,
    WireSailthruJob,
    WireSailthruList,
)
from desktop.clients.service_errors import unexpected_response_error
from desktop.model.optout_level import OptOutLevel
from desktop.model.sailthru_content import SailthruContent
from desktop.model.sailthru_profile import Purchase, SailthruAccount, SailthruList, SailthruProfile
from desktop.model.service import Service

_UNSET = msgspec.UNSET

# The cookie key logs its holder in at the customer's web profile.
_LOGIN_TOKENS = ("cookie", "sailthru_hid")


def parse_profile(document: Mapping[str, object], parser: FieldParser) -> SailthruProfile:
    """Parse Sailthru's GET user. Raises ServiceError without a sid: nothing could be written."""
    wire = parser.struct(document, WireProfile)
    keys = _parse_text_map(wire.keys, "keys", parser)
    for token in _LOGIN_TOKENS:
        keys.pop(token, None)
    sid = keys.get("sid")
    if not sid:
        raise unexpected_response_error(Service.SAILTHRU)
    smart = wire.dashed_smart_lists if wire.smart_lists is _UNSET else wire.smart_lists
    device = parser.mapping(wire.device, "device")
    optout = _parse_optout(wire.optout_email, parser)
    return SailthruProfile(
        sid=sid,
        email=keys.get("email"),
        keys=keys,
        vars=parser.json_map(wire.vars, "vars"),
        lists={
            name: parse_timestamp(value, f"lists.{name[:40]}", parser)
            for name, value in parser.mapping(wire.lists, "lists").items()
            # `{"list": 0}` is what a client may send to leave a list; it is no membership.
            if value not in (0, False)
        },
        smart_lists=None if smart is _UNSET else _parse_names(smart, parser),
        optout=optout,
        has_unknown_optout=optout is None and wire.optout_email is not None,
        engagement=parser.text(wire.engagement, "engagement"),
        activity={
            name: at
            for name, value in parser.mapping(wire.activity, "activity").items()
            if (at := parse_timestamp(value, f"activity.{name[:40]}", parser)) is not None
        },
        lifetime={
            name: count
            for name, value in parser.mapping(wire.lifetime, "lifetime").items()
            if (count := parser.number(value, f"lifetime.{name[:40]}")) is not None
        },
        purchases=_parse_purchases(wire.purchases, parser),
        top_device=parser.text(device.get("top_device_email"), "device.top_device_email"),
        sms={
            name: state
            for name in ("optout_sms_status", "sms_marketing_status", "sms_transactional_status")
            if (state := parser.text(getattr(wire, name), name))
        },
    )


def parse_lists(document: Mapping[str, object], parser: FieldParser) -> tuple[SailthruList, ...]:
    """Parse Sailthru's GET list of all lists; an account without one answers null.

    Raises ServiceError where nothing is said of lists.
    """
    if "lists" not in document:
        raise unexpected_response_error(Service.SAILTHRU)
    found: list[SailthruList] = []
    for place, item in enumerate(parser.sequence(document.get("lists"), "lists")):
        one = parse_list(item, parser, f"lists[{place}]")
        if one is not None:
            found.append(one)
    return tuple(found)


def parse_list(item: object, parser: FieldParser, where: str = "list") -> SailthruList | None:
    """Parse one Sailthru list; None, with a note, when it has no name."""
    if not isinstance(item, dict):
        parser.add_problem(where, "not an object")
        return None
    wire = parser.struct(item, WireSailthruList, where)
    named = wire.list if wire.name is None else wire.name
    name = parser.text(named, f"{where}.name")
    if not name:
        if named is None or named == "":
            parser.add_problem(f"{where}.name", "missing")
        return None
    counted = wire.count if wire.email_count is None else wire.email_count
    return SailthruList(
        list_id=parser.text(wire.list_id, f"{where}.list_id") or "",
        name=name,
        smart=parser.text(wire.type, f"{where}.type") == "smart",
        count=parser.integer(counted, f"{where}.count"),
    )


def parse_content(document: Mapping[str, object], parser: FieldParser) -> SailthruContent:
    """Parse Sailthru's GET content of one item. Raises ServiceError without its URL."""
    wire = parser.struct(document, WireContent)
    if not (url := parser.text(wire.url, "url")):
        raise unexpected_response_error(Service.SAILTHRU)
    nested = parser.mapping(wire.keys, "keys").get("sku")
    return SailthruContent(
        url=url,
        title=parser.text(wire.title, "title") or "",
        description=parser.text(wire.description, "description") or "",
        sku=parser.text(nested if wire.sku is None else wire.sku, "sku") or "",
        price=parser.integer(wire.price, "price"),
        vars=parser.json_map(wire.vars, "vars"),
    )


def parse_account(document: Mapping[str, object], parser: FieldParser) -> SailthruAccount:
    """Parse Sailthru's GET settings."""
    wire = parser.struct(document, WireAccountSettings)
    features = parser.mapping(wire.features, "features")
    number = parser.integer(wire.id, "id")
    predictions = features.get("predictions")
    return SailthruAccount(
        account_id=None if number is None else str(number),
        timezone=parser.text(wire.timezone, "timezone"),
        predictions=(
            None if predictions is None else parser.flag(predictions, "features.predictions")
        ),
    )


def parse_job(document: Mapping[str, object], parser: FieldParser) -> SailthruJob:
    """Parse Sailthru's GET or POST job. Raises ServiceError without an id to ask again with."""
    wire = parser.struct(document, WireSailthruJob)
    job_id = parser.text(wire.job_id, "job_id")
    if not job_id:
        raise unexpected_response_error(Service.SAILTHRU)
    return SailthruJob(
        id=job_id,
        name=parser.text(wire.name, "name") or "",
        status=parse_job_status(parser.text(wire.status, "status")),
        export_url=parser.text(wire.export_url, "export_url"),
        is_expired=parser.flag(wire.expired, "expired"),
        message=sanitize_error_text(wire.errormsg),
    )


def parse_timestamp(value: object, where: str, parser: FieldParser) -> float | None:
    """Parse Sailthru's RFC 2822 date or number to Unix seconds; None where no date is meant.

    The year 0 of a date never set, a bare 1 for “yes” and text without a zone are all unsaid or
    taken as UTC rather than as this computer's time.
    """
    if value is None or value in ("", 0, 1, True):
        return None
    if isinstance(value, int | float):
        return parser.number(value, where)
    if isinstance(value, str) and len(value) < 80:
        try:
            parts = parsedate_tz(value)
            # “0000-00-00” is how the service writes a date that was never set.
            if parts is not None and parts[0] > 0:
                zone = timezone(timedelta(seconds=parts[9] or 0))
                return datetime(*parts[:6], tzinfo=zone).timestamp()
        except (ValueError, OverflowError, IndexError, TypeError):
            pass
    parser.add_problem(where, "not a date")
    return None


def _parse_optout(value: object, parser: FieldParser) -> OptOutLevel | None:
    text = parser.text(value, "optout_email")
    if text is None:
        return None
    # One client also knows `valid`, which the vendor's page calls none (docs/sailthru.md 4.4).
    plain = text.strip().lower()
    known = {level.value: level for level in OptOutLevel} | {"valid": OptOutLevel.NONE}
    if plain not in known:
        parser.add_problem("optout_email", "a level this app does not know")
    return known.get(plain)


def _parse_purchases(value: object, parser: FieldParser) -> tuple[Purchase, ...]:
    found: list[Purchase] = []
    for place, item in enumerate(parser.sequence(value, "purchases")):
        where = f"purchases[{place}]"
        if not isinstance(item, dict):
            parser.add_problem(where, "not an object")
            continue
        wire = parser.struct(item, WirePurchase, where)
        price = parser.integer(wire.price, f"{where}.price")
        if price is None:
            if wire.price is None:
                parser.add_problem(f"{where}.price", "missing")
            continue
        items = parser.sequence(wire.items, f"{where}.items")
        found.append(
            Purchase(parse_timestamp(wire.time, f"{where}.time", parser), price, len(items))
        )
    return tuple(found)


def _parse_names(value: object, parser: FieldParser) -> tuple[str, ...]:
    # Its shape is unknown: an array of names by one client, perhaps an object like `lists`.
    items = list(value) if isinstance(value, dict) else parser.sequence(value, "smart_lists")
    names = (parser.text(item, f"smart_lists[{place}]") for place, item in enumerate(items))
    return tuple(name for name in names if name)


def _parse_text_map(value: object, where: str, parser: FieldParser) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, item in parser.mapping(value, where).items():
        if isinstance(item, int) and not isinstance(item, bool) and abs(item) < 2**63:
            found[name] = str(item)
        elif text := parser.text(item, f"{where}.{name[:40]}"):
            found[name] = text
    return found
