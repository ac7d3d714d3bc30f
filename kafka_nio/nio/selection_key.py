"""A selection key: what a channel waits for, and what it was found ready for.

A channel registers once and gets one key. From then on nothing is registered again: whoever wants to write sets the
`OP_WRITE` bit of the key's interest, and whoever is done clears it.

    key.interest_ops |= OP_WRITE     # "tell me when the kernel takes bytes"
    key.interest_ops &= ~OP_WRITE    # "enough"

The interest is ours to change, on the selector's thread. `ready_ops` is the selector's to change, in `select`.

Java: java.nio.channels.SelectionKey
"""

from typing import TYPE_CHECKING, Any, Final

from kafka_nio.errors import IllegalStateError

if TYPE_CHECKING:
    from kafka_nio.nio.channels import ServerSocketChannel, SocketChannel
    from kafka_nio.nio.selector import Selector

OP_READ: Final = 1 << 0
"""Bytes have arrived, or the peer has closed."""
OP_WRITE: Final = 1 << 2
"""The kernel has room for bytes to send."""
OP_CONNECT: Final = 1 << 3
"""A connection attempt has ended, well or badly."""
OP_ACCEPT: Final = 1 << 4
"""Somebody wants to connect to us."""

_NAMES = {OP_READ: "READ", OP_WRITE: "WRITE", OP_CONNECT: "CONNECT", OP_ACCEPT: "ACCEPT"}


def ops_text(ops: int) -> str:
    """A set of operations in words: `READ|WRITE`, or `-` for none."""
    return "|".join(name for op, name in _NAMES.items() if ops & op) or "-"


class CancelledKeyError(IllegalStateError):
    """The key's channel is closed, so there is nothing left to be interested in."""


class SelectionKey:
    """One channel's registration with one selector.

    `attachment` is whatever the owner wants to find again when the key is ready; Kafka keeps its channel there.
    `number` counts the registrations of a selector, so that ready keys come in an order that does not depend on the
    kernel.
    """

    __slots__ = ("_interest_ops", "_selector", "attachment", "channel", "is_valid", "number", "ready_ops")

    def __init__(
        self,
        selector: "Selector",
        channel: "SocketChannel | ServerSocketChannel",
        number: int,
        attachment: Any = None,
    ) -> None:
        self._selector = selector
        self._interest_ops = 0
        self.channel = channel
        self.number = number
        self.attachment = attachment
        self.ready_ops = 0
        self.is_valid = True

    @property
    def interest_ops(self) -> int:
        """The operations that the next select looks for.

        Raises:
            CancelledKeyError: on assignment, if the key has been cancelled.
        """
        return self._interest_ops

    @interest_ops.setter
    def interest_ops(self, ops: int) -> None:
        if not self.is_valid:
            raise CancelledKeyError(f"{self.channel} is closed: its interest cannot become {ops_text(ops)}")
        if ops != self._interest_ops:
            before, self._interest_ops = self._interest_ops, ops
            self._selector.interest_changed(self, before)

    @property
    def is_readable(self) -> bool:
        """Whether the last select found bytes, or an end, to read."""
        return bool(self.ready_ops & OP_READ)

    @property
    def is_writable(self) -> bool:
        """Whether the last select found room to write."""
        return bool(self.ready_ops & OP_WRITE)

    @property
    def is_connectable(self) -> bool:
        """Whether the last select found the connection attempt ended."""
        return bool(self.ready_ops & OP_CONNECT)

    @property
    def is_acceptable(self) -> bool:
        """Whether the last select found somebody at the door."""
        return bool(self.ready_ops & OP_ACCEPT)

    def cancel(self) -> None:
        """End the registration. Cancelling twice does nothing.

        Java waits until the next select to forget a cancelled key; here it is forgotten at once, because the number of
        a closed file is given to the next one that is opened.
        """
        if self.is_valid:
            self.is_valid = False
            self._selector.forget(self)
            self.ready_ops = 0

    def __repr__(self) -> str:
        state = f"interest {ops_text(self._interest_ops)}, ready {ops_text(self.ready_ops)}"
        return f"<SelectionKey {self.channel}: {state if self.is_valid else 'cancelled'}>"
