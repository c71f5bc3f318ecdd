"""What every handler may use; made once by `scheduler.app` and handed in as a dependency."""

from collections.abc import Callable

from msgspec import Struct

from scheduler.clock import Clock
from scheduler.config import Config
from scheduler.model.access import Actor
from scheduler.model.links import Links
from scheduler.services.events import Door
from scheduler.store.database import Database
from scheduler.texts import Catalogues


class Context(Struct, frozen=True, kw_only=True):
    """The parts that the doors need.

    `wake` tells the sender that something may be ready; `domain` is the right-hand side of new UIDs.
    """

    db: Database
    config: Config
    clock: Clock
    links: Links
    domain: str
    catalogues: Catalogues
    wake: Callable[[], None]

    def door(self, actor: Actor) -> Door:
        """The door an actor comes in by, now."""
        return Door(actor=actor, config=self.config, domain=self.domain, now=self.clock())
