"""The day programme of a visit: as a short list in mails about the visit, and the mail about what changed in it."""

from msgspec import Struct
from msgspec.structs import replace

from scheduler.mail.blocks import Block, Content, fact, paragraph
from scheduler.mail.letter import IncompleteLetter, Letter
from scheduler.mail.letters.parts import (
    MOST_DATES,
    About,
    about,
    brief_on_both_clocks,
    footer,
    link_blocks,
    where_lines,
    why_registered,
)
from scheduler.model.attending import as_attended
from scheduler.model.day_programme import as_it_was, item_of, takes_place
from scheduler.model.digest import Listed
from scheduler.model.notices import from_text
from scheduler.model.reading import Reading, read
from scheduler.texts import Translator

ARROW = "→"


class _Pair(Struct, frozen=True):
    """An item as it was and as it is now; None where it does not take place, or is none of theirs."""

    was: Listed | None
    now: Listed | None


def programme_blocks(a: About) -> list[Block]:
    """When what takes place during a visit, in a few lines; nothing where there is no day programme."""
    lines = [_line(a, one) for one in a.letter.listed]
    return [fact(a.t("mail.programme.label"), *_shortened(a, lines))] if lines else []


def day_programme(letter: Letter, t: Translator) -> Content:
    """Something in the day programme has changed. Raises IncompleteLetter when nothing differs."""
    a = about(letter, t)
    pairs = _pairs(a)
    if not pairs:
        raise IncompleteLetter("A mail about a changed day programme needs something that differs.")
    lead = t("mail.programme.lead")
    return Content(
        subject=t("mail.programme.subject", title=a.title, when=a.brief),
        preheader=lead,
        heading=a.title,
        blocks=(
            paragraph(lead, "lead"),
            *_added(a, pairs),
            *_changed(a, pairs),
            *_gone(a, pairs),
            paragraph(t("mail.update.stays")),
            *link_blocks(
                (t("mail.programme.own"), letter.links.manage), (t("mail.common.event_page"), letter.links.event)
            ),
        ),
        footer=footer(letter, t, why_registered(letter)),
    )


def _pairs(a: About) -> list[_Pair]:
    """What differs and is not over, by time."""
    present = {one.date.id: one for one in a.letter.listed if takes_place(one)}
    found = []
    for key, text in from_text(a.letter.facts.get("before", "")).items():
        was = item_of(text)
        old = as_it_was(a.event, key, was) if was is not None and was.alive else None
        pair = _Pair(old, present.get(key))
        if any(one and one.date.end_at > a.letter.now for one in (pair.was, pair.now)):
            found.append(pair)
    return sorted(found, key=_by_time)


def _by_time(pair: _Pair) -> str:
    one = pair.now or pair.was
    return f"{one.date.start_at.isoformat()} {one.date.id}" if one else ""


def _added(a: About, pairs: list[_Pair]) -> list[Block]:
    lines = [_line(a, pair.now) for pair in pairs if pair.now and not pair.was]
    return [fact(a.t("mail.programme.added"), *_shortened(a, lines))] if lines else []


def _gone(a: About, pairs: list[_Pair]) -> list[Block]:
    lines = [_line(a, pair.was) for pair in pairs if pair.was and not pair.now]
    return [replace(fact(a.t("mail.programme.gone"), *_shortened(a, lines)), struck=True)] if lines else []


def _changed(a: About, pairs: list[_Pair]) -> list[Block]:
    """Each item under its title: old -> new, only what differs."""
    blocks: list[Block] = []
    both = [(pair.was, pair.now) for pair in pairs if pair.was and pair.now]
    for was, now in both[:MOST_DATES]:
        titles = (read(was.event.title, a.t.language), read(now.event.title, a.t.language))
        times, places = (_when(a, was), _when(a, now)), (_where(a, was), _where(a, now))
        lines = [f"{times[0]} {ARROW} {times[1]}" if times[0] != times[1] else times[1]]
        if places[0] != places[1]:
            lines.append(f"{places[0]} {ARROW} {places[1]}")
        if titles[0].text != titles[1].text:
            lines.append(a.t("mail.since.title", old=titles[0]))
        blocks.append(fact(titles[1].text, *lines))
    rest = len(both) - MOST_DATES
    return [*blocks, paragraph(a.t.plural("mail.programme.more", rest))] if rest > 0 else blocks


def _line(a: About, one: Listed) -> Reading:
    title = read(one.event.title, a.t.language)
    return Reading(f"{_when(a, one)} · {title.text}", title.language)


def _when(a: About, one: Listed) -> str:
    return brief_on_both_clocks(replace(a, event=one.event, occurrence=one.date), one.date)


def _where(a: About, one: Listed) -> str:
    row = a.letter.registration
    event = as_attended(one.event, row) if row else one.event
    return ", ".join(line.text for line in where_lines(replace(a, event=event, occurrence=one.date)))


def _shortened(a: About, lines: list[Reading]) -> list[Reading | str]:
    rest = len(lines) - MOST_DATES
    more = [a.t.plural("mail.programme.more", rest)] if rest > 0 else []
    return [*lines[:MOST_DATES], *more]
