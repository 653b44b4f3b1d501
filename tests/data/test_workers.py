"""Workers of data loaders: the same batches as without, whatever workers are and however they are started."""

# ruff: noqa: NPY002  # NumPy's global generator is one of those that loaders seed

import gc
import multiprocessing
import os
import random
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest
from worker_cases import (
    Arrays,
    Augmented,
    AugmentedByTensorlab,
    Failing,
    Numbers,
    Part,
    PartWithState,
    Slow,
    TwoArguments,
    told,
)

import tensorlab as tl
from tensorlab.data import DataLoader, TensorDataset, get_worker_info

KINDS = [
    {"num_workers": 1},
    {"num_workers": 3},
    {"num_workers": 2, "persistent_workers": True},
    {"num_workers": 3, "prefetch_factor": 5},
    {"num_workers": 3, "worker_type": "thread"},
    {"num_workers": 2, "worker_type": "thread", "persistent_workers": True},
]
PROCESSES = [options for options in KINDS if "worker_type" not in options]
started_anew = pytest.mark.skipif(
    tl.active_backend().name == "strict", reason="the backend is registered in this process alone"
)
forking = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")


def epochs(dataset, count=2, seed=4, **options):
    loader = DataLoader(dataset, options.pop("batch_size", 5), generator=tl.Generator(seed), **options)
    return [[told(batch) for batch in loader] for _ in range(count)]


@pytest.fixture(autouse=True)
def nothing_left_behind():
    yield
    gc.collect()
    assert multiprocessing.active_children() == []
    assert [thread for thread in threading.enumerate() if thread.name.startswith("DataLoader")] == []


class TestSameBatches:
    @pytest.mark.parametrize("options", PROCESSES)
    def test_random_augmentation_is_the_same_for_any_number_of_processes(self, options):
        assert epochs(Augmented(), shuffle=True, **options) == epochs(Augmented(), shuffle=True)

    @pytest.mark.parametrize("options", KINDS)
    def test_and_for_threads_that_draw_from_tensorlab(self, options):
        assert epochs(AugmentedByTensorlab(), shuffle=True, **options) == epochs(AugmentedByTensorlab(), shuffle=True)

    @started_anew
    @pytest.mark.slow
    @pytest.mark.parametrize("method", ["spawn", "forkserver"])
    def test_processes_that_are_started_anew(self, method):
        if method not in multiprocessing.get_all_start_methods():
            pytest.skip("not available here")
        options = {"num_workers": 2, "multiprocessing_context": method, "persistent_workers": True}
        assert epochs(Augmented(), shuffle=True, **options) == epochs(Augmented(), shuffle=True)

    @pytest.mark.parametrize("options", [{}, *KINDS])
    def test_workers_epochs_and_batches_repeat_no_augmentation(self, options):
        """The complaint https://github.com/pytorch/pytorch/issues/5059."""
        found = epochs(AugmentedByTensorlab(), **options)
        numbers = [tuple(row) for epoch in found for batch in epoch for row in batch[1]]
        assert len(set(numbers)) == len(numbers) == 48

    def test_nor_do_numpys_and_pythons_generators(self):
        found = epochs(Augmented(), num_workers=2)
        for column in (2, 3, 4):
            numbers = [number for epoch in found for batch in epoch for number in batch[column]]
            assert len(set(numbers)) == len(numbers) == 48

    @pytest.mark.parametrize("options", KINDS)
    def test_structures_and_large_arrays_arrive(self, options):
        assert epochs(Arrays(), **options) == epochs(Arrays())

    @pytest.mark.parametrize("options", KINDS)
    def test_batches_own_their_memory(self, options):
        batches = list(DataLoader(Arrays(), 2, **options))
        assert [told(batch)["x"][0][0][0] for batch in batches] == list(range(0, 24, 2))
        batches[0]["x"][...] = 5.0
        assert batches[0]["pair"][0].tolist() == [[0, 0, 0], [1, 1, 1]]

    def test_sizes_that_grow_and_shrink(self):
        dataset = [np.full(size, size, "float32") for size in (10, 100_000, 20, 300_000, 50_000, 5, 400_000, 1, 70_000)]
        for _ in range(2):
            found = list(DataLoader(dataset, None, num_workers=2))
            assert [(x.size, x[0], x[-1]) for x in found] == [(x.size, x.size, x.size) for x in dataset]

    @pytest.mark.parametrize("options", KINDS)
    def test_single_samples_and_samplers(self, options):
        assert list(DataLoader(Numbers(), None, **options)) == list(range(24))
        assert told(list(DataLoader(Numbers(), 2, sampler=[3, 1, 5], **options))) == [[3, 1], [5]]
        assert told(list(DataLoader(Numbers(), batch_sampler=[[3], tl.tensor([1, 5])], **options))) == [[3], [1, 5]]
        assert next(iter(DataLoader(Numbers(), 3, collate_fn=sum, **options))) == 3

    def test_no_batches(self):
        assert list(DataLoader([], 2, num_workers=2)) == []
        assert list(DataLoader(Numbers(), 2, sampler=[], num_workers=2, worker_type="thread")) == []

    def test_more_workers_than_batches(self):
        assert told(list(DataLoader(Numbers(3), 2, num_workers=4))) == [[0, 1], [2]]


class TestOutsideGenerators:
    @pytest.mark.parametrize("options", [{}, *KINDS])
    def test_are_not_touched(self, options):
        before = random.getstate(), np.random.get_state()[1].tolist(), np.random.get_state()[2:]
        stream = tl.random.default_generator.get_state()
        epochs(Augmented(), 1, shuffle=True, **options)
        after = random.getstate(), np.random.get_state()[1].tolist(), np.random.get_state()[2:]
        assert tl.random.default_generator.get_state() == stream
        if options.get("worker_type") != "thread":
            assert after == before

    def test_the_default_generator_draws_the_same_beside_a_loader(self):
        tl.manual_seed(1)
        expected = tl.rand(3).tolist()
        tl.manual_seed(1)
        list(DataLoader(Augmented(), 4, shuffle=True))
        assert tl.rand(3).tolist() == expected

    def test_manual_seed_determines_the_order(self):
        orders = []
        for _ in range(2):
            tl.manual_seed(8)
            loader = DataLoader(Numbers(50), 50, shuffle=True)
            orders.append([told(next(iter(loader))) for _ in range(2)])
        assert orders[0] == orders[1]
        assert orders[0][0] != orders[0][1]


def initialised(worker):
    info = get_worker_info()
    assert info.id == worker
    info.dataset.count = 6


class Informed(Numbers):
    def __getitem__(self, index):
        info = get_worker_info()
        return info.id, info.num_workers, info.seed, info.dataset is self


def fail_to_begin(worker):
    raise ValueError(f"worker {worker} cannot begin")


class TestInfo:
    @pytest.mark.parametrize("kind", ["process", "thread"])
    def test_workers_know_themselves(self, kind):
        loader = DataLoader(Informed(), None, num_workers=3, worker_type=kind, persistent_workers=True)
        first, second = list(loader), list(loader)
        assert {sample[0] for sample in first} <= {0, 1, 2}
        assert {sample[1::2] for sample in first} == {(3, True)}
        seeds = {(sample[0], sample[2]) for sample in first}, {(sample[0], sample[2]) for sample in second}
        assert seeds[0].isdisjoint(seeds[1])
        assert len({seed for _, seed in seeds[0]}) == len(seeds[0])
        assert get_worker_info() is None

    @pytest.mark.parametrize("kind", ["process", "thread"])
    def test_worker_init_fn(self, kind):
        dataset = Part()
        loader = DataLoader(dataset, 3, num_workers=2, worker_type=kind, worker_init_fn=initialised)
        assert sorted(number for batch in loader for number in batch[0].tolist()) == list(range(6))
        assert dataset.count == 24

    @pytest.mark.parametrize("kind", ["process", "thread"])
    def test_worker_init_fn_that_fails(self, kind):
        loader = DataLoader(Numbers(), num_workers=2, worker_type=kind, worker_init_fn=fail_to_begin)
        with pytest.raises(ValueError, match="worker 0 cannot begin"):
            next(iter(loader))

    @forking
    def test_processes_compute_with_one_thread(self):
        threadpoolctl = pytest.importorskip("threadpoolctl")

        class Threads(Numbers):
            def __getitem__(self, index):
                pools = [pool for pool in threadpoolctl.threadpool_info() if "numpy.libs" in pool["filepath"]]
                return max([pool["num_threads"] for pool in pools], default=1)

        if tl.active_backend().name == "numpy":
            assert set(DataLoader(Threads(4), None, num_workers=2, multiprocessing_context="fork")) == {1}

    @forking
    def test_large_arrays_in_forked_processes_beside_a_thread_pool(self):
        """Threads do not survive a fork: a worker that waited for them would hang."""
        assert (tl.rand(1 << 20) + 1).sum().item() > 0

        class Computing(Numbers):
            def __getitem__(self, index):
                return (tl.ones(1 << 20) + index).sum() / (1 << 20) + tl.ones(300, 300).matmul(tl.ones(300, 300))[0, 0]

        loader = DataLoader(Computing(4), 2, num_workers=2, multiprocessing_context="fork", timeout=20)
        assert told(list(loader)) == [[301, 302], [303, 304]]


class TestIterableDatasets:
    @pytest.mark.parametrize("options", [{}, {"num_workers": 1}, {"num_workers": 1, "worker_type": "thread"}])
    def test_one_worker_gives_the_batches_of_none(self, options):
        assert epochs(Part(), **options) == epochs(Part())
        assert told(list(DataLoader(Part(7), 3, drop_last=True, **options)))[1][0] == [3, 4, 5]
        assert [sample[0] for sample in DataLoader(Part(4), None, **options)] == [0, 1, 2, 3]

    @pytest.mark.parametrize("options", KINDS)
    def test_parts_take_turns(self, options):
        if options["num_workers"] != 3:
            pytest.skip("the parts are those of three workers")
        batches = [batch[0] for batch in epochs(Part(20), 1, batch_size=3, **options)[0]]
        assert batches == [
            [0, 3, 6], [1, 4, 7], [2, 5, 8], [9, 12, 15], [10, 13, 16], [11, 14, 17], [18], [19],
        ]  # fmt: skip

    def test_without_parts_every_worker_yields_everything(self):
        class Whole(tl.data.IterableDataset):
            def __iter__(self):
                return iter(range(3))

        loader = DataLoader(Whole(), 2, num_workers=2, worker_type="thread")
        assert sorted(told(list(loader))) == [[0, 1], [0, 1], [2], [2]]

    def test_workers_without_samples(self):
        assert sorted(x[0].item() for x in DataLoader(Part(2), 1, num_workers=4)) == [0, 1]

    def test_length(self):
        class Sized(Part):
            def __len__(self):
                return self.count

        assert len(DataLoader(Sized(7), 2)) == 4
        assert len(DataLoader(Sized(7), 2, drop_last=True)) == 3
        assert len(DataLoader(Sized(7), None)) == 7
        with pytest.raises(TypeError, match="Part does not define __len__"):
            len(DataLoader(Part(), 2))

    @pytest.mark.parametrize("options", [{"shuffle": True}, {"sampler": [0]}, {"batch_sampler": [[0]]}])
    def test_have_an_order_of_their_own(self, options):
        with pytest.raises(ValueError, match=r"^DataLoader: an iterable dataset determines the order"):
            DataLoader(Part(), **options)


class TestErrors:
    @pytest.mark.parametrize("options", [{"num_workers": 2}, {"num_workers": 2, "multiprocessing_context": "spawn"}])
    def test_of_a_process_shows_its_traceback_and_the_sample(self, options):
        if options.get("multiprocessing_context") and tl.active_backend().name == "strict":
            pytest.skip("the backend is registered in this process alone")
        with pytest.raises(ZeroDivisionError) as caught:
            list(DataLoader(Failing(ZeroDivisionError, "nothing"), 4, **options))
        text = str(caught.value)
        assert text.startswith("nothing\n\nRaised in worker ")
        assert "a process which had the indices [4, 5, 6, 7]" in text
        assert 'worker_cases.py", line' in text
        assert "raise self.kind" in text
        assert text.endswith("Raised by sample 7 of Failing.")

    def test_of_a_thread_is_the_error_itself(self):
        with pytest.raises(TwoArguments, match=r"^1 and 2") as caught:
            list(DataLoader(Failing(TwoArguments, 1, 2), 4, num_workers=2, worker_type="thread"))
        assert caught.value.__notes__[0] == "Raised by sample 7 of Failing."
        assert "a thread which had the indices [4, 5, 6, 7]" in caught.value.__notes__[1]
        assert any(frame.name == "__getitem__" for frame in caught.traceback)

    def test_without_workers(self):
        with pytest.raises(ZeroDivisionError) as caught:
            list(DataLoader(Failing(ZeroDivisionError, "nothing"), 4))
        assert caught.value.__notes__ == ["Raised by sample 7 of Failing."]

    @pytest.mark.parametrize(
        ("error", "kind"),
        [
            ((KeyError, "key"), KeyError),
            ((OSError, 2, "missing"), FileNotFoundError),
            ((TwoArguments, 1, 2), RuntimeError),
            ((UnicodeDecodeError, "utf-8", b"x", 0, 1, "bad"), RuntimeError),
            ((tl.ShapeError, "shapes"), tl.ShapeError),
            ((StopIteration,), RuntimeError),
            ((AssertionError,), AssertionError),
        ],
    )
    def test_keep_their_class_where_it_takes_a_text(self, error, kind):
        with pytest.raises(kind) as caught:
            list(DataLoader(Failing(*error), 4, num_workers=1))
        assert type(caught.value) is kind
        assert "Raised by sample 7 of Failing." in str(caught.value)
        assert "\n" in str(caught.value)

    @forking
    def test_of_a_local_class(self):
        class Local(Exception):
            pass

        with pytest.raises(RuntimeError, match="Raised by sample 7"):
            list(DataLoader(Failing(Local, "here"), 4, num_workers=1, multiprocessing_context="fork"))

    @pytest.mark.parametrize("options", [{}, *KINDS])
    def test_the_iteration_can_go_on(self, options):
        batches, found = iter(DataLoader(Failing(ValueError, "bad"), 4, **options)), []
        for _ in range(6):
            try:
                found.append(told(next(batches))[0])
            except ValueError:
                found.append("error")
        assert found == [0, "error", 8, 12, 16, 20]
        assert list(batches) == []
        assert list(batches) == []

    def test_of_a_batch_that_cannot_be_sent(self):
        with pytest.raises(Exception, match="could not send the batch 0"):
            list(DataLoader(Numbers(), 4, collate_fn=lambda samples: lambda: samples, num_workers=1))

    def test_of_a_tensor_with_history(self):
        weight = tl.ones(1, requires_grad=True)
        loader = DataLoader(Numbers(), 4, collate_fn=lambda samples: weight * sum(samples), num_workers=1)
        with pytest.raises(RuntimeError, match="detach it first"):
            list(loader)

    def test_of_a_dataset_that_cannot_be_pickled(self):
        class Local(Numbers):
            pass

        loader = DataLoader(Local(), num_workers=2, multiprocessing_context="spawn")
        with pytest.raises((AttributeError, TypeError), match="pickle"):
            iter(loader)

    def test_of_a_sampler(self):
        def order():
            yield from (1, 2)
            raise ValueError("no more order")

        class Broken(tl.data.Sampler):
            def __iter__(self):
                return order()

        with pytest.raises(ValueError, match="no more order"):
            list(DataLoader(Numbers(), 1, sampler=Broken(), num_workers=2))

    @pytest.mark.parametrize("options", [{"num_workers": 1}, {"num_workers": 1, "worker_type": "thread"}])
    def test_a_batch_that_takes_too_long(self, options):
        batches = iter(DataLoader(Slow(4, 0.3), 2, timeout=0.1, **options))
        with pytest.raises(TimeoutError, match=r"worker 0, which has the indices \[0, 1\], after timeout=0.1 seconds"):
            next(batches)
        time.sleep(0.8)
        assert told(next(batches)) == [0, 1]

    def test_two_iterations_with_persistent_workers(self):
        loader = DataLoader(Numbers(), 2, num_workers=2, persistent_workers=True)
        first = iter(loader)
        next(first)
        assert len(list(loader)) == 12
        with pytest.raises(RuntimeError, match="another iteration has begun with the same persistent workers"):
            list(first)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"prefetch_factor": 2}, "prefetch_factor requires workers, but num_workers is 0"),
            ({"persistent_workers": True}, "persistent_workers requires workers"),
            ({"multiprocessing_context": "spawn"}, "multiprocessing_context requires workers"),
            (
                {"multiprocessing_context": "spawn", "num_workers": 1, "worker_type": "thread"},
                "multiprocessing_context requires processes",
            ),
            ({"num_workers": -1}, "num_workers must be a non-negative integer"),
            ({"num_workers": 1, "timeout": -1}, "timeout must be a non-negative number"),
            ({"num_workers": 1, "prefetch_factor": 0}, "prefetch_factor must be a positive integer"),
            ({"num_workers": 1, "worker_type": "fibre"}, "worker_type must be 'process' or 'thread'"),
            ({"num_workers": 1, "multiprocessing_context": "x"}, "multiprocessing_context must be 'fork', 'spawn'"),
        ],
    )
    def test_of_options(self, options, message):
        with pytest.raises(ValueError, match=f"^DataLoader: {message}"):
            DataLoader(Numbers(), **options)


class TestDevices:
    @pytest.mark.parametrize("options", [{}, *KINDS])
    def test_batches_are_moved(self, options, other_backend):
        for batch in DataLoader(Arrays(), 5, device=other_backend, **options):
            assert batch["x"].device.backend == batch["pair"][1][0].device.backend == other_backend
            assert isinstance(batch["name"], list)

    def test_values_are_those_of_the_host(self, other_backend):
        found = told(list(DataLoader(Arrays(), 5, device=other_backend, num_workers=2)))
        assert found == told(list(DataLoader(Arrays(), 5)))

    def test_pin_memory_needs_a_gpu(self):
        with pytest.warns(UserWarning, match="pin_memory has no effect without a GPU"):
            loader = DataLoader(Numbers(), 2, pin_memory=True, device="numpy")
        assert len(list(loader)) == 12

    def test_unknown_devices_are_refused(self):
        with pytest.raises((tl.BackendError, tl.BackendUnavailable, ValueError), match="nowhere"):
            DataLoader(Numbers(), device="nowhere")


def test_persistent_workers_are_kept():
    loader = DataLoader(Numbers(), 2, num_workers=2, persistent_workers=True)
    list(loader)
    first = {child.pid for child in multiprocessing.active_children()}
    next(iter(loader))
    assert len(first) == 2
    list(loader)
    assert {child.pid for child in multiprocessing.active_children()} == first


def test_iterating_over_tensors_costs_no_seeding(monkeypatch):
    monkeypatch.setattr(random, "seed", lambda *args: pytest.fail("seeded"))
    parts = tl.data.Subset(TensorDataset(tl.arange(6)), [1, 2, 5])
    assert len(list(DataLoader(parts + parts, 2))) == 3
    with pytest.raises(pytest.fail.Exception):
        list(DataLoader(Augmented(), 2))


@pytest.mark.slow
def test_datasets_of_a_program_under_spawn(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(
        textwrap.dedent(
            """
            import tensorlab as tl

            class Own(tl.data.Dataset):
                def __len__(self):
                    return 6

                def __getitem__(self, index):
                    return tl.full((2,), index)

            if __name__ == "__main__":
                loader = tl.data.DataLoader(Own(), 3, num_workers=2, multiprocessing_context="spawn")
                print([batch[:, 0].tolist() for batch in loader])
            """
        )
    )
    found = subprocess.run(
        [sys.executable, "-W", "error", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "TENSORLAB_BACKEND": "numpy"},
    )
    assert (found.stdout, found.stderr) == ("[[0, 1, 2], [3, 4, 5]]\n", "")


def test_state_of_iterable_datasets_is_not_needed_to_iterate():
    assert epochs(PartWithState(), num_workers=2) == epochs(Part(), num_workers=2)
