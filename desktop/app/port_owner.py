"""Which program of this computer listens at a TCP port, as far as the system tells."""

import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# The state of a listening socket in /proc/net/tcp.
_LISTEN = "0A"


@dataclass(frozen=True)
class PortOwner:
    """A process that listens at a port; `words` is its command line, which may hold secrets."""

    pid: int
    words: tuple[str, ...]

    @property
    def label(self) -> str:
        """The process as people are told of it: its program alone, and its number."""
        return f"{Path(self.words[0]).name or 'a program'} (process {self.pid})"

    @property
    def is_intake(self) -> bool:
        """Whether the program at the port is `fairlead events serve`."""
        return "serve" in self.words and "events" in self.words


def find_port_owner(port: int) -> PortOwner | None:
    """Return what listens at a port, or None where the system does not tell."""
    # A set, not a comparison: mypy would call the other platforms unreachable.
    return _find_on_linux(port) if sys.platform in {"linux"} else _find_elsewhere(port)


def _find_on_linux(port: int) -> PortOwner | None:
    sockets = {f"socket:[{number}]" for number in _listening_inodes(port)}
    for process in Path("/proc").glob("[0-9]*"):
        # Other users' processes do not tell what they have open.
        with suppress(OSError):
            if any(str(one.readlink()) in sockets for one in (process / "fd").iterdir()):
                words = (process / "cmdline").read_text(errors="replace").strip("\0").split("\0")
                return PortOwner(int(process.name), tuple(words))
    return None


def _listening_inodes(port: int) -> list[str]:
    found = []
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                    found.append(fields[9])
    return found


def _find_elsewhere(port: int) -> PortOwner | None:
    # Here and not above: Linux needs none of it.
    import psutil

    with suppress(psutil.Error):
        for one in psutil.net_connections("tcp"):
            if (
                one.status == psutil.CONN_LISTEN
                and getattr(one.laddr, "port", 0) == port
                and one.pid
            ):
                return PortOwner(one.pid, tuple(psutil.Process(one.pid).cmdline() or [""]))
    return None
