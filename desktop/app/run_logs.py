"""What detached runs say: a small file for each start, forgotten after some weeks."""

import contextlib
import tempfile
from pathlib import Path

FOLDER = "runs"
_KEPT_S = 14 * 86_400.0
_KEPT = 200
_MOST_SAID = 4000
_LAST_LINES = 3


def new_log(logs: Path, kind: str) -> tuple[int, Path]:
    """A file of its own for one start, open for writing, and where it lies. Raises OSError."""
    folder = logs / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f"{kind}-", suffix=".log", dir=folder)
    return handle, Path(name)


def last_words(path: Path) -> str:
    """The last lines that were said, in one; empty where there are none."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - _MOST_SAID))
            said = log.read().decode(errors="replace")
    except OSError:
        return ""
    return " ".join([line.strip() for line in said.splitlines() if line.strip()][-_LAST_LINES:])


def forget_old(logs: Path, now: float) -> int:
    """Remove what is older than two weeks, and the oldest beyond some hundred; gives how many."""
    found: list[tuple[float, Path]] = []
    for path in (logs / FOLDER).glob("*.log"):
        # Another window tidies up too.
        with contextlib.suppress(OSError):
            found.append((path.stat().st_mtime, path))
    found.sort(reverse=True)
    gone = 0
    for place, (at, path) in enumerate(found):
        if place >= _KEPT or now - at > _KEPT_S:
            # Where a run still holds it open (Windows), it stays until the next time.
            with contextlib.suppress(OSError):
                path.unlink()
                gone += 1
    return gone
