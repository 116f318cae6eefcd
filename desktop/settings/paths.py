"""The folders for config, data, state, cache and logs: FAIRLEAD_HOME's or the platform's."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import PlatformDirs

from desktop.settings.json_file import inaccessible_path_error

HOME_VARIABLE = "FAIRLEAD_HOME"


@dataclass(frozen=True)
class AppPaths:
    """Fairlead's folders of this user: config, data, state, cache, logs."""

    config: Path
    data: Path
    state: Path
    cache: Path
    logs: Path

    @property
    def workspaces(self) -> Path:
        """The folder of all workspaces, one folder each."""
        return self.data / "workspaces"

    def create_folders(self) -> None:
        """Create Fairlead's folders with mode 0700. Raises StorageError."""
        for folder in (self.config, self.workspaces, self.state, self.cache, self.logs):
            ensure_private_folder(folder)


def find_paths(environ: Mapping[str, str] = os.environ) -> AppPaths:
    """Return Fairlead's folders under FAIRLEAD_HOME, else the platform's. Touches no disk."""
    home = environ.get(HOME_VARIABLE, "").strip()
    if home:
        return paths_under(Path(home).expanduser().absolute())
    found = PlatformDirs("fairlead", appauthor=False, roaming=False)
    return AppPaths(
        found.user_config_path,
        found.user_data_path,
        found.user_state_path,
        found.user_cache_path,
        found.user_log_path,
    )


def paths_under(home: Path) -> AppPaths:
    """Return all of Fairlead's folders under `home`, such as the demo's temporary one."""
    return AppPaths(home / "config", home, home / "state", home / "cache", home / "logs")


def ensure_private_folder(folder: Path) -> None:
    """Create a folder of ours that only its owner can open, or take the others' rights away."""
    try:
        # mkdir(parents=True) would make the parents with everybody's rights.
        for parent in reversed(folder.parents):
            if not parent.exists():
                parent.mkdir(mode=0o700, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        if sys.platform != "win32":
            # On Windows the profile's folders carry their own access list.
            status = folder.stat()
            if status.st_mode & 0o077:
                folder.chmod(0o700)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(13, "it is read-only")
    except OSError as error:
        raise inaccessible_path_error(folder, error) from error
