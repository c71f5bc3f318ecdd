"""Where configuration comes from: the shipped file, a named file, the environment, the command line."""

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from scheduler.config.settings import SECTIONS
from scheduler.errors import ConfigurationError, Problem

PREFIX = "ENSPIRED_"
# No config.toml of people is this long; a device or a database named by mistake is not read to its end.
LARGEST_FILE = 1_000_000
LARGEST_SECRET = 100_000

Source = Literal["default", "file", "environment", "option"]


class Layer(Struct, frozen=True):
    """Raw values from one source. `base` is the folder that relative paths start from.

    `values` is shaped like the file; `places` names an environment variable for a dotted key.
    """

    source: Source
    base: Path
    values: Mapping[str, Any]
    file: str = ""
    places: Mapping[str, str] = msgspec.field(default_factory=dict)

    def place(self, key: str) -> str:
        """Where a person finds this value: the file or the variable."""
        return self.places.get(key, self.file)


def shipped_file() -> Path:
    """The default config.toml: inside the package when installed, else at the top of the repository."""
    package = Path(__file__).resolve().parent.parent
    packaged = package / "config.toml"
    return packaged if packaged.is_file() else package.parent / "config.toml"


def shipped_layer() -> Layer:
    """The defaults; their relative paths start from the working directory."""
    path = shipped_file()
    return Layer("default", Path.cwd(), read_toml(path), str(path))


def file_layer(path: Path) -> Layer:
    """A named file; its relative paths start from its folder. Raises ConfigurationError when it cannot be read."""
    return Layer("file", path.absolute().parent, read_toml(path), str(path))


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as plain data, or a ConfigurationError that says why not (with line and column)."""
    try:
        return tomllib.loads(read_text(path, LARGEST_FILE))
    except RecursionError:
        problem = Problem("", "is nested too deeply.", str(path))
    except tomllib.TOMLDecodeError as error:
        problem = Problem("", f"is not TOML: {error}.", str(path), 'name = "text in quotes"')
    except ValueError as error:
        problem = Problem("", f"cannot be used: {error}.", str(path))
    raise ConfigurationError((problem,))


def read_text(path: Path, largest: int) -> str:
    """The text of a file of at most `largest` bytes; ValueError in plain words for anything else."""
    try:
        if path.is_dir():
            raise ValueError("this is a folder, a file is needed")
        if not path.exists():
            raise ValueError("there is no such file")
        if not path.is_file():
            raise ValueError("this is not an ordinary file")
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except OSError as error:
        raise ValueError(f"the file cannot be read ({error.strerror})") from error
    if len(content) > largest:
        raise ValueError(f"the file is larger than {largest} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"the file is not UTF-8 text (byte {error.start + 1})") from error


def environment_layer(environ: Mapping[str, str]) -> tuple[Layer, list[Problem]]:
    """`ENSPIRED_SECTION__KEY` variables, read as the type of their setting, and what is wrong with them."""
    known = {f"{PREFIX}{key.replace('.', '__').upper()}": key for key in settings()}
    values: dict[str, dict[str, Any]] = {}
    places: dict[str, str] = {}
    problems = []
    for variable in sorted(name for name in environ if name.startswith(PREFIX)):
        key = known.get(variable)
        if not environ[variable].isprintable():
            problems.append(Problem("", "holds characters that cannot be printed.", variable))
        elif key is None:
            problems += _unknown_variable(variable, known)
        else:
            places[key] = variable
            section, _, name = key.partition(".")
            values.setdefault(section, {})[name] = from_text(environ[variable], settings()[key])
    return Layer("environment", Path.cwd(), values, places=places), problems


def option_layer(options: Mapping[str, Any]) -> Layer:
    """Values given by name (`server.port`), as from the command line."""
    values: dict[str, dict[str, Any]] = {}
    for key, value in options.items():
        section, _, name = key.partition(".")
        values.setdefault(section, {})[name] = value
    return Layer("option", Path.cwd(), values, "command line")


def settings() -> dict[str, Any]:
    """Every setting outside the vocabularies: dotted key -> type."""
    return {
        f"{section}.{field.name}": field.type
        for section, struct in SECTIONS.items()
        for field in msgspec.structs.fields(struct)
    }


def from_text(text: str, wanted: Any) -> Any:
    """A text as the wanted type: text stays, numbers and yes/no are read, lists and tables as TOML or JSON.

    What cannot be read stays text, so that the type check reports it like any other wrong type.
    """
    try:
        return msgspec.convert(text.strip() if wanted is not str else text, wanted, strict=False)
    except msgspec.ValidationError:
        pass
    try:
        read = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return read["value"] if read.keys() == {"value"} else text


def suggestion(word: str, known: Iterable[str]) -> str:
    """` Did you mean “…”?`, or the empty string when nothing is close."""
    spelled = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), spelled, n=1, cutoff=0.6)
    return f" Did you mean “{spelled[close[0]]}”?" if close else ""


def _unknown_variable(variable: str, known: Mapping[str, str]) -> list[Problem]:
    """A variable without `__` is another program's, unless it is clearly one of ours with a slip in it."""
    cutoff = 0.6 if "__" in variable else 0.93
    close = difflib.get_close_matches(variable, known, n=1, cutoff=cutoff)
    if not close and "__" not in variable:
        return []
    hint = f" Did you mean “{close[0]}”?" if close else ""
    return [Problem("", f"is not a setting.{hint}", variable, f"{PREFIX}SERVER__PORT=8000")]
