"""How many mails are under way: with the relay, and on to their note."""


class Places:
    """The books of one sender: mails that start, mails with the relay, and mails that have not come to their end.

    `addresses` are those of the latter. To each of them one mail goes after the other: what the first says may decide
    whether the second is still needed.
    """

    def __init__(self) -> None:
        self.starting = 0
        self.with_relay = 0
        self.begun = 0
        self.addresses: set[str] = set()

    def take(self, address: str) -> "Place":
        """A place for a mail to an address that starts now."""
        self.starting += 1
        self.with_relay += 1
        self.begun += 1
        self.addresses.add(address)
        return Place(self, address)


class Place:
    """One mail's place: each count of it is given back once, whatever happens."""

    def __init__(self, places: Places, address: str) -> None:
        self._places = places
        self._address = address
        self._starting = self._with_relay = self._begun = True

    def started(self) -> None:
        """The transport counts it from now on."""
        if self._starting:
            self._starting = False
            self._places.starting -= 1

    def leave(self) -> None:
        """The relay has answered, or was never asked."""
        self.started()
        if self._with_relay:
            self._with_relay = False
            self._places.with_relay -= 1

    def end(self) -> None:
        """What became of it is noted, or never will be."""
        self.leave()
        if self._begun:
            self._begun = False
            self._places.begun -= 1
            self._places.addresses.discard(self._address)
