"""What a person does in the browser during a sign-in, and the ports that it comes back to."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx

from desktop.settings.file_lock import hold_lock_blocking


@contextmanager
def hold_redirect_ports() -> Iterator[None]:
    """The redirect ports are the same for every process: one test at a time may use them."""
    with hold_lock_blocking(
        Path(tempfile.gettempdir()) / "fairlead-redirect-ports.lock", limit_s=60
    ):
        yield


class Browser:
    """What a person does in the browser, as soon as it is opened."""

    def __init__(
        self, answer: str = "&auto=allow", before: Callable[[str], str] | None = None
    ) -> None:
        self.opened = ""
        self.was_opened = asyncio.Event()
        self.pages: list[httpx.Response] = []
        self.answer = answer
        self._before = before
        self._task: asyncio.Task[None] | None = None

    def __call__(self, url: str) -> None:
        self.opened = url
        self.was_opened.set()
        if self.answer:
            self._task = asyncio.create_task(self._go(url))

    async def _go(self, url: str) -> None:
        async with httpx.AsyncClient(follow_redirects=True) as client:
            if self._before is not None:
                self.pages.append(await client.get(self._before(url)))
            self.pages.append(await client.get(url + self.answer))

    async def closed(self) -> None:
        if self._task is not None:
            await self._task

    @property
    def asked(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.opened).query)
