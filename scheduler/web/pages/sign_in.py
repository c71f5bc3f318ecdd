"""Signing in by a mailed link, and out again."""

from datetime import datetime
from typing import Any

from litestar import Controller, Response
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath

from scheduler.errors import Gone
from scheduler.services import people
from scheduler.web.access import public, same_origin, signed_in
from scheduler.web.auth import COOKIE, session_token
from scheduler.web.pages import answers
from scheduler.web.pages.visit import Visit, form, page, show


class SignIn(Controller):
    """The way into the console."""

    path = "/console"

    @page("/sign-in", guards=[public])
    async def ask(self, visit: NamedDependency[Visit]) -> Response[str]:
        """Where to send the link?"""
        return _show(visit, "sign_in.html", sent=False, fault="")

    @form("/sign-in", guards=[public, same_origin], status=200)
    async def send(self, visit: NamedDependency[Visit]) -> Response[str]:
        """Mails a link to an address that is known; the answer is the same for any other."""
        config, typed = visit.context.config, (await visit.form()).get("email", [""])[0].strip()
        if "@" not in typed:
            return _show(
                visit, "sign_in.html", sent=False, fault=visit.preferred().t("pages.sign_in.fault"), status=422
            )
        await visit.context.db.write(lambda conn: people.ask_to_sign_in(conn, typed, config=config, now=visit.now))
        visit.context.wake()
        return _show(visit, "sign_in.html", sent=True, fault="")

    @page("/sign-in/{token:str}", guards=[public])
    async def arrive(self, visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str]:
        """One button: opening a link must not use it up."""
        holds = await visit.context.db.read(lambda conn: people.link_holds(conn, token, visit.now))
        return _show(visit, "sign_in_link.html", holds=holds, token=token, status=200 if holds else 410)

    @form("/sign-in/{token:str}", guards=[public, same_origin])
    async def enter(self, visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str]:
        """Uses the link up and opens a session."""
        config = visit.context.config
        try:
            session, expires_at = await visit.context.db.write(
                lambda conn: people.sign_in(conn, token, config=config, now=visit.now)
            )
        except Gone:
            return _show(visit, "sign_in_link.html", holds=False, token=token, status=410)
        answer = answers.redirect("/console", private=True)
        answer.cookies.append(_cookie(visit, session, expires_at))
        return answer

    @form("/sign-out", guards=[signed_in, same_origin])
    async def leave(self, visit: NamedDependency[Visit]) -> Response[str]:
        """Ends the session."""
        session = session_token(visit.request.scope)
        await visit.context.db.write(lambda conn: people.sign_out(conn, session))
        answer = answers.redirect("/console/sign-in", private=True)
        answer.cookies.append(_cookie(visit, "", visit.now))
        return answer


def _show(visit: Visit, template: str, *, status: int = 200, **values: Any) -> Response[str]:
    voice = visit.preferred()
    title = voice.t("pages.sign_in.title")
    return show(visit, voice, template, title=title, status=status, private=True, **values)


def _cookie(visit: Visit, value: str, expires_at: datetime) -> Cookie:
    """The session cookie; scripts never see it, other sites never send it with a form."""
    return Cookie(
        key=COOKIE,
        value=value,
        path="/console",
        max_age=max(0, int((expires_at - visit.now).total_seconds())),
        httponly=True,
        samesite="lax",
        secure=visit.context.config.server.public_url.startswith("https://"),
    )
