"""A new workspace store as a copy of one that was made once: making one runs every migration."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from desktop.store.workspace_store import WorkspaceStore, open_store


def open_fresh_store(folder: Path) -> WorkspaceStore:
    """Open an empty store in `folder`, which holds none yet."""
    copy_fresh_store(folder)
    return open_store(folder)


def copy_fresh_store(folder: Path) -> None:
    """Put the files of an empty store into `folder`, which holds none yet."""
    shutil.copytree(_template(), folder, dirs_exist_ok=True)


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="fairlead-store-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    open_store(folder).close()
    return folder
