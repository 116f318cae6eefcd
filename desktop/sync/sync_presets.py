"""The presets of syncs, built with the account's names of lists, tags and fields."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from desktop.kit.errors import InvalidInput
from desktop.model.customer_value import HIGHEST_SEGMENT
from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.field_mapping import ConflictPreference, MappingOperator, MappingRow, SourceType
from desktop.model.lifecycle_stage import CapPeriod, FrequencyCap
from desktop.model.rule_trigger import RuleTrigger
from desktop.model.sell_lists import CONTACTS_LIST, LEAD_STATUS_FIELD, leads_list
from desktop.model.sync import (
    READ_SINGLY,
    MatchIdentifier,
    SourceKind,
    Sync,
    SyncEffects,
    SyncSource,
    TargetType,
)
from desktop.model.target_record import OPTOUT_FIELD

TICKETS_TO_PROFILES = "tickets-to-profiles"
ZENDESK_TO_SAILTHRU = "zendesk-to-sailthru"
SAILTHRU_TO_ZENDESK = "sailthru-to-zendesk"
HIGH_VALUE_TAGGING = "high-value-tagging"
SELL_CONTACTS_TO_SAILTHRU = "sell-contacts-to-sailthru"
SAILTHRU_TO_SELL_CONTACTS = "sailthru-to-sell-contacts"
SELL_LEADS_TO_SAILTHRU = "sell-leads-to-sailthru"
SAILTHRU_TO_SELL_LEADS = "sailthru-to-sell-leads"
SELL_OPTOUTS_TO_SAILTHRU = "sell-optouts-to-sailthru"
SAILTHRU_OPTOUTS_TO_SELL = "sailthru-optouts-to-sell"
SELL_PRODUCTS_TO_CONTENT = "sell-products-to-content"

_DEFAULT_IDENTITY = (MatchIdentifier.SID, MatchIdentifier.EMAIL, MatchIdentifier.EXTERNAL_ID)


@dataclass(frozen=True)
class PresetNames:
    """The account's names of the lists, tags and fields that preset syncs use.

    `has_sell`: Zendesk Sell is connected, so that its presets are offered.
    """

    box_field: str
    smart_list: str
    mark_var: str
    highvalue_tag: str
    high_value_from: int = HIGHEST_SEGMENT
    has_sell: bool = False


def build_preset(name: str, names: PresetNames) -> Sync:
    """Build the sync of a preset, not saved yet. Raises InvalidInput."""
    make = {**PRESETS, **SELL_PRESETS}.get(name)
    if make is None:
        raise InvalidInput(
            f"There is no preset “{name[:40]}”.", "", f"There are: {', '.join(ALL_PRESETS)}."
        )
    return make(names)


def build_blank_sync(
    name: str, title: str, kind: SourceKind, target: TargetType | None = None
) -> Sync:
    """Build the smallest sync of a kind that writes: an identifier of the other service.

    A rule has no action yet, so that it cannot be switched on.
    """
    if kind is SourceKind.RULE:
        return build_rule(name, title, SyncSource(kind, trigger=RuleTrigger.TICKET_SOLVED))
    rows = _BLANK_SELL_ROWS[target] if target in _BLANK_SELL_ROWS else (_blank_row(kind),)
    return Sync(
        name=name,
        title=title,
        source=SyncSource(kind),
        target=target,
        identity=_DEFAULT_IDENTITY,
        mapping=rows,
        # A product that has no item yet is what such a sync is for.
        effects=SyncEffects(create_missing=kind is SourceKind.SELL_PRODUCTS),
    )


# Sell has no field for a profile's id: by a remembered pair and the address it is found again.
_PHONE_ROW = MappingRow("vars.phone", "phone", MappingOperator.SET_IF_EMPTY)
_SELL_NAME_ROWS = tuple(
    MappingRow(f"vars.{name}", name, prefer=ConflictPreference.ASK)
    for name in ("first_name", "last_name", "phone")
)
# A level is never loosened by it: see `pipeline.sell_optouts`.
_OPTOUT_ROW = MappingRow(
    OPTOUT_FIELD, OPTOUT_FIELD, type=SourceType.OPTOUT, prefer=ConflictPreference.STRICTER
)
_BLANK_SELL_ROWS = {
    TargetType.SELL_CONTACTS: (_PHONE_ROW,),
    TargetType.SELL_LEADS: (_PHONE_ROW,),
    TargetType.SELL_OPTOUTS: (*_SELL_NAME_ROWS, _OPTOUT_ROW),
}


def _blank_row(kind: SourceKind) -> MappingRow:
    return {
        SourceKind.ZENDESK_USERS: MappingRow(
            "id", "vars.zendesk_id", MappingOperator.SET_IF_EMPTY, SourceType.IDENTIFIER
        ),
        SourceKind.ZENDESK_TICKETS: MappingRow("last_ticket_id", "vars.last_ticket_id"),
        SourceKind.SAILTHRU_LISTS: MappingRow(
            "sid",
            "user_fields.sailthru_profile_id",
            MappingOperator.SET_IF_EMPTY,
            SourceType.IDENTIFIER,
        ),
        SourceKind.SELL_CONTACTS: MappingRow(
            "id", "vars.sell_contact_id", MappingOperator.SET_IF_EMPTY, SourceType.IDENTIFIER
        ),
        SourceKind.SELL_LEADS: MappingRow(
            "id", "vars.sell_lead_id", MappingOperator.SET_IF_EMPTY, SourceType.IDENTIFIER
        ),
        SourceKind.SELL_OPTOUTS: _OPTOUT_ROW,
        SourceKind.SELL_PRODUCTS: MappingRow("name", "title"),
    }[kind]


def build_rule(
    name: str,
    title: str,
    source: SyncSource,
    mapping: tuple[MappingRow, ...] = (),
    effects: SyncEffects | None = None,
) -> Sync:
    """Build a rule: looked at every five minutes, acting on each person once a day at most."""
    return Sync(
        name=name,
        title=title,
        source=source,
        identity=_DEFAULT_IDENTITY,
        mapping=mapping,
        effects=effects or SyncEffects(),
        pressure=FrequencyCap(1, CapPeriod.DAY),
        covering_list=READ_SINGLY,
        schedule="every 5 min",
    )


def _tickets_to_profiles(names: PresetNames) -> Sync:
    del names
    fields = (
        "last_ticket_id",
        "last_ticket_status",
        "last_ticket_priority",
        "last_ticket_created_time",
        "ticket_count",
    )
    return Sync(
        name=TICKETS_TO_PROFILES,
        title="Tickets to profiles",
        source=SyncSource(SourceKind.ZENDESK_TICKETS),
        identity=_DEFAULT_IDENTITY,
        mapping=tuple(MappingRow(field, f"vars.{field}") for field in fields),
        schedule="every 5 min",
        preset=TICKETS_TO_PROFILES,
        description="Copies facts about people's latest tickets to their profile;"
        " never what they wrote.",
    )


def _zendesk_to_sailthru(names: PresetNames) -> Sync:
    return Sync(
        name=ZENDESK_TO_SAILTHRU,
        title="Zendesk to Sailthru",
        source=SyncSource(
            SourceKind.ZENDESK_USERS,
            where=(FieldCondition(f"user_fields.{names.box_field}", ConditionOperator.IS, True),),
        ),
        identity=_DEFAULT_IDENTITY,
        mapping=(
            MappingRow("first_name", "vars.first_name", MappingOperator.SET_IF_EMPTY),
            MappingRow("last_name", "vars.last_name", MappingOperator.SET_IF_EMPTY),
            MappingRow("phone", "vars.phone", prefer=ConflictPreference.ASK),
            MappingRow("id", "vars.zendesk_id", type=SourceType.IDENTIFIER),
        ),
        effects=SyncEffects(create_missing=True),
        schedule="hourly",
        preset=ZENDESK_TO_SAILTHRU,
        description="Everybody with “Sync to Sailthru” ticked gets a Sailthru profile"
        " and joins no list.",
    )


def _sailthru_to_zendesk(names: PresetNames) -> Sync:
    return Sync(
        name=SAILTHRU_TO_ZENDESK,
        title="Sailthru to Zendesk",
        source=SyncSource(SourceKind.SAILTHRU_LISTS, lists=(names.smart_list,)),
        identity=_DEFAULT_IDENTITY,
        mapping=(
            MappingRow("sid", "user_fields.sailthru_profile_id", type=SourceType.IDENTIFIER),
            MappingRow("engagement", "user_fields.sailthru_engagement"),
            MappingRow("optout", "user_fields.sailthru_optout", type=SourceType.OPTOUT),
        ),
        effects=SyncEffects(add_tags=("sailthru",)),
        schedule="3 times a day from 09:00",
        preset=SAILTHRU_TO_ZENDESK,
        description="Copies Sailthru data to the Zendesk users on the smart list.",
    )


def _high_value_tagging(names: PresetNames) -> Sync:
    is_highest = names.high_value_from == HIGHEST_SEGMENT
    whose = "the highest value" if is_highest else f"a value of {names.high_value_from} or more"
    return Sync(
        name=HIGH_VALUE_TAGGING,
        title="High-value tagging",
        source=SyncSource(
            SourceKind.SAILTHRU_LISTS,
            where=(
                FieldCondition("value.segment", ConditionOperator.AT_LEAST, names.high_value_from),
            ),
        ),
        identity=_DEFAULT_IDENTITY,
        effects=SyncEffects(add_tags=(names.highvalue_tag,)),
        schedule="daily 06:00",
        preset=HIGH_VALUE_TAGGING,
        description=f"Customers with {whose} get a tag; their open tickets get it too.",
    )


def _sell_contacts_to_sailthru(names: PresetNames) -> Sync:
    del names
    return Sync(
        name=SELL_CONTACTS_TO_SAILTHRU,
        title="Zendesk Sell contacts to Sailthru",
        source=SyncSource(SourceKind.SELL_CONTACTS),
        identity=_DEFAULT_IDENTITY,
        mapping=(
            *(
                MappingRow(name, f"vars.{name}", prefer=ConflictPreference.ASK)
                for name in ("first_name", "last_name", "phone")
            ),
            MappingRow("customer_status", "vars.sell_customer_status"),
            MappingRow("prospect_status", "vars.sell_prospect_status"),
            MappingRow("id", "vars.sell_contact_id", type=SourceType.IDENTIFIER),
        ),
        effects=SyncEffects(
            create_missing=True,
            add_to_lists=(CONTACTS_LIST,),
            remove_when_gone=True,
            deleted_var="sell_deleted",
        ),
        schedule="hourly",
        preset=SELL_CONTACTS_TO_SAILTHRU,
        partner=SAILTHRU_TO_SELL_CONTACTS,
        both_directions=True,
        description="Contacts of Zendesk Sell get a Sailthru profile with their name and status,"
        f" and join the list {CONTACTS_LIST}.",
    )


def _sailthru_to_sell_contacts(names: PresetNames) -> Sync:
    del names
    return Sync(
        name=SAILTHRU_TO_SELL_CONTACTS,
        title="Sailthru to Zendesk Sell contacts",
        source=SyncSource(SourceKind.SAILTHRU_LISTS, lists=(CONTACTS_LIST,)),
        target=TargetType.SELL_CONTACTS,
        identity=_DEFAULT_IDENTITY,
        mapping=(
            *_SELL_NAME_ROWS,
            MappingRow("vars.sell_customer_status", "customer_status"),
            MappingRow("vars.sell_prospect_status", "prospect_status"),
        ),
        effects=SyncEffects(create_missing=True),
        schedule="hourly",
        preset=SAILTHRU_TO_SELL_CONTACTS,
        partner=SELL_CONTACTS_TO_SAILTHRU,
        both_directions=True,
        description=f"Who is on the list {CONTACTS_LIST} is a contact in Zendesk Sell, with the"
        " name and status of the profile.",
    )


def _sell_leads_to_sailthru(names: PresetNames) -> Sync:
    del names
    return Sync(
        name=SELL_LEADS_TO_SAILTHRU,
        title="Zendesk Sell leads to Sailthru lists",
        source=SyncSource(SourceKind.SELL_LEADS),
        identity=_DEFAULT_IDENTITY,
        mapping=(
            *(
                MappingRow(row.target, row.source, prefer=ConflictPreference.ASK)
                for row in _SELL_NAME_ROWS
            ),
            MappingRow("id", "vars.sell_lead_id", type=SourceType.IDENTIFIER),
        ),
        effects=SyncEffects(create_missing=True, deleted_var="sell_deleted", lead_lists=True),
        schedule="hourly",
        preset=SELL_LEADS_TO_SAILTHRU,
        partner=SAILTHRU_TO_SELL_LEADS,
        both_directions=True,
        description="Leads of Zendesk Sell are on the list of their status, such as"
        f" {leads_list('New')}.",
    )


def _sailthru_to_sell_leads(names: PresetNames) -> Sync:
    del names
    return Sync(
        name=SAILTHRU_TO_SELL_LEADS,
        title="Sailthru lists to Zendesk Sell leads",
        source=SyncSource(SourceKind.SAILTHRU_LISTS),
        target=TargetType.SELL_LEADS,
        identity=_DEFAULT_IDENTITY,
        mapping=(
            *_SELL_NAME_ROWS,
            MappingRow(LEAD_STATUS_FIELD, "status", prefer=ConflictPreference.ASK),
        ),
        effects=SyncEffects(create_missing=True, lead_lists=True),
        schedule="hourly",
        preset=SAILTHRU_TO_SELL_LEADS,
        partner=SELL_LEADS_TO_SAILTHRU,
        both_directions=True,
        description="Who is on a list of a lead status is a lead in Zendesk Sell with that status;"
        " the list joined last counts.",
    )


def _sell_optouts_to_sailthru(names: PresetNames) -> Sync:
    del names
    return Sync(
        name=SELL_OPTOUTS_TO_SAILTHRU,
        title="Zendesk Sell opt-outs to Sailthru",
        source=SyncSource(SourceKind.SELL_OPTOUTS),
        identity=_DEFAULT_IDENTITY,
        mapping=(_OPTOUT_ROW,),
        schedule="hourly",
        preset=SELL_OPTOUTS_TO_SAILTHRU,
        partner=SAILTHRU_OPTOUTS_TO_SELL,
        description="Contacts and leads that Zendesk Sell marks as opted out are opted out in"
        " Sailthru, as long as the mark stands. Nobody is opted in without a person.",
    )


def _sailthru_optouts_to_sell(names: PresetNames) -> Sync:
    del names
    return Sync(
        name=SAILTHRU_OPTOUTS_TO_SELL,
        title="Sailthru opt-outs to Zendesk Sell",
        source=SyncSource(SourceKind.SAILTHRU_LISTS, lists=(CONTACTS_LIST,)),
        target=TargetType.SELL_OPTOUTS,
        identity=_DEFAULT_IDENTITY,
        mapping=(*_SELL_NAME_ROWS, _OPTOUT_ROW),
        schedule="hourly",
        preset=SAILTHRU_OPTOUTS_TO_SELL,
        partner=SELL_OPTOUTS_TO_SAILTHRU,
        description="Contacts and leads who are opted out in Sailthru get the tag or the value that"
        " means so in Zendesk Sell. Nobody is opted in without a person. Where it may create"
        " people, an opted-out person whom Zendesk Sell does not have becomes a contact there.",
    )


def _sell_products_to_content(names: PresetNames) -> Sync:
    del names
    return Sync(
        name=SELL_PRODUCTS_TO_CONTENT,
        title="Zendesk Sell products to Sailthru content",
        source=SyncSource(SourceKind.SELL_PRODUCTS),
        identity=_DEFAULT_IDENTITY,
        mapping=(
            MappingRow("name", "title"),
            MappingRow("description", "description"),
            MappingRow("sku", "sku"),
            MappingRow("price", "price"),
            MappingRow("currency", "vars.currency"),
            MappingRow("is_active", "vars.sell_active"),
            MappingRow("id", "vars.sell_product_id", type=SourceType.IDENTIFIER),
        ),
        effects=SyncEffects(create_missing=True),
        schedule="daily 04:00",
        preset=SELL_PRODUCTS_TO_CONTENT,
        description="Each product of Zendesk Sell becomes an item of Sailthru’s content, at an"
        " address made of its SKU. One that is not sold any more stays there, marked.",
    )


PRESETS: Mapping[str, Callable[[PresetNames], Sync]] = MappingProxyType(
    {
        TICKETS_TO_PROFILES: _tickets_to_profiles,
        ZENDESK_TO_SAILTHRU: _zendesk_to_sailthru,
        SAILTHRU_TO_ZENDESK: _sailthru_to_zendesk,
        HIGH_VALUE_TAGGING: _high_value_tagging,
    }
)
SELL_PRESETS: Mapping[str, Callable[[PresetNames], Sync]] = MappingProxyType(
    {
        SELL_CONTACTS_TO_SAILTHRU: _sell_contacts_to_sailthru,
        SAILTHRU_TO_SELL_CONTACTS: _sailthru_to_sell_contacts,
        SELL_LEADS_TO_SAILTHRU: _sell_leads_to_sailthru,
        SAILTHRU_TO_SELL_LEADS: _sailthru_to_sell_leads,
        SELL_OPTOUTS_TO_SAILTHRU: _sell_optouts_to_sailthru,
        SAILTHRU_OPTOUTS_TO_SELL: _sailthru_optouts_to_sell,
        SELL_PRODUCTS_TO_CONTENT: _sell_products_to_content,
    }
)


# By name, whether Sell is connected or not.
ALL_PRESETS = (*PRESETS, *SELL_PRESETS)


def offered_presets(names: PresetNames) -> tuple[str, ...]:
    """Return the presets that a workspace offers: those of Sell where it is connected."""
    return (*PRESETS, *(SELL_PRESETS if names.has_sell else ()))
