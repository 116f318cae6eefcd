"""Which part of Zendesk serves which paths."""

from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.background_jobs import ZendeskJobs
from desktop.sandbox.zendesk.identity_endpoints import IdentityEndpoints
from desktop.sandbox.zendesk.incremental_export_endpoints import IncrementalExportEndpoints
from desktop.sandbox.zendesk.membership_endpoints import MembershipEndpoints
from desktop.sandbox.zendesk.oauth_consent_page import OAuthConsentPage
from desktop.sandbox.zendesk.oauth_endpoints import OAuthEndpoints
from desktop.sandbox.zendesk.organization_bulk_endpoints import OrganizationBulkEndpoints
from desktop.sandbox.zendesk.organization_endpoints import OrganizationEndpoints
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.satisfaction_rating_endpoint import SatisfactionRatingEndpoint
from desktop.sandbox.zendesk.search_endpoints import SearchEndpoints
from desktop.sandbox.zendesk.search_export_endpoint import SearchExportEndpoint
from desktop.sandbox.zendesk.ticket_read_endpoints import TicketReadEndpoints
from desktop.sandbox.zendesk.ticket_write_endpoints import TicketWriteEndpoints
from desktop.sandbox.zendesk.user_bulk_endpoints import UserBulkEndpoints
from desktop.sandbox.zendesk.user_field_endpoints import UserFieldEndpoints
from desktop.sandbox.zendesk.user_read_endpoints import UserReadEndpoints
from desktop.sandbox.zendesk.user_tag_endpoints import UserTagEndpoints
from desktop.sandbox.zendesk.user_write_endpoints import UserWriteEndpoints


def register_all_routes(
    repository: ZendeskRepository, public_router: Router, router: Router
) -> None:
    """Fill the router for everybody and the one behind sign-in."""
    jobs = ZendeskJobs(repository)
    users = UserReadEndpoints(repository)
    user_writes = UserWriteEndpoints(repository, users)
    user_bulk = UserBulkEndpoints(repository, user_writes, jobs)
    tickets = TicketReadEndpoints(repository, users.serialize)
    ticket_writes = TicketWriteEndpoints(repository, tickets, user_writes, jobs)
    organizations = OrganizationEndpoints(repository)
    organization_bulk = OrganizationBulkEndpoints(organizations, jobs)
    memberships = MembershipEndpoints(repository, jobs)
    jobs.row_handlers = {
        "user": user_bulk.run_job_row,
        "ticket": ticket_writes.run_job_row,
        "organization": organization_bulk.run_job_row,
        "membership": memberships.run_job_row,
    }
    jobs.resume()
    parts = (
        users,
        user_writes,
        user_bulk,
        IdentityEndpoints(repository),
        UserTagEndpoints(repository),
        UserFieldEndpoints(repository),
        tickets,
        ticket_writes,
        organizations,
        organization_bulk,
        memberships,
        SearchEndpoints(repository, users, tickets),
        SearchExportEndpoint(repository, users, tickets),
        IncrementalExportEndpoints(repository, users, tickets),
        SatisfactionRatingEndpoint(repository),
        jobs,
    )
    for part in parts:
        part.add_routes(router)
    oauth = OAuthEndpoints(repository)
    oauth.add_routes(public_router, router)
    OAuthConsentPage(repository, oauth).add_routes(public_router)
