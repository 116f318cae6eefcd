"""Connecting Sailthru: key and secret, what the key may do, and what has to be asked for."""

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from desktop.connect.check import Check, all_well
from desktop.connect.desk import Desk
from desktop.connect.letters import ask_for_key
from desktop.connect.setup import run_setup
from desktop.kit.errors import AppError, BadInput
from desktop.kit.text import translate
from desktop.model.json_value import Json
from desktop.settings import table
from desktop.viewmodels import moment
from desktop.viewmodels.setting_up.checks import CheckView, check_view, summary
from desktop.viewmodels.setting_up.trouble import NONE, Trouble, trouble_of
from desktop.viewmodels.settings_office import SettingsOffice
from desktop.viewmodels.tasks import Tasks

WARNING = translate(
    "Sailthru",
    "Do not use the keys of your main account: whoever has this computer would have them, and "
    "they cannot be withdrawn alone.",
)
WHERE = translate(
    "Sailthru",
    "In Sailthru: the gear, then Setup › API and Postbacks › API Key and Secret. The lock shows "
    "them.",
)


@dataclass(frozen=True)
class SailthruView:
    """`kept` says that a key is in the vault; it is never shown again."""

    kept: bool
    kept_words: str
    busy: bool
    note: str
    note_tone: str
    trouble: Trouble
    checks: tuple[CheckView, ...]
    letter: str


class SailthruModel(QObject):
    """Keys pass through to the keyring and are not held here."""

    changed = Signal()
    told = Signal(str)

    def __init__(self, office: SettingsOffice, desk: Desk) -> None:
        super().__init__()
        self._office, self._desk = office, desk
        self.tasks = Tasks(self._on_trouble)
        self._busy = False
        self._kept: bool | None = None
        self._trouble: Trouble = NONE
        self._checks: list[Check] = []
        self._tested_at: float | None = None

    def view(self) -> SailthruView:
        """Build the card."""
        kept = self.kept
        checks = tuple(self._checks)
        note = summary(checks, running=self._busy)
        if self._tested_at is not None and not self._busy:
            note = f"{note}, tested {moment.clock(self._tested_at)}"
        tone = "muted" if self._busy or not checks or all_well(checks) else "bad"
        words = f"A key and secret are {self._desk.vault.words}." if kept else ""
        return SailthruView(
            kept=kept,
            kept_words=words,
            busy=self._busy,
            note=note,
            note_tone=tone,
            trouble=self._trouble,
            checks=tuple(check_view(check) for check in checks),
            letter=next((c.letter for c in checks if c.letter and not c.ok), ask_for_key()),
        )

    @property
    def kept(self) -> bool:
        """Whether there is a key."""
        if self._kept is not None:
            return self._kept
        return self._office.services.sailthru is not None

    def look(self) -> None:
        """Ask the keyring whether there is a key; the network is not touched."""
        if not self.tasks.runs("look"):
            self.tasks.start("look", self._look())

    def test(self, key: str, secret: str, *, own: bool) -> None:
        """Test, and keep what Sailthru takes; empty fields mean the kept key."""
        if self._busy:
            return
        self._busy, self._trouble, self._checks = True, NONE, []
        self.tasks.start("test", self._test(key.strip(), secret.strip(), own))
        self.changed.emit()

    def refresh(self) -> None:
        """The connection is another now."""
        self.changed.emit()

    async def close(self) -> None:
        """End what runs."""
        await self.tasks.close()

    async def _look(self) -> None:
        self._kept = await self._desk.sailthru_key() is not None
        self.changed.emit()

    async def _test(self, key: str, secret: str, own: bool) -> None:
        if bool(key) != bool(secret):
            raise BadInput("Key and secret go together.", "", "Enter both.")
        if not key and not self.kept:
            raise BadInput("There is no key and secret yet.", "", "Enter both, then test.")
        if key and not own:
            raise BadInput(
                "Is this key only for Fairlead?",
                WARNING,
                "Tick the box, or ask Sailthru for a key of its own.",
            )
        section: Mapping[str, Json] = {"api_key": key, "api_secret": secret} if key else {}
        document: dict[str, Json] = {"sailthru": dict(section)}
        if not self._office.values.managed(table.DEDICATED_KEY):
            document[table.DEDICATED_KEY.key] = own
        report = await run_setup(document, self._desk, self._on_check)
        self._tested_at = self._desk.clock.now()
        if not report.stored:
            self._busy = False
            self._trouble = Trouble(
                "The key was not kept.",
                "It is kept only once Sailthru takes it.",
                "See below what did not work.",
            )
            self.changed.emit()
            return
        self._kept = True
        self._office.reload()
        await self._office.connect()
        self._busy = False
        self.changed.emit()
        self.told.emit("Sailthru is connected." if report.ok else "The key is kept; see the test.")

    def _on_check(self, check: Check) -> None:
        # The rest is Zendesk's, and stands on its own card, unless it is what is wrong.
        if check.name.startswith("Sailthru") or (check.needed and not check.ok):
            self._checks.append(check)
            self.changed.emit()

    def _on_trouble(self, error: AppError) -> None:
        self._busy = False
        self._trouble = trouble_of(error)
        self.changed.emit()
