"""Draws every part and a whole sheet in both themes to PNG: `python gallery.py DIR`."""

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from desktop.panels.theme import fonts
from desktop.panels.theme.application_theme import ApplicationTheme, ThemeChoice
from desktop.panels.widgets.avatar import Avatar
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.button import (
    danger_button,
    icon_button,
    primary_button,
    quiet_button,
    secondary_button,
)
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.chip import Chip
from desktop.panels.widgets.dot_rating import DotRating
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.key_value_table import KeyValueRow, KeyValueTable
from desktop.panels.widgets.label import elided_label, label
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.navigation_rail import NavigationRail
from desktop.panels.widgets.number_field import NumberField
from desktop.panels.widgets.radio_row import RadioRow
from desktop.panels.widgets.responsive_columns import ResponsiveColumns, ResponsiveColumnsScrollArea
from desktop.panels.widgets.search_field import SearchField
from desktop.panels.widgets.segmented_control import SegmentedControl
from desktop.panels.widgets.status_bar import StatusBar
from desktop.panels.widgets.switch import Switch
from desktop.panels.widgets.switch_row import SwitchRow
from desktop.panels.widgets.toast_manager import ToastManager
from desktop.panels.widgets.workspace_color_bar import WorkspaceColorBar

COLUMN_LAYOUTS = {
    3: (("optout", "value"), ("lists", "tickets", "zendesk"), ("engagement", "timeline", "data")),
    2: (("optout", "value", "zendesk", "data"), ("lists", "tickets", "engagement", "timeline")),
    1: (("optout", "lists", "tickets", "timeline", "engagement", "data"),),
}


def hbox(*items: object, spacing: int = 8) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(spacing)
    for item in items:
        if isinstance(item, QWidget):
            row.addWidget(item)
        elif isinstance(item, int):
            row.addStretch(item)
        else:
            row.addLayout(item)  # type: ignore[arg-type]
    return row


def optout() -> Card:
    card = Card("Opt-out")
    card.set_note("Sailthru · just now")
    card.add(RadioRow("none", "Gets everything"))
    chosen = RadioRow("basic", "No marketing e-mail", note="receipts, resets still arrive")
    card.add(chosen)
    box = QFrame()
    box.setProperty("ground", "accent")
    column = QVBoxLayout(box)
    column.setContentsMargins(10, 9, 10, 9)
    column.setSpacing(8)
    combo = QComboBox()
    combo.setAccessibleName("Reason")
    combo.addItems(["Customer asked, #48213", "Complaint"])
    column.addLayout(hbox(label("Reason"), combo, 1))
    column.addLayout(hbox(primary_button("Stop marketing e-mail"), label("Ctrl+Enter", "small"), 1))
    card.add(4)
    card.add(box)
    card.add(4)
    card.add(RadioRow("all", "No e-mail at all", note="not even password resets"))
    chosen.set_selected(True)
    sms = KeyValueTable()
    sms.set_rows([KeyValueRow("Text messages", "", "opted in, separate")])
    card.add(sms)
    card.add(hbox(LinkButton("Fewer instead: leave some lists…"), LinkButton("Pause 30 days"), 1))
    card.add(3)
    card.add(
        label(
            "They may have unsubscribed from single e-mails; Sailthru doesn't show which.",
            "note",
            wrap=True,
        )
    )
    card.show_content()
    return card


def lists() -> Card:
    card = Card("Lists")
    card.set_note("member of 3, 1 computed")
    for name, note in (
        ("Newsletter", "since 2 Mar 2024"),
        ("VIP Offers", "since 18 Jan 2025"),
        ("Winback", "waiting 7 s"),
        ("Product news", "since 4 May 2025"),
    ):
        row = SwitchRow(name, note=note)
        row.switch.set_value(True)
        row.switch.set_waiting(name == "Winback", "Wanted: on. Not sent yet.")
        card.add(row)
    fixed = SwitchRow("zendesk-sync-smart", note="member, computed by Sailthru")
    fixed.set_read_only(True)
    card.add(fixed)
    card.add(3)
    card.add(
        label(
            "You have 10 s to undo. Then Sailthru may start e-mail flows.",
            "note",
            wrap=True,
        )
    )
    return card


def tickets() -> Card:
    card = Card("Tickets")
    card.set_note("3 unsolved of 11")
    grid = QGridLayout()
    grid.setHorizontalSpacing(8)
    grid.setVerticalSpacing(2)
    grid.setColumnStretch(1, 1)
    rows = (
        ("#48213", "Too many emails", "open", "12 min"),
        ("#48102", "Where is my parcel?", "pending", "2 d"),
        ("#47990", "Refund for order 1182", "open", "6 d"),
        ("#46011", "Change of address", "solved", "41 d"),
    )
    for place, (number, subject, state, age) in enumerate(rows):
        grid.addWidget(label(number, "muted"), place, 0)
        grid.addWidget(elided_label(subject), place, 1)
        grid.addWidget(Chip(state.capitalize(), state, min_width=70), place, 2)  # type: ignore[arg-type]
        when = elided_label(age, "small", align_right=True)
        when.setMinimumWidth(40)
        grid.addWidget(when, place, 3)
        grid.setRowMinimumHeight(place, 24)
    card.add(grid)
    card.add(hbox(LinkButton("7 older"), 1, LinkButton("Open in Zendesk")))
    return card


def facts(title: str, note: str, rows: list[KeyValueRow], *, borderless: bool = False) -> Card:
    card = Card(title, borderless=borderless)
    card.set_note(note)
    table = KeyValueTable(title)
    table.set_rows(rows)
    card.add(table)
    return card


def value() -> Card:
    card = Card("Customer value")
    card.set_note("1–4, from Sailthru today")
    scale = DotRating("Customer value")
    scale.set_value(4, "4 of 4")
    card.add(hbox(label("4 of 4", "figure"), scale, 1))
    card.add(4)
    card.add(label("$1,240 predicted revenue, next 365 days"))
    card.add(3)
    card.add(label("Sailthru's highest segment", "small"))
    return card


def timeline() -> Card:
    card = Card("Timeline")
    card.set_corner_widget(LinkButton("Why opted out?"))
    table = KeyValueTable("Timeline", label_width=50, small_labels=True)
    table.set_rows(
        [
            KeyValueRow("10:31", "Ticket #48213 opened"),
            KeyValueRow("19 Nov", "Clicked “November picks”"),
            KeyValueRow("19 Nov", "Last open (may be automatic)"),
            KeyValueRow("3 Nov", "Health set to Neutral by Kim"),
            KeyValueRow("3 Nov", "Sync to Sailthru switched on by Kim"),
            KeyValueRow("4 May", "Joined Product news, changed elsewhere"),
            KeyValueRow("18 Jan", "Joined VIP Offers"),
        ]
    )
    card.add(table)
    return card


def cards() -> dict[str, Card]:
    zendesk = facts(
        "Zendesk",
        "just now",
        [
            KeyValueRow("Organisation", "Lopez & Daughters"),
            KeyValueRow("Phone", "+1 555 0134"),
            KeyValueRow("Other e-mail", "m.lopez@work.example"),
            KeyValueRow("Tags", "vip, lisbon"),
        ],
        borderless=True,
    )
    sync = SwitchRow("Sync to Sailthru", note="copied at the next run", muted=True)
    sync.switch.set_value(True)
    zendesk.add(sync)
    data = facts(
        "Profile data",
        "14 from Zendesk and Sailthru",
        [
            KeyValueRow("first_name", "Maria", "Zendesk"),
            KeyValueRow("last_ticket_id", "48213", "Zendesk"),
            KeyValueRow("ltv", "3039", "Sailthru"),
        ],
        borderless=True,
    )
    data.add(hbox(LinkButton("Show all 14"), 1))
    engagement = facts(
        "Engagement",
        "clicked in the last 7 days",
        [
            KeyValueRow("Last open", "today 08:12", "2 h"),
            KeyValueRow("Last click", "19 Nov 17:40", "2 d"),
            KeyValueRow("Last pageview", "19 Nov 17:41", "2 d"),
            KeyValueRow("Last purchase", "2 Nov, $86.00", "19 d"),
            KeyValueRow("Signed up", "2 Mar 2024", "21 mo"),
            KeyValueRow("Lifetime", "412 opens, 96 clicks, 9 purchases"),
        ],
    )
    return {
        "optout": optout(),
        "value": value(),
        "lists": lists(),
        "tickets": tickets(),
        "zendesk": zendesk,
        "engagement": engagement,
        "timeline": timeline(),
        "data": data,
    }


def health() -> SegmentedControl:
    control = SegmentedControl(
        "Health", [("neutral", "Neutral"), ("happy", "Happy"), ("frustrated", "Frustrated")]
    )
    control.set_value("neutral")
    return control


def wide_header() -> QHBoxLayout:
    names = hbox(
        label("Maria Lopez", "heading"),
        Chip("Engagement: Active", "ok", large=True),
        Chip("High value", "info", large=True, tip="sailthru_highvalue"),
        1,
    )
    below = hbox(
        label("maria@lopez.example", selectable=True),
        LinkButton("Change e-mail…"),
        elided_label("· Sailthru: same address · from #48213 “Too many emails”, open", "muted"),
        1,
    )
    middle = QVBoxLayout()
    middle.setSpacing(0)
    middle.addLayout(names)
    middle.addLayout(below)
    right = QVBoxLayout()
    right.setSpacing(3)
    right.addLayout(hbox(label("Health", "small"), 1, label("set by Kim, 3 Nov", "small")))
    control = health()
    control.setMinimumWidth(fonts.scaled(270))
    right.addWidget(control)
    return hbox(Avatar("ML"), middle, 1, right, spacing=12)


def narrow_header() -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(4)
    column.addLayout(
        hbox(label("Maria Lopez", "heading"), 1, Chip("High value", "info", large=True))
    )
    column.addLayout(
        hbox(
            elided_label("maria@lopez.example", "muted"),
            LinkButton("Change…"),
            1,
            Chip("Active", "ok", min_width=60),
        )
    )
    scale = DotRating("Customer value")
    scale.set_value(4, "4 of 4")
    column.addLayout(
        hbox(label("4 of 4", "strong"), scale, 1, label("$1,240 in 365 days", "small"))
    )
    column.addLayout(hbox(label("Health", "small"), 1, label("set by Kim, 3 Nov", "small")))
    column.addWidget(health())
    return column


class SheetMockup(QWidget):
    """The customers page from parts alone, with invented data."""

    def __init__(self, dark: bool, width: int, height: int) -> None:
        super().__init__()
        narrow = width < 480
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        line = WorkspaceColorBar()
        line.set_workspace("ACME · demo", "#e0b341" if dark else "#7d5600")
        outer.addWidget(line)
        row = QHBoxLayout()
        row.setSpacing(0)
        outer.addLayout(row, 1)
        if not narrow:
            rail = NavigationRail("Pages")
            rail.add_page("customers", "Customers", "customers")
            rail.add_page("activity", "Activity", "activity")
            rail.add_page("settings", "Settings", "settings", bottom=True)
            rail.set_current("customers")
            rail.set_badge("activity", "2", "2 changes need you")
            row.addWidget(rail)
        page = QVBoxLayout()
        edge = 12 if narrow else 18
        page.setContentsMargins(edge, 11, edge, 0)
        page.setSpacing(10)
        row.addLayout(page, 1)
        self.search = SearchField(
            placeholder="Find a customer: e-mail, name, phone, #ticket, id",
            short_placeholder="Find a customer",
            shortcut="Ctrl K",
        )
        follow = Switch("Follow Zendesk", on=True)
        top = hbox(
            self.search, label("Following" if narrow else "Following Zendesk", "small"), follow
        )
        if not narrow:
            top.addWidget(label("ACME · demo", "small"))
        page.addLayout(top)
        page.addLayout(narrow_header() if narrow else wide_header())
        flow = ResponsiveColumns(COLUMN_LAYOUTS)
        for key, card in cards().items():
            if narrow and key in ("value", "zendesk"):
                card.setParent(self)
                card.hide()
                continue
            flow.add_card(key, card)
            if narrow and key not in ("optout", "lists"):
                card.set_foldable(True, ("folded", "unfolded"))
                card.set_folded(True)
        scroll = ResponsiveColumnsScrollArea(flow)
        page.addWidget(scroll, 1)
        bar = StatusBar("State")
        bar.set_service("zendesk", "Zendesk live", "live")
        bar.set_service("sailthru", "Sailthru live", "live")
        bar.set_note("waiting", "#48213" if narrow else "1 change waiting")
        page.addWidget(bar)
        self.resize(width, height)
        self.toaster = ToastManager(self, "{} more changes".format, [("undo", "Undo all")])
        if not narrow:
            self.toaster.show_toast(
                "winback",
                "Winback switched on",
                [("undo", "Undo"), ("note", "Add note to #48213")],
            )


class SampleMatches(QAbstractListModel):
    """Three invented matches."""

    ROWS = (
        ("Maria Lopez", "maria@lopez.example", "opened today", True),
        ("<img src=x> Lopez & Sons", "a < b and c > d", "", True),
        ("Create maria@lopez.example in Sailthru", "An agent may not create profiles", "", False),
    )

    def rowCount(self, _parent: QModelIndex | None = None) -> int:
        return len(self.ROWS)

    def data(self, index: QModelIndex, role: int = 0) -> object:
        place = {0: 0, 257: 1, 258: 2, 259: 3}.get(role)
        return None if place is None else self.ROWS[index.row()][place]


class AllWidgets(QWidget):
    """Each part in each of its states."""

    def __init__(self) -> None:
        super().__init__()
        flow = ResponsiveColumns({3: (("a", "b", "s"), ("c", "d"), ("e", "f")), 2: (), 1: ()})
        for key, card in self._cards().items():
            flow.add_card(key, card)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 14, 18, 0)
        banner = Banner()
        for _ in range(3):
            banner.show_message(
                "bad",
                "Sailthru did not answer",
                "Nothing was lost: 3 changes wait here and go out when it answers again.",
                "Look at the connection, or try again.",
                actions=[("retry", "Try again"), ("copy", "Copy details")],
                close="Close",
            )
        warn = Banner()
        warn.show_message(
            "warn",
            "Nothing written. 231 people would start getting marketing e-mail; your limit is 200.",
            actions=[("show", "Show the 231"), ("ask", "Ask for approval…")],
        )
        info = Banner()
        info.show_message("info", "You are offline", "What you change waits on this computer.")
        for part in (banner, warn, info):
            column.addWidget(part)
        column.addWidget(ResponsiveColumnsScrollArea(flow), 1)
        bar = StatusBar("State")
        bar.set_service("zendesk", "Zendesk slow", "slow")
        bar.set_service("sailthru", "Sailthru offline since 10:31", "offline")
        bar.set_service("sell", "Sell signed out", "signed_out")
        bar.set_note("budget", "Sailthru: 12 calls left until 10:45", "warn")
        bar.set_note("waiting", "3 changes waiting")
        column.addWidget(bar)
        self.resize(1280, 980)
        self.toaster = ToastManager(self, "{} more changes".format, [("undo", "Undo all")])

    def _cards(self) -> dict[str, Card]:
        a = Card("Buttons")
        off = primary_button("Write 841")
        off.set_enabled(False, "Tick a row first")
        a.add(
            hbox(
                primary_button("Save"),
                secondary_button("Preview"),
                quiet_button("Skip"),
                danger_button("Delete"),
                1,
            )
        )
        a.add(8)
        a.add(hbox(off, secondary_button("Undo & redo"), LinkButton("Show all 14"), 1))
        a.add(8)
        names = ("undo", "refresh", "copy", "open-external", "close", "pin", "key", "trash", "more")
        a.add(hbox(*(icon_button(name, name) for name in names), 1, spacing=2))
        self.focused = secondary_button("Focused")
        a.add(8)
        a.add(hbox(self.focused, 1))
        b = Card("Switches and choices")
        for name, on, waiting, enabled in (
            ("On", True, False, True),
            ("Off", False, False, True),
            ("Waiting, wanted on", True, True, True),
            ("Waiting, wanted off", False, True, True),
            ("Disabled on", True, False, False),
            ("Disabled off", False, False, False),
        ):
            row = SwitchRow(name, note="why it is so")
            row.switch.set_value(on)
            row.switch.set_waiting(waiting)
            row.switch.set_enabled(enabled, "Agents may not change this")
            b.add(row)
        for state in (None, "happy"):
            control = health()
            control.set_value(state)
            control.set_waiting(state is not None, "Wanted, not confirmed")
            b.add(6)
            b.add(control)
        radio = RadioRow("x", "A long label for a choice", note="and a note that is far too long")
        radio.set_selected(True)
        radio.set_waiting(True)
        b.add(radio)
        locked = RadioRow("y", "Not for you", note="agents may not")
        locked.set_enabled(False, "Agents may not")
        b.add(locked)
        c = Card("Chips and scales")
        for chunk in (
            ("ok", "warn", "bad", "info", "neutral"),
            ("new", "open", "pending", "hold"),
            ("solved", "closed"),
        ):
            c.add(hbox(*(Chip(s.capitalize(), s, min_width=70) for s in chunk), 1))  # type: ignore[arg-type]
            c.add(4)
        for count in (None, 1, 3, 4):
            scale = DotRating("Value")
            scale.set_value(count, f"{count} of 4" if count else "Not set")
            c.add(hbox(label(f"{count} of 4" if count else "Not set"), scale, 1))
        d = Card("Fields")
        spin = NumberField("Limit", 0, 999)
        edit = QLineEdit("A text")
        bad = QLineEdit("not an address")
        bad.setProperty("invalid", "true")
        area = QPlainTextEdit("A note of some length")
        area.setFixedHeight(60)
        combo = DropdownField("Reason", [("asked", "Customer asked"), ("spam", "Complaint")])
        disabled = QLineEdit("disabled")
        disabled.setEnabled(False)
        tick, partial = QCheckBox("Ticked"), QCheckBox("Partly")
        tick.setChecked(True)
        partial.setTristate(True)
        partial.setCheckState(Qt.CheckState.PartiallyChecked)
        for item in (spin, edit, bad, disabled, area, combo):
            d.add(item)
            d.add(6)
        d.add(hbox(tick, partial, QCheckBox("Not"), 1))
        e = Card("Loading")
        e.show_loading(4, "Loading")
        e._placeholder._draw_skeleton()
        f = Card("Failed")
        f.set_note("2 h old", "warn")
        f.show_failed(
            "Sailthru refused the key. What you see elsewhere is from 10:31.", "Try again"
        )
        s = Card("Long texts")
        table = KeyValueTable("Long")
        table.set_rows(
            [
                KeyValueRow(
                    "A very long label indeed",
                    "A value " * 20,
                    "note " * 6,
                    tip="21 Nov 2026 10:31",
                ),
                KeyValueRow("Markup", "<img src=x><b>bold</b> & co", tone="warn"),
            ]
        )
        s.add(table)
        return {"a": a, "b": b, "c": c, "d": d, "e": e, "f": f, "s": s}


def process_pending_events(app: QApplication) -> None:
    for _ in range(3):
        app.processEvents()


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    app = QApplication([])
    theme = ApplicationTheme(app)
    for choice in (ThemeChoice.LIGHT, ThemeChoice.DARK):
        theme.choose(choice)
        dark = choice is ThemeChoice.DARK
        for name, width, height in (
            ("customers", 1280, 820),
            ("narrow", 392, 860),
            ("medium", 900, 700),
        ):
            sheet = SheetMockup(dark, width, height)
            sheet.show()
            process_pending_events(app)
            sheet.grab().save(str(folder / f"{name}-{choice}.png"))
            sheet.close()
        parts = AllWidgets()
        parts.show()
        parts.activateWindow()
        parts.focused.setFocus()
        process_pending_events(app)
        for place in range(5):
            parts.toaster.show_toast(str(place), f"Change {place} made", [("undo", "Undo")])
        process_pending_events(app)
        parts.grab().save(str(folder / f"parts-{choice}.png"))
        parts.close()
        sheet = SheetMockup(dark, 1280, 820)
        sheet.search.set_model(SampleMatches())
        sheet.show()
        sheet.activateWindow()
        sheet.search.take_focus()
        sheet.search.setText("lopez")
        process_pending_events(app)
        sheet.search.show_popup()
        sheet.search.popup().move_selection(1)
        process_pending_events(app)
        sheet.grab().save(str(folder / f"search-{choice}.png"))
        sheet.close()
    theme.choose(ThemeChoice.LIGHT)
    app.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    save_png(app, SheetMockup(False, 1280, 820), folder / "mirrored.png")
    app.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    font = app.font()
    font.setPointSizeF(font.pointSizeF() * 2)
    app.setFont(font)
    process_pending_events(app)
    save_png(app, SheetMockup(False, 1280, 1000), folder / "large.png")


def save_png(app: QApplication, widget: QWidget, path: Path) -> None:
    widget.show()
    process_pending_events(app)
    widget.grab().save(str(path))
    widget.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "gallery"))
