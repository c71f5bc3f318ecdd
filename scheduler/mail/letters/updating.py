"""The mail about a change: what was, what is now, only for what people plan by."""

from msgspec.structs import replace

from scheduler.mail.blocks import Block, Content, Fact, fact, paragraph
from scheduler.mail.letter import IncompleteLetter, Letter
from scheduler.mail.letters.differences import (
    DateThen,
    Differences,
    as_then,
    differences_of,
    old_brief,
    old_languages,
    old_place,
    old_title,
    old_when,
)
from scheduler.mail.letters.parties import as_party, closing, titled, why
from scheduler.mail.letters.parts import (
    MOST_DATES,
    About,
    about,
    brief_on_both_clocks,
    footer,
    invitation_blocks,
    joining_blocks,
    link_blocks,
    on_site,
    other_ways_in,
    place_blocks,
    reason_blocks,
    when_blocks,
)
from scheduler.model.notices import JOINING, STATUS, dates_in, from_text
from scheduler.texts import Translator

ARROW = "→"


def update(letter: Letter, t: Translator) -> Content:
    """The event has changed: old -> new. Raises IncompleteLetter, also when nothing differs."""
    a = about(letter, t)
    differences = differences_of(a, from_text(letter.facts.get("before", "")))
    if not differences.before:
        raise IncompleteLetter("A mail about a change needs something that differs.")
    a = _in_focus(a, differences)
    lead = as_party(a, _lead(a, differences))
    return Content(
        subject=_subject(a, differences),
        preheader=lead,
        heading=a.title,
        blocks=(
            paragraph(lead, "lead"),
            *_dates(a, differences),
            *_certainty(a, differences),
            *_titled(a, differences),
            *_place(a, differences),
            *_joining(a, differences),
            *(closing(a) if letter.party else [paragraph(t(_stays(a)))]),
            *invitation_blocks(a),
            *link_blocks((t(_manage(a)), letter.links.manage), (t("mail.common.event_page"), letter.links.event)),
        ),
        footer=footer(letter, t, why(letter)),
    )


def changed_since_blocks(a: About) -> list[Block]:
    """What changed since the reader registered, in old values ("was B1.02"); nothing when nothing did.

    Of the dates only the one that the letter is about.
    """
    before = from_text(a.letter.facts.get("since", ""))
    differences = differences_of(a, before)
    times = [old_brief(a, differences, one) for one in differences.moved if one.now and one.now.id == a.occurrence.id]
    place = ", ".join(line.text for line in old_place(a, differences))
    languages = "; ".join(old_languages(a, differences))
    olds = [("time", times[0] if times else ""), ("place", place), ("languages", languages)]
    lines = [a.t(f"mail.since.{name}", old=old) for name, old in olds if old]
    if title := old_title(a, differences).text:
        lines.append(a.t("mail.since.title", old=title))
    if STATUS in before and a.event.status == "confirmed":
        lines.append(a.t("mail.since.certain"))
    return [fact(a.t("mail.since.label"), *lines)] if lines else []


def _in_focus(a: About, differences: Differences) -> About:
    """The letter about the first date that was moved or added, if there is one."""
    first = next((one.now for one in (*differences.moved, *differences.added) if one.now), None)
    return replace(a, occurrence=first) if first else a


def _lead(a: About, differences: Differences) -> str:
    if differences.moved and not a.letter.dates:
        return a.t("mail.update.lead_moved")
    kinds = (
        ("mail.update.lead_moved_dates", differences.moved),
        ("mail.update.lead_cancelled", differences.cancelled),
        ("mail.update.lead_added", differences.added),
    )
    if differences.dated:
        return " ".join(a.t.plural(key, len(found)) for key, found in kinds if found)
    if set(differences.before) == {STATUS}:
        return a.t(f"mail.update.{_certain(a)}")
    return a.t("mail.update.lead")


def _subject(a: About, differences: Differences) -> str:
    if differences.moved:
        return a.t("mail.update.subject_moved", title=titled(a), when=a.brief)
    if differences.cancelled:
        then = as_then(a, differences, differences.cancelled[0])
        was = then.brief
        return a.t("mail.update.subject_cancelled", title=titled(a), when=was)
    if set(differences.before) == {STATUS} and a.event.status == "confirmed":
        return a.t("mail.update.subject_certain", title=titled(a), when=a.brief)
    return a.t("mail.update.subject", title=titled(a), when=a.brief)


def _dates(a: About, differences: Differences) -> list[Block]:
    """The dates that differ, and when it takes place now."""
    blocks: list[Block] = []
    if len(differences.moved) == 1:
        only = differences.moved[0]
        blocks += reason_blocks(a, only.now.reason if only.now else "")
        blocks.append(replace(fact(a.t("mail.update.was"), *old_when(a, differences, only)), struck=True))
        blocks += _now(a, differences, "mail.update.now")
    elif differences.moved:
        blocks.append(_listed(a, "mail.update.moved", [_both(a, differences, one) for one in differences.moved]))
    if differences.cancelled:
        gone = [old_brief(a, differences, one) for one in differences.cancelled]
        blocks.append(replace(_listed(a, "mail.update.cancelled", gone), struck=True))
        blocks += reason_blocks(a, next((one.was.reason for one in differences.cancelled if one.was), ""))
    if differences.added:
        new = [brief_on_both_clocks(a, one.now) for one in differences.added if one.now]
        blocks.append(_listed(a, "mail.update.added", new))
    return blocks if differences.moved or not a.occurrence.alive else [*blocks, *_now(a, differences)]


def _now(a: About, differences: Differences, label: str = "mail.common.when") -> list[Block]:
    """When it takes place, with the other dates that nothing happened to."""
    told = {f"{a.event.id}.{position}" for position in dates_in(differences.before)}
    if differences.added and not differences.moved:
        return []  # the new dates stand above
    return when_blocks(a, label, without=told)


def _listed(a: About, label: str, lines: list[str]) -> Fact:
    rest = len(lines) - MOST_DATES
    more = [a.t.plural("mail.common.more_dates", rest)] if rest > 0 else []
    return fact(a.t(label), *lines[:MOST_DATES], *more)


def _both(a: About, differences: Differences, pair: DateThen) -> str:
    new = brief_on_both_clocks(a, pair.now) if pair.now else ""
    return f"{old_brief(a, differences, pair)} {ARROW} {new}"


def _certainty(a: About, differences: Differences) -> list[Block]:
    alone = set(differences.before) == {STATUS}
    return [paragraph(a.t(f"mail.update.{_certain(a)}"))] if STATUS in differences.before and not alone else []


def _certain(a: About) -> str:
    return "provisional" if a.event.status == "tentative" else "certain"


def _titled(a: About, differences: Differences) -> list[Block]:
    title = old_title(a, differences)
    return [replace(fact(a.t("mail.update.title_was"), title), struck=True)] if title.text else []


def _place(a: About, differences: Differences) -> list[Block]:
    """Where and in which languages; the old beside the new where that changed."""
    where, languages = old_place(a, differences), old_languages(a, differences)
    blocks = place_blocks(a) if a.occurrence.alive else []
    if languages:
        was = replace(fact(a.t("mail.update.languages_was"), *languages), struck=True)
        spoken = [number for number, block in enumerate(blocks) if _labelled(block, a.t("mail.common.languages"))]
        blocks.insert(spoken[0] if spoken else len(blocks), was)
    if where:
        blocks.insert(0, replace(fact(a.t("mail.update.place_was"), *where), struck=True))
    return blocks


def _labelled(block: Block, label: str) -> bool:
    return isinstance(block, Fact) and block.label == label


def _joining(a: About, differences: Differences) -> list[Block]:
    if not a.occurrence.alive:
        return []
    new = JOINING in differences.before and not on_site(a)
    return [*([paragraph(a.t("mail.update.joining"))] if new else []), *joining_blocks(a), *other_ways_in(a)]


def _stays(a: About) -> str:
    registration = a.letter.registration
    if registration is not None and registration.state == "waiting":
        return "mail.update.stays_waiting"
    return "mail.update.stays" if a.occurrence.alive else "mail.update.nothing_to_do"


def _manage(a: About) -> str:
    """What their own page is for now: nobody frees a place that they do not have, or on a date that is gone."""
    registration = a.letter.registration
    if registration is not None and registration.state == "waiting":
        return "mail.waiting.manage"
    return "mail.update.free" if a.occurrence.alive else "mail.common.manage"
