"""The kill loop as long as you like, with a bar that shows how far it is.

    python -m tests.proofs --reminders 100000 --kills 1000 --races 10000
    python -m tests.proofs --database postgres --reminders 10000 --kills 100
    python -m tests.proofs --break mark-before-send      a proof that cannot go red proves nothing

It ends with exit code 0 when every promise held, 1 when one did not (with --break the other way round).
"""

import argparse
import random
import sys
import tempfile
import threading
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests import postgres
from tests.proofs.breaking import BREAKS
from tests.proofs.oracle import Verdict
from tests.proofs.play import Play
from tests.proofs.running import Settings, run

SHOWN = 5


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.proofs", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reminders", type=int, default=3000, help="how many fall due at once (3000)")
    parser.add_argument("--kills", type=int, default=60, help="how many SIGKILLs (60)")
    parser.add_argument("--races", type=int, default=200, help="dates that end while their reminder goes out (200)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite", help="postgres: two nodes")
    parser.add_argument("--break", dest="breaks", choices=sorted(BREAKS), default="", help="break it on purpose")
    return parser.parse_args()


def shown(play: Play, progress: Progress, over: threading.Event) -> None:
    """Moves the bars until the run is over."""
    scale = play.scale
    mails = progress.add_task("mails", total=2 * (scale.reminders + scale.races))
    kills = progress.add_task("kills", total=scale.kills)
    while not over.wait(0.5):
        what = play.phases[-1][1] if play.phases else "events are made"
        progress.update(mails, completed=play.fleet.arrived(), description=f"mails ({what})")
        progress.update(kills, completed=len(play.killer.deaths))


def told(verdict: Verdict, console: Console) -> None:
    """The verdict, with the first few of whatever broke a promise."""
    console.print(verdict.line())
    console.print("kills at:", ", ".join(f"{where} {count}" for where, count in verdict.places.items()))
    for name in ("lost", "early", "wrong", "strange", "unexplained", "renamed", "missing", "extra", "integrity"):
        if found := getattr(verdict, name):
            console.print(f"[bold]{name}[/]: {len(found)}", *(str(one) for one in found[:SHOWN]), sep="\n  ")
    console.print("every promise held" if verdict.holds else "[bold]a promise was broken[/]")


def main() -> int:
    """Run it and say what came of it."""
    given = arguments()
    settings = Settings(
        reminders=given.reminders, kills=given.kills, races=given.races, seed=given.seed, breaks=given.breaks
    )
    console, over = Console(soft_wrap=True), threading.Event()
    server = postgres.start() if given.database == "postgres" else None
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with tempfile.TemporaryDirectory() as folder, Progress(*columns, console=console) as progress:

            def started(play: Play) -> None:
                threading.Thread(target=shown, args=(play, progress, over), daemon=True).start()

            verdict = run(Path(folder), settings, server, started)
            over.set()
    finally:
        if server:
            server.stop()
    told(verdict, console)
    return int(verdict.holds if given.breaks else not verdict.holds)


if __name__ == "__main__":
    sys.exit(main())
