"""View-model of Back and Forward: which pages and customers a person has been at."""

from dataclasses import dataclass

# More than anybody goes back; each is two short texts.
_MAX_PLACES = 100


@dataclass(frozen=True)
class Place:
    """A place in the window's history: a page's key, and the query of the customer shown."""

    page: str
    customer: str = ""


class NavigationHistory:
    """The window's history for Back and Forward: going somewhere new drops what was ahead."""

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._current = -1
        self._customer_number = 0

    @property
    def current(self) -> Place | None:
        """The window's place in its history, or None before the first one."""
        return self._places[self._current] if self._places else None

    @property
    def can_go_back(self) -> bool:
        """Whether the window can go back in its history."""
        return self._current > 0

    @property
    def can_go_forward(self) -> bool:
        """Whether the window can go forward in its history."""
        return self._current + 1 < len(self._places)

    def visit(self, place: Place) -> None:
        """Add a place to the window's history; the one shown already is no news."""
        current = self.current
        if place == current:
            return
        # The page before anybody was looked up looks otherwise from then on.
        was_empty = current is not None and not current.customer and current.page == place.page
        del self._places[self._current + (0 if was_empty else 1) :]
        self._places.append(place)
        del self._places[:-_MAX_PLACES]
        self._current = len(self._places) - 1

    def visit_customer(self, place: Place, number: int) -> None:
        """Add a customer to the window's history; a better query of one replaces the former.

        A profile may be known before the user who it belongs to.
        """
        current = self.current
        if number == self._customer_number:
            if current is not None and current.customer:
                self._places[self._current] = place
            return
        self._customer_number = number
        self.visit(place)

    def go_back(self) -> Place | None:
        """Go back in the window's history; returns the place, None at the beginning."""
        if not self.can_go_back:
            return None
        self._current -= 1
        return self.current

    def go_forward(self) -> Place | None:
        """Go forward in the window's history; returns the place, None at the end."""
        if not self.can_go_forward:
            return None
        self._current += 1
        return self.current

    def clear(self) -> None:
        """Clear the window's history: somebody else may sit here now."""
        self._places, self._current = [], -1
