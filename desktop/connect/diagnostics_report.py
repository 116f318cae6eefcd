"""Writes what a maintainer needs to understand a fault as one text, without personal data.

An allow-list says what goes in; afterwards addresses, numbers, keys, the account's host and the
home folder are masked once more. Nothing is sent: a person reads it and decides.
"""

import asyncio
import contextlib
import platform
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

from desktop import __version__
from desktop.connect.connection_check import ConnectionCheck
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.doctor import run_doctor
from desktop.connect.local_data_service import LocalDataService
from desktop.kit.errors import AppError
from desktop.kit.log_redaction import MASK, Redactor
from desktop.kit.third_party_licences import DIRECT_DEPENDENCIES
from desktop.model.team_address import parse_team_address
from desktop.settings import settings_table, sync_settings
from desktop.settings.setting_definition import SettingKind
from desktop.settings.settings_file import SettingsValues
from desktop.store.database_summary import DatabaseSummary, summarize_database
from desktop.vault.secret import Secret

# Settings of other kinds are texts that a person typed: whether they are set is all that is told.
_KINDS_WITH_VALUES = (SettingKind.FLAG, SettingKind.NUMBER, SettingKind.CHOICE)
_LOG_LINES = 400
# A log line may be a traceback of megabytes.
_LONGEST_LOG_LINE = 2000


async def build_diagnostics_report(config: ConnectionConfig, log_folder: Path) -> str:
    """Check the connections, read files and log, and return the report, masked.

    It is complete also where settings, databases or services can't be read: then it says so.
    """
    report = await run_doctor(config)
    values, problem = _load_settings(config)
    databases = await asyncio.to_thread(_summarize_databases, config.workspace.folder)
    lines = [
        "Fairlead diagnostics. Addresses, numbers, keys and account names are masked.",
        *_section("Versions", _versions()),
        *_section("Checks", (_check_line(check) for check in report.checks)),
        *_section("Settings", [problem] if values is None else _setting_lines(values)),
        *_section("Files", (line for one in databases for line in _database_lines(one))),
        *_section("Log", await asyncio.to_thread(_read_log, log_folder)),
    ]
    names = [config.workspace.name, str(Path.home()), Path.home().name, config.computer_user]
    if report.actor is not None:
        names.append(report.actor.name)
    if values is not None:
        names += _hosts(values)
    names += await _team_names(config)
    return mask_names("\n".join(lines) + "\n", names)


def _hosts(values: SettingsValues) -> Iterator[str]:
    """Yield the hosts that the settings name, whatever is there."""
    for address in (
        settings_table.ZENDESK_BASE_URL,
        settings_table.SERVICE_URI,
        settings_table.SELL_BASE_URL,
        settings_table.UPDATE_ADDRESS,
    ):
        yield urlsplit(values.get(address)).hostname or ""
    yield values.get(settings_table.TEAM_HOST)
    yield values.get(sync_settings.MAIL_HOST)
    yield values.get(sync_settings.MAIL_USER)


async def _team_names(config: ConnectionConfig) -> Sequence[str]:
    """Return the team store's host and login: what keeps it away may name them."""
    names: list[str] = []
    with contextlib.suppress(AppError):
        if (text := await config.vault.get(Secret.TEAM_DSN)) is not None:
            address = parse_team_address(text)
            # Not the database alone: it is often called as the program is.
            names += [address.label, address.host, address.user]
    with contextlib.suppress(AppError):
        membership = await LocalDataService(config.workspace).read_team_membership()
        if membership is not None:
            place = membership.store_label.rpartition("/")[0]
            names += [membership.store_label, place, place.partition(":")[0]]
    return names


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield ""
    yield f"== {title} =="
    yield from lines


def _versions() -> Iterator[str]:
    yield f"Fairlead {__version__}{' (bundle)' if getattr(sys, 'frozen', False) else ''}"
    yield f"Python {platform.python_version()}, {platform.platform()}"
    for name in DIRECT_DEPENDENCIES:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            continue


def _check_line(check: ConnectionCheck) -> str:
    # What worked may say as whom and in which account.
    if check.is_ok:
        return f"ok      {check.name}"
    return f"{'failed' if check.is_needed else 'lacks'}  {check.name}: {check.detail}"


def _load_settings(config: ConnectionConfig) -> tuple[SettingsValues | None, str]:
    try:
        return config.settings_file.load().values, ""
    except AppError as error:
        return None, f"cannot be read: {error.title}"


def _setting_lines(values: SettingsValues) -> Iterator[str]:
    for setting in settings_table.ALL_SETTINGS:
        value = values.get(setting)
        if setting.kind in _KINDS_WITH_VALUES:
            told = str(value)
        else:
            told = "default" if value == setting.default else "set"
        fixed = ", by policy" if values.policy.fixes(setting) else ""
        yield f"{setting.key}: {told}{fixed}"


def _summarize_databases(folder: Path) -> Sequence[DatabaseSummary]:
    return [summarize_database(path) for path in sorted(folder.glob("*.db"))]


def _database_lines(found: DatabaseSummary) -> Iterator[str]:
    if found.problem:
        yield f"{found.name}: {found.problem}"
        return
    yield f"{found.name}: {found.size:,} bytes, schema {found.version}"
    yield from (f"  {table}: {count:,}" for table, count in found.tables.items() if count)


def _read_log(folder: Path) -> Sequence[str]:
    try:
        text = (folder / "fairlead.log").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ["no log file"]
    return [line[:_LONGEST_LOG_LINE] for line in text.splitlines()[-_LOG_LINES:]]


def mask_names(text: str, names: Iterable[str]) -> str:
    """Mask these names, as whole words, and what looks like a key, an address or a number."""
    masked = Redactor().redact(text)
    # The longest first: one name may be part of another.
    for name in sorted(set(filter(None, names)), key=len, reverse=True):
        masked = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", MASK, masked, flags=re.IGNORECASE)
    return masked
