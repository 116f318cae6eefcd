"""Request log of `--log`: one JSON line for each request; scripts rely on its fields.

It holds everything a client sent, keys and secrets of the imitated accounts included.
"""

import json
from io import FileIO
from pathlib import Path

from desktop.sandbox.http_messages import SandboxRequest


class RequestLog:
    """Appends requests to the sandbox's log file (`--log`); without a file it does nothing."""

    def __init__(self, path: Path | None) -> None:
        # Unbuffered: a line reaches the file in one write, so nobody reads half of one.
        self._file: FileIO | None = path.open("ab", buffering=0) if path else None

    def write(self, request: SandboxRequest, status: int) -> None:
        """Append one request to the sandbox's log; status 0 means that no response was sent."""
        if self._file is None:
            return
        line = {
            "at": round(request.received_at, 6),
            "service": request.service,
            "method": request.method,
            "path": request.path,
            "query": request.raw_query,
            "headers": dict(request.headers),
            "body": request.body.decode("utf-8", "replace"),
            "status": status,
        }
        text = json.dumps(line, ensure_ascii=False) + "\n"
        self._file.write(text.encode("utf-8", "replace"))

    def close(self) -> None:
        """Close the sandbox's request log."""
        if self._file is not None:
            self._file.close()
