"""The Sailthru API client: typed calls for profiles, lists, jobs and account settings."""

from collections.abc import AsyncIterator, Mapping
from typing import Literal, TypeVar

from desktop.clients.field_parser import FieldParser, OnFieldProblems
from desktop.clients.http_messages import HttpRequest, HttpResponse
from desktop.clients.request_pipeline import RequestPipeline
from desktop.clients.sailthru import mail_to_model, wire_to_model
from desktop.clients.sailthru.job_status import SailthruJob
from desktop.clients.sailthru.protocol import (
    SailthruCredentials,
    UploadFile,
    build_request,
    parse_response,
)
from desktop.clients.service_errors import unexpected_response_error, wrong_record_error
from desktop.clients.tolerant_call import ModelBuilder, call_tolerantly
from desktop.kit.errors import NotFound, ValuesRejected
from desktop.model.json_value import Json
from desktop.model.mail_trail import MAX_RECENT_MAILS, RecentMail, SentCampaign, SentMail
from desktop.model.optout_level import OptOutLevel
from desktop.model.sailthru_content import SailthruContent
from desktop.model.sailthru_profile import SailthruAccount, SailthruList, SailthruProfile
from desktop.model.service import Service

T = TypeVar("T")

SailthruEndpoint = Literal["user", "list", "job", "settings"]

# How many purchases a profile brings along (docs/sailthru.md 2.1: an int means how many).
_PURCHASE_COUNT = 10
# Campaigns of a month, for most accounts.
_CAMPAIGN_COUNT = 50
_PROFILE_FIELDS: Mapping[str, int] = {
    "activity": 1,
    "device": 1,
    "engagement": 1,
    "keys": 1,
    "lifetime": 1,
    "lists": 1,
    "optout_email": 1,
    "purchases": _PURCHASE_COUNT,
    "smart_lists": 1,
    "vars": 1,
}
# Ids nobody has: a call with them shows whether the key may make it, and touches nothing.
# 24 hex digits like any sid.
_NONEXISTENT_SID = "0" * 24
_NONEXISTENT_LIST = "fairlead rights check"


class SailthruClient:
    """Calls Sailthru's API of one account with one API key."""

    def __init__(
        self,
        credentials: SailthruCredentials,
        pipeline: RequestPipeline,
        on_bad: OnFieldProblems | None = None,
    ) -> None:
        """`on_bad` is told of fields left out of Sailthru's answers; they are logged anyway."""
        self._credentials = credentials
        self.pipeline = pipeline
        self._on_bad = on_bad

    async def get_user(self, id: str, *, key: str | None = None) -> SailthruProfile:
        """GET a whole profile from Sailthru; `key` is sid, email or extid, None: by `id`'s form.

        Raises NotFound. A sid that brings another profile is ServiceError.
        """
        asked: dict[str, object] = {"id": id, "fields": _PROFILE_FIELDS}
        if key is not None:
            asked["key"] = key
        found = await self._get("user", asked, wire_to_model.parse_profile)
        if key == "sid" and found.sid.lower() != id.lower():
            raise wrong_record_error(Service.SAILTHRU)
        return found

    async def get_recent_mail(self, email: str) -> RecentMail:
        """GET from Sailthru what it tells of the last e-mails to one address.

        By the older endpoint `email`, the only one that does (docs/sailthru.md 2.2).
        """
        asked = {
            "email": email, "recent_sends": MAX_RECENT_MAILS, "recent_blasts": MAX_RECENT_MAILS,
        }  # fmt: skip
        return await self._get("email", asked, mail_to_model.parse_recent_mail)

    async def get_send(self, send_id: str) -> SentMail:
        """GET one triggered e-mail from Sailthru. Raises NotFound for one older than 90 days."""
        return await self._get("send", {"send_id": send_id}, mail_to_model.parse_send)

    async def list_sent_campaigns(self) -> tuple[SentCampaign, ...]:
        """GET the newest campaigns that Sailthru has sent, to any list."""
        asked = {"status": "sent", "limit": _CAMPAIGN_COUNT}
        return await self._get("blast", asked, mail_to_model.parse_campaigns)

    async def get_content(self, url: str) -> SailthruContent:
        """GET one item of Sailthru's content by its URL. Raises NotFound."""
        asked = {"id": url, "key": "url"}
        found = await self._get("content", asked, wire_to_model.parse_content)
        if found.url != url:
            raise wrong_record_error(Service.SAILTHRU)
        return found

    async def post_content(self, url: str, values: Mapping[str, Json]) -> None:
        """POST attributes of the item at `url` to Sailthru's content; a new one is made.

        `sku` goes nested as a key (docs/sailthru.md 2.7); `vars` are the whole set.
        """
        body: dict[str, object] = {"id": url, "key": "url", **values}
        if "sku" in body:
            body["keys"] = {"sku": body.pop("sku")}
        await self._post("content", body, _require_done)

    async def list_lists(self) -> tuple[SailthruList, ...]:
        """GET every list of the Sailthru account, smart ones included."""
        return await self._get("list", {}, wire_to_model.parse_lists)

    async def get_account(self) -> SailthruAccount:
        """GET the Sailthru account's settings; the cheapest check of the key."""
        return await self._get("settings", {}, wire_to_model.parse_account)

    async def post_user(
        self,
        sid: str,
        *,
        optout: OptOutLevel | None = None,
        lists: Mapping[str, bool] | None = None,
        vars: Mapping[str, Json] | None = None,
    ) -> None:
        """POST the given parts of the profile `sid` to Sailthru; a var of None becomes null.

        A list change can start e-mail flows. An unknown list is made by being named.
        """
        body: dict[str, object] = {"id": sid, "key": "sid"}
        if optout is not None:
            # Nested inside `keys` it would silently not be applied (docs/sailthru.md 2.1).
            body["optout_email"] = optout.value
        await self._post("user", body | _profile_changes(lists, vars), _require_done)

    async def change_email(self, sid: str, address: str, *, merges: bool) -> None:
        """POST another address for the profile `sid` to Sailthru; it keeps sid, vars and lists.

        Where another profile has the address: `merges` makes one of both, else Sailthru refuses
        (docs/sailthru.md 2.1, “Change email”). Raises ConflictError or ValuesRejected then.
        """
        body = {
            "id": sid,
            "key": "sid",
            "keys": {"email": address},
            "keysconflict": "merge" if merges else "error",
        }
        await self._post("user", body, _require_done)

    async def create_user(
        self,
        email: str,
        *,
        optout: OptOutLevel | None = None,
        vars: Mapping[str, Json] | None = None,
        lists: Mapping[str, bool] | None = None,
    ) -> None:
        """POST a new profile to Sailthru; where it knows the address, that profile is updated."""
        body: dict[str, object] = {"id": email, "key": "email"}
        if optout is not None:
            body["optout_email"] = optout.value
        await self._post("user", body | _profile_changes(lists, vars), _require_done)

    async def delete_user(self, sid: str) -> None:
        """DELETE a profile at Sailthru, for good. Raises NotFound, and Forbidden for some keys.

        A profile may come back by whatever still writes to its address (docs/sailthru.md 2.1).
        """
        asked = {"id": sid, "key": "sid"}
        await self._call(
            build_request(self._credentials, "DELETE", "user", asked), _ignore_response
        )

    async def read_records(self, sid: str, email: str | None) -> dict[str, Json]:
        """GET all that Sailthru tells of one profile, as it says it: for an export.

        Two answers, `user` and `email` (the older view, which alone tells single templates that
        somebody left); without the login cookie, which signs in as the customer. Raises NotFound.
        """
        fields = {**_PROFILE_FIELDS, "purchase_incomplete": 1}
        asked = {"id": sid, "key": "sid", "fields": fields}
        found = {"user": await self._get("user", asked, _as_json)}
        keys = found["user"].get("keys")
        if isinstance(keys, Mapping):
            found["user"]["keys"] = {name: key for name, key in keys.items() if name != "cookie"}
        if email:
            sends = {"email": email, "recent_sends": 10, "recent_blasts": 10}
            found["email"] = await self._get("email", sends, _as_json)
        return dict(found)

    async def create_list(self, name: str) -> None:
        """POST an empty natural list to Sailthru; of one that is there nothing changes.

        Two calls at once may make twins (docs/sailthru.md 7).
        """
        await self._post("list", {"list": name, "type": "natural"}, _require_done)

    async def save_smart_list(self, name: str, query: Mapping[str, Json]) -> None:
        """POST a smart list to Sailthru, new or replaced; `query` as in docs/sailthru.md 2.3."""
        await self._post("list", {"list": name, "type": "smart", "query": query}, _require_done)

    async def submit_job(
        self, kind: str, parameters: Mapping[str, Json], *, file: UploadFile | None = None
    ) -> SailthruJob:
        """POST a job to Sailthru (`update`, `export_list_data` …), with its lines in `file`."""
        return await self._post("job", {"job": kind, **parameters}, wire_to_model.parse_job, file)

    async def get_job(self, job_id: str) -> SailthruJob:
        """GET a job's status from Sailthru. Raises NotFound."""
        return await self._get("job", {"job_id": job_id}, wire_to_model.parse_job)

    def download(self, url: str) -> AsyncIterator[bytes]:
        """Download a Sailthru export in pieces; its address is public, so no key is sent."""
        return self.pipeline.transport.download(url)

    async def probe_endpoint(self, endpoint: SailthruEndpoint) -> None:
        """Probe whether the Sailthru key may use an endpoint, by reading what does not exist.

        Raises Forbidden or AuthenticationError, and what any call raises when the service is away.
        """
        asked: Mapping[SailthruEndpoint, Mapping[str, object]] = {
            "user": {"id": _NONEXISTENT_SID, "key": "sid", "fields": {"keys": 1}},
            "list": {"list": _NONEXISTENT_LIST},
            "job": {"job_id": _NONEXISTENT_SID},
            "settings": {},
        }
        try:
            await self._get(endpoint, asked[endpoint], _ignore_response)
        except (NotFound, ValuesRejected):
            # Refused for its id, hence let in.
            return

    async def relay(
        self, method: str, endpoint: str, parameters: Mapping[str, object]
    ) -> HttpResponse:
        """Sign and send another desk's call to Sailthru; returns the answer, whatever it says."""
        request = build_request(self._credentials, method, endpoint, parameters)
        return await self.pipeline.call(request, lambda response, _now: response)

    async def _get(self, endpoint: str, asked: Mapping[str, object], make: ModelBuilder[T]) -> T:
        return await self._call(build_request(self._credentials, "GET", endpoint, asked), make)

    async def _post(
        self,
        endpoint: str,
        body: Mapping[str, object],
        make: ModelBuilder[T],
        file: UploadFile | None = None,
    ) -> T:
        return await self._call(
            build_request(self._credentials, "POST", endpoint, body, file=file), make
        )

    async def _call(self, request: HttpRequest, make: ModelBuilder[T]) -> T:
        return await call_tolerantly(self.pipeline, request, parse_response, make, self._on_bad)


def _profile_changes(
    lists: Mapping[str, bool] | None, variables: Mapping[str, Json] | None
) -> dict[str, object]:
    changes: dict[str, object] = {}
    if lists:
        # 1 joins, 0 leaves (docs/sailthru.md 2.1).
        changes["lists"] = {name: int(on) for name, on in lists.items()}
    if variables:
        # Only the vars named change; null clears the value and keeps the key.
        changes["vars"] = dict(variables)
    return changes


def _require_done(document: Mapping[str, object], parser: FieldParser) -> None:
    """Check Sailthru's answer to a POST of user (`ok`), list or content: a proxy's has none."""
    del parser
    if not any(document.get(name) for name in ("ok", "list", "content")):
        raise unexpected_response_error(Service.SAILTHRU)


def _as_json(document: Mapping[str, object], parser: FieldParser) -> dict[str, Json]:
    return parser.json_map(document, "answer")


def _ignore_response(document: Mapping[str, object], parser: FieldParser) -> None:
    del document, parser
