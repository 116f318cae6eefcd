"""Kinds of target records: what a profile's or a user's fields take, and what a new one needs.

A new kind (tickets, contacts of another system) is one more class here, never a branch elsewhere.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from desktop.model.email_address import is_reachable_email
from desktop.model.field_mapping import MappingRow
from desktop.model.field_value import parse_boolean, parse_number
from desktop.model.instant import FieldValue
from desktop.model.json_value import Json
from desktop.model.optout_level import OptOutLevel
from desktop.model.sell_product import (
    PLACEHOLDER_ADDRESSES,
    PLACEHOLDER_TEXT,
    ProductRule,
    content_url,
)
from desktop.model.sell_validation import (
    SELL_STATUSES,
    STATUS_RESET_TEXT,
    find_sell_problem,
    is_valid_sell_status,
    valid_sell_status,
)
from desktop.model.service import Service
from desktop.model.sync import Sync, SyncEffects, TargetType
from desktop.model.sync_plan import FieldChange
from desktop.model.target_record import (
    CONTENT_ATTRIBUTES,
    CONTENT_URL_FIELD,
    LIST_PREFIX,
    TAG_PREFIX,
    USER_FIELD_PREFIX,
    VAR_PREFIX,
    TargetRecord,
)
from desktop.model.value_conversion import (
    UnconvertibleValue,
    choose_options,
    convert_for_sailthru,
    convert_for_zendesk,
)
from desktop.sync.source_record import SourceRecord

# Zendesk's fields of a user that do not take just any text.
_TYPED_USER_ATTRIBUTES = frozenset({"name", "phone", "tags"})


@dataclass(frozen=True)
class CreateProblem:
    """Why a sync can create no target record; with a `cause` a person can correct that."""

    message: str
    cause: str = ""


class TargetKind(ABC):
    """A sync's kind of target record: conversion, creation and settable values.

    `holds_several_records`: several source records, in their order, act on one target record, as
    events do; else the second one is parked. `is_create_idempotent`: a create that is sent twice
    makes one record; else it is done once per source event.
    """

    service: Service
    membership_prefix = ""
    holds_several_records = False
    is_create_idempotent = True

    def address_for_create(self, record: SourceRecord) -> str:
        """Return by what a new target of a source record is known until it has an id."""
        return record.email

    @abstractmethod
    def convert(self, value: FieldValue, row: MappingRow) -> Json:
        """Convert a mapped value to the form of this target kind's field."""

    def find_create_problem(self, record: SourceRecord) -> CreateProblem | None:
        """Return why a sync can create no target of this kind for a source record, or None."""
        return None if record.email else CreateProblem("no e-mail address")

    def name_for_create(self, record: SourceRecord) -> tuple[FieldChange, ...]:
        """Return the change that names a new target where the mapping does not; none by default."""
        del record
        return ()

    def require_settable(self, field: str, value: Json) -> None:
        """Raise UnconvertibleValue for a mapped value that a target's field cannot be set to."""
        del field, value

    def conversion_note(self, row: MappingRow, value: FieldValue) -> str:
        """Return what converting a mapped value has changed of its meaning, or ""."""
        del row, value
        return ""

    def require_complete(self, target: TargetRecord | None, changes: Iterable[FieldChange]) -> None:
        """Raise UnconvertibleValue where the target would lack what its service needs."""
        del target, changes

    def missing_field_reason(self, row: MappingRow) -> str:
        """Return why the service would silently drop a mapped field; empty if it has the field."""
        del row
        return ""

    def keep_reason(self, row: MappingRow, old: Json) -> str:
        """Return why a target's value is kept although the mapping would set another."""
        del row, old
        return ""

    def deletion_change(
        self, target: TargetRecord, effects: SyncEffects, source: Service
    ) -> FieldChange | None:
        """Return the change of a target whose source record was deleted, or None."""
        del target, effects, source
        return None


@dataclass(frozen=True)
class SailthruProfileKind(TargetKind):
    """Sailthru profiles as a sync's targets; `zone` is the account's, by which dates are days."""

    zone: str
    service = Service.SAILTHRU
    membership_prefix = LIST_PREFIX

    def convert(self, value: FieldValue, row: MappingRow) -> Json:
        """Convert a mapped value for a target profile: to a var, opt-out or list membership."""
        if row.target == "optout":
            return _parse_optout(value)
        if row.target.startswith(LIST_PREFIX):
            return bool(parse_boolean(value))
        name = row.target.removeprefix(VAR_PREFIX)
        return convert_for_sailthru(value, name, self.zone, keep_decimals=row.keep_decimals)

    def find_create_problem(self, record: SourceRecord) -> CreateProblem | None:
        """Return why a plan creates no target profile at an address that mail cannot reach."""
        if not record.email:
            return CreateProblem("no e-mail address")
        if is_reachable_email(record.email):
            return None
        return CreateProblem(f"“{record.email}” is not an e-mail address", "invalid e-mail address")

    def require_settable(self, field: str, value: Json) -> None:
        """Raise UnconvertibleValue for the old opt-out `blast`, which cannot be set any more."""
        if field == "optout" and value == OptOutLevel.BLAST.value:
            raise _optout_error(value)

    def deletion_change(
        self, target: TargetRecord, effects: SyncEffects, source: Service
    ) -> FieldChange | None:
        """Mark the target profile of a deleted user: Sailthru would forget an opt-out."""
        field = f"{VAR_PREFIX}{effects.deleted_var}"
        old = target.get_value(field)
        if not effects.deleted_var or old:
            return None
        return FieldChange(field, old, True, reason=f"deleted in {source.title}")


@dataclass(frozen=True)
class OptedOutProfileKind(SailthruProfileKind):
    """Sailthru profiles as targets of opt-outs: each contact and lead of a person may refuse."""

    holds_several_records = True


@dataclass(frozen=True)
class ZendeskUserKind(TargetKind):
    """Zendesk end users as a sync's targets; `user_field_types` are the account's, by key.

    `options` are (value, label) of its drop-downs and multi-selects, by the field's key.
    """

    zone: str
    user_field_types: Mapping[str, str]
    options: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    service = Service.ZENDESK
    membership_prefix = TAG_PREFIX

    def convert(self, value: FieldValue, row: MappingRow) -> Json:
        """Convert a mapped value for a target user: to an attribute, or a field by its type."""
        if row.target.startswith(USER_FIELD_PREFIX):
            key = row.target.removeprefix(USER_FIELD_PREFIX)
            new = convert_for_zendesk(value, self.user_field_types[key], self.zone)
            return choose_options(new, self.options.get(key, ()))
        kind = row.target if row.target in _TYPED_USER_ATTRIBUTES else "text"
        return convert_for_zendesk(value, kind, self.zone)

    def name_for_create(self, record: SourceRecord) -> tuple[FieldChange, ...]:
        """Name a new target user after the profile; without a name the address stands for it."""
        name = record.fields.get("name")
        return (FieldChange("name", None, name),) if isinstance(name, str) else ()

    def missing_field_reason(self, row: MappingRow) -> str:
        """Say why Zendesk would drop a target's field: it answers 200 and keeps nothing."""
        key = row.target.removeprefix(USER_FIELD_PREFIX)
        if key == row.target or key in self.user_field_types:
            return ""
        return "Zendesk has no user field of this name"

    def keep_reason(self, row: MappingRow, old: Json) -> str:
        """Keep a target user's phone: every run would add a second number beside it."""
        if row.target == "phone" and old:
            return "Zendesk keeps the number it has: another is added beside it"
        return ""


@dataclass(frozen=True)
class SellPersonKind(TargetKind):
    """Sell's contacts or leads as a sync's targets."""

    zone: str
    service = Service.SELL
    membership_prefix = TAG_PREFIX
    is_contact: bool = True

    def convert(self, value: FieldValue, row: MappingRow) -> Json:
        """Convert a mapped value for a Sell record: a status it does not know becomes `none`."""
        if row.target in SELL_STATUSES:
            return valid_sell_status(row.target, value)
        return convert_for_zendesk(value, "tags" if row.target == "tags" else "text", self.zone)

    def conversion_note(self, row: MappingRow, value: FieldValue) -> str:
        """Say that a status is not one of Sell's, so that none is set (S3-10)."""
        is_status = row.target in SELL_STATUSES
        return (
            STATUS_RESET_TEXT if is_status and not is_valid_sell_status(row.target, value) else ""
        )

    def name_for_create(self, record: SourceRecord) -> tuple[FieldChange, ...]:
        """Mark a new contact as prospect: Sell has no use for one that is not a customer either."""
        del record
        if not self.is_contact:
            return ()
        return (FieldChange("prospect_status", None, "current", reason="new in Zendesk Sell"),)

    def require_complete(self, target: TargetRecord | None, changes: Iterable[FieldChange]) -> None:
        """Raise UnconvertibleValue where a Sell record would lack a name or a status."""
        fields: dict[str, FieldValue] = dict(target.fields) if target is not None else {}
        fields |= {change.field: change.new for change in changes if change.applies}
        if (problem := find_sell_problem(fields, is_contact=self.is_contact)) is not None:
            raise UnconvertibleValue(problem.cause, problem.message)


@dataclass(frozen=True)
class OptedOutSellKind(SellPersonKind):
    """Sell's contacts and leads as targets of opt-outs: each profile of a person may refuse."""

    holds_several_records = True

    def require_complete(self, target: TargetRecord | None, changes: Iterable[FieldChange]) -> None:
        """Raise UnconvertibleValue where a new contact would lack a name; no mark waits for one."""
        if target is None:
            super().require_complete(target, changes)


@dataclass(frozen=True)
class ContentKind(TargetKind):
    """Items of Sailthru's content as targets of products; `rule` builds their URLs."""

    zone: str
    rule: ProductRule = PLACEHOLDER_ADDRESSES
    service = Service.SAILTHRU

    def address_for_create(self, record: SourceRecord) -> str:
        """Return the URL of a product's new item."""
        return content_url(record.fields, self.rule)

    def convert(self, value: FieldValue, row: MappingRow) -> Json:
        """Convert a mapped value for an item: a price is a whole number of hundredths."""
        if row.target == "price":
            number = parse_number(value)
            if number is None or number != int(number):
                raise UnconvertibleValue(f"“{str(value)[:40]}” is no price in cents.", "")
            return int(number)
        if row.target in CONTENT_ATTRIBUTES:
            return convert_for_zendesk(value, "text", self.zone)
        name = row.target.removeprefix(VAR_PREFIX)
        return convert_for_sailthru(value, name, self.zone, keep_decimals=row.keep_decimals)

    def find_create_problem(self, record: SourceRecord) -> CreateProblem | None:
        """Return why a product becomes no item: without an address of its own, or not sold."""
        if not self.address_for_create(record):
            return CreateProblem("no SKU, of which its address is built", "no SKU")
        if record.fields.get("is_active") is False:
            return CreateProblem("not active in Zendesk Sell, and not in Sailthru’s content")
        return None

    def name_for_create(self, record: SourceRecord) -> tuple[FieldChange, ...]:
        """Return the URL of a new item, flagged while it is a placeholder (S3-36)."""
        reason = PLACEHOLDER_TEXT if self.rule.is_placeholder else ""
        url = self.address_for_create(record)
        return (FieldChange(CONTENT_URL_FIELD, None, url, reason=reason),)


def make_target_kind(
    sync: Sync,
    zone: str,
    user_field_types: Mapping[str, str] | None = None,
    options: Mapping[str, tuple[tuple[str, str], ...]] | None = None,
) -> TargetKind:
    """Make the kind of target record that a sync writes."""
    if sync.is_of_products:
        return ContentKind(zone, sync.source.products)
    if sync.is_of_optouts:
        is_to_sell = sync.target_service is Service.SELL
        return OptedOutSellKind(zone) if is_to_sell else OptedOutProfileKind(zone)
    if sync.target_type is TargetType.PROFILES:
        return SailthruProfileKind(zone)
    if sync.target_service is Service.SELL:
        return SellPersonKind(zone, sync.target_type is TargetType.SELL_CONTACTS)
    return ZendeskUserKind(zone, user_field_types or {}, options or {})


def _parse_optout(value: FieldValue) -> Json:
    """Parse a plan's opt-out value for a target profile. Raises UnconvertibleValue."""
    if isinstance(value, str) and value in {level.value for level in OptOutLevel}:
        return value
    raise _optout_error(value)


def parse_settable_optout(value: FieldValue) -> OptOutLevel:
    """Parse an opt-out level that can be set, not the old `blast`. Raises UnconvertibleValue."""
    level = OptOutLevel(str(_parse_optout(value)))
    if level is OptOutLevel.BLAST:
        raise _optout_error(value)
    return level


def _optout_error(value: FieldValue) -> UnconvertibleValue:
    return UnconvertibleValue(
        f"“{str(value)[:40]}” is no opt-out level that is set.",
        "",
        "Levels are none, basic and all.",
    )
