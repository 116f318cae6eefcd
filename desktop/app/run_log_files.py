"""What detached runs say: a small file for each start, forgotten after some weeks."""

import contextlib
import tempfile
from pathlib import Path

LOG_FOLDER = "runs"
_MAX_AGE_S = 14 * 86_400.0
_MAX_FILES = 200
_MAX_TAIL_BYTES = 4000
_TAIL_LINES = 3


def create_log_file(logs: Path, kind: str) -> tuple[int, Path]:
    """A file of its own for one start, open for writing, and where it lies. Raises OSError."""
    folder = logs / LOG_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f"{kind}-", suffix=".log", dir=folder)
    return handle, Path(name)


def read_last_lines(path: Path) -> str:
    """The last lines that were said, in one; empty where there are none."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - _MAX_TAIL_BYTES))
            said = log.read().decode(errors="replace")
    except OSError:
        return ""
    return " ".join([line.strip() for line in said.splitlines() if line.strip()][-_TAIL_LINES:])


def delete_old_logs(logs: Path, now: float) -> int:
    """Remove what is older than two weeks, and the oldest beyond some hundred; gives how many."""
    found: list[tuple[float, Path]] = []
    for path in (logs / LOG_FOLDER).glob("*.log"):
        # Another window tidies up too.
        with contextlib.suppress(OSError):
            found.append((path.stat().st_mtime, path))
    found.sort(reverse=True)
    gone = 0
    for place, (at, path) in enumerate(found):
        if place >= _MAX_FILES or now - at > _MAX_AGE_S:
            # Where a run still holds it open (Windows), it stays until the next time.
            with contextlib.suppress(OSError):
                path.unlink()
                gone += 1
    return gone
