"""Which pages and settings sections the window shows a role: no more than it uses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from desktop.model.permission import Permission, Role, check_role
from desktop.settings import settings_table
from desktop.viewmodels.settings_sections import SETTINGS_SECTIONS

if TYPE_CHECKING:
    # The first paint needs the rail, and none of the clients that the protocol names.
    from desktop.viewmodels.workspace_protocol import WorkspaceProtocol

PAGE_KEYS = ("customers", "audience", "sync", "events", "activity", "settings")
# What somebody without an admin's rights changes there: sign-in, kept customers, the window.
_OWN_SETTINGS_SECTIONS = ("connections", "data", "window", "about")
_NO_DATA_REASON = (
    "This computer does not keep everybody’s data. An admin switches it on in Settings › Data on"
    " this computer."
)
_ADMIN_SETTINGS_REASON = "Only admins change these settings."


@dataclass(frozen=True)
class PageAccess:
    """The pages in the window's rail, and by a page's key why it cannot be opened.

    `admin_settings_reason` is empty for whoever may change an admin's settings, `may_edit_texts`
    is true for who edits the reasons and notes of the team.
    """

    rail_pages: frozenset[str] = frozenset(PAGE_KEYS)
    refusals: Mapping[str, str] = field(default_factory=dict)
    admin_settings_reason: str = ""
    may_edit_texts: bool = False

    def section_refusal(self, key: str) -> str:
        """Say why a settings section is of no use to the person at work; "" where it is."""
        own = set(_OWN_SETTINGS_SECTIONS)
        own |= {"syncs"} if "sync" in self.rail_pages else set()
        own |= {"texts"} if self.may_edit_texts else set()
        return "" if key in own else self.admin_settings_reason


def decide_page_access(workspace: "WorkspaceProtocol") -> PageAccess | None:
    """Decide which pages the window's rail shows the person at work; None while unknown.

    Offline and while connecting the rail stays as it was known last: it grants nothing.
    """
    if not workspace.is_configured:
        return PageAccess()
    actor, rules = workspace.actor, workspace.rules
    if not actor.is_confirmed or not workspace.is_connected:
        return None
    pages = set(PAGE_KEYS)
    refusals: dict[str, str] = {}
    # Also with changes switched off: previews and history are read.
    decision = check_role(Permission.RUNS, actor, rules)
    if not decision.is_allowed:
        pages -= {"sync", "events"}
        refusals |= {"sync": decision.reason, "events": decision.reason}
    everybody = check_role(Permission.AUDIENCE, actor, rules)
    if not everybody.is_allowed:
        pages.discard("audience")
        refusals |= {"audience": everybody.reason, "reports": everybody.reason}
    elif workspace.values.get(settings_table.KEEP_EVERYTHING):
        pages.add("reports")
    else:
        # Audience says how to switch it on; a report would have nothing to count.
        refusals["reports"] = _NO_DATA_REASON
    many = check_role(Permission.BULK, actor, rules)
    if not many.is_allowed:
        refusals["bulk"] = many.reason
    if actor.role is not Role.ADMIN:
        pages.discard("settings")
    reason = "" if actor.role is Role.ADMIN else _ADMIN_SETTINGS_REASON
    texts = check_role(Permission.TEXTS, actor, rules).is_allowed
    return PageAccess(frozenset(pages), refusals, reason, texts)


def decide_settings_sections(workspace: "WorkspaceProtocol") -> set[str]:
    """Return the settings sections that the window shows the person at work, by key."""
    access = decide_page_access(workspace)
    return {
        key for key, _ in SETTINGS_SECTIONS if access is None or not access.section_refusal(key)
    }
