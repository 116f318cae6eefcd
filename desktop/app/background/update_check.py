"""Tells the person at work once a day that there is a newer version; installs nothing."""

from collections.abc import Callable

from desktop import __version__
from desktop.app.container import WorkspaceServices
from desktop.connect.update_check import find_newer_release
from desktop.model.app_release import AppRelease
from desktop.model.edit import EditState
from desktop.settings import settings_table

CHECK_S = 24 * 3600.0
# While something is sent, or as long as no address is named.
_RETRY_S = 600.0

ShowNotice = Callable[[str, str, str], None]


class UpdateCheck:
    """The daily look for a newer version, where an admin has named an address for it."""

    def __init__(self, services: WorkspaceServices, show_notice: ShowNotice) -> None:
        self._services, self._show_notice = services, show_notice
        self._told = ""

    async def run_once(self) -> float | None:
        """Ask for a newer version and tell of it once; returns the seconds until the next."""
        session = self._services.session
        address = session.values.get(settings_table.UPDATE_ADDRESS)
        if not address:
            # A policy may name one while the window is open.
            return _RETRY_S
        if await self._is_sending():
            return _RETRY_S
        clients = session.connection_config.temporary_clients(session.values)
        release = await find_newer_release(clients, address, __version__)
        if release is not None and release.version != self._told:
            self._told = release.version
            self._tell(release)
        return None

    def _tell(self, release: AppRelease) -> None:
        notes = f"What is new: {release.notes_url}" if release.notes_url else ""
        self._show_notice(
            f"Fairlead {release.version} is available.",
            f"This computer has {__version__}. Your admin installs the new one.",
            notes,
        )

    async def _is_sending(self) -> bool:
        store = self._services.store
        edits = await store.outbox.list_recent(open_only=True)
        return any(edit.state is EditState.SENDING for edit in edits) or bool(
            await store.runs.list_live()
        )
