"""What a public service owes its readers: how accessible it is, and what it does with their data."""

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from scheduler.web.access import public
from scheduler.web.pages.visit import Visit, page, show


@page("/{lang:str}/accessibility", guards=[public])
async def accessibility(visit: NamedDependency[Visit], lang: FromPath[str]) -> Response[str]:
    """The accessibility statement."""
    voice = visit.voice(lang)
    return show(visit, voice, "accessibility.html", title=voice.t("pages.accessibility.title"), path="/accessibility")


@page("/{lang:str}/privacy", guards=[public])
async def privacy(visit: NamedDependency[Visit], lang: FromPath[str]) -> Response[str]:
    """What is kept about people, why, and for how long."""
    voice = visit.voice(lang)
    days = voice.config.privacy.retention_days
    return show(visit, voice, "privacy.html", title=voice.t("pages.privacy.title"), path="/privacy", days=days)
