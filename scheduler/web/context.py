"""What every handler may use; made once by `scheduler.app` and handed in as a dependency."""

from collections import Counter
from collections.abc import Callable

from msgspec import Struct, field

from scheduler.clock import Clock
from scheduler.config import Config
from scheduler.model.access import Actor
from scheduler.model.links import Links
from scheduler.services.events import Door
from scheduler.services.tally import Tally
from scheduler.store.database import Database
from scheduler.texts import Catalogues


class Context(Struct, frozen=True, kw_only=True):
    """The parts that the doors need.

    `wake` tells the sender that something may be ready; `domain` is the right-hand side of new UIDs; `mail_in` counts
    the mails that came in, by what became of them, `tally` those that this process sent.
    """

    db: Database
    config: Config
    clock: Clock
    links: Links
    domain: str
    catalogues: Catalogues
    wake: Callable[[], None]
    tally: Tally | None = None
    mail_in: Counter[str] = field(default_factory=Counter)

    def door(self, actor: Actor) -> Door:
        """The door an actor comes in by, now."""
        return Door(actor=actor, config=self.config, domain=self.domain, now=self.clock())
