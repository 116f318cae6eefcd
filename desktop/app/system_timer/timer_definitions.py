"""Renders the timer definitions of systemd, launchd and Windows that run due syncs, as texts.

Pure. The templates come from `resources/schedule/`;
no text holds a secret, and every path is quoted.
"""

import re
import subprocess
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

from desktop.kit.errors import InvalidInput
from desktop.kit.resource_files import resource_path

# `{name}` in a template; XML and unit files have no braces of their own.
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class TimerSpec:
    """The due-runs command of the system's timer, every five minutes, and its ids.

    `workspace_id` tells the workspaces of one user apart, also after a change of name;
    `environment` says where Fairlead's files are, if not in the usual place.
    """

    workspace: str
    workspace_id: str
    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def systemd_unit_name(self) -> str:
        """The name of both systemd units, without `.service` and `.timer`."""
        return f"fairlead-sync-{self.workspace_id}"

    @property
    def launchd_label(self) -> str:
        """The label of the timer's launchd agent, which is its file name too."""
        return f"app.fairlead.sync.{self.workspace_id}"

    @property
    def windows_task_name(self) -> str:
        """The path of the timer's task in the Windows task scheduler."""
        return f"Fairlead\\Sync {self.workspace_id}"


def render_systemd_units(spec: TimerSpec) -> Mapping[str, str]:
    """Render the systemd service and timer units, by file name. Raises InvalidInput."""
    if set(spec.command[0]) & set("\"'\\"):
        # systemd itself refuses such a program, however it is quoted.
        raise _unusable_path_error(spec.command[0])
    values = {
        "workspace": spec.workspace,
        "command": " ".join(_quote_for_systemd(part) for part in spec.command),
        "environment": "\n".join(
            f"Environment={_quote_for_systemd(f'{name}={value}')}"
            for name, value in spec.environment
        ),
    }
    return {
        f"{spec.systemd_unit_name}{ending}": _render_template(f"fairlead-sync{ending}", values)
        for ending in (".service", ".timer")
    }


def render_launchd_agent(spec: TimerSpec) -> Mapping[str, str]:
    """Render the launchd agent's property list, by file name. Raises InvalidInput."""
    strings = (f"\t\t<string>{_escape_for_xml(part)}</string>" for part in spec.command)
    pairs = (
        f"\t\t<key>{_escape_for_xml(name)}</key>\n\t\t<string>{_escape_for_xml(value)}</string>"
        for name, value in spec.environment
    )
    values = {
        "label": spec.launchd_label,
        "command": "\n".join(strings),
        "environment": "\n".join(pairs),
    }
    return {f"{spec.launchd_label}.plist": _render_template("fairlead-sync.plist", values)}


def render_windows_task(spec: TimerSpec) -> str:
    """Render the Windows task as XML, to be stored as UTF-16. Raises InvalidInput.

    A task has no environment of its own: it has the account's.
    """
    program, *arguments = spec.command
    values = {
        "workspace": _escape_for_xml(spec.workspace),
        "program": _escape_for_xml(program),
        "arguments": _escape_for_xml(subprocess.list2cmdline(arguments)),
    }
    return _render_template("fairlead-sync.xml", values)


def _render_template(name: str, values: Mapping[str, str]) -> str:
    """Fill a timer definition's placeholders in one pass: braces in a value stay as they are."""
    text = resource_path("schedule", name).read_text(encoding="utf-8")
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)


def _quote_for_systemd(text: str) -> str:
    """Quote one word of a systemd unit file, its % doubled (systemd.service(5))."""
    _require_printable(text)
    inside = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{inside}"'


def _escape_for_xml(text: str) -> str:
    _require_printable(text)
    return escape(text)


def _require_printable(text: str) -> None:
    for c in text:
        # Control characters, surrogates, line and paragraph separators: no format can quote them.
        if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in "\ufffe\uffff":
            raise _unusable_path_error(text)


def _unusable_path_error(path: str) -> InvalidInput:
    return InvalidInput(
        "A path holds a line break, a quote or another character that a timer cannot carry.",
        path.encode("unicode_escape").decode(),
        "Move it to a folder with a plain name.",
    )
