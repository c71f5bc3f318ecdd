"""What the tests of the store and the services may ask for."""

import pytest

from scheduler.config import Config
from scheduler.store.database import Database
from tests.store.world import World


@pytest.fixture
def world(database: Database, shipped: Config) -> World:
    """Services over an empty database, once on each backend, with a clock that the test turns."""
    return World(database, shipped)


@pytest.fixture
def each_mail_for_itself(world: World) -> None:
    """That a reminder falls away beside another mail has tests of its own, in test_reminders_join.py."""
    world.configured("reminders", joins_minutes=0, registered_minutes=0)
