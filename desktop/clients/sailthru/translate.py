"""Wire to model for Sailthru. The login cookie ends here (contract sailthru 5)."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_tz

import msgspec

from desktop.clients.field import Notes
from desktop.clients.sailthru.errors import unexpected
from desktop.clients.sailthru.job import Job, JobStatus
from desktop.clients.sailthru.wire import (
    WireJob,
    WireList,
    WirePurchase,
    WireSettings,
    WireUser,
)
from desktop.clients.spoken import spoken
from desktop.model.optout import OptOut
from desktop.model.profile import Purchase, SailthruAccount, SailthruList, SailthruProfile

_UNSET = msgspec.UNSET

# The cookie key logs its holder in at the customer's web profile.
_LOGIN_TOKENS = ("cookie", "sailthru_hid")


def profile(document: Mapping[str, object], notes: Notes) -> SailthruProfile:
    """GET user. Raises ServiceTrouble when there is no sid: nothing could be written to it."""
    wire = notes.struct(document, WireUser)
    keys = _texts(wire.keys, "keys", notes)
    for token in _LOGIN_TOKENS:
        keys.pop(token, None)
    sid = keys.get("sid")
    if not sid:
        raise unexpected()
    smart = wire.dashed_smart_lists if wire.smart_lists is _UNSET else wire.smart_lists
    device = notes.mapping(wire.device, "device")
    return SailthruProfile(
        sid=sid,
        email=keys.get("email"),
        keys=keys,
        vars=notes.json_map(wire.vars, "vars"),
        lists={
            name: moment(value, f"lists.{name[:40]}", notes)
            for name, value in notes.mapping(wire.lists, "lists").items()
            if value not in (0, False)
        },
        smart_lists=None if smart is _UNSET else _names(smart, notes),
        optout=_optout(wire.optout_email, notes),
        engagement=notes.text(wire.engagement, "engagement"),
        activity={
            name: at
            for name, value in notes.mapping(wire.activity, "activity").items()
            if (at := moment(value, f"activity.{name[:40]}", notes)) is not None
        },
        lifetime={
            name: count
            for name, value in notes.mapping(wire.lifetime, "lifetime").items()
            if (count := notes.number(value, f"lifetime.{name[:40]}")) is not None
        },
        purchases=_purchases(wire.purchases, notes),
        top_device=notes.text(device.get("top_device_email"), "device.top_device_email"),
        sms={
            name: state
            for name in ("optout_sms_status", "sms_marketing_status", "sms_transactional_status")
            if (state := notes.text(getattr(wire, name), name))
        },
    )


def lists(document: Mapping[str, object], notes: Notes) -> tuple[SailthruList, ...]:
    """GET list without a name."""
    found: list[SailthruList] = []
    for place, item in enumerate(notes.sequence(document.get("lists"), "lists")):
        one = one_list(item, notes, f"lists[{place}]")
        if one is not None:
            found.append(one)
    return tuple(found)


def one_list(item: object, notes: Notes, where: str = "list") -> SailthruList | None:
    """One list; None (and noted) when it has no name."""
    if not isinstance(item, dict):
        notes.add(where, "not an object")
        return None
    wire = notes.struct(item, WireList, where)
    named = wire.list if wire.name is None else wire.name
    name = notes.text(named, f"{where}.name")
    if not name:
        if named is None or named == "":
            notes.add(f"{where}.name", "missing")
        return None
    counted = wire.count if wire.email_count is None else wire.email_count
    return SailthruList(
        list_id=notes.text(wire.list_id, f"{where}.list_id") or "",
        name=name,
        smart=notes.text(wire.type, f"{where}.type") == "smart",
        count=notes.whole(counted, f"{where}.count"),
    )


def account(document: Mapping[str, object], notes: Notes) -> SailthruAccount:
    """GET settings."""
    wire = notes.struct(document, WireSettings)
    features = notes.mapping(wire.features, "features")
    number = notes.whole(wire.id, "id")
    predictions = features.get("predictions")
    return SailthruAccount(
        account_id=None if number is None else str(number),
        timezone=notes.text(wire.timezone, "timezone"),
        predictions=(
            None if predictions is None else notes.flag(predictions, "features.predictions")
        ),
    )


def job(document: Mapping[str, object], notes: Notes) -> Job:
    """GET or POST job. Raises ServiceTrouble without an id: it could not be asked about again."""
    wire = notes.struct(document, WireJob)
    job_id = notes.text(wire.job_id, "job_id")
    if not job_id:
        raise unexpected()
    status = notes.text(wire.status, "status")
    known = {s.value: s for s in JobStatus}
    return Job(
        id=job_id,
        name=notes.text(wire.name, "name") or "",
        status=known.get(status or "", JobStatus.PENDING),
        export_url=notes.text(wire.export_url, "export_url"),
        expired=notes.flag(wire.expired, "expired"),
        message=spoken(wire.errormsg),
    )


def moment(value: object, where: str, notes: Notes) -> float | None:
    """Unix seconds of an RFC 2822 date in the account's zone, or of a number; None if unsaid.

    The year 0 of a date never set, a bare 1 for “yes” and text without a zone are all unsaid or
    taken as UTC rather than as this computer's time.
    """
    if value is None or value in ("", 0, 1, True):
        return None
    if isinstance(value, int | float):
        return notes.number(value, where)
    if isinstance(value, str) and len(value) < 80:
        try:
            parts = parsedate_tz(value)
            if parts is not None and parts[0] > 0:
                zone = timezone(timedelta(seconds=parts[9] or 0))
                return datetime(*parts[:6], tzinfo=zone).timestamp()
        except (ValueError, OverflowError, IndexError, TypeError):
            pass
    notes.add(where, "not a date")
    return None


def _optout(value: object, notes: Notes) -> OptOut | None:
    text = notes.text(value, "optout_email")
    if text is None:
        return None
    # One client also knows `valid`, which the vendor's page calls none (contract sailthru 4.4).
    plain = text.strip().lower()
    known = {level.value: level for level in OptOut} | {"valid": OptOut.NONE}
    if plain not in known:
        notes.add("optout_email", "a level this app does not know")
    return known.get(plain)


def _purchases(value: object, notes: Notes) -> tuple[Purchase, ...]:
    found: list[Purchase] = []
    for place, item in enumerate(notes.sequence(value, "purchases")):
        where = f"purchases[{place}]"
        if not isinstance(item, dict):
            notes.add(where, "not an object")
            continue
        wire = notes.struct(item, WirePurchase, where)
        price = notes.whole(wire.price, f"{where}.price")
        if price is None:
            if wire.price is None:
                notes.add(f"{where}.price", "missing")
            continue
        items = notes.sequence(wire.items, f"{where}.items")
        found.append(Purchase(moment(wire.time, f"{where}.time", notes), price, len(items)))
    return tuple(found)


def _names(value: object, notes: Notes) -> tuple[str, ...]:
    # Its shape is unknown: an array of names by one client, perhaps an object like `lists`.
    items = list(value) if isinstance(value, dict) else notes.sequence(value, "smart_lists")
    names = (notes.text(item, f"smart_lists[{place}]") for place, item in enumerate(items))
    return tuple(name for name in names if name)


def _texts(value: object, where: str, notes: Notes) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, item in notes.mapping(value, where).items():
        if isinstance(item, int) and not isinstance(item, bool) and abs(item) < 2**63:
            found[name] = str(item)
        elif text := notes.text(item, f"{where}.{name[:40]}"):
            found[name] = text
    return found
