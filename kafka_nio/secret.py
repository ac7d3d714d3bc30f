"""A value that must not be seen: a password, a private key, a function that returns tokens.

Texts are made of everything: a configuration is printed, an object is shown in an error, arguments land in logs and in
recordings. So a secret is no string that everybody has to remember to leave out. It is an object that shows nothing,
and whoever needs what is inside has to say so: `secret.reveal()`.

Java: org.apache.kafka.common.config.types.Password
"""

from typing import Generic, NoReturn, TypeVar

T = TypeVar("T")

HIDDEN = "[hidden]"


class Secret(Generic[T]):
    """Holds a value that no text shows, and that nothing writes down."""

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        """The value itself. Do not let it get into a text."""
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __repr__(self) -> str:
        return HIDDEN

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled")

    def __copy__(self) -> "Secret[T]":
        return self

    def __deepcopy__(self, memo: object) -> "Secret[T]":
        return self
