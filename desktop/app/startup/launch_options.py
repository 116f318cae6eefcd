"""What a start of the window was asked for."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop.app.window_lifecycle import WindowLifecycle


@dataclass(frozen=True)
class LaunchOptions:
    """What a start was asked for. `first_paint` ends it as soon as the window stands.

    `lent`: environment variables for the runs it starts, where their secrets are in memory.
    """

    argument: str = ""
    exit_after_first_paint: bool = False
    tour: Callable[["WindowLifecycle"], Awaitable[None]] | None = None
    workspace_label: str = ""
    search_examples: tuple[str, ...] = ()
    run_environment: Mapping[str, str] = field(default_factory=dict, repr=False)
