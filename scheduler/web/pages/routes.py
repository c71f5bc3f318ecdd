"""Every page: what `scheduler.app` registers."""

from typing import Any

from litestar import Router
from litestar.di import Provide

from scheduler.web.pages import (
    about,
    agenda,
    attendee,
    briefing,
    choices,
    console_event,
    console_events,
    console_ledger,
    console_mails,
    console_subscriptions,
    digest,
    event,
    reference,
    sign_in,
    static,
    subscribe,
)
from scheduler.web.pages.visit import provide_visit

_HANDLERS: list[Any] = [
    agenda.without_language,
    agenda.agenda_page,
    event.event_page,
    event.register,
    event.registered,
    subscribe.subscribe_page,
    briefing.briefing_page,
    briefing.briefing_as_text,
    briefing.briefing_as_pdf,
    digest.digest_page,
    digest.ask,
    digest.asked,
    digest.OwnDigest,
    about.accessibility,
    about.privacy,
    static.asset,
    reference.reference_page,
    attendee.Attendee,
    choices.AttendeeChoices,
    choices.PartyChoices,
    sign_in.SignIn,
    console_events.console_events,
    console_event.ConsoleEvent,
    console_ledger.ConsoleLedger,
    console_mails.ConsoleMails,
    console_subscriptions.ConsoleSubscriptions,
]

PAGES: list[Any] = [
    Router("/", route_handlers=_HANDLERS, dependencies={"visit": Provide(provide_visit, sync_to_thread=False)}),
]
