"""Finds the managed policy's files and decides whether their owner and mode can be trusted.

The places are fixed: neither the environment nor FAIRLEAD_HOME moves them
(`platformdirs.site_config_dir` would obey XDG_CONFIG_DIRS).
"""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

# Root only; on Windows the owner is looked up by its SID instead.
_ROOT = frozenset({0})
# Whoever can write there is trusted, but a mistake must not fill the memory.
_LARGEST_BYTES = 1_000_000


@dataclass(frozen=True)
class PolicyFile:
    """A managed policy's file: its bytes, or why they are missing; ignored unless `is_trusted`."""

    path: Path
    is_trusted: bool
    content: bytes | None = None
    problem: str = ""


class PolicyFolder:
    """The folder of `policy.json` and `policies/managed/*.json`, read in this order."""

    def __init__(self, folder: Path, trusted_owners: frozenset[int] = _ROOT) -> None:
        self._folder = folder
        self._owners = trusted_owners

    def find_files(self) -> Iterator[PolicyFile]:
        """Yield every file of the managed policy, the single one first."""
        yield from self._read_file(self._folder / "policy.json")
        managed = self._folder / "policies" / "managed"
        try:
            names = sorted(path for path in managed.iterdir() if path.suffix == ".json")
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            yield PolicyFile(managed, True, problem=f"{managed} cannot be read: {error.strerror}.")
            return
        for path in names:
            yield from self._read_file(path)

    def _read_file(self, path: Path) -> Iterator[PolicyFile]:
        try:
            with path.open("rb") as file:
                # Asked of the open file, so that it cannot be exchanged in between.
                problem = self._trust_problem(path, os.fstat(file.fileno()))
                if problem:
                    yield PolicyFile(path, False, problem=problem)
                else:
                    yield PolicyFile(path, True, file.read(_LARGEST_BYTES + 1)[:_LARGEST_BYTES])
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            # Trusted and unreadable closes everything: it may hold a restriction.
            yield PolicyFile(path, True, problem=f"{path} cannot be read: {error.strerror}.")

    def _trust_problem(self, path: Path, status: os.stat_result) -> str:
        if sys.platform == "win32":
            from desktop.settings.windows_file_owner import owned_by_administrator

            return (
                "" if owned_by_administrator(path) else _ignored_message(path, "no administrator")
            )
        # Also the folders: whoever may rename a file in them can put another in its place.
        for what, found in ((path, status), *((p, p.stat()) for p in self._folders(path))):
            if found.st_uid not in self._owners:
                return _ignored_message(path, f"{what} does not belong to root")
            # Writable for group or others.
            if stat.S_IMODE(found.st_mode) & 0o022:
                return _ignored_message(path, f"others may write to {what}")
        return self._link_problem(path)

    def _link_problem(self, path: Path) -> str:
        """Say why a link to a managed policy's file cannot be trusted; "" where there is none."""
        target = path.resolve()
        if target == path.absolute():
            return ""
        for folder in target.parents:
            found = folder.stat()
            # In a sticky folder nobody but its owner renames a file.
            is_open = found.st_mode & 0o022 and not found.st_mode & stat.S_ISVTX
            if is_open or found.st_uid not in {*self._owners, 0}:
                return _ignored_message(path, f"it leads to {target}, and others may write there")
        return ""

    def _folders(self, path: Path) -> Iterator[Path]:
        for parent in path.parents:
            yield parent
            if parent == self._folder:
                return


def _ignored_message(path: Path, why: str) -> str:
    return f"The policy file {path} is ignored: {why}."


def system_policy_folder(folder_of: Callable[[], Path] | None = None) -> PolicyFolder:
    """Return the fixed folder of managed policies on this operating system."""
    return PolicyFolder((folder_of or _system_folder)())


def _system_folder() -> Path:
    if sys.platform == "win32":
        from desktop.settings.windows_file_owner import program_data

        return program_data() / "Fairlead"
    if sys.platform == "darwin":
        return Path("/Library/Application Support/Fairlead")
    return Path("/etc/fairlead")
