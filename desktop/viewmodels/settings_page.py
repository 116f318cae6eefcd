"""The page “Settings”: one model for each card, kept up to date by the bus."""

import asyncio
import platform
from importlib.metadata import PackageNotFoundError, version

from PySide6.QtCore import QObject, Signal, qVersion

from desktop.connect.desk import Desk
from desktop.kit.bus import Bus, Changes, Topic
from desktop.kit.clock import Clock
from desktop.viewmodels.permissions_form import PermissionsModel
from desktop.viewmodels.setting_up.data import DataModel
from desktop.viewmodels.setting_up.doctor import DoctorModel
from desktop.viewmodels.setting_up.leaving import LeavingModel
from desktop.viewmodels.setting_up.local import LocalData
from desktop.viewmodels.setting_up.mail import MailModel
from desktop.viewmodels.setting_up.sailthru import SailthruModel
from desktop.viewmodels.setting_up.timer import SystemTimer, TimerModel
from desktop.viewmodels.setting_up.trouble import NONE, Trouble, trouble_of
from desktop.viewmodels.setting_up.zendesk import ZendeskModel
from desktop.viewmodels.settings_form import FormModel
from desktop.viewmodels.settings_office import SettingsOffice
from desktop.viewmodels.team_form import TeamModel


class SettingsModel(QObject):
    """`changed` when the page's own notice is another; each card listens to its own model."""

    changed = Signal()

    def __init__(
        self,
        office: SettingsOffice,
        desk: Desk,
        clock: Clock,
        bus: Bus,
        timer: SystemTimer | None = None,
    ) -> None:
        super().__init__()
        self._office, self._desk, self._clock = office, desk, clock
        local = LocalData(desk.workspace.folder)
        self.form = FormModel(office)
        self.permissions = PermissionsModel(office)
        self.zendesk = ZendeskModel(office, desk, local)
        self.sailthru = SailthruModel(office, desk)
        self.data = DataModel(desk, local, bus)
        self.team = TeamModel(office, desk)
        self.doctor = DoctorModel(desk)
        self.leaving = LeavingModel(office, desk, local)
        self.timer = TimerModel(office, timer)
        self.mail = MailModel(office, desk)
        self._unsubscribe = bus.subscribe(self._on_changes)

    def notice(self) -> Trouble:
        """What is wrong with the settings file, and what a policy or value says about itself."""
        if self._office.notice is not None:
            return trouble_of(self._office.notice)
        damaged = self._office.values.notices
        if damaged:
            return Trouble("Some settings cannot be read.", " ".join(damaged), "Set them again.")
        return NONE

    def about(self) -> tuple[tuple[str, str], ...]:
        """What runs here, for a report of a fault; nothing of anybody's data."""
        try:
            own = version("fairlead")
        except PackageNotFoundError:
            own = "from its sources"
        return (
            ("Fairlead", own),
            ("Workspace", self._desk.workspace.name),
            ("Folder", str(self._desk.workspace.folder)),
            ("Python", platform.python_version()),
            ("Qt", str(qVersion())),
            ("System", f"{platform.system()} {platform.release()}"),
        )

    def look(self) -> None:
        """The page is shown: count and ask what may have changed meanwhile."""
        self.sailthru.look()
        self.data.count()
        self.timer.look()
        self.mail.look()

    async def close(self) -> None:
        """End what runs."""
        # What was begun a moment ago has to have begun before it can end.
        await asyncio.sleep(0)
        self._unsubscribe()
        for model in (
            self.zendesk, self.sailthru, self.data, self.team, self.doctor, self.timer, self.mail,
            self.leaving,
        ):  # fmt: skip
            await model.close()

    def _on_changes(self, changes: Changes) -> None:
        if changes.touches(Topic.SETTINGS, Topic.PERMISSIONS, Topic.SERVICE):
            for model in (
                self.form, self.permissions, self.zendesk, self.sailthru, self.team, self.timer,
                self.mail, self.leaving,
            ):  # fmt: skip
                model.refresh()
            self.changed.emit()
