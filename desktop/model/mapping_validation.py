"""Validates a mapping's rows against what Sailthru and Zendesk let anybody write; pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from desktop.kit.errors import InvalidInput
from desktop.model.field_mapping import ConflictPreference, MappingOperator, MappingRow, SourceType
from desktop.model.mapping_template import template_problem
from desktop.model.sailthru_naming_rules import validate_list_name, validate_var_name
from desktop.model.service import Service
from desktop.model.sync import TargetType
from desktop.model.target_record import (
    CONTENT_ATTRIBUTES,
    OPTOUT_FIELD,
    SELL_ADDRESS_KEYS,
    SELL_ADDRESSES,
    SELL_ATTRIBUTES,
    SELL_FIELD_PREFIX,
    VAR_PREFIX,
)
from desktop.model.zendesk_naming_rules import ZENDESK_FIELD_KEY

# `cookie` is a login token, and keys say who somebody is: no mapping writes either.
RESERVED_FIELDS = frozenset({"cookie", "cookies", "keys", "sid", "email", "extid"})
_ZENDESK_FIELDS = frozenset({"name", "phone", "external_id", "notes", "details", "tags"})
_SET_OPERATORS = (MappingOperator.SET, MappingOperator.SET_IF_EMPTY)


def validate_mapping(rows: Sequence[MappingRow], target: TargetType) -> tuple[str, ...]:
    """Return what is wrong with a mapping that writes to `target`, a sentence each.

    Rows that are switched off are not checked.
    """
    problems: list[str] = []
    seen: set[str] = set()
    check = _CHECKS[target]
    for row in (row for row in rows if row.on):
        # Written twice, the order of rows would decide.
        if row.target in seen:
            problems.append(f"Two rows write {row.target}: keep one of them.")
        seen.add(row.target)
        if not row.source and row.type in (SourceType.FIELD, SourceType.IDENTIFIER):
            problems.append(f"The row for {row.target} does not say what it reads.")
        if row.type is SourceType.TEMPLATE and (problem := template_problem(row.source)):
            problems.append(f"The row for {row.target}: {problem}")
        if row.prefer is ConflictPreference.STRICTER and row.target != OPTOUT_FIELD:
            problems.append(f"{row.target} has no stricter value: say which side wins.")
        problems.extend(check(row))
    return tuple(dict.fromkeys(problems))


def naming_problems(validate: Callable[[str], str], name: str) -> Iterator[str]:
    """Yield the sentence with which a naming rule (`validate`) refuses a mapped name."""
    try:
        validate(name)
    except InvalidInput as error:
        yield str(error)


def _sailthru_problems(row: MappingRow) -> Iterator[str]:
    kind, _, name = row.target.partition(".")
    if kind in RESERVED_FIELDS or (kind == "vars" and name in RESERVED_FIELDS):
        yield f"{row.target} says who somebody is; a mapping does not write it."
    elif kind == "vars":
        yield from naming_problems(validate_var_name, name)
    elif kind == "lists":
        yield from naming_problems(validate_list_name, name)
        yield from _operator_problems(row, _SET_OPERATORS)
    elif row.target == "optout":
        yield from _operator_problems(row, (MappingOperator.SET,))
    else:
        yield _unknown_field_message(row, Service.SAILTHRU)


def _zendesk_problems(row: MappingRow) -> Iterator[str]:
    kind, _, key = row.target.partition(".")
    if kind == "user_fields":
        if not ZENDESK_FIELD_KEY.fullmatch(key):
            yield (
                f"“{key}” cannot be the key of a Zendesk field: letters, digits and underscores,"
                " not digits alone."
            )
    elif row.target == "tags":
        # Setting the tags would take away those that other people gave.
        yield from _operator_problems(row, (MappingOperator.ADD,))
    elif row.target in _ZENDESK_FIELDS:
        yield from _operator_problems(row, _SET_OPERATORS)
    else:
        yield _unknown_field_message(row, Service.ZENDESK)


# `owner_id` is a user of the account, and `is_organization` cannot be changed later.
_SELL_FIELDS = frozenset(
    {
        *(name for name in SELL_ATTRIBUTES if name not in RESERVED_FIELDS),
        *("customer_status", "prospect_status", "status", "organization_name", "description"),
        *("website", "industry"),
        *(f"{kind}.{key}" for kind in SELL_ADDRESSES for key in SELL_ADDRESS_KEYS),
    }
)


def _sell_problems(row: MappingRow) -> Iterator[str]:
    key = row.target.removeprefix(SELL_FIELD_PREFIX)
    if row.target in RESERVED_FIELDS:
        yield f"{row.target} says who somebody is; a mapping does not write it."
    elif row.target == "tags":
        # A record's tags are written whole: setting them would take away those of other people.
        yield from _operator_problems(row, (MappingOperator.ADD,))
    elif row.target == OPTOUT_FIELD:
        yield from _operator_problems(row, (MappingOperator.SET,))
    elif row.target in _SELL_FIELDS or (row.target.startswith(SELL_FIELD_PREFIX) and key):
        yield from _operator_problems(row, _SET_OPERATORS)
    else:
        yield _unknown_field_message(row, Service.SELL)


def _content_problems(row: MappingRow) -> Iterator[str]:
    if row.target.startswith(VAR_PREFIX):
        yield from naming_problems(validate_var_name, row.target.removeprefix(VAR_PREFIX))
    elif row.target in CONTENT_ATTRIBUTES:
        yield from _operator_problems(row, _SET_OPERATORS)
    else:
        yield f"Sailthru’s content has no field “{row.target}” that a mapping can write."


_CHECKS: Mapping[TargetType, Callable[[MappingRow], Iterator[str]]] = {
    TargetType.PROFILES: _sailthru_problems,
    TargetType.CONTENT: _content_problems,
    TargetType.USERS: _zendesk_problems,
    TargetType.SELL_CONTACTS: _sell_problems,
    TargetType.SELL_LEADS: _sell_problems,
    TargetType.SELL_OPTOUTS: _sell_problems,
}


def _operator_problems(row: MappingRow, allowed: tuple[MappingOperator, ...]) -> Iterator[str]:
    if row.operator not in allowed:
        yield f"{row.target} cannot take “{row.operator.label}”."


def _unknown_field_message(row: MappingRow, service: Service) -> str:
    return f"{service.title} has no field “{row.target}” that a mapping can write."
