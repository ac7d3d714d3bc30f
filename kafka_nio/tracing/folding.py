"""Makes a recording shorter without losing what it tells: fewer kinds of steps, repetitions once.

`kept` leaves out the steps that nobody asked for. What they called, decided and changed goes to the step that called
them. `folded` keeps calls that followed each other and were alike once, with their number. `with_keyframes` puts the
full state on some steps, so that working out the state in the middle never needs all that came before.

Java: no counterpart.
"""

from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass, field, replace

from kafka_nio.tracing.recording import Recording
from kafka_nio.tracing.step import Decision, Link, Step

FEWEST_FOLDED = 3
"""Two calls alike are as quickly read as one with a number."""

KEYFRAME_EVERY = 32
"""Steps. One full state takes about as much room as the changes of ten steps."""

Steps = tuple[Step, ...]


# Some kinds of steps only...


def kept(steps: Steps, names: Collection[str]) -> Steps:
    """The steps of these names, numbered anew.

    A step that is left out passes its changes, decisions and links on to its nearest caller that is kept. Without any,
    its changes go to the step before it on its thread, or else to the step before it.
    """
    home = _homes(steps, names)
    numbers = {seq: number for number, seq in enumerate((one.seq for one in steps if home[one.seq] == one.seq), 1)}
    passed_on = _passed_on(steps, home)
    result: list[Step] = []
    depths: dict[int, int] = {}
    for step in steps:
        if step.seq not in numbers:
            continue
        caller = home.get(step.parent) if step.parent is not None else None
        depths[step.seq] = 0 if caller is None else depths[caller] + 1
        step = _enriched(step, passed_on.get(step.seq, []))
        links = tuple(
            dict.fromkeys(link for link in _moved_links(step.links, home, numbers) if link.to != numbers[step.seq])
        )
        parent = None if caller is None else numbers[caller]
        result.append(replace(step, seq=numbers[step.seq], parent=parent, depth=depths[step.seq], links=links))
    return tuple(result)


def _homes(steps: Steps, names: Collection[str]) -> dict[int, int | None]:
    """For each step the nearest one that is kept: itself, a caller, or None."""
    home: dict[int, int | None] = {}
    for step in steps:
        above = None if step.parent is None else home[step.parent]
        home[step.seq] = step.seq if step.name in names else above
    return home


def _passed_on(steps: Steps, home: dict[int, int | None]) -> dict[int, list[Step]]:
    """By kept step, the steps left out whose changes, decisions and links it takes over."""
    taken: dict[int, list[Step]] = {}
    last_of_thread: dict[str, int] = {}
    last: int | None = None
    for step in steps:
        to = home[step.seq]
        if to == step.seq:
            last_of_thread[step.thread] = last = step.seq
        elif to is not None:
            taken.setdefault(to, []).append(step)
        elif (neighbour := last_of_thread.get(step.thread, last)) is not None:
            taken.setdefault(neighbour, []).append(replace(step, decisions=(), links=(), about=()))
    return taken


def _enriched(step: Step, others: list[Step]) -> Step:
    if not others:
        return step
    changes = [*step.changes, *(change for other in others for change in other.changes)]
    decisions = [*step.decisions, *(_placed(one, other) for other in others for one in other.decisions)]
    return replace(
        step,
        changes=tuple(sorted(changes, key=lambda change: change.at_ns)),
        decisions=tuple(decisions),
        links=(*step.links, *(link for other in others for link in other.links)),
        about=tuple(dict.fromkeys((*step.about, *(entity for other in others for entity in other.about)))),
    )


def _placed(decision: Decision, step: Step) -> Decision:
    """A decision that says itself where it was taken, because it is not in its own step any more."""
    return decision if decision.function else replace(decision, function=step.function)


def _moved_links(links: tuple[Link, ...], home: dict[int, int | None], numbers: dict[int, int]) -> Iterator[Link]:
    for link in links:
        to = home.get(link.to)
        if to is not None:
            yield Link(numbers[to], link.why)


# Repetitions once...


@dataclass(slots=True)
class _Node:
    """A step with all that it called.

    `first` is its place among all steps, `size` counts the steps of the tree, `has_gap` says that another thread began
    one in the middle of it. `key` is equal for nodes that are alike.
    """

    step: Step
    first: int
    children: list["_Node"] = field(default_factory=list)
    size: int = 1
    has_gap: bool = False
    count: int = 1
    end_ns: int = 0
    key: Hashable = None


def folded(steps: Steps) -> Steps:
    """The same steps, but what happened three times in a row or more is there once, with its `count`.

    Calls are alike if they have the same name, showed and decided and changed the same, ran the same lines, are linked
    for the same reasons, and called the same. Nothing of another thread may have begun in between. The step that stays
    is the first one; it ends when the last one did.
    """
    roots = _forest(steps)
    replaced: dict[int, int] = {}
    roots = _fold_all(roots, replaced)
    if not replaced:
        return steps
    result: list[Step] = []
    remaining = sorted((node for root in roots for node in _walk(root)), key=lambda node: node.step.seq)
    numbers = {node.step.seq: number for number, node in enumerate(remaining, start=1)}
    for node in remaining:
        step = node.step
        links = (Link(numbers[_final(link.to, replaced)], link.why) for link in step.links)
        result.append(
            replace(
                step,
                seq=numbers[step.seq],
                parent=None if step.parent is None else numbers[_final(step.parent, replaced)],
                count=node.count,
                end_ns=node.end_ns,
                links=tuple(dict.fromkeys(links)),
            )
        )
    return tuple(result)


def _forest(steps: Steps) -> list[_Node]:
    nodes: dict[int, _Node] = {}
    roots: list[_Node] = []
    for index, step in enumerate(steps):
        node = nodes[step.seq] = _Node(step, index, count=step.count, end_ns=step.end_ns)
        if step.parent is None:
            roots.append(node)
        else:
            nodes[step.parent].children.append(node)
    for node in reversed(nodes.values()):
        node.size += sum(child.size for child in node.children)
        last = node.first + 1
        for child in node.children:
            node.has_gap |= child.has_gap or child.first != last
            last = child.first + child.size
    return roots


def _fold_all(nodes: list[_Node], replaced: dict[int, int]) -> list[_Node]:
    """Fold what these nodes called, then the nodes themselves."""
    result: list[_Node] = []
    for node in nodes:
        node.children = _fold_all(node.children, replaced)
        node.key = _key(node)
    run: list[_Node] = []
    for node in nodes:
        if run and not _follows(run[-1], node):
            result.extend(_fold(run, replaced))
            run = []
        run.append(node)
    return [*result, *_fold(run, replaced)]


def _follows(earlier: _Node, node: _Node) -> bool:
    return node.first == earlier.first + earlier.size and node.key is not None and node.key == earlier.key


def _fold(run: list[_Node], replaced: dict[int, int]) -> list[_Node]:
    if len(run) < FEWEST_FOLDED:
        return run
    first = run[0]
    first.count = sum(node.count for node in run)
    first.end_ns = run[-1].end_ns
    for node in run[1:]:
        replaced.update((gone.step.seq, stays.step.seq) for gone, stays in zip(_walk(node), _walk(first), strict=True))
    return [first]


def _key(node: _Node) -> Hashable:
    """Equal for nodes that are alike, or None for one that is like no other."""
    step = node.step
    if node.has_gap or step.clipped:
        return None
    return (
        (step.name, step.thread, node.count, step.error, step.error_type, step.about),
        (tuple(step.shown.items()), tuple(step.lines.items())),
        tuple((one.name, one.line, tuple(one.operands.items()), one.result, one.function) for one in step.decisions),
        tuple(tuple(change.values.items()) for change in step.changes),
        (tuple(link.why for link in step.links), step.frame, step.moved),
        tuple(child.key for child in node.children),
    )


def _walk(node: _Node) -> Iterator[_Node]:
    yield node
    for child in node.children:
        yield from _walk(child)


def _final(seq: int, replaced: dict[int, int]) -> int:
    while seq in replaced:
        seq = replaced[seq]
    return seq


# Full states...


def with_keyframes(steps: Steps, whole: Recording) -> Steps:
    """The steps, the first and every 32nd with the full state, as the whole recording tells it."""
    if not any(step.state is not None for step in whole.steps):
        return steps
    return tuple(
        replace(step, state=dict(whole.state_when(step.start_ns)) if index % KEYFRAME_EVERY == 0 else None)
        for index, step in enumerate(steps)
    )
