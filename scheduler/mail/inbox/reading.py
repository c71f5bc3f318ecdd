"""From the bytes of a mail to what it is. Pure: no clock, no database, and no mail is ever answered."""

from collections.abc import Iterable

from feeds.reply import UnreadableReply, read_reply
from scheduler.mail.inbox.automatic import automatic_sign
from scheduler.mail.inbox.bounces import bounce_of, is_delivery_report
from scheduler.mail.inbox.kinds import Automatic, CalendarAnswer, CalendarRefused, FromAPerson, Incoming, Unread
from scheduler.mail.inbox.parts import Beyond, Headers, Limits, content, header, kind_of, leaves, parsed

_CALENDAR = frozenset({"text/calendar", "application/ics", "text/x-vcalendar", "application/calendar"})
_MOST_CALENDARS = 4
_BESIDE = (CalendarRefused("not-a-reply"), CalendarRefused("no-calendar"))
"""A calendar that is no answer at all says nothing about the mail that carries it: an absence notice may quote one."""
_RECIPIENT_HEADERS = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc", "Resent-To")


def read_mail(data: bytes, *, sender: str | None = None, limits: Limits | None = None) -> Incoming:
    """What a mail is. `sender` is that of the envelope ("" is the null one), None where it is not known.

    A calendar answer counts as one although a machine may have written the mail around it: Google marks the answers
    that people click there as Auto-Submitted. It can change one registration once and draws at most one mail from
    us, to its attendee. Never raises.
    """
    try:
        return _judged(parsed(data, limits or Limits()), sender)
    except Beyond as beyond:
        return Unread(beyond.trouble)
    except Exception:  # whatever the parser trips over, the next mail must not wait behind it
        return Unread("malformed")


def recipients_in(data: bytes, limits: Limits | None = None) -> tuple[str, ...]:
    """The values of the headers that may name the recipient, for a mailbox, which has no envelope any more."""
    try:
        mail = parsed(data, limits or Limits())
        return tuple(" ".join(str(value)[:4000] for value in mail.get_all(name, [])) for name in _RECIPIENT_HEADERS)
    except Exception:  # as above
        return ()


def _judged(mail: Headers, sender: str | None) -> Incoming:
    if is_delivery_report(mail):
        return bounce_of(mail) or Automatic("delivered")
    answer = _answer(leaves(mail))
    if answer is not None and answer not in _BESIDE:
        return answer
    sign = automatic_sign(mail, sender)
    if sign:
        return Automatic(sign)
    return answer or FromAPerson()


def _answer(parts: Iterable[Headers]) -> CalendarAnswer | CalendarRefused | None:
    """The first calendar part that is an answer; else why the first one is none; None without any."""
    refused: CalendarRefused | None = None
    calendars = [part for part in parts if _is_calendar(part)]
    for part in calendars[:_MOST_CALENDARS]:
        try:
            return CalendarAnswer(read_reply(content(part)))
        except UnreadableReply as error:
            refused = refused or CalendarRefused(error.why)
    return refused


def _is_calendar(part: Headers) -> bool:
    if kind_of(part) in _CALENDAR:
        return True
    disposition = header(part, "Content-Disposition")
    named = (part.get_filename() or "") if len(disposition) < 1000 else ""
    return named.lower().strip().endswith(".ics")
