"""The lists a sync names are spelt as in Sailthru once it is checked, or are told as missing."""

from dataclasses import replace

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_sync_context
from desktop.model.field_mapping import MappingRow
from desktop.model.sync import Sync, SyncEffects
from tests.support import sync_cases
from tests.support.sandbox_servers import SandboxServers

NO_BREAK, JOINED, PERSIAN = "Loyal\u00a0Club", "Fam \u25cb\u200d\u25cf", "\u0645\u06cc\u200c\u062e"


@pytest.mark.parametrize(
    ("there", "typed"),
    [
        (NO_BREAK, "Loyal Club"),
        (JOINED, JOINED.replace("\u200d", "")),
        (PERSIAN, PERSIAN.replace("\u200c", "")),
        (NO_BREAK, NO_BREAK),
        # Another list, which the check does not take for it.
        (NO_BREAK, "loyal club"),
    ],
)
async def test_checked_sync_names_lists_as_sailthru_spells_them(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, there: str, typed: str
) -> None:
    context = build_sync_context(sync_services)
    clients = context.sailthru.client, context.zendesk.client
    await clients[0].create_list(there)
    is_found = typed != "loyal club"

    def name_it(sync: Sync) -> Sync:
        mapping = (MappingRow("user_fields.sync_to_sailthru", f"lists.{typed}"),)
        effects = SyncEffects(add_to_lists=(typed,), remove_from_lists=(typed,))
        return replace(sync, mapping=mapping, effects=effects, checked_at=0.0, on=False)

    made = sync_cases.save_preset(sync_services, sync_cases.ZENDESK_TO_SAILTHRU, name_it)
    sync, missing = await sync_services.syncs.check_resources(made.name, *clients)
    named = there if is_found else typed
    assert [one.name for one in missing] == ([] if is_found else [typed])
    assert bool(sync.checked_at) is is_found
    assert (sync.effects.add_to_lists, sync.effects.remove_from_lists) == ((named,), (named,))
    assert sync.mapping[0].target == f"lists.{named}"


@pytest.mark.parametrize("typed", ["Loyal Club", NO_BREAK])
async def test_source_list_is_spelt_as_in_sailthru(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, typed: str
) -> None:
    context = build_sync_context(sync_services)
    clients = context.sailthru.client, context.zendesk.client
    await clients[0].create_list(NO_BREAK)

    def name_it(sync: Sync) -> Sync:
        source = replace(sync.source, lists=(typed,))
        return replace(sync, source=source, covering_list=typed, checked_at=0.0, on=False)

    made = sync_cases.save_preset(sync_services, sync_cases.SAILTHRU_TO_ZENDESK, name_it)
    sync, missing = await sync_services.syncs.check_resources(made.name, *clients)
    assert missing == ()
    assert (sync.source.lists, sync.covering_list) == ((NO_BREAK,), NO_BREAK)
