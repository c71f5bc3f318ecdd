"""In these tests every answer is held against the API's description."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.contract import Contract
from tests.running import Api, started


@pytest.fixture
async def api(api: Api) -> Api:
    """The running service of tests/running.py, under contract."""
    api.seen = Contract(api.litestar).check
    return api


@pytest.fixture(scope="session")
async def shared(tmp_path_factory: pytest.TempPathFactory, prepared: tuple[Path, dict[str, str]]) -> AsyncIterator[Api]:
    """One service for all tests that do not mind what others left behind, and leave the clock alone."""
    file, keys = prepared
    folder = tmp_path_factory.mktemp("shared")
    shutil.copy(file, folder / "enspired.db")
    async with started(folder, keys=keys) as one:
        one.seen = Contract(one.litestar).check
        yield one
