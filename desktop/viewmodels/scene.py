"""Everything the panels of one customer are made from: the sheet, and the rules around it."""

from dataclasses import dataclass

from desktop.customer.services import Names
from desktop.model.edit import Edit, EditState, Intent, needed_permission
from desktop.model.permission import Actor, Permission, Rules, Verdict, check
from desktop.model.sheet import Sheet
from desktop.model.value import ValueSource
from desktop.store.audit import AuditRow
from desktop.viewmodels import moment


@dataclass(frozen=True)
class Account:
    """What the settings say about this workspace, as far as panels show it."""

    names: Names
    value_source: ValueSource
    currency: str
    base_url: str
    optin_link: str = ""
    predictions: bool | None = None


@dataclass(frozen=True)
class Scene:
    """`now` is Unix seconds; `audit` are this customer's closed edits, newest first."""

    sheet: Sheet
    account: Account
    actor: Actor
    rules: Rules
    now: float
    audit: tuple[AuditRow, ...] = ()

    def may(self, permission: Permission) -> Verdict:
        """Whether the person at work may do this."""
        return check(permission, self.actor, self.rules)

    def may_do(self, intent: Intent) -> Verdict:
        """The same for one change."""
        return check(needed_permission(intent), self.actor, self.rules)


def edit_words(edit: Edit) -> str:
    """How far an edit is: the words follow the facts."""
    service = edit.intent.target.service.value.capitalize()
    if edit.state is EditState.WAITING:
        return "waiting for Undo"
    if edit.state is EditState.QUEUED:
        return edit.detail or "waiting to be sent"
    if edit.state is EditState.SENDING:
        return "sending"
    if edit.state is EditState.UNKNOWN:
        return edit.detail or f"sent, {service} did not answer yet"
    if edit.state is EditState.DONE:
        return f"{edit.detail or service + ' confirmed'} {moment.clock(edit.updated_at)}"
    return edit.detail or edit.state.value
