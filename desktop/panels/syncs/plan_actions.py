"""What a preview's buttons ask before they act: the confirmation, the approval, the file."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.kit.errors import AppError
from desktop.model.sync_plan import Consequence
from desktop.panels.syncs.admin_approval_dialog import AdminApprovalDialog
from desktop.panels.widgets.confirmation_dialog import ConfirmationDialog
from desktop.viewmodels.syncs.plan_filter import PlanFilter
from desktop.viewmodels.syncs.plan_model import PlanModel
from desktop.viewmodels.syncs.plan_view import PlanConsequenceView, PlanView

_FILE_FORMATS = {"CSV table (*.csv)": "csv", "JSON (*.json)": "json"}


class PlanActions(QObject):
    """Belongs to the tab, over which its dialogs stand."""

    def __init__(self, model: PlanModel, tab: QWidget) -> None:
        super().__init__(tab)
        self._model = model
        self._tab = tab
        self._exceeded_limit = ""
        self._confirmation: ConfirmationDialog | None = None
        self._approval: AdminApprovalDialog | None = None
        self._file_dialog: QFileDialog | None = None

    def cause_links(self, view: PlanView) -> tuple[PlanConsequenceView, ...]:
        """The causes of corrections as links."""
        return tuple(
            PlanConsequenceView(cause, f"{count:,} {cause or 'other'}", count)
            for cause, count in view.causes
        )

    def filter_by_cause(self, cause: str) -> None:
        """Only this cause; again: all of them."""
        sift = self._model.plan_filter
        self._model.set_filter(replace(sift, cause="" if sift.cause == cause else cause))

    def filter_by_text(self, text: str) -> None:
        """Rows with this text."""
        self._model.set_filter(replace(self._model.plan_filter, text=text.strip()))

    def handle_limit_action(self, act: str) -> None:
        """What the banner of a limit offers."""
        view = self._model.view()
        if view is None or view.limit_stop is None:
            return
        self._exceeded_limit = view.limit_stop.breach
        if act == "show":
            self._model.set_filter(PlanFilter(consequence=Consequence(self._exceeded_limit)))
        elif act == "allow":
            title, message = self._model.allow_confirmation_texts(self._exceeded_limit)
            self._open_confirmation(ConfirmationDialog(
                self._tab, title, message, confirm="Allow once", cancel="Cancel"
            ), self._on_allowed)  # fmt: skip
        elif act == "ask":
            self._approval = AdminApprovalDialog(view.limit_stop.title, self._tab)
            self._approval.credentials_entered.connect(self._on_credentials_entered)
            self._approval.finished.connect(self._on_approval_closed)
            self._approval.open()

    def confirm_and_write(self) -> None:
        """Write what is ticked; for many it is asked first, for very many the number is typed."""
        view = self._model.view()
        if view is None or view.write_disabled_reason:
            return
        asked = view.confirmation
        if asked is None:
            self._model.write_plan()
            return
        self._open_confirmation(
            ConfirmationDialog(
                self._tab,
                asked.title,
                asked.message,
                confirm=asked.confirm_label,
                cancel="Cancel",
                detail=asked.detail,
                text_to_type=asked.text_to_type,
                type_prompt=f"Type {asked.text_to_type} to confirm." if asked.text_to_type else "",
            ),
            self._model.write_plan,
        )

    def choose_export_file(self) -> None:
        """Choose a file for what is shown."""
        dialog = QFileDialog(self._tab, "Export the rows")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(list(_FILE_FORMATS))
        dialog.setDefaultSuffix("csv")
        dialog.selectFile("fairlead-preview.csv")
        dialog.filterSelected.connect(self._on_format_selected)
        dialog.fileSelected.connect(self._on_file_selected)
        dialog.finished.connect(dialog.deleteLater)
        self._file_dialog = dialog
        dialog.open()

    def _open_confirmation(self, question: ConfirmationDialog, act: Callable[[], None]) -> None:
        question.accepted.connect(act)
        question.finished.connect(question.deleteLater)
        self._confirmation = question
        question.open()

    def _on_allowed(self) -> None:
        self._model.allow_limit(self._exceeded_limit)

    def _on_credentials_entered(self, email: str, token: str) -> None:
        self._model.tasks.start("approval", self._approve(email, token))

    async def _approve(self, email: str, token: str) -> None:
        dialog = self._approval
        try:
            await self._model.allow_limit_by_other_admin(self._exceeded_limit, email, token)
        except AppError as error:
            if dialog is not None and dialog is self._approval:
                dialog.show_error(str(error))
            return
        if dialog is not None and dialog is self._approval:
            dialog.accept()

    def _on_approval_closed(self) -> None:
        dialog, self._approval = self._approval, None
        if dialog is not None:
            dialog.token_field.clear()
            dialog.deleteLater()

    def _on_format_selected(self, name: str) -> None:
        if self._file_dialog is not None:
            self._file_dialog.setDefaultSuffix(_FILE_FORMATS.get(name, "csv"))

    def _on_file_selected(self, path: str) -> None:
        self._model.export_rows(path, "json" if path.lower().endswith(".json") else "csv")
