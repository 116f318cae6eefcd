"""Which part of Sailthru serves which endpoint and method."""

from collections.abc import Callable

from desktop.sandbox.call import Answer
from desktop.sandbox.sailthru.book import Book
from desktop.sandbox.sailthru.commerce import Commerce
from desktop.sandbox.sailthru.exports import Exports
from desktop.sandbox.sailthru.job_kinds import JobKinds
from desktop.sandbox.sailthru.jobs import Jobs
from desktop.sandbox.sailthru.lists import Lists
from desktop.sandbox.sailthru.mailing import Mailing
from desktop.sandbox.sailthru.settings import Settings
from desktop.sandbox.sailthru.user import User

Table = dict[str, dict[str, Callable[..., Answer]]]
Files = Callable[[str], Answer | None]


def make_endpoints(book: Book) -> tuple[Table, Files]:
    """Return the endpoints, and the finder of exported files."""
    user, lists, settings, jobs = User(book), Lists(book), Settings(book), Jobs(book)
    commerce, mailing, exports = Commerce(book), Mailing(book), Exports(book, jobs)
    JobKinds(book, jobs).add()
    exports.add()
    jobs.resume()
    table: Table = {
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
    return table, exports.serve
