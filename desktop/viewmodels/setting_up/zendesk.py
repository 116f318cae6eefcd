"""Connecting Zendesk: the account, the sign-in in the browser, the API token as second way."""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop.connect import disconnect
from desktop.connect.account import parse_account, set_account
from desktop.connect.check import Check
from desktop.connect.desk import Desk
from desktop.connect.enter import sign_in_here
from desktop.connect.letters import ask_for_oauth_client
from desktop.connect.roles import may_change
from desktop.connect.setup import run_setup
from desktop.connect.zendesk_check import TOKENS_END
from desktop.kit.errors import AppError, BadInput, NotPermitted
from desktop.model.permission import Role
from desktop.settings import table
from desktop.viewmodels.setting_up.checks import CheckView, check_view
from desktop.viewmodels.setting_up.local import LocalData
from desktop.viewmodels.setting_up.trouble import NONE, Trouble, beside_field, trouble_of
from desktop.viewmodels.settings_office import SettingsOffice, person
from desktop.viewmodels.tasks import Tasks

BROWSER, TOKEN, WITHOUT = "oauth", "token", "none"
WAYS = (
    (BROWSER, "In the browser"),
    (TOKEN, "API token"),
    (WITHOUT, "Without Zendesk"),
)
TOKEN_NOTE = (
    f"Zendesk ends all API tokens on {TOKENS_END}. Until then a token works on servers and "
    "where the browser cannot be used."
)
WITHOUT_NOTE = (
    "Customers are then looked up in Sailthru only. Zendesk can be connected at any time."
)
ROLE_WORDS = {Role.ADMIN: "Administrator", Role.AGENT: "Agent"}


@dataclass(frozen=True)
class ZendeskView:
    """`signed_in` names the person; `address` is what the account field was understood as."""

    account: str
    address: str
    account_error: str
    account_why_not: str
    way: str
    note: str
    client_id: str
    client_why_not: str
    email: str
    signed_in: str
    busy: str
    browser_url: str
    trouble: Trouble
    checks: tuple[CheckView, ...]
    letter: str
    waiting: str


class ZendeskModel(QObject):
    """`browser_wanted` carries the address to open; an attempt that fails keeps nothing."""

    changed = Signal()
    browser_wanted = Signal(str)
    told = Signal(str)

    def __init__(self, office: SettingsOffice, desk: Desk, local: LocalData) -> None:
        super().__init__()
        self._office, self._desk, self._local = office, desk, local
        self.tasks = Tasks(self._on_trouble)
        values = office.values
        base_url = values.get(table.ZENDESK_BASE_URL)
        self._account = base_url
        way = values.get(table.ZENDESK_AUTH)
        # Nobody chose yet: the browser is the way we recommend.
        self._way = way if values.chosen(table.ZENDESK_AUTH) or base_url else BROWSER
        self._busy = self._url = ""
        self._trouble: Trouble = NONE
        self._checks: list[Check] = []

    def view(self) -> ZendeskView:
        """Build the card."""
        values = self._office.values
        who = person(self._office)
        address, wrong = self._understood()
        return ZendeskView(
            account=self._account,
            address=address,
            account_error=wrong,
            account_why_not=may_change(table.ZENDESK_BASE_URL, who, values).reason,
            way=self._way,
            note={TOKEN: TOKEN_NOTE, WITHOUT: WITHOUT_NOTE}.get(self._way, ""),
            client_id=values.get(table.ZENDESK_CLIENT_ID),
            client_why_not=may_change(table.ZENDESK_CLIENT_ID, who, values).reason,
            email=values.get(table.ZENDESK_EMAIL),
            signed_in=self.signed_in(),
            busy=self._busy,
            browser_url=self._url,
            trouble=self._trouble,
            checks=tuple(check_view(check) for check in self._checks),
            letter=ask_for_oauth_client(),
            waiting=self._waiting(),
        )

    def signed_in(self) -> str:
        """Who is signed in and as what; empty while nobody is."""
        # While connecting, who it is has not been said by Zendesk yet.
        if self._busy or self._office.services.zendesk is None or self._office.trouble is not None:
            return ""
        actor = self._office.actor
        return f"{actor.name}, {ROLE_WORDS[actor.role]}"

    @property
    def done(self) -> bool:
        """Whether this step of the set-up needs nothing more."""
        return bool(self.signed_in()) or self._way == WITHOUT

    def type_account(self, text: str) -> None:
        """Show what is understood while it is typed."""
        self._account = text
        self.changed.emit()

    def choose_way(self, way: str) -> None:
        """Browser, token, or without Zendesk."""
        self._way, self._trouble, self._checks = way, NONE, []
        if way == WITHOUT and not self._office.values.get(table.ZENDESK_BASE_URL):
            self._store({table.ZENDESK_AUTH.key: WITHOUT})
        self.changed.emit()

    def begin_browser(self, client_id: str) -> None:
        """Open the browser and wait for its answer."""
        self._begin("Waiting for the browser…", "sign-in", self._in_browser(client_id))

    def begin_token(self, email: str, token: str) -> None:
        """Sign in with an API token; it is kept only if Zendesk takes it."""
        self._begin("Testing the token…", "sign-in", self._with_token(email, token))

    def cancel(self) -> None:
        """End the attempt."""
        self.tasks.cancel("sign-in")
        self._end()

    def sign_out(self) -> None:
        """Sign out here and there; what services said is erased, what waits is kept."""
        self._begin("Signing out…", "sign-out", self._leave())

    def refresh(self) -> None:
        """The connection is another now."""
        self.changed.emit()

    async def close(self) -> None:
        """End what runs."""
        await self.tasks.close()

    def _begin(self, words: str, name: str, act: Coroutine[Any, Any, None]) -> None:
        if self._busy:
            act.close()
            return
        self._busy, self._trouble, self._checks = words, NONE, []
        self.tasks.start(name, act)
        self.changed.emit()

    def _end(self) -> None:
        self._busy = self._url = ""
        self.changed.emit()

    async def _in_browser(self, client_id: str) -> None:
        await self._keep_account()
        values = self._office.values
        if client_id.strip() != values.get(table.ZENDESK_CLIENT_ID):
            self._office.change({table.ZENDESK_CLIENT_ID.key: client_id})
        await sign_in_here(self._desk, self._open)
        self._url = ""
        await self._connected()

    async def _with_token(self, email: str, token: str) -> None:
        await self._keep_account()
        section = {
            "base_url": self._office.values.get(table.ZENDESK_BASE_URL),
            "auth": TOKEN,
            "email": email,
            "api_token": token,
        }
        report = await run_setup({"zendesk": section}, self._desk, self._on_check)
        if not report.stored:
            self._busy = ""
            self._trouble = Trouble("Nothing was stored.", "See below what did not work.")
            self.changed.emit()
            return
        self._checks = [c for c in self._checks if not c.ok]
        self._office.reload()
        await self._connected()

    async def _keep_account(self) -> None:
        values = self._office.values
        verdict = may_change(table.ZENDESK_BASE_URL, person(self._office), values)
        address = parse_account(self._account).base_url
        if address == values.get(table.ZENDESK_BASE_URL):
            return
        if not verdict.allowed:
            raise NotPermitted("The account cannot be changed here.", verdict.reason)
        await set_account(self._desk, self._account)
        self._office.reload()

    async def _connected(self) -> None:
        self._office.reload()
        self._busy = "Connecting…"
        self.changed.emit()
        await self._office.connect()
        if self._office.trouble is not None:
            self._trouble = trouble_of(self._office.trouble)
        self._account = self._office.values.get(table.ZENDESK_BASE_URL)
        self._end()
        if self.signed_in():
            self.told.emit(f"Signed in as {self.signed_in()}")

    async def _leave(self) -> None:
        goodbye = await disconnect.sign_out(self._desk)
        await self._office.disconnect()
        await self._local.forget_customers()
        self._office.reload()
        await self._office.connect()
        self._end()
        self.told.emit(goodbye.words)

    def _open(self, url: str) -> None:
        self._url = url
        self.changed.emit()
        self.browser_wanted.emit(url)

    def _understood(self) -> tuple[str, str]:
        if not self._account.strip():
            return "", ""
        try:
            return parse_account(self._account).base_url, ""
        except BadInput as error:
            return "", f"{beside_field(error)} {error.hint}".strip()

    def _waiting(self) -> str:
        count = self._local.open_count()
        if not count:
            return ""
        what = "1 change waits" if count == 1 else f"{count:,} changes wait"
        return f"{what} to be sent. Signing out keeps what waits."

    def _store(self, changes: dict[str, str]) -> None:
        try:
            self._office.change(dict(changes))
        except AppError as error:
            self._trouble = trouble_of(error)

    def _on_check(self, check: Check) -> None:
        self._checks.append(check)
        self.changed.emit()

    def _on_trouble(self, error: AppError) -> None:
        self._trouble = trouble_of(error)
        self._end()
