"""What every write has in common: one transaction, Idempotency-Key, dry run, and the sender woken up."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Response
from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy import Connection

from scheduler.errors import Conflict, Fault, Invalid, ServiceError, Stale
from scheduler.model.access import Actor
from scheduler.model.message import Message
from scheduler.store import idempotency
from scheduler.store.idempotency import Answer
from scheduler.web.api.reading import AnyRequest, dry_run
from scheduler.web.api.rehearsal import would_send, would_tell, written
from scheduler.web.api.representation import current_out
from scheduler.web.context import Context

_LONGEST_KEY = 255
_LATELY = timedelta(minutes=1)
"""No request takes longer from its first look at the clock to its last write."""


class IdempotencyMismatch(ServiceError):
    """The same key came with another request."""

    code = "idempotency-mismatch"


class Done(Struct, frozen=True, kw_only=True):
    """What a write answers: status, body (None for no content) and headers."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


async def perform(
    request: AnyRequest, context: Context, actor: Actor, work: Callable[[Connection], Done]
) -> Response[Any]:
    """Runs `work` in a transaction and answers with what it gives.

    With `Idempotency-Key` the answer is kept with the work and given again to the same request. With `?dry_run=1`
    everything is rolled back, and the answer says which mails would have been written. Raises what `work` raises.
    """
    key = _key(request)
    rehearsal = dry_run(request)
    request_hash = await _request_hash(request)
    now = context.clock()
    lately = now - _LATELY

    def body(conn: Connection) -> tuple[Answer, bool]:
        kept = _kept(conn, actor, key, request_hash)
        if kept is not None:
            return kept, True
        before = written(conn, lately) if rehearsal else {}
        try:
            done = work(conn)
        except Conflict:  # perhaps with its own twin, which another node did since we looked
            kept = _kept(conn, actor, key, request_hash)
            if kept is None:
                raise
            return kept, True
        mails = _mails(conn, actor, lately, before) if rehearsal else None
        answer = _answer(done, request_hash, mails)
        if key and not rehearsal:
            idempotency.put(conn, actor.name, key, answer, now)
        return answer, False

    try:
        answer, replayed = await context.db.write(body, discard=rehearsal)
    except Stale as stale:
        stale.representation = current_out(stale.representation, actor, context.links)
        raise
    context.wake()
    return _sent(answer, replayed=replayed, rehearsal=rehearsal)


def _sent(answer: Answer, *, replayed: bool, rehearsal: bool) -> Response[Any]:
    headers = dict(answer.headers)
    if replayed:
        headers["Idempotent-Replayed"] = "true"
    if rehearsal:
        headers["X-Dry-Run"] = "true"
    if not answer.body:
        return Response(content=None, status_code=answer.status, headers=headers)
    content = answer.body.encode()
    return Response(content=content, status_code=answer.status, media_type="application/json", headers=headers)


def _kept(conn: Connection, actor: Actor, key: str, request_hash: str) -> Answer | None:
    kept = idempotency.get(conn, actor.name, key) if key else None
    if kept is not None and kept.request_hash != request_hash:
        raise IdempotencyMismatch("This Idempotency-Key was used for another request.")
    return kept


def _answer(done: Done, request_hash: str, mails: dict[str, Any] | None) -> Answer:
    body = done.body
    if mails is not None:
        body = {**(msgspec.to_builtins(body) or {}), **mails}
    if mails is not None and done.status == HTTPStatus.NO_CONTENT:
        done = replace(done, status=HTTPStatus.OK)
    text = "" if body is None else msgspec.json.encode(body).decode()
    return Answer(request_hash=request_hash, status=done.status, headers=done.headers, body=text)


def _mails(conn: Connection, actor: Actor, lately: datetime, before: Mapping[str, Message]) -> dict[str, Any]:
    """What a rehearsal says of mails: how many of each cause, and where there are any, who would get them."""
    now = written(conn, lately)
    fresh = [row for key, row in now.items() if key not in before and row.state == "waiting"]
    told = would_tell(conn, fresh, actor)
    return {"would_send": would_send(fresh), **({"would_tell": told} if told else {})}


def refuse_idempotency_key(request: AnyRequest) -> None:
    """For writes that show a secret: the answer is never kept, so it cannot be given again. Raises Invalid."""
    if "idempotency-key" in request.headers:
        detail = "This answer shows a secret once and is never kept, so it takes no Idempotency-Key."
        raise Invalid((Fault(pointer="/Idempotency-Key", detail=detail),))


def _key(request: AnyRequest) -> str:
    key = request.headers.get("idempotency-key", "").strip() if request.method == "POST" else ""
    if len(key) > _LONGEST_KEY or not key.isprintable():
        detail = f"An Idempotency-Key has at most {_LONGEST_KEY} printable characters."
        raise Invalid((Fault(pointer="/Idempotency-Key", detail=detail, example="2027-03-16-guest-lecture-1"),))
    return key


async def _request_hash(request: AnyRequest) -> str:
    parts = [request.method.encode(), request.url.path.encode(), str(request.url.query).encode(), await request.body()]
    return hashlib.sha256(b"\n".join(parts)).hexdigest()
