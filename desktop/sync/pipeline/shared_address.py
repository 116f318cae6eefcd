"""Several contacts or leads of Zendesk Sell with one address: which of them is synced; pure.

Sell's addresses are not unique (docs/zendesk-sell.md 5). A person's choice is remembered, and goes
before the sync's rule.
"""

from collections.abc import Iterable, Mapping, Sequence

from desktop.model.name_splitting import full_name_of_vars
from desktop.model.sell_record import parse_sell_record_id
from desktop.model.service import Service
from desktop.model.sync import SharedAddressRule
from desktop.model.target_record import VAR_PREFIX, TargetRecord
from desktop.sync.pipeline.context import HoldReason, PlanContext
from desktop.sync.source_record import SourceRecord

SHARED_ADDRESS_CAUSE = "several in Zendesk Sell"


def find_sharing_hold(
    record: SourceRecord, target: TargetRecord | None, context: PlanContext
) -> HoldReason | None:
    """Find why a Sell record is not synced: another with its address is, or nobody has chosen."""
    sharing = context.sharing.get(record.email_hash, ())
    if record.service is not Service.SELL or len(sharing) < 2:
        return None
    names = {one.record_id: one.full_name for one in sharing}
    chosen = context.chosen_records.get(record.email_hash, "")
    paired = [one for one in names if one in context.paired_records]
    if not chosen and len(paired) == 1:
        # Synced before the others came: that is whose profile it is.
        chosen = paired[0]
    rule = context.sync.shared_address
    if chosen not in names and rule is SharedAddressRule.NONE:
        return HoldReason(f"{len(sharing)} share {record.email}: this sync updates none of them")
    wanted = _profile_name(target) if target is not None else ""
    picked = pick_of_several(names, wanted or next(iter(names.values())), rule, chosen)
    if picked == record.id:
        return None
    if picked:
        return HoldReason(f"{record.email} is synced with {names[picked]} ({picked})")
    return HoldReason(_question(record.email, names), SHARED_ADDRESS_CAUSE)


def narrow_candidates(
    record: SourceRecord, candidates: Sequence[str], context: PlanContext
) -> tuple[str, ...]:
    """Return which of several Sell records a profile is synced with; all where nobody can say."""
    names = {one: _sell_name(context.targets.get(one)) for one in candidates}
    chosen = context.chosen_records.get(record.email_hash, "")
    name = record.fields.get("name")
    wanted = name if isinstance(name, str) else ""
    picked = pick_of_several(names, wanted, context.sync.shared_address, chosen)
    return (picked,) if picked else tuple(candidates)


def pick_of_several(
    names: Mapping[str, str], wanted_name: str, rule: SharedAddressRule, chosen: str = ""
) -> str:
    """Pick one of several Sell records (id to full name) by choice, else by rule; "" is none."""
    if chosen in names:
        return chosen
    ordered = sorted(names, key=_number)
    if rule is SharedAddressRule.FIRST:
        return ordered[0]
    if rule is SharedAddressRule.FIRST_SAME_NAME:
        same = (one for one in ordered if _key(names[one]) == _key(wanted_name) != "")
        return next(same, "")
    return ""


def _question(email: str, names: Mapping[str, str]) -> str:
    who = ", ".join(f"{name or 'no name'} ({one})" for one, name in names.items())
    return f"{len(names)} in Zendesk Sell share {email}: {who}. Choose which one is synced"


def _number(record_id: str) -> int:
    parsed = parse_sell_record_id(record_id)
    return parsed[1] if parsed is not None else 0


def _key(name: str) -> str:
    return " ".join(name.casefold().split())


def _profile_name(target: TargetRecord) -> str:
    return full_name_of_vars(
        {
            name.removeprefix(VAR_PREFIX): value
            for name, value in target.fields.items()
            if name.startswith(VAR_PREFIX)
        }
    )


def _sell_name(target: TargetRecord | None) -> str:
    if target is None:
        return ""
    parts: Iterable[object] = (target.fields.get(one) for one in ("first_name", "last_name"))
    return " ".join(str(part) for part in parts if part)
