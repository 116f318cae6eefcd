"""Which syncs, rules and segments use a Sailthru list, in words."""

from collections.abc import Iterable, Iterator

from desktop.audience.condition_parser import parse_expression
from desktop.kit.errors import AppError
from desktop.model.audience_segment import SavedSegment
from desktop.model.sync import SourceKind, Sync
from desktop.model.target_record import LIST_PREFIX
from desktop.store.workspace_store import WorkspaceStore


def find_list_uses(
    syncs: Iterable[Sync], segments: Iterable[SavedSegment]
) -> dict[str, tuple[str, ...]]:
    """Return by the name of a list what uses it, such as `sync “Winback” reads it`."""
    found: dict[str, dict[str, None]] = {}
    for name, words in (*_of_syncs(syncs), *_of_segments(segments)):
        found.setdefault(name, {})[words] = None
    return {name: tuple(words) for name, words in found.items()}


async def load_list_uses(store: WorkspaceStore) -> dict[str, tuple[str, ...]]:
    """Read what uses each list, as `find_list_uses` says it."""
    return find_list_uses(await store.syncs.list_all(), await store.segments.list_all())


def _of_syncs(syncs: Iterable[Sync]) -> Iterator[tuple[str, str]]:
    for sync in syncs:
        kind = "rule" if sync.source.kind is SourceKind.RULE else "sync"
        who, effects = f"{kind} “{sync.title}”", sync.effects
        yield from ((name, f"{who} reads it") for name in sync.source.lists)
        asked = (one for one in sync.source.condition_fields if one.startswith(LIST_PREFIX))
        yield from ((name.removeprefix(LIST_PREFIX), f"{who} asks for it") for name in asked)
        yield from ((name, f"{who} puts people on it") for name in effects.add_to_lists)
        yield from ((name, f"{who} takes people off it") for name in effects.remove_from_lists)
        if effects.pause_days and effects.pause_list:
            yield effects.pause_list, f"{who} pauses by it"
        if sync.covering_list:
            yield sync.covering_list, f"{who} reads profiles by its export"


def _of_segments(segments: Iterable[SavedSegment]) -> Iterator[tuple[str, str]]:
    for segment in segments:
        try:
            conditions = tuple(parse_expression(segment.expression).conditions())
        except AppError:
            # Saved by a newer version: it names its lists to that one.
            continue
        for condition in conditions:
            if condition.field == "list" and condition.value is not None:
                yield str(condition.value), f"segment “{segment.name}” asks for it"
