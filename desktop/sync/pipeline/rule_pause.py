"""The pause of marketing that a rule begins, and its end: the same var and list as on the sheet."""

from desktop.model.marketing_pause import parse_pause_terms, pause_end
from desktop.model.sync_plan import FieldChange
from desktop.model.target_record import LIST_PREFIX, VAR_PREFIX, TargetRecord
from desktop.model.value_equivalence import equivalent
from desktop.sync.pipeline.context import PlanContext


def pause_changes(target: TargetRecord | None, context: PlanContext) -> list[FieldChange]:
    """Return the changes that pause a profile's marketing; a longer pause stays as it is.

    Who is on the list by other ways stays there: the end of the pause would take them off it.
    """
    effects = context.sync.effects
    if not effects.pause_days:
        return []
    var, name = f"{VAR_PREFIX}{effects.pause_var}", f"{LIST_PREFIX}{effects.pause_list}"
    until = pause_end(context.now, effects.pause_days, context.zone)
    there = target.get_value(var) if target is not None else None
    is_on_list = target is not None and bool(target.get_value(name))
    terms = parse_pause_terms(there)
    if terms is None and is_on_list:
        reason = "is on it already, without an end: not paused by this rule"
        return [FieldChange(name, True, True, applies=False, reason=reason)]
    if terms is not None and terms.until >= until:
        reason = f"is paused until {terms.until.isoformat()} already"
        return [FieldChange(var, there, until.isoformat(), applies=False, reason=reason)]
    begun = [FieldChange(var, there, until.isoformat())]
    return begun if is_on_list else [*begun, FieldChange(name, False, True)]


def end_of_pause(target: TargetRecord, context: PlanContext) -> tuple[FieldChange, ...]:
    """Return the changes that end a rule's pause, unless somebody has changed it since."""
    effects = context.sync.effects
    var, name = f"{VAR_PREFIX}{effects.pause_var}", f"{LIST_PREFIX}{effects.pause_list}"
    there, written = target.get_value(var), context.written_values(target.id).get(var)
    if parse_pause_terms(there) is None:
        return ()
    if not equivalent(var, there, written):
        reason = "somebody has changed the pause since: it goes on"
        return (FieldChange(var, there, None, applies=False, reason=reason),)
    ended = (FieldChange(var, there, None, reason="the pause is over"),)
    if not target.get_value(name):
        return ended
    return (*ended, FieldChange(name, True, False, reason="the pause is over"))
