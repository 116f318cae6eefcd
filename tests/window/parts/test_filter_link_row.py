"""Links above a preview's rows: read whole in every width."""

import pytest
from pytestqt.qtbot import QtBot

from desktop.panels.syncs.filter_link_row import FilterLinkRow
from desktop.panels.widgets.link_button import LinkButton
from desktop.viewmodels.syncs.plan_view import PlanConsequenceView

LONG = "The open tickets of 10 people get the tag “sailthru_highvalue” and start two triggers"


@pytest.mark.parametrize("width", [900, 340, 200])
def test_consequence_is_read_whole_in_every_width(qtbot: QtBot, width: int) -> None:
    row = FilterLinkRow("What people will notice")
    qtbot.addWidget(row)
    entries = (PlanConsequenceView("a", LONG, 10), PlanConsequenceView("b", "44 join VIP", 44))
    row.show_links(entries, "")
    row.resize(900, 100)
    row.show()
    row.resize(width, row.heightForWidth(width))
    row.layout().activate()  # type: ignore[union-attr]
    links = row.findChildren(LinkButton)
    assert [link.accessibleName() for link in links] == [LONG, "44 join VIP"]
    for link in links:
        assert link.plain_text().replace("\n", " ") == link.accessibleName()
        assert link.geometry().right() <= row.width()
        assert link.width() >= link.sizeHint().width()
        assert link.height() >= link.sizeHint().height()
    assert ("\n" in links[0].plain_text()) is (width < 500)
    assert row.heightForWidth(width) >= max(link.geometry().bottom() for link in links)
