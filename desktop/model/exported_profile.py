"""A Sailthru profile as one row of a list export, which holds less than a look-up."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop.model.json_value import Json


@dataclass(frozen=True)
class ExportedProfile:
    """One row of Sailthru's list export; a missing column leaves its field empty.

    `email_hash` is the MD5 of the lower-case address, in lower-case hex, or empty; `email` is
    there only where the account exports addresses. `email_status` is kept as it came: its words
    are known from one account only, so that it says no opt-out level. `activity` and `lifetime`
    use the names of a look-up (`open_time` in Unix seconds, `lifetime_purchase_price` in cents). A
    var without a value is not in `vars`: a CSV does not tell null, an empty text and an absent one
    apart.
    """

    sid: str
    email_hash: str = ""
    extid: str | None = None
    email: str | None = None
    engagement: str | None = None
    lists: tuple[str, ...] = ()
    email_status: str = ""
    activity: Mapping[str, float] = field(default_factory=dict)
    lifetime: Mapping[str, float] = field(default_factory=dict)
    vars: Mapping[str, Json] = field(default_factory=dict)
