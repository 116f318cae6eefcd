"""Which part of Sailthru serves which endpoint and method."""

from collections.abc import Callable

from desktop.sandbox.http_messages import SandboxResponse
from desktop.sandbox.sailthru.background_jobs import SailthruJobs
from desktop.sandbox.sailthru.export_jobs import ExportJobs
from desktop.sandbox.sailthru.list_endpoint import ListEndpoint
from desktop.sandbox.sailthru.mailing_endpoints import MailingEndpoints
from desktop.sandbox.sailthru.profile_jobs import ProfileJobs
from desktop.sandbox.sailthru.purchase_endpoints import PurchaseEndpoints
from desktop.sandbox.sailthru.repository import SailthruRepository
from desktop.sandbox.sailthru.settings_endpoint import SettingsEndpoint
from desktop.sandbox.sailthru.user_endpoints import UserEndpoints

EndpointTable = dict[str, dict[str, Callable[..., SandboxResponse]]]
ExportFileHandler = Callable[[str], SandboxResponse | None]


def build_endpoint_table(repository: SailthruRepository) -> tuple[EndpointTable, ExportFileHandler]:
    """Return the endpoints, and the finder of exported files."""
    user, lists, settings, jobs = (
        UserEndpoints(repository),
        ListEndpoint(repository),
        SettingsEndpoint(repository),
        SailthruJobs(repository),
    )
    commerce, mailing, exports = (
        PurchaseEndpoints(repository),
        MailingEndpoints(repository),
        ExportJobs(repository, jobs),
    )
    ProfileJobs(repository, jobs).register()
    exports.register()
    jobs.resume()
    table: EndpointTable = {
        "user": {"GET": user.get, "POST": user.post, "DELETE": user.delete},
        "email": {"GET": user.get_email, "POST": user.post_email},
        "list": {"GET": lists.get, "POST": lists.post, "DELETE": lists.delete},
        "job": {"GET": jobs.get, "POST": jobs.post},
        "settings": {"GET": settings.get},
        "purchase": {"GET": commerce.get_purchase, "POST": commerce.post_purchase},
        "return": {"POST": commerce.post_return},
        "event": {"POST": commerce.post_event},
        "send": {"GET": mailing.get_send, "POST": mailing.post_send, "DELETE": mailing.delete_send},
        "template": {"GET": mailing.get_template, "POST": mailing.post_template},
        "blast": {"GET": mailing.get_blast},
        "stats": {"GET": mailing.get_stats},
        "content": {"GET": mailing.get_content, "POST": mailing.post_content},
    }
    return table, exports.serve_file
