"""The window at its first paint: themed, in its remembered place, without any model."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

from desktop.app.startup.window_geometry import WindowGeometry
from desktop.panels.main_window import MainWindow, WorkspaceBadge
from desktop.panels.theme.application_theme import (
    Appearance,
    ApplicationTheme,
    ContrastChoice,
    DirectionChoice,
    ThemeChoice,
)
from desktop.settings import settings_table
from desktop.settings.effective_workspace_kind import shown_workspace_kind
from desktop.settings.settings_file import SettingsValues
from desktop.settings.workspace import Workspace

if TYPE_CHECKING:
    from desktop.app.window_lifecycle import WindowLifecycle


@dataclass(frozen=True)
class LaunchOptions:
    """The launch options of one start of the window.

    `argument` is looked up; `exit_after_first_paint` measures a start; `tour` runs once the
    window is connected, and ends it. `run_environment` are variables for the run processes the
    window starts, where their secrets are in memory only (the demo); never shown in a repr.
    `prebuilds_pages`: the customer sheet and the page Sync are built while the window idles;
    otherwise when they are first shown.
    """

    argument: str = ""
    exit_after_first_paint: bool = False
    tour: Callable[["WindowLifecycle"], Awaitable[None]] | None = None
    workspace_label: str = ""
    search_examples: tuple[str, ...] = ()
    run_environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    prebuilds_pages: bool = True


class StartupWindow:
    """The main window at start-up: theme and geometry from the settings, no database or model."""

    def __init__(
        self,
        app: QApplication,
        workspace: Workspace,
        values: SettingsValues,
        launch_options: LaunchOptions,
    ) -> None:
        self.app = app
        self._label = launch_options.workspace_label or workspace.name
        self._search_examples = launch_options.search_examples
        # Before the first widget: restyling a built window takes about a second.
        self.theme = ApplicationTheme(app, appearance=_appearance(values))
        self.main_window = MainWindow(self._workspace_badge(values))
        self.geometry = WindowGeometry(workspace.state_path, self.main_window)
        self.theme.changed.connect(self.main_window.adapt_to_theme)
        self._stays_on_top = values.get(settings_table.ALWAYS_ON_TOP)
        if shown_workspace_kind(values) is None:
            # The welcome would come over pages that nobody can use yet.
            self._set_parts_visible(pages=False, page_stack=False)

    def show_first_page(self, *, with_pages: bool) -> None:
        """Show what was held back of a workspace that was never set up; not yet without pages."""
        self._set_parts_visible(pages=with_pages, page_stack=True)

    def _set_parts_visible(self, *, pages: bool, page_stack: bool) -> None:
        window = self.main_window
        for part in (window.navigation_rail, window.top_bar, window.status_bar):
            part.setVisible(pages)
        # Its room stays: the line of the workspace's colour would stand in the window's middle.
        policy = window.page_stack.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        window.page_stack.setSizePolicy(policy)
        window.page_stack.setVisible(page_stack)

    def show(self) -> None:
        """Show the starting window where it was last time."""
        self.geometry.restore()
        if self._stays_on_top:
            self.main_window.set_stay_on_top(True)
        self.main_window.show()

    def apply_settings(self, values: SettingsValues) -> None:
        """Apply a changed appearance and workspace colour to the main window."""
        self.theme.use(_appearance(values))
        self.main_window.set_workspace_badge(self._workspace_badge(values))

    def _workspace_badge(self, values: SettingsValues) -> WorkspaceBadge:
        colour, kind = values.get(settings_table.WORKSPACE_COLOUR), shown_workspace_kind(values)
        if colour == settings_table.COLOUR_OF_KIND:
            colour = kind or ""
        return WorkspaceBadge(
            self._label, colour, kind.label if kind is not None else "", self._search_examples
        )


def _appearance(values: SettingsValues) -> Appearance:
    get = values.get
    return Appearance(
        ThemeChoice(get(settings_table.WINDOW_THEME)),
        ContrastChoice(get(settings_table.WINDOW_CONTRAST)),
        get(settings_table.WINDOW_ZOOM),
        DirectionChoice(get(settings_table.WINDOW_DIRECTION)),
    )
