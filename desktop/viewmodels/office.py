"""What view-models need to know of the workspace: who works here, and what may be done."""

from typing import Protocol

from desktop.clients.state import ServiceState
from desktop.customer.services import Names, Services
from desktop.kit.errors import AppError
from desktop.model.permission import Actor, Rules
from desktop.settings.values import Values


class Office(Protocol):
    """The live side of a workspace, as the top floor keeps it."""

    predictions: bool | None
    trouble: AppError | None
    values: Values

    @property
    def services(self) -> Services:
        """The connected clients."""
        ...

    @property
    def connected(self) -> bool:
        """Whether there is any client."""
        ...

    @property
    def configured(self) -> bool:
        """Whether the workspace was ever set up."""
        ...

    @property
    def actor(self) -> Actor:
        """Who is at work."""
        ...

    @property
    def rules(self) -> Rules:
        """What may be done."""
        ...

    @property
    def states(self) -> tuple[ServiceState, ...]:
        """How each service is doing."""
        ...

    def budget_spare(self) -> bool:
        """Whether more than half of Zendesk's calls are left."""
        ...

    def let_in(self) -> None:
        """A person asks for another try, also where the credentials were refused."""
        ...

    def names(self) -> Names:
        """How this account calls the things Fairlead writes."""
        ...
