"""Both clients against the running sandbox, which knows the contract from elsewhere."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl, urlsplit

import pytest

from desktop.clients.http_messages import HttpRequest
from desktop.clients.oauth import authorization_code_from, start_attempt
from desktop.clients.rate_limiter import ACCOUNT_BUCKET
from desktop.clients.request_pipeline import RequestPipeline
from desktop.clients.sailthru.client import SailthruClient, SailthruEndpoint
from desktop.clients.sailthru.job_status import SailthruJob, SailthruJobStatus
from desktop.clients.sailthru.protocol import SailthruCredentials, UploadFile
from desktop.clients.service_status import ServiceStatusTracker
from desktop.clients.zendesk import oauth
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.credentials import ApiTokenCredentials, ZendeskAuthenticator
from desktop.kit.clock import SystemClock
from desktop.kit.errors import (
    AppError,
    AuthenticationError,
    ConflictError,
    Forbidden,
    NotFound,
    RateLimited,
    ResponseTimeout,
    ServiceError,
    ValuesRejected,
)
from desktop.model.optout_level import OptOutLevel
from desktop.model.zendesk_user import ZendeskUser
from tests.headless.clients.conftest import LiveClients
from tests.support.fake_transport import NOW

MARIA = "maria@lopez.example"


async def maria(live: LiveClients) -> ZendeskUser:
    (found,) = await live.zendesk.find_by_email(MARIA)
    return found


def other_sailthru(live: LiveClients, key: str, secret: str) -> SailthruClient:
    clock = SystemClock()
    tracker = ServiceStatusTracker("Sailthru", clock)
    caller = RequestPipeline(live.sailthru_wire, live.sailthru_limits, tracker, clock)
    return SailthruClient(SailthruCredentials(key, secret), caller)


def other_zendesk(live: LiveClients, email: str, token: str) -> ZendeskClient:
    clock = SystemClock()
    authority = ZendeskAuthenticator(ApiTokenCredentials(email, token))
    tracker = ServiceStatusTracker("Zendesk", clock)
    return ZendeskClient(
        RequestPipeline(live.zendesk_wire, live.zendesk_limits, tracker, clock, authority)
    )


async def test_lookup_reads_customer_from_both_services(live: LiveClients) -> None:
    person, profile = await asyncio.gather(maria(live), live.sailthru.get_user(MARIA))
    assert profile.email == MARIA
    assert "cookie" not in profile.keys
    assert profile.lists
    assert person.identities_read
    assert MARIA in person.emails
    page = await live.zendesk.list_requested_tickets(person.id)
    assert page.tickets
    assert all(t.requester_id == person.id for t in page.tickets)
    touched = [t.updated_at or 0 for t in page.tickets]
    assert touched == sorted(touched, reverse=True)
    assert await live.zendesk.show_ticket(page.tickets[0].id) == page.tickets[0]
    assert not live.field_notes


async def test_user_is_found_by_each_identifier(live: LiveClients) -> None:
    person = await maria(live)
    second = next(e for e in person.emails if e != MARIA)
    assert [p.id for p in await live.zendesk.find_by_email(second.upper())] == [person.id]
    assert person.external_id
    assert [p.id for p in await live.zendesk.find_by_external_id(person.external_id.upper())] == [
        person.id
    ]
    assert person.phone
    assert person.id in [p.id for p in await live.zendesk.find_by_phone(person.phone)]
    assert person.id in [p.id for p in await live.zendesk.find_by_name("maria lop")]
    assert await live.zendesk.show_user(person.id) == person
    assert await live.zendesk.show_users([person.id, person.id, 1]) == (person,)
    assert await live.zendesk.list_identities(person.id) == person.identities
    assert person.organization
    assert await live.zendesk.show_organization(person.organization.id) == person.organization
    assert await live.zendesk.find_by_email("nobody@nowhere.example") == ()
    assert not live.field_notes


async def test_lookup_unknown_customer_is_none(live: LiveClients) -> None:
    for attempt in (
        live.zendesk.show_user(1),
        live.zendesk.show_ticket(1),
        live.zendesk.show_organization(1),
        live.sailthru.get_user("nobody@nowhere.example"),
        live.sailthru.get_user("0" * 24, key="sid"),
        live.sailthru.get_job("0" * 24),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_profile_change_is_read_back(live: LiveClients) -> None:
    before = await live.sailthru.get_user(MARIA, key="email")
    name = next(iter(before.lists))
    await live.sailthru.post_user(
        before.sid,
        optout=OptOutLevel.BASIC,
        lists={name: False},
        vars={"zendesk_health": "happy", "deep": {"a": [1, "ü", None]}},
    )
    after = await live.sailthru.get_user(before.sid, key="sid")
    assert after.optout is OptOutLevel.BASIC
    assert name not in after.lists
    assert after.vars["zendesk_health"] == "happy"
    assert after.vars["deep"] == {"a": [1, "ü", None]}
    await live.sailthru.post_user(
        before.sid, optout=before.optout, lists={name: True}, vars={"deep": None}
    )
    again = await live.sailthru.get_user(before.sid, key="sid")
    assert again.lists.keys() == before.lists.keys()
    assert again.vars["deep"] is None


async def test_profile_is_created(live: LiveClients) -> None:
    address = f"New.{uuid.uuid4().hex}@fresh.example"
    await live.sailthru.create_user(address, vars={"source": "zendesk"}, lists={"Newsletter": True})
    made = await live.sailthru.get_user(address)
    assert made.email == address.lower()
    assert made.vars == {"source": "zendesk"}
    assert list(made.lists) == ["Newsletter"]
    with pytest.raises(ValuesRejected) as caught:
        await live.sailthru.create_user("not an address")
    assert "email" in caught.value.fields


async def test_lists_and_smart_list_are_read(live: LiveClients) -> None:
    lists = await live.sailthru.list_lists()
    names = {found.name: found for found in lists}
    assert names["Newsletter"].list_id
    assert not names["Newsletter"].smart
    query = {"criteria": ["match"], "field": ["zendesk_sync"], "value": [True]}
    await live.sailthru.save_smart_list("contract check", query)
    made = {found.name: found for found in await live.sailthru.list_lists()}
    assert made["contract check"].smart


async def test_account_settings_are_read(live: LiveClients) -> None:
    account = await live.sailthru.get_account()
    assert account.timezone
    assert account.account_id


async def finished(live: LiveClients, job: SailthruJob) -> SailthruJob:
    for _ in range(200):
        if job.status is not SailthruJobStatus.PENDING:
            return job
        await asyncio.sleep(0.05)
        job = await live.sailthru.get_job(job.id)
    raise AssertionError("the job did not end")


async def test_list_export_is_downloaded(live: LiveClients) -> None:
    job = await finished(
        live, await live.sailthru.submit_job("export_list_data", {"list": "Newsletter"})
    )
    assert job.status is SailthruJobStatus.COMPLETED
    assert job.export_url
    data = b"".join([piece async for piece in live.sailthru.download(job.export_url)])
    assert b"Profile Id" in data.splitlines()[0]


async def test_update_job_by_file_changes_profiles(live: LiveClients) -> None:
    sid = (await live.sailthru.get_user(MARIA)).sid
    lines = f'{{"id":"{sid}","key":"sid","vars":{{"by_job":"ö"}}}}\n'.encode()
    job = await live.sailthru.submit_job("update", {}, file=UploadFile("lines.json", lines))
    assert (await finished(live, job)).status is SailthruJobStatus.COMPLETED
    assert (await live.sailthru.get_user(sid, key="sid")).vars["by_job"] == "ö"


async def test_permissions_are_probed(live: LiveClients) -> None:
    endpoints: tuple[SailthruEndpoint, ...] = ("user", "list", "job", "settings")
    for endpoint in endpoints:
        await live.sailthru.probe_endpoint(endpoint)
    keys = live.connection_document["sailthru"]
    agent = other_sailthru(live, keys["agent_api_key"], keys["agent_api_secret"])
    await agent.probe_endpoint("user")
    with pytest.raises(Forbidden):
        await agent.probe_endpoint("job")
    for key, secret in ((keys["api_key"], "wrong secret"), ("wrong key", keys["api_secret"])):
        with pytest.raises(AuthenticationError):
            await other_sailthru(live, key, secret).probe_endpoint("settings")


async def test_current_user_is_read(live: LiveClients) -> None:
    given = live.connection_document["zendesk"]
    assert (await live.zendesk.me()).role == "admin"
    agent = other_zendesk(live, given["agent_email"], given["agent_api_token"])
    assert (await agent.me()).role == "agent"
    stranger = other_zendesk(live, given["email"], "wrong")
    with pytest.raises(AuthenticationError):
        await stranger.me()
    with pytest.raises(AuthenticationError):
        await stranger.show_user(1)
    with pytest.raises(Forbidden):
        await agent.create_user_field("from_an_agent", "No")


async def test_user_change_is_read_back(live: LiveClients) -> None:
    person = await maria(live)
    before = person.user_fields.get("sync_to_sailthru")
    changed = await live.zendesk.update_user(
        person.id, user_fields={"sync_to_sailthru": not before}
    )
    assert changed.user_fields["sync_to_sailthru"] is (not before)
    assert changed.name == person.name
    tags = await live.zendesk.add_tags(person.id, ["contract_check"])
    assert set(tags) == {*(person.tags or ()), "contract_check"}
    shown = await live.zendesk.show_user(person.id)
    assert "contract_check" in (shown.tags or ())
    assert "contract_check" not in await live.zendesk.remove_tags(person.id, ["contract_check"])


async def test_user_fields_are_read(live: LiveClients) -> None:
    made = await live.zendesk.create_user_field(f"k{uuid.uuid4().hex[:8]}", "Contract check")
    assert made in await live.zendesk.list_user_fields()
    with pytest.raises(ValuesRejected):
        await live.zendesk.create_user_field(made.key, "Twice")


async def test_recently_viewed_tickets_are_read(live: LiveClients) -> None:
    page = await live.zendesk.list_requested_tickets((await maria(live)).id)
    body = b'{"ticket": %d}' % page.tickets[0].id
    given = live.connection_document["zendesk"]
    viewed = HttpRequest("POST", "/sandbox/viewed", "/sandbox/viewed", body=body)
    assert (await live.zendesk_wire.send(viewed)).status == 200
    seen: list[int] = []
    agent = other_zendesk(live, given["agent_email"], given["agent_api_token"])
    for client in (live.zendesk, agent):
        seen += [t.id for t in await client.list_recent_tickets()]
    assert page.tickets[0].id in seen


async def test_rate_budgets_are_read_from_headers(live: LiveClients) -> None:
    await live.sailthru.get_account()
    await live.zendesk.me()
    assert live.sailthru_limits.budget("GET /settings") is not None
    account = live.zendesk_limits.budget(ACCOUNT_BUCKET)
    assert account is not None
    assert 0 < account.remaining < account.limit


READS: dict[str, tuple[type[AppError] | None, int]] = {
    "429=1": (None, 1),
    "429-bare": (RateLimited, 9),
    "400": (ValuesRejected, 1),
    "401": (AuthenticationError, 1),
    "403": (Forbidden, 1),
    "404": (NotFound, 1),
    "409": (None, 1),
    "422": (ValuesRejected, 1),
    "423": (None, 1),
    "500": (None, 1),
    "502": (None, 2),
    "503=1": (None, 1),
    "504": (ServiceError, 3),
    "reset": (None, 1),
    "reset-after": (None, 2),
    "timeout=3": (None, 1),
    "truncated": (None, 1),
    "cut": (None, 1),
    "html": (None, 1),
    "wrong-type": (None, 9),
    "slow=1": (None, 9),
}


@pytest.mark.parametrize("kind", READS)
@pytest.mark.parametrize("service", ["sailthru", "zendesk"])
async def test_reads_under_faults(live: LiveClients, service: str, kind: str) -> None:
    expected, times = READS[kind]
    path = "/user" if service == "sailthru" else "/api/v2/users/me"
    act: Callable[[], Awaitable[object]] = live.zendesk.me
    if service == "sailthru":
        sid = (await live.sailthru.get_user(MARIA)).sid
        act = lambda: live.sailthru.get_user(sid, key="sid")  # noqa: E731
    await live.fault(f"{service}:GET {path}:{kind}", times)
    if expected is None:
        await act()
    else:
        with pytest.raises(expected):
            await act()


WRITES: dict[str, tuple[type[AppError] | None, bool]] = {
    "429=1": (None, False),
    "401": (AuthenticationError, False),
    "409": (ConflictError, False),
    "423": (None, False),
    "500": (ServiceError, True),
    "500-after": (ServiceError, True),
    "502": (ServiceError, True),
    "reset": (ResponseTimeout, True),
    "reset-after": (ResponseTimeout, True),
    "timeout-after=3": (ResponseTimeout, True),
    "cut": (ResponseTimeout, True),
    "truncated": (ServiceError, True),
    "html": (ServiceError, True),
}
APPLIED = ("429=1", "423", "500-after", "reset-after", "timeout-after=3", "cut", "truncated")


@pytest.mark.parametrize("kind", WRITES)
@pytest.mark.parametrize("service", ["sailthru", "zendesk"])
async def test_writes_under_faults(live: LiveClients, service: str, kind: str) -> None:
    expected, unknown = WRITES[kind]
    mark = uuid.uuid4().hex
    person = await maria(live)
    sid = (await live.sailthru.get_user(MARIA)).sid
    if service == "sailthru":
        await live.fault(f"sailthru:POST /user:{kind}")
        act: Awaitable[object] = live.sailthru.post_user(sid, vars={"mark": mark})
    else:
        await live.fault(f"zendesk:PUT /api/v2/users/*:{kind}")
        act = live.zendesk.update_user(person.id, external_id=mark)
    if expected is None:
        await act
    else:
        with pytest.raises(expected) as caught:
            await act
        assert getattr(caught.value, "is_outcome_unknown", kind not in ("401", "409")) is unknown
    if expected is AuthenticationError:
        # Refused credentials stop everything but asking who one is; let in again, all goes on.
        await (live.sailthru.get_account() if service == "sailthru" else live.zendesk.me())
    await asyncio.sleep(0.05)
    found: object = (await live.zendesk.show_user(person.id)).external_id
    if service == "sailthru":
        found = (await live.sailthru.get_user(sid, key="sid")).vars.get("mark")
    assert (found == mark) is (kind in APPLIED)


async def test_error_in_200_response_raises(live: LiveClients) -> None:
    sid = (await live.sailthru.get_user(MARIA)).sid
    await live.fault("sailthru:POST /user:error-200=9")
    with pytest.raises(ServiceError) as caught:
        await live.sailthru.post_user(sid, vars={"a": 1})
    assert caught.value.is_outcome_unknown


async def test_oauth_sign_in_gives_tokens(live: LiveClients) -> None:
    given = live.connection_document["zendesk"]
    attempt = start_attempt(
        given["oauth_client_id"], "http://127.0.0.1:47615/callback", oauth.OAUTH_SCOPE
    )
    url = urlsplit(oauth.authorization_url(given["base_url"], attempt))
    query = (*parse_qsl(url.query), ("auto", "allow"), ("as", given["agent_email"]))
    back = await live.zendesk_wire.send(HttpRequest("GET", url.path, url.path, query))
    code = authorization_code_from(attempt, back.headers["location"])
    first = oauth.parse_tokens(
        await live.zendesk_wire.send(oauth.code_exchange_request(attempt, code)), NOW
    )
    assert first.refresh
    assert not first.missing_scopes(oauth.OAUTH_SCOPE)
    assert first.expires_at == NOW + oauth.ACCESS_TOKEN_LIFETIME_S
    current = oauth.parse_token_info(
        await live.zendesk_wire.send(oauth.token_info_request(first.access)), NOW
    )
    assert current.scopes == {"read", "write"}

    class Stored:
        def __init__(self) -> None:
            self.tokens = first
            self.renewed = 0

        async def authorization_header(self) -> str:
            return f"Bearer {self.tokens.access}"

        async def refresh(self) -> bool:
            self.renewed += 1
            assert self.tokens.refresh
            request = oauth.refresh_request(attempt.client_id, self.tokens.refresh)
            self.tokens = oauth.parse_tokens(await live.zendesk_wire.send(request), NOW)
            return True

    stored, clock = Stored(), SystemClock()
    client = ZendeskClient(
        RequestPipeline(
            live.zendesk_wire,
            live.zendesk_limits,
            ServiceStatusTracker("Zendesk", clock),
            clock,
            ZendeskAuthenticator(stored),
        )
    )
    assert (await client.me()).email == given["agent_email"]
    expire = HttpRequest("POST", "/sandbox/expire-tokens", "/sandbox/expire-tokens")
    await live.zendesk_wire.send(expire)
    await asyncio.gather(*(client.list_recent_tickets() for _ in range(4)))
    assert stored.renewed == 1
    oauth.parse_revocation(
        await live.zendesk_wire.send(oauth.revoke_request(stored.tokens.access)), NOW
    )
    stored.renewed = 0
    with pytest.raises(AuthenticationError):
        await client.list_recent_tickets()
    used = await live.zendesk_wire.send(oauth.refresh_request(attempt.client_id, first.refresh))
    with pytest.raises(AuthenticationError):
        oauth.parse_tokens(used, NOW)


async def test_oauth_unknown_code_is_refused(live: LiveClients) -> None:
    attempt = start_attempt(
        live.connection_document["zendesk"]["oauth_client_id"],
        "http://127.0.0.1:47615/callback",
        oauth.OAUTH_SCOPE,
    )
    for request in (
        oauth.code_exchange_request(attempt, "made-up"),
        oauth.refresh_request(attempt.client_id, "x"),
    ):
        answer = await live.zendesk_wire.send(request)
        with pytest.raises(AuthenticationError):
            oauth.parse_tokens(answer, 0.0)
    for request in (oauth.token_info_request("x"), oauth.revoke_request("x")):
        answer = await live.zendesk_wire.send(request)
        if request.method == "GET":
            with pytest.raises(AuthenticationError):
                oauth.parse_token_info(answer, 0.0)
        else:
            oauth.parse_revocation(answer, 0.0)
