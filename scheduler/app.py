"""Where the parts meet: `create_app` builds the service from a configuration. Nothing else constructs anything."""

import os
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import structlog
from litestar import Litestar, Request
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException

from feeds.errors import FeedError
from feeds.publish import Application, FeedApp
from scheduler.calendars.library import EventLibrary
from scheduler.clock import Clock, SharedClock, monotonic, tzdata_version, use_packaged_tzdata, utcnow
from scheduler.config import Config
from scheduler.control.server import Office, taking_orders
from scheduler.errors import ServiceError
from scheduler.heartbeat import Heartbeat
from scheduler.inbox.desk import Desk
from scheduler.inbox.doors import receiving
from scheduler.jobs import Jobs
from scheduler.mail.connecting import relay_of
from scheduler.mail.folder import FolderTransport
from scheduler.mail.smtp import SmtpTransport
from scheduler.mail.transport import Transport
from scheduler.mail.writer import Writer
from scheduler.model.access import Actor
from scheduler.model.links import Links
from scheduler.services import health
from scheduler.services.correspondence import Correspondence
from scheduler.services.sending import Sender
from scheduler.services.start import signing_secret
from scheduler.services.tally import Tally
from scheduler.services.timezones import derive_again
from scheduler.store.database import Database
from scheduler.texts import load_catalogues
from scheduler.web import problems
from scheduler.web.api.changes import changes
from scheduler.web.api.event_actions import EventActions
from scheduler.web.api.events import Events
from scheduler.web.api.index import Index
from scheduler.web.api.institutions import Institutions
from scheduler.web.api.keys import Keys
from scheduler.web.api.registrations import Registrations
from scheduler.web.api.routing import protect
from scheduler.web.api.subscriptions import Subscriptions
from scheduler.web.attendee_calendar import attendee_calendar
from scheduler.web.auth import Authentication
from scheduler.web.context import Context
from scheduler.web.health import healthz, readyz
from scheduler.web.pages.press import Press
from scheduler.web.pages.problem import problem_page
from scheduler.web.pages.routes import PAGES
from scheduler.web.pages.site import make_site

try:
    from scheduler.web.metrics import metrics
except ImportError:  # the extra `metrics` is not installed
    METRICS: list[Any] = []
else:
    METRICS = [metrics]

log = structlog.get_logger()

API: list[Any] = [Index, Events, EventActions, Registrations, Institutions, Subscriptions, Keys, changes]


class Service:
    """The parts of one running process; `context` is there once it has started."""

    def __init__(self, config: Config, clock: Clock, transport: Transport | None) -> None:
        self.config = config
        self.db = Database.open(config.database.url, busy_seconds=config.database.busy_timeout_seconds)
        self.clock = self._shared(clock)
        self.catalogues = load_catalogues()
        self.transport = transport or transport_of(config)
        self.context: Context | None = None
        self.library = EventLibrary(self.db, config, self.clock, self.catalogues)

    def _shared(self, clock: Clock) -> Clock:
        """Where several nodes work on one database its clock is everybody's; a clock that a test turns stays."""
        if not self.db.shared or clock is not utcnow:
            return clock
        shared = SharedClock(clock, monotonic)
        self.db.pulse.on_time = shared.tell
        return shared

    @asynccontextmanager
    async def running(self, _app: Litestar) -> AsyncIterator[None]:
        """Opens the database, brings it up to date, runs the heartbeats; shuts down in the opposite order."""
        try:
            await self.db.migrate()
            secret = await self.db.write(lambda conn: signing_secret(conn, self.config))
            await self._follow_timezones()
            replies = self.config.replies
            links = Links(self.config.server.public_url, secret, replies=replies.pattern, bounces=replies.bounces)
            jobs = self._jobs(links)
            self.context = Context(
                db=self.db,
                config=self.config,
                clock=self.clock,
                links=links,
                domain=urlsplit(self.config.server.public_url).hostname or "localhost",
                catalogues=self.catalogues,
                wake=jobs.send.wake,
                tally=jobs.tally,
            )
            office, desk = self._office(self.context), self._desk(self.context)
            async with self.db.watching(), jobs.running(), taking_orders(office), receiving(self.config, desk):
                yield
        finally:
            self.library.close()
            await self.transport.close()
            await self.db.close()

    def _office(self, context: Context) -> Office:
        return Office(db=self.db, config=self.config, clock=self.clock, domain=context.domain, wake=context.wake)

    def _desk(self, context: Context) -> Desk:
        return Desk(
            self.db,
            config=self.config,
            clock=self.clock,
            links=context.links,
            wake=context.wake,
            counts=context.mail_in,
        )

    async def _follow_timezones(self) -> None:
        now, version = self.clock(), tzdata_version()
        for shift in await self.db.write(lambda conn: derive_again(conn, version, config=self.config, now=now)):
            log.warning("timezone.moved", tzdata=version, event_id=shift.event_id, zone=shift.timezone)

    def provide_context(self) -> Context:
        """The context, for handlers."""
        if self.context is None:
            raise RuntimeError("the service has not started")
        return self.context

    def _jobs(self, links: Links) -> Jobs:
        sender = Sender(
            self.db,
            config=self.config,
            clock=self.clock,
            transport=self.transport,
            correspondence=Correspondence(self.config, links, Writer(self.catalogues)),
            owner=f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}",  # containers share names and ids
        )
        heartbeat = Heartbeat(self.config.server.heartbeat_url, partial(self._well, sender.tally))
        alive = heartbeat.beat if self.config.server.heartbeat_url else None
        return Jobs(self.db, self.config, self.clock, sender, [self.library.flush], alive=alive)

    async def _well(self, tally: Tally) -> bool:
        now = self.clock()
        return all((await self.db.read(lambda conn: health.checks(conn, tally, now))).values())


def create_app(config: Config, *, clock: Clock = utcnow, transport: Transport | None = None) -> Application:
    """The whole service as one ASGI application: the feeds' door in front, pages and API behind it."""
    use_packaged_tzdata()
    service = Service(config, clock, transport)
    return FeedApp(service.library, cast("Application", litestar_of(service)), help_page="/api")


def litestar_of(service: Service) -> Litestar:
    """Pages and API, without the feeds' door."""
    return Litestar(
        route_handlers=[*API, *PAGES, healthz, readyz, attendee_calendar, *METRICS],
        state=State(
            {
                "site": make_site(service.config, service.catalogues),
                "press": Press(),
                "problem_page": problem_page,
            }
        ),
        dependencies={
            "context": Provide(service.provide_context, sync_to_thread=False),
            "actor": Provide(_actor, sync_to_thread=False),
            "now": Provide(service.clock, sync_to_thread=False),
        },
        middleware=[Authentication(service.db, service.clock)],
        exception_handlers={
            ServiceError: problems.from_service,
            FeedError: problems.from_feeds,
            HTTPException: problems.from_framework,
            Exception: problems.from_fault,
        },
        lifespan=[service.running],
        logging_config=None,
        openapi_config=None,  # scheduler.web.api.reference describes the API; no page of another project's is served
        before_send=[protect],
        request_max_body_size=service.config.server.max_body_bytes,
    )


def transport_of(config: Config) -> Transport:
    """The way out for mail that is configured."""
    mail = config.mail
    if mail.transport == "folder":
        return FolderTransport(Path(mail.folder))
    return SmtpTransport(relay_of(mail, monotonic), monotonic)


def _actor(request: Request[Actor, Any, Any]) -> Actor:
    return request.user
