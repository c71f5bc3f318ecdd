"""A small memory: the values used last, up to a number of them."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """Keeps `most` values and forgets the one that was unused longest."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Key) -> Value | None:
        """A value, which counts as used now."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, key: Key, value: Value) -> Value | None:
        """Keeps a value, perhaps at the cost of another; gives the one that had to go."""
        before = self._values.pop(key, None)
        self._values[key] = value
        if len(self._values) > self._most:
            return self.drop_oldest()
        return before

    def drop_oldest(self) -> Value | None:
        """Forgets the value that was unused longest, and gives it; None when there is none."""
        return self._values.popitem(last=False)[1] if self._values else None

    def clear(self) -> None:
        """Forgets everything."""
        self._values.clear()
