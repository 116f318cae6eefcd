"""Writing many organizations in jobs (contract 5)."""

from desktop.sandbox.call import Answer, Call, Record
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.jobs import Jobs, Row
from desktop.sandbox.zendesk.organizations import Organizations
from desktop.sandbox.zendesk.rights import require_admin


class OrganizationBulk:
    """/organizations/*_many."""

    def __init__(self, organizations: Organizations, jobs: Jobs) -> None:
        self.organizations = organizations
        self.jobs = jobs

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        router.add("POST", "/api/v2/organizations/create_many", self.create)
        router.add("PUT", "/api/v2/organizations/update_many", self.update)
        router.add("DELETE", "/api/v2/organizations/destroy_many", self.delete)

    def create(self, call: Call) -> Answer:
        """Create up to a hundred."""
        return self._start(call, "create", self.jobs.rows(call, "organizations"))

    def update(self, call: Call) -> Answer:
        """Change up to a hundred."""
        if "ids" in call.query:
            same = call.json().get("organization") or {}
            return self._start(
                call, "update", [{**same, "id": int(number)} for number in self.jobs.ids(call)]
            )
        return self._start(call, "update", self.jobs.rows(call, "organizations"))

    def delete(self, call: Call) -> Answer:
        """Delete up to a hundred."""
        return self._start(call, "delete", [{"id": int(it)} for it in self.jobs.ids(call)])

    def _start(self, call: Call, action: str, rows: list[Record]) -> Answer:
        require_admin(call)
        return self.jobs.answer(call, self.jobs.start(call, "organization", action, rows))

    def do_row(self, _call: Call, action: str, given: Record) -> Row:
        """Do one row of a job."""
        if action == "create":
            return {"id": self.organizations.make(given)["id"], "status": "Created"}
        if action == "delete":
            self.organizations.book.organizations.remove(int(given["id"]))
            return {"id": given["id"], "action": "delete", "success": True, "status": "Deleted"}
        record = self.organizations.change(int(given["id"]), given)
        return {"id": record["id"], "action": "update", "success": True, "status": "Updated"}
