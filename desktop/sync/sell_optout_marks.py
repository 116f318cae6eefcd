"""What has to be said of Sell's marks before a sync of opt-outs is switched on."""

from collections.abc import Iterable

from desktop.kit.errors import UserDecisionNeeded
from desktop.model.service import Service
from desktop.model.sync import Sync


def require_optout_marks(sync: Sync, others: Iterable[Sync]) -> None:
    """Raise UserDecisionNeeded where it is not said what means opted out, or said in two ways.

    `others` are syncs that are on with it. Marked by one level and read as another, an opt-out
    would come back stricter than anybody chose.
    """
    rule, is_to_sell = sync.source.optout, sync.target_service is Service.SELL
    if not (rule.can_mark if is_to_sell else rule.marks_opt_outs):
        raise UserDecisionNeeded(
            "Nobody has said yet which tag or field in Zendesk Sell means opted out.",
            f"“{sync.title}” would change nobody. It is off, and stays so.",
            "Say it in Mapping, or with `fairlead sync set`: source.optout.out_tags.",
        )
    for other in others:
        is_back = other.is_of_optouts and (other.target_service is Service.SELL) is not is_to_sell
        theirs = other.source.optout.level
        if is_back and theirs is not rule.level:
            raise UserDecisionNeeded(
                f"“{other.title}” takes opted out for “{theirs.label}”.",
                f"Here it is “{rule.level.label}”: opt-outs would come back as another level."
                f" “{sync.title}” is off, and stays so.",
                "Give both the same level in Mapping, or with `fairlead sync set`:"
                " source.optout.level.",
            )
