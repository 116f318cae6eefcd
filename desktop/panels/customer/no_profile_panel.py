"""No Sailthru profile: the person's other addresses that have one, and Create."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.model.edit import EditKind
from desktop.model.overlay import pending
from desktop.model.sheet import PartState
from desktop.panels.customer.boxes import discard, line, stack
from desktop.panels.customer.panel import SheetPanel
from desktop.panels.parts.button import Button, primary, secondary
from desktop.panels.parts.label import elided, label
from desktop.panels.theme import fonts
from desktop.viewmodels.customer.header import OtherView
from desktop.viewmodels.sheet import SheetModel


class NoProfilePanel(SheetPanel):
    """Shown only where Sailthru has said that there is none, or other addresses have one."""

    def __init__(self, model: SheetModel, parent: QWidget | None = None) -> None:
        super().__init__("Sailthru profile", model, parent=parent)
        self._shown: tuple[OtherView, ...] | None = None
        self._words = label("", wrap=True)
        self.add(self._words)
        self._others = QVBoxLayout()
        self._others.setSpacing(fonts.scaled(4))
        self.add(self._others)
        self._create: Button = primary("Create profile")
        self._create.clicked.connect(model.edits.create_profile)
        self.add(4)
        self.add(line(self._create, 1))

    def refresh(self) -> None:
        """Show, or hide, the panel."""
        sheet = self.model.sheet
        if sheet is None or not sheet.found:
            self.hide()
            return
        view = self.model.views.header()
        absent = sheet.profile.value is None and sheet.profile.state is PartState.ABSENT
        needed = absent or bool(view.others)
        self.setVisible(needed)
        if not needed:
            return
        waiting = pending(sheet, EditKind.CREATE) is not None
        address = sheet.address or sheet.query.value
        if waiting:
            self._words.setText(f"The profile of {address} is being created.")
        elif absent:
            more = " Another address of this person has one:" if view.others else ""
            self._words.setText(f"Sailthru has no profile for {address}.{more}")
        else:
            self._words.setText("Other addresses of this person have profiles of their own:")
        self._create.setVisible(absent)
        allowed, why = self.model.create_verdict()
        self._create.set_enabled(allowed and not waiting, why or "It is being created.")
        if view.others != self._shown:
            self._shown = view.others
            while (item := self._others.takeAt(0)) is not None:
                widget = item.widget()
                if widget is not None:
                    discard(widget)
            for other in view.others:
                self._others.addWidget(_Other(other, self.model))


class _Other(QWidget):
    """One address with its profile, and the choice to show that one."""

    def __init__(self, view: OtherView, model: SheetModel) -> None:
        super().__init__()
        self._sid = view.sid
        self._model = model
        use = secondary("Use this one", name=f"Use the profile of {view.address}")
        use.set_tip("Shown for this person from now on. Nothing is written to Sailthru.")
        use.clicked.connect(self._on_use)
        row = line()
        row.addLayout(stack(elided(view.address), elided(view.note, "small")), 1)
        row.addWidget(use)
        self.setLayout(row)

    def _on_use(self) -> None:
        self._model.use_other(self._sid)
