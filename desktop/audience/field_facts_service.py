"""The catalogue of fields: every field of both services with type, coverage and who writes it."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from desktop.audience.audience_service import AudienceService
from desktop.clients.zendesk.client import ZendeskClient
from desktop.kit.errors import AppError
from desktop.model.field_catalogue import PROFILE_FIELDS, RULE_FIELDS, ZENDESK_USER_FIELDS
from desktop.model.field_facts import (
    FieldCoverage,
    FieldFacts,
    FieldOwner,
    FieldWriter,
    WriterKind,
)
from desktop.model.service import Service
from desktop.model.sync import Sync
from desktop.model.target_record import LIST_PREFIX, USER_FIELD_PREFIX, VAR_PREFIX
from desktop.store.data_workspace_store import DataStore
from desktop.store.field_facts_repository import CoverageByField
from desktop.store.field_writer_repository import FieldWriterRepository
from desktop.store.sync_repository import SyncRepository

log = logging.getLogger(__name__)

# Of what is no text; as the services say it.
_TYPES = {
    "id": "number", "active": "yes or no", "suspended": "yes or no", "verified": "yes or no",
    "tags": "list", "lists": "list", "created_at": "date", "updated_at": "date",
    "solved_at": "date", "closed_at": "date", "happened_at": "date", "open_time": "date",
    "click_time": "date", "signup_time": "date", "create_time": "date", "view_time": "date",
    "login_time": "date", "optout_time": "date", "ticket_id": "number", "status": "choice",
    "priority": "choice", "channel": "choice", "rating": "choice", "role": "choice",
    "optout": "choice", "engagement": "choice", "value.segment": "number", "value.amount": "number",
}  # fmt: skip

_Key = tuple[Service, str]


class FieldFactsService:
    """Puts the catalogue together; who may not see everybody may not see it either."""

    def __init__(
        self,
        audience: AudienceService,
        get_store: Callable[[], DataStore],
        writes: FieldWriterRepository,
        syncs: SyncRepository,
        get_zendesk: Callable[[], ZendeskClient | None],
        get_health_var: Callable[[], str],
    ) -> None:
        self._audience = audience
        self._get_store = get_store
        self._writes = writes
        self._syncs = syncs
        self._get_zendesk = get_zendesk
        self._get_health_var = get_health_var

    async def list_fields(self, search: str = "") -> tuple[FieldFacts, ...]:
        """List the fields that hold all words of `search`, by owner and name.

        Raises NotPermitted, and UserDecisionNeeded where nobody was read yet.
        """
        self._audience.require_view()
        store = await asyncio.to_thread(self._get_store)
        facts = store.field_facts
        users = dict(await facts.count_columns("user"))
        # Made of the one name by the rule of each sync.
        users |= {part: replace(users["name"], samples=()) for part in ("first_name", "last_name")}
        vars_, var_types = await facts.count_vars()
        writers = await self._find_writers()
        found = (
            *_facts(FieldOwner.USER, users, ZENDESK_USER_FIELDS),
            *_facts(
                FieldOwner.USER,
                {
                    f"{USER_FIELD_PREFIX}{k}": v
                    for k, v in (await facts.count_user_fields()).items()
                },
                types=await self._read_user_field_types(),
            ),
            *_facts(FieldOwner.ORGANIZATION, await facts.count_columns("organization")),
            *_facts(FieldOwner.TICKET, await facts.count_columns("ticket"), RULE_FIELDS),
            *_facts(FieldOwner.PROFILE, await facts.count_columns("profile"), PROFILE_FIELDS),
            *_facts(
                FieldOwner.PROFILE,
                {f"{VAR_PREFIX}{name}": coverage for name, coverage in vars_.items()},
                [name for service, name in writers if service is Service.SAILTHRU],
                {f"{VAR_PREFIX}{name}": kind for name, kind in var_types.items()},
            ),
        )
        return tuple(
            field
            for field in (_with_writers(one, writers) for one in _each_once(found))
            if field.matches(search)
        )

    async def _read_user_field_types(self) -> Mapping[str, str]:
        """Read the types of the account's user fields; none where Zendesk does not tell them."""
        zendesk = self._get_zendesk()
        if zendesk is None:
            return {}
        try:
            fields = await zendesk.list_user_fields()
        except AppError as error:
            log.info("The user fields of Zendesk could not be read: %s", error.code)
            return {}
        return {f"{USER_FIELD_PREFIX}{one.key}": one.type for one in fields}

    async def _find_writers(self) -> Mapping[_Key, tuple[FieldWriter, ...]]:
        """Find who writes each field: syncs by their mapping, and whoever has done so here."""
        syncs = {sync.name: sync for sync in await self._syncs.list_all()}
        last = {(w.sync, w.field): w.at for w in await self._writes.list_sync_writes()}
        found: dict[_Key, list[FieldWriter]] = {}
        for sync in syncs.values():
            kind = WriterKind.RULE if sync.is_rule else WriterKind.SYNC
            for field in dict.fromkeys(_written_fields(sync)):
                writer = FieldWriter(kind, sync.title, last.get((sync.name, field)))
                found.setdefault((sync.target_service, field), []).append(writer)
        for write in await self._writes.list_person_writes(self._get_health_var()):
            person = FieldWriter(WriterKind.PERSON, write.actor, write.at)
            found.setdefault((Service.SAILTHRU, write.field), []).append(person)
        return {key: tuple(writers) for key, writers in found.items()}


def _written_fields(sync: Sync) -> Iterator[str]:
    """Yield the fields that a sync writes, lists and tags left out."""
    yield from (
        row.target for row in sync.mapping if row.on and not row.target.startswith(LIST_PREFIX)
    )
    effects = sync.effects
    if effects.deleted_var:
        yield f"{VAR_PREFIX}{effects.deleted_var}"
    if effects.pause_days:
        yield f"{VAR_PREFIX}{effects.pause_var}"
    if effects.list_name_field:
        yield f"{USER_FIELD_PREFIX}{effects.list_name_field}"


def _facts(
    owner: FieldOwner,
    coverage: CoverageByField,
    known: "tuple[str, ...] | list[str]" = (),
    types: Mapping[str, str] | None = None,
) -> Iterator[FieldFacts]:
    """Yield what was counted of an owner's fields, then those that are known and were not read."""
    counted: Mapping[str, FieldCoverage | None] = {**dict.fromkeys(known), **coverage}
    told = {**_TYPES, **(types or {})}
    for name, found in counted.items():
        yield FieldFacts(owner, name, told.get(name, "text"), found)


def _each_once(fields: tuple[FieldFacts, ...]) -> tuple[FieldFacts, ...]:
    """Return the fields each once, those that were counted first."""
    by_key: dict[tuple[FieldOwner, str], FieldFacts] = {}
    for field in fields:
        key = (field.owner, field.name)
        kept = by_key.get(key)
        if kept is None or kept.coverage is None:
            by_key[key] = field
    order = list(FieldOwner)
    return tuple(sorted(by_key.values(), key=lambda one: (order.index(one.owner), one.name)))


def _with_writers(field: FieldFacts, writers: Mapping[_Key, tuple[FieldWriter, ...]]) -> FieldFacts:
    if field.owner not in (FieldOwner.USER, FieldOwner.PROFILE):
        return field
    return replace(field, writers=writers.get((field.owner.service, field.name), ()))
