"""What each fault kind does to an answer and to the connection."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

from starlette.types import Receive, Send

from desktop.sandbox.call import Answer, Call, said
from desktop.sandbox.fault import Fault
from desktop.sandbox.sending import cut, send_answer, start_message

Apply = Callable[[Call], Answer]

_HTML = """<!DOCTYPE html><html><head><title>%s</title></head><body><h1>%s</h1></body></html>"""
_SAILTHRU_CODES = {"401": 5, "403": 99, "409": 99, "400": 99, "404": 99, "500": 9, "429": 43}
_ZENDESK_ERRORS = {
    "400": "InvalidRequest",
    "403": "Forbidden",
    "404": "RecordNotFound",
    "409": "DatabaseConflict",
    "422": "RecordInvalid",
    "423": "Locked",
    "500": "InternalServerError",
}


class Mischief:
    """Performs faults; `set_stale` and `doom_job` belong to the services."""

    def __init__(
        self, set_stale: Callable[[float], None], doom_job: Callable[[str, str], None]
    ) -> None:
        self.set_stale = set_stale
        self.doom_job = doom_job
        # Set when the process is to end: nobody hangs any longer.
        self.stopping = asyncio.Event()

    async def perform(
        self, fault: Fault, call: Call, apply: Apply, receive: Receive, send: Send
    ) -> int:
        """Do it; return the status sent, 0 for none."""
        kind = fault.kind
        if kind in ("timeout", "timeout-after", "reset", "reset-after"):
            if kind.endswith("-after"):
                apply(call)
            if kind.startswith("timeout"):
                await self._hang_up_or_wait(receive, fault.argument)
            cut(send, reset=kind.startswith("reset"))
            # uvicorn complains of a missing answer unless it has seen the connection end.
            await self._hang_up_or_wait(receive, 1)
            return 0
        if kind in ("slow", "cut"):
            answer = apply(call)
            if kind == "slow":
                await _drip(send, answer, fault.argument)
            else:
                await _cut_half_way(send, answer)
            return answer.status
        answer = self._changed(fault, call, apply)
        await send_answer(send, answer)
        return answer.status

    async def _hang_up_or_wait(self, receive: Receive, seconds: float) -> None:
        """Wait until the client gives up, the time is over or the process ends."""

        async def gone() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass

        waiting = [asyncio.create_task(gone()), asyncio.create_task(self.stopping.wait())]
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()

    def _changed(self, fault: Fault, call: Call, apply: Apply) -> Answer:
        kind = fault.kind
        if kind == "stale":
            self.set_stale(fault.argument)
            try:
                return apply(call)
            finally:
                self.set_stale(0)
        if kind in ("stuck-job", "failed-job"):
            self.doom_job(call.service, kind)
            try:
                return apply(call)
            finally:
                self.doom_job(call.service, "")
        if kind == "truncated":
            answer = apply(call)
            return replace(answer, body=answer.body[: len(answer.body) // 2])
        if kind == "wrong-type":
            return replace(apply(call), content_type="text/plain; charset=utf-8")
        if kind == "500-after":
            apply(call)
            return _refusal("500", fault, call)
        return _refusal(kind, fault, call)


def _refusal(kind: str, fault: Fault, call: Call) -> Answer:
    if kind == "html":
        page = _HTML % ("Sign in to the network", "Welcome to the guest network")
        return Answer(200, page.encode(), "text/html; charset=utf-8")
    if kind == "error-200":
        if call.service == "sailthru":
            code = int(fault.argument)
            return said({"error": code, "errormsg": "Internal error"})
        return said({"error": "unavailable", "description": "Sorry, we could not do that"})
    if kind == "429-bare":
        # Text bodies occur at the edge (Zendesk contract 12).
        return Answer(429, b"Too Many Requests", "text/plain; charset=utf-8")
    if kind in ("502", "503", "504"):
        title = {"502": "Bad Gateway", "503": "Service Unavailable", "504": "Gateway Timeout"}[kind]
        page = _HTML % (f"{kind} {title}", title)
        answer = Answer(int(kind), page.encode(), "text/html; charset=utf-8")
    else:
        answer = _json_refusal(kind, call.service)
    if kind == "429" or fault.given:
        return answer.having(("retry-after", f"{fault.argument:g}"))
    return answer


def _json_refusal(kind: str, service: str) -> Answer:
    status = int(kind)
    if service == "sailthru":
        code = _SAILTHRU_CODES.get(kind, 99)
        return said({"error": code, "errormsg": f"Fault on demand: {kind}"}, status)
    if kind == "401":
        return said({"error": "Couldn't authenticate you"}, status)
    if kind == "429":
        description = "Number of allowed API requests per minute exceeded"
        return said({"error": "APIRateLimitExceeded", "description": description}, status)
    description = f"Fault on demand: {kind}"
    return said({"error": _ZENDESK_ERRORS.get(kind, "Error"), "description": description}, status)


async def _drip(send: Send, answer: Answer, seconds: float) -> None:
    await send(start_message(answer))
    body = answer.body or b" "
    pieces = min(len(body), 20)
    size = -(-len(body) // pieces)
    for start in range(0, len(body), size):
        await asyncio.sleep(seconds / pieces)
        more = start + size < len(body)
        part = body[start : start + size]
        await send({"type": "http.response.body", "body": part, "more_body": more})


async def _cut_half_way(send: Send, answer: Answer) -> None:
    body = answer.body or json.dumps(None).encode()
    await send(start_message(answer, len(body)))
    half = body[: len(body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    cut(send, reset=False)
