"""Plans that a Zendesk user joins an organisation, for each action that asks for it."""

from desktop.events.plan_context import EventPlanContext, FiredAction, name_of, user_reference
from desktop.events.planned_request import NoChange, Planned, PlannedRequest, RequestEffect
from desktop.events.user_matching import UserMatch
from desktop.model.json_value import Json
from desktop.model.zendesk_organization import ZendeskOrganization

NEWER_MEMBERSHIP = "left out: a later event has said whether they are in {}"
MEMBERSHIPS_PATH = "/api/v2/organization_memberships"


async def plan_joining(
    fired: FiredAction,
    context: EventPlanContext,
    match: UserMatch,
    reference: int | str,
    organization: ZendeskOrganization | None,
    *,
    keys: str,
    group: str = "",
    is_main: bool = False,
) -> Planned:
    """Plan the membership of a user in an organisation, unless they have it or a line makes it.

    `reference` is the organisation's Zendesk id, or what stands for it; `is_main` makes it the
    user's first. `keys` and `group` name both where Zendesk has no name for them.
    """
    who = name_of(match.user, keys)
    is_overtaken = fired.has_newer_membership(group, organization)
    group = organization.name if organization else group
    if is_overtaken:
        return NoChange(fired.line, fired.kind, who, NEWER_MEMBERSHIP.format(group))
    user = user_reference(match)
    state = context.made.get(f"member {user} {reference}")
    memberships = await context.directory.memberships(match.user.id) if match.user else ()
    is_member = organization is not None and any(
        one.organization_id == organization.id for one in memberships
    )
    if (state or 0) > 0 or (state is None and is_member):
        return NoChange(fired.line, fired.kind, who, f"is in {group} already")
    context.made.put(f"member {user} {reference}", fired.line)
    membership: dict[str, Json] = {"user_id": user, "organization_id": reference}
    if is_main:
        membership["default"] = True
    main = " as the main organisation" if is_main else ""
    return PlannedRequest(
        line=fired.line,
        action=fired.kind,
        method="POST",
        path=MEMBERSHIPS_PATH,
        body={"organization_membership": membership},
        effect=RequestEffect.ADD,
        who=who,
        summary=f"{who}: joins {group}{main}",
        found_by=match.found_by,
        user_id=match.user.id if match.user else None,
        organization_id=organization.id if organization is not None else None,
    )
