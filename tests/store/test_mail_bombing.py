"""Ten thousand forms to five hundred addresses: one mail an address and a day, and none says what the sender typed."""

from collections import Counter
from datetime import timedelta
from email import message_from_bytes, policy
from functools import partial

from sqlalchemy import Connection

from scheduler.errors import Full
from scheduler.services import registrations
from scheduler.store import messages
from tests.store.world import World, wish

FORMS, ADDRESSES, EVENTS, PER_TRANSACTION = 10_000, 500, 20, 500
TYPED = "Buy pills"


async def bomb(world: World, event_ids: list[str], count: int) -> int:
    """Every address in several ways of writing it, at every event, under ever other names; how many mails it wrote."""
    now, config = world.now, world.config
    forms = [
        wish(f"{TYPED} {at}", email=_written(at % ADDRESSES, at // ADDRESSES), role="", institution="")
        for at in range(count)
    ]

    def fill_in(conn: Connection, first: int) -> int:
        written = 0
        for at in range(first, first + PER_TRANSACTION):
            event = event_ids[(at // ADDRESSES + at) % len(event_ids)]
            try:
                written += registrations.apply(conn, event, forms[at], config=config, now=now)
            except Full:
                continue
        return written

    written = 0
    for first in range(0, count, PER_TRANSACTION):
        written += await world.db.write(partial(fill_in, first=first))
    return written


def _written(address: int, turn: int) -> str:
    local = f"victim{address}"
    return f"{local.upper() if turn % 2 else local}@example.org"


async def test_ten_thousand_forms_give_each_of_five_hundred_addresses_one_mail_a_day(world: World) -> None:
    event_ids = [(await world.create(title=f"Event {at}")).id for at in range(EVENTS)]
    count = 2_000 if world.db.shared else FORMS  # the rules are the same; the server only makes it slower
    assert await bomb(world, event_ids, count) == ADDRESSES
    world.now += timedelta(hours=23)
    assert await bomb(world, event_ids, ADDRESSES) == 0
    sent = await world.send()
    assert sent == ADDRESSES
    counts = Counter(mail.recipient.lower() for mail in world.wire.sent)
    assert set(counts.values()) == {1}
    assert {mail.cause for mail in world.wire.sent} == {"confirm-address"}
    for mail in world.wire.sent:
        parts = message_from_bytes(mail.data, policy=policy.default)
        whole = str(parts["Subject"]) + "".join(str(part.get_content()) for part in parts.iter_parts())
        assert TYPED.casefold() not in whole.casefold()
    world.now += timedelta(hours=2)
    assert await bomb(world, event_ids, ADDRESSES) <= ADDRESSES
    left = await world.db.read(messages.states)
    assert left["sent"] == ADDRESSES
    assert left.get("waiting", 0) <= ADDRESSES
