"""Endpoint table of the Sailthru sandbox: endpoint name and HTTP method → handler."""

from collections.abc import Callable

from desktop.sandbox.http_messages import SandboxResponse
from desktop.sandbox.sailthru.account_endpoints import AccountEndpoints
from desktop.sandbox.sailthru.background_jobs import SailthruJobs
from desktop.sandbox.sailthru.content_endpoints import ContentEndpoints
from desktop.sandbox.sailthru.export_jobs import ExportJobs
from desktop.sandbox.sailthru.mail_endpoints import MailEndpoints
from desktop.sandbox.sailthru.profile_jobs import ProfileJobs
from desktop.sandbox.sailthru.purchase_endpoints import PurchaseEndpoints
from desktop.sandbox.sailthru.repository import SailthruRepository
from desktop.sandbox.sailthru.request_parameters import SailthruCall
from desktop.sandbox.sailthru.sent_mail import SentMailLog
from desktop.sandbox.sailthru.user_endpoints import UserEndpoints

EndpointTable = dict[str, dict[str, Callable[[SailthruCall], SandboxResponse]]]
ExportFileHandler = Callable[[str], SandboxResponse | None]


def build_endpoint_table(repository: SailthruRepository) -> tuple[EndpointTable, ExportFileHandler]:
    """Build the endpoints of the sandbox's Sailthru and its export handler; resumes jobs."""
    sent = SentMailLog(repository)
    mail = MailEndpoints(repository, sent)
    user, account = UserEndpoints(repository, mail, sent), AccountEndpoints(repository)
    purchase, jobs = PurchaseEndpoints(repository), SailthruJobs(repository)
    exports, content = ExportJobs(repository, jobs), ContentEndpoints(repository)
    jobs.job_kinds = ProfileJobs(repository, jobs).job_kinds() | exports.job_kinds()
    jobs.resume()
    table: EndpointTable = {
        "user": {"GET": user.get, "POST": user.post, "DELETE": user.delete},
        "email": {"GET": user.get_email, "POST": user.post_email},
        "list": {"GET": account.get_list, "POST": account.post_list, "DELETE": account.delete_list},
        "settings": {"GET": account.get_settings},
        "job": {"GET": jobs.get, "POST": jobs.post},
        "purchase": {"POST": purchase.post_purchase},
        "event": {"POST": purchase.post_event},
        "content": {"GET": content.get, "POST": content.post},
        "send": {"GET": mail.get_send, "POST": mail.post_send},
        "blast": {"GET": mail.get_blast, "POST": mail.post_blast},
    }
    return table, exports.serve_file
