"""What the page Many at once calls a batch's change: on its button, while it is sent, and after."""

from desktop.kit.text import format_count
from desktop.model.edit import EditKind, EditRequest, EditTarget, waits_for_undo
from desktop.model.edit_batch import BatchAction
from desktop.model.optout_level import OptOutLevel
from desktop.model.service import Service


def people_text(count: int) -> str:
    """Format a number of people of a batch with its noun."""
    return format_count(count, "person", "people")


def change_label(action: BatchAction, count: int) -> str:
    """Return the words of the button that changes so many customers: a verb and the number."""
    people = people_text(count)
    if action.undoes:
        return f"Undo for {people}"
    if action.kind is EditKind.OPTOUT:
        verbs = {
            OptOutLevel.BASIC.value: f"Stop marketing e-mail for {people}",
            OptOutLevel.ALL.value: f"Stop all e-mail for {people}",
            OptOutLevel.NONE.value: f"Opt {people} back in",
        }
        return verbs[str(action.new)]
    if action.kind is EditKind.LIST:
        return (
            f"Put {people} on {action.name}" if action.new else f"Take {people} off {action.name}"
        )
    if action.kind is EditKind.HEALTH:
        return f"Set health of {people}"
    return f"Set {action.name} for {people}"


def done_text(action: BatchAction, count: int) -> str:
    """Say what was done to so many customers of a batch, as a sentence without its stop."""
    people, were = people_text(count), "was" if count == 1 else "were"
    if action.undoes:
        return f"Undone for {people}"
    if action.kind is EditKind.OPTOUT:
        said = {
            OptOutLevel.BASIC.value: f"Marketing e-mail stopped for {people}",
            OptOutLevel.ALL.value: f"All e-mail stopped for {people}",
            OptOutLevel.NONE.value: f"{people} {were} opted back in",
        }
        return said[str(action.new)]
    if action.kind is EditKind.LIST:
        joined = f"{people} joined {action.name}"
        return joined if action.new else f"{people} left {action.name}"
    if action.kind is EditKind.HEALTH:
        return f"Health set for {people}"
    return f"{action.name} set for {people}"


def waits_before_sending(action: BatchAction) -> bool:
    """Whether a batch's changes wait for the undo time, as single ones from the window do."""
    # The loosest case of the action: somebody who has refused everything.
    old = OptOutLevel.ALL.value if action.kind is EditKind.OPTOUT else None
    is_opt_in = action.new == OptOutLevel.NONE.value or bool(action.undoes)
    new = OptOutLevel.NONE.value if action.undoes and old is not None else action.new
    target = EditTarget(Service.SAILTHRU, "", "")
    request = EditRequest(action.kind, target, action.name, old if is_opt_in else new, new)
    return waits_for_undo(request)
