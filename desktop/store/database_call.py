"""Repository methods that run on the database's own thread when they are awaited.

Which thread talks to SQLite is decided here and nowhere else: a slow disk never holds up the event
loop of the window or of a run.
"""

from collections.abc import Callable
from typing import Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

from desktop.store.database_thread import DatabaseThread

P = ParamSpec("P")
T = TypeVar("T")


class HasDatabaseThread(Protocol):
    """A repository whose methods run on the thread of its SQLite file."""

    @property
    def database_thread(self) -> DatabaseThread:
        """The thread on which a repository's awaited calls run."""
        ...


RepositoryT = TypeVar("RepositoryT", bound=HasDatabaseThread)


class BoundDatabaseCall(Generic[P, T]):
    """One method of one repository, as a caller gets it by `store.plans.get`."""

    __slots__ = ("_function", "_thread")

    def __init__(self, function: Callable[P, T], thread: DatabaseThread) -> None:
        self._function = function
        self._thread = thread

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Await a repository's method on the database's thread; it is never stopped halfway."""
        return await self._thread.run(self._function, *args, **kwargs)

    def blocking(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a repository's method on the calling thread, which has to be the database's.

        Elsewhere only where a wait of some milliseconds is harmless: the command line, start-up.
        """
        return self._function(*args, **kwargs)


class database_call(Generic[RepositoryT, P, T]):  # noqa: N801 - used as a decorator
    """Make a repository's method awaitable: `await store.runs.get(run_id)`."""

    def __init__(self, function: Callable[Concatenate[RepositoryT, P], T]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> "database_call[RepositoryT, P, T]": ...
    @overload
    def __get__(self, instance: RepositoryT, owner: type) -> BoundDatabaseCall[P, T]: ...
    def __get__(
        self, instance: RepositoryT | None, owner: type
    ) -> "database_call[RepositoryT, P, T] | BoundDatabaseCall[P, T]":
        """Bind an awaitable method to one repository; on the class it is the decorator's object."""
        if instance is None:
            return self
        # The descriptor protocol of functions: typing cannot say that this binds `instance`.
        bound: Callable[P, T] = self._function.__get__(instance)
        return BoundDatabaseCall(bound, instance.database_thread)
