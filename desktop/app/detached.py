"""Starts runs as processes of their own: they outlive the window, and never make it stutter."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QProcess, QProcessEnvironment

from desktop.app.wiring import House
from desktop.kit.errors import Bug
from desktop.settings.paths import HOME_VARIABLE


class Detached:
    """Starts `fairlead sync …` for one workspace.

    `lent` are environment variables for the process alone: the demo, which keeps its secrets in
    memory, has no other way to hand them over.
    """

    def __init__(self, house: House, lent: Mapping[str, str] | None = None) -> None:
        self._house = house
        self._lent = dict(lent or {})

    def start(self, *arguments: str) -> None:
        """Start it with these arguments after `sync`. Raises Bug."""
        process = QProcess()
        process.setProgram(sys.executable)
        process.setArguments(self._command(arguments))
        process.setProcessEnvironment(self._environment())
        log = str(self._log_path())
        # A pipe would break when the window ends, and end the run with it.
        process.setStandardOutputFile(log, QProcess.OpenModeFlag.Append)
        process.setStandardErrorFile(log, QProcess.OpenModeFlag.Append)
        process.setStandardInputFile(QProcess.nullDevice())
        # A bool with PySide6 6.11, whatever its types say.
        started: object = process.startDetached()
        if started in (False, (False, 0)):
            raise Bug(
                "The sync could not be started.",
                "The system did not start its process.",
                f"Try `fairlead sync {' '.join(arguments)}` in a terminal.",
            )

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return ["-m", "desktop", "sync", *arguments, "--workspace", self._house.workspace.name]

    def _environment(self) -> QProcessEnvironment:
        environment = QProcessEnvironment.systemEnvironment()
        paths = self._house.ground.paths
        if self._house.ground.demo:
            environment.insert(HOME_VARIABLE, str(paths.data))
        for name, value in self._lent.items():
            environment.insert(name, value)
        return environment

    def _log_path(self) -> Path:
        return self._house.ground.paths.logs / "runs.log"
