"""The browser that page tests drive is real: it renders, types, clicks and reports."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.browser import Browser, BrowserError

FORM = b"""<!doctype html><meta charset=utf-8><title>form</title><meta name=viewport content="width=device-width">
<style>@media (prefers-color-scheme: dark) { body { background: #111 } } form { margin-top: 2000px }</style>
<form><label>Name <input name=who></label><button>Send</button></form><script>undefinedFunction()</script>"""


@pytest.fixture
async def page_url() -> AsyncIterator[str]:
    """A server in this loop: a form at /, and any other path says what it was asked for after a while."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1]
        await asyncio.sleep(0.1)
        body = FORM if path == b"/" else b"<!doctype html>you asked for " + path
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n" + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    server.close()
    await server.wait_closed()


@pytest.mark.browser
async def test_a_person_fills_a_form_and_reaches_the_next_page(chromium: Browser, page_url: str) -> None:
    def visit() -> str:
        page = chromium.new_page()
        page.without_script()
        page.open(page_url)
        page.fill("input", "Zoë")
        page.click("button")
        text = page.text()
        page.close()
        return text

    assert await asyncio.to_thread(visit) == "you asked for /?who=Zo%C3%AB"


@pytest.mark.browser
async def test_a_page_reports_what_it_asked_for_and_what_went_wrong(chromium: Browser, page_url: str) -> None:
    def visit() -> tuple[list[str], list[str]]:
        page = chromium.new_page()
        page.open(page_url)
        page.close()
        return page.requested, page.errors

    requested, errors = await asyncio.to_thread(visit)
    assert page_url in requested
    assert len(errors) == 1
    assert "undefinedFunction" in errors[0]


@pytest.mark.browser
async def test_a_picture_has_the_width_and_the_colours_that_were_asked_for(
    chromium: Browser, page_url: str, tmp_path: Path
) -> None:
    def visit() -> tuple[int, bool, str]:
        page = chromium.new_page(390, 844, dark=True)
        page.open(page_url)
        page.screenshot(tmp_path / "page.png", full=True)
        width = page.evaluate("innerWidth")
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.close()
        return width, (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG"), background

    assert await asyncio.to_thread(visit) == (390, True, "rgb(17, 17, 17)")


@pytest.mark.browser
async def test_a_page_that_cannot_be_reached_is_an_error_and_the_tab_lives_on(
    chromium: Browser, page_url: str, unused_tcp_port: int
) -> None:
    def visit() -> str:
        page = chromium.new_page()
        with pytest.raises(BrowserError, match="ERR_CONNECTION_REFUSED"):
            page.open(f"http://127.0.0.1:{unused_tcp_port}/")
        page.open(page_url + "next")
        text = page.text()
        page.close()
        return text

    assert await asyncio.to_thread(visit) == "you asked for /next"
