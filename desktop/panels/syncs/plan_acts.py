"""What a preview's buttons ask before they act: the confirmation, the approval, the file."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.kit.errors import AppError
from desktop.model.plan import Consequence
from desktop.panels.parts.dialog import Question
from desktop.panels.syncs.approval_dialog import ApprovalDialog
from desktop.viewmodels.syncs.plan import PlanModel
from desktop.viewmodels.syncs.plan_sift import Sift
from desktop.viewmodels.syncs.plan_view import Notice, PlanView

_FORMS = {"CSV table (*.csv)": "csv", "JSON (*.json)": "json"}


class PlanActs(QObject):
    """Belongs to the tab, over which its dialogs stand."""

    def __init__(self, model: PlanModel, tab: QWidget) -> None:
        super().__init__(tab)
        self._model = model
        self._tab = tab
        self._breach = ""
        self._question: Question | None = None
        self._approval: ApprovalDialog | None = None
        self._files: QFileDialog | None = None

    def causes(self, view: PlanView) -> tuple[Notice, ...]:
        """The causes of corrections as links."""
        return tuple(
            Notice(cause, f"{count:,} {cause or 'other'}", count) for cause, count in view.causes
        )

    def filter_cause(self, cause: str) -> None:
        """Only this cause; again: all of them."""
        sift = self._model.sift
        self._model.filter(replace(sift, cause="" if sift.cause == cause else cause))

    def search(self, text: str) -> None:
        """Rows with this text."""
        self._model.filter(replace(self._model.sift, text=text.strip()))

    def on_stop(self, act: str) -> None:
        """What the banner of a limit offers."""
        view = self._model.view()
        if view is None or view.stop is None:
            return
        self._breach = view.stop.breach
        if act == "show":
            self._model.filter(Sift(consequence=Consequence(self._breach)))
        elif act == "allow":
            title, message = self._model.confirm_allow(self._breach)
            self._ask(Question(
                self._tab, title, message, confirm="Allow once", cancel="Cancel"
            ), self._on_allowed)  # fmt: skip
        elif act == "ask":
            self._approval = ApprovalDialog(view.stop.title, self._tab)
            self._approval.given.connect(self._on_given)
            self._approval.finished.connect(self._on_approval_closed)
            self._approval.open()

    def write(self) -> None:
        """Write what is ticked; for many it is asked first, for very many the number is typed."""
        view = self._model.view()
        if view is None or view.write_why_not:
            return
        asked = view.confirmation
        if asked is None:
            self._model.write()
            return
        self._ask(
            Question(
                self._tab,
                asked.title,
                asked.message,
                confirm=asked.confirm,
                cancel="Cancel",
                detail=asked.detail,
                typed=asked.typed,
                typed_prompt=f"Type {asked.typed} to confirm." if asked.typed else "",
            ),
            self._model.write,
        )

    def export(self) -> None:
        """Choose a file for what is shown."""
        dialog = QFileDialog(self._tab, "Export the rows")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(list(_FORMS))
        dialog.setDefaultSuffix("csv")
        dialog.selectFile("fairlead-preview.csv")
        dialog.filterSelected.connect(self._on_form)
        dialog.fileSelected.connect(self._on_file)
        dialog.finished.connect(dialog.deleteLater)
        self._files = dialog
        dialog.open()

    def _ask(self, question: Question, act: Callable[[], None]) -> None:
        question.accepted.connect(act)
        question.finished.connect(question.deleteLater)
        self._question = question
        question.open()

    def _on_allowed(self) -> None:
        self._model.allow(self._breach)

    def _on_given(self, email: str, token: str) -> None:
        self._model.tasks.start("approval", self._approve(email, token))

    async def _approve(self, email: str, token: str) -> None:
        dialog = self._approval
        try:
            await self._model.allow_by_other(self._breach, email, token)
        except AppError as error:
            if dialog is not None and dialog is self._approval:
                dialog.show_trouble(str(error))
            return
        if dialog is not None and dialog is self._approval:
            dialog.accept()

    def _on_approval_closed(self) -> None:
        dialog, self._approval = self._approval, None
        if dialog is not None:
            dialog.token.clear()
            dialog.deleteLater()

    def _on_form(self, name: str) -> None:
        if self._files is not None:
            self._files.setDefaultSuffix(_FORMS.get(name, "csv"))

    def _on_file(self, path: str) -> None:
        self._model.export(path, "json" if path.lower().endswith(".json") else "csv")
