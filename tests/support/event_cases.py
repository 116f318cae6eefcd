"""Events of Segment's form for tests, and the customers and organisations that they name."""

import io
import itertools
import json
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from desktop.app.container import WorkspaceServices
from desktop.app.event_services import build_deliverer, open_live_directory
from desktop.events.event_intake import read_events
from desktop.events.event_storage_form import stored_form
from desktop.model.event_delivery import StoredEvent
from tests.support.sandbox_servers import SandboxServers

_NUMBERS = itertools.count(1)


def as_lines(*events: dict[str, Any]) -> str:
    return "".join(json.dumps(event) + "\n" for event in events)


def identify(user_id: Any, email: str, **traits: Any) -> dict[str, Any]:
    traits = {"email": email, "name": "Homer Simpson", **traits}
    return {"type": "identify", "userId": user_id, "traits": traits}


def track(event: str, user_id: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "track", "event": event, "userId": user_id, "properties": properties}


def group(group_id: Any, user_id: Any = None, **traits: Any) -> dict[str, Any]:
    event = {"type": "group", "groupId": group_id, "traits": traits}
    return event if user_id is None else {**event, "userId": user_id}


async def store_events(
    services: WorkspaceServices,
    *events: dict[str, Any],
    left_out: Mapping[int, tuple[str, ...]] = MappingProxyType({}),
) -> int:
    """Store events as a source of their own, as `fairlead events deliver` does; gives its id.

    `left_out` are the unticked actions by line.
    """
    source = await services.store.events.add_source("test", 0.0)
    read = read_events(io.BytesIO(as_lines(*events).encode()))
    forms = [stored_form(item) for item in read]
    await services.store.events.add_events(
        source, [replace(one, left_out=left_out.get(one.line, ())) for one in forms], 0.0
    )
    return source


async def deliver_stored(services: WorkspaceServices, **ticked: Any) -> None:
    """Deliver what waits, in this process."""
    directory = await open_live_directory(services)
    await (await build_deliverer(services, directory, **ticked)).deliver()


async def stored_states(services: WorkspaceServices) -> list[tuple[StoredEvent, str]]:
    """Every stored event in its order, with the states of its deliveries in one text."""
    found = reversed(await services.store.events.list_newest(1_000))
    return [(one, " ".join(d.state.value for d in one.deliveries)) for one in found]


class EventRecords:
    """Makes users, organisations and tickets in the sandbox, each under a name of its own."""

    def __init__(self, sandbox: SandboxServers) -> None:
        self._sandbox = sandbox

    def new_name(self) -> str:
        return f"ev{next(_NUMBERS)}"

    def user(self, **fields: Any) -> tuple[int, str]:
        """Id and address of a new Zendesk user."""
        email = f"{self.new_name()}@simpson.example"
        user = {"name": "Homer Simpson", "skip_verify_email": True, **fields}
        return self._sandbox.create_user(email, **user), email

    def organization(self, **fields: Any) -> int:
        """Id of a new Zendesk organisation."""
        return self._create("organization", "organizations", {"name": self.new_name(), **fields})

    def join(self, user_id: int, organization_id: int) -> int:
        """Id of a new membership."""
        membership = {"user_id": user_id, "organization_id": organization_id}
        return self._create("organization_membership", "organization_memberships", membership)

    def ticket(self, requester_id: int, **fields: Any) -> int:
        """Number of a new ticket."""
        ticket = {"subject": "S", "comment": {"body": "B", "public": False}, **fields}
        return self._create("ticket", "tickets", {**ticket, "requester_id": requester_id})

    def memberships(self, user_id: int) -> list[int]:
        """The organisations of a user."""
        path = f"/api/v2/users/{user_id}/organization_memberships"
        _, body = self._sandbox.zendesk_request("GET", path)
        return [one["organization_id"] for one in body["organization_memberships"]]

    def find_user(self, email: str) -> dict[str, Any] | None:
        """The Zendesk user of an address, or None."""
        _, body = self._sandbox.zendesk_request("GET", f"/api/v2/users/search?query=email:{email}")
        return body["users"][0] if body["users"] else None

    def find_organization(self, external_id: str) -> dict[str, Any] | None:
        """The Zendesk organisation of an external id, or None."""
        path = f"/api/v2/organizations/search?external_id={external_id}"
        _, body = self._sandbox.zendesk_request("GET", path)
        return body["organizations"][0] if body["organizations"] else None

    def user_events(self, user_id: int) -> list[dict[str, Any]]:
        """The custom events of a Zendesk user."""
        _, body = self._sandbox.zendesk_request("GET", f"/api/v2/users/{user_id}/events")
        return list(body["events"])

    def _create(self, name: str, plural: str, fields: dict[str, Any]) -> int:
        status, body = self._sandbox.zendesk_request("POST", f"/api/v2/{plural}", {name: fields})
        assert status == 201, body
        return int(body[name]["id"])
