"""The table of benchmark cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

import tensorlab as tl
from tensorlab.autodiff.graph import watched

from . import machine
from .harness import Contender
from .loading import tensors_in_memory, waiting_for_samples
from .models import FEW_LARGE, MANY_SMALL, Program, lenet5_training, mlp_training, optimizer_step
from .transforms import PROGRAMS as TRANSFORMS

Builder = Callable[[Any], Program]
Expression = Callable[[Any, Any, Any], Any]


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes
    ----------
    group, name : str
        Title of its group, and its name.
    build : callable
        ``build(lib)`` returns the program, which can be run repeatedly; `lib` is tensorlab, PyTorch or NumPy.
    numpy : bool
        Whether NumPy can run it, too.
    counted : bool
        Whether its floating-point operations are counted.
    """

    group: str
    name: str
    build: Builder
    numpy: bool = False
    counted: bool = True

    def contenders(self, backend_name: str) -> dict[str, Contender]:
        """Return tensorlab on a backend, and if available PyTorch on the same device, and NumPy."""
        gpu = machine.on_gpu(backend_name)
        with tl.use_backend(backend_name) as backend:
            found = {"tensorlab": Contender(self.build(tl), backend.synchronize)}
        torch = machine.torch_module()
        if torch and not gpu:
            with suppress(ImportError):  # of torchvision, for transforms
                found["PyTorch"] = Contender(self.build(torch))
        elif torch and torch.cuda.is_available():
            with torch.device("cuda"):
                found["PyTorch"] = Contender(self.build(torch), torch.cuda.synchronize)
        if self.numpy and not gpu:
            found["NumPy"] = Contender(self.build(np))
        return found

    def flops(self) -> int | None:
        """Return the floating-point operations of one run, according to the records of its ops."""
        return count_flops(self.build(tl)) if self.counted else None


def count_flops(program: Program) -> int:
    """Return the sum over all ops in a program; a backward pass is run with `create_graph`, so that it is observed."""
    total = 0

    def count(op: Any, operands: tuple[Any, ...], params: Mapping[str, Any], result: Any) -> None:
        nonlocal total
        shapes = [getattr(x, "shape", ()) for x in operands if x is not None]
        out = tuple(part.shape for part in result) if isinstance(result, tuple) else result.shape
        total += op.flops(shapes, out, params)

    with watched(count):
        program(create_graph=True)
    return total


# -- products ---------------------------------------------------------------------------------------------------------


def _forward_and_backward(function: Program, leaves: tuple[Any, ...], seed: Any, **how: Any) -> None:
    for leaf in leaves:
        leaf.grad = None
    function(*leaves).backward(seed, **how)


def _with_gradients(function: Program, leaves: tuple[Any, ...], lib: Any) -> Program:
    """Return a program that computes a function of leaves and all its gradients."""
    for leaf in leaves:
        leaf.requires_grad_()
    seed = lib.randn(*function(*leaves).shape)
    return partial(_forward_and_backward, function, leaves, seed)


def _forward(function: Program, leaves: tuple[Any, ...], **how: Any) -> None:
    function(*leaves)


def _program(function: Program, leaves: tuple[Any, ...], lib: Any, gradients: bool) -> Program:
    return _with_gradients(function, leaves, lib) if gradients else partial(_forward, function, leaves)


def matmul(n: int, gradients: bool) -> Builder:
    return lambda lib: _program(lib.matmul, (lib.randn(n, n), lib.randn(n, n)), lib, gradients)


def convolution(x: tuple[int, ...], w: tuple[int, ...], gradients: bool, **geometry: int) -> Builder:
    """Return a builder of a convolution in any number of dimensions; `x` and `w` are shapes of images and filters."""

    def build(lib: Any) -> Program:
        function = partial(getattr(lib.nn.functional, f"conv{len(x) - 2}d"), **geometry)
        return _program(function, (lib.randn(*x), lib.randn(*w), lib.randn(w[0])), lib, gradients)

    return build


DIRECTIONS = {False: "forward", True: "forward and backward"}

MATMUL_SIZES = (64, 128, 256, 512, 1024, 2048)

CONVOLUTIONS: list[tuple[str, tuple[int, ...], tuple[int, ...], dict[str, int]]] = [
    ("LeNet 1: 1→6, 5×5, batch 64", (64, 1, 32, 32), (6, 1, 5, 5), {}),
    ("LeNet 2: 6→16, 5×5, batch 64", (64, 6, 14, 14), (16, 6, 5, 5), {}),
    ("LeNet 3: 16→120, 5×5 on 5×5, batch 64", (64, 16, 5, 5), (120, 16, 5, 5), {}),
    ("CIFAR: 32→64, 3×3 on 32×32, batch 32", (32, 32, 32, 32), (64, 32, 3, 3), {"padding": 1}),
    ("ResNet: 64→64, 3×3 on 56×56, batch 8", (8, 64, 56, 56), (64, 64, 3, 3), {"padding": 1}),
    ("ResNet: 128→128, 3×3 on 28×28, batch 8", (8, 128, 28, 28), (128, 128, 3, 3), {"padding": 1}),
    ("ResNet: 256→256, 3×3 on 14×14, batch 8", (8, 256, 14, 14), (256, 256, 3, 3), {"padding": 1}),
    ("ResNet: 512→512, 3×3 on 7×7, batch 8", (8, 512, 7, 7), (512, 512, 3, 3), {"padding": 1}),
    ("ResNet: 256→64, 1×1 on 56×56, batch 8", (8, 256, 56, 56), (64, 256, 1, 1), {}),
    ("ResNet stem: 3→64, 7×7 / 2 on 224×224, batch 8", (8, 3, 224, 224), (64, 3, 7, 7), {"stride": 2, "padding": 3}),
    ("1-d: 64→64, 5 on 1024, batch 16", (16, 64, 1024), (64, 64, 5), {"padding": 2}),
    ("3-d: 16→32, 3×3×3 on 16×32×32, batch 4", (4, 16, 16, 32, 32), (32, 16, 3, 3, 3), {"padding": 1}),
]


# -- small ops --------------------------------------------------------------------------------------------------------


def small_op(expression: Expression, shape: tuple[int, ...] = (32,), traced: bool = False) -> Builder:
    """Return a builder of an expression of the library and two arrays, both traced or both not."""

    def build(lib: Any) -> Program:
        x, y = (lib.asarray(_values(shape, seed), dtype=lib.float32) for seed in (0, 1))
        for leaf in (x, y) if traced else ():
            leaf.requires_grad_()
        return partial(expression, lib, x, y)

    return build


def _values(shape: tuple[int, ...], seed: int) -> Any:
    return np.random.default_rng(seed).uniform(0.5, 1.5, shape).astype(np.float32)


def chain_of_20(lib: Any, x: Any, y: Any) -> Any:
    for _ in range(5):
        x = lib.tanh(x * y + y) - y
    return x


def chain_with_gradients(lib: Any) -> Program:
    leaves = tuple(lib.asarray(_values((32,), seed), dtype=lib.float32) for seed in (0, 1))
    return _with_gradients(partial(chain_of_20, lib), leaves, lib)


SMALL_OPS: dict[str, tuple[Expression, tuple[int, ...]]] = {
    "x * y, 32 floats": (lambda lib, x, y: x * y, (32,)),
    "exp(x), 32 floats": (lambda lib, x, y: lib.exp(x), (32,)),
    "x.sum(), 32 floats": (lambda lib, x, y: x.sum(), (32,)),
    "x @ y, 64×64": (lambda lib, x, y: x @ y, (64, 64)),
}

OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "SGD with momentum": ("SGD", {"momentum": 0.9}),
    "RMSprop": ("RMSprop", {}),
    "Adam": ("Adam", {}),
    "AdamW": ("AdamW", {}),
}

CASES: list[Case] = [
    *[
        Case("matmul", f"{n}×{n}, {how}", matmul(n, gradients))
        for gradients, how in DIRECTIONS.items()
        for n in MATMUL_SIZES
    ],
    *[
        Case("convolution", f"{name}, {how}", convolution(x, w, gradients, **geometry))
        for name, x, w, geometry in CONVOLUTIONS
        for gradients, how in DIRECTIONS.items()
    ],
    Case("training step", "MLP 8-16-4, batch 1, SGD", mlp_training((8, 16, 4), 1)),
    Case("training step", "MLP 64-64-64-10, batch 32, Adam", mlp_training((64, 64, 64, 10), 32, "Adam")),
    Case("training step", "MLP 784-1024-1024-10, batch 256, SGD", mlp_training((784, 1024, 1024, 10), 256)),
    Case("training step", "LeNet-5, batch 64, SGD", lenet5_training(64)),
    *[
        Case("optimizer step", f"{words}, {how}", optimizer_step(shapes, name, **options), counted=False)
        for words, (name, options) in OPTIMIZERS.items()
        for how, shapes in {"200 of 32×32": MANY_SMALL, "four 1024×1024": FEW_LARGE}.items()
    ],
    *[
        Case("small op", f"{name}, untraced", small_op(expression, shape), numpy=True, counted=False)
        for name, (expression, shape) in SMALL_OPS.items()
    ],
    *[
        Case("small op", f"{name}, traced", small_op(expression, shape, traced=True), counted=False)
        for name, (expression, shape) in SMALL_OPS.items()
    ],
    Case("small op", "chain of 20, 32 floats, untraced", small_op(chain_of_20), counted=False),
    Case("small op", "chain of 20, 32 floats, forward and backward", chain_with_gradients, counted=False),
    Case("data loader", "tensors in memory, a batch of 32", tensors_in_memory(), counted=False),
    Case("data loader", "tensors in memory, a batch of 32, 2 workers", tensors_in_memory(2), counted=False),
    Case("data loader", "80 samples of 5 ms", waiting_for_samples(0), counted=False),
    Case("data loader", "80 samples of 5 ms, 4 processes", waiting_for_samples(4), counted=False),
    Case("data loader", "80 samples of 5 ms, 4 threads", waiting_for_samples(4, threads=True), counted=False),
    *[Case("transforms", name, build, counted=False) for name, build in TRANSFORMS.items()],
]
