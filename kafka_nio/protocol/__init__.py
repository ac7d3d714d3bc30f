"""Wire formats: values in, bytes out, and back. No sockets, no clock.

From the bottom: `reader` and `types` know single values, `schema` makes messages of them, `api` knows versions and
headers, `messages` has the requests and responses, `codec` turns one with its header into a payload. Beside that stand
the records: `record`, `record_batch_builder` and `record_batch`, with `crc32c` to check them. `anatomy` tells
which field each byte of a payload belongs to.

Java: org.apache.kafka.common.protocol
"""
