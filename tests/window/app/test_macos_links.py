"""`fairlead://` links as macOS hands them to an open app; other systems start a second process."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QFileOpenEvent
from pytestqt.qtbot import QtBot

from desktop.app.startup.link_event_filter import LinkEventFilter


@pytest.fixture
def links(qtbot: QtBot) -> Iterator[LinkEventFilter]:
    del qtbot  # makes the application
    application = QCoreApplication.instance()
    assert application is not None
    link_filter = LinkEventFilter(application)
    yield link_filter
    application.removeEventFilter(link_filter)


def send(address: QUrl) -> None:
    application = QCoreApplication.instance()
    assert application is not None
    QCoreApplication.sendEvent(application, QFileOpenEvent(address))


def test_link_of_the_scheme_is_handed_over(links: LinkEventFilter) -> None:
    heard: list[str] = []
    links.link_received.connect(heard.append)
    send(QUrl("fairlead://ticket/48213"))
    assert heard == ["fairlead://ticket/48213"]


def test_files_and_other_addresses_are_left_alone(links: LinkEventFilter) -> None:
    heard: list[str] = []
    links.link_received.connect(heard.append)
    send(QUrl.fromLocalFile("/tmp/customers.csv"))
    send(QUrl("https://acme.zendesk.com/agent/tickets/48213"))
    assert heard == []
