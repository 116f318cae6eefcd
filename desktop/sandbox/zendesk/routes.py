"""Registration of all endpoints of the Zendesk sandbox, public and behind sign-in."""

from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.background_jobs import ZendeskJobs
from desktop.sandbox.zendesk.brand_resource import BrandResource
from desktop.sandbox.zendesk.custom_field_resource import (
    OrganizationFieldResource,
    UserFieldResource,
)
from desktop.sandbox.zendesk.deleted_user_resource import DeletedUserResource
from desktop.sandbox.zendesk.identity_resource import IdentityResource
from desktop.sandbox.zendesk.incremental_export_endpoints import IncrementalExportEndpoints
from desktop.sandbox.zendesk.job_status_resource import JobStatusResource
from desktop.sandbox.zendesk.membership_resource import MembershipResource
from desktop.sandbox.zendesk.oauth_consent_page import OAuthConsentPage
from desktop.sandbox.zendesk.oauth_endpoints import OAuthEndpoints
from desktop.sandbox.zendesk.organization_resource import OrganizationResource
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.rest_resource import RestResource
from desktop.sandbox.zendesk.satisfaction_rating_resource import SatisfactionRatingResource
from desktop.sandbox.zendesk.search_endpoints import SearchEndpoints
from desktop.sandbox.zendesk.ticket_resource import TicketResource
from desktop.sandbox.zendesk.user_event_endpoints import UserEventEndpoints
from desktop.sandbox.zendesk.user_resource import UserResource


def register_all_routes(
    repository: ZendeskRepository, client_secret: str, public_router: Router, router: Router
) -> None:
    """Fill the sandbox's Zendesk routers, public and signed in; then resume its jobs."""
    jobs = ZendeskJobs(repository)
    users = UserResource(repository, jobs)
    resources: dict[str, RestResource] = {
        "user": users,
        "ticket": TicketResource(repository, jobs, users),
        "organization": OrganizationResource(repository, jobs),
    }
    for resource in (
        *resources.values(),
        DeletedUserResource(repository, jobs),
        IdentityResource(repository, jobs),
        UserFieldResource(repository, jobs),
        OrganizationFieldResource(repository, jobs),
        MembershipResource(repository, jobs),
        SatisfactionRatingResource(repository, jobs),
        JobStatusResource(repository, jobs),
        BrandResource(repository, jobs),
    ):
        resource.add_routes(router)
    SearchEndpoints(repository, resources).add_routes(router)
    UserEventEndpoints(repository).add_routes(router)
    IncrementalExportEndpoints(repository, resources).add_routes(router)
    oauth = OAuthEndpoints(repository, client_secret)
    oauth.add_routes(public_router, router)
    OAuthConsentPage(repository, oauth).add_routes(public_router)
    # Only now does every kind of row have its handler.
    jobs.resume()
