"""The address of a team store: a PostgreSQL database, its login, and the team's own key.

`postgresql://LOGIN:PASSWORD@HOST:PORT/DATABASE#KEY`. The key proves what one desk tells another
and hides whom an entry is about; it stands in keyrings alone, never in the database.
"""

import ipaddress
import re
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from desktop.kit.errors import InvalidInput
from desktop.model.pasted_text import strip_around

DEFAULT_PORT = 5432
_SCHEMES = ("postgresql", "postgres")
_KEY = re.compile(r"[0-9a-f]{64}")
# All others could lead the connection elsewhere, weaken it, or change what a session may do.
_KNOWN_PARAMETERS = ("sslmode", "sslrootcert", "host")
_HOW = "It looks like postgresql://LOGIN:PASSWORD@HOST:5432/DATABASE."


@dataclass(frozen=True)
class TeamAddress:
    """Where a team store is and as whom it is used.

    `host` is a name, an IP address or a folder with a Unix socket; `root_certificate` a PEM file of
    who vouches for the server, "" for the system's own; `key` 64 hexadecimal digits, or "".
    """

    host: str
    database: str
    user: str
    password: str = field(default="", repr=False)
    port: int = DEFAULT_PORT
    root_certificate: str = ""
    key: str = field(default="", repr=False)

    @property
    def is_on_this_computer(self) -> bool:
        """Whether the team store's connection never leaves this computer."""
        if self.host.startswith("/") or self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def label(self) -> str:
        """The team store's place for a sentence, without anything secret."""
        port = "" if self.port == DEFAULT_PORT else f":{self.port}"
        return f"{self.host}{port}/{self.database}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What of a team store's address no log may hold."""
        return tuple(part for part in (self.password, self.key, self.text) if part)

    @property
    def text(self) -> str:
        """The address of a team store as one line, with its secrets: for the keyring alone."""
        login = quote(self.user, safe="")
        if self.password:
            login += f":{quote(self.password, safe='')}"
        is_folder = self.host.startswith("/")
        host = "" if is_folder else (f"[{self.host}]" if ":" in self.host else self.host)
        port = "" if self.port == DEFAULT_PORT else f":{self.port}"
        more = [f"host={quote(self.host, safe='')}"] if is_folder else []
        if self.root_certificate:
            more.append(f"sslrootcert={quote(self.root_certificate, safe='')}")
        query = f"?{'&'.join(more)}" if more else ""
        key = f"#{self.key}" if self.key else ""
        return f"postgresql://{login}@{host}{port}/{quote(self.database, safe='')}{query}{key}"

    def with_key(self, key: str) -> "TeamAddress":
        """Return the address of the team store with the team's key."""
        return replace(self, key=key)


def parse_team_address(text: str) -> TeamAddress:
    """Parse the address of a team store. Raises InvalidInput, which never repeats the address."""
    text, _, key = strip_around(text).partition("#")
    if key and not _KEY.fullmatch(key):
        raise _unusable(
            "What follows the # is not the team's key.",
            "It has 64 digits. Copy the whole line that `fairlead team invite` printed; in a"
            " password write %23 for #.",
        )
    try:
        parts = urlsplit(text)
        port = parts.port or DEFAULT_PORT
        given = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError as error:
        raise _unusable("It can't be read.", _HOW) from error
    parameters = dict(given)
    if parts.scheme not in _SCHEMES:
        raise _unusable("It is no address of PostgreSQL.", _HOW)
    for name in parameters:
        if name not in _KNOWN_PARAMETERS:
            raise _unusable(f"“{name[:40]}” can't be set in it.", "Leave it out.")
    host = unquote(parts.hostname or "") or parameters.get("host", "")
    database, user = unquote(parts.path.removeprefix("/")), unquote(parts.username or "")
    if not (host and database and user) or "," in host:
        raise _unusable("It names no host, no database or no login, or more than one host.", _HOW)
    found = TeamAddress(
        host,
        database,
        user,
        unquote(parts.password or ""),
        port,
        parameters.get("sslrootcert", ""),
        key,
    )
    mode = parameters.get("sslmode", "verify-full")
    if mode != "verify-full" and not found.is_on_this_computer:
        raise _unusable(
            "It asks for a connection whose other end is not checked.",
            "Leave sslmode out: off this computer a team store is reached by TLS with a checked"
            " certificate.",
        )
    return found


def _unusable(why: str, hint: str) -> InvalidInput:
    return InvalidInput("The address of the team store can't be used.", why, hint)
