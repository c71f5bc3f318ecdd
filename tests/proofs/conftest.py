"""What the proofs share: their plays begin together, and each test is given what its module's play came to."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests import postgres
from tests.proofs.side_by_side import SideBySide


@pytest.fixture(scope="session")
def side_by_side(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgres_server: postgres.Server
) -> Iterator[SideBySide]:
    """The plays of the modules of which a test was asked for; the longest (`SECONDS`) begin first."""
    modules = {item.module for item in request.session.items if isinstance(item, pytest.Function)}
    playing = [one for one in modules if one.__name__.startswith("tests.proofs.") and hasattr(one, "play")]
    playing.sort(key=lambda one: (-getattr(one, "SECONDS", 0), one.__name__))
    plays = {one.__name__: one.play for one in playing}
    running = SideBySide(plays, tmp_path_factory.mktemp, postgres_server)
    yield running
    running.close()


@pytest.fixture(scope="module")
def played(request: pytest.FixtureRequest, side_by_side: SideBySide) -> Any:
    """What the play of this module came to."""
    return side_by_side.result(request.module.__name__)
