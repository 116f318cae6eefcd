"""An opt-out level as a sync writes it: by Sailthru's name, and never the old one."""

from desktop.model.instant import FieldValue
from desktop.model.json_value import Json
from desktop.model.optout_level import OptOutLevel
from desktop.model.value_conversion import UnconvertibleValue

NEVER_WRITTEN_LEVEL = OptOutLevel.BLAST.value


def parse_optout_level(value: FieldValue) -> Json:
    """An opt-out level by Sailthru's name. Raises UnconvertibleValue: what is none must not become one."""
    if isinstance(value, str) and value in {level.value for level in OptOutLevel}:
        return value
    raise invalid_level_error(value)


def invalid_level_error(value: FieldValue) -> UnconvertibleValue:
    """The old level `blast` is shown where it is, and never set."""
    return UnconvertibleValue(
        "“{value}” is no opt-out level that is set.".format(value=str(value)[:40]),
        "",
        "Levels are none, basic and all.",
    )
