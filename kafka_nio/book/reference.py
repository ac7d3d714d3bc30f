"""The pages that are tables: options, metrics, errors, marked steps. Written from tables in the code, never by hand.

    python -m kafka_nio.book

writes them into `docs/`; a test says so when they are out of date.

Java: no counterpart.
"""

from collections.abc import Iterable, Iterator

from kafka_nio.book.error_page import errors_page
from kafka_nio.book.other_steps import other_steps_page
from kafka_nio.book.span_page import spans_page
from kafka_nio.book.tables import code, sentence, table
from kafka_nio.clock import NEVER
from kafka_nio.config import INSTEAD, INSTEAD_OF_CLASSES, OPTIONS
from kafka_nio.metric_names import METRICS, Metric, Stat
from kafka_nio.option_kinds import INT_MAX, LONG_MAX, Option
from kafka_nio.security_options import REPLACED, SECURITY_OPTIONS

OPTIONS_INTRODUCTION = """\
# Options

What `KafkaProducer(...)` takes. Each option has Kafka's name, and Kafka's default where that is supported. It may be
written in two ways: as Kafka does, `{"linger.ms": 5}`, or as Python does, `linger_ms=5`. With Kafka's spelling a number
or a flag may be text, as it comes out of a properties file. Whatever else is written is refused with a `ConfigError`
that names the option, the value and what is allowed, before anything is connected to.

This page is made of the table `kafka_nio.config.OPTIONS` by `python -m kafka_nio.book`.
"""

METRICS_INTRODUCTION = """\
# Metrics

What `producer.metrics()` returns: a dictionary of numbers by name, with Kafka's names and Kafka's meaning. Rates,
averages and maxima look back on the last samples: `metrics_num_samples` of `metrics_sample_window_ms` each, so between
30 and 60 seconds unless you say otherwise. An average or a maximum of nothing is NaN.

Where there is one figure for each topic or each node, the name says which: `record-send-total{topic=orders}`.

This page is made of the table `kafka_nio.metric_names.METRICS` by `python -m kafka_nio.book`.
"""


def options_page() -> str:
    """Every option, then those of Kafka's that are not here, with what to write instead."""
    security = {option.name for option in SECURITY_OPTIONS}
    instead = {name: f"A class of Java's cannot be used: hand {what}." for name, what in INSTEAD_OF_CLASSES.items()}
    for name, what in (INSTEAD | REPLACED).items():
        instead[f"{name}…" if name.endswith(".") else name] = sentence(what)
    return "\n".join(
        [
            OPTIONS_INTRODUCTION,
            "## The producer",
            "",
            *_options_table(option for option in OPTIONS if option.name not in security),
            "",
            "## Encryption and login",
            "",
            *_options_table(SECURITY_OPTIONS),
            "",
            "## Options of Kafka's that are refused",
            "",
            *table(("option", "why, or what to write instead"), ((code(name), what) for name, what in instead.items())),
            "",
        ]
    )


def metrics_page() -> str:
    """Every metric, those of the whole producer first."""
    of_all = [metric for metric in METRICS if metric.tag == ""]
    tagged = [metric for metric in METRICS if metric.tag != ""]
    return "\n".join(
        [
            METRICS_INTRODUCTION,
            "## Of the producer",
            "",
            *_metrics_table(of_all),
            "",
            "## Of each topic and each node",
            "",
            *_metrics_table(tagged),
            "",
        ]
    )


PAGES = {
    "options.md": options_page,
    "metrics.md": metrics_page,
    "errors.md": errors_page,
    "spans.md": spans_page,
    "other-steps.md": other_steps_page,
}
"""The pages by their names in `docs/`."""


def _options_table(options: Iterable[Option]) -> Iterator[str]:
    rows = (
        (f"{code(option.name)}<br>{code(option.attribute)}", _default(option), _allowed(option), option.doc)
        for option in options
    )
    return table(("option", "default", "it must be", "what it is for"), rows)


def _metrics_table(metrics: Iterable[Metric]) -> Iterator[str]:
    rows = (
        (code(f"{metric.name}{{{metric.tag}=…}}" if metric.tag else metric.name), metric.doc, _looks_back(metric))
        for metric in metrics
    )
    return table(("metric", "what it is", "since when"), rows)


def _looks_back(metric: Metric) -> str:
    if metric.stat is Stat.NOW:
        return "at this moment"
    return "since the producer was made" if metric.stat in (Stat.TOTAL, Stat.COUNT) else "the last samples"


def _default(option: Option) -> str:
    if option.name == "bootstrap.servers":
        return "none: it must be given"
    default = list(option.default) if isinstance(option.default, tuple) else option.default
    return "never" if default == NEVER else code(repr(default))


def _allowed(option: Option) -> str:
    """What the option takes; the largest numbers of 32 and 64 bits are easier to know by their powers."""
    return option.kind.allowed.replace("|", "\\|").replace(str(LONG_MAX), "2⁶³-1").replace(str(INT_MAX), "2³¹-1")
