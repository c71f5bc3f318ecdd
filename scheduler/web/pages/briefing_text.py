"""A briefing as plain text, for a mail, a chat or a newsletter."""

from scheduler.web.pages.view_briefing import Briefing, Item


def briefing_text(of: Briefing) -> str:
    """The briefing as lines: every date with its address; what is beyond the list as a number and an address."""
    t = of.t
    lines = [of.title, f"{of.operator} · {of.sentence}", of.made]
    for month in of.months:
        lines += ["", month.heading, "=" * len(month.heading)]
        for item in month.items:
            lines += ["", *_lines(item)]
    if not of.months:
        lines += ["", t("pages.briefing.empty")]
    if of.total > of.listed:
        lines += ["", f"{t.plural('pages.briefing.more', of.total - of.listed)} {of.here}"]
    lines += ["", f"{t('pages.briefing.here')} {of.here}"]
    return "\n".join(lines) + "\n"


def _lines(item: Item) -> list[str]:
    state = f"[{' · '.join(item.states)}] " if item.states else ""
    when = ", ".join(part for part in (item.day, item.clock) if part)
    return [when, f"{state}{item.title}", item.details, item.url]
