"""What organisers read about mails, where it was not so: who got them."""

import pytest
from sqlalchemy import update

from scheduler.store.tables import message
from tests.running import Api
from tests.scheduler.pages import signed_in
from tests.scheduler.test_pages_console import ANN, read


@pytest.mark.parametrize(
    ("recipient", "words"), [("speaker:1a41ba9d", "a speaker"), ("host:af1c83da", "the organisers’ contact")]
)
async def test_who_speaks_and_who_organises_are_not_called_attendees(api: Api, recipient: str, words: str) -> None:
    event = await api.event()
    await api.register(event, **ANN)
    to_party = update(message).values(recipient=recipient, registration_id=None)
    await api.write(lambda conn: conn.execute(to_party))
    browser = await signed_in(api, "organiser", programmes=("enspired",))
    page = await read(browser, f"/console/events/{event['id']}")
    assert words in page.text
    assert "an attendee" not in page.text
