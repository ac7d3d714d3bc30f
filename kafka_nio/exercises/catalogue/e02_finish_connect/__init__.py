"""e02: how a connection attempt has ended.

Java: java.nio.channels.SocketChannel.finishConnect
"""

from kafka_nio.exercises.exercise import Exercise, Kind, Target, Wrong
from kafka_nio.nio import SocketChannel

EXERCISE = Exercise(
    id="e02",
    name="finish_connect",
    kind=Kind.BUILD,
    title="Find out how a connection attempt has ended",
    chapter="chapters/connecting.md",
    story="""
        On a socket that does not block, `connect` only begins an attempt. The selector says when the socket has become
        writable, and then somebody calls `finish_connect`. But a socket becomes writable when the attempt has failed,
        too. And nothing stops a caller from asking too early.

        So there are three answers. True: the connection stands; `self.is_connected` has to say so from now on. An
        `OSError`: the attempt failed, with the reason. False: it is still under way.

        What you have:

        - self._socket          Python's socket, not blocking
        - self.is_connected     whether the connection stands; already true if connect was done at once
        - self._has_peer()      whether the socket has somebody at the other end

        The kernel keeps the reason of a failure in an option of the socket, `SO_ERROR` at the level `SOL_SOCKET`: a
        number, 0 if there is none. Reading it clears it. `os.strerror` puts a number into words, and
        `OSError(number, words)` becomes the right subclass by itself, `ConnectionRefusedError` for instance.
    """,
    hints=(
        "An attempt that was refused and one that succeeded look alike to select. Who knows the difference?",
        "Read `SO_ERROR` with `self._socket.getsockopt`. A 0 says that nothing has failed, and no more than that: "
        "before the attempt has ended it is 0 as well. Whether there is somebody at the other end, `_has_peer` says.",
        "If it stands already: True. Read the error; if it is not 0, raise the OSError. Otherwise keep in "
        "`is_connected` whether there is a peer, and give that back.",
    ),
    targets=(Target(SocketChannel, "finish_connect"),),
    wrong=(
        Wrong(
            "connected_when_writable",
            "writable is connected",
            what="Believes the selector: writable, so connected.",
            instead=(
                ("self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)", "0"),
                ("self._has_peer()", "True"),
            ),
        ),
        Wrong(
            "refused_is_not_yet",
            "a failed attempt is still under way",
            what="Says of a failed attempt that it is not connected, which is true and not enough.",
            instead=(("raise OSError(error, os.strerror(error))", "return False"),),
        ),
        Wrong(
            "no_error_is_connected",
            "no error is connected",
            what="Asks for the error, and takes its absence for success.",
            instead=(("self._has_peer()", "True"),),
        ),
    ),
)
