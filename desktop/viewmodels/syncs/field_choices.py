"""The fields offered in the mapping tab for a row or condition, Zendesk's or Sailthru's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from desktop.model.field_catalogue import field_title, source_fields, source_prefix
from desktop.model.instant import FieldValue, Instant
from desktop.model.sailthru_profile import SailthruList
from desktop.model.service import Service
from desktop.model.sync import Sync
from desktop.model.target_record import CONTENT_ATTRIBUTES, OPTOUT_FIELD
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
_YES_OR_NO = ("active", "suspended", "verified")
_LISTS = ("tags", "lists", "ticket_ids", "seen")
_NUMBERS = ("id", "last_ticket_id", "ticket_count", "open_ticket_count")


@dataclass(frozen=True)
class FieldChoice:
    """A field offered in the mapping tab: its path, its name, its type, and a customer's value."""

    path: str
    title: str
    type: str
    sample: str
    service: str


def source_field_choices(
    sync: Sync,
    definitions: Iterable[UserFieldDefinition],
    samples: Mapping[str, FieldValue],
) -> tuple[FieldChoice, ...]:
    """List the fields offered to map from: the usual, the account's, the tried customer's."""
    kind, prefix = sync.source.kind, source_prefix(sync.source.kind)
    own = {f"{_USER_FIELD}{each.key}": each for each in definitions if each.active}
    mapped = (row.source for row in sync.mapping if row.source.startswith(prefix))
    paths = (*source_fields(kind), *(own if prefix == _USER_FIELD else ()), *mapped, *samples)
    return _build_choices(paths, kind.service, own, samples)


def target_field_choices(
    sync: Sync,
    definitions: Iterable[UserFieldDefinition],
    lists: Iterable[SailthruList],
    there: Mapping[str, FieldValue],
) -> tuple[FieldChoice, ...]:
    """List the fields offered to map to: the account's, its lists, the tried customer's."""
    own = {f"{_USER_FIELD}{each.key}": each for each in definitions if each.active}
    mapped = (row.target for row in sync.mapping if row.target)
    if sync.target_service is Service.ZENDESK:
        return _build_choices((*_ZENDESK_TARGETS, *own, *mapped), Service.ZENDESK, own, there)
    if sync.target_service is Service.SELL:
        return _build_choices((*SELL_TARGETS, *mapped), Service.SELL, own, there)
    if sync.is_of_products:
        return _build_choices((*CONTENT_ATTRIBUTES, *mapped), Service.SAILTHRU, own, there)
    natural = (f"lists.{each.name}" for each in lists if not each.smart)
    variables = (path for path in there if path.startswith("vars."))
    paths = (*mapped, *sorted(variables), OPTOUT_FIELD, *natural)
    return _build_choices(paths, Service.SAILTHRU, own, there)


def _build_choices(
    paths: Iterable[str],
    service: Service,
    own: Mapping[str, UserFieldDefinition],
    samples: Mapping[str, FieldValue],
) -> tuple[FieldChoice, ...]:
    return tuple(
        FieldChoice(
            path,
            own[path].title if path in own else field_title(path),
            _zendesk_type(own[path]) if path in own else _field_type(path, samples.get(path)),
            readable_value(samples[path], path) if samples.get(path) is not None else "",
            service.title,
        )
        for path in dict.fromkeys(paths)
        if not path.endswith(".")
    )


def _zendesk_type(definition: UserFieldDefinition) -> str:
    return _ZENDESK_TYPES.get(definition.type, definition.type)


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
