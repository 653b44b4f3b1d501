"""Loaders continue in the middle of an epoch: what comes is what would have come, bit for bit."""

import io

import pytest
from worker_cases import Augmented, AugmentedByTensorlab, Numbers, Part, PartWithState, told

import tensorlab as tl
from tensorlab.data import BatchSampler, DataLoader, DistributedSampler, RandomSampler, WeightedRandomSampler

KINDS = [
    {},
    {"num_workers": 1},
    {"num_workers": 3, "prefetch_factor": 4},
    {"num_workers": 2, "persistent_workers": True},
]
THREADS = [{"num_workers": 3, "worker_type": "thread"}]


def stored(state):
    """Return a state after a way through a file."""
    file = io.BytesIO()
    tl.save(state, file)
    file.seek(0)
    return tl.load(file)


def loader_of(dataset, seed=4, **options):
    return DataLoader(dataset, options.pop("batch_size", 4), generator=tl.Generator(seed), **options)


def interrupted(make, received, epochs_before=1, epochs_after=1):
    """Return what comes after some batches of an epoch and in later epochs, and the state at that moment."""
    loader = make()
    for _ in range(epochs_before):
        list(loader)
    batches = iter(loader)
    for _ in range(received):
        next(batches)
    state = loader.state_dict()
    expected = [told(list(batches)), *(told(list(loader)) for _ in range(epochs_after))]
    return stored(state), expected


class TestContinuing:
    @pytest.mark.parametrize("before", KINDS)
    @pytest.mark.parametrize("after", KINDS)
    def test_with_any_number_of_workers(self, before, after):
        """The complaint https://github.com/Lightning-AI/pytorch-lightning/issues/19764."""
        state, expected = interrupted(lambda: loader_of(Augmented(), shuffle=True, **before), 2)
        loader = loader_of(Augmented(), seed=99, shuffle=True, **after)
        loader.load_state_dict(state)
        assert [told(list(loader)), told(list(loader))] == expected
        assert len(expected[0]) == 4

    @pytest.mark.parametrize("received", range(7))
    @pytest.mark.parametrize("options", [*KINDS, *THREADS])
    def test_at_every_batch(self, received, options):
        state, expected = interrupted(lambda: loader_of(AugmentedByTensorlab(), shuffle=True), min(received, 6))
        loader = loader_of(AugmentedByTensorlab(), seed=5, shuffle=True, **options)
        loader.load_state_dict(state)
        assert loader.state_dict() == state
        assert [told(list(loader)), told(list(loader))] == expected
        assert len(expected[0]) == 6 - min(received, 6)

    def test_repeatedly(self):
        def make():
            return loader_of(Augmented(), shuffle=True, num_workers=2)

        _, (_, *expected) = interrupted(make, 0, 0, 2)
        found, state = [], None
        for _ in range(12):
            loader = make()
            if state is not None:
                loader.load_state_dict(state)
            batches = iter(loader)
            found.append(told(next(batches)))
            if len(found) % 6 == 0:
                assert next(batches, None) is None
            state = stored(loader.state_dict())
        whole = make()
        assert found == [batch for _ in range(2) for batch in told(list(whole))]
        assert found[6:] == expected[0]

    def test_between_epochs(self):
        loader = loader_of(Augmented(), shuffle=True)
        list(loader)
        state = stored(loader.state_dict())
        assert state["epoch"] is None
        again = loader_of(Augmented(), seed=7, shuffle=True)
        again.load_state_dict(state)
        assert told(list(again)) == told(list(loader))

    def test_before_the_first_epoch(self):
        loader, again = loader_of(Augmented(), shuffle=True), loader_of(Augmented(), seed=7, shuffle=True)
        again.load_state_dict(stored(loader.state_dict()))
        assert told(list(again)) == told(list(loader))

    def test_after_a_break(self):
        loader = loader_of(Numbers(), num_workers=2)
        for batch in loader:
            if told(batch)[0] == 8:
                break
        again = loader_of(Numbers())
        again.load_state_dict(loader.state_dict())
        assert told(list(again)) == [[12, 13, 14, 15], [16, 17, 18, 19], [20, 21, 22, 23]]

    @pytest.mark.parametrize("options", [*KINDS, *THREADS])
    def test_the_state_counts_what_was_received(self, options):
        loader = loader_of(Numbers(), **options)
        for number, _ in enumerate(loader, 1):
            assert loader.state_dict()["epoch"]["batches"] == number
        assert loader.state_dict()["epoch"] is None

    def test_samples_that_were_received_are_not_fetched_again(self):
        class Counted(Numbers):
            fetched = []

            def __getitem__(self, index):
                self.fetched.append(index)
                return index

        state, _ = interrupted(lambda: loader_of(Counted()), 4)
        Counted.fetched.clear()
        loader = loader_of(Counted())
        loader.load_state_dict(state)
        assert told(list(loader)) == [[16, 17, 18, 19], [20, 21, 22, 23]]
        assert Counted.fetched == list(range(16, 24))

    def test_with_the_default_generator(self):
        tl.manual_seed(2)
        loader = DataLoader(Augmented(), 4, shuffle=True)
        batches = iter(loader)
        next(batches)
        state = stored({"loader": loader.state_dict(), "random": tl.random.default_generator.state_dict()})
        expected = [told(list(batches)), told(list(loader))]
        tl.manual_seed(77)
        tl.random.default_generator.load_state_dict(state["random"])
        again = DataLoader(Augmented(), 4, shuffle=True, num_workers=2)
        again.load_state_dict(state["loader"])
        assert [told(list(again)), told(list(again))] == expected

    def test_a_failed_batch_comes_again(self):
        class Once(Numbers):
            failed = False

            def __getitem__(self, index):
                if index == 9 and not Once.failed:
                    Once.failed = True
                    raise OSError("the disk was away")
                return index

        loader = loader_of(Once())
        with pytest.raises(OSError, match="away"):
            list(loader)
        again = loader_of(Once())
        again.load_state_dict(loader.state_dict())
        assert told(next(iter(again))) == [8, 9, 10, 11]


class OwnRandom(tl.data.Sampler):
    """Draws from the default generator while it is iterated over."""

    def __iter__(self):
        for _ in range(12):
            yield int(tl.randint(0, 24, (1,)).item())


class Halves(tl.data.Sampler):
    """A sampler with a state of its own: it alternates between the halves."""

    def __init__(self):
        self.half = 0

    def __iter__(self):
        first, self.half = 12 * self.half, 1 - self.half
        return iter(range(first, first + 12))

    def state_dict(self):
        return {"half": self.half}

    def load_state_dict(self, state):
        self.half = state["half"]


def distributed(epoch=0):
    sampler = DistributedSampler(range(24), 2, 1, seed=3)
    sampler.set_epoch(epoch)
    return sampler


class TestSamplers:
    SAMPLERS = {
        "its own generator": lambda seed: {"sampler": RandomSampler(range(24), generator=tl.Generator(seed))},
        "replacement": lambda seed: {"sampler": RandomSampler(range(24), True, 30, tl.Generator(seed))},
        "weights": lambda seed: {"sampler": WeightedRandomSampler(range(24), 20, generator=tl.Generator(seed))},
        "weights from the default generator": lambda seed: {"sampler": WeightedRandomSampler(range(24), 20)},
        "batches": lambda seed: {
            "batch_sampler": BatchSampler(RandomSampler(range(24), generator=tl.Generator(seed)), 5, True),
            "batch_size": 1,
        },
        "the default generator": lambda seed: {"sampler": OwnRandom()},
        "its own state": lambda seed: {"sampler": Halves()},
        "a list": lambda seed: {"sampler": list(range(23, 0, -1))},
    }

    @pytest.mark.parametrize("name", SAMPLERS)
    @pytest.mark.parametrize("options", [{}, {"num_workers": 2}])
    def test_go_on(self, name, options):
        make = self.SAMPLERS[name]
        state, expected = interrupted(lambda: loader_of(AugmentedByTensorlab(), **make(1), **options), 2, 1, 2)
        loader = loader_of(AugmentedByTensorlab(), seed=8, **make(6))
        loader.load_state_dict(state)
        assert [told(list(loader)) for _ in range(3)] == expected

    def test_distributed(self):
        loader = loader_of(Numbers(), sampler=distributed(5))
        batches = iter(loader)
        next(batches)
        state, expected = stored(loader.state_dict()), told(list(batches))
        again = loader_of(Numbers(), sampler=distributed())
        again.load_state_dict(state)
        assert again.sampler.epoch == 5
        assert told(list(again)) == expected

    def test_the_epoch_that_is_set_later_counts(self):
        loader = loader_of(Numbers(), sampler=distributed(5))
        list(loader)
        again = loader_of(Numbers(), sampler=distributed())
        again.load_state_dict(loader.state_dict())
        again.sampler.set_epoch(6)
        assert [i for batch in again for i in told(batch)] == list(distributed(6))


class TestIterableDatasets:
    @pytest.mark.parametrize("dataset", [Part, PartWithState])
    @pytest.mark.parametrize("received", [0, 1, 3, 5, 7])
    @pytest.mark.parametrize(
        "options", [{}, {"num_workers": 1}, {"num_workers": 3}, {"num_workers": 3, "worker_type": "thread"}]
    )
    def test_go_on(self, dataset, received, options):
        def make(seed=4):
            return loader_of(dataset(26), seed, **options)

        state, expected = interrupted(make, received)
        loader = make(9)
        loader.load_state_dict(state)
        assert [told(list(loader)), told(list(loader))] == expected

    def test_with_a_state_nothing_is_made_again(self):
        loader = loader_of(PartWithState())
        batches = iter(loader)
        for _ in range(4):
            next(batches)
        dataset = PartWithState()
        again = loader_of(dataset)
        again.load_state_dict(stored(loader.state_dict()))
        assert told(list(again))[0][0] == [16, 17, 18, 19]
        assert dataset.made == 8

    def test_one_worker_goes_on_without(self):
        state, expected = interrupted(lambda: loader_of(PartWithState(), num_workers=1), 2)
        loader = loader_of(PartWithState(), seed=3)
        loader.load_state_dict(state)
        assert [told(list(loader)), told(list(loader))] == expected

    def test_other_numbers_of_workers_are_refused(self):
        loader = loader_of(Part(), num_workers=2)
        next(iter(loader))
        for other in (0, 3):
            with pytest.raises(ValueError, match=f"^load_state_dict: .* num_workers must be 2, not {other}$"):
                loader_of(Part(), num_workers=other).load_state_dict(loader.state_dict())

    def test_a_state_that_the_dataset_cannot_load_is_refused(self):
        loader = loader_of(PartWithState())
        next(iter(loader))
        with pytest.raises(ValueError, match=r"^load_state_dict: the state holds that of a dataset"):
            loader_of(Part()).load_state_dict(loader.state_dict())


class TestErrors:
    def state(self, **changes):
        loader = loader_of(Numbers())
        batches = iter(loader)
        next(batches)
        return {**loader.state_dict(), **changes}

    @pytest.mark.parametrize(
        ("changes", "error", "message"),
        [
            ({"epoch": 3}, TypeError, r"state_dict\['epoch'\] must be a mapping or None, not 3"),
            ({"epoch": {}}, ValueError, r"state_dict\['epoch'\] must be a dict with the entries 'seed', 'batches'"),
            ({"batch_size": 5}, ValueError, "the state is of a loader with batch_size=5, not 4"),
            ({"samples": 25}, ValueError, "the state is of a loader with samples=25, not 24"),
            ({"generator": None}, ValueError, "the state and the loader must both have a generator, or neither"),
            ({"sampler": "x"}, TypeError, r"state_dict\['sampler'\] must be a mapping, not 'x'"),
            ({"more": 1}, ValueError, "state_dict must be a dict with the entries 'epoch', 'sampler'"),
            (
                {"epoch": {"seed": -1, "batches": 0, "dataset": None}},
                ValueError,
                r"state_dict\['epoch'\]\['seed'\] must be an integer from 0 to",
            ),
            (
                {"epoch": {"seed": 1, "batches": 0, "dataset": {"workers": 1, "exhausted": [], "states": [None]}}},
                ValueError,
                "only one of the state and the loader is of an iterable dataset",
            ),
        ],
    )
    def test_wrong_states_change_nothing(self, changes, error, message):
        loader = loader_of(Numbers(), seed=6)
        before = loader.state_dict()
        with pytest.raises(error, match=f"^load_state_dict: {message}"):
            loader.load_state_dict(self.state(**changes))
        assert loader.state_dict() == before

    def test_not_a_state(self):
        with pytest.raises(TypeError, match=r"^load_state_dict: state_dict must be a mapping, not 3"):
            loader_of(Numbers()).load_state_dict(3)
