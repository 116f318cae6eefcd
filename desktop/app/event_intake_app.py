"""The ASGI application that takes events over HTTP as Segment's libraries post them.

    POST /v1/batch, /v1/b, /v1/import              {"batch": [event…], "sentAt": …}
    POST /v1/identify|track|group|page|screen|alias   one event; also by its first letter

HTTP Basic with a source's write key as user and no password, or `writeKey` in the body, as
libraries in browsers have it; the body may be gzip (docs/events.md 7). An answer of 200 means that
the events are committed. What can't be read of a batch is stored with its reason: a library drops
for good what is answered with 4xx.
"""

import asyncio
import base64
import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from desktop.clients.body_decompressor import BodyDecompressor, BrokenBody
from desktop.events.event_json import BadJsonError, parse_event_json
from desktop.events.event_storage_form import stored_form
from desktop.events.event_text_splitter import EventText
from desktop.events.event_validation import EVENT_TYPES, make_event
from desktop.kit.clock import Clock, iso_timestamp
from desktop.kit.errors import ServiceError, StorageError
from desktop.model.event_delivery import NewStoredEvent
from desktop.model.json_value import Json
from desktop.store.workspace_store import WorkspaceStore

log = logging.getLogger(__name__)

# A batch has at most 475,000 bytes, but Segment's Python library ends one only with the event that
# passes that; the rest is the wrapping. Counted as sent and once more as unpacked.
MAX_BATCH_BYTES = 475_000
MAX_BODY_BYTES = MAX_BATCH_BYTES + 32_768 + 4_096
_TOO_LARGE = (
    f"A batch has at most {MAX_BATCH_BYTES:,} bytes, also unpacked. Send it in smaller ones."
)
_RETRY_AFTER_S = 30
# Segment's library for browsers names an event by its first letter and a batch by `b`; its library
# for Java posts batches to `import` (docs/events.md 7).
_EVENT_BY_PATH = {name: name for name in ("batch", *EVENT_TYPES)}
_EVENT_BY_PATH |= {name[0]: name for name in _EVENT_BY_PATH} | {"import": "batch"}
# What libraries of pages send: RudderStack's names who is unknown, Segment's counts its tries.
_ALLOWED_HEADERS = b"authorization, content-type, content-encoding, anonymousid, x-retry-count"
# A body that is not here by then is no library's.
_BODY_TIMEOUT_S = 30.0
_PREFLIGHT_AGE_S = 600

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class _Refusal(Exception):
    """A request that the event intake refuses: the HTTP status and the reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass
class IntakeSource:
    """A named source with its write key, and the intake that its events belong to."""

    id: int
    write_key: str
    intake: int
    last_line: int


@dataclass
class EventIntakeApp:
    """Stores the events of sources; `hosts` are the names under which it may be asked.

    A page in a browser could have its own host name lead here: another Host is refused. `origins`
    are the web pages that may post, as browsers name them.
    """

    store: WorkspaceStore
    clock: Clock
    sources: Sequence[IntakeSource]
    hosts: frozenset[str]
    origins: frozenset[str] = frozenset()
    # Whether who serves may have events delivered by themselves; asked for every request.
    is_unattended: Callable[[], bool] = lambda: False
    on_stored: Callable[[int], None] = lambda _count: None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request to the intake of events, as ASGI asks it."""
        if scope["type"] != "http":
            return
        headers = {
            name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]
        }
        origin = headers.get("origin", "").lower()
        shared = _cors_headers(origin) if origin in self.origins else []
        try:
            if scope["method"] == "OPTIONS" and origin:
                self._require_address(scope, headers)
                await _answer_preflight(send, shared)
                return
            stored = await self._take(scope, headers, receive)
            await _answer(send, 200, {"success": True, "stored": stored}, shared)
        except _Refusal as refused:
            body = {"success": False, "code": "refused", "message": str(refused)}
            # Who was not told to go on may leave the body out: its next request would be taken
            # for one.
            closing = [(b"connection", b"close")] if "expect" in headers else []
            await _answer(send, refused.status, body, [*shared, *closing])
        except StorageError as error:
            # The library keeps the batch and tries again.
            log.warning("Events could not be stored: %s", error.code)
            body = {"success": False, "code": error.code, "message": error.title}
            await _answer(send, 503, body, shared)

    async def _take(self, scope: Scope, headers: Mapping[str, str], receive: Receive) -> int:
        kind = self._require_address(scope, headers)
        if scope["method"] != "POST":
            raise _Refusal(405, "Events are posted.")
        # With a key in the header nothing of a stranger's body is read.
        source = self._find_source(_basic_user(headers)) if "authorization" in headers else None
        document = _parse_document(await _read_body(headers, receive))
        source = source or self._find_source(_key_of(document))
        if not await self.store.event_sources.is_there(source.id):
            raise _Refusal(401, "This source was removed.")
        events = _events_of(document, kind)
        received = iso_timestamp(self.clock.now())
        # One at a time: lines are numbered in the order in which they are committed.
        async with self._lock:
            rows = [
                _stored_row(event, source.last_line + place, document, received)
                for place, event in enumerate(events, 1)
            ]
            now = self.clock.now()
            stored = await self.store.events.add_events(
                source.intake, rows, now, is_attended=not self.is_unattended()
            )
            source.last_line += len(rows)
        self.on_stored(stored)
        return stored

    def _require_address(self, scope: Scope, headers: Mapping[str, str]) -> str:
        """Return what a request posts: `batch` or an event's type. Raises _Refusal."""
        if headers.get("host", "").lower() not in self.hosts:
            raise _Refusal(421, "This address is not served here.")
        if "origin" in headers and headers["origin"].lower() not in self.origins:
            raise _Refusal(403, "Web pages of this address may not post here.")
        root, _, kind = str(scope["path"]).rstrip("/").rpartition("/")
        if root != "/v1" or kind not in _EVENT_BY_PATH:
            raise _Refusal(404, "There is no such address.")
        return _EVENT_BY_PATH[kind]

    def _find_source(self, key: str) -> IntakeSource:
        """Return the event source of a request's write key. Raises _Refusal."""
        # All are compared: how long it takes tells nothing of any.
        found = [one for one in self.sources if _is_same_key(key, one.write_key)]
        if not found:
            raise _Refusal(401, "The write key is wrong.")
        return found[0]


def _is_same_key(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _key_of(document: Mapping[str, Json]) -> str:
    found = document.get("writeKey")
    return found if isinstance(found, str) else ""


def _cors_headers(origin: str) -> list[tuple[bytes, bytes]]:
    return [(b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"origin")]


async def _answer_preflight(send: Send, shared: list[tuple[bytes, bytes]]) -> None:
    """Tell a browser what a page of an allowed origin may post."""
    headers = [
        *shared,
        (b"access-control-allow-methods", b"POST"),
        (b"access-control-allow-headers", _ALLOWED_HEADERS),
        (b"access-control-max-age", b"%d" % _PREFLIGHT_AGE_S),
        (b"content-length", b"0"),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _basic_user(headers: Mapping[str, str]) -> str:
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[0]
    except ValueError:
        return ""


async def _read_body(headers: Mapping[str, str], receive: Receive) -> bytes:
    """Read and unpack a request's body within the limits of size and time. Raises _Refusal."""
    # For the whole of it: a byte now and then would hold a connection for ever.
    try:
        async with asyncio.timeout(_BODY_TIMEOUT_S):
            return await _receive_body(headers, receive)
    except TimeoutError:
        raise _Refusal(408, "The body did not come.") from None


async def _receive_body(headers: Mapping[str, str], receive: Receive) -> bytes:
    try:
        body = BodyDecompressor(headers.get("content-encoding", ""), MAX_BODY_BYTES)
    except ServiceError:
        raise _Refusal(415, "The body's encoding is none of gzip, deflate and identity.") from None
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length) > MAX_BODY_BYTES:
        raise _Refusal(413, _TOO_LARGE)
    taken, is_more = 0, True
    while is_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Refusal(400, "The request ended before its body.")
        piece = message.get("body", b"")
        taken += len(piece)
        if taken > MAX_BODY_BYTES:
            raise _Refusal(413, _TOO_LARGE)
        try:
            body.feed(piece)
        except BrokenBody:
            raise _Refusal(400, "The body can't be unpacked.") from None
        except ServiceError:
            raise _Refusal(413, _TOO_LARGE) from None
        is_more = message.get("more_body", False)
    found = body.finish()
    if found is None:
        raise _Refusal(400, "The compressed body is not whole.")
    return found


def _parse_document(body: bytes) -> Mapping[str, Json]:
    try:
        text = body.decode("utf-8-sig")
        found = _parse_leniently(text)
    except (ValueError, RecursionError):
        raise _Refusal(400, "The body is no JSON.") from None
    if not isinstance(found, Mapping):
        raise _Refusal(400, "The body is no object.")
    return found


def _parse_leniently(text: str) -> Any:
    """Parse the JSON body of events sent over HTTP. Raises ValueError, RecursionError.

    A number that JSON has not, such as the NaN that Python's libraries write, or half of a letter
    must not cost a batch its other events: each event is parsed strictly afterwards.
    """
    try:
        return parse_event_json(text).value
    except BadJsonError:
        return json.loads(text)


def _events_of(document: Mapping[str, Json], kind: str) -> Sequence[Json]:
    """Return the events of a request; one that is posted alone has its type from the path."""
    if kind != "batch":
        return [{"type": kind, **{k: v for k, v in document.items() if k != "writeKey"}}]
    batch = document.get("batch")
    if not isinstance(batch, list):
        raise _Refusal(400, "A batch has a list of events under “batch”.")
    return batch


def _stored_row(
    event: Json, line: int, document: Mapping[str, Json], received: str
) -> NewStoredEvent:
    """Return an event as it is stored, with the times that only the request tells.

    `context` and `integrations` of a batch are those of each of its events, whose own go before
    (docs/events.md 7).
    """
    if isinstance(event, Mapping):
        times = {"sentAt": document.get("sentAt"), "receivedAt": received}
        added = {name: value for name, value in times.items() if value and name not in event}
        for name in ("context", "integrations"):
            shared, own = document.get(name), event.get(name)
            if isinstance(shared, Mapping) and (own is None or isinstance(own, Mapping)):
                added[name] = {**shared, **(own or {})}
        event = {**event, **added}
    return stored_form(make_event(EventText(line, _text_of(event))))


def _text_of(event: Json) -> str:
    text = json.dumps(event, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        # Half of a letter can only be written as its escape.
        return json.dumps(event)
    return text


async def _answer(
    send: Send, status: int, document: Mapping[str, object], shared: list[tuple[bytes, bytes]]
) -> None:
    body = json.dumps(document).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    headers += shared
    if status == 503:
        headers.append((b"retry-after", b"%d" % _RETRY_AFTER_S))
    if status == 401:
        headers.append((b"www-authenticate", b'Basic realm="events"'))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
