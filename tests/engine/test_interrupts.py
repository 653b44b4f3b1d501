"""No setting outlives its block, whatever ends it: interrupts at any instruction, other threads, other contexts."""

import asyncio
import contextlib
import contextvars
import copy
import dis
import gc
import signal
import sys
import threading
import time
import weakref

import pytest

import tensorlab as tl
from tensorlab import blocks, nn
from tensorlab.autodiff import graph
from tensorlab.backend import registry
from tensorlab.nn.utils import parametrize


def nested():
    x = tl.ones(2, requires_grad=True)
    with tl.no_grad():
        assert not (x * 2).requires_grad
        with tl.enable_grad(), tl.detect_anomaly():
            assert (x * 2).requires_grad
        assert not tl.is_grad_enabled()


FILES = {module.__file__ for module in (blocks, graph, registry, parametrize)}


class Interrupt:
    """Raises KeyboardInterrupt where CPython handles signals in these files: after calls, and where functions begin."""

    def __init__(self, countdown):
        self.countdown, self.previous = countdown, {}

    def __call__(self, frame, event, arg):
        if frame.f_code.co_filename not in FILES:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            before = self.previous.get(frame, "RESUME")
            self.previous[frame] = dis.opname[frame.f_code.co_code[frame.f_lasti]]
            if before.startswith(("CALL", "RESUME")):
                self.countdown -= 1
                if not self.countdown:
                    raise KeyboardInterrupt
        return self


def interrupted_at_every_instruction(body, check):
    """Run `body` again and again, each time with an interrupt one place further; return how many there were."""
    countdown, interrupted = 1, True
    before = sys.gettrace()
    sys._getframe().f_trace_opcodes = True  # Python 3.12 has to know before a trace is set
    while interrupted:
        interrupt = Interrupt(countdown)
        try:
            sys.settrace(interrupt)
            body()
            interrupted = False
        except KeyboardInterrupt:
            sys.settrace(before)
        finally:
            sys.settrace(before)
        interrupt.previous.clear()  # frames, which hold their variables
        check()
        countdown += 1
    return countdown


def test_interrupts_at_every_instruction():
    def check():
        assert tl.is_grad_enabled()
        assert graph.current_mode.get().around_pull is None

    assert interrupted_at_every_instruction(nested, check) > 30


@pytest.fixture
def other(monkeypatch):
    """A block with another backend than the active one."""
    before = tl.active_backend()
    monkeypatch.setitem(registry._instances, "other", copy.copy(before))
    change = tl.use_backend("other")
    with change:  # the call began a block: now it does not concern the process
        assert tl.active_backend() is not before
    assert tl.active_backend() is before
    return change


def test_interrupts_of_the_other_settings(other):
    before = tl.active_backend()
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))

    def body():
        with parametrize.cached():
            assert layer.weight is layer.weight
            with other as backend:
                assert tl.active_backend() is backend is not before

    def check():
        assert tl.active_backend() is before
        assert layer.weight is not layer.weight

    assert interrupted_at_every_instruction(body, check) > 20


def repeated(body, seconds):
    """Call `body` for a time; a function, as Python 3.13 does not cover the jump of a loop by a ``try`` around it."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        body()


def interrupted_by_alarms(body, check, alarms=300):
    """Run `body` again and again until an alarm comes, each time a little later.

    Python ignores an alarm that comes while a finalizer runs, so that it is not waited for.
    """

    def interrupt(*_):
        raise KeyboardInterrupt

    body()  # imports what it needs
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for number in range(alarms):
            try:
                signal.setitimer(signal.ITIMER_REAL, 1e-4 + number * 1e-6)
                repeated(body, 0.05)
            except KeyboardInterrupt:
                check()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.slow
def test_six_hundred_alarms():
    def body():
        with tl.no_grad(), tl.enable_grad(), tl.no_grad():
            pass

    def check():
        assert tl.is_grad_enabled()

    interrupted_by_alarms(body, check, 600)
    interrupted_by_alarms(tl.no_grad()(lambda: None), check, 600)


def holding():
    with tl.no_grad():
        yield


def test_a_generator_that_another_thread_closes():
    generator = holding()
    next(generator)
    assert not tl.is_grad_enabled()
    seen = []

    def close():
        generator.close()
        seen.append(tl.is_grad_enabled())

    thread = threading.Thread(target=close)
    thread.start()
    thread.join()
    assert seen == [True]
    assert tl.is_grad_enabled()
    assert (tl.ones(1, requires_grad=True) * 2).requires_grad


def test_a_generator_that_another_context_closes():
    generator = holding()
    next(generator)
    contextvars.Context().run(generator.close)
    assert tl.is_grad_enabled()


def test_blocks_that_end_in_another_order():
    first, second = holding(), holding()
    next(first)
    next(second)
    first.close()
    assert not tl.is_grad_enabled()
    second.close()
    assert tl.is_grad_enabled()


def test_calls_of_enter_and_exit_and_exit_stacks():
    change = tl.no_grad()
    change.__enter__()
    with change:
        assert not tl.is_grad_enabled()
    assert not tl.is_grad_enabled()
    change.__exit__(None, None, None)
    assert tl.is_grad_enabled()
    with contextlib.ExitStack() as stack:
        stack.enter_context(change)
        stack.enter_context(change)
        assert not tl.is_grad_enabled()
    assert tl.is_grad_enabled()


def test_one_instance_in_two_threads():
    change, entered, leave = tl.no_grad(), threading.Event(), threading.Event()

    def hold():
        with change:
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    entered.wait(10)
    with change:
        leave.set()
        thread.join()
        assert not tl.is_grad_enabled()
    assert tl.is_grad_enabled()


def closed_by_another_thread(generator):
    next(generator)
    thread = threading.Thread(target=generator.close)
    thread.start()
    thread.join()


def test_generators_with_other_settings_that_another_thread_closes(other):
    def holding():
        with parametrize.cached(), other:
            yield

    before = tl.active_backend()
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))
    closed_by_another_thread(holding())
    assert tl.active_backend() is before
    assert layer.weight is not layer.weight


def test_a_block_that_begins_while_another_is_entered():
    """As a finalizer or a signal handler may do, between the reading of `__exit__` and the call of `__enter__`."""

    class Interrupted(tl.no_grad):
        def changed(self, mode):
            with tl.enable_grad():
                assert tl.is_grad_enabled()
            return super().changed(mode)

    with Interrupted():
        assert not tl.is_grad_enabled()
    assert tl.is_grad_enabled()
    change = tl.no_grad()
    leave = change.__exit__
    with tl.enable_grad(), contextlib.ExitStack() as stack:
        stack.enter_context(tl.enable_grad())
        assert tl.is_grad_enabled()
    change.__enter__()
    assert not tl.is_grad_enabled()
    leave(None, None, None)
    assert tl.is_grad_enabled()


def test_exits_that_are_read_and_dropped():
    change = tl.no_grad()
    for _ in range(1000):
        assert hasattr(change, "__exit__")
    change.__enter__()
    assert not tl.is_grad_enabled()
    change.__exit__(None, None, None)
    assert tl.is_grad_enabled()


def test_cached_tensors_are_released_at_the_end_of_the_block():
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))
    with parametrize.cached():
        weight = weakref.ref(layer.weight)
        assert weight() is not None
    gc.collect()
    assert weight() is None


def test_decorated_coroutine_functions():
    enabled = []

    @tl.no_grad()
    async def body():
        enabled.append(tl.is_grad_enabled())
        await asyncio.sleep(0)
        enabled.append(tl.is_grad_enabled())
        try:
            await asyncio.sleep(10)
        finally:
            enabled.append(tl.is_grad_enabled())
        return 3

    async def main():
        coroutine = body()
        assert coroutine.send(None) is None
        assert tl.is_grad_enabled()
        coroutine.close()
        task = asyncio.create_task(body())
        for _ in range(4):
            await asyncio.sleep(0)
            assert tl.is_grad_enabled()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert tl.is_grad_enabled()

    asyncio.run(main())
    assert enabled == [False] * 4


def test_results_and_errors_of_decorated_coroutine_functions():
    @tl.no_grad()
    async def half(x):
        await asyncio.sleep(0)
        return 1 / x

    assert asyncio.iscoroutinefunction(half)
    assert asyncio.run(half(2)) == 0.5
    with pytest.raises(ZeroDivisionError):
        asyncio.run(half(0))
    assert tl.is_grad_enabled()


def test_asynchronous_generators_are_refused():
    async def body():
        yield 1

    with pytest.raises(TypeError, match="no_grad cannot decorate the asynchronous generator body; write a with"):
        tl.no_grad()(body)


def test_backends_and_caches_as_decorators(other):
    before = tl.active_backend()

    @tl.use_backend("other")
    def inside():
        return tl.active_backend()

    assert tl.active_backend() is before
    assert inside() is not before
    assert tl.active_backend() is before
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))
    assert parametrize.cached()(lambda: layer.weight is layer.weight)()


def test_a_backend_block_that_is_used_again_leaves_the_process_alone(other):
    before = tl.active_backend()
    tl.use_backend("other")
    with other:
        pass
    assert tl.active_backend() is not before
    tl.use_backend(before.name)


def test_interrupts_of_functional_calls():
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    before = [*model.parameters(), *model.buffers()]
    given = {name: tl.zeros_like(value) for name, value in model.state_dict().items()}

    def check():
        assert all(x is y for x, y in zip([*model.parameters(), *model.buffers()], before, strict=True))

    interrupted_by_alarms(lambda: nn.functional_call(model, given, tl.ones(4, 2)), check)


def test_interrupts_of_update_bn():
    model = nn.Sequential(nn.BatchNorm1d(2, momentum=0.3), nn.Dropout(), nn.BatchNorm1d(2, momentum=0.4)).eval()

    def check():
        assert [layer.training for layer in model.modules()] == [False] * 4
        assert (model[0].momentum, model[2].momentum) == (0.3, 0.4)
        assert tl.is_grad_enabled()

    interrupted_by_alarms(lambda: tl.optim.swa_utils.update_bn([tl.ones(4, 2)], model), check)


def test_interrupts_of_the_second_run_of_a_checkpoint():
    first = True

    def function(x):
        nonlocal first
        if not first:
            raise KeyboardInterrupt
        first = False
        return x * tl.rand(2)

    loss = tl.checkpoint(function)(tl.ones(2, requires_grad=True)).sum()
    state = tl.random.default_generator.get_state()
    with pytest.raises(KeyboardInterrupt):
        loss.backward()
    assert tl.random.default_generator.get_state() == state


def test_a_step_of_sam_after_one_that_was_interrupted_on_the_way_back():
    parameter = tl.tensor([1.0, 2.0], requires_grad=True)
    optimizer = tl.optim.SAM([parameter], lr=0.1)
    parameter.grad = tl.ones(2)
    optimizer.first_step()  # as it is left then
    starts = []

    def closure():
        starts.append(parameter.detach().clone().tolist())
        parameter.grad = tl.zeros(2)
        return tl.tensor(0.0)

    optimizer.step(closure)
    assert starts == [[1.0, 2.0], [1.0, 2.0]]
    assert parameter.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_continuing_after_an_interrupted_step(name):
    """As the docstring of `Optimizer.step` shows."""

    def trained(interrupted):
        tl.manual_seed(0)
        model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 200))
        optimizer = getattr(tl.optim, name)(model.parameters(), lr=0.1)
        for step in range(4):
            optimizer.zero_grad()
            model(tl.ones(1, 2)).square().sum().backward()
            saved = copy.deepcopy([model.state_dict(), optimizer.state_dict()])
            if interrupted and step == 2:
                optimizer.step()
                model[0].weight.detach()[...] = 5.0
                model.load_state_dict(saved[0])
                optimizer.load_state_dict(saved[1])
            optimizer.step()
        return [parameter.tolist() for parameter in model.parameters()]

    assert trained(True) == trained(False)
