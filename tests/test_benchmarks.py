"""The benchmarks' own parts: what they count, choose and write. No test here depends on how fast anything is."""

import gc
import json
from functools import partial
from itertools import pairwise

import numpy as np
import pytest

import tensorlab as tl
import tensorlab.nn
import tensorlab.optim
from benchmarks import harness, machine, memory, models, report
from benchmarks.cases import CASES, chain_of_20, count_flops, matmul
from benchmarks.harness import Contender
from benchmarks.report import Row, Target, mean_ratio, most_over_numpy


class FakeBenchmark:
    """Stands for pytest-benchmark's fixture."""

    def __init__(self):
        self.extra_info = {}

    def pedantic(self, target, setup, rounds):
        for _ in range(rounds):
            setup()
            target()


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(harness, "BLOCK_SECONDS", 1e-4)
    monkeypatch.setattr(harness, "ROUNDS", 5)
    monkeypatch.setattr(machine, "peak", lambda name: machine.Peak(1e11, 1e10))


def test_contenders_take_turns(quick):
    turns = []
    contenders = {name: Contender(partial(turns.append, name), calls=1) for name in "ab"}
    benchmark = FakeBenchmark()
    timings = harness.compare(benchmark, contenders)
    assert list(timings) == ["a", "b"]
    assert all(timing.seconds > 0 for timing in timings.values())
    assert [len(contender.times) for contender in contenders.values()] == [5, 5]
    assert benchmark.extra_info["calls_per_round"] == contenders["a"].calls > 1
    changes = sum(x != y for x, y in pairwise(turns))
    assert changes == 2 * 5


def test_blocks_that_had_to_wait_do_not_count():
    contender = Contender(lambda: None, times=[1.0, 9.0, 1.0, 1.0, 9.0, 1.0, 1.0], waits=[0, 0.5, 0, 0, 0.5, 0, 0])
    assert contender.timing() == (1.0, True)
    contender.waits = [0, 0.5, 0.5, 0.5, 0.5, 0, 0]
    contender.times[2] = 9.0
    assert contender.timing() == (1.0, False)


def test_the_garbage_collector_is_off_while_timing_and_on_again_after_an_error():
    with pytest.raises(KeyError), harness.collector_off():
        assert not gc.isenabled()
        raise KeyError
    assert gc.isenabled()


@pytest.mark.parametrize(("gradients", "products"), [(False, 1), (True, 3)])
def test_operations_are_those_of_the_op_records(gradients, products):
    assert count_flops(matmul(64, gradients)(tl)) == pytest.approx(products * 2 * 64**3, rel=0.1)


def test_a_training_step_counts_two_products_per_layer_backward():
    forward_and_backward = 2 * 8 * (3 * 64 * 32 + 2 * 16 * 64)  # the input needs no gradient
    assert (
        count_flops(models.mlp_training((16, 64, 32), 8)(tl))
        >= forward_and_backward + 2 * 8 * 64 * 16 - 2 * 8 * 64 * 32
    )


@pytest.mark.parametrize("case", [c for c in CASES if c.group == "small op"], ids=lambda case: case.name)
def test_small_ops_run(case):
    assert case.build(tl)() is None or case.build(tl)().shape is not None
    if case.numpy:
        np.testing.assert_allclose(case.build(tl)().numpy(), case.build(np)(), rtol=1e-5)


def test_the_chain_is_of_twenty_ops():
    seen = []
    with tl.autodiff.graph.watched(lambda op, *rest: seen.append(op.name)):
        chain_of_20(tl, tl.ones(3), tl.ones(3))
    assert len(seen) == 20


def test_case_names_are_unique():
    assert len({(case.group, case.name) for case in CASES}) == len(CASES)


@pytest.mark.parametrize("build", [models.lenet5_training(2), models.mlp_training((4, 3, 2), 5, "Adam")])
def test_training_steps_change_the_parameters(build):
    step = build(tl)
    model = step.args[0]
    before = [p.numpy().copy() for p in (q.detach() for q in model.parameters())]
    step()
    assert all((p.detach().numpy() != b).any() for p, b in zip(model.parameters(), before, strict=True))


@pytest.mark.skipif(tl.active_backend().name != "numpy", reason="measures the numpy backend")
def test_memory_of_a_step_is_at_least_its_gradients(monkeypatch):
    monkeypatch.setitem(memory.WORKLOADS, "small", lambda batch: models.mlp_training((256, 256, 256), batch))
    monkeypatch.setitem(memory.BATCH, "small", 4)
    assert memory.tensorlab_peak("small") >= 2 * 4 * 256 * 256


ROWS = [
    Row("matmul", "64×64, forward", "numpy", 2e-6, {"PyTorch": 4e-6}, flops=1000, roof=0.5),
    Row("small op", "x * y, 32 floats, untraced", "numpy", 1e-6, {"PyTorch": 2e-6, "NumPy": 4e-7}),
    Row("small op", "alone ", "cupy", 0.123, undisturbed=False),
    Row("peak memory", "LeNet-5", "numpy", 6.4e6, {"PyTorch": 4e6}, unit="B"),
]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1.234, "s", "1.23 s"),
        (0.0123, "s", "12.3 ms"),
        (9.9e-7, "s", "0.99 µs"),
        (1.5e8, "B", "150 MB"),
        (5, "B", "0.01 kB"),
    ],
)
def test_quantities(value, unit, text):
    assert report.quantity(value, unit) == text


def test_the_table_shows_what_was_measured():
    text = "\n".join(report.table(ROWS))
    for part in (
        "MATMUL",
        "SMALL OP",
        "PEAK MEMORY",
        "2.00 µs",
        "50%",
        "0.50",
        "0.40 µs NumPy",
        "6.40 MB",
        "1.60",
        "~",
    ):
        assert part in text
    assert "GB/s" not in text, "an empty column"


def test_targets():
    ratio = Target("", "matmul", "64", 1.1, mean_ratio)
    assert ratio.reached(ROWS) == 0.5
    assert ratio.reached([]) is None
    assert Target("", "small op", "untraced", 0.8, most_over_numpy).reached(ROWS) == pytest.approx(0.6)
    assert Target("", "small op", "alone", 1, mean_ratio).reached(ROWS) is None
    lines = "\n".join(report.target_lines(ROWS))
    assert "MISSED" in lines and "met" in lines and "not measured" in lines


def test_what_could_not_run_is_said(quick, monkeypatch):
    monkeypatch.setattr(tl, "available_backends", lambda: {"numpy": None, "other": "no device answers"})
    monkeypatch.setattr(machine, "torch_module", lambda: None)
    text = "\n".join(report.in_words(ROWS))
    assert "other: no device answers" in text and "make peers" in text and "~:" in text


def test_results_are_written(quick, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(report, "RESULTS", tmp_path)
    data, chart = report.save([row for row in ROWS if row.backend == "numpy"], "here")
    assert json.loads(data.read_text(encoding="utf-8"))["rows"][0]["name"] == "64×64, forward"
    assert chart.stat().st_size > 10_000


def test_the_machine_is_named():
    facts = machine.facts()
    assert facts["cpu"] and facts["versions"]["numpy"] == np.__version__
    assert machine.slug() == machine.slug().lower() and " " not in machine.slug()
    assert "numpy" in machine.backends()
    assert machine.backend_named("numpy").name == "numpy"


def test_peak_is_measured(monkeypatch):
    monkeypatch.setattr(machine, "PEAK_SIZES", (32,))
    monkeypatch.setattr(machine, "COPY_BYTES", 1 << 16)
    monkeypatch.setattr(machine, "_least_time", partial(machine._least_time, seconds=0.0))
    peak = machine.peak.__wrapped__("numpy")
    assert peak.flops > 0 and peak.bandwidth > 0
