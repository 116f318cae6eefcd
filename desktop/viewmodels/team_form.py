"""Other computers: the policy file to hand out, and whether an agents' key lacks `job`."""

import json
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop.clients.sailthru.protocol import Credentials as SailthruKey
from desktop.connect.check import Check
from desktop.connect.desk import Desk
from desktop.connect.letters import ask_for_key
from desktop.connect.team import HANDING_OUT, INSTALLING, check_agents_key, export_policy
from desktop.kit.errors import AppError, BadInput
from desktop.settings import table
from desktop.vault.secret import Secret, clean
from desktop.viewmodels.activity_export import write_file
from desktop.viewmodels.setting_up.checks import CheckView, check_view
from desktop.viewmodels.setting_up.trouble import NONE, Trouble, trouble_of
from desktop.viewmodels.settings_office import SettingsOffice
from desktop.viewmodels.tasks import Tasks


@dataclass(frozen=True)
class TeamView:
    """`managed` lists what a policy has fixed here: (label, value)."""

    handing_out: str
    installing: str
    letter: str
    busy: bool
    checks: tuple[CheckView, ...]
    trouble: Trouble
    managed: tuple[tuple[str, str], ...]
    sources: str
    notices: tuple[str, ...]


class TeamModel(QObject):
    """An agents' key is tested and forgotten: it belongs on other computers."""

    changed = Signal()
    told = Signal(str)

    def __init__(self, office: SettingsOffice, desk: Desk) -> None:
        super().__init__()
        self._office, self._desk = office, desk
        self.tasks = Tasks(self._on_trouble)
        self._busy = False
        self._checks: tuple[Check, ...] = ()
        self._trouble = NONE

    def view(self) -> TeamView:
        """Build the card."""
        policy = self._office.values.policy
        managed = tuple(
            (table.BY_KEY[key].label if key in table.BY_KEY else key, _words(value))
            for key, value in sorted(policy.values.items())
        )
        return TeamView(
            handing_out=HANDING_OUT,
            installing=INSTALLING,
            letter=ask_for_key(),
            busy=self._busy,
            checks=tuple(check_view(check) for check in self._checks),
            trouble=self._trouble,
            managed=managed,
            sources=", ".join(str(path) for path in policy.sources),
            notices=policy.notices,
        )

    def policy_text(self) -> str:
        """Give the file's text: rules and names, and no secret."""
        policy = export_policy(self._office.values)
        return json.dumps(policy, ensure_ascii=False, indent=2, sort_keys=True) + "\n"

    def export(self, path: str) -> None:
        """Write the policy file."""
        if not self.tasks.runs("export"):
            self.tasks.start("export", self._export(Path(path)))

    def test_key(self, key: str, secret: str) -> None:
        """Test that this key may look up and change, and may not start bulk jobs."""
        if self._busy:
            return
        self._busy, self._trouble, self._checks = True, NONE, ()
        self.tasks.start("test", self._test(key, secret))
        self.changed.emit()

    def refresh(self) -> None:
        """Settings or policy are others now."""
        self.changed.emit()

    async def close(self) -> None:
        """End what runs."""
        await self.tasks.close()

    async def _export(self, path: Path) -> None:
        self._trouble = NONE
        await write_file(path, self.policy_text())
        self.changed.emit()
        self.told.emit(f"The policy was written to {path.name}. It holds no key.")

    async def _test(self, key: str, secret: str) -> None:
        if not key.strip() or not secret.strip():
            raise BadInput("Key and secret go together.", "", "Enter both.")
        pair = SailthruKey(clean(Secret.SAILTHRU_KEY, key), clean(Secret.SAILTHRU_SECRET, secret))
        own = await self._desk.sailthru_key()
        if own is not None and own.key == pair.key:
            raise BadInput(
                "That is the key of this computer.", "", "Enter the key meant for agents."
            )
        values = self._office.values
        services = self._desk.services(values)
        async with services.sailthru(values.get(table.SERVICE_URI), pair) as client:
            self._checks = await check_agents_key(client)
        self._busy = False
        self.changed.emit()

    def _on_trouble(self, error: AppError) -> None:
        self._busy = False
        self._trouble = trouble_of(error)
        self.changed.emit()


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str | int):
        return str(value) or "empty"
    return json.dumps(value, ensure_ascii=False)


POLICY_FILE = "fairlead-policy.json"
