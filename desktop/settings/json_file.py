"""Reads and writes Fairlead's small JSON files: validated, replaced atomically, mode 0600."""

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from desktop.kit.errors import InvalidInput, StorageError
from desktop.model.json_value import Json

# A settings file has some KB; parsing gigabytes would hang the start.
_LARGEST_BYTES = 2_000_000


def read_json_object(path: Path) -> Mapping[str, Json] | None:
    """Read the object in one of our JSON files, or None when there is no such file.

    Raises InvalidInput when it is not JSON or no object, StorageError when it cannot be read.
    """
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise InvalidInput(f"{path.name} is larger than such a file can be.")
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise inaccessible_path_error(path, error) from error
    return parse_json_object(raw, path.name)


def parse_json_object(raw: bytes, what: str) -> Mapping[str, Json]:
    """Parse a file's JSON object. Raises InvalidInput that names `what` otherwise."""
    try:
        # Python also reads NaN and Infinity, which nobody else writes or reads.
        document = json.loads(raw, parse_constant=_reject_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{what} is not valid JSON.", _error_position(error)) from error
    if not isinstance(document, dict):
        raise InvalidInput(f"{what} must hold a JSON object.")
    return document


def write_json_object(path: Path, document: Mapping[str, Json]) -> None:
    """Replace one of our JSON files atomically: a crash leaves the old or the new one whole."""
    write_text_atomically(path, json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def write_text_atomically(path: Path, text: str) -> None:
    """Replace a text file of ours atomically; every line ends with a line feed."""
    temporary: str | None = None
    try:
        # mkstemp makes it 0600 from the start, whatever the umask.
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            # Without it a power cut may leave the new name with no content (ext4, delayed
            # allocation).
            os.fsync(file.fileno())
        # Atomic on POSIX and Windows, and within one folder always on one disk.
        Path(temporary).replace(path)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
        raise StorageError(
            f"{path.name} could not be saved: {error.strerror or 'the disk refused it'}.",
            "Nothing was changed.",
            f"See whether {path.parent} can be written to and the disk has room.",
        ) from error


def move_damaged_file_aside(path: Path, now: float) -> Path:
    """Rename a damaged settings file to `NAME.broken-<Unix seconds>`: nothing is lost."""
    aside = path.with_name(f"{path.name}.broken-{int(now)}")
    try:
        path.replace(aside)
    except OSError as error:
        raise inaccessible_path_error(path, error) from error
    return aside


def inaccessible_path_error(path: Path, error: OSError) -> StorageError:
    """Return the error for a file or folder of ours that cannot be used, with the reason."""
    return StorageError(
        f"{path} cannot be used: {error.strerror or 'the disk refused it'}.",
        "Fairlead keeps its settings and databases there.",
        "Give your account the right to read and write it, or set FAIRLEAD_HOME to a folder "
        "where it has that right.",
    )


def _reject_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _error_position(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"Line {error.lineno}, column {error.colno}."
    return ""
