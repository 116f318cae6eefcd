"""Organizations (contract 5)."""

from desktop.sandbox.calendar import iso
from desktop.sandbox.call import Answer, Call, Record, said
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.base import organization_record
from desktop.sandbox.zendesk.book import Book
from desktop.sandbox.zendesk.paging import page_answer, read_ids
from desktop.sandbox.zendesk.refusal import forbidden, invalid, not_found, refuse
from desktop.sandbox.zendesk.rights import require_admin, require_agent
from desktop.sandbox.zendesk.shape import visible
from desktop.sandbox.zendesk.tags import clean_tags

_PLAIN = ("notes", "details", "group_id", "shared_tickets", "shared_comments")


class Organizations:
    """/organizations."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        path = "/api/v2/organizations"
        router.add("GET", path, self.every)
        router.add("POST", path, self.create)
        router.add("POST", f"{path}/create_or_update", self.create_or_update)
        router.add("GET", f"{path}/show_many", self.many)
        router.add("GET", f"{path}/search", self.search)
        router.add("GET", f"{path}/autocomplete", self.autocomplete)
        router.add("GET", path + "/{organization_id:int}", self.one)
        router.add("PUT", path + "/{organization_id:int}", self.update)
        router.add("DELETE", path + "/{organization_id:int}", self.delete)
        router.add("GET", "/api/v2/users/{user_id:int}/organizations", self.of_user)

    def every(self, call: Call) -> Answer:
        """List all."""
        require_agent(call)
        return self._page(call, self.book.all_organizations())

    def one(self, call: Call, organization_id: int) -> Answer:
        """Return one."""
        require_agent(call)
        return said({"organization": show_organization(call, self._find(organization_id))})

    def many(self, call: Call) -> Answer:
        """Return up to a hundred by id or external id."""
        require_agent(call)
        ids, externals = set(read_ids(call, "ids")), set(read_ids(call, "external_ids"))
        rows = [
            it
            for it in self.book.all_organizations()
            if str(it["id"]) in ids or (it["external_id"] or "") in externals
        ]
        return self._page(call, rows)

    def search(self, call: Call) -> Answer:
        """Find by exact name or external id, one of both, whatever the case."""
        require_agent(call)
        for key in ("external_id", "name"):
            if key in call.query:
                wanted = call.query[key].casefold()
                rows = self.book.all_organizations()
                return self._page(call, [r for r in rows if (r[key] or "").casefold() == wanted])
        raise refuse(400, "InvalidValue", "name or external_id is required")

    def autocomplete(self, call: Call) -> Answer:
        """Find by the beginning of the name."""
        require_agent(call)
        start = call.query.get("name", "").casefold()
        rows = [r for r in self.book.all_organizations() if r["name"].casefold().startswith(start)]
        return self._page(call, rows)

    def of_user(self, call: Call, user_id: int) -> Answer:
        """List a user's organizations."""
        require_agent(call)
        user = self.book.live_user(user_id)
        if user is None:
            raise not_found()
        found = (self.book.organizations.get(number) for number in user["_orgs"])
        return self._page(call, [record for record in found if record])

    def create(self, call: Call) -> Answer:
        """Create one; names are unique."""
        require_admin(call)
        return self._made(call, self.make(_given(call)))

    def create_or_update(self, call: Call) -> Answer:
        """Match by id or external id, never by name."""
        require_admin(call)
        record, created = self.upsert(_given(call))
        if created:
            return self._made(call, record)
        return said({"organization": show_organization(call, record)})

    def update(self, call: Call, organization_id: int) -> Answer:
        """Change one; plain agents may only write notes."""
        require_agent(call)
        given = _given(call)
        if not call.actor.is_admin and set(given) - {"notes"}:
            raise forbidden()
        return said({"organization": show_organization(call, self.change(organization_id, given))})

    def delete(self, call: Call, organization_id: int) -> Answer:
        """Delete one."""
        require_admin(call)
        self._find(organization_id)
        self.book.organizations.remove(organization_id)
        return Answer(204)

    # The same for one request and for one row of a job.

    def make(self, given: Record) -> Record:
        """Create and store."""
        number = self.book.new_organization_id()
        record = organization_record(number, "", (), self.book.world.now())
        self._edit(record, {**given, "name": given.get("name") or ""})
        return record

    def upsert(self, given: Record) -> tuple[Record, bool]:
        """Update the one with this id or external id, or create."""
        if given.get("id"):
            return self.change(int(given["id"]), given), False
        external_id = str(given.get("external_id") or "").casefold()
        for record in self.book.all_organizations():
            if external_id and (record["external_id"] or "").casefold() == external_id:
                return self.change(record["id"], given), False
        return self.make(given), True

    def change(self, organization_id: int, given: Record) -> Record:
        """Update and store."""
        record = self.book.organizations.draft(organization_id)
        if record is None:
            raise not_found()
        self._edit(record, given)
        return record

    def _edit(self, record: Record, given: Record) -> None:
        if "name" in given:
            name = str(given["name"] or "").strip()
            if not name:
                raise invalid("name", "Name: cannot be blank", "BlankValue")
            taken = (
                it["name"].casefold() == name.casefold() and it["id"] != record["id"]
                for it in self.book.all_organizations()
            )
            if any(taken):
                raise invalid("name", f"Name: {name} has already been taken", "DuplicateValue")
            record["name"] = name
        for key in _PLAIN:
            if key in given:
                record[key] = given[key]
        if "external_id" in given:
            record["external_id"] = str(given["external_id"]) if given["external_id"] else None
        if "domain_names" in given:
            # Overwrites the list (contract 5).
            record["domain_names"] = [str(name) for name in given["domain_names"] or []]
        if "tags" in given:
            record["tags"] = clean_tags(given["tags"] or [])
        record["organization_fields"] |= given.get("organization_fields") or {}
        now = self.book.world.now()
        record["updated_at"], record["_at"] = iso(now), now
        self.book.organizations.put(record["id"], record)

    def _find(self, organization_id: int) -> Record:
        record = self.book.organizations.get(organization_id)
        if record is None:
            raise not_found()
        return record

    def _page(self, call: Call, rows: list[Record]) -> Answer:
        return page_answer(call, "organizations", rows, lambda it: show_organization(call, it))

    def _made(self, call: Call, record: Record) -> Answer:
        location = f"{call.base_url}/api/v2/organizations/{record['id']}.json"
        return said({"organization": show_organization(call, record)}, 201, ("location", location))


def show_organization(call: Call, record: Record) -> Record:
    """Return an organization as the API does."""
    return {"url": f"{call.base_url}/api/v2/organizations/{record['id']}.json", **visible(record)}


def _given(call: Call) -> Record:
    body = call.json()
    given = body.get("organization") if isinstance(body, dict) else None
    if not isinstance(given, dict):
        raise refuse(400, "InvalidRequest", "Parameter organization is required")
    return given
