"""A subscription as the console lists it: what it shows in words, and which calendar fetched it last."""

from datetime import datetime
from urllib.parse import parse_qsl

from babel.dates import format_timedelta
from msgspec import Struct

from scheduler.errors import Invalid
from scheduler.model.feed_options import read_query
from scheduler.model.filter import facets_known
from scheduler.model.intake_known import known_of
from scheduler.model.reading import Institutions
from scheduler.model.subscription import Subscription
from scheduler.web.pages.filters import sentence
from scheduler.web.pages.site import Voice
from scheduler.web.pages.view_console import instant_words
from scheduler.web.pages.words import named


class SubscriptionLine(Struct, frozen=True, kw_only=True):
    """One row of the list. `revoked` says when it ended; empty while it holds."""

    id: str
    name: str
    whose: str
    shows: str
    members: str
    fetched: str
    made: str
    revoked: str


def subscription_line(
    row: Subscription, institutions: Institutions, voice: Voice, *, now: datetime
) -> SubscriptionLine:
    """A subscription in words, at the instant `now` (UTC)."""
    t, words = voice.t, "pages.console.subscriptions"
    programmes = ", ".join(voice.name("programmes", key) for key in row.programmes)
    return SubscriptionLine(
        id=row.id,
        name=row.name,
        whose=str(named(row.institution, institutions, voice)) if row.institution else t(f"{words}.everybody"),
        shows=_shows(row.query, institutions, voice),
        members=t(f"{words}.members", programmes=programmes) if programmes else "",
        fetched=_fetched(row, voice, now),
        made=t(f"{words}.made", when=instant_words(row.rotated_at or row.created_at, voice)),
        revoked=t(f"{words}.revoked", when=instant_words(row.revoked_at, voice)) if row.revoked_at else "",
    )


def _shows(query: str, institutions: Institutions, voice: Voice) -> str:
    """The saved filter and its language in words; as it stands where the configuration no longer knows a part of it."""
    known = facets_known(known_of(voice.config, institutions))
    try:
        found = read_query(parse_qsl(query, keep_blank_values=True), known, voice.config)
    except Invalid:
        return query
    return f"{sentence(found.chosen, voice, institutions)} · {voice.language_name(found.options.language)}"


def _fetched(row: Subscription, voice: Voice, now: datetime) -> str:
    if row.last_fetched_at is None:
        return voice.t("pages.console.subscriptions.never")
    ago = format_timedelta(row.last_fetched_at - now, add_direction=True, locale=voice.t.locale)
    return voice.t("pages.console.subscriptions.fetched_by", client=row.last_client, ago=ago)
