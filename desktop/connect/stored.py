"""What is kept where, told before anything is: a page of the wizard, and of the privacy notes."""

from dataclasses import dataclass

from desktop.connect.desk import Desk
from desktop.kit.text import translate
from desktop.settings import table


@dataclass(frozen=True)
class Place:
    """One kind of data, and where it stays."""

    what: str
    where: str


def places(desk: Desk) -> tuple[Place, ...]:
    """Everything this workspace keeps on this computer; nothing goes anywhere else."""
    folder = desk.workspace.folder
    where = desk.vault.words
    days = desk.settings.load().values.get(table.KEEP_DAYS)
    return (
        Place(
            translate("Stored", "Keys and sign-ins"),
            where[:1].upper() + where[1:],
        ),
        Place(translate("Stored", "Settings, without any key"), str(desk.workspace.settings_path)),
        Place(
            translate("Stored", "What waits, and what was changed by whom"),
            f"{folder / 'fairlead.db'}, kept when you sign out",
        ),
        Place(
            translate("Stored", "Customers you opened"),
            f"{folder / 'mirror.db'}, for {days} days, erased when you sign out",
        ),
    )
