"""Content to plain text and to HTML."""

import textwrap
from collections.abc import Iterator

from jinja2 import Environment, PackageLoader, StrictUndefined

from scheduler.mail.blocks import Block, Button, Content, Fact, Link, Paragraph
from scheduler.texts import Translator

COLUMNS = 72


def environment() -> Environment:
    """The templates of mails; everything printed is escaped."""
    return Environment(
        loader=PackageLoader("scheduler.mail", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def as_html(content: Content, t: Translator, templates: Environment) -> str:
    """The HTML part: one column, few colours, complete without its style block."""
    return templates.get_template("layout.html.jinja").render(content=content, t=t)


def as_text(content: Content, t: Translator) -> str:
    """The plain part, complete on its own: lines of up to 72 columns, addresses on lines of their own, unbroken."""
    sections = [
        *_sections(content.top, t),
        _heading(content.heading.text),
        *_sections(content.blocks, t),
        "-" * 40,
        *_sections(content.footer, t),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _heading(text: str) -> str:
    lines = textwrap.wrap(text, COLUMNS, break_long_words=False, break_on_hyphens=False)
    return "\n".join([*lines, "=" * max((len(line) for line in lines), default=0)])


def _sections(blocks: tuple[Block, ...], t: Translator) -> Iterator[str]:
    for block in blocks:
        match block:
            case Paragraph(reading):
                yield "\n".join(_wrapped(line) for line in reading.text.splitlines())
            case Fact(label, lines):
                yield "\n".join([label, *(_wrapped(line.text, "  ") for line in lines)])
            case Button(label, url) | Link(label, url):
                yield _address(label, url, t)


def _address(label: str, url: str, t: Translator) -> str:
    return f"{t('mail.common.before_link', label=label)}\n{url.removeprefix('mailto:')}"


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text,
        COLUMNS,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
