"""One wrong argument at a time, in a good call of every public callable: errors are clear, and no nonsense is taken.

As a program it prints the whole table of what is not as it should be, tab-separated, and counts by namespace::

    python tests/fuzz/test_arguments.py [--only NAME] [--all] > faults.tsv
"""

import argparse
import contextlib
import faulthandler
import io
import os
import random
import re
import resource
import signal
import sys
import tempfile
import time
import traceback
import types
import warnings
from collections import Counter, deque
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pytest
import wrong_values
from known_calls import REPEATED, best, record_all, uncovered

import tensorlab as tl
from tensorlab.autodiff.graph import current_mode
from tensorlab.backend import registry
from tensorlab.nn.module.error_path import ModuleNote

LONGEST = 3.0
"""Seconds after which a call hangs."""

MEMORY = 2 << 30
"""Bytes that calls may take."""

NEVER_RIGHT = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    NameError,
    RecursionError,
    SystemError,
    StopIteration,
    UnicodeError,
    Warning,
)
"""Errors that say nothing to the caller, unless the library defines a subclass or the message is clear."""

MOST_UNCLEAR = 0.01
"""The part of the calls whose errors may be unclear."""

FAULTS = ("nonsense", "hang", "wrong class", "raw", "no function", "no argument")
UNCLEAR = FAULTS[2:]


class Hang(BaseException):
    """A call takes too long."""


@dataclass(frozen=True)
class Outcome:
    """What came of a call: its verdict is one of `FAULTS`, ``"taken"`` or ``"clear"``."""

    target: str
    space: str
    argument: str
    value: str
    verdict: str
    error: str = ""
    message: str = ""
    head: str = ""
    """The message with the value left out, which is equal for errors of one kind."""
    place: str = ""


# -- one call ----------------------------------------------------------------------------------------------------------


def outcomes_of(target, call, wanted):
    """Yield what comes of the wrong values of each argument of a good call."""
    signature = target.signature
    bound = signature.bind(*call.args, **call.kwargs)
    for parameter in signature.parameters.values():
        annotation = wrong_values.annotation_of(parameter, target.function)
        if parameter.kind is parameter.VAR_KEYWORD:
            continue
        for name, make in values_for(parameter, bound):
            if wanted():
                yield attempt(target, call, parameter, annotation, name, make)


def values_for(parameter, bound):
    """Yield names and makers of what a bound parameter is replaced by; of a variadic one the first is replaced."""
    good = bound.arguments.get(parameter.name)
    if parameter.kind is not parameter.VAR_POSITIONAL:
        yield from wrong_values.wrong_values(good)
        return
    good = good or ()
    for name, make in wrong_values.wrong_values(good[0] if good else None):
        yield name, lambda make=make: (make(), *good[1:])


def attempt(target, call, parameter, annotation, name, make):
    """Return what comes of one wrong value."""
    call = call.copied()
    value = make()
    arguments = target.signature.bind(*call.args, **call.kwargs)
    arguments.arguments[parameter.name] = value
    verdict, error = "taken", None
    started = time.perf_counter()
    signal.setitimer(signal.ITIMER_REAL, LONGEST)
    try:
        result = call(arguments)
        if isinstance(result, types.GeneratorType):
            deque(islice(result, 3))
    except Hang:
        verdict = "hang"
    except Exception as caught:
        error = caught
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    if time.perf_counter() - started > LONGEST:
        verdict = "hang"
    if verdict == "hang" and (target.name, parameter.name) in REPEATED:
        verdict = "taken"
    if error is not None:
        good = target.signature.bind(*call.args, **call.kwargs).arguments.get(parameter.name)
        is_operand = isinstance(good, tl.Tensor | np.ndarray) or isinstance(error, tl.ShapeError)
        verdict = judge(call, parameter, value, is_operand, error)
    elif verdict == "taken":
        first = value[0] if parameter.kind is parameter.VAR_POSITIONAL else value
        verdict = "taken" if wrong_values.admitted(parameter, annotation, first) else "nonsense"
    message = "" if error is None else message_of(error)
    return Outcome(
        target.name,
        target.space,
        parameter.name,
        name,
        verdict,
        type(error).__name__ if error is not None else "",
        message,
        head_of(message, value),
        place_of(error) if verdict in UNCLEAR else "",
    )


def judge(call, parameter, value, is_operand, error):
    """Return the verdict on an error; `is_operand` says whether the value stands where an array belongs."""
    target, message = call.target, message_of(error)
    own = type(error).__module__.startswith("tensorlab")
    function = names_function(call, message) or names_layer(error)
    argument = names_argument(target, parameter, message) or (is_operand and shows(value, message))
    if function and argument and (own or not isinstance(error, NEVER_RIGHT) or target.name in LOOKUPS):
        return "clear"
    if isinstance(error, NEVER_RIGHT) and not own:
        return "wrong class"
    if function:
        return "no argument"
    return "no function" if argument else "raw"


LOOKUPS = {f"Module.get_{kind}" for kind in ("submodule", "parameter", "buffer")}
"""Methods that raise AttributeError as `getattr` does."""


def message_of(error):
    """Return what an error says; `str` of a KeyError is the representation of it."""
    return str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)


def plain(name):
    return name.replace("_", "").lower()


def names_function(call, message):
    """Return whether a message begins with a name of the function, or of the function behind a layer."""
    target = call.target
    if target.name.split(".")[-1].startswith("__"):  # an operator
        return True
    first = re.match(r"(?:tensorlab\.)?(?:\w+\.)*(\w+)", message)
    classes = () if call.bound is None else type(call.bound).__mro__
    names = {plain(name) for name in target.names | {cls.__name__ for cls in classes}}
    if first and plain(first[1]) in names:
        return True
    if target.name.endswith("()") and first and any(name.startswith(plain(first[1])) for name in names):
        return True
    return any(re.search(rf"\b{re.escape(name)}\(", message) for name in target.names)


def names_layer(error):
    """Return whether a note says in which layer an error arose."""
    return any(isinstance(note, ModuleNote) for note in getattr(error, "__notes__", ()))


def names_argument(target, parameter, message):
    """Return whether a message names the argument after the function."""
    if RAW.search(message):
        return False
    names = {parameter.name, parameter.name.rstrip("s")}
    if target.name.endswith("()"):
        names |= {"x", "input", "inputs"}
    if parameter.kind is parameter.VAR_POSITIONAL:
        names |= {"argument", "operand", "axis", "axes", "dimensions"}
    said = re.sub(r"^[\w.]+:", "", message)
    return any(re.search(rf"\b{re.escape(name)}\b", said) for name in names)


RAW = re.compile(
    "cannot be interpreted as|object is not|has no attribute|has no len|not supported between|unsupported operand|"
    "unhashable|argument must be|truth value of an array|can be converted to|setting an array element|invalid literal|"
    "Maximum allowed dimension|too large to convert|Unable to allocate|is a number; this one"
)
"""Texts of Python, NumPy and `Tensor.item`, which name nothing even where a word in them is an argument's name."""


def shows(value, message):
    """Return whether a message shows the shape or data type of an operand, where it does not fit the other operands."""
    if isinstance(value, int | float | complex):  # a number is an operand of shape ()
        return re.search(r"shapes? (.* and )?\(\)|\b0 axes", message) is not None
    if not isinstance(value, tl.Tensor | np.ndarray):
        return False
    if f"{tuple(value.shape)}" in message.replace("item()", "") or f"{value.ndim} axes" in message:
        return True
    return re.search(rf"\b{value.dtype}\b", message) is not None


def head_of(message, value):
    """Return the beginning of a message without what it shows of the value."""
    head = message
    for shown in (repr(value), str(value), type(value).__name__):
        if len(shown) > 1:
            head = re.sub(rf"(?<!\w){re.escape(shown)}(?!\w)", "_", head)
    return re.sub(r"0x\w+", "_", " ".join(head.split()))[:110]


def place_of(error):
    """Return the innermost line of the library in a traceback."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "tensorlab" in f.filename]
    own = [f for f in frames if not f.filename.startswith("<")]
    if not own:
        return frames[-1].filename if frames else ""
    file = re.sub(r".*/(tensorlab\w*)/", r"\1/", own[-1].filename)
    return f"{file}:{own[-1].lineno} {own[-1].name}"


# -- all calls ---------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def bounded():
    """Bound the memory of calls and the time of each, and let them write files and output into nowhere."""

    def stop(signum, frame):
        raise Hang

    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    limits = resource.getrlimit(resource.RLIMIT_AS)
    handler = signal.signal(signal.SIGALRM, stop)
    folder = os.getcwd()
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.chdir(scratch)
        full = os.environ.get("TENSORLAB_FULL_TRACEBACK")
        os.environ["TENSORLAB_FULL_TRACEBACK"] = "1"
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, limits[1]))
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                yield
        finally:
            resource.setrlimit(resource.RLIMIT_AS, limits)
            os.environ.pop("TENSORLAB_FULL_TRACEBACK")
            if full is not None:
                os.environ["TENSORLAB_FULL_TRACEBACK"] = full
            os.chdir(folder)
            signal.signal(signal.SIGALRM, handler)


@contextlib.contextmanager
def state_kept():
    """Undo what calls change of the engine's mode, the active backend and the generator."""
    settings, default = [current_mode.latest, registry._active.latest], registry._process_default[0]
    blocks = [latest.get() for latest in settings]
    try:
        yield
    finally:
        for latest, block in zip(settings, blocks, strict=True):
            latest.set(block)
        registry._process_default[0] = default
        tl.manual_seed(0)


def measure(calls, wanted=lambda: True, progress=lambda target, seconds: None):
    """Return the outcomes of the wrong values in the best call of each target, or of those that are `wanted`."""
    found = []
    with bounded():
        for target, known in calls.items():
            started = time.perf_counter()
            with state_kept():
                found += outcomes_of(target, best(known), wanted)
            progress(target, time.perf_counter() - started)
    return found


def table(outcomes):
    """Return the faults as tab-separated lines, grouped by callable, argument, error and message."""
    groups = {}
    for o in outcomes:
        if o.verdict in FAULTS:
            groups.setdefault((o.target, o.argument, o.verdict, o.error, o.head, o.place), []).append(o.value)
    lines = ["callable\targument\tverdict\terror\tmessage\tplace\tcount\tvalues"]
    for key, values in groups.items():
        lines.append("\t".join([*key, str(len(values)), ", ".join(values)]))
    return "\n".join(lines)


def summary(outcomes):
    """Return the counts of verdicts by namespace."""
    columns = ("taken", "clear", *FAULTS)
    counts = {}
    for o in outcomes:
        counts.setdefault(o.space, Counter())[o.verdict] += 1
        counts.setdefault("all", Counter())[o.verdict] += 1
    lines = [f"{'':36}" + "".join(f"{column:>13}" for column in ("calls", *columns, "unclear %"))]
    for space, count in sorted(counts.items()):
        unclear = 100 * sum(count[verdict] for verdict in UNCLEAR) / count.total()
        numbers = "".join(f"{n:13}" for n in (count.total(), *(count[column] for column in columns)))
        lines.append(f"{space:36}{numbers}{unclear:13.1f}")
    return "\n".join(lines)


def causes(outcomes, most=60):
    """Return the lines of the library where most unclear errors come from, with the messages."""
    counts, heads, functions = Counter(), {}, {}
    for o in outcomes:
        if o.verdict in UNCLEAR:
            counts[o.place] += 1
            heads.setdefault(o.place, Counter())[f"{o.error}: {o.head}"] += 1
            functions.setdefault(o.place, set()).add(o.target)
    return "\n".join(
        f"{count:6} {len(functions[place]):4} callables  {place}   {heads[place].most_common(1)[0][0]}"
        for place, count in counts.most_common(most)
    )


def accepted(outcomes, most=40):
    """Return the names of the arguments that take most nonsense, with the callables."""
    taken = [o for o in outcomes if o.verdict == "nonsense"]
    counts, functions = Counter(o.argument for o in taken), {}
    for o in taken:
        functions.setdefault(o.argument, {})[o.target] = None
    return "\n".join(
        f"{count:6} nonsense as {name} in {len(functions[name])} callables: {', '.join([*functions[name]][:6])}"
        for name, count in counts.most_common(most)
    )


# -- the tests ---------------------------------------------------------------------------------------------------------

pytestmark = pytest.mark.skipif(tl.active_backend().name != "numpy", reason="the examples are run on numpy")
SEED, SAMPLE = 11, 0.05
"""The part of all calls that is made unless the slow tests are asked for."""


@pytest.fixture(scope="module")
def calls():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return record_all()


def assert_clear(outcomes):
    unclear = sum(o.verdict in UNCLEAR for o in outcomes)
    others = sum(o.verdict in ("nonsense", "hang") for o in outcomes)
    assert unclear <= MOST_UNCLEAR * len(outcomes) and not others, f"\n{summary(outcomes)}\n\n{table(outcomes)}"


def test_every_public_callable_has_a_good_call(calls):
    assert not uncovered(calls)


def test_errors_of_a_sample_are_clear(calls):
    rng = random.Random(SEED)
    assert_clear(measure(calls, wanted=lambda: rng.random() < SAMPLE))


@pytest.mark.slow
def test_all_errors_are_clear(calls):
    assert_clear(measure(calls))


def main():
    """Print the whole table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", help="a regular expression for the names of the callables")
    parser.add_argument("--all", action="store_true", help="print every outcome, ungrouped")
    options = parser.parse_args()
    faulthandler.enable()
    warnings.simplefilter("ignore")
    started = time.perf_counter()
    calls = {t: known for t, known in record_all().items() if re.search(options.only, t.name)}
    slow = []
    outcomes = measure(calls, progress=lambda target, seconds: slow.append((round(seconds, 1), target.name)))
    if options.all:
        for o in outcomes:
            print(o.target, o.argument, o.value, o.verdict, o.error, " ".join(o.message.split()), o.place, sep="\t")
    else:
        print(table(outcomes))
    slowest = f"slowest: {sorted(slow, reverse=True)[:8]}"
    elapsed = f"{time.perf_counter() - started:.0f} s"
    for text in (summary(outcomes), causes(outcomes), accepted(outcomes), slowest, elapsed):
        print(text, end="\n\n", file=sys.stderr)


if __name__ == "__main__":
    main()
