"""What a sync of opt-outs between Zendesk Sell and Sailthru writes: a stricter level; pure.

An opt-in never travels by itself: it is a conflict that a person with the right resolves.
"""

from dataclasses import replace

from desktop.model.optout_level import OptOutLevel, is_loosening
from desktop.model.service import Service
from desktop.model.sync import Sync, SyncEffects
from desktop.model.sync_plan import FieldChange
from desktop.model.target_record import OPTOUT_FIELD, TargetRecord
from desktop.sync.pipeline.left_out import with_opt_outs_alone
from desktop.sync.pipeline.target_kind import parse_settable_optout
from desktop.sync.source_record import SourceRecord


def as_planned(sync: Sync) -> Sync:
    """Return a sync as it is planned: one of opt-outs has no effect and no filter besides them.

    To Sell it may create who is opted out, where it is allowed to; the mapping names them (S3-32).
    """
    if not sync.is_of_optouts:
        return sync
    alone = with_opt_outs_alone(sync)
    if sync.target_service is not Service.SELL:
        return alone
    effects = SyncEffects(create_missing=sync.effects.create_missing)
    return replace(alone, mapping=sync.mapping, effects=effects)


def is_opted_out(record: SourceRecord, sync: Sync) -> bool:
    """Whether a profile's level is one that Sell's mark stands for, or a stricter one."""
    level = _LEVELS.get(str(record.fields.get(OPTOUT_FIELD)))
    return level is not None and sync.source.optout.level_in_sell(level) is sync.source.optout.level


def diff_optout(
    record: SourceRecord, target: TargetRecord | None, sync: Sync
) -> FieldChange | None:
    """Diff a person's opt-out level with the target's; None: the same, or unknown.

    Raises UnconvertibleValue for what somebody has corrected to no level that can be set.
    """
    wanted = record.fields.get(OPTOUT_FIELD)
    if wanted is None:
        return None
    if sync.target_service is Service.SELL:
        level = _LEVELS.get(str(wanted))
        new = sync.source.optout.level_in_sell(level or parse_settable_optout(wanted))
    else:
        new = parse_settable_optout(wanted)
    there, here = sync.source.kind.service.title, sync.target_service.title
    old = target.optout if target is not None else OptOutLevel.NONE
    if old is new:
        return None
    was = old.value if old is not None else None
    if not is_loosening(old, new):
        return FieldChange(OPTOUT_FIELD, was, new.value, reason=f"opted out in {there}")
    if new is not OptOutLevel.NONE:
        reason = f"kept: {here} has the stricter level"
        return FieldChange(OPTOUT_FIELD, was, new.value, applies=False, reason=reason)
    reason = f"opted in in {there}: nobody is opted in without a person"
    return FieldChange(OPTOUT_FIELD, was, new.value, applies=False, reason=reason, conflict=True)


_LEVELS = {level.value: level for level in OptOutLevel}
