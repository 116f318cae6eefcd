"""The presets: goals like any other, made from how this account calls things."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from desktop.kit.errors import BadInput
from desktop.kit.text import translate
from desktop.model.condition import Condition, Test
from desktop.model.goal import Effects, Goal, Identifier, Source, SourceKind
from desktop.model.mapping import MappingRow, Operator, Prefer, SourceType
from desktop.model.stage import Stage

TICKETS = "tickets-to-profiles"
TO_SAILTHRU = "zendesk-to-sailthru"
TO_ZENDESK = "sailthru-to-zendesk"
HIGH_VALUE = "high-value-tagging"
HIGHEST_SEGMENT = 4

_BOTH_WAYS = (Identifier.SID, Identifier.EMAIL, Identifier.EXTERNAL_ID)


@dataclass(frozen=True)
class SyncNames:
    """How this account calls what the presets read and write."""

    box_field: str
    smart_list: str
    mark_var: str
    highvalue_tag: str


def preset(name: str, names: SyncNames) -> Goal:
    """The goal a preset stands for, not saved yet. Raises BadInput."""
    make = PRESETS.get(name)
    if make is None:
        raise BadInput(
            f"There is no preset “{name[:40]}”.", "", f"There are: {', '.join(PRESETS)}."
        )
    return make(names)


def _tickets(names: SyncNames) -> Goal:
    del names
    fields = (
        "last_ticket_id",
        "last_ticket_status",
        "last_ticket_priority",
        "last_ticket_created_time",
        "ticket_count",
    )
    return Goal(
        name=TICKETS,
        title=translate("Preset", "Tickets to profiles"),
        source=Source(SourceKind.ZENDESK_TICKETS),
        identity=_BOTH_WAYS,
        mapping=tuple(MappingRow(field, f"vars.{field}") for field in fields),
        schedule="every 5 min",
        preset=TICKETS,
        description=translate(
            "Preset",
            "What people have asked for lately becomes profile data. Never what they wrote.",
        ),
    )


def _to_sailthru(names: SyncNames) -> Goal:
    return Goal(
        name=TO_SAILTHRU,
        title=translate("Preset", "Zendesk to Sailthru"),
        source=Source(
            SourceKind.ZENDESK_USERS,
            where=(Condition(f"user_fields.{names.box_field}", Test.IS, True),),
        ),
        identity=_BOTH_WAYS,
        mapping=(
            MappingRow("first_name", "vars.first_name", Operator.SET_IF_EMPTY),
            MappingRow("last_name", "vars.last_name", Operator.SET_IF_EMPTY),
            MappingRow("phone", "vars.phone", prefer=Prefer.ASK),
            MappingRow("id", "vars.zendesk_id", type=SourceType.IDENTIFIER),
        ),
        effects=Effects(create_missing=True),
        schedule="hourly",
        preset=TO_SAILTHRU,
        description=translate(
            "Preset",
            "Everybody whose box “Sync to Sailthru” is ticked gets a profile, on no list.",
        ),
    )


def _to_zendesk(names: SyncNames) -> Goal:
    return Goal(
        name=TO_ZENDESK,
        title=translate("Preset", "Sailthru to Zendesk"),
        source=Source(SourceKind.SAILTHRU_LISTS, lists=(names.smart_list,)),
        identity=_BOTH_WAYS,
        mapping=(
            MappingRow("sid", "user_fields.sailthru_profile_id", type=SourceType.IDENTIFIER),
            MappingRow("engagement", "user_fields.sailthru_engagement"),
            MappingRow("optout", "user_fields.sailthru_optout", type=SourceType.OPTOUT),
        ),
        effects=Effects(add_tags=("sailthru",)),
        schedule="3 times a day from 09:00",
        preset=TO_ZENDESK,
        description=translate(
            "Preset",
            "Everybody on the smart list carries in Zendesk what Sailthru knows.",
        ),
    )


def _high_value(names: SyncNames) -> Goal:
    return Goal(
        name=HIGH_VALUE,
        title=translate("Preset", "High-value tagging"),
        source=Source(
            SourceKind.SAILTHRU_LISTS,
            where=(Condition("value.segment", Test.AT_LEAST, HIGHEST_SEGMENT),),
        ),
        identity=_BOTH_WAYS,
        effects=Effects(add_tags=(names.highvalue_tag,)),
        schedule="daily 06:00",
        preset=HIGH_VALUE,
        description=translate(
            "Preset",
            "Customers of the highest value get a tag, which their open tickets carry too.",
        ),
    )


PRESETS: Mapping[str, Callable[[SyncNames], Goal]] = MappingProxyType(
    {
        TICKETS: _tickets,
        TO_SAILTHRU: _to_sailthru,
        TO_ZENDESK: _to_zendesk,
        HIGH_VALUE: _high_value,
    }
)

# Stages that any goal may be restricted to; local rules over what a record says (S2-17).
STAGES: tuple[Stage, ...] = (
    Stage("new", (Condition("created_at", Test.WITHIN_DAYS, 30),)),
    Stage("in trouble", (Condition("open_ticket_count", Test.AT_LEAST, 1),)),
    Stage("quiet", (Condition("open_time", Test.BEFORE_DAYS, 90),)),
)
