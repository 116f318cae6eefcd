"""Migrates an older settings file to the current version, one numbered step after another.

A function takes the whole document of version n - 1 and returns that of version n.
"""

from collections.abc import Callable, Mapping

from desktop.kit.errors import InvalidInput, StorageError
from desktop.model.json_value import Json

SettingsDocument = Mapping[str, Json]
MigrationStep = Callable[[SettingsDocument], SettingsDocument]


class DocumentMigrations:
    """The migration steps of one kind of settings file, from version 1 on."""

    def __init__(self) -> None:
        self._steps: dict[int, MigrationStep] = {}

    @property
    def current_version(self) -> int:
        """The settings file's version that this app writes."""
        return 1 + len(self._steps)

    @property
    def registered_versions(self) -> tuple[int, ...]:
        """The settings file's versions that migration steps lead to."""
        return tuple(self._steps)

    def register_step(self, version: int) -> Callable[[MigrationStep], MigrationStep]:
        """Register the migration step to `version`; steps come in order, without a gap."""
        if version != self.current_version + 1:
            raise ValueError(f"the next step leads to {self.current_version + 1}, not {version}")

        def register(step: MigrationStep) -> MigrationStep:
            self._steps[version] = step
            return step

        return register

    def migrate(self, document: SettingsDocument, what: str) -> SettingsDocument:
        """Migrate a settings file's document to the current version.

        Raises StorageError for a newer one: this app must not overwrite what it does not know.
        """
        version = document.get("version")
        if isinstance(version, bool) or not isinstance(version, int) or version < 1:
            raise InvalidInput(f"{what} does not say its version.")
        # Another computer of the same home folder may run a newer version.
        if version > self.current_version:
            raise StorageError(
                f"{what} was written by a newer Fairlead.",
                "This older one leaves it as it is.",
                "Update Fairlead on this computer.",
            )
        for step_to in range(version + 1, self.current_version + 1):
            document = {**self._steps[step_to](document), "version": step_to}
        return document


# settings.json has had one shape so far: {"version": 1, "settings": {key: value}}.
SETTINGS_MIGRATIONS = DocumentMigrations()
