"""Headers that cannot be broken into, and rules that hold for every mail whatever people typed."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from typing import get_args

import pytest
from msgspec.structs import replace

from scheduler.errors import ServiceError
from scheduler.mail.compose import InvalidHeader, Mail, Mailbox, compose, envelope
from scheduler.mail.letter import IncompleteLetter, Letter
from scheduler.mail.writer import STOPPABLE, Writer
from scheduler.model.address import InvalidAddress, normal_address
from scheduler.model.message import Cause
from scheduler.texts import load_catalogues
from tests.scheduler.letters import ANA, LECTURE, LECTURE_DATE, LINKS, METHODS, letter, visit_letter

WRITER = Writer(load_catalogues())
CAUSES: tuple[Cause, ...] = get_args(Cause)
SECRET = "https://meet.example.org/climate?pwd=s3cret"


def parsed(mail: Mail) -> EmailMessage:
    return message_from_bytes(compose(mail), policy=default)


def whole(one: Letter) -> str:
    mail = WRITER.write(one)
    return f"{mail.subject}\n{mail.text}\n{mail.html}"


@pytest.mark.parametrize("cause", CAUSES)
def test_every_mail_says_what_it_is(cause: Cause) -> None:
    message = parsed(WRITER.write(letter(cause, "nl")))
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["X-Enspired-Cause"] == cause
    assert message["Content-Language"] == "nl"
    assert message["Message-ID"] == f"<01j9-{cause}@agenda.example.org>"
    assert message["Date"].datetime == datetime(2027, 3, 15, 9, tzinfo=UTC)
    assert str(message["To"]) == "ana@example.org"
    assert message["Reply-To"] == "help@agenda.example.org"
    invited = ["text/calendar", "application/ics"] if cause in METHODS else []
    assert [part.get_content_type() for part in message.walk()] == [
        *(["multipart/mixed"] if invited else []),
        "multipart/alternative",
        "text/plain",
        "text/html",
        *invited,
    ]
    assert ("List-Unsubscribe" in message) == (cause in STOPPABLE)


def test_one_click_unsubscribing_stays_on_one_line_however_long() -> None:
    address = f"https://agenda.example.org/r/{'x' * 300}/one-click"
    data = compose(replace(WRITER.write(letter("reminder")), unsubscribe=address))
    assert f"\r\nList-Unsubscribe: <{address}>\r\n".encode() in data
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in data


@pytest.mark.parametrize("breaker", ["\r\nBcc: spy@example.org", "\n", "\r", "\0", "\u2028", "\x85"])
def test_a_line_break_is_refused_wherever_it_stands(breaker: str) -> None:
    mail = WRITER.write(letter("reminder"))
    for broken in (
        replace(mail, subject=mail.subject + breaker),
        replace(mail, sender=Mailbox(mail.sender.address, "Agenda" + breaker)),
        replace(mail, sender=Mailbox(mail.sender.address + breaker)),
        replace(mail, recipient=mail.recipient + breaker),
        replace(mail, reply_to=mail.reply_to + breaker),
        replace(mail, message_id=mail.message_id + breaker),
        replace(mail, unsubscribe=mail.unsubscribe + breaker),
        replace(mail, language="en" + breaker),
    ):
        with pytest.raises((InvalidHeader, InvalidAddress)):
            envelope(broken)


def test_a_title_with_a_line_break_never_becomes_a_mail() -> None:
    one = replace(letter("reminder"), event=replace(LECTURE, title={"en": "Free\r\nBcc: spy@example.org"}))
    with pytest.raises(InvalidHeader):
        envelope(WRITER.write(one))


@pytest.mark.parametrize("name", ['Agenda "eNSPIRED" <x@y.z>', "Agenda, les écoles; (tous)", "=?utf-8?q?x?=", "日本"])
def test_a_senders_name_is_only_a_name(name: str) -> None:
    message = parsed(replace(WRITER.write(letter("reminder")), sender=Mailbox("agenda@example.org", name)))
    (sender,) = message["From"].addresses
    assert sender.addr_spec == "agenda@example.org"


@pytest.mark.parametrize(("typed", "normal"), [
    (" ana.perez+school@Example.ORG ", "ana.perez+school@example.org"), ("ana@exämple.be", "ana@xn--exmple-cua.be"),
    ("o'brien@mail.example.co.uk", "o'brien@mail.example.co.uk"), ("Ana@example.org", "Ana@example.org"),
])  # fmt: skip
def test_addresses_people_have_are_taken(typed: str, normal: str) -> None:
    assert normal_address(typed) == normal
    assert normal_address(normal) == normal


@pytest.mark.parametrize("typed", [
    "", "@", "ana", "ana@", "@example.org", "ana@@example.org", "ana@localhost", "ana@example..org", "ana@-a.org",
    "ana.@example.org", ".ana@example.org", "a..b@example.org", "änä@example.org", "ana@[10.0.0.1]", "ana@10.0.0.1",
    '"ana"@example.org', "ana@example.org, b@example.org", "ana@example.org;b@example.org", "Ana <ana@example.org>",
    "ana@example.org\r\nRCPT TO:<spy@example.org>", "ana@example.org\n", "ana\u200b@example.org", "ana@stra\u00dfe.de",
    "a" * 65 + "@example.org", "ana@" + "a" * 64 + ".org", "ana@" + ".".join(["a" * 60] * 5) + ".org",
    "a(b)@example.org",
])  # fmt: skip
def test_everything_else_is_refused_with_a_reason_that_does_not_repeat_it(typed: str) -> None:
    with pytest.raises(InvalidAddress) as refused:
        normal_address(typed)
    assert refused.value.code == "invalid-address"
    assert len(typed) < 4 or typed not in refused.value.detail


def test_the_first_mail_carries_nothing_that_its_sender_typed() -> None:
    one = letter("confirm-address")
    hostile = replace(ANA, state="pending", name="WIN-A-PRIZE http://evil.example", institution="Evil", role="boss")
    assert whole(replace(one, registration=hostile)) == whole(replace(one, registration=replace(hostile, name="Ana")))
    assert "WIN-A-PRIZE" not in whole(replace(one, registration=hostile))


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("state", ["pending", "waiting", "offered", "cancelled"])
def test_who_has_no_place_gets_no_way_in(cause: Cause, state: str) -> None:
    words = whole(replace(letter(cause), registration=replace(ANA, state=state)))
    assert "s3cret" not in words
    assert "4711" not in words


@pytest.mark.parametrize("cause", CAUSES)
def test_the_way_in_stands_where_it_is_needed_alone(cause: Cause) -> None:
    assert (SECRET in whole(letter(cause)).replace("&amp;", "&")) == (
        cause in {"confirmation", "place-free", "reminder", "update"}
    )
    one = replace(letter(cause), registration=replace(ANA, mode="on-site"))
    assert "s3cret" not in whole(one)


class Tags(HTMLParser):
    """What a mail's HTML consists of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


HOSTILE = '<script>alert(1)</script><a href="//evil.example">{0.__class__}{{7*7}}</a> http://evil.example " onload="x'


@pytest.mark.parametrize("cause", CAUSES)
def test_nothing_people_write_becomes_markup_or_a_link(cause: Cause) -> None:
    event = replace(
        LECTURE,
        title={"en": HOSTILE},
        summary={"en": HOSTILE},
        place=replace(LECTURE.place, room=HOSTILE, address=HOSTILE, city={"en": HOSTILE}, access={"en": HOSTILE}),
        online=replace(LECTURE.online, url="javascript:alert(1)", platform=HOSTILE, dial_in=HOSTILE),
        cancellation_reason=HOSTILE,
    )
    for mode in ("on-site", "online"):
        one = replace(letter(cause), event=event, registration=replace(ANA, name=HOSTILE, mode=mode))
        tags = Tags(WRITER.write(one).html).found
        assert {"script", "img", "iframe", "form"}.isdisjoint(tag for tag, _ in tags)
        assert not any("onload" in attributes for _, attributes in tags)
        links = {attributes["href"] or "" for tag, attributes in tags if tag == "a"}
        assert all(link.startswith("https://agenda.example.org/") for link in links), links


def test_a_name_that_mail_programs_would_link_is_left_out() -> None:
    for name in ("evil.example", "http://evil.example/x", "www.evil.example", "ana@evil.example"):
        assert "evil" not in whole(replace(letter("confirmation"), registration=replace(ANA, name=name)))
    assert "J. R. Smith" in whole(replace(letter("confirmation"), registration=replace(ANA, name="J. R. Smith")))


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("language", ["en", "nl", "fr", "es"])
def test_every_mail_is_readable_by_everybody(cause: Cause, language: str) -> None:
    mail = WRITER.write(letter(cause, language))
    tags = Tags(mail.html).found
    names = [tag for tag, _ in tags]
    assert dict(tags)["html"] == {"lang": language, "dir": "ltr"}
    assert names.count("h1") == names.count("title") == 1
    assert all(attributes.get("role") == "presentation" for tag, attributes in tags if tag == "table")
    assert all("underline" in (attributes["style"] or "") for tag, attributes in tags if tag == "a")
    assert ("meta", {"name": "color-scheme", "content": "light dark"}) in tags
    assert len(mail.html) < 90_000  # Gmail cuts longer ones
    assert not {"\u202f", "\u2009", "\u00a0"} & set(mail.subject)
    assert all(len(line) <= 78 or line.startswith("https://") for line in mail.text.splitlines())
    links = [attributes["href"] or "" for tag, attributes in tags if tag == "a"]
    assert [link for link in links if link not in mail.text] == []


def test_words_in_another_language_are_marked() -> None:
    html = WRITER.write(visit_letter("confirmation", "fr")).html
    assert '<span lang="nl">Uitwisselingsbezoek aan Quito</span>' in html
    assert "néerlandais" in html


@pytest.mark.parametrize(("now", "subject"), [
    (datetime(2027, 3, 16, 6, tzinfo=UTC), "Today 14:30 Ghent (08:30 Bogotá): "),
    (datetime(2027, 3, 15, 23, 30, tzinfo=UTC), "Today 14:30 Ghent (08:30 Bogotá): "),
    (datetime(2027, 3, 15, 22, 30, tzinfo=UTC), "Tomorrow 14:30 Ghent (08:30 Bogotá): "),
    (datetime(2027, 3, 9, 12, tzinfo=UTC), "Tue 16 Mar, 14:30 Ghent (08:30 Bogotá): "),
])  # fmt: skip
def test_tomorrow_is_counted_on_the_events_clock(now: datetime, subject: str) -> None:
    assert WRITER.write(replace(letter("reminder"), now=now)).subject == subject + "Climate data in the classroom"


def test_a_date_of_a_series_is_cancelled_without_the_rest() -> None:
    cancelled = replace(LECTURE_DATE, status="cancelled", reason="Strike on the railways.")
    following = [
        replace(LECTURE_DATE, id=f"01lecture.{n}", start_at=LECTURE_DATE.start_at + timedelta(weeks=n)) for n in (1, 2)
    ]
    text = WRITER.write(
        replace(letter("cancellation"), event=LECTURE, occurrence=cancelled, dates=(cancelled, *following))
    ).text
    assert "will not take place on this date" in text
    assert "Strike on the railways." in text
    assert "Other dates" in text


def test_a_letter_without_what_its_cause_needs_is_a_fault() -> None:
    with pytest.raises(IncompleteLetter, match="needs an event"):
        WRITER.write(replace(letter("reminder"), event=None))


def test_refusals_belong_to_the_family() -> None:
    assert issubclass(InvalidHeader, ServiceError)
    assert issubclass(InvalidAddress, ServiceError)


@pytest.mark.parametrize("subject", [
    "Cours à Gand — votre place est confirmée", "plain words " * 12 + "end", "é" * 90, "=?utf-8?q?x?=",
    "日本 " * 30 + "x",
    "Tomorrow 14:30 Ghent (08:30 Bogotá): Climate data in the classroom — and a long rest that has to be folded",
])  # fmt: skip
def test_a_subject_arrives_letter_by_letter(subject: str) -> None:
    mail = replace(WRITER.write(letter("reminder")), subject=subject)
    assert str(parsed(mail)["Subject"]) == subject
    assert max(len(line) for line in compose(mail).split(b"\r\n\r\n")[0].split(b"\r\n")) <= 98


@pytest.mark.parametrize("name", ["eNSPIRED agenda", "Agenda de l’éducation — à Gand", 'The "big" one \\ only', "x, y"])
def test_a_senders_name_arrives_letter_by_letter(name: str) -> None:
    message = parsed(replace(WRITER.write(letter("reminder")), sender=Mailbox("agenda@example.org", name)))
    assert message["From"].addresses[0].display_name == name


@pytest.mark.parametrize("cause", sorted(METHODS))
def test_an_invitation_has_the_shape_that_calendar_programs_agree_on(cause: Cause) -> None:
    mail = WRITER.write(letter(cause, "fr"))
    assert mail.calendar is not None
    message = parsed(mail)
    body, file = message.iter_parts()
    *_, part = body.iter_parts()
    method = METHODS[cause]
    assert part.get_param("method") == method == mail.calendar.method
    assert f"\r\nMETHOD:{method}\r\n".encode() in mail.calendar.data
    assert part["Content-Type"].params == {"charset": "utf-8", "method": method}
    assert "Content-Disposition" not in part  # Thunderbird hides an invitation that is inline
    assert (file["Content-Type"].params["name"], file.get_filename()) == ("invite.ics", "invite.ics")
    assert file["Content-Disposition"].content_disposition == "attachment"
    assert part.get_payload(decode=True) == file.get_payload(decode=True) == mail.calendar.data
    assert len({one.get_boundary() for one in message.walk() if one.is_multipart()}) == 2


@pytest.mark.parametrize("cause", CAUSES)
def test_the_same_letter_is_the_same_mail_to_the_octet(cause: Cause) -> None:
    data = compose(WRITER.write(letter(cause)))
    assert data == compose(Writer(load_catalogues()).write(letter(cause)))
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    assert data.isascii()


@pytest.mark.parametrize("cause", ["confirmation", "place-free"])
def test_which_button_to_press_is_said_where_the_answer_is_read(cause: Cause) -> None:
    mails = [WRITER.write(replace(letter(cause), rsvp=rsvp)) for rsvp in (False, True)]
    unread, answered = (" ".join(mail.text.split()) for mail in mails)
    assert "press" not in unread
    assert "not enough" in unread
    assert "In Gmail press “Yes”, in Outlook “Accept”" in answered
    assert "not enough" not in answered
    assert LINKS.event in unread  # Outlook takes the mail's body into the calendar
