"""Small trainings, and what they are made of."""

import numpy as np

import tensorlab as tl
from tensorlab import nn, optim, train
from tensorlab.random.generator import Generator


def points(count=60, seed=0):
    """Return points and the class of each: two features, three classes."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 2))
    y = np.digitize(x[:, 0] + 0.5 * x[:, 1], [-0.5, 0.5])
    return tl.asarray(x, dtype=tl.float64), tl.asarray(y, dtype=tl.int64)


def network(seed=0, dropout=0.0):
    """Return a small classifier of float64."""
    tl.manual_seed(seed)
    return nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Dropout(dropout), nn.Linear(8, 3)).double()


class Accuracy:
    """The share of right answers, as a metric of three methods and two of state."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.right, self.count = 0, 0

    def update(self, outputs, targets):
        self.right = self.right + (outputs.argmax(axis=1) == targets).sum()
        self.count += len(targets)

    def compute(self):
        return float(self.right) / self.count

    def state_dict(self):
        return {"right": int(self.right), "count": self.count}

    def load_state_dict(self, state_dict):
        self.right, self.count = state_dict["right"], state_dict["count"]


class Shuffled:
    """Batches in a new order each time, with a position that can be saved, written apart from the DataLoader."""

    def __init__(self, x, y, batch_size=8, seed=0):
        self.x, self.y, self.batch_size, self.generator = x, y, batch_size, Generator(seed)
        self.used, self.start, self.is_continued = 0, self.generator.get_state(), False

    def __len__(self):
        return -(-len(self.x) // self.batch_size)

    def __iter__(self):
        if not self.is_continued:
            self.used, self.start = 0, self.generator.get_state()
        self.is_continued = False
        order = self.generator.permutation(len(self.x))
        for batch in range(self.used, len(self)):
            self.used = batch + 1
            indices = order[batch * self.batch_size : (batch + 1) * self.batch_size]
            yield tl.take(self.x, indices, axis=0), tl.take(self.y, indices, axis=0)
        self.used, self.start = 0, self.generator.get_state()

    def state_dict(self):
        return {"used": self.used, "start": {**self.start, "key": list(self.start["key"])}}

    def load_state_dict(self, state_dict):
        self.used, self.start = state_dict["used"], state_dict["start"]
        self.generator.set_state({**self.start, "key": tuple(self.start["key"])})
        self.is_continued = True


def data():
    """Return training and held-out batches."""
    x, y = points()
    held_out = points(30, seed=1)
    return Shuffled(x, y), [(held_out[0][:20], held_out[1][:20]), (held_out[0][20:], held_out[1][20:])]


def trainer(model=None, *, optimizer=None, loss=None, progress=False, **options):
    """Return a trainer of the small classifier."""
    model = network() if model is None else model
    optimizer = optim.Adam(model.parameters(), lr=0.02) if optimizer is None else optimizer
    return train.Trainer(model, loss or nn.CrossEntropyLoss(), optimizer, progress=progress, **options)


def elements(model):
    """Return a copy of all elements of a model's state dict."""
    return {name: np.array(value.to("numpy").numpy()) for name, value in model.state_dict().items()}


def assert_equal_models(found, expected):
    """Assert that two models, or what `elements` returned, are equal bit for bit."""
    found, expected = (x if isinstance(x, dict) else elements(x) for x in (found, expected))
    assert found.keys() == expected.keys()
    for name in found:
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)
