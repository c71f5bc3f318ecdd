"""The pieces a mail is made of. Each is rendered twice, as plain text and as HTML, so that both say the same."""

from typing import Literal

from msgspec import Struct

from scheduler.model.reading import Reading

Tone = Literal["lead", "plain", "quiet"]


class Paragraph(Struct, frozen=True, tag="paragraph"):
    """A paragraph: the `lead` is the mail in one sentence, `quiet` ones can be skipped."""

    reading: Reading
    tone: Tone = "plain"


class Fact(Struct, frozen=True, tag="fact"):
    """A labelled answer to a question people have: when, where, in which language; `struck` when it holds no more.

    A struck fact's label says so in words too: not everybody sees the line through it.
    """

    label: str
    lines: tuple[Reading, ...]
    struck: bool = False


class Button(Struct, frozen=True, tag="button"):
    """The one thing to do: a label and an http address."""

    label: str
    url: str


class Link(Struct, frozen=True, tag="link"):
    """A link in words; `url` is http or mailto."""

    label: str
    url: str


Block = Paragraph | Fact | Button | Link


class Content(Struct, frozen=True, kw_only=True):
    """A whole mail in words. `top` stands above the heading: the first thing to see."""

    subject: str
    preheader: str
    heading: Reading
    top: tuple[Block, ...] = ()
    blocks: tuple[Block, ...] = ()
    footer: tuple[Block, ...] = ()


def paragraph(text: str, tone: Tone = "plain") -> Paragraph:
    """A paragraph in the mail's own language."""
    return Paragraph(Reading(text), tone)


def fact(label: str, *lines: str | Reading) -> Fact:
    """A fact; lines in the mail's own language may be plain text, empty ones fall away."""
    readings = [Reading(line) if isinstance(line, str) else line for line in lines]
    return Fact(label, tuple(reading for reading in readings if reading.text))


def safe_url(url: str) -> bool:
    """True for what may become a link in a mail: http, https or mailto, without spaces or control characters."""
    return url.startswith(("https://", "http://", "mailto:")) and all(character >= "!" for character in url)
