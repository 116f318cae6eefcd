"""What the settings need of the workspace beyond looking: to store, and to connect anew."""

from collections.abc import Mapping
from typing import Protocol

from desktop.kit.errors import AppError
from desktop.model.json_value import Json
from desktop.model.permission import Actor
from desktop.viewmodels.office import Office


class SettingsOffice(Office, Protocol):
    """The live side of a workspace, with what changes it."""

    notice: AppError | None

    def change(self, changes: Mapping[str, Json]) -> None:
        """Check and store settings, all or none. Raises BadInput, NotPermitted, StoreKnown."""
        ...

    def reload(self) -> None:
        """Read the settings again."""
        ...

    async def connect(self) -> None:
        """Build the clients and find out who works here. Raises NoKeyring, BadInput."""
        ...

    async def disconnect(self) -> None:
        """Close the connections."""
        ...


def person(office: Office) -> Actor | None:
    """Who may change settings here; None while nobody is connected."""
    return office.actor if office.connected else None
