"""What Privacy offers over the customer sheet: the export, the drawer Erase, and their dialogs."""

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from desktop.kit.errors import AppError
from desktop.panels.customer.erasure_drawer import ErasureDrawer
from desktop.panels.widgets.admin_approval_dialog import AdminApprovalDialog
from desktop.panels.widgets.export_file_dialog import choose_folder
from desktop.viewmodels.customer.erasure_model import ErasureModel
from desktop.viewmodels.customer.person_export_model import PersonExportModel
from desktop.viewmodels.task_registry import TaskRegistry


class PrivacyActions(QObject):
    """Opens the dialogs of Privacy, and says what became of an export where somebody looks."""

    notice_posted = Signal(str, str)  # title and sentence, where the drawer is not open
    failed = Signal(object)  # AppError

    def __init__(
        self, erasure: ErasureModel, person_export: PersonExportModel, host: QWidget
    ) -> None:
        super().__init__(host)
        self._erasure = erasure
        self._export = person_export
        self._host = host
        self._tasks = TaskRegistry(self.failed.emit)
        self._approval: AdminApprovalDialog | None = None
        self.drawer = ErasureDrawer(erasure, host)
        self.drawer.export_requested.connect(self.choose_export_folder)
        self.drawer.report_requested.connect(self._choose_report_folder)
        self.drawer.approval_requested.connect(self._ask_other_admin)
        person_export.started.connect(self._on_started)
        person_export.saved.connect(self._on_saved)
        person_export.failed.connect(self._on_failed)
        erasure.report_saved.connect(self._on_report_saved)

    def choose_export_folder(self) -> None:
        """Open the dialog for the folder of an export, and export the customer shown."""
        choose_folder(
            self._host, "Export everything known of the customer", self._export.export_into
        )

    def close_drawer(self) -> None:
        """Close the drawer Erase for another customer, unless it shows one that was asked for."""
        # The customer's tab is closed when they are erased; how it ended is to be seen then.
        if not self._erasure.has_progress:
            self.drawer.close_drawer()

    def _choose_report_folder(self) -> None:
        choose_folder(self._host, "Save the report of the erasure", self._erasure.save_report)

    def _ask_other_admin(self) -> None:
        dialog = AdminApprovalDialog(
            self._erasure.approval_text(), self._host, button="Approve and erase"
        )
        self._approval = dialog
        dialog.credentials_entered.connect(self._on_credentials_entered)
        dialog.finished.connect(self._on_approval_closed)
        dialog.open()

    def _on_credentials_entered(self, email: str, token: str) -> None:
        self._tasks.start_once("approval", self._approve(email, token))

    async def _approve(self, email: str, token: str) -> None:
        dialog = self._approval
        try:
            await self._erasure.approve_as_other_admin(email, token)
        except AppError as error:
            # Closed meanwhile, nobody waits for the reason any more.
            if dialog is not None and dialog is self._approval:
                dialog.show_error(str(error))
            return
        if dialog is not None and dialog is self._approval:
            dialog.accept()

    def _on_approval_closed(self) -> None:
        dialog, self._approval = self._approval, None
        if dialog is not None:
            # Qt destroys it in a later turn; the token is not to outlive the question.
            dialog.token_field.clear()
            dialog.deleteLater()

    def _on_started(self) -> None:
        self._tell("Reading everything known of the customer…", "")

    def _on_saved(self, folder: str) -> None:
        self._tell(
            "Everything known of the customer is saved.",
            f"In {folder}: person.html to read, person.json for programs. Whoever has it has the"
            " customer’s data.",
        )

    def _on_report_saved(self, folder: str) -> None:
        self._tell("The report is saved.", f"In {folder}. Nothing in it is about the person.")

    def _on_failed(self, error: AppError) -> None:
        if self.drawer.isVisible():
            text = " ".join(part for part in (error.message, error.hint) if part)
            self.drawer.show_outcome(error.title, text, is_error=True)
        else:
            self.failed.emit(error)

    def _tell(self, title: str, text: str) -> None:
        if self.drawer.isVisible():
            self.drawer.show_outcome(title, text)
        else:
            self.notice_posted.emit(title, text)
