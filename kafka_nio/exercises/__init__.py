"""Twenty exercises: the reader writes the hard parts of the producer, and pytest says what is still missing.

The package is the solution. An exercise is one of its functions with its body taken out, or with a bug in it; what the
learner writes takes that function's place in the real producer while the tests run. There are also questions, to be
answered before one sees what happens, and recordings, to tell from what went wrong.

    exercise, text       what an exercise is, and the file that the learner begins with
    catalogue            all twenty; each has a folder of its own in here
    attempt, trial       the learner's file, put to work and watched
    plugin               the same for pytest, with sentences instead of tracebacks
    difference, failure  the learner's run beside the right one, where they first differ
    workspace, progress  the learner's folder

Java: no counterpart.
"""
