"""No mode outlives its block, whatever ends it: interrupts at any instruction, other threads, other contexts."""

import contextlib
import contextvars
import dis
import signal
import sys
import threading

import pytest

import tensorlab as tl
from tensorlab.autodiff import graph


def nested():
    x = tl.ones(2, requires_grad=True)
    with tl.no_grad():
        assert not (x * 2).requires_grad
        with tl.enable_grad(), tl.detect_anomaly():
            assert (x * 2).requires_grad
        assert not tl.is_grad_enabled()


class Interrupt:
    """Raises KeyboardInterrupt where CPython handles signals in graph.py: after calls, and where functions begin."""

    def __init__(self, countdown):
        self.countdown, self.previous = countdown, {}

    def __call__(self, frame, event, arg):
        if frame.f_code.co_filename != graph.__file__:
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


def test_interrupts_at_every_instruction():
    countdown, interrupted = 1, True
    before = sys.gettrace()
    while interrupted:
        try:
            sys.settrace(Interrupt(countdown))
            nested()
            interrupted = False
        except KeyboardInterrupt:
            sys.settrace(before)
            assert tl.is_grad_enabled()
            assert not graph.current_mode.get().anomalies
        finally:
            sys.settrace(before)
        countdown += 1
    assert countdown > 30


@pytest.mark.slow
def test_six_hundred_alarms():
    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for number in range(600):
            try:
                signal.setitimer(signal.ITIMER_REAL, 1e-4 + number * 1e-6)
                while True:
                    with tl.no_grad(), tl.enable_grad(), tl.no_grad():
                        pass
            except KeyboardInterrupt:
                assert tl.is_grad_enabled()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


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
