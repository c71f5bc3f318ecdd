"""What the console's pages share: who is signed in, in which language they read."""

from typing import Any

from litestar import Response

from scheduler.model.person import Person
from scheduler.services import people
from scheduler.texts import FALLBACK
from scheduler.web.auth import session_token
from scheduler.web.pages.site import Voice
from scheduler.web.pages.visit import Visit, show


async def person_of(visit: Visit) -> Person | None:
    """Who is signed in."""
    session = session_token(visit.request.scope)
    return await visit.context.db.read(lambda conn: people.in_session(conn, session, visit.now))


def voice_of(visit: Visit, person: Person | None) -> Voice:
    """The person's own language, else the browser's; English while the console is not written in it yet."""
    offered = visit.context.config.languages.offered
    own = person.language if person and person.language in offered else visit.preferred_language()
    voice = visit.voice(own)
    return voice if voice.t.has("pages.console.events") or FALLBACK not in offered else visit.voice(FALLBACK)


def console_page(
    visit: Visit, voice: Voice, person: Person | None, template: str, *, title: str, **values: Any
) -> Response[str]:
    """A page of the console."""
    name = (person.name or person.email) if person else ""
    return show(
        visit, voice, template, title=title, private=True, person=name, admin=visit.actor.role == "admin", **values
    )
