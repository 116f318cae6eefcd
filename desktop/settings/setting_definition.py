"""The type of one setting: key, kind, bounds, label, flags. Rows are in `settings_table.py`."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar, cast

from desktop.kit.errors import InvalidInput
from desktop.model.json_value import Json
from desktop.model.permission import Permission

T = TypeVar("T")


class SettingKind(Enum):
    """The kind of control that a setting is edited with."""

    FLAG = "flag"
    NUMBER = "number"
    TEXT = "text"
    CHOICE = "choice"
    TABLE = "table"


class SettingSection(Enum):
    """The heading that a setting stands under; the value is its text on screen."""

    SAILTHRU = "Sailthru"
    ZENDESK = "Zendesk"
    SELL = "Zendesk Sell"
    PERMISSIONS = "Changes and permissions"
    NAMES = "Names in Sailthru and Zendesk"
    VALUE = "Customer value"
    TEXTS = "Reasons and notes"
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
    """One row of the settings table.

    `parse` turns JSON into the value, normalised, or raises InvalidInput with a sentence;
    `serialize` is its way back. `invalid_fallback` counts where the stored value cannot be read
    and the default would allow too much. `is_admin_only`: changed by admins alone;
    `is_secret_address`: says where, or as whom, a secret is used; `is_owner`: names somebody who
    has rights by it. `permission`: whose owner may change it, beside admins.
    `is_policy_manageable`: the managed policy may fix it; `needs_restart`: takes
    effect at the next start; `is_advanced`: shown folded away. `with_sealed` returns what counts
    of the sealed value and of the one in the file, which may be edited to forbid more.
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
    is_secret_address: bool = False
    is_owner: bool = False
    permission: Permission | None = None
    with_sealed: Callable[[T, T], T] | None = None

    @property
    def is_sealed(self) -> bool:
        """Whether what Fairlead stores of this setting is kept under the seal too."""
        return self.is_protected or self.with_sealed is not None

    @property
    def is_protected(self) -> bool:
        """Whether this setting counts only as Fairlead stored it, not as edited in the file."""
        return self.is_admin_only or self.is_secret_address

    @property
    def fallback(self) -> T:
        """The value that counts where this setting's stored one is damaged."""
        return self.default if self.invalid_fallback is None else self.invalid_fallback

    def validate(self, value: Json) -> Json:
        """Check this setting's value and return it as stored. Raises InvalidInput that names it."""
        try:
            return self.serialize(self.parse(value))
        except InvalidInput as error:
            raise InvalidInput(
                f"“{self.label}” cannot be set to that.",
                error.title + (f" {error.message}" if error.message else ""),
                # The hint of the parser says more than the general help, where it has one.
                error.hint or self.help,
            ) from error
