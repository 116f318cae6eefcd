"""Asks another admin, who signs in at this computer, to approve the batch on the page."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from desktop.kit.errors import AppError
from desktop.panels.widgets.admin_approval_dialog import AdminApprovalDialog
from desktop.viewmodels.batches.batch_page_model import BatchPageModel


class BatchApprovalRequest(QObject):
    """Opens the dialog of the other admin; what the person at work asks is recorded first."""

    def __init__(self, model: BatchPageModel, page: QWidget) -> None:
        super().__init__(page)
        self._model, self._page = model, page
        self._dialog: AdminApprovalDialog | None = None

    def ask(self) -> None:
        """Record that the approval is asked for, and let another admin sign in."""
        self._model.tasks.start_once("approval", self._ask())

    async def _ask(self) -> None:
        await self._model.request_approval()
        dialog = AdminApprovalDialog(self._model.approval_text(), self._page, button="Approve")
        self._dialog = dialog
        dialog.credentials_entered.connect(self._on_credentials_entered)
        dialog.finished.connect(self._on_closed)
        dialog.open()

    def _on_credentials_entered(self, email: str, token: str) -> None:
        self._model.tasks.start_once("approve", self._approve(email, token))

    async def _approve(self, email: str, token: str) -> None:
        dialog = self._dialog
        try:
            await self._model.approve_as_other_admin(email, token)
        except AppError as error:
            # Closed meanwhile, nobody waits for the reason any more.
            if dialog is not None and dialog is self._dialog:
                dialog.show_error(str(error))
            return
        if dialog is not None and dialog is self._dialog:
            dialog.accept()

    def _on_closed(self) -> None:
        dialog, self._dialog = self._dialog, None
        if dialog is not None:
            # Qt destroys it in a later turn; the token is not to outlive the question.
            dialog.token_field.clear()
            dialog.deleteLater()
