"""One application, dressed once for all tests of the parts; each test puts the theme back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from desktop.panels.theme.application_theme import ApplicationTheme, ThemeChoice

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the offscreen platform say that it keeps no minimum sizes: no other message passes."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.qt_log_ignore("does not support propagateSizeHints"))


@pytest.fixture(scope="session")
def dressed(qapp: QApplication) -> ApplicationTheme:
    return ApplicationTheme(qapp)


@pytest.fixture
def theme(dressed: ApplicationTheme) -> Iterator[ApplicationTheme]:
    dressed.choose(ThemeChoice.LIGHT)
    yield dressed
    dressed.choose(ThemeChoice.LIGHT)


@pytest.fixture(autouse=True)
def _in_theme(theme: ApplicationTheme) -> None:
    """Every part is drawn in the theme it was made for."""
