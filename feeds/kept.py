"""What an Entry cannot say, kept as it stood, so that a calendar that is read and written again loses nothing.

`feeds.read` gives a Kept for each VEVENT; `with_kept` puts it back into the bytes of `feeds.write.vevent`.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from feeds.lines import fold

_FOLD, _END = b"\r\n ", b"\r\n"


class Extra(Struct, frozen=True):
    """Parameters of a property that an Entry has: put back only where `name` still has this written `value`.

    `parameters` are pairs of a name and the raw text, such as ("ALTREP", ';ALTREP="cid:1"').
    """

    name: str
    value: str
    parameters: tuple[tuple[str, str], ...]


class Kept(Struct, frozen=True):
    """Unfolded lines of a VEVENT that its Entry does not carry: `properties`, inner `components`, and `extras`."""

    properties: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    extras: tuple[Extra, ...] = ()


def with_kept(ready: bytes, kept: Sequence[Kept]) -> bytes:
    """The bytes of `feeds.write.vevent`, its n-th VEVENT with the n-th of `kept` put back.

    Properties stand before the alarms, components before END:VEVENT. A parameter is put back only while the value
    that it belonged to is unchanged; one that the writer says otherwise by now stays as the writer says it. An X-
    property that was kept stands instead of the writer's own.
    """
    return b"".join(map(_folded, _lines(ready, kept)))


def _lines(ready: bytes, kept: Sequence[Kept]) -> Iterator[bytes]:
    index, depth = -1, 0
    mine, pending = Kept(), False
    for line in ready.replace(_FOLD, b"").split(_END)[:-1]:
        if line == b"BEGIN:VEVENT":
            index += 1
            mine, pending = kept[index] if index < len(kept) else Kept(), True
        elif pending and (line.startswith(b"BEGIN:") or line == b"END:VEVENT"):
            yield from (text.encode("utf-8", "replace") for text in mine.properties)
            pending = False
        if line == b"END:VEVENT":
            yield from (text.encode("utf-8", "replace") for text in mine.components)
        if line.startswith(b"X-") and line.partition(b":")[0].decode() in {
            text.partition(":")[0] for text in mine.properties
        }:
            continue
        depth += line.startswith(b"BEGIN:") - line.startswith(b"END:")
        yield _extended(line, mine.extras) if mine.extras and depth == 1 else line


def _extended(line: bytes, extras: tuple[Extra, ...]) -> bytes:
    text = line.decode("utf-8", "replace")
    for extra in extras:
        head = text.removesuffix(f":{extra.value}")
        if head == text or not text.startswith((f"{extra.name};", f"{extra.name}:")):
            continue
        for name, raw in extra.parameters:
            # What the writer always says gives way to what was said; any other value is a change since.
            usual = {"ROLE": ";ROLE=REQ-PARTICIPANT", "PARTSTAT": ";PARTSTAT=NEEDS-ACTION"}.get(name)
            if usual and usual in head:
                head = head.replace(usual, raw, 1)
            elif f";{name}=" not in head:
                head += raw
        return f"{head}:{extra.value}".encode("utf-8", "replace")
    return line


def _folded(line: bytes) -> bytes:
    return fold(line) if len(line) > 75 else line + _END
