"""Plans what events do to Zendesk organisations, and to who belongs to one."""

from collections.abc import Mapping

from desktop.events.event import identifier_text
from desktop.events.plan_context import (
    EventPlanContext,
    FiredAction,
    custom_fields,
    name_of,
    placeholder,
    user_reference,
    words_of,
)
from desktop.events.plan_membership import MEMBERSHIPS_PATH, NEWER_MEMBERSHIP, plan_joining
from desktop.events.planned_request import (
    EventFieldChange,
    NoChange,
    Planned,
    PlannedRequest,
    RequestEffect,
    describe_changes,
)
from desktop.events.user_matching import UserMatch
from desktop.kit.text import format_count
from desktop.model.field_mapping import MappingOperator
from desktop.model.field_value import as_list
from desktop.model.json_value import Json
from desktop.model.value_conversion import zendesk_tag_from
from desktop.model.zendesk_organization import ZendeskOrganization

UPSERT_ORGANIZATION_PATH = "/api/v2/organizations/create_or_update"
# Zendesk's own address of an organisation, and a state that only deleting sets.
_READ_ONLY = ("url", "deleted")
_TEXTS = ("name", "notes", "details")


async def plan_organization(fired: FiredAction, context: EventPlanContext) -> list[Planned]:
    """Plan the requests of a Create or update organisation action for one event."""
    id_ = identifier_text(fired.mapped.get("external_id"))
    if not id_:
        return [fired.problem("no groupId")]
    found = await context.directory.find_organization(
        id_, fired.compiled.action.options.organization_id
    )
    if found.problem:
        return [fired.problem(found.problem)]
    for name in _READ_ONLY:
        if name in fired.mapped:
            context.effects.read_only[name] += 1
    made_by = context.made.get(f"organization {id_.lower()}")
    values = _wanted_values(fired, context)
    is_new = found.organization is None and made_by is None and context.directory.is_live
    if is_new and not values.get("name"):
        return [fired.problem(f"no name: the organisation “{id_}” is new and needs one")]
    planned: list[Planned] = []
    if found.organization is None and made_by is not None:
        reason = f"line {made_by} creates this organisation; what differs is sent after it"
        planned.append(NoChange(fired.line, fired.kind, str(values.get("name") or id_), reason))
    else:
        planned.append(_plan_upsert(fired, context, id_, found.organization, values))
    planned += await _plan_member(fired, context, id_, found.organization)
    return planned


def _wanted_values(fired: FiredAction, context: EventPlanContext) -> dict[str, Json]:
    """Return the organisation's attributes and fields that an event gives values for."""
    mapped = fired.mapped
    values: dict[str, Json] = {
        name: " ".join(value.split()) if name == "name" else value
        for name in _TEXTS
        if isinstance(value := mapped.get(name), str) and value.strip()
    }
    if domains := [one.lower() for one in words_of(mapped.get("domain_names"))]:
        values["domain_names"] = list(dict.fromkeys(domains))
    if tags := [tag for one in words_of(mapped.get("tags")) if (tag := zendesk_tag_from(one))]:
        values["tags"] = list(dict.fromkeys(tags))
    for key, value in _custom_values(fired, context):
        values[f"organization_fields.{key}"] = value
    return values


def _custom_values(fired: FiredAction, context: EventPlanContext) -> list[tuple[str, Json]]:
    """Return the values of organisation fields; what lacks a field is counted."""
    values: list[tuple[str, Json]] = []
    definitions = context.directory.organization_fields
    for field in custom_fields(fired, "organization_fields", definitions):
        if field.definition is None:
            context.effects.need_organization_field(fired.line, field.key, field.value)
        elif not field.refusal:
            values.append((field.key, field.value))
    return values


def _plan_upsert(
    fired: FiredAction,
    context: EventPlanContext,
    id_: str,
    organization: ZendeskOrganization | None,
    values: Mapping[str, Json],
) -> Planned:
    changes = []
    left_out = ""
    if organization is not None:
        left_out = fired.explain_left_out("organization", values)
        values = fired.leave_out_newer("organization", values)
    for name, value in values.items():
        old = _value_of(organization, name)
        new = _joined(fired, name, old, value)
        if new != old:
            changes.append(EventFieldChange(name, old, new))
    who = organization.name if organization else str(values.get("name") or id_)
    if not changes and organization is not None:
        return NoChange(fired.line, fired.kind, who, left_out or "nothing to change")
    # Found by Zendesk's own id it may have another external id, which stays.
    has_other_id = (
        organization is not None and (organization.external_id or "").lower() != id_.lower()
    )
    document: dict[str, Json] = (
        {"id": organization.id} if organization and has_other_id else {"external_id": id_}
    )
    fields: dict[str, Json] = {}
    for change in changes:
        root, _, key = change.field.partition(".")
        if key:
            fields[key] = change.new
        else:
            document[root] = change.new
    if fields:
        document["organization_fields"] = fields
    is_new = organization is None
    if is_new:
        context.made.put(f"organization {id_.lower()}", fired.line)
    shown = describe_changes(
        tuple(
            EventFieldChange(one.field.removeprefix("organization_fields."), one.old, one.new)
            for one in changes
        )
    )
    return PlannedRequest(
        line=fired.line,
        action=fired.kind,
        method="POST",
        path=UPSERT_ORGANIZATION_PATH,
        body={"organization": document},
        effect=RequestEffect.CREATE if is_new else RequestEffect.UPDATE,
        who=who,
        summary=f"{who}: new organisation" if is_new else f"{who}: {shown}",
        organization_id=None if organization is None else organization.id,
        changes=() if is_new else tuple(changes),
        warnings=(left_out,) if left_out else (),
    )


def _value_of(organization: ZendeskOrganization | None, name: str) -> Json:
    if organization is None:
        return None
    root, _, key = name.partition(".")
    if key:
        return organization.fields.get(key)
    value = getattr(organization, root, None)
    return list(value) if isinstance(value, tuple) else value


def _joined(fired: FiredAction, name: str, old: Json, new: Json) -> Json:
    """Return a value as the action's operator joins it with the one in Zendesk."""
    operator = fired.compiled.action.operators.get(name, MappingOperator.SET)
    if operator is MappingOperator.SET_IF_EMPTY:
        return old if old not in (None, "", []) else new
    if operator is MappingOperator.ADD:
        return list(dict.fromkeys([*as_list(old), *as_list(new)]))
    return new


async def _plan_member(
    fired: FiredAction,
    context: EventPlanContext,
    id_: str,
    organization: ZendeskOrganization | None,
) -> list[Planned]:
    """Plan that the user of a group event joins its organisation, where the event names one."""
    keys = fired.user_keys
    if not (keys.zendesk_id or keys.email or keys.external_id):
        return []
    match = await context.find_one_person(keys)
    if match.problem or match.is_nobody:
        if match.is_nobody:
            context.effects.no_user.add(fired.line)
        return [fired.problem(match.problem or f"no user: Zendesk has nobody for {keys}")]
    return [await _plan_joining(fired, context, match, id_, organization, str(keys))]


async def plan_membership(fired: FiredAction, context: EventPlanContext) -> list[Planned]:
    """Plan the requests of a Change membership action for one event: join, or leave."""
    id_ = identifier_text(fired.mapped.get("organization"))
    if not id_:
        return [fired.problem("no organisation: the company's id is empty")]
    keys = fired.user_keys
    match = await context.find_one_person(keys)
    if match.problem:
        return [fired.problem(match.problem)]
    if match.is_nobody:
        context.effects.no_user.add(fired.line)
        return [fired.problem(f"no user: Zendesk has nobody for {keys}")]
    if match.user is not None and match.user.role != "end-user":
        return [fired.problem(f"{name_of(match.user, '')} is no customer but {match.user.role}")]
    found = await context.directory.find_organization(
        id_, fired.compiled.action.options.organization_id
    )
    if found.problem:
        return [fired.problem(found.problem)]
    is_made = context.made.get(f"organization {id_.lower()}") is not None
    if found.organization is None and not is_made and context.directory.is_live:
        return [fired.problem(f"no organisation: Zendesk has none for “{id_}”")]
    if fired.mapped.get("remove") is True:
        return [await _plan_leaving(fired, context, match, found.organization, id_, str(keys))]
    return [await _plan_joining(fired, context, match, id_, found.organization, str(keys))]


async def _plan_joining(
    fired: FiredAction,
    context: EventPlanContext,
    match: UserMatch,
    id_: str,
    organization: ZendeskOrganization | None,
    keys: str,
) -> Planned:
    reference = _organization_reference(context, id_, organization)
    return await plan_joining(fired, context, match, reference, organization, keys=keys, group=id_)


async def _plan_leaving(
    fired: FiredAction,
    context: EventPlanContext,
    match: UserMatch,
    organization: ZendeskOrganization | None,
    id_: str,
    keys: str,
) -> Planned:
    who = name_of(match.user, keys)
    group = organization.name if organization else id_
    if fired.has_newer_membership(id_, organization):
        return NoChange(fired.line, fired.kind, who, NEWER_MEMBERSHIP.format(group))
    user, company = user_reference(match), _organization_reference(context, id_, organization)
    state = context.made.get(f"member {user} {company}")
    # All of them: the organisation need not be the user's first.
    memberships = await context.directory.memberships(match.user.id) if match.user else ()
    own = [one for one in memberships if organization and one.organization_id == organization.id]
    is_offline = match.user is not None and not context.directory.is_live
    if (state or 0) < 0 or (state is None and not own and not is_offline):
        return NoChange(fired.line, fired.kind, who, f"is not in {group}")
    context.made.put(f"member {user} {company}", -fired.line)
    membership = own[0].id if own else f"{{membership of {who} in {group}}}"
    tickets: tuple[int, ...] = ()
    if match.user is not None and organization is not None:
        tickets = tuple(await context.directory.working_tickets(match.user.id, organization.id))
    count = format_count(len(tickets), "open ticket", "open tickets")
    lost = f"; loses the organisation on {count}" if tickets else ""
    return PlannedRequest(
        line=fired.line,
        action=fired.kind,
        method="DELETE",
        path=f"{MEMBERSHIPS_PATH}/{membership}",
        body=None,
        effect=RequestEffect.REMOVE,
        who=who,
        summary=f"{who}: leaves {group}{lost}",
        found_by=match.found_by,
        user_id=match.user.id if match.user else None,
        organization_id=organization.id if organization is not None else None,
        tickets=tickets,
    )


def _organization_reference(
    context: EventPlanContext, id_: str, organization: ZendeskOrganization | None
) -> int | str:
    """Return the Zendesk id of an organisation, or what stands for it."""
    if organization is not None:
        return organization.id
    line = context.made.get(f"organization {id_.lower()}")
    return placeholder("organisation", line) if line else f"{{organisation {id_}}}"
