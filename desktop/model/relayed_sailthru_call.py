"""A call to Sailthru that a desk without its key hands to a worker of its team, and the answer.

What of it may be made at all, and which permissions it needs, is decided here; the worker asks
whether the person has them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop.kit.errors import NotPermitted
from desktop.model.json_value import Json
from desktop.model.optout_level import OptOutLevel, is_loosening
from desktop.model.permission import Permission

_READ_ENDPOINTS = frozenset({"user", "email", "send", "blast", "list", "settings"})
_USER_PARTS = frozenset({"id", "key", "optout_email", "lists", "vars", "keys", "keysconflict"})


@dataclass(frozen=True)
class RelayedCall:
    """A call to Sailthru without key and signature; `parameters` is what its `json` holds.

    `person`: the Zendesk user id of who is signed in at the desk, "" where nobody is. The desk says
    so itself: it may only take rights away from those of the person whom the desk's code is for.
    """

    method: str
    endpoint: str
    parameters: Mapping[str, Json] = field(repr=False)
    person: str = ""

    @property
    def is_read(self) -> bool:
        """Whether the relayed call changes nothing."""
        return self.method == "GET"


@dataclass(frozen=True)
class RelayedAnswer:
    """Sailthru's own answer to a relayed call, or why there is none (`error`: code, title …)."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = field(default="", repr=False)
    error: Mapping[str, str] | None = None


def changes_optout(call: RelayedCall) -> bool:
    """Whether a relayed call sets an opt-out level: then the level is read before."""
    return not call.is_read and "optout_email" in call.parameters


def find_needed_permissions(
    call: RelayedCall, *, health_var: str, paused_var: str, level: OptOutLevel | None
) -> frozenset[Permission]:
    """Return what a person has to be allowed for a relayed call. Raises NotPermitted.

    `level` is the profile's opt-out level as just read, None where it is not known. Whatever is
    not a look-up or one customer's edit is never relayed: jobs, exports, deleting.
    """
    if call.is_read and call.endpoint in _READ_ENDPOINTS:
        return frozenset({Permission.VIEW})
    known = call.parameters.keys() <= _USER_PARTS
    if (call.method, call.endpoint) != ("POST", "user") or not known:
        raise NotPermitted(
            "This is not done for computers without the Sailthru key.",
            "Look-ups and edits of one customer are. Nothing was sent.",
            "Do it on a computer that has the key.",
        )
    needed = {Permission.VIEW} | _find_for_keys(call) | _find_for_lists(call)
    names = _mapping(call, "vars").keys()
    if health_var in names:
        needed.add(Permission.HEALTH)
    if paused_var in names:
        needed.add(Permission.PAUSE)
    if names - {health_var, paused_var}:
        needed.add(Permission.VARS)
    if changes_optout(call):
        wanted = OptOutLevel(str(call.parameters["optout_email"]))
        needed.add(Permission.OPT_IN if is_loosening(level, wanted) else Permission.OPT_OUT)
    return frozenset(needed)


def find_new_addresses(call: RelayedCall) -> tuple[str, ...]:
    """Return the addresses that a relayed call would make somebody known by."""
    if call.is_read:
        return ()
    made = [str(call.parameters["id"])] if call.parameters.get("key") == "email" else []
    return (*made, *(str(one) for one in _mapping(call, "keys").values()))


def _find_for_keys(call: RelayedCall) -> set[Permission]:
    needed = set()
    if call.parameters.get("key") != "sid":
        needed.add(Permission.CREATE)
    if _mapping(call, "keys"):
        merges = call.parameters.get("keysconflict") == "merge"
        needed.add(Permission.MERGE if merges else Permission.CHANGE_EMAIL)
    return needed


def _find_for_lists(call: RelayedCall) -> set[Permission]:
    return {
        Permission.LIST_ADD if is_on else Permission.LIST_REMOVE
        for is_on in _mapping(call, "lists").values()
    }


def _mapping(call: RelayedCall, name: str) -> Mapping[str, Json]:
    value = call.parameters.get(name)
    return value if isinstance(value, Mapping) else {}
