"""Which values of an event a later one has given anew: an older value never wins over a newer one.

Named as `user name`, `organization organization_fields.plan`, `ticket status`, `membership 6789`.
"""

from collections.abc import Iterable, Iterator

from desktop.events.event import identifier_text
from desktop.events.event_action import ActionKind
from desktop.events.plan_context import FiredAction, custom_fields
from desktop.events.zendesk_directory import ZendeskDirectory
from desktop.model.field_mapping import MappingOperator

# What an operator joins with the value that is there takes nothing away from a newer one.
_JOINING = {MappingOperator.ADD, MappingOperator.SUM}
# Custom fields are named one by one, and a comment is added.
_NO_VALUES = ("user_fields", "organization_fields", "comment")
# Of a user these are emptied by null.
_EMPTIED = ("phone", "tags", "notes", "details")
_RECORDS = {
    ActionKind.UPSERT_USER: "user",
    ActionKind.UPSERT_ORG: "organization",
    ActionKind.UPDATE_TICKET: "ticket",
}


def given_values(
    later: FiredAction, about: FiredAction, directory: ZendeskDirectory
) -> frozenset[str]:
    """Return the names of what a later action gives values for, as far as `about` is of the same.

    Both are of one user; of an organisation or a ticket only where they name the same one.
    """
    return frozenset(_given(later, about, directory))


def _given(later: FiredAction, about: FiredAction, directory: ZendeskDirectory) -> Iterator[str]:
    mapped = later.mapped
    for name in ("organization", "organization_id"):
        if id_ := identifier_text(mapped.get(name)):
            yield f"membership {id_.lower()}"
    record = _RECORDS.get(later.kind)
    if record is None or later.kind is not about.kind or not _is_same(later, about):
        return
    for name, value in mapped.items():
        is_given = value not in (None, "", []) or (record == "user" and name in _EMPTIED)
        if is_given and name not in _NO_VALUES:
            yield f"{record} {name}"
    definitions = {"user": directory.user_fields, "organization": directory.organization_fields}
    group = f"{record}_fields"
    for field in custom_fields(later, group, definitions.get(record)):
        if field.definition is not None and not field.refusal:
            yield f"{record} {group}.{field.key}"


def _is_same(one: FiredAction, other: FiredAction) -> bool:
    if one.kind is ActionKind.UPSERT_USER:
        return True
    names = ("ticket_id", "external_id")
    ids = [[identifier_text(of.mapped.get(name)).lower() for name in names] for of in (one, other)]
    return ids[0] == ids[1]


def without_joined(fired: FiredAction, newer: Iterable[str]) -> frozenset[str]:
    """Return the newer values that count for an action: not those that its operators join."""
    record = _RECORDS.get(fired.kind, "")
    joined = {
        f"{record} {name}"
        for name, operator in fired.compiled.action.operators.items()
        if operator in _JOINING
    }
    return frozenset(newer) - joined
