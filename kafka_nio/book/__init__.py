"""The book: puts a recording beside the code that ran, as HTML for the site.

mkdocs meets the book at three places only, all named in `mkdocs.yml`: `fence.kafka_trace` turns a fenced block
``kafka-trace`` into a figure, `prose.kafka_trace` turns inline code ``#!kafka-trace …`` into what the recording says,
and `states.kafka_states` turns a fenced block ``kafka-states`` into a drawing of a state machine. They are plain
functions for Markdown extensions, so that any builder that runs those can build the site.

`code` finds functions in the source by name, `selection` finds steps in a recording, `history` what the state was.
`figure` puts its parts together: `lanes`, `strip`, the code with its reasons (`why`), `listing`, `bytes_table`,
`state_table`, and for the script `data`. `answers` and `claims` are what a sentence can ask and assert, `shown` finds
marked steps that no page shows. `transitions` reads a state machine from the source, `wiring` puts its parts in their
places, `drawing` draws it. `reference` writes the pages that are tables. Whatever is wrong ends the build with a
sentence that says what to do.

Java: no counterpart.
"""

from kafka_nio.book.problem import BookError

__all__ = ["BookError"]
