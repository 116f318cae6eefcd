"""The dialogs of the tab Plan: confirm writing, let a limit pass, choose an export file."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from desktop.kit.errors import AppError, ConflictError
from desktop.model.sync_plan import Consequence
from desktop.panels.widgets.admin_approval_dialog import AdminApprovalDialog
from desktop.panels.widgets.confirmation_dialog import ConfirmationDialog
from desktop.panels.widgets.export_file_dialog import ExportFileDialog
from desktop.viewmodels.syncs.plan_filter import PlanFilter
from desktop.viewmodels.syncs.plan_model import PlanModel
from desktop.viewmodels.syncs.plan_view import LimitAction


class PlanActions(QObject):
    """Opens the preview's dialogs over the tab Plan, and hands their answers to the model."""

    def __init__(self, model: PlanModel, tab: QWidget) -> None:
        super().__init__(tab)
        self._model = model
        self._tab = tab
        self._breach = self._asked_plan = ""
        self._confirmation: ConfirmationDialog | None = None
        self._approval: AdminApprovalDialog | None = None

    def handle_limit_action(self, key: str) -> None:
        """Open the dialog for a button of a preview's limit banner: allow, or ask another admin."""
        view = self._model.view()
        if view is None or view.limit_stop is None:
            return
        self._breach, self._asked_plan = view.limit_stop.breach, view.plan_id
        action = LimitAction(key)
        if action is LimitAction.SHOW:
            self._model.set_filter(PlanFilter(consequence=Consequence(self._breach)))
        elif action is LimitAction.WRITE:
            self.confirm_and_write()
        elif action is LimitAction.ALLOW:
            title, message = self._model.allow_confirmation_texts(self._breach)
            question = ConfirmationDialog(
                self._tab, title, message, confirm="Allow once", cancel="Cancel"
            )
            self._open_confirmation(question, self._on_allowed)
        else:
            self._approval = AdminApprovalDialog(view.limit_stop.title, self._tab)
            self._approval.credentials_entered.connect(self._on_credentials_entered)
            self._approval.finished.connect(self._on_approval_closed)
            self._approval.open()

    def confirm_and_write(self) -> None:
        """Open at most one question, the strictest gate's, and write the preview's ticked rows."""
        view = self._model.view()
        if view is None or view.write_disabled_reason:
            return
        self._asked_plan = view.plan_id
        asked = view.confirmation
        if asked is None:
            self._model.write_plan()
            return
        typed = asked.text_to_type
        question = ConfirmationDialog(
            self._tab,
            asked.title,
            asked.message,
            confirm=asked.confirm_label,
            cancel="Cancel",
            detail="\n".join(text for text in (asked.detail, self._model.account_text) if text),
            text_to_type=typed,
            type_prompt=f"Type {typed} to confirm." if typed else "",
        )
        self._open_confirmation(question, partial(self._model.write_plan, asked.allowed_people))

    def ask_what_to_run(self, run_in_full: Callable[[], None] | None) -> bool:
        """Open the question what Run now means while a preview is open; False: none is needed.

        `run_in_full` reads everybody again instead of writing all of the preview.
        """
        view = self._model.view()
        asked = view.run_question if view is not None else None
        if view is None or asked is None or (run_in_full and not asked.left_out_count):
            return False
        self._asked_plan = view.plan_id
        write_all = run_in_full or partial(self._model.write_all, asked.all_allowed_people)
        all_label = "Read all again and write all" if run_in_full else asked.all_label
        texts = [text for text in (asked.ticked_text_to_type, asked.all_text_to_type) if text]
        question = ConfirmationDialog(
            self._tab,
            asked.title,
            asked.message,
            confirm=asked.ticked_label or all_label,
            cancel="Cancel",
            detail=self._model.account_text,
            text_to_type=asked.ticked_text_to_type
            if asked.ticked_label
            else asked.all_text_to_type,
            type_prompt=f"Type {' or '.join(texts)} to confirm." if texts else "",
            alternative=all_label if asked.ticked_label else "",
            alternative_text_to_type=asked.all_text_to_type if asked.ticked_label else "",
        )
        question.alternative_chosen.connect(partial(self._act_if_shown, write_all))
        write_ticked = partial(self._model.write_plan, asked.ticked_allowed_people)
        act = write_ticked if asked.ticked_label else write_all
        self._open_confirmation(question, act)
        return True

    def choose_export_file(self) -> None:
        """Open the file dialog, and export the preview's rows that are shown."""
        dialog = ExportFileDialog("Export the rows", "fairlead-preview.csv", self._tab)
        dialog.file_chosen.connect(self._model.export_rows)
        dialog.open()

    def _open_confirmation(self, question: ConfirmationDialog, act: Callable[[], None]) -> None:
        question.accepted.connect(partial(self._act_if_shown, act))
        question.finished.connect(question.deleteLater)
        self._confirmation = question
        question.open()

    def _act_if_shown(self, act: Callable[[], None]) -> None:
        try:
            self._require_shown()
        except ConflictError as error:
            self._model.failed.emit(error)
        else:
            act()

    def _require_shown(self) -> None:
        """Refuse an answer about a preview once another has taken its place on the page."""
        view = self._model.view()
        if view is None or view.plan_id != self._asked_plan:
            raise ConflictError(
                "Nothing was done.",
                "Another preview took the place of the one that you were asked about.",
                "Look at the new one, then try again.",
            )

    def _on_allowed(self) -> None:
        self._model.allow_limit(self._breach)

    def _on_credentials_entered(self, email: str, token: str) -> None:
        self._model.tasks.start("approval", self._approve(email, token))

    async def _approve(self, email: str, token: str) -> None:
        dialog = self._approval
        try:
            self._require_shown()
            await self._model.allow_limit_by_other_admin(self._breach, email, token)
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
