"""An error as a page: what happened in plain words, and one way on."""

from typing import Any

from litestar import Request, Response
from litestar.enums import MediaType

from scheduler.model.access import Actor
from scheduler.web.pages import answers
from scheduler.web.pages.language import best_language
from scheduler.web.pages.site import Site, Voice
from scheduler.web.pages.visit import frame_of

SIGN_IN = "/console/sign-in"
_OWN_WORDS = frozenset({"not-found", "method-not-allowed", "internal", "unavailable", "too-large", "malformed"})


def problem_page(request: Request[Actor, Any, Any], body: dict[str, Any], headers: dict[str, str]) -> Response[str]:
    """The page of a problem document (see `scheduler.web.problems`). Who has no session is sent to sign in."""
    site: Site = request.app.state["site"]
    path, status = request.url.path, int(body["status"])
    private = path.startswith(("/console", "/r/"))
    if status == 401 and path.startswith("/console"):
        return answers.redirect(SIGN_IN, private=True)
    voice = _voice(request, site)
    code = str(body.get("code", ""))
    words = voice.t(f"pages.problem.{code}") if code in _OWN_WORDS else str(body.get("detail", ""))
    html = site.templates.get_template("problem.html").render(
        t=voice.t, voice=voice, frame=frame_of(site, voice, title=voice.t("pages.problem.title")),
        words=words,
        foreign=code not in _OWN_WORDS and voice.language != "en",
        code=code, status=status, faults=body.get("errors", []), trace=body.get("trace_id", ""),
    )  # fmt: skip
    if request.method == "HEAD":
        html = ""
    kept = {name: value for name, value in headers.items() if name.lower() != "www-authenticate"}
    more = {**(answers.PRIVATE if private else answers.PUBLIC), "Cache-Control": "no-store", **kept}
    return Response(html, status_code=status, media_type=MediaType.HTML, headers=more)


def _voice(request: Request[Actor, Any, Any], site: Site) -> Voice:
    """The language in the address, else the browser's."""
    languages = site.config.languages
    first = request.url.path.split("/")[1]
    wish = request.headers.get("accept-language", "")
    return site.voice(
        first if first in languages.offered else best_language(wish, languages.offered, languages.default)
    )
