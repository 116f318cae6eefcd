"""Endpoints of the Sell sandbox that are no plain records: who asks, fields, lead conversions."""

from desktop.sandbox.http_messages import (
    JsonObject,
    SandboxRequest,
    SandboxResponse,
    json_response,
)
from desktop.sandbox.router import Router
from desktop.sandbox.sell.error_responses import AttributeProblem, field_errors, request_error
from desktop.sandbox.sell.listing import envelope, page_response
from desktop.sandbox.sell.payload import PayloadReader, data_in_body
from desktop.sandbox.sell.record_kinds import KINDS
from desktop.sandbox.sell.repository import SellRepository, visible_record
from desktop.sandbox.sell.seed_data import ACCOUNT, complete_names

# Path of the definitions → the resource that has the fields.
_FIELD_RESOURCES = {
    "lead": "lead",
    "contact": "contact",
    "deal": "deal",
    "prospect_and_customer": "contact",
}
# What a lead and the contact that it becomes have in common.
_CARRIED_OVER = (
    *("first_name", "last_name", "email", "phone", "mobile", "title", "website", "address"),
    *("description", "industry", "tags", "facebook", "fax", "linkedin", "skype", "twitter"),
)


class SellAccountEndpoints:
    """Endpoints of the sandbox's Sell about the account, its fields and converted leads."""

    def __init__(self, repository: SellRepository) -> None:
        self.repository = repository

    def register(self, router: Router) -> None:
        """Register these endpoints of the sandbox's Sell."""
        router.add("GET", "/v2/users/self", self.read_user)
        router.add("GET", "/v2/accounts/self", self.read_account)
        router.add("POST", "/v2/lead_conversions", self.convert_lead)
        for name in _FIELD_RESOURCES:
            router.add("GET", f"/v2/{name}/custom_fields", self.list_custom_fields)

    def read_user(self, request: SandboxRequest) -> SandboxResponse:
        """Answer who asks the sandbox's Sell; a parameter is refused."""
        _refuse_parameters(request)
        user = self.repository.existing("user", request.actor.user_id)
        if user is None:
            raise request_error("unauthorized")
        return json_response(envelope("user", user))

    def read_account(self, request: SandboxRequest) -> SandboxResponse:
        """Answer the account's name, currency and time zone in the sandbox's Sell."""
        _refuse_parameters(request)
        other_id = self.repository.state.account.sell_account_id
        account = {**ACCOUNT, "id": other_id} if other_id else ACCOUNT
        return json_response({"data": account, "meta": {"type": "account"}})

    def list_custom_fields(self, request: SandboxRequest) -> SandboxResponse:
        """Answer the definitions of custom fields in the sandbox's Sell."""
        resource = _FIELD_RESOURCES[request.path.split("/")[2]]
        items = [
            {"data": visible_record(found), "meta": {"type": "custom_field"}}
            for found in self.repository.custom_fields(resource)
        ]
        return page_response(request, items, 1, has_more=False)

    def convert_lead(self, request: SandboxRequest) -> SandboxResponse:
        """Make a contact of a lead in the sandbox's Sell; asked twice, it makes two."""
        record = self.repository.draft("lead_conversion")
        data = data_in_body(request)
        lead = self.repository.with_deleted("lead", data.get("lead_id") or 0)
        if lead is None or (lead.get("_deleted") and not lead.get("_converted")):
            problem = AttributeProblem("/data/lead_id", "incorrect_value", "there is no such lead")
            raise field_errors("lead_conversion", [problem])
        checked = {name: value for name, value in data.items() if name != "lead_id"}
        record["lead_id"] = lead["id"]
        PayloadReader(self.repository).apply(KINDS["lead_conversion"], checked, record)
        owner_id = record["owner_id"] or lead["owner_id"]
        organization_id = None
        if lead["organization_name"]:
            names = {"is_organization": True, "name": lead["organization_name"]}
            organization_id = self._create("contact", owner_id, names)["id"]
        values = {name: lead[name] for name in _CARRIED_OVER} | {"contact_id": organization_id}
        person = self._create("contact", owner_id, values) if lead["last_name"] else None
        record |= {
            "organization_id": organization_id,
            "individual_id": person["id"] if person else None,
            "owner_id": owner_id,
        }
        if record["create_deal"]:
            contact_id = record["individual_id"] or organization_id
            name = lead["last_name"] or lead["organization_name"]
            deal = {"name": name, "contact_id": contact_id, "stage_id": 5101, "value": "0"}
            deal |= {"currency": ACCOUNT["currency"], "organization_id": organization_id}
            record["deal_id"] = self._create("deal", owner_id, deal)["id"]
        if self.repository.existing("lead", lead["id"]) is not None:
            draft = self.repository.draft_of("lead", lead["id"]) or {}
            self.repository.save("lead", draft | {"_deleted": True, "_converted": True})
        saved = self.repository.save("lead_conversion", record)
        return json_response(envelope("lead_conversion", saved))

    def _create(self, kind: str, owner_id: int, values: JsonObject) -> JsonObject:
        record = self.repository.draft(kind) | values | {"owner_id": owner_id}
        complete_names(record, kind)
        return self.repository.save(kind, record)


def _refuse_parameters(request: SandboxRequest) -> None:
    if request.query:
        name = next(iter(request.query))
        raise request_error("invalid_param", f"unknown parameter: {name}")
