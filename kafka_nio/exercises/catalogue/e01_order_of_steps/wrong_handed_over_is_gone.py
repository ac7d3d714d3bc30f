"""Believes that a request is noted when it has been written.

Java: no counterpart.
"""

# "connect"   a connection to the leader is begun: nio.SocketChannel.connect is called
# "select"    the sender's select, in which it slept when send was called, comes back
# "send"      KafkaProducer.send comes back
# "set_send"  the record's request is given to its connection: KafkaChannel.set_send is called
# "wakeup"    nio.Selector.wakeup is called
# "write"     nio.SocketChannel.write gives the first bytes of that request to the kernel
ORDER = ["wakeup", "send", "select", "connect", "write", "set_send"]
"""Their names in the order in which they happen, the first one first."""
