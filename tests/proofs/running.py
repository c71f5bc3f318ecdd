"""Runs the kill loop as large as it is told and gives the verdict."""

import os
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from tests import postgres
from tests.proofs.fleet import fleet
from tests.proofs.oracle import Verdict, judge
from tests.proofs.play import Play, Scale


class Settings(Struct, frozen=True, kw_only=True):
    """How large a run is, what chooses its instants, and what is broken on purpose (see tests/proofs/breaking.py)."""

    reminders: int
    kills: int
    races: int
    seed: int
    breaks: str = ""

    @classmethod
    def from_environment(cls, **defaults: int) -> "Settings":
        """`ENSPIRED_PROOF_REMINDERS`, `_KILLS`, `_RACES`, `_SEED` and `_BREAK`, where they are set."""
        found = {name: setting(name.upper(), value) for name, value in defaults.items()}
        seed = setting("SEED", random.SystemRandom().randrange(1_000_000))
        return cls(**found, seed=seed, breaks=os.environ.get("ENSPIRED_PROOF_BREAK", ""))


def run(
    folder: Path,
    settings: Settings,
    server: postgres.Server | None = None,
    started: Callable[[Play], None] = lambda _: None,
) -> Verdict:
    """One run, on SQLite or with two nodes on a PostgreSQL server; `started` is given the play once it begins."""
    print(f"ENSPIRED_PROOF_SEED={settings.seed}")
    scale = Scale(reminders=settings.reminders, kills=settings.kills, races=settings.races, seed=settings.seed)
    with fleet(folder, server) as nodes:
        key = nodes.nodes[0].new_key()
        for node in nodes.nodes:
            node.env["PROOF_BREAK"] = settings.breaks
        nodes.start()
        play = Play(nodes, scale, key)
        started(play)
        record = play.to_the_end()
        nodes.stop()
        verdict = judge(record, nodes.mails())
        places = dict(play.killer.where().most_common())
        return replace(verdict, integrity=integrity(nodes.victim.data / "enspired.sqlite3"), places=places)


def integrity(database: Path) -> list[str]:
    """What SQLite itself finds wrong with a file; nothing where there is none."""
    if not database.exists():
        return []
    with sqlite3.connect(database) as opened:
        checked = [row[0] for row in opened.execute("PRAGMA integrity_check")]
        broken = [str(row) for row in opened.execute("PRAGMA foreign_key_check")]
    opened.close()
    return [line for line in checked if line != "ok"] + broken


def setting(name: str, default: int) -> int:
    """A number from the environment, for long runs: ENSPIRED_PROOF_<name>."""
    return int(os.environ.get(f"ENSPIRED_PROOF_{name}", default))
