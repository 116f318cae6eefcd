"""The way in and out of one service: an ASGI application around plain handlers.

It reads the request, delays it, lets faults happen and writes the log; nothing in it knows what
the services mean.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from desktop.sandbox.call import Answer, Call
from desktop.sandbox.control import Control
from desktop.sandbox.log import RequestLog
from desktop.sandbox.mischief import Mischief
from desktop.sandbox.sending import send_answer
from desktop.sandbox.world import World


class Door:
    """Serves one service on one port."""

    def __init__(
        self,
        service: str,
        world: World,
        handle: Callable[[Call], Answer],
        mischief: Mischief,
        control: Control,
        log: RequestLog,
    ) -> None:
        self.service = service
        self.world = world
        self.handle = handle
        self.mischief = mischief
        self.control = control
        self.log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        raw_query = scope["query_string"].decode("latin-1")
        call = Call(
            service=self.service,
            method=scope["method"],
            path=scope["path"],
            raw_query=raw_query,
            query=dict(parse_qsl(raw_query, keep_blank_values=True)),
            headers={
                name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
            },
            body=body,
            at=self.world.now(),
        )
        if call.path.startswith("/sandbox/"):
            answer = self.control.answer(call)
            self.world.shelf.commit()
            await send_answer(send, answer)
            return
        await self._serve(call, receive, send)

    async def _serve(self, call: Call, receive: Receive, send: Send) -> None:
        if self.world.latency_s:
            await asyncio.sleep(self.world.latency_s)
        fault = self.world.faults.strike(call)
        self.world.requests[f"{self.service} {call.method} {call.path.removesuffix('.json')}"] += 1
        if fault is not None:
            status = await self.mischief.perform(fault, call, self._applied_whole, receive, send)
            self.log.write(call, status)
            return
        answer = self.applied(call)
        # Before the answer: who has it finds its request in the log.
        self.log.write(call, answer.status)
        await send_answer(send, answer)

    def applied(self, call: Call) -> Answer:
        """Let the service answer and make its changes durable before anybody hears of them."""
        answer = self.handle(call)
        self.world.shelf.commit()
        return answer

    def _applied_whole(self, call: Call) -> Answer:
        """Answer with the file in the body, for a fault to spoil."""
        answer = self.applied(call)
        return (
            answer
            if answer.file is None
            else replace(answer, body=answer.file.read_bytes(), file=None)
        )
