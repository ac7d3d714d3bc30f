"""The book: puts a recording beside the code that ran, as HTML for the site.

mkdocs meets the book at three places only, all named in `mkdocs.yml`: `fence.kafka_trace` turns a fenced block
``kafka-trace`` into a figure, `prose.kafka_trace` turns inline code ``#!kafka-trace …`` into a number of the recording,
and `states.kafka_states` turns a fenced block ``kafka-states`` into a drawing of a state machine. They are plain
functions for Markdown extensions, so that any builder that runs those can build the site.

`code` finds functions in the source by name, `selection` finds steps in a recording, `figure`, `listing` and `lanes`
draw. `transitions` reads a state machine from the source, `wiring` puts its parts in their places, `drawing` draws it.
`reference` writes the pages that are tables. Whatever is wrong ends the build with a sentence that says what to do.

Java: no counterpart.
"""

from kafka_nio.book.problem import BookError

__all__ = ["BookError"]
