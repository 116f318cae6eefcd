"""Who may have a rule, and by whose rights it picks people when it runs."""

from typing import TYPE_CHECKING

from desktop.kit.errors import NotPermitted
from desktop.model.audience_condition import AudienceCondition
from desktop.model.permission import Actor, Permission
from desktop.model.sync import SyncSource

if TYPE_CHECKING:
    from desktop.app.container import WorkspaceServices


class RulePermissions:
    """Decides on rules by the rights to look everybody up, which a rule does by itself."""

    def __init__(self, services: "WorkspaceServices") -> None:
        self._services = services

    def require_allowed(self, source: SyncSource) -> None:
        """Raise NotPermitted where the actor may not pick people so, NotFound without segment."""
        self._services.audience.require_conditions(*_conditions(self._services, source))

    def pause_names(self) -> tuple[str, str]:
        """Return the var and list of a rule's marketing pause, from the settings."""
        names = self._services.session.account_names()
        return names.paused_var, names.paused_list


def require_rule_permissions(
    services: "WorkspaceServices", source: SyncSource, actor: Actor | None
) -> None:
    """Raise NotPermitted where a rule's run may not pick people: by the rights behind it now.

    `actor` started the run, or has switched the rule on; None: nobody knows who.
    """
    from desktop.audience.audience_service import AGENTS_FIELD

    needed = [Permission.AUDIENCE]
    if any(one.field == AGENTS_FIELD for one in _conditions(services, source)):
        needed.append(Permission.AGENT_REPORTS)
    for right in needed:
        if actor is None:
            raise NotPermitted(
                "It is not certain who switched this rule on.",
                f"A rule may {right.label} only by somebody's right, for what they switched on: it,"
                " or the conditions of its segment, were changed since. Nothing was written.",
                "Somebody who may can switch it on anew.",
            )
        decision = services.current_settings.check_role(right, actor)
        if not decision.is_allowed:
            raise NotPermitted(
                f"{actor.name} is behind this rule and may not {right.label}.",
                "Nothing was written.",
                "Somebody who may can switch it on anew.",
            )


def _conditions(services: "WorkspaceServices", source: SyncSource) -> tuple[AudienceCondition, ...]:
    from desktop.audience.condition_parser import parse_expression

    if not source.segment:
        return ()
    segment = services.store.segments.get.blocking(source.segment)
    return tuple(parse_expression(segment.expression).conditions())
