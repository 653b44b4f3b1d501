"""Counts of 2**40: refused at once, or without effect, by every public callable; nothing runs until memory is full.

As a program it makes all calls and prints what became of each, a line of JSON for every call.
"""

import faulthandler
import inspect
import json
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.backend import memory
from tensorlab.nn import functional as F

COUNT = 2**40
LONGEST = 3.0
"""Seconds that a call may take."""
MEMORY = 4 << 30
"""Bytes that calls may take."""


@pytest.fixture
def optimizer():
    return optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)


# -- all public callables ----------------------------------------------------------------------------------------------


def is_count(value):
    return isinstance(value, int) and not isinstance(value, bool)


def with_counts(value):
    """Yield copies of an argument with one integer replaced, and the place of that integer."""
    if is_count(value):
        yield "", COUNT
    elif type(value) in (tuple, list):
        for i, entry in enumerate(value):
            for place, replaced in with_counts(entry):
                yield f"[{i}]{place}", type(value)([*value[:i], replaced, *value[i + 1 :]])


def changed_calls(call):
    """Yield good calls with one integer replaced, of given and of default arguments, and the name of the argument."""
    given = call.target.signature.bind(*call.args, **call.kwargs)
    given.apply_defaults()
    for name, value in list(given.arguments.items()):
        kind = call.target.signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            variants = [
                (f"[{key}]{place}", {**value, key: replaced})
                for key, entry in value.items()
                for place, replaced in with_counts(entry)
            ]
        elif value is None and "int" in str(call.target.signature.parameters[name].annotation):
            variants = [("", COUNT)]
        else:
            variants = list(with_counts(value))
        for place, replaced in variants:
            yield name + place, name, replaced


def use(made, layer_calls):
    """Use what a class has made: a layer is called."""
    if isinstance(made, nn.Module):
        for call in layer_calls:
            made(*call.copied().args, **call.copied().kwargs)


def outcome(call, name, value, layer_calls):
    """Return what becomes of a call with one argument replaced."""
    call = call.copied()
    given = call.target.signature.bind(*call.args, **call.kwargs)
    given.apply_defaults()
    given.arguments[name] = value
    try:
        made = call(given)
        if isinstance(call.target.function, type):
            use(made, layer_calls)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "returned"


def make_all_calls():
    """Print what becomes of every call; end the process with a traceback where one takes too long."""
    import resource

    from known_calls import REPEATED, record_all

    warnings.simplefilter("ignore")
    calls = record_all()
    layer_calls = {target.name: found for target, found in calls.items() if target.name.endswith("()")}
    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, resource.RLIM_INFINITY))
    for target, found in calls.items():
        seen = set()
        for call in found[:3]:
            for place, name, value in changed_calls(call):
                if place in seen or (target.name, name) in REPEATED:
                    continue
                seen.add(place)
                faulthandler.dump_traceback_later(LONGEST, exit=True)
                became = outcome(call, name, value, layer_calls.get(f"{target.name}()", [])[:2])
                faulthandler.cancel_dump_traceback_later()
                print(json.dumps([target.name, place, became]), file=sys.__stdout__, flush=True)


SIZE = r"(would take|Unable to allocate) [\d,.]+ [TPE]iB"
TOO_LARGE = r"(\w+=\S+ is too large: )?an array of shape"

NEVER = ("OverflowError", "RecursionError", "SystemError", "ZeroDivisionError", "AttributeError", "AssertionError")
"""Errors that say nothing about the argument."""

KNOWN = {
    ("Dataset.batch", "indices[0]"): "the example squares its indices, which overflows",
    ("Dataset.batch", "indices[1]"): "the example squares its indices, which overflows",
}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")
def test_all_public_callables():
    done = subprocess.run(
        [sys.executable, __file__],
        capture_output=True,
        text=True,
        env={**os.environ, "TENSORLAB_BACKEND": "numpy", "OPENBLAS_NUM_THREADS": "1"},
    )
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"after {results[-1:]}: {done.stderr}"
    assert len(results) > 700
    for name, place, became in results:
        kind, _, message = became.partition(": ")
        assert kind not in NEVER or (name, place) in KNOWN, (name, place, became)
        if kind == "MemoryError":
            assert re.match(
                r"\w+(\([\w=, ().]*\))?: .*((would take|Unable to allocate) [\d,.]+ [TPE]iB|too large for an array)",
                message,
            ), (
                name,
                place,
                became,
            )


# -- the counts that were loops ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: tl.zeros(COUNT),
            rf"zeros: {TOO_LARGE} \(1099511627776,\) and type float32 would take 4.0 TiB",
        ),
        (lambda: tl.ones(3, COUNT), rf"ones: {TOO_LARGE} \(3, 1099511627776\)"),
        (lambda: tl.empty((COUNT, COUNT)), f"empty: {TOO_LARGE}"),
        (lambda: tl.full(COUNT, 1), f"full: {TOO_LARGE}"),
        (lambda: tl.full((2, np.int64(COUNT)), 1), f"full: {TOO_LARGE}"),
        (lambda: tl.arange(COUNT), f"arange: {TOO_LARGE}"),
        (lambda: tl.arange(0.0, COUNT, 0.5), rf"arange: {TOO_LARGE} \(2199023255552,\)"),
        (lambda: tl.linspace(0, 1, COUNT), f"linspace: {TOO_LARGE}"),
        (lambda: tl.logspace(0, 1, COUNT), f"logspace: {TOO_LARGE}"),
        (lambda: tl.eye(COUNT), f"eye: {TOO_LARGE}"),
        (lambda: tl.rand(COUNT), rf"\w+: {TOO_LARGE}"),
        (lambda: tl.random.normal(shape=(COUNT,)), f"normal: {TOO_LARGE}"),
        (lambda: tl.randperm(COUNT), rf"\w+: {TOO_LARGE}"),
        (lambda: tl.Generator(0).spawn(COUNT), "spawn: n_children=1099511627776 generators"),
        (
            lambda: tl.repeat(tl.ones(2), COUNT),
            rf"repeat: {TOO_LARGE} \(.*\) and type float32 would take",
        ),
        (
            lambda: tl.repeat(tl.ones(2), tl.tensor([COUNT, 1])),
            rf"repeat: {TOO_LARGE} \(1099511627777,\)",
        ),
        (lambda: tl.tile(tl.ones(2), COUNT), f"tile: {TOO_LARGE}"),
        (lambda: tl.array_split(tl.ones(2), COUNT), "array_split: sections=1099511627776 pieces would take"),
        (lambda: tl.vander(tl.ones(2), COUNT), "vander: N=1099511627776 powers would take"),
        (lambda: tl.histogram(tl.ones(2), COUNT), "histogram: bins=1099511627776 bins would take"),
        (lambda: F.one_hot(tl.tensor([1]), COUNT), "one_hot: "),
        (lambda: F.interpolate(tl.ones(1, 1, 2), COUNT), f"interpolate: {TOO_LARGE}"),
        (lambda: nn.Linear(COUNT, 3), r"Linear\(in_features=1099511627776, out_features=3\): an array of shape"),
        (lambda: nn.Linear(COUNT, COUNT), "Linear"),
        (lambda: nn.Embedding(COUNT, 3), r"Embedding\(num_embeddings=1099511627776, embedding_dim=3"),
        (lambda: nn.LSTM(2, 3, num_layers=COUNT), "LSTM.*num_layers=1099511627776"),
        (lambda: nn.GRU(2, 3, num_layers=COUNT), "GRU.*num_layers=1099511627776"),
        (lambda: nn.RNN(2, 3, num_layers=COUNT), "RNN.*num_layers=1099511627776"),
        (lambda: nn.Transformer(8, 2, COUNT), "Transformer.*num_encoder_layers=1099511627776"),
        (lambda: nn.Transformer(8, 2, 1, COUNT), "Transformer.*num_decoder_layers=1099511627776"),
        (lambda: nn.TransformerEncoder(nn.Identity(), COUNT), "TransformerEncoder.*num_layers=1099511627776"),
        (lambda: nn.TransformerDecoder(nn.Identity(), COUNT), "TransformerDecoder.*num_layers=1099511627776"),
    ],
)
def test_more_than_the_memory(call, message):
    with pytest.raises(MemoryError, match=f"^{message}"):
        call()


def test_the_memory_of_the_machine_is_the_bound(monkeypatch):
    """Whatever the operating system would grant."""
    monkeypatch.setattr(memory, "total_memory", lambda: 4.0 * 2**26)
    assert tl.zeros(2**26).shape == (2**26,)
    with pytest.raises(MemoryError, match=r"would take 0.3 GiB of memory, and this machine has 0.2 GiB"):
        tl.zeros(2**26 + 1)
    monkeypatch.setattr(memory, "total_memory", lambda: float("inf"))
    with pytest.raises(MemoryError):
        tl.zeros(COUNT)  # by the array library


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tl.polygamma(COUNT, tl.ones(2)), "polygamma: n is 1099511627776, but must be from 0 to 170"),
        (lambda: tl.polygamma(171, tl.ones(2)), "polygamma: n is 171, but must be from 0 to 170"),
        (lambda: tl.split(tl.ones(2), COUNT), "split: an axis of length 2 does not divide"),
        (lambda: tl.repeat(tl.ones(2), -1), "repeat: repeats must not be negative, but -1 is"),
        (lambda: tl.vander(tl.ones(2), -1), "vander: N must not be negative"),
        (
            lambda: tl.check_gradients(tl.sin, (tl.ones(2, dtype="float64"),), order=COUNT),
            "check_gradients: at order 1099511627776 the relative tolerance would be 1 or more",
        ),
        (
            lambda: nn.utils.parametrizations.spectral_norm(nn.Linear(2, 2), n_power_iterations=COUNT),
            "spectral_norm: n_power_iterations must be an integer from 1 to 1000000",
        ),
    ],
)
def test_counts_that_cannot_be_meant(call, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        call()


def test_rates_that_take_a_call_for_each_step(optimizer):
    schedule = optim.lr_scheduler.MultiplicativeLR(optimizer, lambda epoch: 0.5)
    assert schedule.rates(3) == [0.125]
    with pytest.raises(ValueError, match=r"^MultiplicativeLR: the rate after 1099511627776 steps takes"):
        schedule.rates(COUNT)


def test_plots_of_too_many_steps(optimizer):
    schedule = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    with pytest.raises(MemoryError, match=r"^plot: steps=1099511627776 learning rates"):
        optim.lr_scheduler.plot(schedule, steps=COUNT)


# -- counts that are larger than their effect --------------------------------------------------------------------------


@pytest.mark.parametrize("n", [3, 4, 5, 100, COUNT])
def test_more_differences_than_elements(n):
    x = tl.arange(12.0).reshape(3, 4)
    assert tl.diff(x, n=n).shape == np.diff(np.ones((3, 4)), n=min(n, 100)).shape
    assert tl.diff(x, n=n, axis=0).shape == (0, 4)


def test_more_neighbours_than_channels():
    """Channels that do not exist count as zeros: all of them are summed, and the sum is divided by `size`."""
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    for size in (7, 2**20, COUNT):
        expected = x / (1.0 + 0.5 * (x**2).sum(axis=1, keepdims=True) / size) ** 0.75
        np.testing.assert_allclose(F.local_response_norm(tl.asarray(x), size, alpha=0.5).numpy(), expected)


@pytest.mark.parametrize("kernel", [10, 10**6, COUNT])
def test_windows_longer_than_the_input(kernel):
    """With `ceil_mode` a window may extend past the end: the maximum is that of all elements."""
    if kernel > 10 and tl.backend.active_backend().name != "numpy":
        pytest.skip("the default kernels iterate over all elements of the window")
    x = np.random.default_rng(0).normal(size=(2, 3, 7))
    y, index = F.max_pool1d(tl.asarray(x), kernel, ceil_mode=True, return_indices=True)
    assert (y.numpy() == x.max(axis=2, keepdims=True)).all()
    assert (index.numpy() == x.argmax(axis=2)[..., None]).all()
    gradient = tl.grad(lambda x: F.max_pool1d(x, kernel, ceil_mode=True).sum())(tl.asarray(x))
    assert (gradient.numpy() == (x == x.max(axis=2, keepdims=True))).all()


@pytest.mark.parametrize("repeats", [0, 1, 3, np.int64(3), [2, 0, 1], (1, 1, 1), np.array([2, 0, 1]), np.array([2])])
@pytest.mark.parametrize("axis", [None, 1, -1])
def test_repeat(repeats, axis):
    x = np.arange(6.0).reshape(2, 3) if axis is not None else np.arange(3.0)
    assert (tl.repeat(tl.asarray(x), repeats, axis=axis).numpy() == np.repeat(x, repeats, axis=axis)).all()
    gradient = tl.grad(lambda x: tl.repeat(x, repeats, axis=axis).sum())(tl.asarray(x))
    counts = np.broadcast_to(np.asarray(repeats), (3,))
    assert (gradient.numpy() == np.broadcast_to(counts, x.shape)).all()


if __name__ == "__main__":
    make_all_calls()
