"""What every reminder says first: how to get in, and when it begins, in the subject and in a sentence."""

from scheduler.dates import Here, moment_elsewhere
from scheduler.mail.blocks import Block, paragraph
from scheduler.mail.letters.parts import About, joining_blocks, on_site, where_lines
from scheduler.model.reading import days_until, event_here
from scheduler.model.wall import is_date


def way_in(a: About) -> list[Block]:
    """The joining link, or the address: nothing stands above it."""
    if joining := joining_blocks(a):
        return joining
    return [paragraph(", ".join(line.text for line in where_lines(a)))] if on_site(a) else []


def starts(a: About) -> str:
    """It starts today, tomorrow, in n days, by the calendar where the event is."""
    days = _days(a)
    if days > 1:
        return a.t.plural("mail.reminder.lead_days", days)
    return a.t("mail.reminder.lead_tomorrow" if days else "mail.reminder.lead_today")


def subject_when(a: About) -> str:
    """`Tomorrow 14:30 Ghent (08:30 Bogotá)`; further ahead `Tue 16 Mar, 14:30 Ghent (08:30 Bogotá)`."""
    days = _days(a)
    if is_date(a.occurrence.start):
        return a.brief if days > 1 else a.t("mail.reminder.tomorrow" if days else "mail.reminder.today")
    here = event_here(a.event, a.letter.institutions, a.t)
    reader = Here(a.letter.timezone or here.zone)
    elsewhere = moment_elsewhere(a.occurrence.start_at, here, reader, a.t)
    text = a.brief
    if days <= 1:
        clock = text.rpartition(", ")[2]
        text = f"{a.t('mail.reminder.tomorrow' if days else 'mail.reminder.today')} {clock}"
    return f"{text} ({elsewhere})" if elsewhere else text


def _days(a: About) -> int:
    return max(0, days_until(a.event, a.occurrence, a.letter.now))
