"""Jobs that make files: export_list_data and export_purchase_log (contract 2.4).

Files are served without a signature, as S3 does, and end with the process.
"""

import csv
import json
import re
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from desktop.sandbox.http_messages import JsonObject, SandboxResponse
from desktop.sandbox.sailthru.background_jobs import SailthruJobs
from desktop.sandbox.sailthru.error_responses import sailthru_error, unknown_list_error
from desktop.sandbox.sailthru.repository import SailthruRepository
from desktop.sandbox.sailthru.seed_data import SMART_LIST
from desktop.sandbox.sailthru.smart_list_query import engagement_of

LIST_EXPORT_COLUMNS = (
    "Profile Id",
    "Email Hash",
    "Extid",
    "Domain",
    "Engagement",
    "Lists",
    "Profile Created Date",
    "Signup",
    "Opens",
    "Clicks",
    "Pageviews",
    "Last Open",
    "Last Click",
    "Last Pageview",
    "Optout Time",
    "List Signup",
    "Geolocation City",
    "Geolocation State",
    "Geolocation Country",
    "Geolocation Zip",
    "Lifetime Message",
    "First Purchase Time",
    "Purchase Count",
    "Purchase Price",
    "Purchase Incomplete",
    "Last Purchase Time",
    "Largest Purchase Item Price",
    "Top Device",
    "Email Status",
)
PURCHASE_COLUMNS = (
    "Date",
    "Email Hash",
    "Extid",
    "Message Id",
    "Price",
    "Channel",
    "Items",
    "Urls",
    "Unit Prices",
    "Quantities",
)
# The crowd's own vars; with what single profiles add, no more than this many columns.
GENERATED_VARS = (
    "first_name",
    "last_name",
    "city",
    "source",
    "favourite_category",
    "ltv",
    "rev_365",
    "pv_30",
    "customer_value",
    "zendesk_health",
    "zendesk_sync",
    "topics",
)
MAX_VAR_COLUMNS = 200
ROWS_PER_STEP = 250


class ExportJobs:
    """Makes and serves the files."""

    def __init__(self, repository: SailthruRepository, jobs: SailthruJobs) -> None:
        self.repository = repository
        self.jobs = jobs
        self.file_paths: dict[str, Path] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def register(self) -> None:
        """Register with the queue."""
        self.jobs.job_kinds |= {
            "export_list_data": (self._list_name, self._export_list),
            "export_purchase_log": (lambda _data: "Export Purchase Log", self._export_purchases),
        }

    def serve_file(self, path: str) -> SandboxResponse | None:
        """Return a file by its address."""
        if not path.startswith("/export/"):
            return None
        found = self.file_paths.get(path)
        if found is None:
            return SandboxResponse(
                403, b"<Error><Code>AccessDenied</Code></Error>", "application/xml"
            )
        disposition = f"attachment; filename={path.rpartition('/')[2]}"
        return SandboxResponse(
            200,
            content_type="text/csv; charset=utf-8",
            headers=(("content-disposition", disposition),),
            file=found,
        )

    def _list_name(self, data: Mapping[str, Any]) -> str:
        name = str(data.get("list") or "")
        if not name:
            raise sailthru_error(400, 2, "Missing required parameter: list")
        if self.repository.lists.get(name) is None:
            raise unknown_list_error(name)
        return f"Export All List Data: {name}"

    def _new_file(self, job_id: str, filename: str) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="fairlead-sandbox-")
        now = datetime.fromtimestamp(self.repository.state.now(), UTC)
        path = f"/export/{now:%Y/%m/%d}/{secrets.token_hex(12)}/{filename}"
        kept = Path(self._folder.name) / job_id
        self.file_paths[path] = kept
        self.jobs.update_job(
            job_id, filename=filename, _file=True, _path=path, _made=now.timestamp()
        )
        return kept

    def _export_list(self, job_id: str) -> Iterator[None]:
        data, _ = self.jobs.job_payload(job_id)
        name = str(data["list"])
        slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "list"
        columns, names = self._columns(name, data.get("fields"))
        target = self._new_file(job_id, f"{slug}.csv")
        self.jobs.update_job(job_id, list=name)
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*columns, *names])
            for count, profile in enumerate(self._members(name)):
                if profile is not None:
                    cells = self._cells(profile, name)
                    values = (profile["vars"].get(var) for var in names)
                    writer.writerow(
                        [
                            *(cells[column] for column in columns),
                            *(_format_cell(it) for it in values),
                        ]
                    )
                if count % ROWS_PER_STEP == ROWS_PER_STEP - 1:
                    yield

    def _columns(self, name: str, fields: Any) -> tuple[list[str], list[str]]:
        if isinstance(fields, dict) and fields:
            wanted = {key.lower().replace(" ", "_") for key, on in fields.items() if on}
            columns = [
                it
                for it in ("Email", *LIST_EXPORT_COLUMNS)
                if it.lower().replace(" ", "_") in wanted
            ]
            names = fields.get("vars")
            return columns or ["Profile Id"], list(names) if isinstance(names, dict) else []
        found = dict.fromkeys(GENERATED_VARS if self.repository.state.generated_people.size else ())
        for profile in self.repository.individual_profiles():
            if self.repository.is_list_member(name, profile):
                found |= dict.fromkeys(profile["vars"])
        # Which vars are columns when none are named is unknown: all, up to a bearable number.
        return list(LIST_EXPORT_COLUMNS), list(found)[:MAX_VAR_COLUMNS]

    def _members(self, name: str) -> Iterator[JsonObject | None]:
        """Return the members; None is a step without one, so that long walks can pause."""
        for profile in list(self.repository.individual_profiles()):
            yield profile if self.repository.is_list_member(name, profile) else None
        crowd, base = self.repository.state.generated_people, self.repository.seed_data
        record = self.repository.lists.get(name) or {}
        smart = record.get("type") == "smart"
        default = name == SMART_LIST and name not in self.repository.lists.overrides
        for index in range(crowd.total):
            person = crowd.person(index)
            # Cheap tests first; the profile itself is made only when they pass.
            likely = (
                person.on_smart_list
                if default
                else smart or name in base.generated_lists_of(person)
            )
            if not likely or not person.has_profile:
                yield None
                continue
            if base.sid_of(index) in self.repository.profiles.overrides:
                yield None
                continue
            profile = base.generated_profile(person)
            yield profile if self.repository.is_list_member(name, profile) else None

    def _cells(self, profile: JsonObject, name: str) -> dict[str, Any]:
        activity, lifetime = profile["activity"], profile["lifetime"]
        times = [purchase["time"] for purchase in profile["purchases"]]
        prices = [item["price"] for it in profile["purchases"] for item in it["items"]]
        lists = [one for one in profile["lists"] if self.repository.is_list_member(one, profile)]
        status = "Hardbounce" if profile["hardbounce"] else "Valid"
        if profile["optout_email"] != "none":
            status = f"Optout {profile['optout_email']}"
        return {
            "Email": profile["email"],
            "Profile Id": profile["sid"],
            "Email Hash": _email_hash(profile["email"]),
            "Extid": profile["extid"] or "",
            "Domain": str(profile["email"]).rpartition("@")[2],
            "Engagement": engagement_of(profile),
            "Lists": ",".join(lists),
            "Profile Created Date": self._date(activity.get("create_time")),
            "Signup": self._date(activity.get("signup_time")),
            "Opens": lifetime["lifetime_open"],
            "Clicks": lifetime["lifetime_click"],
            "Pageviews": lifetime["lifetime_pv"],
            "Last Open": self._date(activity.get("open_time")),
            "Last Click": self._date(activity.get("click_time")),
            "Last Pageview": self._date(activity.get("view_time")),
            "Optout Time": self._date(activity.get("optout_time")),
            "List Signup": self._date(profile["lists"].get(name)),
            "Geolocation City": profile["vars"].get("city", ""),
            "Geolocation State": "",
            "Geolocation Country": "",
            "Geolocation Zip": "",
            "Lifetime Message": lifetime["lifetime_message"],
            "First Purchase Time": self._date(min(times, default=None)),
            "Purchase Count": lifetime["lifetime_purchase"],
            "Purchase Price": lifetime["lifetime_purchase_price"],
            "Purchase Incomplete": len(profile["purchase_incomplete"]),
            "Last Purchase Time": self._date(max(times, default=None)),
            "Largest Purchase Item Price": max(prices, default=""),
            "Top Device": profile["device"].get("top_device_email", ""),
            "Email Status": status,
        }

    def _date(self, at: float | None) -> str:
        # The form of dates in exports is unknown; the zone is the account's.
        if at is None:
            return ""
        zone = ZoneInfo(self.repository.state.calendar.time_zone)
        return f"{datetime.fromtimestamp(int(at), zone):%Y-%m-%d %H:%M:%S}"

    def _export_purchases(self, job_id: str) -> Iterator[None]:
        data, _ = self.jobs.job_payload(job_id)
        start = datetime.strptime(str(data["start_date"]), "%Y%m%d").replace(tzinfo=UTC).timestamp()
        end = datetime.strptime(str(data["end_date"]), "%Y%m%d").replace(tzinfo=UTC).timestamp()
        target = self._new_file(job_id, "purchase_log.csv")
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(PURCHASE_COLUMNS)
            for count, profile in enumerate(self.repository.all_profiles()):
                for purchase in profile["purchases"]:
                    if start <= purchase["time"] < end + 86_400:
                        writer.writerow(self._purchase(profile, purchase))
                if count % ROWS_PER_STEP == ROWS_PER_STEP - 1:
                    yield

    def _purchase(self, profile: JsonObject, purchase: JsonObject) -> list[Any]:
        items = purchase["items"]
        return [
            self._date(purchase["time"]),
            _email_hash(profile["email"]),
            profile["extid"] or "",
            "",
            purchase["price"],
            purchase.get("channel", "online"),
            ",".join(str(item["title"]) for item in items),
            ",".join(str(item["url"]) for item in items),
            ",".join(str(item["price"]) for item in items),
            ",".join(str(item["qty"]) for item in items),
        ]


def _email_hash(email: Any) -> str:
    return md5(str(email).encode(), usedforsecurity=False).hexdigest()


def _format_cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return value
