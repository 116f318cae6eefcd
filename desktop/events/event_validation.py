"""Makes an Event of a parsed line, or says why it is none (docs/events.md 2)."""

import difflib
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b

from desktop.events.event import BadLine, Event, identifier_text
from desktop.events.event_json import BadJsonError, parse_event_json
from desktop.events.event_text_splitter import EventText
from desktop.model.email_address import is_reachable_email, parse_email
from desktop.model.json_value import Json

EVENT_TYPES = ("identify", "track", "group", "page", "screen", "alias")
# Segment's own limit of one event (docs/events.md 2); what is longer is taken all the same.
SEGMENT_EVENT_BYTES = 32_000
_PERSONAL_TYPES = ("identify", "track")
_TIMES = ("timestamp", "originalTimestamp", "sentAt", "receivedAt")
_NAME_PARTS = (("first_name", "firstName"), ("last_name", "lastName"))


class UnusableEventError(ValueError):
    """The exception for an object that is no usable event; its text is the reason."""


def make_event(record: EventText) -> Event | BadLine:
    """Make an Event of one text of an event source, or a BadLine with the reason."""
    if record.fault:
        return BadLine(record.line, record.text, record.fault)
    try:
        parsed = parse_event_json(record.text)
        return _check_event(record, parsed.value, parsed.warnings)
    except BadJsonError as error:
        return BadLine(record.line, record.text, f"bad JSON: {error}")
    except UnusableEventError as error:
        return BadLine(record.line, record.text, str(error))


def read_bare_object(record: EventText) -> Mapping[str, Json]:
    """Return the object of a text for trying out a trigger or mapping: no user or e-mail is asked.

    `type` is filled from `action`, an identify's `traits` from its context. Raises BadJsonError,
    and UnusableEventError for what is no object, or a track call without its event, which
    `event != "x"` would pick.
    """
    if record.fault:
        raise UnusableEventError(record.fault)
    body = require_object(parse_event_json(record.text).value)
    kind = body.get("type") or body.get("action")
    if kind == "track":
        _check_track(body)
    return body if kind is None else _complete(body, kind)


def _check_event(record: EventText, value: Json, warnings: tuple[str, ...]) -> Event:
    body = require_object(value)
    kind = _event_type(body)
    if (completed := _complete(body, kind)).get("traits") is not body.get("traits"):
        warnings = (*warnings, "The traits were read from context.traits.")
    body = completed
    _CHECKS.get(kind, _accept)(body)
    if kind in _PERSONAL_TYPES:
        _require_user(body)
    times = {
        name: _timestamp(value) for name in _TIMES if (value := body.get(name)) not in (None, "")
    }
    return Event(
        line=record.line,
        message_id=identifier_text(body.get("messageId")) or _hash_of(record.text),
        type=kind,
        body=body,
        at=_time_of(times),
        warnings=(*warnings, *_warnings(record, body, times)),
    )


def _complete(body: Mapping[str, Json], kind: Json) -> Mapping[str, Json]:
    """Return an event with its type, and an identify with the traits of its context.

    RudderStack's libraries leave `traits` itself out.
    """
    added: dict[str, Json] = {"type": kind} if body.get("type") != kind else {}
    if kind == "identify" and not body.get("traits"):
        context = body.get("context")
        traits = context.get("traits") if isinstance(context, dict) else None
        if isinstance(traits, dict) and traits:
            added["traits"] = traits
    return {**body, **added} if added else body


def require_object(value: Json) -> Mapping[str, Json]:
    """Return an event's object. Raises UnusableEventError for any other JSON value."""
    if not isinstance(value, dict):
        raise UnusableEventError("not an object")
    return value


def _event_type(body: Mapping[str, Json]) -> str:
    """Return an event's type, by `type` or by `action` as S4's examples have it."""
    given, other = body.get("type"), body.get("action")
    named = other if given in (None, "") else given
    if not isinstance(named, str) or not named:
        raise UnusableEventError("no type")
    if given and other and given != other:
        raise UnusableEventError(f"no type: type says “{given}” and action says “{other}”"[:200])
    if named not in EVENT_TYPES:
        close = difflib.get_close_matches(named.lower(), EVENT_TYPES, 1)
        hint = f", did you mean {close[0]}?" if close else ""
        raise UnusableEventError(f"no type: “{named[:40]}” is unknown{hint}")
    return named


def _require_user(body: Mapping[str, Json]) -> None:
    if not (identifier_text(body.get("userId")) or identifier_text(body.get("anonymousId"))):
        raise UnusableEventError("no user: neither userId nor anonymousId is given")


def _check_identify(body: Mapping[str, Json]) -> None:
    _require_user(body)
    traits = _object_under(body, "traits")
    email = traits.get("email")
    if not isinstance(email, str) or not email.strip():
        raise UnusableEventError("no e-mail: traits.email is missing")
    if not is_reachable_email(parse_email(email)):
        raise UnusableEventError(f"no e-mail: “{email[:60]}” is not an e-mail address")
    if not event_name_of(traits):
        raise UnusableEventError("no name: traits.name, or first_name and last_name, is missing")


def _check_track(body: Mapping[str, Json]) -> None:
    _object_under(body, "properties")
    if not isinstance(body.get("event"), str) or not str(body["event"]).strip():
        raise UnusableEventError("no event: track needs the event's name")


def _check_group(body: Mapping[str, Json]) -> None:
    _object_under(body, "traits")
    if not identifier_text(body.get("groupId")):
        raise UnusableEventError("no groupId")


def _accept(_body: Mapping[str, Json]) -> None:
    """Accept a page, screen or alias call: no action fires for one, which is no error."""


_CHECKS = {"identify": _check_identify, "track": _check_track, "group": _check_group}


def _object_under(body: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    found = body.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise UnusableEventError(f"not an object: {name}")
    return found


def event_name_of(traits: Mapping[str, Json]) -> str:
    """Return a person's name from identify traits: `name`, else first and last with one blank."""
    if name := _text(traits.get("name")):
        return name
    parts = (
        next(filter(None, (_text(traits.get(key)) for key in keys)), "") for keys in _NAME_PARTS
    )
    return " ".join(filter(None, parts))


def _text(value: Json) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _hash_of(text: str) -> str:
    """Return the messageId of an event that has none: the same line is the same event."""
    return f"line-{blake2b(text.encode(), digest_size=16).hexdigest()}"


def _time_of(times: Mapping[str, float | None]) -> float | None:
    """Return when an event happened, in Unix seconds; corrected for its sender's clock."""
    stated, original, sent, received = map(times.get, _TIMES)
    if stated is not None:
        return stated
    if original is not None and sent is not None and received is not None:
        return received - (sent - original)
    return original if original is not None else received if received is not None else sent


def _timestamp(value: Json) -> float | None:
    """Parse an event's ISO 8601 time to Unix seconds; None for none, or for what is no time."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _warnings(
    record: EventText, body: Mapping[str, Json], times: Mapping[str, float | None]
) -> list[str]:
    """Return sentences on what looks wrong in an event that is taken all the same."""
    found = []
    if (
        len(record.text) > SEGMENT_EVENT_BYTES // 4
        and len(record.text.encode()) > SEGMENT_EVENT_BYTES
    ):
        found.append("Longer than the 32 kB that Segment takes for one event.")
    found += [f"{name} is not a time; it is left out." for name, at in times.items() if at is None]
    traits, properties = body.get("traits"), body.get("properties")
    company = traits.get("company") if isinstance(traits, dict) else None
    if isinstance(company, dict) and company.get("remove") == "true":
        found.append("traits.company.remove is the text “true”, not the value true.")
    nested = properties.get("properties") if isinstance(properties, dict) else None
    if isinstance(nested, dict) and "email" in nested:
        found.append("The e-mail was read from properties.properties.email.")
    return found
