"""The log files of detached run processes: one a start, read for its last lines, then deleted."""

import contextlib
import tempfile
from pathlib import Path

LOG_FOLDER = "runs"
_MAX_AGE_S = 14 * 86_400.0
_MAX_FILES = 200
_MAX_TAIL_BYTES = 4000
_TAIL_LINES = 3


def create_log_file(logs: Path, kind: str) -> tuple[int, Path]:
    """Create a run process's log `runs/KIND-*.log` under `logs`; returns descriptor and path.

    A file for each start: two runs that end at once must not mix their lines. Raises OSError.
    """
    folder = logs / LOG_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f"{kind}-", suffix=".log", dir=folder)
    return handle, Path(name)


def read_last_lines(path: Path) -> str:
    """Return the last three lines of a run's log as one; empty where there is no such file."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - _MAX_TAIL_BYTES))
            text = log.read().decode(errors="replace")
    except OSError:
        return ""
    return " ".join([line.strip() for line in text.splitlines() if line.strip()][-_TAIL_LINES:])


def delete_old_logs(logs: Path, now: float) -> int:
    """Delete logs of run processes after two weeks and beyond the newest 200; returns how many.

    `now` is Unix seconds, compared with the files' times of last change.
    """
    files: list[tuple[float, Path]] = []
    for path in (logs / LOG_FOLDER).glob("*.log"):
        # Another window tidies up too.
        with contextlib.suppress(OSError):
            files.append((path.stat().st_mtime, path))
    files.sort(reverse=True)
    deleted = 0
    for index, (changed_at, path) in enumerate(files):
        if index >= _MAX_FILES or now - changed_at > _MAX_AGE_S:
            # Where a run still holds it open (Windows), it stays until the next time.
            with contextlib.suppress(OSError):
                path.unlink()
                deleted += 1
    return deleted
