"""Why an undo must not be sent: what stands at the service is not what its edit has set."""

from desktop.model.edit import Edit, EditKind
from desktop.model.optout_level import OptOutLevel, is_chosen_later, is_loosening
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.target_record import TargetRecord
from desktop.store.workspace_store import WorkspaceStore
from desktop.writing.change_origin import find_last_change
from desktop.writing.outcomes import NOTHING_TO_UNDO_TEXT, OPTOUT_CHOSEN_LATER_TEXT


async def find_empty_undo(store: WorkspaceStore, edit: Edit) -> str:
    """Say that the edit which an undo takes back has changed nothing, or "".

    What stands there then is somebody else's choice.
    """
    undoes = edit.request.undoes
    if undoes is None or edit.tries:
        return ""
    undone = await store.outbox.get_edit(undoes)
    if not undone.has_changed_nothing:
        return ""
    return NOTHING_TO_UNDO_TEXT.replace("{id}", undone.id)


async def find_later_choice(store: WorkspaceStore, edit: Edit, record: TargetRecord | None) -> str:
    """Say that a customer has opted out after the change that an undo takes back, or "".

    `record` was read right before sending. A level alone doesn't tell: they may have chosen the
    very one that was set here, and Sailthru shows only when.
    """
    request = edit.request
    profile = record.document if record is not None else None
    if request.undoes is None or request.kind is not EditKind.OPTOUT or record is None:
        return ""
    if not isinstance(profile, SailthruProfile):
        return ""
    if not is_loosening(record.optout, OptOutLevel(str(request.new))):
        return ""
    entries = await store.audit.list_entries(targets=(request.target.id,))
    newest = find_last_change(entries, request.kind, request.name)
    if newest is not None:
        ours_at = newest.entry.at
    else:
        ours_at = (await store.outbox.get_edit(request.undoes)).updated_at
    told_at = profile.activity.get("optout_time")
    is_later = is_chosen_later(told_at, ours_at, record.clock_ahead_s)
    return OPTOUT_CHOSEN_LATER_TEXT if is_later else ""
