"""An opt-out level as a sync writes it: by Sailthru's name, and never the old one."""

from desktop.kit.text import translate
from desktop.model.conversion import Unfit
from desktop.model.instant import FieldValue
from desktop.model.json_value import Json
from desktop.model.optout import OptOut

NEVER_SET = OptOut.BLAST.value


def level_of(value: FieldValue) -> Json:
    """An opt-out level by Sailthru's name. Raises Unfit: what is none must not become one."""
    if isinstance(value, str) and value in {level.value for level in OptOut}:
        return value
    raise no_level(value)


def no_level(value: FieldValue) -> Unfit:
    """The old level `blast` is shown where it is, and never set."""
    return Unfit(
        translate("Judging", "“{value}” is no opt-out level that is set.").format(
            value=str(value)[:40]
        ),
        "",
        translate("Judging", "Levels are none, basic and all."),
    )
