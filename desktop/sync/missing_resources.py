"""Lists and fields that a sync names: which of them Sailthru and Zendesk do not have."""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.sell.client import SellClient
from desktop.clients.zendesk.client import ZendeskClient
from desktop.model.field_mapping import source_fields_of
from desktop.model.sailthru_naming_rules import find_list_name
from desktop.model.sailthru_profile import SailthruList
from desktop.model.sell_lists import SELL_LIST_PREFIX, leads_list
from desktop.model.service import Service
from desktop.model.sync import SourceKind, Sync
from desktop.model.target_record import LIST_PREFIX, USER_FIELD_PREFIX


@dataclass(frozen=True)
class MissingResource:
    """A list, field or tag that a sync names and the service does not have.

    `kind` is list, target_list, smart_target, user_field or source_field. Without what is required
    it would read or write nobody. A smart list as target, and a field without values to read,
    cannot be mended by creating anything. What
    `comes_by_itself` is made by the first that needs it.
    """

    kind: str
    name: str
    message: str
    is_required: bool = True
    comes_by_itself: bool = False

    @property
    def is_creatable(self) -> bool:
        """Whether an admin can have a sync's missing list or field created."""
        return self.kind not in ("smart_target", "source_field")


async def find_missing_resources(
    sync: Sync, sailthru: SailthruClient, zendesk: ZendeskClient, sell: SellClient | None = None
) -> tuple[Sync, tuple[MissingResource, ...]]:
    """Find which of a sync's lists and fields are missing at Sailthru and Zendesk.

    Beside them the sync, its lists spelt as in Sailthru: what was typed has no no-break space.
    """
    found: list[MissingResource] = []
    if sync.effects.lead_lists and sell is not None:
        found += await _find_missing_status_lists(sailthru, sell)
    if sync.source.lists or target_lists(sync) or sync.covering_list:
        lists = {known.name: known for known in await sailthru.list_lists()}
        sync = _spell_lists(sync, lists)
        targets = target_lists(sync)
        found += [
            MissingResource(
                # What Fairlead fills itself is a natural list.
                "target_list" if name.startswith(SELL_LIST_PREFIX) else "list",
                name,
                f"Sailthru has no list “{name}”.",
            )
            for name in sync.source.lists
            if name not in lists
        ]
        found += [problem for name in targets if (problem := _target_problem(name, lists))]
    needed = {c.field for c in sync.source.where if sync.source.kind is SourceKind.ZENDESK_USERS}
    wanted = set(needed)
    if sync.target_service is Service.ZENDESK:
        wanted |= {row.target for row in sync.mapping if row.on}
        if sync.effects.list_name_field:
            wanted.add(f"user_fields.{sync.effects.list_name_field}")
    keys = {name.removeprefix("user_fields.") for name in wanted if name.startswith("user_fields.")}
    read = _user_fields_read(sync) - keys
    if keys or read:
        known_keys = {f.key for f in await zendesk.list_user_fields() if f.active}
        found += [_source_field_problem(key, known_keys) for key in sorted(read - known_keys)]
        found += [
            MissingResource(
                "user_field",
                key,
                f"Zendesk has no user field “{key}”.",
                is_required=f"user_fields.{key}" in needed,
            )
            for key in sorted(keys - known_keys)
        ]
    return sync, tuple(found)


async def _find_missing_status_lists(
    sailthru: SailthruClient, sell: SellClient
) -> list[MissingResource]:
    """Find the lists of Sell's lead statuses that are not there yet (S3-15): nobody needs them.

    The first lead of a status makes its list; made before, people can be put on it in Sailthru.
    """
    there = {known.name for known in await sailthru.list_lists()}
    wanted = [leads_list(status) for status in await sell.list_lead_statuses()]
    return [
        MissingResource(
            "target_list",
            name,
            f"Sailthru has no list “{name}”; the first lead of that status makes it.",
            is_required=False,
            comes_by_itself=True,
        )
        for name in dict.fromkeys(wanted)
        if name not in there
    ]


def _spell_lists(sync: Sync, known: Collection[str]) -> Sync:
    """Return a sync with the lists it names spelt as in Sailthru, where no other can be meant."""
    effects = sync.effects

    def spell(name: str) -> str:
        return (find_list_name(name, known) or name) if name else name

    def spell_target(target: str) -> str:
        if not target.startswith(LIST_PREFIX):
            return target
        return LIST_PREFIX + spell(target.removeprefix(LIST_PREFIX))

    return replace(
        sync,
        source=replace(sync.source, lists=tuple(spell(name) for name in sync.source.lists)),
        mapping=tuple(replace(row, target=spell_target(row.target)) for row in sync.mapping),
        effects=replace(
            effects,
            add_to_lists=tuple(spell(name) for name in effects.add_to_lists),
            remove_from_lists=tuple(spell(name) for name in effects.remove_from_lists),
            pause_list=spell(effects.pause_list),
        ),
        covering_list=spell(sync.covering_list),
    )


def _user_fields_read(sync: Sync) -> frozenset[str]:
    """Return the keys of the Zendesk user fields that a sync reads."""
    if sync.source.kind.service is not Service.ZENDESK:
        return frozenset()
    stages = [condition for stage in sync.stages for condition in stage.where]
    evidence = [purpose.evidence for purpose in sync.purposes]
    names = [condition.field for condition in (*sync.source.where, *stages, *evidence)]
    names += [name for row in sync.mapping if row.on for name in source_fields_of(row)]
    prefix = USER_FIELD_PREFIX
    return frozenset(name.removeprefix(prefix) for name in names if name.startswith(prefix))


def _source_field_problem(key: str, known: Collection[str]) -> MissingResource:
    near = difflib.get_close_matches(key, known, n=1)
    hint = f" Did you mean “{near[0]}”?" if near else ""
    text = f"Zendesk has no user field “{key}” to read, so nothing would come of it.{hint}"
    return MissingResource("source_field", key, text)


def target_lists(sync: Sync) -> tuple[str, ...]:
    """Return the Sailthru lists that a sync puts people on, each once."""
    if sync.target_service is not Service.SAILTHRU:
        return ()
    mapped = (row.target for row in sync.mapping if row.on and row.target.startswith(LIST_PREFIX))
    effects = sync.effects
    paused = (effects.pause_list,) if effects.pause_days else ()
    names = (
        *effects.add_to_lists,
        *effects.remove_from_lists,
        *paused,
        *(name.removeprefix(LIST_PREFIX) for name in mapped),
    )
    return tuple(dict.fromkeys(names))


def _target_problem(name: str, lists: Mapping[str, SailthruList]) -> MissingResource | None:
    """Return why a sync cannot add people to a list: smart, or missing at Sailthru."""
    known = lists.get(name)
    if known is None:
        natural = [other for other, found in lists.items() if not found.smart]
        near = difflib.get_close_matches(name, natural, n=1)
        hint = f" Did you mean “{near[0]}”?" if near else ""
        return MissingResource(
            "target_list", name, f"Sailthru has no list “{name}” to add people to.{hint}"
        )
    if known.smart:
        return MissingResource(
            "smart_target",
            name,
            f"“{name}” is a smart list: Sailthru decides who is on it, and nobody can be added."
            " Choose a natural list.",
        )
    return None
