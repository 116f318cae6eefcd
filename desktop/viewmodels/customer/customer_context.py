"""Customer context: sheet, settings, permissions and time that every panel view is built from."""

from collections.abc import Mapping
from dataclasses import dataclass

from desktop.clients.service_status import ServiceState
from desktop.customer.service_clients import AccountFieldNames
from desktop.customer.text_template_values import build_text_template_values
from desktop.model.customer_sheet import CustomerSheet
from desktop.model.customer_value import CustomerValueSource
from desktop.model.edit import Edit, EditRequest, needed_permission
from desktop.model.permission import (
    Actor,
    Permission,
    PermissionDecision,
    PermissionRules,
    check_waiting_edit,
)
from desktop.model.team import Colleague, TeamEntry
from desktop.model.text_template import DEFAULT_REASONS, NoteTemplate
from desktop.settings import settings_table
from desktop.settings.permission_rules import customer_value_source_from
from desktop.store.audit_log import AuditEntry
from desktop.viewmodels.customer.event_entry import EventEntry
from desktop.viewmodels.edit_progress import edit_progress_text
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol


@dataclass(frozen=True)
class CustomerDisplaySettings:
    """Settings of the workspace that the customer sheet's panels show."""

    names: AccountFieldNames
    value_source: CustomerValueSource
    currency: str
    # Without a slash at the end; empty where no Zendesk account is set.
    base_url: str
    optin_link: str = ""
    predictions: bool | None = None  # None: not told by Sailthru
    reasons: tuple[str, ...] = DEFAULT_REASONS
    note_templates: tuple[NoteTemplate, ...] = ()


@dataclass(frozen=True)
class CustomerContext:
    """What each view of the customer sheet is built from, at one moment.

    `now` is Unix seconds; `audit` are this customer's closed edits, newest first; `ticket` is the
    number a form suggests; `expanded_panels` show all of their rows; `events` are what sources of
    events tell of the customer, `team_entries` what other desks of the team recorded of them,
    newest first, `colleagues` who has them open at other desks.
    """

    sheet: CustomerSheet
    display_settings: CustomerDisplaySettings
    actor: Actor
    rules: PermissionRules
    now: float
    audit: tuple[AuditEntry, ...] = ()
    ticket: int | None = None
    expanded_panels: frozenset[str] = frozenset()
    service_states: tuple[ServiceState, ...] = ()
    events: tuple[EventEntry, ...] = ()
    team_entries: tuple[TeamEntry, ...] = ()
    colleagues: tuple[Colleague, ...] = ()

    def check_permission(self, permission: Permission) -> PermissionDecision:
        """Return whether an edit of the customer's panels may be queued, with the reason if not."""
        return check_waiting_edit(permission, self.actor, self.rules)

    def can_ask_lead(self, *permissions: Permission) -> bool:
        """Return whether the role alone keeps the actor from one of these: a lead can be asked."""
        if not self.rules.are_changes_enabled:
            return False
        decisions = map(self.check_permission, permissions)
        return not all(each.is_allowed for each in decisions)

    def template_values(self, ticket: int | None, changes: str = "") -> Mapping[str, str]:
        """Return what the placeholders of prepared texts become for the customer shown."""
        return build_text_template_values(
            self.sheet,
            health_var=self.display_settings.names.health_var,
            value_source=self.display_settings.value_source,
            agent=self.actor.name,
            ticket=ticket,
            changes=changes,
        )

    def progress_text(self, edit: Edit) -> str:
        """Describe in a customer panel how far an open edit is, and what it waits for."""
        return edit_progress_text(edit, self.service_states, self.now)

    def check_edit(self, intent: EditRequest) -> PermissionDecision:
        """Return whether a customer panel's edit is permitted to the actor; if not, the reason."""
        return check_waiting_edit(needed_permission(intent), self.actor, self.rules)


def read_display_settings(workspace: WorkspaceProtocol) -> CustomerDisplaySettings:
    """Read the settings that the customer sheet's panels show from the open workspace."""
    get = workspace.values.get
    return CustomerDisplaySettings(
        names=workspace.account_names(),
        value_source=customer_value_source_from(workspace.values),
        currency=get(settings_table.CURRENCY),
        base_url=get(settings_table.ZENDESK_BASE_URL).rstrip("/"),
        optin_link=get(settings_table.OPT_IN_LINK),
        predictions=workspace.predictions,
        reasons=get(settings_table.OPTOUT_REASONS),
        note_templates=get(settings_table.NOTE_TEMPLATES),
    )
