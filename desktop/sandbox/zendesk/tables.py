"""Which part of Zendesk serves which paths."""

from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.book import Book
from desktop.sandbox.zendesk.consent import Consent
from desktop.sandbox.zendesk.export import Export
from desktop.sandbox.zendesk.identities import Identities
from desktop.sandbox.zendesk.incremental import Incremental
from desktop.sandbox.zendesk.jobs import Jobs
from desktop.sandbox.zendesk.memberships import Memberships
from desktop.sandbox.zendesk.oauth import OAuth
from desktop.sandbox.zendesk.organization_bulk import OrganizationBulk
from desktop.sandbox.zendesk.organizations import Organizations
from desktop.sandbox.zendesk.ratings import Ratings
from desktop.sandbox.zendesk.search import Search
from desktop.sandbox.zendesk.tags import Tags
from desktop.sandbox.zendesk.ticket_writes import TicketWrites
from desktop.sandbox.zendesk.tickets import Tickets
from desktop.sandbox.zendesk.user_bulk import UserBulk
from desktop.sandbox.zendesk.user_fields import UserFields
from desktop.sandbox.zendesk.user_writes import UserWrites
from desktop.sandbox.zendesk.users import Users


def add_all_routes(book: Book, open_router: Router, router: Router) -> None:
    """Fill the router for everybody and the one behind sign-in."""
    jobs = Jobs(book)
    users = Users(book)
    user_writes = UserWrites(book, users)
    user_bulk = UserBulk(book, user_writes, jobs)
    tickets = Tickets(book, users.show)
    ticket_writes = TicketWrites(book, tickets, user_writes, jobs)
    organizations = Organizations(book)
    organization_bulk = OrganizationBulk(organizations, jobs)
    memberships = Memberships(book, jobs)
    jobs.doers = {
        "user": user_bulk.do_row,
        "ticket": ticket_writes.do_row,
        "organization": organization_bulk.do_row,
        "membership": memberships.do_row,
    }
    jobs.resume()
    parts = (
        users,
        user_writes,
        user_bulk,
        Identities(book),
        Tags(book),
        UserFields(book),
        tickets,
        ticket_writes,
        organizations,
        organization_bulk,
        memberships,
        Search(book, users, tickets),
        Export(book, users, tickets),
        Incremental(book, users, tickets),
        Ratings(book),
        jobs,
    )
    for part in parts:
        part.add_routes(router)
    oauth = OAuth(book)
    oauth.add_routes(open_router, router)
    Consent(book, oauth).add_routes(open_router)
