"""Which part of Zendesk serves which paths."""

from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.book import Book
from desktop.sandbox.zendesk.identities import Identities
from desktop.sandbox.zendesk.organizations import Organizations
from desktop.sandbox.zendesk.search import Search
from desktop.sandbox.zendesk.tags import Tags
from desktop.sandbox.zendesk.tickets import Tickets
from desktop.sandbox.zendesk.user_fields import UserFields
from desktop.sandbox.zendesk.user_writes import UserWrites
from desktop.sandbox.zendesk.users import Users


def add_all_routes(book: Book, open_router: Router, router: Router) -> None:
    """Fill the router for everybody and the one behind sign-in."""
    users = Users(book)
    tickets = Tickets(book, users.show)
    users.add_routes(router)
    tickets.add_routes(router)
    UserWrites(book, users).add_routes(router)
    Identities(book).add_routes(router)
    Tags(book).add_routes(router)
    UserFields(book).add_routes(router)
    Organizations(book).add_routes(router)
    Search(book, users, tickets).add_routes(router)
