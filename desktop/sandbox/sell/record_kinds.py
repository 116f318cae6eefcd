"""Record kinds of the Sell sandbox: path, attributes, filters and default order of each.

Facts: docs/zendesk-sell.md 4 to 8, and the attributes that the official clients send.
"""

from dataclasses import dataclass, field

CUSTOMER_STATUSES = ("none", "current", "past")
PROSPECT_STATUSES = ("none", "current", "lost")
RESOURCE_TYPES = ("lead", "contact", "deal")


@dataclass(frozen=True)
class SellKind:
    """One kind of record of the sandbox's Sell.

    `attributes` maps each writable name to its type; `ack_name` begins its keys in the Sync API.
    """

    name: str
    path: str
    ack_name: str
    attributes: dict[str, str] = field(default_factory=dict)
    read_only: dict[str, object] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    filters: frozenset[str] = frozenset()
    default_sort: str = "id"
    methods: str = "GET POST PUT DELETE"
    is_upsertable: bool = False
    is_searchable: bool = False
    # A list below this path of another record: `{parent}_id` is part of it.
    parent: str = ""
    custom_fields: str = ""


def _attributes(text: str, **others: str) -> dict[str, str]:
    return dict.fromkeys(text.split(), "text") | others


_PERSON = _attributes(
    "description email facebook fax first_name industry last_name linkedin mobile phone skype"
    " title twitter website",
    address="address",
    tags="tags",
    custom_fields="custom_fields",
    owner_id="id",
)
_PERSON_FILTERS = frozenset(
    {
        *("email", "name", "first_name", "last_name", "phone", "mobile", "owner_id", "creator_id"),
        *("address[city]", "address[postal_code]", "address[state]", "address[country]"),
    }
)


def _named_kind(name: str, ack_name: str, attributes: str = "name") -> SellKind:
    """Make a kind of the sandbox's Sell that is a list of names."""
    return SellKind(
        name,
        f"{name}s",
        ack_name,
        _attributes(attributes),
        required=("name",),
        filters=frozenset({"name"}),
    )


KINDS: dict[str, SellKind] = {
    kind.name: kind
    for kind in (
        SellKind(
            "contact",
            "contacts",
            "Contact",
            _PERSON
            | _attributes("name customer_status prospect_status")
            | dict.fromkeys(("billing_address", "shipping_address"), "address")
            | {"contact_id": "id", "parent_organization_id": "id", "is_organization": "flag"},
            read_only={"creator_id": 901},
            choices={"customer_status": CUSTOMER_STATUSES, "prospect_status": PROSPECT_STATUSES},
            filters=_PERSON_FILTERS
            | {"is_organization", "contact_id", "customer_status", "prospect_status"},
            default_sort="last_name",
            is_upsertable=True,
            is_searchable=True,
            custom_fields="contact",
        ),
        SellKind(
            "lead",
            "leads",
            "Lead",
            _PERSON
            | _attributes("organization_name status")
            | {"source_id": "id", "unqualified_reason_id": "id"},
            read_only={"creator_id": 901},
            filters=_PERSON_FILTERS | {"organization_name", "status", "source_id"},
            default_sort="updated_at",
            is_upsertable=True,
            is_searchable=True,
            custom_fields="lead",
        ),
        SellKind(
            "deal",
            "deals",
            "Deal",
            _attributes("name currency")
            | dict.fromkeys("contact_id owner_id stage_id source_id loss_reason_id".split(), "id")
            | {"value": "decimal", "hot": "flag", "tags": "tags", "custom_fields": "custom_fields"}
            | {"last_stage_change_at": "time", "estimated_close_date": "day"}
            | {"customized_win_likelihood": "percentage", "unqualified_reason_id": "id"},
            read_only={"creator_id": 901, "organization_id": None, "dropbox_email": ""},
            required=("name", "contact_id"),
            filters=frozenset(
                "name contact_id organization_id owner_id creator_id stage_id source_id hot".split()
            ),
            default_sort="updated_at",
            is_upsertable=True,
            is_searchable=True,
            custom_fields="deal",
        ),
        SellKind(
            "note",
            "notes",
            "Note",
            {"resource_type": "text", "resource_id": "id", "content": "text"},
            read_only={"creator_id": 901, "type": "regular"},
            required=("resource_type", "resource_id", "content"),
            choices={"resource_type": RESOURCE_TYPES},
            filters=frozenset({"resource_type", "resource_id", "creator_id"}),
            default_sort="updated_at",
        ),
        SellKind(
            "task",
            "tasks",
            "Task",
            {"resource_type": "text", "resource_id": "id", "content": "text", "owner_id": "id"}
            | {"completed": "flag", "due_date": "time", "remind_at": "time"},
            read_only={"creator_id": 901, "overdue": False, "completed_at": None},
            required=("content",),
            choices={"resource_type": RESOURCE_TYPES},
            filters=frozenset({"resource_type", "resource_id", "owner_id", "completed"}),
            default_sort="updated_at",
        ),
        SellKind(
            "product",
            "products",
            "Product",
            _attributes("name sku description cost_currency")
            | {"active": "flag", "max_discount": "percentage", "max_markup": "whole"}
            | {"cost": "decimal", "prices": "prices"},
            required=("name",),
            filters=frozenset({"name", "sku", "active"}),
        ),
        SellKind(
            "tag",
            "tags",
            "Tag",
            _attributes("name resource_type"),
            read_only={"creator_id": 901},
            required=("name", "resource_type"),
            choices={"resource_type": RESOURCE_TYPES},
            filters=frozenset({"name", "resource_type", "creator_id"}),
            default_sort="updated_at",
        ),
        SellKind(
            "user",
            "users",
            "User",
            read_only=dict.fromkeys(
                "name email role status phone_number timezone reports_to team_name".split()
            ),
            filters=frozenset({"name", "email", "role", "status"}),
            methods="GET",
        ),
        SellKind(
            "lead_status", "lead_statuses", "LeadStatus", read_only={"name": ""}, methods="GET"
        ),
        _named_kind("lead_source", "LeadSource", "name resource_type"),
        _named_kind("deal_source", "DealSource", "name resource_type"),
        _named_kind("source", "Source"),
        _named_kind("loss_reason", "LossReason"),
        _named_kind("deal_unqualified_reason", "DealUnqualifiedReason"),
        SellKind(
            "lead_unqualified_reason",
            "lead_unqualified_reasons",
            "LeadUnqualifiedReason",
            read_only={"name": ""},
            methods="GET",
        ),
        SellKind(
            "pipeline",
            "pipelines",
            "Pipeline",
            read_only={"name": "", "disabled": False},
            filters=frozenset({"name", "disabled"}),
            methods="GET",
        ),
        SellKind(
            "stage",
            "stages",
            "Stage",
            read_only=dict.fromkeys("name category position likelihood active pipeline_id".split()),
            filters=frozenset({"name", "pipeline_id", "active"}),
            methods="GET",
        ),
        SellKind(
            "order",
            "orders",
            "Order",
            {"deal_id": "id", "discount": "percentage"},
            required=("deal_id",),
            filters=frozenset({"deal_id"}),
        ),
        SellKind(
            "line_item",
            "line_items",
            "LineItem",
            {"product_id": "id", "value": "decimal", "variation": "decimal"}
            | {"currency": "text", "quantity": "whole"},
            read_only={"name": "", "sku": "", "price": None},
            required=("product_id",),
            methods="GET POST DELETE",
            parent="order",
        ),
        SellKind(
            "associated_contact",
            "associated_contacts",
            "AssociatedContact",
            {"contact_id": "id", "role": "text"},
            required=("contact_id", "role"),
            methods="GET POST DELETE",
            parent="deal",
        ),
        SellKind("text_message", "text_messages", "TextMessage", methods="GET"),
        SellKind("visit", "visits", "Visit", methods="GET"),
        SellKind(
            "visit_outcome", "visit_outcomes", "VisitOutcome", read_only={"name": ""}, methods="GET"
        ),
        SellKind(
            "lead_conversion",
            "lead_conversions",
            "LeadConversion",
            {"lead_id": "id", "owner_id": "id", "create_deal": "flag"},
            read_only=dict.fromkeys("individual_id organization_id deal_id".split()),
            required=("lead_id",),
            methods="GET",
        ),
    )
}
# One name may exist once among those of one type: docs/zendesk-sell.md 8.
UNIQUE_NAMES = frozenset(
    {"tag", "lead_source", "deal_source", "source", "loss_reason", "deal_unqualified_reason"}
)
# In these the Sync API tells of changes.
SYNCED_KINDS = tuple(
    name
    for name in KINDS
    if name not in ("text_message", "visit", "visit_outcome", "associated_contact", "lead_status")
)
