"""Prints briefings: one at a time, in a thread of its own, so that no number of them keeps anything else waiting."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from io import BytesIO

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from scheduler.web.pages.briefing_lines import Face
from scheduler.web.pages.briefing_pdf import Sheet
from scheduler.web.pages.view_briefing import Briefing

_FONTS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")


class Press:
    """Fonts, and the one thread that draws. The thread starts with the first briefing and ends with the process."""

    def __init__(self) -> None:
        self._fonts = [files("scheduler.web").joinpath("fonts", name).read_bytes() for name in _FONTS]
        self._bench = ThreadPoolExecutor(max_workers=1, thread_name_prefix="press")

    async def briefing(self, of: Briefing) -> bytes:
        """One page A4 as PDF. The same briefing gives the same bytes."""
        return await asyncio.get_running_loop().run_in_executor(self._bench, self.draw, of)

    def draw(self, of: Briefing) -> bytes:
        """The same, in this thread."""
        # The library keeps fonts in a table of the whole process: ours stand in it only while a page is drawn.
        fonts = [TTFont(f"press-{id(self)}-{place}", BytesIO(data)) for place, data in enumerate(self._fonts)]
        try:
            for font in fonts:
                pdfmetrics.registerFont(font)
            plain, bold = (Face(font.fontName, frozenset(font.face.charToGlyph)) for font in fonts)
            return Sheet(plain, bold, of).drawn()
        finally:
            for font in fonts:
                font.unregister()
