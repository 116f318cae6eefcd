"""Sync API of the Sell sandbox: sessions of a device, a queue in no order, acknowledgements.

Facts: docs/zendesk-sell.md 9. What a device has not acknowledged comes again in its next session.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

from desktop.sandbox.http_messages import (
    JsonObject,
    SandboxRequest,
    SandboxResponse,
    json_response,
)
from desktop.sandbox.router import Router
from desktop.sandbox.sell.error_responses import request_error
from desktop.sandbox.sell.payload import data_in_body
from desktop.sandbox.sell.record_kinds import KINDS, SYNCED_KINDS
from desktop.sandbox.sell.repository import SellRepository, visible_record

PLANS_WITH_SYNC = frozenset({"growth", "professional", "enterprise"})
MAX_SESSIONS = 100
QUEUE_PAGE_SIZE = 100
_ACK_KEY = re.compile(r"([A-Za-z]+-\d+)-(\d+)")
_NO_BODY = ""


@dataclass
class SyncSession:
    """One session of the sandbox's Sync API: what it still has to hand to its device."""

    device: str
    remaining: list[tuple[str, int]]


class SyncEndpoints:
    """The Sync API of the sandbox's Sell."""

    def __init__(self, repository: SellRepository) -> None:
        self.repository = repository
        self.sessions: dict[str, SyncSession] = {}

    def register(self, router: Router) -> None:
        """Register the Sync API of the sandbox's Sell."""
        router.add("POST", "/v2/sync/start", self.start)
        router.add("GET", "/v2/sync/{session_id}/queues/main", self.fetch)
        router.add("POST", "/v2/sync/ack", self.acknowledge)

    def start(self, request: SandboxRequest) -> SandboxResponse:
        """Start a session of the sandbox's Sync API; 204 where the device has everything."""
        device = self._device(request)
        pending = [*self._pending(device)]
        if not pending:
            return SandboxResponse(204)
        text = f"{device} {request.received_at!r} {len(self.sessions)}"
        session_id = blake2b(text.encode(), digest_size=16).hexdigest()
        # The service promises no order: a client that relies on one fails here.
        random.Random(session_id).shuffle(pending)
        if len(self.sessions) >= MAX_SESSIONS:
            del self.sessions[next(iter(self.sessions))]
        self.sessions[session_id] = SyncSession(device, pending)
        queue = {
            "name": "main",
            "pages": -(-len(pending) // QUEUE_PAGE_SIZE),
            "total_count": len(pending),
        }
        data = {"id": session_id, "queues": [{"data": queue, "meta": {"type": "sync_queue"}}]}
        return json_response({"data": data, "meta": {"type": "sync_session"}}, 201)

    def fetch(self, request: SandboxRequest, session_id: str) -> SandboxResponse:
        """Hand out up to a hundred items of a session of the sandbox's; 204 once drained."""
        device = self._device(request)
        session = self.sessions.get(session_id)
        if session is None or session.device != device:
            raise request_error("not_found", resource="sync_session")
        taken = session.remaining[-QUEUE_PAGE_SIZE:]
        del session.remaining[-QUEUE_PAGE_SIZE:]
        if not taken:
            return SandboxResponse(204)
        items = [self._item(device, kind, record_id) for kind, record_id in taken]
        meta = {
            "type": "collection",
            "count": len(items),
            "count_left": len(session.remaining),
        }
        return json_response({"items": items, "meta": meta})

    def acknowledge(self, request: SandboxRequest) -> SandboxResponse:
        """Take a device's acknowledgements; the 202 of the sandbox's Sync API has no body."""
        device = self._device(request)
        keys = data_in_body(request).get("ack_keys")
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise request_error("incorrect_payload", "ack_keys is an array of strings")
        for key in keys:
            if match := _ACK_KEY.fullmatch(key):
                self.repository.acknowledge(device, match[1], int(match[2]))
        return SandboxResponse(202, b"", _NO_BODY)

    def _device(self, request: SandboxRequest) -> str:
        if self.repository.state.account.sell_plan not in PLANS_WITH_SYNC:
            raise request_error("insufficient_scope", "the plan has no Sync API")
        device = request.headers.get("x-basecrm-device-uuid", "").strip()
        if not device:
            raise request_error("invalid_header", "X-Basecrm-Device-UUID is missing")
        return device

    def _pending(self, device: str) -> Iterator[tuple[str, int]]:
        known = self.repository.acknowledged[device]
        for kind in SYNCED_KINDS:
            table, ack_name = self.repository.tables[kind], KINDS[kind].ack_name
            for record_id in self.repository.ids(kind):
                override = table.overrides.get(record_id)
                # A seed record is in its first revision: a hundred thousand are not made for this.
                version = override["_version"] if override is not None else 1
                if known.get(f"{ack_name}-{record_id}") != version:
                    yield kind, record_id
            for record_id, record in table.existing_overrides():
                revision = known.get(f"{ack_name}-{record_id}")
                # Whoever never heard of a record need not hear that it is gone.
                if record.get("_deleted") and revision not in (None, record["_version"]):
                    yield kind, record_id

    def _item(self, device: str, kind: str, record_id: int) -> JsonObject:
        record = self.repository.with_deleted(kind, record_id) or {}
        name = f"{KINDS[kind].ack_name}-{record_id}"
        is_known = name in self.repository.acknowledged[device]
        event = "updated" if is_known else "created"
        if record.get("_deleted"):
            event, data = "deleted", {"id": record_id}
        else:
            data = visible_record(record)
        sync = {
            "event_type": event,
            "ack_key": f"{name}-{record['_version']}",
            "revision": record["_version"],
        }
        return {"data": data, "meta": {"type": kind, "version": record["_version"], "sync": sync}}
