"""The networks and training steps to measure, written once for tensorlab and PyTorch, which are passed as `lib`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

Program = Callable[..., Any]
"""A program to time. One with a backward pass passes keyword arguments on to it."""


def mlp(lib: Any, sizes: tuple[int, ...]) -> Any:
    """Return linear layers of these sizes with ReLU between them."""
    layers: list[Any] = []
    for n_in, n_out in pairwise(sizes):
        layers += [lib.nn.Linear(n_in, n_out), lib.nn.ReLU()]
    return lib.nn.Sequential(*layers[:-1])


def lenet5(lib: Any) -> Any:
    """Return LeNet-5 for images of 32 x 32."""
    nn = lib.nn
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )


def train_step(model: Any, optimizer: Any, loss_function: Any, x: Any, y: Any, **how: Any) -> None:
    """Take one step of training."""
    optimizer.zero_grad()
    loss = loss_function(model(x), y)
    loss.backward(**how)
    optimizer.step()


def training(lib: Any, model: Any, x_shape: tuple[int, ...], classes: int, optimizer: str = "SGD") -> Program:
    """Return the training step of a classifier on random data; only the learning rate is not the default."""
    x, y = lib.randn(*x_shape), lib.randint(0, classes, (x_shape[0],))
    update = getattr(lib.optim, optimizer)(model.parameters(), lr=1e-3)
    return partial(train_step, model, update, lib.nn.CrossEntropyLoss(), x, y)


def mlp_training(sizes: tuple[int, ...], batch: int, optimizer: str = "SGD") -> Callable[[Any], Program]:
    """Return a builder of the training step of an MLP."""
    return lambda lib: training(lib, mlp(lib, sizes), (batch, sizes[0]), sizes[-1], optimizer)


def lenet5_training(batch: int = 64) -> Callable[[Any], Program]:
    """Return a builder of the training step of LeNet-5."""
    return lambda lib: training(lib, lenet5(lib), (batch, 1, 32, 32), 10)


def optimizer_step(shapes: Sequence[tuple[int, ...]], optimizer: str, **options: Any) -> Callable[[Any], Program]:
    """Return a builder of an optimizer's step, without forward and backward pass, on parameters of these shapes."""

    def build(lib: Any) -> Program:
        parameters = [lib.randn(*shape) for shape in shapes]
        for parameter in parameters:
            parameter.requires_grad_()
            parameter.grad = lib.randn(*parameter.shape)
        update = getattr(lib.optim, optimizer)(parameters, lr=1e-3, **options)
        return lambda **how: update.step()

    return build


MANY_SMALL: Sequence[tuple[int, ...]] = [(32, 32)] * 200
FEW_LARGE: Sequence[tuple[int, ...]] = [(1024, 1024)] * 4
