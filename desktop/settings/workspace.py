"""Workspaces: a folder each, with a random id, for one Zendesk and one Sailthru account.

`workspaces/NAME/` holds `workspace.json` (the id), settings, state, both databases and locks.
"""

import os
import re
import shutil
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from desktop.kit.clock import Clock, SystemClock
from desktop.kit.errors import AppError, InvalidInput, NotFound, UserDecisionNeeded
from desktop.settings import json_file, service_address, settings_table
from desktop.settings.managed_policy import NO_POLICY, ManagedPolicy
from desktop.settings.paths import AppPaths, ensure_private_folder
from desktop.settings.sealed_settings import SettingsSeal
from desktop.settings.settings_file import SettingsFile

DEFAULT_NAME = "main"
_IDENTITY_FILE = "workspace.json"
_ID = re.compile(r"[0-9a-f]{32}")
# Letters of any script, digits, spaces and hyphens: no dot and no path separator.
_NAME = re.compile(r"[^\W_](?:[\w -]{0,38}[\w-])?")
# Device names on Windows, where no folder can be called so.
_RESERVED = re.compile(r"(?i)con|prn|aux|nul|com\d|lpt\d")


@dataclass(frozen=True)
class Workspace:
    """A workspace, one pair of accounts; its id stays when the name changes."""

    name: str
    id: str
    folder: Path

    @property
    def keyring_service(self) -> str:
        """The keyring service `fairlead:<id>` that holds the workspace's secrets."""
        return f"fairlead:{self.id}"

    @property
    def settings_path(self) -> Path:
        """The path of the workspace's `settings.json`."""
        return self.folder / "settings.json"

    @property
    def state_path(self) -> Path:
        """The path of the workspace's `state.json`."""
        return self.folder / "state.json"

    @property
    def audit_head_path(self) -> Path:
        """The workspace's file with the audit's newest row, where no keyring is used."""
        return self.folder / "audit-head"

    def lock_path(self, name: str) -> Path:
        """Return the path of one of the workspace's lock files."""
        return self.folder / f"{name}.lock"


def validate_workspace_name(text: str) -> str:
    """Check a workspace's name, a folder's on every system. Raises InvalidInput."""
    # macOS hands names out decomposed: “é” would be another workspace.
    name = unicodedata.normalize("NFC", text.strip())
    if not _NAME.fullmatch(name) or _RESERVED.fullmatch(name) or len(name.encode()) > 120:
        raise InvalidInput(
            f"“{text}” cannot be the name of a workspace.",
            "A name has up to 40 letters, digits, spaces, hyphens or underscores, and starts "
            "with a letter or digit.",
        )
    return name


class WorkspaceRegistry:
    """The workspaces in this user's folder: lists, opens, creates, renames, removes them."""

    def __init__(
        self, paths: AppPaths, policy: ManagedPolicy = NO_POLICY, clock: Clock | None = None
    ) -> None:
        self._root = paths.workspaces
        self._current = paths.config / "current.json"
        self._policy = policy
        self._clock = clock or SystemClock()

    def names(self) -> tuple[str, ...]:
        """Return the names of all workspaces, sorted; unreadable folders are left out."""
        try:
            # A folder without its identity file is one that was being removed.
            found = [f.name for f in self._root.iterdir() if (f / _IDENTITY_FILE).is_file()]
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise json_file.inaccessible_path_error(self._root, error) from error
        return tuple(sorted(found, key=str.casefold))

    def open(self, name: str) -> Workspace:
        """Return the workspace of this name. Raises NotFound that says which there are."""
        known = self._existing_name(validate_workspace_name(name))
        if known is None:
            there = ", ".join(self.names()) or "none yet"
            raise NotFound(
                f"There is no workspace “{name}”.",
                f"Workspaces on this computer: {there}.",
                "Name one of these, or set up a new one.",
            )
        folder = self._root / known
        return Workspace(known, self._id(folder), folder)

    def create(self, name: str, colour: str | None = None) -> Workspace:
        """Create a workspace with a new id. Raises InvalidInput when the name is taken."""
        wanted = self._unused_name(name)
        folder = self._root / wanted
        ensure_private_folder(folder)
        workspace = Workspace(wanted, self._new_id(folder), folder)
        if colour is not None:
            self.settings_file(workspace).change({settings_table.WORKSPACE_COLOUR.key: colour})
        return workspace

    def open_or_create(self, name: str) -> Workspace:
        """Return the workspace `--workspace NAME` means to `fairlead setup`."""
        known = self._existing_name(validate_workspace_name(name))
        return self.create(name) if known is None else self.open(known)

    def rename(self, workspace: Workspace, name: str) -> Workspace:
        """Rename a workspace that no process has open; its secrets stay: they go by the id."""
        if validate_workspace_name(name) == workspace.name:
            return workspace
        wanted = self._unused_name(name, but=workspace.name)
        try:
            folder = workspace.folder.rename(self._root / wanted)
        except OSError as error:
            raise json_file.inaccessible_path_error(workspace.folder, error) from error
        if self._read_current_name() == workspace.name:
            self.set_current(wanted)
        return Workspace(wanted, workspace.id, folder)

    def remove(self, workspace: Workspace) -> None:
        """Delete a workspace's folder for good, databases and audit included.

        The caller has asked, and has erased the secrets first; nothing may have it open.
        """
        folder = self._root / workspace.name
        if folder.is_symlink() or not (folder / _IDENTITY_FILE).is_file():
            raise NotFound(f"There is no workspace “{workspace.name}” any more.")
        try:
            # Gone from the list in one step, even when deleting is cut short.
            hidden = folder.rename(self._root / f".removed-{os.urandom(4).hex()}")
            (hidden / _IDENTITY_FILE).unlink()
            shutil.rmtree(hidden)
        except OSError as error:
            raise json_file.inaccessible_path_error(folder, error) from error

    def settings_file(self, workspace: Workspace, seal: SettingsSeal | None = None) -> SettingsFile:
        """Return a workspace's settings file, under this computer's policy; `seal` as there."""
        return SettingsFile(workspace.settings_path, self._policy, self._clock, seal)

    def current_name(self) -> str:
        """Return the workspace that opens when none is named: last, else first, else `main`."""
        names = self.names()
        remembered = self._read_current_name()
        if remembered in names:
            return remembered
        return names[0] if names else DEFAULT_NAME

    def set_current(self, name: str) -> None:
        """Store the name of the workspace to open next time."""
        ensure_private_folder(self._current.parent)
        json_file.write_json_object(self._current, {"workspace": name})

    def find_account_owner(self, base_url: str, *, but: str | None = None) -> str | None:
        """Find another workspace than `but` that has this Zendesk account."""
        for name in self.names():
            if name == but or not base_url:
                continue
            if self._account(self.open(name)) == base_url:
                return name
        return None

    def require_account_unused(self, base_url: str, *, but: str | None = None) -> None:
        """Raise UserDecisionNeeded where another workspace has this Zendesk account."""
        holder = self.find_account_owner(base_url, but=but)
        if holder is not None:
            account = service_address.zendesk_account_name(base_url)
            raise UserDecisionNeeded(
                f"{account} is already connected in the workspace “{holder}”.",
                "A Zendesk account belongs to one workspace, so that nothing is written twice.",
                f"Open “{holder}”, or disconnect it there first.",
            )

    def _account(self, workspace: Workspace) -> str:
        try:
            values = self.settings_file(workspace).load().values
        except AppError:
            # A neighbour that cannot be read is no reason to refuse this one.
            return ""
        if not values.is_managed(settings_table.ZENDESK_BASE_URL):
            return values.get(settings_table.ZENDESK_BASE_URL)
        # A policy gives every workspace the account; only the signed-in one holds it.
        signed_in = values.get(settings_table.ZENDESK_AUTH) != "none"
        return values.get(settings_table.ZENDESK_BASE_URL) if signed_in else ""

    def _existing_name(self, name: str) -> str | None:
        # Some disks keep case apart and some do not: names may not differ in case alone.
        folded = name.casefold()
        return next((known for known in self.names() if known.casefold() == folded), None)

    def _unused_name(self, name: str, but: str | None = None) -> str:
        wanted = validate_workspace_name(name)
        known = self._existing_name(wanted)
        if known is not None and known != but:
            raise InvalidInput(
                f"There is already a workspace “{known}”.", hint="Choose another name."
            )
        return wanted

    def _read_current_name(self) -> str:
        try:
            document = json_file.read_json_object(self._current)
        except AppError:
            return ""
        name = (document or {}).get("workspace")
        return name if isinstance(name, str) else ""

    def _id(self, folder: Path) -> str:
        path = folder / _IDENTITY_FILE
        try:
            document = json_file.read_json_object(path) or {}
        except InvalidInput:
            document = {}
        found = document.get("id")
        if isinstance(found, str) and _ID.fullmatch(found):
            return found
        # Without its id the keyring entries are lost; signing in again makes new ones.
        json_file.move_damaged_file_aside(path, self._clock.now())
        return self._new_id(folder)

    @staticmethod
    def _new_id(folder: Path) -> str:
        # Random and not counted: two computers with one home folder must not give the same id.
        new = os.urandom(16).hex()
        json_file.write_json_object(folder / _IDENTITY_FILE, {"version": 1, "id": new})
        return new
