"""The job export_list_data of the Sailthru sandbox: makes CSV files and serves them.

Facts: docs/sailthru.md 2.4. Files are served without a signature, as S3 does, and end with the
process.
"""

import csv
import json
import re
import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from desktop.sandbox.http_messages import JsonObject, SandboxResponse
from desktop.sandbox.sailthru.background_jobs import JobKind, SailthruJobs
from desktop.sandbox.sailthru.error_responses import unknown_list_error
from desktop.sandbox.sailthru.repository import SailthruRepository
from desktop.sandbox.sailthru.request_parameters import SailthruCall
from desktop.sandbox.sailthru.seed_data import SMART_LIST
from desktop.sandbox.sailthru.smart_list_query import engagement_of

# Which vars are columns when a job names none is unknown: all, up to a bearable number.
MAX_VAR_COLUMNS = 200
# The vars of generated people; profiles that were changed may add more.
GENERATED_VARS = (
    *("first_name", "last_name", "city", "source", "favourite_category", "ltv", "rev_365"),
    *("pv_30", "customer_value", "zendesk_health", "zendesk_sync", "topics"),
)
ROWS_PER_STEP = 250


@dataclass(frozen=True)
class ExportRow:
    """A member of a list that the sandbox's Sailthru exports, to be written as cells."""

    profile: JsonObject
    time_zone: ZoneInfo
    list_name: str
    lists: tuple[str, ...]

    def date(self, at: float | None) -> str:
        """Format a Unix time for the sandbox's list export, in the account's zone."""
        if at is None:
            return ""
        return f"{datetime.fromtimestamp(int(at), self.time_zone):%Y-%m-%d %H:%M:%S}"

    def activity(self, name: str) -> str:
        """Format a time of the profile's activity for the sandbox's list export."""
        return self.date(self.profile["activity"].get(name))

    def email_hash(self) -> str:
        """Return the MD5 of the address, which the sandbox's list exports have in its place."""
        return md5(str(self.profile["email"]).encode(), usedforsecurity=False).hexdigest()

    def email_status(self) -> str:
        """Return whether the address can be mailed, for the sandbox's list export."""
        level = self.profile["optout_email"]
        if level != "none":
            return f"Optout {level}"
        return "Hardbounce" if self.profile["hardbounce"] else "Valid"

    def purchase_times(self) -> list[float]:
        """Return the Unix times of a profile's purchases, for the sandbox's list export."""
        return [purchase["time"] for purchase in self.profile["purchases"]]

    def largest_price(self) -> Any:
        """Return a profile's highest item price in cents, for the sandbox's list export."""
        items = [item for purchase in self.profile["purchases"] for item in purchase["items"]]
        return max((item["price"] for item in items), default="")


Column = Callable[[ExportRow], Any]


def _lifetime(name: str) -> Column:
    return lambda row: row.profile["lifetime"][name]


def _activity(name: str) -> Column:
    return lambda row: row.activity(name)


LIST_COLUMNS: dict[str, Column] = {
    "Profile Id": lambda row: row.profile["sid"],
    "Email Hash": ExportRow.email_hash,
    "Extid": lambda row: row.profile["extid"] or "",
    "Domain": lambda row: str(row.profile["email"]).rpartition("@")[2],
    "Engagement": lambda row: engagement_of(row.profile),
    "Lists": lambda row: ",".join(row.lists),
    "Profile Created Date": _activity("create_time"),
    "Signup": _activity("signup_time"),
    "Opens": _lifetime("lifetime_open"),
    "Clicks": _lifetime("lifetime_click"),
    "Pageviews": _lifetime("lifetime_pv"),
    "Last Open": _activity("open_time"),
    "Last Click": _activity("click_time"),
    "Last Pageview": _activity("view_time"),
    "Optout Time": _activity("optout_time"),
    "List Signup": lambda row: row.date(row.profile["lists"].get(row.list_name)),
    "Geolocation City": lambda row: row.profile["vars"].get("city", ""),
    "Geolocation State": lambda _row: "",
    "Geolocation Country": lambda _row: "",
    "Geolocation Zip": lambda _row: "",
    "Lifetime Message": _lifetime("lifetime_message"),
    "First Purchase Time": lambda row: row.date(min(row.purchase_times(), default=None)),
    "Purchase Count": _lifetime("lifetime_purchase"),
    "Purchase Price": _lifetime("lifetime_purchase_price"),
    "Purchase Incomplete": lambda row: len(row.profile["purchase_incomplete"]),
    "Last Purchase Time": lambda row: row.date(max(row.purchase_times(), default=None)),
    "Largest Purchase Item Price": ExportRow.largest_price,
    "Top Device": lambda row: row.profile["device"].get("top_device_email", ""),
    "Email Status": ExportRow.email_status,
}
# The address itself is exported only when a job asks for it.
ALL_LIST_COLUMNS: dict[str, Column] = {"Email": lambda row: row.profile["email"], **LIST_COLUMNS}


class ExportJobs:
    """Makes and serves the CSV files of the sandbox's list exports."""

    def __init__(self, repository: SailthruRepository, jobs: SailthruJobs) -> None:
        self.repository = repository
        self.jobs = jobs
        # Path of the address → the file.
        self.file_paths: dict[str, Path] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def job_kinds(self) -> dict[str, JobKind]:
        """Return the export jobs of the sandbox's Sailthru by the parameter `job`."""
        return {"export_list_data": (self._list_job_name, self._export_list)}

    def serve_file(self, path: str) -> SandboxResponse | None:
        """Return a file that the sandbox's Sailthru exported, by its path, or None."""
        if not path.startswith("/export/"):
            return None
        found = self.file_paths.get(path)
        if found is None:
            # S3 does not tell a missing file from one that nobody may read.
            body = b"<Error><Code>AccessDenied</Code></Error>"
            return SandboxResponse(403, body, "application/xml")
        disposition = f"attachment; filename={path.rpartition('/')[2]}"
        headers = (("content-disposition", disposition),)
        return SandboxResponse(200, b"", "text/csv; charset=utf-8", headers, file=found)

    def _list_job_name(self, call: SailthruCall) -> str:
        name = call.require("list")
        if self.repository.lists.get(name) is None:
            raise unknown_list_error(name)
        return f"Export All List Data: {name}"

    def _write_file(
        self, job_id: str, filename: str, header: list[str], rows: Iterable[list[Any] | None]
    ) -> Iterator[None]:
        """Write the sandbox's export in steps; a row that is None counts as work alone."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="fairlead-sandbox-")
        now = datetime.fromtimestamp(self.repository.state.now(), UTC)
        path = f"/export/{now:%Y/%m/%d}/{secrets.token_hex(12)}/{filename}"
        target = self.file_paths[path] = Path(self._folder.name) / job_id
        made = now.timestamp()
        self.jobs.update_job(job_id, filename=filename, _file=True, _path=path, _made=made)
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            for count, row in enumerate(rows, 1):
                if row is not None:
                    writer.writerow(row)
                if count % ROWS_PER_STEP == 0:
                    yield

    def _time_zone(self) -> ZoneInfo:
        return ZoneInfo(self.repository.state.calendar.time_zone)

    def _export_list(self, job_id: str) -> Iterator[None]:
        data, _ = self.jobs.job_payload(job_id)
        name = str(data["list"])
        slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "list"
        columns, names = self._list_columns(name, data.get("fields"))
        self.jobs.update_job(job_id, list=name)

        def cells(profile: JsonObject | None) -> list[Any] | None:
            if profile is None:
                return None
            lists = tuple(it for it in profile["lists"] if self._is_member(it, profile))
            row = ExportRow(profile, self._time_zone(), name, lists)
            values = [_format_var(profile["vars"].get(var)) for var in names]
            return [*(ALL_LIST_COLUMNS[column](row) for column in columns), *values]

        rows = map(cells, self._members(name))
        yield from self._write_file(job_id, f"{slug}.csv", [*columns, *names], rows)

    def _is_member(self, name: str, profile: JsonObject) -> bool:
        return self.repository.is_list_member(name, profile)

    def _list_columns(self, name: str, fields: Any) -> tuple[list[str], list[str]]:
        """Return the columns and vars of the sandbox's list export, as `fields` names them."""
        if isinstance(fields, dict) and fields:
            wanted = {key.lower().replace(" ", "_") for key, value in fields.items() if value}
            columns = [it for it in ALL_LIST_COLUMNS if it.lower().replace(" ", "_") in wanted]
            names = fields.get("vars")
            return columns or ["Profile Id"], list(names) if isinstance(names, dict) else []
        found = dict.fromkeys(GENERATED_VARS if self.repository.state.generated_people.size else ())
        for profile in self.repository.individual_profiles():
            if self._is_member(name, profile):
                found |= dict.fromkeys(profile["vars"])
        return list(LIST_COLUMNS), list(found)[:MAX_VAR_COLUMNS]

    def _members(self, name: str) -> Iterator[JsonObject | None]:
        """Yield members for the sandbox's list export; None is a step without one, for a pause."""
        for profile in list(self.repository.individual_profiles()):
            yield profile if self._is_member(name, profile) else None
        people, seed = self.repository.state.generated_people, self.repository.seed_data
        record = self.repository.lists.get(name) or {}
        is_smart = record.get("type") == "smart"
        is_seed_list = name == SMART_LIST and name not in self.repository.lists.overrides
        for person in map(people.person, range(people.total)):
            # Cheap tests first; the profile itself is made only when they pass.
            if is_seed_list:
                may_be_member = person.on_smart_list
            else:
                may_be_member = is_smart or name in seed.generated_lists_of(person)
            if may_be_member and self.repository.is_unchanged(person):
                profile = seed.generated_profile(person)
                yield profile if self._is_member(name, profile) else None
            else:
                yield None


def _format_var(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return value
