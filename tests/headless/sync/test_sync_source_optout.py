"""The opt-out level of a list's people: its export does not tell it, so it is read singly."""

from dataclasses import replace

import pytest

from desktop.app.container import WorkspaceServices
from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.field_mapping import MappingRow
from desktop.model.sync import Sync
from tests.support import sync_cases
from tests.support.sandbox_servers import SandboxServers

LEVELS = ("none", "basic", "all")


@pytest.mark.parametrize(
    ("where", "mapping", "expected"),
    [
        ((), (MappingRow("optout", "user_fields.sailthru_optout"),), LEVELS),
        (
            (FieldCondition("optout", ConditionOperator.IS, "all"),),
            (MappingRow("engagement", "user_fields.sailthru_optout"),),
            (None, None, "optout"),
        ),
    ],
    ids=["mapping", "condition"],
)
async def test_optout_of_list_members_is_read_singly(
    where: tuple[FieldCondition, ...],
    mapping: tuple[MappingRow, ...],
    expected: tuple[str | None, ...],
    sync_services: WorkspaceServices,
    sync_sandbox: SandboxServers,
) -> None:
    people = []
    for level in LEVELS:
        address = f"{level}@{sync_cases.DOMAIN}"
        people.append(sync_sandbox.create_user(address, name=level))
        sync_sandbox.create_profile(address, lists={sync_cases.LIST_NAME: 1}, optout_email=level)

    def chosen(made: Sync) -> Sync:
        return replace(made, source=replace(made.source, where=where), mapping=mapping)

    sync = sync_cases.save_preset(sync_services, sync_cases.SAILTHRU_TO_ZENDESK, chosen)
    await sync_cases.run_sync(sync_services, sync)
    seen = [sync_sandbox.read_user(person)["user_fields"] for person in people]
    assert tuple(fields.get("sailthru_optout") for fields in seen) == expected
