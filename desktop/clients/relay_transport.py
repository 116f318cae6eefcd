"""A transport that hands Sailthru's calls to a worker, which signs and sends them.

The client above it is the same as with a key of its own: it gets Sailthru's own answers.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from urllib.parse import parse_qsl

import msgspec

from desktop.clients.http_messages import HttpRequest, HttpResponse
from desktop.kit.errors import (
    AppError,
    Forbidden,
    NotPermitted,
    ResponseTimeout,
    ServiceError,
    ServiceUnreachable,
)
from desktop.model.json_value import Json
from desktop.model.relayed_sailthru_call import RelayedAnswer, RelayedCall

AskRelay = Callable[[RelayedCall], Awaitable[RelayedAnswer]]

# By the code of the worker's error: what it means for the call.
_ERRORS: dict[str, type[AppError]] = {
    ServiceUnreachable.code: ServiceUnreachable,
    ResponseTimeout.code: ResponseTimeout,
    NotPermitted.code: Forbidden,
}


class RelayTransport:
    """The way to Sailthru through a worker of the team, as a `Transport`."""

    def __init__(self, ask: AskRelay) -> None:
        """`ask` raises ServiceUnreachable where no worker took the call, else ResponseTimeout."""
        self._ask = ask
        self.request_count = 0

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Hand a call to the worker and return Sailthru's answer, whatever its status."""
        self.request_count += 1
        answer = await self._ask(_to_call(request))
        if answer.error is not None:
            raise _to_error(answer.error)
        return HttpResponse(answer.status, answer.headers, answer.body.encode())

    def download(self, url: str) -> AsyncIterator[bytes]:
        """Raise NotPermitted: no export is read through a worker."""
        del url
        raise NotPermitted("Exports are not read through your team's worker.")

    async def aclose(self) -> None:
        """Do nothing: the connection to the team is not the transport's."""


def _to_call(request: HttpRequest) -> RelayedCall:
    fields = dict(request.query) or dict(
        parse_qsl((request.body or b"").decode(), keep_blank_values=True)
    )
    # A job's multipart body has none that can be read so: the worker refuses it.
    parameters = msgspec.json.decode(fields.get("json", "{}"), type=dict[str, Json])
    return RelayedCall(request.method, request.path.strip("/"), parameters)


def _to_error(said: Mapping[str, str]) -> AppError:
    kind = _ERRORS.get(said.get("code", ""), ServiceError)
    return kind(said.get("title", ""), said.get("message", ""), said.get("hint", ""))
