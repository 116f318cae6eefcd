"""Brings an older settings file to today's shape: numbered functions, each one step.

A function takes the whole document of version n - 1 and returns that of version n.
"""

from collections.abc import Callable, Mapping

from desktop.kit.errors import BadInput, StoreKnown
from desktop.model.json_value import Json

Document = Mapping[str, Json]
Step = Callable[[Document], Document]


class Migrations:
    """The steps of one kind of file, from version 1 on."""

    def __init__(self) -> None:
        self._steps: dict[int, Step] = {}

    @property
    def current(self) -> int:
        """The version this app writes."""
        return 1 + len(self._steps)

    @property
    def versions(self) -> tuple[int, ...]:
        """The versions that steps lead to."""
        return tuple(self._steps)

    def to(self, version: int) -> Callable[[Step], Step]:
        """Register the step to `version`; steps are written down in order, without a gap."""
        if version != self.current + 1:
            raise ValueError(f"the next step leads to {self.current + 1}, not {version}")

        def register(step: Step) -> Step:
            self._steps[version] = step
            return step

        return register

    def bring_up(self, document: Document, what: str) -> Document:
        """Give the document in today's version.

        Raises StoreKnown for a newer one: this app must not overwrite what it does not know.
        """
        version = document.get("version")
        if isinstance(version, bool) or not isinstance(version, int) or version < 1:
            raise BadInput(f"{what} does not say its version.")
        if version > self.current:
            raise StoreKnown(
                f"{what} was written by a newer Fairlead.",
                "This older one leaves it as it is.",
                "Update Fairlead on this computer.",
            )
        for step_to in range(version + 1, self.current + 1):
            document = {**self._steps[step_to](document), "version": step_to}
        return document


# settings.json has had one shape so far: {"version": 1, "settings": {key: value}}.
SETTINGS = Migrations()
