"""The palette's commands for each sync by its name: preview, run now, switch, open, and the rest.

Each has the reason that the sync's own button or menu has while it is disabled.
"""

from collections.abc import Callable, Iterator
from enum import Enum, auto
from functools import partial

from desktop.sync.sync_snapshot import SyncSnapshot
from desktop.viewmodels.command_synonyms import synonyms_of
from desktop.viewmodels.palette_command import PaletteCommand
from desktop.viewmodels.syncs.sync_header_view import SyncHeaderView
from desktop.viewmodels.syncs.sync_page_model import SyncPageModel


class SyncAct(Enum):
    """What a palette command does with a sync."""

    OPEN = auto()
    PREVIEW = auto()
    PREVIEW_ALL = auto()
    RUN = auto()
    RUN_ALL = auto()
    SWITCH_ON = auto()
    SWITCH_OFF = auto()
    CANCEL = auto()
    RETRY = auto()
    RENAME = auto()
    REMOVE = auto()


def build_sync_commands(
    model: SyncPageModel, page_refusal: str, perform: Callable[[str, SyncAct], None]
) -> tuple[PaletteCommand, ...]:
    """Build the palette's commands of every sync; `page_refusal`: why Sync is not open, or ""."""
    return tuple(
        PaletteCommand(
            f"{words}: {sync.sync.title}",
            partial(perform, sync.sync.name, act),
            disabled_reason=page_refusal or reason,
            detail=_detail(act, sync),
            keywords=synonyms_of(kind),
        )
        for sync in model.all_syncs()
        for act, words, kind, reason in _acts(sync, model.header_view_of(sync))
    )


def _acts(sync: SyncSnapshot, header: SyncHeaderView) -> Iterator[tuple[SyncAct, str, str, str]]:
    """Yield what can be done with a sync: the act, its words, kind of synonyms and reason."""
    run, preview = header.run_disabled_reason, header.preview_disabled_reason
    yield SyncAct.RUN, "Sync now", "sync run", run
    yield SyncAct.PREVIEW, "Preview", "sync preview", preview
    if header.is_on:
        yield SyncAct.SWITCH_OFF, "Switch off", "sync switch", header.switch_disabled_reason
    else:
        yield SyncAct.SWITCH_ON, "Switch on", "sync switch", header.switch_disabled_reason
    yield SyncAct.OPEN, "Open sync", "sync open", ""
    if sync.active_run is not None:
        yield SyncAct.CANCEL, "Cancel the run", "sync cancel", ""
    yield SyncAct.RUN_ALL, "Run a full rebuild", "sync run", run
    yield SyncAct.PREVIEW_ALL, "Preview a full rebuild", "sync preview", preview
    yield SyncAct.RETRY, "Retry waiting rows", "sync retry", header.retry_disabled_reason
    may_not = "" if header.can_change else header.disabled_reason
    yield SyncAct.RENAME, "Name, labels and description", "sync rename", may_not
    yield SyncAct.REMOVE, "Remove the sync", "sync remove", may_not


def _detail(act: SyncAct, sync: SyncSnapshot) -> str:
    if act in (SyncAct.RUN, SyncAct.RUN_ALL) and sync.open_plan is not None:
        return "A preview is open: it is shown first."
    if act is SyncAct.REMOVE:
        return "Asks first."
    return ""
