"""What one setting is: its key, type, bounds and words. The rows are in `table.py`."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar, cast

from desktop.kit.errors import InvalidInput
from desktop.model.json_value import Json

T = TypeVar("T")


class SettingKind(Enum):
    """How a dialog edits it."""

    FLAG = "flag"
    NUMBER = "number"
    TEXT = "text"
    CHOICE = "choice"
    TABLE = "table"


class SettingSection(Enum):
    """The heading a setting stands under; the value is what the window calls it."""

    SAILTHRU = "Sailthru"
    ZENDESK = "Zendesk"
    PERMISSIONS = "Changes and permissions"
    NAMES = "Names in Sailthru and Zendesk"
    VALUE = "Customer value"
    OPT_IN = "Opting back in"
    SYNC = "Syncs"
    DATA = "Data on this computer"
    WINDOW = "Window"
    ADVANCED = "Advanced"


def _same(value: object) -> Json:
    # Flags, numbers and texts are JSON already; what is not brings its own `dump`.
    return cast("Json", value)


@dataclass(frozen=True, eq=False)
class Setting(Generic[T]):
    """One row of the table.

    `read` turns JSON into the value, normalised, or raises BadInput with a sentence; `dump` is
    its way back. `closed` is what counts when the stored value cannot be read, where the default
    would allow too much. `admin` settings are changed by admins only; a `managed` setting may be
    fixed by the organisation's policy; `restart` ones take effect at the next start.
    """

    key: str
    kind: SettingKind
    default: T
    parse: Callable[[Json], T]
    section: SettingSection
    label: str
    help: str
    serialize: Callable[[T], Json] = _same
    invalid_fallback: T | None = None
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    needs_restart: bool = False
    is_advanced: bool = False
    is_policy_manageable: bool = True
    is_admin_only: bool = False

    @property
    def fallback(self) -> T:
        """What counts when the stored value is damaged."""
        return self.default if self.invalid_fallback is None else self.invalid_fallback

    def validate(self, value: Json) -> Json:
        """`value` as it is stored, or BadInput that names this setting."""
        try:
            return self.serialize(self.parse(value))
        except InvalidInput as error:
            raise InvalidInput(
                f"“{self.label}” cannot be set to that.",
                error.title + (f" {error.message}" if error.message else ""),
                error.hint or self.help,
            ) from error
