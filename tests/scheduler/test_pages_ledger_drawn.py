"""The ledger as a browser draws it: on a telephone nothing of it lies beyond the edge."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
import uvicorn
from sqlalchemy import update

from scheduler.store.tables import message
from tests.browser import Browser
from tests.running import Api, api
from tests.scheduler.pages import signed_in

__all__ = ["api"]
REFUSED = "550 5.1.1 <anneleen@example.org>: Recipient address rejected: User unknown in virtual mailbox table"
WIDTHS = """[document.documentElement, ...document.querySelectorAll(".scroll, .card")]
    .filter(one => one.scrollWidth > one.clientWidth).length"""
LOWEST = """Math.max(0, ...[...document.querySelectorAll("td form button")]
    .map(one => one.getBoundingClientRect().right))"""


@asynccontextmanager
async def served(api: Api) -> AsyncIterator[str]:
    """The address under which a browser reaches the service."""
    server = uvicorn.Server(uvicorn.Config(cast("Any", api.app), port=0, lifespan="off", log_level="error"))
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


@pytest.mark.parametrize("dark", [False, True])
async def test_on_a_telephone_nothing_of_the_ledger_lies_beyond_the_edge(
    api: Api, chromium: Browser, dark: bool
) -> None:
    event = await api.event()
    await api.register(
        event, "anneleen@example.org", name="Anneleen Van den Broeck-Verstraeten", role="student-teacher"
    )
    failed = {"state": "failed", "attempts": 3, "last_code": 550, "last_error": REFUSED}
    await api.write(lambda conn: conn.execute(update(message).values(**failed)))
    browser = await signed_in(api, "organiser", programmes=("enspired",))
    (cookie,) = browser.cookies.jar

    def look(base: str) -> list[Any]:
        tab = chromium.new_page(390, 844, dark=dark)
        tab.send("Network.setCookie", name=cookie.name, value=str(cookie.value), url=base)
        found: list[Any] = []
        for path in (f"/console/events/{event['id']}", "/console/mails?state=failed"):
            tab.open(base + path)
            found += [tab.evaluate(WIDTHS), tab.evaluate(LOWEST) <= 390, tab.errors]
        words = tab.text()
        tab.close()
        return [*found, "User unknown in virtual mailbox table" in words]

    async with served(api) as base:
        assert await asyncio.to_thread(look, base) == [0, True, [], 0, True, [], True]
