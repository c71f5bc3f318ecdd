"""One request for a page: who asks, in which language, with what; and how a page is put into its frame."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from babel import Locale
from litestar import HttpMethod, Request, Response, route
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from scheduler.errors import NotFound
from scheduler.model.access import Actor
from scheduler.web.context import Context
from scheduler.web.pages import answers
from scheduler.web.pages.language import best_language
from scheduler.web.pages.site import Site, Voice

AnyRequest = Request[Actor, Any, Any]


class Visit(Struct, frozen=True, kw_only=True):
    """A request, with what answers it."""

    request: AnyRequest
    site: Site
    context: Context
    actor: Actor
    now: datetime

    def voice(self, language: str) -> Voice:
        """The voice of a language that is offered. Raises NotFound for any other: there is no such page."""
        if language not in self.context.config.languages.offered:
            raise NotFound("There is nothing at this address.")
        return self.site.voice(language)

    def voice_of_reader(self, language: str) -> Voice:
        """The voice of the language that somebody gets mails in, as long as it is offered, else of the first one."""
        offered = self.context.config.languages.offered
        return self.site.voice(language if language in offered else offered[0])

    def preferred(self) -> Voice:
        """The voice of the offered language that the reader's browser asks for first."""
        return self.voice(self.preferred_language())

    def preferred_language(self) -> str:
        """The offered language that the reader's browser asks for first."""
        languages = self.context.config.languages
        return best_language(self.request.headers.get("accept-language", ""), languages.offered, languages.default)

    def query(self) -> list[tuple[str, str]]:
        """The query, decoded, in order."""
        return [(name, str(value)) for name, value in self.request.query_params.multi_items()]

    async def form(self) -> dict[str, list[str]]:
        """The values of a submitted form by field name; files and anything else that is no text are left out."""
        sent = await self.request.form()
        found: dict[str, list[str]] = {}
        for name, value in sent.multi_items():
            if isinstance(value, str):
                found.setdefault(name, []).append(value)
        return found


class Language(Struct, frozen=True):
    """One entry of the language switch."""

    tag: str
    name: str
    url: str


class Frame(Struct, frozen=True, kw_only=True):
    """What stands around every page. `languages` is empty where a page exists once."""

    title: str
    home: str
    languages: tuple[Language, ...]
    style: str
    icon: str
    operator: str
    contact: str
    person: str = ""


def provide_visit(
    request: AnyRequest,
    context: NamedDependency[Context],
    now: NamedDependency[datetime],
    actor: NamedDependency[Actor],
) -> Visit:
    """The dependency `visit` of every page."""
    return Visit(request=request, site=request.app.state["site"], context=context, actor=actor, now=now)


Decorator = Callable[[Callable[..., Any]], HTTPRouteHandler]


def page(path: str | list[str], *, guards: Sequence[Any]) -> Decorator:
    """The decorator of a page that changes nothing: GET, and HEAD for whoever only checks a link."""
    methods = [HttpMethod.GET, HttpMethod.HEAD]
    return cast("Decorator", route(path, http_method=methods, guards=guards, include_in_schema=False))


def form(path: str, *, guards: Sequence[Any], status: int = 303) -> Decorator:
    """The decorator of what takes a form; the usual answer is 303, so that reloading does not send it twice."""
    handler = route(path, http_method=[HttpMethod.POST], guards=guards, status_code=status, include_in_schema=False)
    return cast("Decorator", handler)


def show(
    visit: Visit,
    voice: Voice,
    template: str,
    *,
    title: str,
    status: int = 200,
    private: bool = False,
    path: str | None = None,
    person: str = "",
    more: Mapping[str, str] | None = None,
    **values: Any,
) -> Response[str]:
    """A page from a template. `path` is its address without the language; without one there is no language switch."""
    frame = frame_of(visit.site, voice, title=title, path=path, query=visit.request.url.query, person=person)
    html = visit.site.templates.get_template(template).render(t=voice.t, voice=voice, frame=frame, **values)
    return answers.page(html, status=status, private=private, more=more)


def frame_of(
    site: Site, voice: Voice, *, title: str, path: str | None = None, query: str = "", person: str = ""
) -> Frame:
    """What stands around a page."""
    config = voice.config
    ending = f"?{query}" if query else ""
    tags: Iterable[str] = config.languages.offered if path is not None else ()
    return Frame(
        title=title,
        home=f"/{voice.language}/",
        languages=tuple(Language(tag, own_name(tag), f"/{tag}{path}{ending}") for tag in tags),
        style=site.url("site.css"),
        icon=site.url("favicon.svg"),
        operator=config.operator.name,
        contact=config.operator.contact,
        person=person,
    )


def own_name(tag: str) -> str:
    """What a language calls itself: Français."""
    name = Locale.parse(tag, sep="-").get_language_name() or tag
    return name[:1].upper() + name[1:]
