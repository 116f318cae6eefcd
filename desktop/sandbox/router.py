"""Router of a sandbox service: from method and path to a handler, by path patterns."""

from collections.abc import Callable
from dataclasses import dataclass, field
from re import Pattern
from typing import Any

from starlette.convertors import Convertor
from starlette.routing import compile_path

from desktop.sandbox.http_messages import SandboxRequest, SandboxResponse

RouteHandler = Callable[..., SandboxResponse]


@dataclass(frozen=True)
class Route:
    """One path pattern of a sandbox service with its handlers by method."""

    pattern: Pattern[str]
    convertors: dict[str, Convertor[Any]]
    handlers: dict[str, RouteHandler]


@dataclass
class Router:
    """A sandbox service's table of routes; paths without parameters are found first."""

    routes_by_path: dict[str, dict[str, RouteHandler]] = field(default_factory=dict)
    patterns: list[Route] = field(default_factory=list)

    def add(self, methods: str, path: str, handler: RouteHandler) -> None:
        """Register a handler of a sandbox service for `METHOD METHOD…` on a path."""
        table = {method: handler for method in methods.split()}
        if "{" not in path:
            self.routes_by_path.setdefault(path, {}).update(table)
            return
        pattern, _, convertors = compile_path(path)
        for route in self.patterns:
            if route.pattern.pattern == pattern.pattern:
                route.handlers.update(table)
                return
        self.patterns.append(Route(pattern, convertors, table))

    def find_handlers(self, path: str) -> tuple[dict[str, RouteHandler], dict[str, Any]] | None:
        """Find a path's handlers in a sandbox service and its parameters' values, or None."""
        if (exact := self.routes_by_path.get(path)) is not None:
            return exact, {}
        for route in self.patterns:
            if match := route.pattern.match(path):
                values = match.groupdict()
                return route.handlers, {
                    name: route.convertors[name].convert(value) for name, value in values.items()
                }
        return None

    def handle(self, request: SandboxRequest, path: str) -> SandboxResponse | None:
        """Let the sandbox service's route answer a request, or return None without a route."""
        if (found := self.find_handlers(path)) is None:
            return None
        handlers, values = found
        if (handler := handlers.get(request.method)) is None:
            return None
        return handler(request, **values)
