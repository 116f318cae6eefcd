"""The palette's commands that choose the window's appearance: light, dark, or the system's."""

from collections.abc import Callable, Iterator
from functools import partial

from desktop.kit.errors import AppError
from desktop.settings.settings_table import WINDOW_THEME
from desktop.viewmodels.command_synonyms import synonyms_of
from desktop.viewmodels.palette_command import PaletteCommand
from desktop.viewmodels.workspace_settings_protocol import WorkspaceSettingsProtocol


def build_appearance_commands(
    workspace: WorkspaceSettingsProtocol, show_error: Callable[[AppError], None]
) -> Iterator[PaletteCommand]:
    """Yield a palette command for each choice of the setting Appearance."""
    current = workspace.values.get(WINDOW_THEME)
    for choice in WINDOW_THEME.choices:
        yield PaletteCommand(
            f"{WINDOW_THEME.label}: {choice.capitalize()}",
            partial(_choose, workspace, choice, show_error),
            disabled_reason="It is set already." if choice == current else "",
            keywords=synonyms_of("theme"),
        )


def _choose(
    workspace: WorkspaceSettingsProtocol, choice: str, show_error: Callable[[AppError], None]
) -> None:
    try:
        workspace.change_settings({WINDOW_THEME.key: choice})
    except AppError as error:
        show_error(error)
