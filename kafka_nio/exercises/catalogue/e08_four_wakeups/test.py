"""Which selects come back at once.

Java: no counterpart.
"""

from types import ModuleType

from kafka_nio import nio
from kafka_nio.demos import Demo
from kafka_nio.demos.scene import Scene
from kafka_nio.exercises.marks import misconception
from kafka_nio.exercises.questions import WrongAnswer, answered, reference_run
from kafka_nio.exercises.world import Play
from kafka_nio.tracing import Step

LOST = "a wakeup is lost if nobody sleeps"
STAYS = "a wakeup stays until somebody switches it off"
ONLY_A_SLEEPER = "only a call that could sleep uses up a wakeup"
QUEUE_UP = "wakeups queue up"

TIMEOUT_MS = 1000

CASES = {
    "a": ("wakeup", "select", "select", "select"),
    "b": ("wakeup", "wakeup", "select", "select"),
    "c": ("wakeup", "select_now", "select", "select"),
    "d": ("wakeup", "wakeup", "select_now", "select"),
    "e": ("wakeup", "select", "wakeup", "select"),
}


def run(scene: Scene) -> None:
    """Make the calls of each case, on a clock on which only a sleep takes time."""
    scene.begin()
    for calls in CASES.values():
        selector = nio.Selector(scene.clock)
        for call in calls:
            make(call, selector)
        selector.close()
    scene.watch.end()


def make(call: str, selector: nio.Selector) -> None:
    """Make a call."""
    if call == "wakeup":
        selector.wakeup()
    elif call == "select":
        selector.select(TIMEOUT_MS)
    else:
        selector.select_now()


FOUR_CALLS = Demo(id="e08", name="four-wakeups", title="", sentence="", watch_for=(), run=run)


def check(play: Play, answers: ModuleType, *cases: str) -> None:
    """Make the calls, then compare what happened with what the sheet says."""
    sheet = {case: answered(answers, "ANSWERS", range(4), case=case) for case in CASES}
    steps = iter(play(FOUR_CALLS).recording.steps)
    happened = {case: [next(steps) for _ in calls] for case, calls in CASES.items()}
    for case in cases:
        said = sheet[case]
        selects = [step for step in happened[case] if step.name == "nio.Selector.select"]
        at_once = [step for step in selects if not slept(step)]
        if said != len(at_once):
            # Too many were said to come back at once: one that slept refutes it. Too few: one that did not.
            refuting = next(step for step in selects if slept(step)) if said > len(at_once) else at_once[-1]
            what = "sleeps for its 1,000 ms" if slept(refuting) else "comes back at once"
            raise WrongAnswer(f"ANSWERS[{case!r}] is {said}", refuting, what, reference_run("e08"))


def slept(select: Step) -> bool:
    """Whether it came back because its time was over."""
    return select.end_ns - select.start_ns >= TIMEOUT_MS * 1_000_000


@misconception(LOST, "The byte that wakeup writes lies there until a select reads it. Nobody has to be asleep.")
def test_a_wakeup_is_kept_for_the_next_select(play: Play, answers: ModuleType) -> None:
    """A wakeup while nobody sleeps is not lost: the next select comes back because of it."""
    check(play, answers, "e")


@misconception(
    STAYS, "The select that comes back because of a wakeup has read its byte. What is left for the next one?"
)
def test_a_wakeup_ends_one_sleep(play: Play, answers: ModuleType) -> None:
    """A wakeup ends one sleep, and the select after that sleeps again."""
    check(play, answers, "a")


@misconception(ONLY_A_SLEEPER, "select_now asks the kernel as select does, and reads the byte if there is one.")
def test_a_look_uses_up_a_wakeup(play: Play, answers: ModuleType) -> None:
    """A select_now uses up a wakeup as a select does, though it would not have slept anyway."""
    check(play, answers, "c")


@misconception(
    QUEUE_UP, "While a byte is under way, wakeup writes no other. How many bytes are there after two wakeups?"
)
def test_wakeups_are_not_counted(play: Play, answers: ModuleType) -> None:
    """Several wakeups before one select count as one."""
    check(play, answers, "b", "d")
