"""A home connected to Zendesk Sell, and people of Sell made for one test."""

from dataclasses import replace
from typing import Any

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_preset_names
from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.service import Service
from desktop.model.sync import Sync
from desktop.sync.sync_presets import build_preset
from tests.support.sandbox_servers import SandboxServers
from tests.support.sync_cases import DOMAIN


def create_sell_person(servers: SandboxServers, kind: str, email: str, **values: Any) -> int:
    """A contact or lead of Sell with this address; a customer unless told otherwise."""
    wanted: dict[str, Any] = {"first_name": "Ada", "last_name": "Lovelace", "email": email}
    if kind == "contact":
        wanted["customer_status"] = "current"
    status, body = servers.sell_request("POST", f"/v2/{kind}s", {**wanted, **values})
    assert status in (200, 201), body
    return int(body["data"]["id"])


def read_sell_person(servers: SandboxServers, kind: str, number: int) -> dict[str, Any] | None:
    """The contact or lead as Sell has it; None: deleted."""
    status, body = servers.sell_request("GET", f"/v2/{kind}s/{number}")
    return dict(body["data"]) if status == 200 else None


def save_sell_preset(house: WorkspaceServices, name: str, **changes: Any) -> Sync:
    """A preset of Sell over the people of the tests alone, checked and on."""
    made = build_preset(name, build_preset_names(house))
    ours = FieldCondition("email", ConditionOperator.HAS, f"@{DOMAIN}")
    reads_sell = made.source.kind.service is Service.SELL
    source = replace(made.source, where=(ours,)) if reads_sell else made.source
    made = replace(made, checked_at=1.0, on=True, source=source)
    return house.store.syncs.save.blocking(replace(made, **changes), house.context.clock.now())
