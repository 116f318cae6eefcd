"""View-model of Follow Zendesk: opens the requester of the ticket just viewed, in its tab."""

import asyncio

from PySide6.QtCore import QObject, Signal

from desktop.customer.ticket_follower import FAST_POLL_S, TicketFollower
from desktop.kit.errors import AppError
from desktop.viewmodels.customer.customer_tabs_model import CustomerTabsModel
from desktop.viewmodels.task_registry import TaskRegistry
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol


class FollowZendeskModel(QObject):
    """Polls Zendesk's viewed tickets while Follow Zendesk is on, for the tab that follows."""

    changed = Signal()
    ticket_opened_behind = Signal(int)  # in a tab behind the one where something is half-typed

    def __init__(
        self, follow: TicketFollower, workspace: WorkspaceProtocol, tabs: CustomerTabsModel
    ) -> None:
        super().__init__()
        self._follow = follow
        self._workspace = workspace
        self._tabs = tabs
        self._is_following = False
        self.is_window_visible = True
        self._tasks = TaskRegistry(self._on_error)

    @property
    def is_following(self) -> bool:
        """Whether Follow Zendesk is on and polls the viewed tickets."""
        return self._is_following

    @property
    def disabled_reason(self) -> str:
        """Why Follow Zendesk cannot be switched on; empty where it can."""
        if self._workspace.clients.zendesk is None:
            return "Zendesk is not connected."
        return ""

    @property
    def budget_text(self) -> str:
        """How often Follow Zendesk looks at most, and why; or why it does not look for now."""
        if not self._workspace.has_spare_rate_budget():
            return "Pauses while less than half of Zendesk’s calls are left."
        return self._follow.budget.describe(FAST_POLL_S)

    def set_following(self, on: bool) -> None:
        """Switch Follow Zendesk on or off."""
        self._is_following = on and not self.disabled_reason
        if self._is_following:
            self._tasks.start("follow", self._poll_viewed_ticket())
        else:
            self._tasks.cancel("follow")
        self._tell_changed()

    def note_user_activity(self) -> None:
        """Note that somebody works in the window: then Follow Zendesk polls more often."""
        self._follow.note_activity()

    async def close(self) -> None:
        """Stop Follow Zendesk's polling and wait for its end."""
        await self._tasks.close()

    async def _poll_viewed_ticket(self) -> None:
        while True:
            # With nobody looked up yet, the ticket viewed last is what one is looking at.
            ticket = await self._follow.poll(newest_now=self._tabs.is_nobody_looked_up)
            if ticket is not None and not self._tabs.follow_ticket(ticket.id):
                self.ticket_opened_behind.emit(ticket.id)
            # 5 s while somebody works here, else 60 s, and never beyond this desk's share.
            await asyncio.sleep(self._follow.poll_interval_s(visible=self.is_window_visible))

    def _on_error(self, error: AppError) -> None:
        del error  # the status bar says how Zendesk is doing
        self._is_following = False
        self._tell_changed()

    def _tell_changed(self) -> None:
        self._tabs.set_following(self._is_following)
        self.changed.emit()
