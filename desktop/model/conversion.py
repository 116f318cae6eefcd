"""Values on their way from one service to the other (S2-38 to S2-43, and Zendesk's field types)."""

from desktop.kit.errors import BadInput
from desktop.kit.text import translate
from desktop.model.instant import FieldValue
from desktop.model.json_value import Json

ROUNDING = translate("Conversion", "Decimals become whole numbers; half is rounded away from zero.")


class Unfit(BadInput):
    """A value does not fit the field it is meant for."""

    code = "unfit"


def for_sailthru(value: FieldValue, name: str, zone: str, *, keep_decimals: bool = False) -> Json:
    """The value as Sailthru gets it; `name` is the var's, `zone` the account's (IANA)."""
    raise NotImplementedError


def loses_cents(value: FieldValue) -> bool:
    """Whether rounding changes it."""
    raise NotImplementedError


def for_zendesk(value: FieldValue, field_type: str, zone: str) -> Json:
    """The value as a Zendesk field of this type takes it; Unfit where it does not fit."""
    raise NotImplementedError
