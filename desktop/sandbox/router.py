"""Finding the handler for a method and a path, with Starlette's path patterns."""

from collections.abc import Callable
from dataclasses import dataclass, field
from re import Pattern
from typing import Any

from starlette.convertors import Convertor
from starlette.routing import compile_path

from desktop.sandbox.call import Answer, Call

Handler = Callable[..., Answer]


@dataclass(frozen=True)
class Route:
    """One pattern with its handlers by method."""

    pattern: Pattern[str]
    convertors: dict[str, Convertor[Any]]
    handlers: dict[str, Handler]


@dataclass
class Router:
    """An ordered table of routes; paths without parameters are found first and at once."""

    exact: dict[str, dict[str, Handler]] = field(default_factory=dict)
    patterns: list[Route] = field(default_factory=list)

    def add(self, methods: str, path: str, handler: Handler) -> None:
        """Serve `METHOD METHOD…` on a path such as `/users/{id:int}`."""
        table = {method: handler for method in methods.split()}
        if "{" not in path:
            self.exact.setdefault(path, {}).update(table)
            return
        pattern, _, convertors = compile_path(path)
        for route in self.patterns:
            if route.pattern.pattern == pattern.pattern:
                route.handlers.update(table)
                return
        self.patterns.append(Route(pattern, convertors, table))

    def find(self, path: str) -> tuple[dict[str, Handler], dict[str, Any]] | None:
        """Return the handlers of a path with its parameters, or None."""
        if (exact := self.exact.get(path)) is not None:
            return exact, {}
        for route in self.patterns:
            if match := route.pattern.match(path):
                values = match.groupdict()
                return route.handlers, {
                    name: route.convertors[name].convert(value) for name, value in values.items()
                }
        return None

    def answer(self, call: Call, path: str) -> Answer | None:
        """Serve a call, or return None when no such route exists."""
        if (found := self.find(path)) is None:
            return None
        handlers, values = found
        if (handler := handlers.get(call.method)) is None:
            return None
        return handler(call, **values)
