"""The view-models of the drawers over the customer sheet: made once a customer can be shown."""

from dataclasses import dataclass

from desktop.viewmodels.customer.ask_lead_model import AskLeadModel
from desktop.viewmodels.customer.email_change_model import EmailChangeModel
from desktop.viewmodels.customer.erasure_model import ErasureModel
from desktop.viewmodels.customer.mail_trail_model import MailTrailModel
from desktop.viewmodels.customer.note_model import NoteModel
from desktop.viewmodels.customer.person_export_model import PersonExportModel
from desktop.viewmodels.customer.why_opted_out_model import WhyOptedOutModel
from desktop.viewmodels.team_lead_requests_model import TeamLeadRequestsModel


@dataclass(frozen=True)
class DrawerModels:
    """The view-models that the drawers over the customer sheet draw.

    `team_lead_requests` are also what the sheet and the page Activity list.
    """

    email_change: EmailChangeModel
    note: NoteModel
    why: WhyOptedOutModel
    ask_lead: AskLeadModel
    team_lead_requests: TeamLeadRequestsModel
    mail: MailTrailModel
    erasure: ErasureModel
    person_export: PersonExportModel

    async def close(self) -> None:
        """Cancel what runs in the drawers' models and wait for its end."""
        await self.email_change.close()
        await self.note.close()
        await self.why.close()
        await self.ask_lead.close()
        await self.team_lead_requests.close()
        await self.mail.close()
        await self.erasure.close()
        await self.person_export.close()
