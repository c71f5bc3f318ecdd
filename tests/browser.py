"""A real headless Chromium, driven over its own debugging pipe: no driver package, no port.

Everything here blocks. A test whose own event loop serves the page calls it with `asyncio.to_thread`.
"""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

FLAGS = (
    "--headless",
    "--no-sandbox",  # only our own pages are opened, and root cannot have a sandbox
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--remote-debugging-pipe",
)
SECONDS = 30.0


class BrowserError(Exception):
    """Chromium refused a command, or ended; the text is its own."""


def find_chromium() -> str | None:
    """The program: `ENSPIRED_TEST_CHROMIUM`, or the first usual name on the path."""
    named = os.environ.get("ENSPIRED_TEST_CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Page:
    """One tab with its own cookies. `requested` lists every address it asked for, `errors` what its console said."""

    def __init__(self, browser: "Browser", context: str, target: str, session: str) -> None:
        self._browser = browser
        self._context = context
        self._target = target
        self._session = session
        self.requested: list[str] = []
        self.errors: list[str] = []
        self.loading = False

    def send(self, method: str, **parameters: object) -> Any:
        """Send one command of the DevTools protocol to this tab; its result."""
        return self._browser.send(method, parameters, self._session)

    def open(self, url: str) -> None:
        """Go to `url` and wait until it has loaded; raises `BrowserError` when it cannot be reached."""
        answer = self.send("Page.navigate", url=url)
        if "errorText" in answer:
            raise BrowserError(f"{url}: {answer['errorText']}")
        self.settle()

    def settle(self) -> None:
        """Wait until the document is complete and its fonts are there."""
        deadline = time.monotonic() + SECONDS
        while self.evaluate("document.readyState") != "complete" or self.loading:
            if time.monotonic() > deadline:
                raise BrowserError(f"{self.evaluate('location.href')} did not finish loading")
            time.sleep(0.02)
        self.evaluate("document.fonts.ready.then(() => true)")

    def fill(self, selector: str, text: str) -> None:
        """Put the cursor into the first field that matches and type `text`."""
        self._centre(selector)
        self.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")
        self.send("Input.insertText", text=text)

    def click(self, selector: str) -> None:
        """Press the mouse on the first element that matches; when that leads to a page, wait for it."""
        x, y = self._centre(selector)
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
        deadline = time.monotonic() + 0.3
        while not self.loading and time.monotonic() < deadline:
            self.send("Page.getNavigationHistory")  # any command: what the tab reports comes with its answer
            time.sleep(0.01)
        self.settle()

    def _centre(self, selector: str) -> tuple[float, float]:
        """Scroll the first element that matches into view; the middle of it, in CSS pixels of the window."""
        found = self.evaluate(
            f"(e => {{ if (!e) return null; e.scrollIntoView({{block: 'center', behavior: 'instant'}});"
            " const r = e.getClientRects()[0]; return r && [r.x + r.width / 2, r.y + r.height / 2] }"
            f")(document.querySelector({json.dumps(selector)}))"
        )
        if not found:
            raise BrowserError(f"nothing to see matches {selector} on {self.evaluate('location.href')}")
        return found[0], found[1]

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression (awaited when it is a promise), as JSON gives it."""
        answer = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise BrowserError(str(answer["exceptionDetails"].get("exception", {}).get("description")))
        return answer["result"].get("value")

    def html(self) -> str:
        """The document as it stands now, after scripts."""
        return str(self.evaluate("document.documentElement.outerHTML"))

    def text(self) -> str:
        """What a person reads on it."""
        return str(self.evaluate("document.body.innerText"))

    def screenshot(self, path: Path, *, full: bool = False) -> None:
        """Write a PNG of the window, or of the `full` length of the page."""
        shot = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=full)
        path.write_bytes(base64.b64decode(shot["data"]))

    def resize(self, width: int, height: int, *, dark: bool = False, reduced_motion: bool = True) -> None:
        """Set the window in CSS pixels and what the person prefers."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if reduced_motion else "no-preference"},
        ]
        self.send("Emulation.setEmulatedMedia", features=features)

    def without_script(self) -> None:
        """From the next page on, run no script, as for a person who has it switched off."""
        self.send("Emulation.setScriptExecutionDisabled", value=True)

    def close(self) -> None:
        """Close the tab and forget its cookies."""
        self._browser.forget(self._session)
        self._browser.send("Target.disposeBrowserContext", {"browserContextId": self._context})


class Browser:
    """The browser process; a context manager."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._profile = tempfile.mkdtemp(prefix="chromium")
        self._number = 0
        self._buffer = b""
        self._pages: dict[str, Page] = {}

    def __enter__(self) -> Self:
        # Chromium reads commands from descriptor 3 and answers on 4
        command = ["sh", "-c", 'exec "$@" 3<&0 4>&1 </dev/null >/dev/null', "sh", self._program]
        self._process = subprocess.Popen(
            [*command, *FLAGS, f"--user-data-dir={self._profile}", "about:blank"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self._process.stdin
        assert self._process.stdout
        self._output = self._process.stdin
        self._input = self._process.stdout
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.send("Browser.close", {})
            self._process.wait(timeout=SECONDS)
        except (BrowserError, subprocess.TimeoutExpired, OSError):
            self._process.kill()
            self._process.wait()
        self._output.close()
        self._input.close()
        shutil.rmtree(self._profile, ignore_errors=True)

    def new_page(self, width: int = 1280, height: int = 800, *, dark: bool = False) -> Page:
        """An empty tab with cookies of its own; sizes are in CSS pixels."""
        context = self.send("Target.createBrowserContext", {})["browserContextId"]
        target = self.send("Target.createTarget", {"url": "about:blank", "browserContextId": context})["targetId"]
        session = self.send("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        page = self._pages[session] = Page(self, context, target, session)
        for domain in ("Page", "Runtime", "Network", "Log"):
            page.send(f"{domain}.enable")
        page.resize(width, height, dark=dark)
        return page

    def forget(self, session: str) -> None:
        """Stop collecting what the tab of `session` reports."""
        self._pages.pop(session, None)

    def send(self, method: str, parameters: dict[str, Any], session: str | None = None) -> Any:
        """Send one DevTools command and wait for its result; raises `BrowserError`."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        if session:
            command["sessionId"] = session
        os.write(self._output.fileno(), json.dumps(command).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']['message']}")
                return answer.get("result", {})
            self._note(answer)

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            part = os.read(self._input.fileno(), 1 << 20)
            if not part:
                raise BrowserError("Chromium ended")
            self._buffer += part
        line, self._buffer = self._buffer.split(b"\0", 1)
        message: dict[str, Any] = json.loads(line)
        return message

    def _note(self, event: dict[str, Any]) -> None:
        page = self._pages.get(event.get("sessionId", ""))
        if page is None:
            return
        details = event["params"]
        if event["method"] == "Network.requestWillBeSent":
            page.requested.append(details["request"]["url"])
        elif event["method"] in {"Page.frameStartedLoading", "Page.frameStoppedLoading"}:
            page.loading = event["method"] == "Page.frameStartedLoading"
        elif event["method"] == "Runtime.exceptionThrown":
            page.errors.append(str(details["exceptionDetails"].get("exception", {}).get("description")))
        elif event["method"] == "Log.entryAdded" and details["entry"]["level"] == "error":
            page.errors.append(f"{details['entry']['text']} ({details['entry'].get('url', '')})")


def screenshot(url: str, path: Path, width: int = 1280, height: int = 800, *, dark: bool = False) -> None:
    """Open `url` in a browser of its own and write a PNG of it at its full length."""
    program = find_chromium()
    if program is None:
        raise BrowserError("no Chromium here; ENSPIRED_TEST_CHROMIUM names one")
    with Browser(program) as browser:
        page = browser.new_page(width, height, dark=dark)
        page.open(url)
        page.screenshot(path, full=True)
