"""In these tests every answer is held against the API's description."""

import pytest

from tests.api.contract import Contract
from tests.running import Api


@pytest.fixture
async def api(api: Api) -> Api:
    """The running service of tests/running.py, under contract."""
    api.seen = Contract(api.litestar).check
    return api
