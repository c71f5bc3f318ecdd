"""docs/events.md, made from the words that the API's description uses; `python -m tests.api.pages` writes it."""

import json
from typing import Any

from scheduler.web.api.schemas import FieldGroup, event_fields
from tests.floors import ROOT

PAGE = ROOT / "docs/events.md"
_HEAD = """# Events, field by field

What an event holds, in the order of people's questions. `GET /api/v1/vocabulary` lists the keys that a field takes.
Required are `title`, `programme`, `kind`, `start`, an `end` or `duration` unless it is a single day, and a `timezone`
unless the `host` has one; everything else may be left out.

This page is made from `scheduler/web/api/event_fields.toml`; a test sends every example to the service's own door.
"""
_REMINDERS = """
## Reminders

A rule says how long before the start, or after the end, a mail goes out; an event has up to five.

| rule | when |
|---|---|
| `P7D`, `P1W` | so many calendar days before the start, at the same time on the event's clock |
| `PT90M`, `PT24H`, `P1DT2H` | exact hours and minutes before the start |
| `P1D@17:00` | the day before, at 17:00 where the recipient is; `P0D@08:00` is the day itself |
| `+P1D`, `+PT2H`, `+P1D@10:00` | after the end, in the same forms: thanks, the `materials`, and `evaluation.url` |

- Without `reminders` an event has those of its kind, else of its programme, else `[reminders] default` of the
  configuration. Of such a default, what comes less than two hours before the start goes only to who takes part online;
  written into the event it goes to everybody.
- Where the recipient is, is the `timezone` of the registration, and without one the event's. Days are counted on the
  calendar there. A clock time that a change of clocks skips counts by the old clock; of two, the first.
- An all-day date counts from 09:00 on the event's clock (`[reminders] all_day_hour`); what follows it counts from
  that hour of its last day, and never comes before that day is over.
- Nothing goes out before its moment, nor once the event (that date of it) has begun; a mail after the event up to two
  weeks later. Who gets a place after a reminder's moment does not get it. After a move, who had it already gets it
  again only when its new moment lies more than 24 hours later.
- In quiet hours (`quiet_from` to `quiet_until`, by default 20:00 to 08:00 where the recipient is) a reminder waits for
  their end, as long as it then still comes an hour before the start, or half of what its rule asks where that is
  shorter. Otherwise it goes out at its moment: `PT1H` for a webinar at night where somebody is, has to reach them. A
  mail after the event always waits.
- A reminder falls away when, less than an hour before (`joins_minutes`), another reminder or a notice of a change went
  to the same person, or less than two hours before (`registered_minutes`) the mail that gave them their place. Such
  a mail counts only once it was sent, if nothing changed since, and it carries all that the reminder would say. While
  it is on its way the reminder waits for its outcome.
- An attendee chooses `all`, `fewer` (the last reminder before each date, and nothing after it) or `none`; `true` and
  `false` are taken for the first and the last. Each reminder also links to “no reminders of any event”, which
  holds for the address and is taken back on the same page.
- Speakers with an `email`, and the `contact` of the event, get the reminders too, with how many are registered and
  the way in; nothing after the event. Their addresses are seen by organisers only.
"""


def events_page() -> str:
    """The whole page."""
    return _HEAD + "".join(_section(group) for group in event_fields()) + _REMINDERS


def _section(group: FieldGroup) -> str:
    lines = [f"\n## {group.name}\n\n| field | meaning | example |\n|---|---|---|\n"]
    lines += [f"| `{name}` | {words.meaning} | `{_example(words.example)}` |\n" for name, words in group.fields.items()]
    return "".join(lines)


def _example(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(events_page(), encoding="utf-8")
