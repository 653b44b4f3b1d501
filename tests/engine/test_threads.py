"""The state of the engine belongs to a thread; parameters may be shared."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from helpers import assert_close, leaf, tensor

import tensorlab as tl


def in_thread(function):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


def test_no_grad_stays_in_its_thread():
    x = leaf(1.0)
    with tl.no_grad():
        assert in_thread(lambda: ((x * 2).requires_grad, tl.is_grad_enabled())) == (True, True)
        assert not (x * 2).requires_grad


def test_threads_have_modes_of_their_own():
    entered, leave = threading.Event(), threading.Event()

    def hold():
        with tl.no_grad():
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    entered.wait(10)
    try:
        assert tl.is_grad_enabled()
    finally:
        leave.set()
        thread.join()


def test_use_backend_stays_in_its_thread(other_backend):
    active = tl.active_backend().name
    with tl.use_backend(other_backend):
        assert in_thread(lambda: tl.active_backend().name) == active
        assert tl.active_backend().name == other_backend


def test_anomaly_detection_stays_in_its_thread():
    with tl.detect_anomaly(), np.errstate(all="ignore"):
        assert np.isnan(in_thread(lambda: quiet_log(-1.0)))


def quiet_log(x):
    with np.errstate(all="ignore"):
        return tl.log(tensor(x)).item()


@pytest.fixture
def hasty():
    """Let threads take turns a thousand times as often as usual."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("hasty")
def test_concurrent_backward_passes_through_shared_parameters():
    """Each thread has its own graph; no gradient is lost in the sum."""
    w = leaf(np.ones(50))
    threads, repeats = 8, 50
    barrier = threading.Barrier(threads)

    def work(scale):
        barrier.wait()
        for _ in range(repeats):
            (w * scale).sum().backward()

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))
    assert_close(w.grad, np.full(50, repeats * sum(range(threads)), "float64"))


def test_concurrent_transforms():
    def work(seed):
        x = tensor(np.random.default_rng(seed).normal(size=5))
        return tl.hessian(lambda y: (tl.sin(y) * tl.exp(y)).sum())(x).numpy(), x.numpy()

    with ThreadPoolExecutor(4) as pool:
        for found, x in pool.map(work, range(20)):
            np.testing.assert_allclose(found, np.diag(2 * np.exp(x) * np.cos(x)), atol=1e-12)


def test_first_use_of_an_op_in_many_threads():
    """The threads fill the kernel tables at the same time."""
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda i: tl.cumulative_prod(tensor([1.0, 2.0, i])).tolist()[-1], range(64)))
    assert results == [2.0 * i for i in range(64)]
