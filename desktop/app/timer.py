"""What an operating system is told so that it runs what is due: units, an agent, a task; as texts.

Pure. The texts come from `resources/schedule/`, never hold a secret, and quote every path.
"""

import re
import subprocess
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

from desktop.kit.errors import BadInput
from desktop.kit.resource import resource

_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class TimerOrder:
    """What is to run every five minutes.

    `id` tells the workspaces of one person apart, also after a change of name; `environment` is
    where Fairlead's files are, if not in the usual place.
    """

    workspace: str
    id: str
    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def unit(self) -> str:
        """The name of the systemd units, without their endings."""
        return f"fairlead-sync-{self.id}"

    @property
    def label(self) -> str:
        """What launchd calls it."""
        return f"app.fairlead.sync.{self.id}"

    @property
    def task(self) -> str:
        """What Windows calls it."""
        return f"Fairlead\\Sync {self.id}"


def systemd_units(order: TimerOrder) -> Mapping[str, str]:
    """The files of the user service and its timer, by name. Raises BadInput."""
    if set(order.command[0]) & set("\"'\\"):
        # systemd itself refuses such a program, however it is quoted.
        raise _unusable(order.command[0])
    values = {
        "workspace": order.workspace,
        "command": " ".join(_for_systemd(part) for part in order.command),
        "environment": "\n".join(
            f"Environment={_for_systemd(f'{name}={value}')}" for name, value in order.environment
        ),
    }
    return {
        f"{order.unit}{ending}": _filled(f"fairlead-sync{ending}", values)
        for ending in (".service", ".timer")
    }


def launchd_agent(order: TimerOrder) -> Mapping[str, str]:
    """The agent's file, by name. Raises BadInput."""
    strings = (f"\t\t<string>{_for_xml(part)}</string>" for part in order.command)
    pairs = (
        f"\t\t<key>{_for_xml(name)}</key>\n\t\t<string>{_for_xml(value)}</string>"
        for name, value in order.environment
    )
    values = {
        "label": order.label,
        "command": "\n".join(strings),
        "environment": "\n".join(pairs),
    }
    return {f"{order.label}.plist": _filled("fairlead-sync.plist", values)}


def windows_task(order: TimerOrder) -> str:
    """The task as XML; it is stored as UTF-16. Raises BadInput.

    A task has no environment of its own: it has the account's.
    """
    program, *arguments = order.command
    values = {
        "workspace": _for_xml(order.workspace),
        "program": _for_xml(program),
        "arguments": _for_xml(subprocess.list2cmdline(arguments)),
    }
    return _filled("fairlead-sync.xml", values)


def _filled(name: str, values: Mapping[str, str]) -> str:
    """The template with every place filled, in one pass: what is filled in is not looked at."""
    text = resource("schedule", name).read_text(encoding="utf-8")
    return _PLACE.sub(lambda found: values[found[1]], text)


def _for_systemd(text: str) -> str:
    """One word of a unit file: quoted, and no specifier (systemd.service(5), “Quoting”)."""
    _require_plain(text)
    inside = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{inside}"'


def _for_xml(text: str) -> str:
    _require_plain(text)
    return escape(text)


def _require_plain(text: str) -> None:
    for c in text:
        if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in "\ufffe\uffff":
            raise _unusable(text)


def _unusable(path: str) -> BadInput:
    return BadInput(
        "A path holds a line break, a quote or another character that a timer cannot carry.",
        path.encode("unicode_escape").decode(),
        "Move it to a folder with a plain name.",
    )
