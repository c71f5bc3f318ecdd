"""Subscribe real calendar programs to the service: `python -m tests.interop.clients [name ...] [--record]`.

Without names all of them, at the same time (about six minutes). Installs nothing: it says what is missing.
`--record` writes what they asked into tests/feeds/captures/. Exit code 0, or 1 when a program is missing or disagrees.
"""

import argparse
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.interop.clients.captures import write
from tests.interop.clients.evolution import Evolution
from tests.interop.clients.run import Played, play
from tests.interop.clients.thunderbird import Thunderbird
from tests.interop.clients.vdirsyncer import Vdirsyncer

CLIENTS = {kind.name: kind for kind in (Thunderbird, Evolution, Vdirsyncer)}


def main() -> int:
    """Runs the programs; 0 when each asked and showed what it must."""
    parser = argparse.ArgumentParser(prog="python -m tests.interop.clients", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(CLIENTS))
    parser.add_argument("--record", action="store_true", help="store what they asked as fixtures")
    chosen = parser.parse_args()
    unknown = set(chosen.names) - set(CLIENTS)
    if unknown:
        parser.error(f"no such program: {', '.join(sorted(unknown))}; there are {', '.join(CLIENTS)}")
    names = chosen.names or list(CLIENTS)
    with ThreadPoolExecutor(len(names)) as pool:
        found = list(pool.map(_one, names))
    for name, played in zip(names, found, strict=True):
        if chosen.record and played:
            write(name, played.record)
    return 0 if all(found) else 1


def _one(name: str) -> Played | None:
    missing = CLIENTS[name].missing()
    if missing:
        _tell(f"{name}: not run, missing: {', '.join(missing)}")
        return None
    folder = Path(tempfile.mkdtemp(prefix=f"enspired-{name}-"))
    (folder / "home").mkdir()
    try:
        played = play(CLIENTS[name](folder / "home"), folder, _tell)
    except Exception as error:
        _tell(f"{name}: FAILED, its files are in {folder}: {error}")
        return None
    shutil.rmtree(folder, ignore_errors=True)
    _tell(f"{name}: as it must be ({played.record['client']}; {len(played.record['requests'])} requests)")
    return played


def _tell(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
