"""What several letters say alike: when, where, how to join, who organises, why this mail came."""

import re
from collections.abc import Collection

from babel.lists import format_list
from msgspec import Struct

from scheduler.dates import Here, moment_elsewhere
from scheduler.mail.blocks import Block, Button, Fact, Link, fact, paragraph, safe_url
from scheduler.mail.letter import IncompleteLetter, Letter
from scheduler.model.event import Event, Occurrence
from scheduler.model.reading import Reading, brief, event_here, organisers, read, when
from scheduler.texts import Translator

MOST_DATES = 12
# After these mails there are reminders to be stopped.
REMINDED = frozenset({"confirmation", "place-free", "reminder", "follow-up"})
# A name that a mail program would turn into a link is no name.
LINK_LIKE = re.compile(r"://|www\.|\w\.\w{2,}(/|$|\s)|@", re.IGNORECASE)


class About(Struct, frozen=True):
    """A letter about an event, with what nearly every sentence needs."""

    letter: Letter
    t: Translator
    event: Event
    occurrence: Occurrence

    @property
    def title(self) -> Reading:
        """The event's title as this reader gets it."""
        return read(self.event.title, self.t.language)

    @property
    def brief(self) -> str:
        """`Tue 16 Mar, 14:30 Ghent`."""
        return brief(self.event, self.occurrence, self.letter.institutions, self.t)


def about(letter: Letter, t: Translator) -> About:
    """The letter with its event. Raises IncompleteLetter."""
    if letter.event is None or letter.occurrence is None:
        raise IncompleteLetter(f"A {letter.cause} mail needs an event and one of its dates.")
    return About(letter, t, letter.event, letter.occurrence)


def when_blocks(
    a: About, label: str = "mail.common.when", *, together: bool = False, without: Collection[str] = ()
) -> list[Block]:
    """When: the event's clock, the reader's where it differs, a sentence when the difference is unusual.

    The other dates of a series stand under a label of their own, or `together` with the first where all share its
    fate; those `without` (ids) stand elsewhere in the letter.
    """
    span = when(a.event, a.occurrence, a.letter.institutions, a.t, a.letter.timezone)
    extra = a.t("mail.common.tentative") if a.event.status == "tentative" else ""
    others = _other_dates(a, without)
    if together:
        return [fact(a.t(label), *span.lines, span.note, *others, extra)]
    first = fact(a.t(label), *span.lines, span.note, extra)
    return [first, fact(a.t("mail.common.other_dates"), *others)] if others else [first]


def _other_dates(a: About, without: Collection[str]) -> list[str]:
    others = [one for one in a.letter.dates if one.id not in {a.occurrence.id, *without} and one.alive]
    rest = len(others) - MOST_DATES
    more = [a.t.plural("mail.common.more_dates", rest)] if rest > 0 else []
    return [*(brief_on_both_clocks(a, one) for one in others[:MOST_DATES]), *more]


def brief_on_both_clocks(a: About, date: Occurrence) -> str:
    """`Tue 20 Apr, 09:30 Ghent (14:30 Phnom Penh)`: the difference is not the same on every date of a series."""
    words = brief(a.event, date, a.letter.institutions, a.t)
    if not a.letter.timezone or a.event.all_day:
        return words
    reader = Here(a.letter.timezone)
    elsewhere = moment_elsewhere(date.start_at, event_here(a.event, a.letter.institutions, a.t), reader, a.t)
    return f"{words} ({elsewhere})" if elsewhere else words


def where_lines(a: About) -> list[Reading]:
    """Room, house, address and country; or that it is online, and on what."""
    if not on_site(a):
        platform = a.event.online.platform
        return [Reading(" · ".join(part for part in (a.t("mail.common.online"), platform) if part))]
    place = a.event.place
    host = a.letter.institutions.get(a.event.host or "")
    cities = place.city or (host.city if host else {})
    address = place.address or (host.address if host and not place.city else "")
    if not any(name in address for name in cities.values() if name):  # "9000 Gent" needs no "Ghent" after it
        address = ", ".join(part for part in (address, read(cities, a.t.language).text) if part)
    country = a.t.locale.territories.get(place.country or (host.country if host else ""), "")
    house = read(host.name, a.t.language) if host and not place.city else Reading("")
    lines = [Reading(place.room), house, Reading(", ".join(part for part in (address, country) if part))]
    return [line for line in lines if line.text]


def place_blocks(a: About) -> list[Block]:
    """Where, how to get in, and in which languages."""
    access = read(a.event.place.access, a.t.language) if on_site(a) else Reading("")
    blocks = [
        fact(a.t("mail.common.where"), *where_lines(a)),
        fact(a.t("mail.common.access"), access),
        fact(a.t("mail.common.languages"), *language_lines(a)),
    ]
    return [block for block in blocks if block.lines]


def joining_blocks(a: About) -> list[Block]:
    """The joining link, for a confirmed registration or who speaks, and only for who takes part online."""
    online, registration = a.event.online, a.letter.registration
    seated = registration is not None and registration.firm
    if not (seated or a.letter.party) or on_site(a):
        return []
    if safe_url(online.url):
        return [Button(a.t("mail.common.join"), online.url)]
    if online.url:
        return [fact(a.t("mail.common.join"), online.url)]
    return [paragraph(a.t("mail.common.link_missing" if a.letter.cause == "reminder" else "mail.common.link_follows"))]


def other_ways_in(a: About) -> list[Block]:
    """By telephone or on a thin line: as guarded as the joining link, since it opens the same room."""
    if not joining_blocks(a):
        return []
    online = a.event.online
    facts = [("mail.common.dial_in", online.dial_in), ("mail.common.low_bandwidth", online.low_bandwidth)]
    return [fact(a.t(key), text) for key, text in facts if text]


def on_site(a: About) -> bool:
    """True when this reader comes in person."""
    if a.event.format != "hybrid":
        return a.event.format == "on-site"
    if a.letter.party is not None:
        return a.letter.party.mode == "on-site"
    return a.letter.registration is None or a.letter.registration.mode == "on-site"


def person_blocks(a: About) -> list[Block]:
    """Who is registered, with how many seats: never in a mail to an address that nobody confirmed."""
    registration = a.letter.registration
    if registration is None:
        return []
    name = "" if LINK_LIKE.search(registration.name) else registration.name
    seats = a.t.plural("mail.common.seats", registration.seats) if registration.seats > 1 else ""
    block = fact(a.t("mail.common.registered"), name, seats)
    return [block] if block.lines else []


def invitation_blocks(a: About) -> list[Block]:
    """What to do with the invitation that comes with this mail and how one cancels, or that an entry ends."""
    if a.letter.calendar is None:
        return []
    if a.letter.calendar.method == "CANCEL":
        return [paragraph(calendar_end(a, ""))]
    lead, then = ("invitation", "invitation_answered") if a.letter.rsvp else ("invitation_plain", "invitation_unread")
    lead = "invitation_renewed" if a.letter.cause == "update" else lead
    return [paragraph(f"{a.t(f'mail.common.{lead}')} {a.t(f'mail.common.{then}')}")]


def calendar_end(a: About, otherwise: str) -> str:
    """What happens to the entry in the reader's calendar; the text of the key `otherwise` where it is none of ours."""
    if a.letter.calendar is None or a.letter.calendar.method != "CANCEL":
        return a.t(otherwise)
    stays = a.event.alive and a.letter.cause != "withdrawal" and any(one.alive for one in a.letter.dates)
    return a.t("mail.common.calendar_ends_date" if stays else "mail.common.calendar_ends")


def link_blocks(*links: tuple[str, str]) -> list[Block]:
    """Links as (label, address), without those that have no usable address."""
    return [Link(label, url) for label, url in links if safe_url(url)]


def button_blocks(label: str, url: str) -> list[Block]:
    """The one button, when it leads somewhere."""
    return [Button(label, url)] if safe_url(url) else []


def reason_blocks(a: About, reason: str) -> list[Block]:
    """The organiser's own words, marked as theirs."""
    return [Fact(a.t("mail.common.reason"), (Reading(reason),))] if reason else []


def footer(letter: Letter, t: Translator, why: str) -> tuple[Block, ...]:
    """Who organises and where a person answers; why this mail came, and how to get fewer of its kind."""
    names = _organiser_names(letter, t)
    first = [t("mail.footer.organised_by", names=names)] if names else []
    if letter.reply_to:
        first.append(t("mail.footer.reply"))
    elif letter.help_address:
        first.append(t("mail.footer.write", address=letter.help_address))
    second = [*_original(letter, t), t(why), t("mail.footer.sent_by", operator=letter.operator)]
    texts = [paragraph(" ".join(lines), "quiet") for lines in (first, second) if lines]
    if letter.cause not in REMINDED:
        return tuple(texts)
    return (*texts, *link_blocks(*_choices(letter, t)))


def _choices(letter: Letter, t: Translator) -> list[tuple[str, str]]:
    """Three plain choices: no reminder for this event, none at all, no place; as far as each still makes sense."""
    links = letter.links
    over = letter.cause == "follow-up" and len(letter.dates) < 2
    return [
        (t("mail.footer.stop_reminders"), "" if over else links.stop_reminders),
        (t("mail.footer.stop_all"), links.stop_all),
        (t("mail.footer.withdraw"), links.withdraw if letter.cause == "reminder" else ""),
    ]


def why_registered(letter: Letter) -> str:
    """The key of the sentence that says why a registered person gets this mail."""
    vouched = letter.registration is not None and letter.registration.vouched
    return "mail.footer.why_vouched" if vouched else "mail.footer.why_registered"


def _original(letter: Letter, t: Translator) -> list[str]:
    """A sentence when the event has no text in the reader's language."""
    original = read(letter.event.title, t.language).language if letter.event else ""
    name = t.locale.languages.get(original.split("-")[0], original)
    return [t("mail.footer.original", language=name)] if original else []


def _organiser_names(letter: Letter, t: Translator) -> str:
    if letter.event is None:
        return ""
    names = [reading.text for reading in organisers(letter.event, letter.institutions, t.language)]
    return format_list(names, locale=t.locale) if names else ""


def language_lines(a: About) -> list[str]:
    """The languages spoken, and on a line of its own those interpreted into."""
    spoken = _language_names(a, a.event.languages)
    targets = dict.fromkeys(one.target for one in a.event.interpretation if one.target not in a.event.languages)
    into = _language_names(a, tuple(targets))
    lines = [spoken[:1].upper() + spoken[1:]]
    if into:
        lines.append(a.t("mail.common.interpretation", languages=into))
    return [line for line in lines if line]


def _language_names(a: About, tags: tuple[str, ...]) -> str:
    names = [a.t.locale.languages.get(tag.split("-")[0], tag) for tag in tags]
    return format_list(names, locale=a.t.locale) if names else ""
