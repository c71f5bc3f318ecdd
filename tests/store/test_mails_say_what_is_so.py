"""What organisers read about mails, where it was not so: how they will look, and why one came back."""

import pytest
from msgspec.structs import replace

from scheduler.services.previewing import Sample, preview
from scheduler.texts import load_catalogues
from tests.store.test_replies import bounce
from tests.store.world import World


@pytest.mark.parametrize("mode", ["off", "lmtp"])
async def test_a_preview_says_what_the_mail_says_about_answers_in_the_calendar(world: World, mode: str) -> None:
    event = await world.create()
    sample = Sample(event_id=event.id, cause="confirmation", language="en")
    replies = replace(world.config.replies, mode=mode, address="agenda+{token}@reply.example.org")
    config = replace(world.config, replies=replies)
    shown = await world.db.read(
        lambda conn: preview(conn, sample, config=config, catalogues=load_catalogues(), now=world.now)
    )
    assert ("In Gmail press" in shown.text) is (mode == "lmtp")
    assert ("is not enough" in shown.text) is (mode == "off")


async def test_a_bounce_does_not_say_its_code_twice(world: World) -> None:
    event = await world.create()
    await world.register(event, "Ana")
    await world.send()
    (sent,) = await world.messages(event)
    await bounce(world, sent.id, hard=True, status="5.2.2", reason="552 5.2.2 Mailbox full")
    (final,) = await world.messages(event)
    assert final.bounce == "552 5.2.2 Mailbox full"
