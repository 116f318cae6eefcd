"""What a sync of Zendesk Sell's opt-outs writes: a stricter level, whatever was there before; pure.

An opt-in never travels by itself: it is a conflict that a person with the right resolves.
"""

from desktop.model.optout_level import OptOutLevel, is_loosening
from desktop.model.sync import SourceKind, Sync
from desktop.model.sync_plan import FieldChange
from desktop.model.target_record import OPTOUT_FIELD, TargetRecord
from desktop.sync.pipeline.left_out import with_opt_outs_alone
from desktop.sync.source_record import SourceRecord


def as_planned(sync: Sync) -> Sync:
    """Return a sync as it is planned: one of opt-outs has no effect and no filter besides them."""
    return with_opt_outs_alone(sync) if is_of_sell_optouts(sync) else sync


def is_of_sell_optouts(sync: Sync) -> bool:
    """Whether a sync brings the opt-outs of Zendesk Sell to Sailthru."""
    return sync.source.kind is SourceKind.SELL_OPTOUTS


def diff_sell_optout(record: SourceRecord, target: TargetRecord | None) -> FieldChange | None:
    """Diff a Sell person's opt-out with the profile's level; None: the same, or unknown."""
    wanted = record.fields.get(OPTOUT_FIELD)
    if not isinstance(wanted, str):
        return None
    new = OptOutLevel(wanted)
    old = target.optout if target is not None else OptOutLevel.NONE
    if old is new:
        return None
    was = old.value if old is not None else None
    if not is_loosening(old, new):
        return FieldChange(OPTOUT_FIELD, was, new.value, reason="opted out in Zendesk Sell")
    if new is not OptOutLevel.NONE:
        reason = "kept: Sailthru has the stricter level"
        return FieldChange(OPTOUT_FIELD, was, new.value, applies=False, reason=reason)
    reason = "opted in in Zendesk Sell: nobody is opted in without a person"
    return FieldChange(OPTOUT_FIELD, was, new.value, applies=False, reason=reason, conflict=True)
