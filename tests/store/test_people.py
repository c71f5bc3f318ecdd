"""Signing in, sessions and keys: secrets work once or until they are ended, and are nowhere to be read."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from scheduler.config import Config
from scheduler.errors import Conflict, Gone, NotFound
from scheduler.mail.transport import Envelope
from scheduler.model.message import Failure, Message
from scheduler.model.person import Person
from scheduler.services import housekeeping, people
from scheduler.store import messages
from scheduler.store import people as store
from scheduler.store.database import Database
from tests.store.world import World, doing

MINUTE = timedelta(minutes=1)


async def ann(world: World) -> Person:
    return await world.db.write(lambda conn: people.add(conn, "Ann@Example.org", "admin", now=world.now))


async def ask(world: World, email: str = "ann@example.org") -> None:
    await world.db.write(lambda conn: people.ask_to_sign_in(conn, email, config=world.config, now=world.now))


async def sign_in_messages(world: World) -> list[Message]:
    states = ("waiting", "sending", "sent", "failed", "dropped")
    return await world.db.read(lambda conn: messages.queue(conn, states))


async def token_of(world: World) -> str:
    """The token that the waiting mail carries."""
    return next(row.facts["token"] for row in await sign_in_messages(world) if row.facts)


async def sign_in(world: World, token: str) -> str:
    session, _ = await world.db.write(lambda conn: people.sign_in(conn, token, config=world.config, now=world.now))
    return session


async def who(world: World, session: str) -> Person | None:
    return await world.db.read(lambda conn: people.in_session(conn, session, world.now))


async def test_a_link_signs_in_once_and_looking_at_it_does_not_use_it_up(world: World) -> None:
    person = await ann(world)
    await ask(world)
    token = await token_of(world)
    for _ in range(3):
        assert await world.db.read(lambda conn: people.link_holds(conn, token, world.now))
    session = await sign_in(world, token)
    assert await who(world, session) == person
    assert not await world.db.read(lambda conn: people.link_holds(conn, token, world.now))
    with pytest.raises(Gone):
        await sign_in(world, token)


async def test_a_link_runs_out(world: World) -> None:
    await ann(world)
    await ask(world)
    token = await token_of(world)
    world.now += timedelta(minutes=world.config.security.sign_in_minutes)
    with pytest.raises(Gone):
        await sign_in(world, token)
    with pytest.raises(Gone):
        await sign_in(world, "no such token")


async def test_a_session_ends_when_it_is_ended_and_by_itself(world: World) -> None:
    person = await ann(world)
    sessions = []
    for _ in range(2):
        await ask(world)
        sessions.append(await sign_in(world, await token_of(world)))
        await world.send()
    await world.db.write(lambda conn: people.sign_out(conn, sessions[0]))
    assert await who(world, sessions[0]) is None
    assert await who(world, sessions[1]) == person
    await world.db.write(lambda conn: store.replace_person(conn, replace(person, active=False)))
    assert await who(world, sessions[1]) is None
    await world.db.write(lambda conn: store.replace_person(conn, person))
    world.now += timedelta(hours=world.config.security.session_hours)
    assert await who(world, sessions[1]) is None


async def test_asking_tells_nobody_who_may_sign_in_and_mails_five_links_an_hour_at_most(world: World) -> None:
    await ann(world)
    for _ in range(8):
        await ask(world, "ANN@example.org")
    await ask(world, "stranger@example.org")
    assert [row.address for row in await sign_in_messages(world)] == ["ann@example.org"] * 5


async def test_who_may_not_sign_in_any_more_gets_no_mail_and_no_session(world: World) -> None:
    person = await ann(world)
    await ask(world)
    token = await token_of(world)
    await world.db.write(lambda conn: store.replace_person(conn, replace(person, active=False)))
    await world.send()
    assert world.wire.sent == []
    with pytest.raises(Gone):
        await sign_in(world, token)


@pytest.mark.parametrize("end", ["sent", "refused", "too late", "deactivated"])
async def test_once_its_mail_has_left_or_never_will_the_token_is_nowhere(world: World, end: str) -> None:
    person = await ann(world)
    await ask(world)
    token = await token_of(world)
    if end == "refused":
        world.wire.answers["ann@example.org"] = [Failure(text="no", code=550, permanent=True)]
    if end == "too late":
        world.now += timedelta(minutes=world.config.security.sign_in_minutes)
    if end == "deactivated":
        await world.db.write(lambda conn: store.replace_person(conn, replace(person, active=False)))
    await world.send()
    (row,) = await sign_in_messages(world)
    wanted = {"sent": "sent", "refused": "failed"}.get(end, "dropped")
    assert (row.state, row.facts) == (wanted, {})
    assert token not in str(await sign_in_messages(world))
    assert await world.db.write(lambda conn: messages.try_again(conn, world.now)) == 0


async def test_a_link_that_the_relay_puts_off_still_arrives_with_its_token(world: World) -> None:
    await ann(world)
    await ask(world)
    token = await token_of(world)
    world.wire.answers["ann@example.org"] = [Failure(text="later", code=451)]
    await world.send()
    world.now += MINUTE
    carried: list[Envelope] = []

    async def keep(envelope: Envelope) -> None:
        carried.append(envelope)

    world.wire.after_data = keep
    await world.send()
    assert token in carried[0].data.decode().replace("=\r\n", "")


async def test_no_secret_can_be_read_from_the_file(tmp_path: Path, shipped: Config) -> None:
    path = tmp_path / "enspired.db"
    database = Database.open(f"sqlite:///{path}")
    await database.migrate()
    world = World(database, shipped)
    await ann(world)
    await ask(world)
    token = await token_of(world)
    await world.send()
    session = await sign_in(world, token)
    secret, _key = await database.write(lambda conn: people.create_key(conn, "admin", now=world.now))
    assert await database.read(lambda conn: people.holder_of(conn, secret))
    await database.write(doing("CREATE TABLE canary AS SELECT 'c4nary' AS text"))
    await database.close()
    bytes_ = b"".join(part.read_bytes() for part in tmp_path.iterdir() if part.is_file())
    assert b"c4nary" in bytes_
    for hidden in (token, session, secret, secret[-43:]):
        assert hidden.encode() not in bytes_


async def test_a_revoked_key_opens_nothing_even_when_its_use_is_noted_late(world: World) -> None:
    secret, key = await world.db.write(lambda conn: people.create_key(conn, "organiser", now=world.now))
    assert await world.db.read(lambda conn: people.holder_of(conn, secret)) == key
    assert await world.db.read(lambda conn: people.holder_of(conn, secret[:-1])) is None
    await world.db.write(lambda conn: people.revoke_key(conn, key.prefix, now=world.now))
    await world.db.write(lambda conn: people.note_use(conn, key, world.now))
    assert await world.db.read(lambda conn: people.holder_of(conn, secret)) is None
    with pytest.raises(NotFound):
        await world.db.write(lambda conn: people.revoke_key(conn, "nosuchkey", now=world.now))


async def test_the_use_of_a_key_is_noted_once_a_minute(world: World) -> None:
    secret, key = await world.db.write(lambda conn: people.create_key(conn, "organiser", now=world.now))
    assert people.worth_noting(key, world.now)
    await world.db.write(lambda conn: people.note_use(conn, key, world.now))
    used = await world.db.read(lambda conn: people.holder_of(conn, secret))
    assert used is not None
    assert not people.worth_noting(used, world.now + MINUTE / 2)
    assert people.worth_noting(used, world.now + MINUTE)


async def test_an_address_belongs_to_one_person_in_whatever_case(world: World) -> None:
    await ann(world)
    with pytest.raises(Conflict):
        await world.db.write(lambda conn: people.add(conn, "ANN@EXAMPLE.ORG", "viewer", now=world.now))


async def test_what_has_run_out_is_forgotten(world: World) -> None:
    await ann(world)
    await ask(world)
    session = await sign_in(world, await token_of(world))
    await world.send()
    world.now += timedelta(days=8)
    await world.db.write(lambda conn: housekeeping.prune(conn, config=world.config, now=world.now))
    assert await sign_in_messages(world) == []
    assert await who(world, session) is None
    assert await world.db.write(lambda conn: store.prune(conn, world.now)) == 0
