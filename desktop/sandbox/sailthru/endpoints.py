"""Which part of Sailthru serves which endpoint and method."""

from collections.abc import Callable

from desktop.sandbox.call import Answer
from desktop.sandbox.sailthru.book import Book
from desktop.sandbox.sailthru.lists import Lists
from desktop.sandbox.sailthru.settings import Settings
from desktop.sandbox.sailthru.user import User

Table = dict[str, dict[str, Callable[..., Answer]]]
Files = Callable[[str], Answer | None]


def make_endpoints(book: Book) -> tuple[Table, Files]:
    """Return the endpoints, and the finder of exported files."""
    user, lists, settings = User(book), Lists(book), Settings(book)
    table: Table = {
        "user": {"GET": user.get, "POST": user.post, "DELETE": user.delete},
        "email": {"GET": user.get_email, "POST": user.post_email},
        "list": {"GET": lists.get, "POST": lists.post, "DELETE": lists.delete},
        "settings": {"GET": settings.get},
    }
    return table, lambda _path: None
