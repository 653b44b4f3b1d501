"""What `tl.profile` counts, where it places it, and that nothing of it stays behind."""

import gc
import json
import threading
import tracemalloc

import numpy as np
import pytest
from helpers import tensor

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.autodiff.array_types import KernelTable
from tensorlab.profiling import Peak

on_numpy = pytest.mark.skipif(tl.active_backend().name != "numpy", reason="weak references and sizes of NumPy's arrays")


def network():
    return nn.Sequential(nn.Linear(20, 30), nn.Tanh(), nn.Sequential(nn.Linear(30, 5), nn.ReLU()))


def step(model, x, optimizer=None):
    model(x).sum().backward()
    if optimizer is not None:
        optimizer.step()


class TestEvents:
    def test_operations_of_a_forward_pass(self):
        model, x = network(), tl.randn(4, 20)
        with tl.profile() as p, tl.no_grad():
            model(x)
        ops = [(event.name, event.layer) for event in p.events if event.flops]
        assert ops == [
            ("linear", "Sequential.0"),
            ("tanh", "Sequential.1"),
            ("linear", "Sequential.2.0"),
            ("relu", "Sequential.2.1"),
        ]

    def test_operations_equal_those_of_the_summary(self):
        model, x = tl.models.lenet5(), tl.randn(2, 1, 32, 32)
        with tl.profile() as p, tl.no_grad():
            model(x)
        assert p.flops == model.summary((2, 1, 32, 32)).flops

    def test_gradients_belong_to_the_layer_and_line_of_their_operation(self):
        model, x = network(), tl.randn(4, 20)
        with tl.profile() as p:
            y = model(x)  # this very line
            y.sum().backward()
        backward = [event for event in p.events if event.phase == "backward"]
        assert {event.layer for event in backward if event.name == "tanh"} == {"Sequential.1"}
        (forward,) = (event for event in p.events if event.name == "tanh" and event.phase == "forward")
        (gradient,) = (event for event in backward if event.name == "tanh")
        assert forward.line == gradient.line
        assert "test_gradients_belong" in forward.line and forward.line.startswith("test_profile.py:")
        inside = [event for event in backward if event.parent >= 0]
        assert {event.name for event in inside} >= {"matmul"}
        assert all(
            p.events[event.parent].start <= event.start <= event.stop <= p.events[event.parent].stop for event in inside
        )

    def test_updates(self):
        model = network()
        optimizer = optim.Adam(model.parameters())
        with tl.profile() as p:
            step(model, tl.randn(4, 20), optimizer)
        updates = [event for event in p.events if event.phase == "update"]
        assert {event.name for event in updates} == {"Adam"}
        size = sum(parameter.nbytes for parameter in model.parameters())
        assert sum(event.bytes for event in updates) == (4 + 3) * size  # reads x, g, m, v; writes x, m, v

    def test_a_module_that_is_not_registered(self):
        inner = nn.Tanh()

        class Outer(nn.Module):
            def forward(self, x):
                return [inner][0](x)

        with tl.profile() as p:
            Outer()(tl.ones(2))
        assert p.events[-1].layer == "Outer.<Tanh>"

    def test_views_cost_nothing(self):
        with tl.profile() as p:
            tl.ones(3, 4).T.reshape(2, 6)
        assert p.flops == 0
        assert all(event.bytes == 0 for event in p.events if event.name in ("permute_dims", "reshape"))

    def test_several_results(self):
        x = tl.randn(3, 3, requires_grad=True)
        with tl.profile() as p:
            tl.linalg.slogdet(x).logabsdet.backward()
        name = p.events[0].name
        assert "det" in name
        assert [event.phase for event in p.events if event.name == name] == ["forward", "backward"]

    def test_higher_derivatives(self):
        with tl.profile() as p:
            value = tl.grad(tl.grad(lambda x: tl.sin(x)))(tl.tensor(1.0))
        assert value.item() == pytest.approx(-np.sin(1.0))
        assert {event.name for event in p.events if event.phase == "backward"} >= {"sin", "cos"}

    def test_a_thread_does_not_confuse_another(self):
        model, x = network(), tl.randn(4, 20)
        with tl.profile() as p:
            threads = [threading.Thread(target=lambda: [step(model, x) for _ in range(5)]) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        for event in p.events:
            assert event.parent < 0 or p.events[event.parent].start <= event.start

    def test_an_error_inside(self):
        with tl.profile() as p:
            with pytest.raises(tl.ShapeError):
                tl.ones(2) @ tl.ones(3)
            tl.ones(2) + 1
        assert p.events[-1].name == "add"
        assert p.events[-1].parent == -1

    @pytest.mark.filterwarnings("ignore:divide by zero")
    def test_anomalies_are_found_inside(self):
        x = tl.zeros(2, requires_grad=True)
        with tl.profile(), tl.detect_anomaly(), pytest.raises(tl.AnomalyError, match="gradient of sqrt"):
            tl.sqrt(x).sum().backward()


class TestNothingStays:
    def test_kernels_and_modes_are_those_of_before(self):
        x = tl.ones(2, requires_grad=True)
        with pytest.raises(KeyError), tl.profile():
            (x * 2).sum().backward()
            raise KeyError
        assert KernelTable.wrap is None
        assert not any(
            "timed" in getattr(kernel, "__qualname__", "") for table in KernelTable.every for kernel in table.values()
        )
        assert "update" not in vars(tl.active_backend())
        with tl.profile() as p:
            x * 2
        before = len(p.events)
        x * 2
        assert len(p.events) == before

    def test_profiles_do_not_nest(self):
        with tl.profile(), pytest.raises(RuntimeError, match="another profile is being recorded"), tl.profile():
            pass
        with tl.profile():
            pass

    def test_results_are_the_same(self):
        def run():
            tl.manual_seed(0)
            model = nn.Sequential(nn.Linear(20, 30), nn.Dropout(), nn.Linear(30, 5))
            optimizer = optim.Adam(model.parameters())
            for _ in range(3):
                optimizer.zero_grad()
                step(model, tl.randn(4, 20), optimizer)
            return [parameter.tolist() for parameter in model.parameters()]

        expected = run()
        with tl.profile():
            assert run() == expected

    @on_numpy
    def test_arrays_are_freed(self):
        with tl.profile() as p:
            x = tl.ones(1000, 1000) + 1
            del x
            gc.collect()
        assert p.memory()[-1][1] == 0


class TestTables:
    def made(self):
        model = network()
        optimizer = optim.SGD(model.parameters(), momentum=0.9)
        with tl.profile() as p:
            for _ in range(2):
                step(model, tl.randn(4, 20), optimizer)
        return p

    @pytest.mark.parametrize("by", ["op", "layer", "line", "phase"])
    def test_rows_add_up(self, by):
        p = self.made()
        rows = p.rows(by)
        outermost = sum(event.seconds for event in p.events if event.parent < 0)
        assert sum(row.seconds for row in rows) == pytest.approx(outermost, rel=1e-6)
        assert sum(row.calls for row in rows) == len(p.events)
        assert sum(row.flops for row in rows) == p.flops
        assert [row.seconds for row in rows] == sorted((row.seconds for row in rows), reverse=True)
        assert outermost <= p.seconds

    def test_phases(self):
        assert {row.name for row in self.made().rows("phase")} == {"forward", "backward", "update"}

    def test_stacks_add_up(self):
        p = self.made()
        assert sum(p.stacks().values()) == pytest.approx(sum(row.seconds for row in p.rows()), rel=1e-6)
        assert ("forward", "Sequential", "2", "0", "linear") in p.stacks()

    def test_text(self):
        p = self.made()
        lines = p.table("layer", limit=2).splitlines()
        assert lines[0].split() == ["layer", "ms", "share", "calls", "GFLOP/s", "GB/s", "of", "peak"]
        assert lines[3].split()[1] == "more"
        assert lines[-1].startswith("between them")
        assert "Sequential.0" in str(p.table("layer"))
        assert "linear gradient" in str(p)

    def test_roofline(self):
        from tensorlab.profiling import Row

        rates = Peak(flops=1e9, bandwidth=1e8)
        assert Row("compute", seconds=2.0, flops=10**9, bytes=1).roofline(rates) == 0.5
        assert Row("memory", seconds=4.0, flops=1, bytes=10**8).roofline(rates) == 0.25
        assert Row("nothing").roofline(rates) == 0

    def test_bad_arguments(self):
        p = self.made()
        with pytest.raises(ValueError, match="by must be"):
            p.rows("module")
        with pytest.raises(ValueError, match="limit"):
            p.table(limit=0)

    def test_trace(self, tmp_path):
        p = self.made()
        p.save_trace(tmp_path / "trace.json")
        trace = json.loads((tmp_path / "trace.json").read_text())
        spans = [event for event in trace["traceEvents"] if event["ph"] == "X"]
        assert len(spans) == len(p.events)
        assert spans[0]["args"]["layer"] == p.events[0].layer
        assert all(event["dur"] >= 0 for event in spans)


@on_numpy
class TestMemory:
    def test_what_is_kept_for_the_backward_pass(self):
        """Of tanh its result; of the linear layers their inputs, of which the first was there before."""
        model, x = nn.Sequential(nn.Linear(20, 30), nn.Tanh(), nn.Linear(30, 5)), tl.randn(100, 20)
        with tl.profile() as p:
            step(model, x)
        assert [(h.layer, h.nbytes) for h in p.ledger()] == [("Sequential.1", 100 * 30 * 4)]

    def test_a_checkpoint_keeps_less(self):
        """Nothing but its result, which lives anyway."""
        block, x = nn.Sequential(nn.Linear(50, 50), nn.Tanh(), nn.Linear(50, 50), nn.Tanh()), tl.randn(100, 50)

        def kept(function):
            with tl.profile() as p:
                y = function(x)
                y.sum()
            return sum(holder.nbytes for holder in p.ledger())

        assert kept(block) == 2 * 100 * 50 * 4
        assert kept(tl.checkpoint(block)) == 100 * 50 * 4

    def test_nothing_is_kept_without_gradients(self):
        with tl.profile() as p, tl.no_grad():
            network()(tl.randn(10, 20))
        assert p.ledger() == []

    def test_holders_at_the_peak(self):
        x = tl.ones(1000)
        with tl.profile() as p:
            y = x + 1
            z = y * 2
            del y
        assert {(h.name, h.nbytes) for h in p.holders()} == {("", 4000), ("add", 4000), ("multiply", 4000)}
        assert p.peak_bytes == 12_000
        assert z.shape == (1000,)

    def test_views_are_not_counted_twice(self):
        x = tl.ones(10, 100)
        with tl.profile() as p:
            y = x + 1
            views = [y.T, y[2:], y.reshape(-1)]
        assert p.peak_bytes == 8000
        assert len(views) == 3

    def test_the_peak_is_that_of_the_allocations(self):
        """But for what a gradient allocates and frees inside, here one array."""
        model, x = nn.Sequential(*[nn.Sequential(nn.Linear(64, 64), nn.Tanh()) for _ in range(8)]), tl.randn(2000, 64)
        step(model, x)
        model.zero_grad()
        gc.collect()
        with tl.profile() as p:
            step(model, x)
        model.zero_grad()
        gc.collect()
        tracemalloc.start()
        try:
            step(model, x)
            measured = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        before = x.nbytes + sum(parameter.nbytes for parameter in model.parameters())
        assert 0 <= measured - (p.peak_bytes - before) < 1.1 * x.nbytes

    def test_without_memory(self):
        with tl.profile(memory=False) as p:
            step(network(), tl.randn(4, 20))
        assert p.memory() == []
        assert p.peak_bytes == 0


@on_numpy
class TestPlans:
    def measured(self, model, x):
        with tl.profile() as p:
            out = model(x)
            out.sum().backward()
        return p

    @pytest.mark.parametrize(
        ("make", "shape"),
        [
            (network, (300, 20)),
            (tl.models.lenet5, (32, 1, 32, 32)),
            (lambda: nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout()), (20, 3, 12, 12)),
            (lambda: nn.TransformerEncoderLayer(16, 2, 32, batch_first=True), (24, 6, 16)),
        ],
        ids=["linear", "LeNet-5", "convolution", "Transformer"],
    )
    def test_predictions_come_true(self, make, shape):
        model = make()
        plan = tl.profiling.memory_plan(model, shape)
        p = self.measured(model, tl.zeros(shape))
        assert plan.peak == pytest.approx(p.peak_bytes, rel=0.02)
        found = {}
        for holder in p.ledger():
            found[holder.layer] = found.get(holder.layer, 0) + holder.nbytes
        assert sum(plan.saved.values()) == pytest.approx(sum(found.values()), rel=0.02)
        assert plan.parameters == sum(x.nbytes for x in [*model.parameters(), *model.buffers()])

    def test_checkpoints(self):
        """What a checkpoint of the block saves, and its price."""
        block = nn.Sequential(nn.Linear(40, 40), nn.Tanh(), nn.Linear(40, 40), nn.Sigmoid(), nn.Linear(40, 40))
        model = nn.Sequential(block, nn.Linear(40, 1))
        plan = tl.profiling.memory_plan(model, (100, 40))
        (found,) = (one for one in plan.checkpoints if one.layer == "Sequential.0")
        assert found.nbytes == 2 * 100 * 40 * 4
        flops = model.summary((100, 40)).rows
        inside = sum(row.flops for row in flops if row.path.startswith("0"))
        assert found.flops == inside
        assert found.share == pytest.approx(inside / sum(row.flops for row in flops))
        assert "checkpoints that would save most" in str(plan)

    def test_nothing_changes(self):
        model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout())
        before = {name: x.tolist() for name, x in model.state_dict().items()}
        tl.manual_seed(3)
        expected = tl.randn(3).tolist()
        tl.manual_seed(3)
        tl.profiling.memory_plan(model, (100, 4))
        assert tl.randn(3).tolist() == expected
        assert {name: x.tolist() for name, x in model.state_dict().items()} == before
        assert all(parameter.grad is None for parameter in model.parameters())

    @pytest.mark.parametrize("shapes", [((),), ((3, 2), (4, 2)), ()])
    def test_shapes_without_samples(self, shapes):
        with pytest.raises(ValueError, match="input_shapes must begin with one number of samples"):
            tl.profiling.memory_plan(network(), *shapes)


def test_peak_rates():
    rates = tl.profiling.peak("numpy")
    assert rates is tl.profiling.peak("numpy")  # measured once
    assert rates.seconds(rates.flops, 0) == 1
    assert rates.seconds(0, 2 * rates.bandwidth) == 2


def test_custom_gradients_are_timed():
    @tl.custom_gradient
    def straight(x):
        return tl.round(x), lambda g: g

    x = tensor(np.array([0.4, 1.6], "float32")).requires_grad_()
    with tl.profile() as p:
        straight(x).sum().backward()
    assert "straight" in {event.name for event in p.events if event.phase == "backward"}
