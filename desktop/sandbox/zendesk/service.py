"""One Zendesk account: sign-in, limits, rights, then the handler of the path."""

from dataclasses import replace
from hashlib import blake2b

from desktop.sandbox.call import ANONYMOUS, Answer, Call, Refused
from desktop.sandbox.credentials import Credentials
from desktop.sandbox.router import Router
from desktop.sandbox.world import World
from desktop.sandbox.zendesk import refusal
from desktop.sandbox.zendesk.book import Book
from desktop.sandbox.zendesk.limits import Limits
from desktop.sandbox.zendesk.rights import require_scope
from desktop.sandbox.zendesk.sign_in import SignIn
from desktop.sandbox.zendesk.tables import add_all_routes


class Zendesk:
    """Answers calls."""

    def __init__(self, world: World, credentials: Credentials) -> None:
        self.world = world
        self.book = Book(world)
        self.sign_in = SignIn(self.book, credentials)
        self.limits = Limits(world)
        self.open_router = Router()
        self.router = Router()
        add_all_routes(self.book, self.open_router, self.router)

    def answer(self, call: Call) -> Answer:
        """Answer one call."""
        number = blake2b(f"{call.at!r} {call.path}".encode(), digest_size=12).hexdigest()
        # What their support asks for when something failed (contract 13).
        return self._answer(call).having(("x-zendesk-request-id", number), ("x-request-id", number))

    def _answer(self, call: Call) -> Answer:
        path = call.path.removesuffix(".json").rstrip("/")
        if not self.world.account.zendesk:
            return Answer(503, b"Service Unavailable", "text/plain")
        try:
            # Pages and tokens of OAuth come before there is anybody.
            if (answer := self.open_router.answer(call, path)) is not None:
                return answer
            return self._api(call, path)
        except Refused as refused:
            return refused.answer

    def _api(self, call: Call, path: str) -> Answer:
        actor = self.sign_in.actor(call)
        bearer = call.headers.get("authorization", "").lower().startswith("bearer")
        if actor is None and bearer:
            return refusal.invalid_token()
        if (actor is None or actor is ANONYMOUS) and path != "/api/v2/users/me":
            return refusal.unauthenticated()
        call = replace(call, actor=actor or ANONYMOUS)
        too_many, headers = self.limits.check(call, path)
        if too_many is not None:
            return too_many.having(*headers)
        try:
            require_scope(call, path)
            answer = self.router.answer(call, path) or refusal.invalid_endpoint()
        except Refused as refused:
            answer = refused.answer
        return answer.having(*headers)
