"""The fields offered in the mapping tab for a row or condition, Zendesk's or Sailthru's."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from desktop.model.field_catalogue import field_title, source_fields, source_prefix
from desktop.model.instant import FieldValue, Instant
from desktop.model.sailthru_profile import SailthruList
from desktop.model.sell_record import SellCustomField
from desktop.model.service import Service
from desktop.model.sync import Sync
from desktop.model.target_record import CONTENT_ATTRIBUTES, OPTOUT_FIELD, SELL_FIELD_PREFIX
from desktop.model.zendesk_user import UserFieldDefinition
from desktop.viewmodels.syncs.field_text import readable_value

_ZENDESK_TARGETS = ("name", "phone", "external_id", "notes", "details", "tags")
# What a mapping most often writes to a contact or lead of Sell.
SELL_TARGETS = ("first_name", "last_name", "phone", "mobile", "title", "tags")
_USER_FIELD = "user_fields."
# Zendesk's types of user fields in words; the others, as `text` and `date`, are words already.
_ZENDESK_TYPES = {
    "checkbox": "yes or no",
    "dropdown": "choice",
    "multiselect": "choices",
    "integer": "number",
    "decimal": "number",
    "textarea": "text",
    "regexp": "text",
}
_SELL_TYPES = {
    "bool": "yes or no",
    "boolean": "yes or no",
    "list": "choice",
    "multi_select_list": "choices",
    "string": "text",
    "datetime": "date",
}
_YES_OR_NO = ("active", "suspended", "verified")
_LISTS = ("tags", "lists", "ticket_ids", "seen")
_NUMBERS = ("id", "last_ticket_id", "ticket_count", "open_ticket_count")


# Title and type of the account's own fields, by path.
AccountFields = Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class FieldChoice:
    """A field offered in the mapping tab: its path, its name, its type, and a customer's value."""

    path: str
    title: str
    type: str
    sample: str
    service: str


def zendesk_field_names(definitions: Iterable[UserFieldDefinition]) -> AccountFields:
    """Return an account's Zendesk user fields by path."""
    return {
        f"{_USER_FIELD}{each.key}": (each.title, _ZENDESK_TYPES.get(each.type, each.type))
        for each in definitions
        if each.active
    }


def sell_field_names(definitions: Iterable[SellCustomField]) -> AccountFields:
    """Return an account's custom fields of Sell by path: by the id, which outlives a new name."""
    return {
        f"{SELL_FIELD_PREFIX}{each.id}": (each.name, _SELL_TYPES.get(each.type, each.type))
        for each in definitions
    }


def source_field_choices(
    sync: Sync, own: AccountFields, samples: Mapping[str, FieldValue]
) -> tuple[FieldChoice, ...]:
    """List the fields offered to map from: the usual, the account's, the tried customer's."""
    kind, prefix = sync.source.kind, source_prefix(sync.source.kind)
    mapped = (row.source for row in sync.mapping if row.source.startswith(prefix))
    offered = (path for path in own if path.startswith(prefix) and not sync.is_of_products)
    paths = (*source_fields(kind), *offered, *mapped, *_without_names(own, samples))
    return _build_choices(paths, kind.service, own, samples)


def target_field_choices(
    sync: Sync,
    own: AccountFields,
    lists: Iterable[SailthruList],
    there: Mapping[str, FieldValue],
) -> tuple[FieldChoice, ...]:
    """List the fields offered to map to: the account's, its lists, the tried customer's."""
    mapped = (row.target for row in sync.mapping if row.target)
    if sync.target_service is Service.ZENDESK:
        return _build_choices(
            (*_ZENDESK_TARGETS, *_of(own, _USER_FIELD), *mapped), Service.ZENDESK, own, there
        )
    if sync.target_service is Service.SELL:
        custom = () if sync.is_of_optouts else _of(own, SELL_FIELD_PREFIX)
        return _build_choices((*SELL_TARGETS, *custom, *mapped), Service.SELL, own, there)
    if sync.is_of_products:
        return _build_choices((*CONTENT_ATTRIBUTES, *mapped), Service.SAILTHRU, own, there)
    natural = (f"lists.{each.name}" for each in lists if not each.smart)
    variables = (path for path in there if path.startswith("vars."))
    paths = (*mapped, *sorted(variables), OPTOUT_FIELD, *natural)
    return _build_choices(paths, Service.SAILTHRU, own, there)


def _build_choices(
    paths: Iterable[str],
    service: Service,
    own: AccountFields,
    samples: Mapping[str, FieldValue],
) -> tuple[FieldChoice, ...]:
    return tuple(
        FieldChoice(
            path,
            own[path][0] if path in own else field_title(path),
            own[path][1] if path in own else _field_type(path, samples.get(path)),
            readable_value(samples[path], path) if samples.get(path) is not None else "",
            service.title,
        )
        for path in dict.fromkeys(paths)
        if not path.endswith(".")
    )


def _of(own: AccountFields, prefix: str) -> tuple[str, ...]:
    return tuple(path for path in own if path.startswith(prefix))


def _without_names(own: AccountFields, samples: Iterable[str]) -> Iterator[str]:
    """Yield a tried record's fields without custom fields of Sell that stand there by id too."""
    names = {f"{SELL_FIELD_PREFIX}{own[path][0]}" for path in _of(own, SELL_FIELD_PREFIX)}
    yield from (path for path in samples if path not in names)


def _field_type(path: str, sample: FieldValue) -> str:
    """Name the type of a field offered in the mapping tab, by its name or a customer's value."""
    name = path.rpartition(".")[2]
    if isinstance(sample, Instant) or name.endswith(("_time", "_at", "_date")):
        return "date"
    if isinstance(sample, bool) or name in _YES_OR_NO or path.startswith("lists."):
        return "yes or no"
    if isinstance(sample, list | tuple) or path in _LISTS:
        return "list"
    is_number = path in _NUMBERS or path.startswith(("lifetime_", "value."))
    if isinstance(sample, int | float) or is_number:
        return "number"
    return "text" if sample is not None or not path.startswith("vars.") else ""
