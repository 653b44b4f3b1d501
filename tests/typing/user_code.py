"""What a user's program looks like to type checkers: `make lint` runs mypy and pyright on it; it is never executed.

Lines that must be refused carry a ``type: ignore``, which both checkers report where it is superfluous.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

import tensorlab as tl
from tensorlab import Tensor, nn, optim, train
from tensorlab.nn import functional as F

x = tl.randn(3, 4)
y = tl.ones(3, 4)
array = np.ones((3, 4), dtype=np.float32)

# -- making tensors ----------------------------------------------------------------------------------------------------

assert_type(x, Tensor)
assert_type(tl.tensor([1.0, 2.0], requires_grad=True), Tensor)
assert_type(tl.asarray(array), Tensor)
assert_type(tl.from_numpy(array), Tensor)
assert_type(tl.zeros((2, 3)), Tensor)
assert_type(tl.zeros_like(x), Tensor)
assert_type(tl.full((2,), 1.5), Tensor)
assert_type(tl.arange(10), Tensor)
assert_type(tl.linspace(0, 1, 5), Tensor)
assert_type(tl.eye(3), Tensor)
assert_type(tl.meshgrid(tl.arange(2), tl.arange(3)), list[Tensor])
assert_type(tl.random.Generator(0).normal((2,)), Tensor)

# -- elementwise -------------------------------------------------------------------------------------------------------

assert_type(tl.exp(x), Tensor)
assert_type(tl.sqrt(x), Tensor)
assert_type(tl.tanh(x), Tensor)
assert_type(tl.sigmoid(x), Tensor)
assert_type(tl.relu(x), Tensor)
assert_type(tl.erf(x), Tensor)
assert_type(tl.add(x, y), Tensor)
assert_type(tl.add(x, 1), Tensor)
assert_type(tl.add(1.5, x), Tensor)
assert_type(tl.pow(x, 2), Tensor)
assert_type(tl.maximum(x, 0.0), Tensor)
assert_type(tl.where(x > 0, x, 0.0), Tensor)
assert_type(tl.where(x > 0, 1.0, 0.0), Tensor)
assert_type(tl.clip(x, 0.0, 1.0), Tensor)
assert_type(tl.isfinite(x), Tensor)
assert_type(tl.logical_and(x > 0, x < 1), Tensor)
assert_type(tl.lerp(x, y, 0.5), Tensor)

# -- reductions --------------------------------------------------------------------------------------------------------

assert_type(tl.sum(x), Tensor)
assert_type(tl.sum(x, axis=0, keepdims=True), Tensor)
assert_type(tl.mean(x, axis=(0, 1)), Tensor)
assert_type(tl.max(x, axis=-1), Tensor)
assert_type(tl.std(x, axis=0, correction=1), Tensor)
assert_type(tl.argmax(x, axis=1), Tensor)
assert_type(tl.any(x > 0), Tensor)
assert_type(tl.logsumexp(x, axis=-1), Tensor)
assert_type(tl.cumulative_sum(x, axis=0), Tensor)
assert_type(tl.nanmean(x), Tensor)
assert_type(tl.quantile(x, 0.5, axis=0), Tensor)
assert_type(tl.median(x), Tensor)

# -- shapes, joining, indexing -----------------------------------------------------------------------------------------

assert_type(tl.reshape(x, (4, 3)), Tensor)
assert_type(tl.permute_dims(x, (1, 0)), Tensor)
assert_type(tl.broadcast_to(x, (2, 3, 4)), Tensor)
assert_type(tl.expand_dims(x, axis=0), Tensor)
assert_type(tl.squeeze(x[None], axis=0), Tensor)
assert_type(tl.astype(x, tl.float64), Tensor)
assert_type(tl.concat([x, y], axis=0), Tensor)
assert_type(tl.stack([x, y]), Tensor)
assert_type(tl.split(x, 2, axis=1), tuple[Tensor, ...])
assert_type(tl.unstack(x), tuple[Tensor, ...])
assert_type(tl.roll(x, 1), Tensor)
assert_type(tl.tile(x, (2, 1)), Tensor)
assert_type(tl.pad(x, 1), Tensor)
assert_type(tl.take(x, tl.arange(2), axis=0), Tensor)
assert_type(tl.nonzero(x), tuple[Tensor, ...])
assert_type(tl.sort(x, axis=0), Tensor)
assert_type(tl.topk(x, 2).values, Tensor)
assert_type(tl.unique_values(x), Tensor)
assert_type(tl.searchsorted(tl.arange(5), tl.arange(3)), Tensor)
assert_type(x[0], Tensor)
assert_type(x[:, None, ..., 1:2], Tensor)
assert_type(x[x > 0], Tensor)
x[0] = 1.0

# -- products, linear algebra, Fourier transforms ----------------------------------------------------------------------

assert_type(tl.matmul(x, y.T), Tensor)
assert_type(tl.einsum("ij,kj->ik", x, y), Tensor)
assert_type(tl.tensordot(x, y, axes=2), Tensor)
assert_type(tl.vecdot(x, y), Tensor)
assert_type(tl.outer(x[0], y[0]), Tensor)
assert_type(tl.linalg.inv(x[:, :3]), Tensor)
assert_type(tl.linalg.solve(x[:, :3], y[:, :3]), Tensor)
assert_type(tl.linalg.svd(x).S, Tensor)
assert_type(tl.linalg.qr(x).Q, Tensor)
assert_type(tl.linalg.eigh(x[:, :3]).eigenvalues, Tensor)
assert_type(tl.linalg.vector_norm(x), Tensor)
assert_type(tl.linalg.det(x[:, :3]), Tensor)
assert_type(tl.fft.rfft(x), Tensor)
assert_type(tl.fft.ifft(tl.fft.fft(x)), Tensor)

# -- operators, methods, properties ------------------------------------------------------------------------------------

assert_type(x + y, Tensor)
assert_type(2 * x, Tensor)
assert_type(1 / x, Tensor)
assert_type(x**2, Tensor)
assert_type(x @ y.T, Tensor)
assert_type(-x, Tensor)
assert_type(abs(x), Tensor)
assert_type(x == y, Tensor)
assert_type(x < 0.5, Tensor)
assert_type(~(x > 0), Tensor)
assert_type(x.T, Tensor)
assert_type(x.mT, Tensor)
assert_type(x.real, Tensor)
assert_type(x.sum(), Tensor)
assert_type(x.sum(axis=0, keepdims=True), Tensor)
assert_type(x.mean(axis=-1), Tensor)
assert_type(x.exp(), Tensor)
assert_type(x.reshape(4, 3), Tensor)
assert_type(x.view(-1), Tensor)
assert_type(x.permute(1, 0), Tensor)
assert_type(x.transpose(0, 1), Tensor)
assert_type(x.flatten(), Tensor)
assert_type(x.unsqueeze(0), Tensor)
assert_type(x.astype("float64"), Tensor)
assert_type(x.to("cpu"), Tensor)
assert_type(x.float(), Tensor)
assert_type(x.detach(), Tensor)
assert_type(x.clone(), Tensor)
assert_type(x.sort(), Tensor)
assert_type(x.argmax(axis=0), Tensor)
assert_type(x.softmax(axis=-1), Tensor)
assert_type(x.requires_grad_(), Tensor)
assert_type(x.backward(), None)
assert_type(x.grad, Tensor | None)
assert_type(x.shape, tuple[int, ...])
assert_type(x.ndim, int)
assert_type(x.dtype, tl.DType)
assert_type(x.device, tl.Device)
assert_type(x.requires_grad, bool)
assert_type(x.nelement(), int)
assert_type(x.dim(), int)
assert_type(float(x.sum()), float)
assert_type(len(x), int)
assert_type(iter(x), Iterator[Tensor])
assert_type(list(x), list[Tensor])

# -- arrays in, arrays out ---------------------------------------------------------------------------------------------

assert_type(tl.exp(array), NDArray[Any])
assert_type(tl.sum(array, axis=0), NDArray[Any])
assert_type(tl.matmul(array, array), NDArray[Any])
assert_type(F.relu(array), NDArray[Any])
assert_type(x.numpy(), NDArray[Any])

# -- derivatives -------------------------------------------------------------------------------------------------------


def loss(w: Tensor) -> Tensor:
    return (w**2).sum()


def loss_of_tree(w: dict[str, Tensor], scale: float) -> Tensor:
    return (w["a"] * scale).sum()


@tl.checkpoint
def block(z: Tensor, power: int = 2) -> Tensor:
    return z**power


assert_type(tl.grad(loss)(x), Tensor)
assert_type(tl.grad(loss)(2.0), Tensor)
second = tl.grad(tl.grad(loss))
assert_type(second(x), Tensor)
slope: Tensor = tl.grad(lambda z: (z.sin() * z).sum())(x)  # exact for pyright, Any for mypy
assert_type(tl.value_and_grad(loss)(x), tuple[Tensor, Tensor])
assert_type(tl.grad(loss_of_tree)({"a": x}, 2.0), dict[str, Tensor])
assert_type(tl.hessian(loss)(x), Tensor)
assert_type(tl.jacobian(loss)(x), Tensor)
assert_type(tl.hvp(loss, (x,), (y,)), Tensor)
assert_type(tl.jvp(loss, (x,), (y,)), tuple[Tensor, Tensor])
assert_type(tl.vjp(loss, x)[0], Tensor)
assert_type(block(x, power=3), Tensor)

# -- layers ------------------------------------------------------------------------------------------------------------

assert_type(nn.Linear(3, 4), nn.Linear)
assert_type(nn.Linear(3, 4)(x), Tensor)
assert_type(nn.Linear(3, 4).weight, nn.Parameter)
assert_type(nn.Conv2d(1, 4, 3, padding="same")(x), Tensor)
assert_type(nn.BatchNorm2d(4)(x), Tensor)
assert_type(nn.LayerNorm(4)(x), Tensor)
assert_type(nn.Embedding(10, 4)(tl.arange(3)), Tensor)
assert_type(nn.ReLU()(x), Tensor)
assert_type(nn.GELU(approximate="tanh")(x), Tensor)
assert_type(nn.Softmax(axis=-1)(x), Tensor)
assert_type(nn.Dropout(0.1)(x), Tensor)
assert_type(nn.AvgPool2d(2)(x), Tensor)
assert_type(nn.LSTM(4, 8)(x), tuple[Tensor, tuple[Tensor, Tensor]])
assert_type(nn.GRU(4, 8)(x), tuple[Tensor, Tensor])
assert_type(nn.MultiheadAttention(4, 2)(x, x, x), tuple[Tensor, Tensor | None])
assert_type(nn.CrossEntropyLoss(label_smoothing=0.1)(x, tl.arange(3)), Tensor)
assert_type(nn.SmoothL1Loss(beta=0.5, reduction="sum")(x, y), Tensor)
assert_type(nn.SmoothL1Loss(beta=0.5).beta, float)
assert_type(nn.Sequential(nn.Linear(4, 8), nn.ReLU()).state_dict(), dict[str, Tensor])
assert_type(nn.Sequential(nn.Linear(4, 8), nn.ReLU())(x), Tensor)
assert_type(nn.Linear(3, 4).eval(), nn.Linear)
assert_type(nn.Linear(3, 4).to("cpu"), nn.Linear)
assert_type(F.softmax(x, axis=-1), Tensor)
assert_type(F.cross_entropy(x, tl.arange(3)), Tensor)
assert_type(F.mse_loss(x, y, reduction="sum"), Tensor)
assert_type(F.conv2d(x, y, padding=1), Tensor)
assert_type(F.linear(x, y), Tensor)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(4, 8)
        self.out = nn.Linear(8, 2)

    def forward(self, x: Tensor, scale: float = 1.0) -> Tensor:
        return self.out(self.hidden(x).relu()) * scale


net = Net()
assert_type(net(x), Tensor)
assert_type(net(x, scale=2.0), Tensor)
assert_type(net.train(), Net)
assert_type(list(net.parameters()), list[nn.Parameter])

# -- optimizers --------------------------------------------------------------------------------------------------------

optimizer = optim.Adam(net.parameters(), lr=1e-3, betas=(0.9, 0.99))
assert_type(optimizer, optim.Adam)
assert_type(optimizer.step(), None)
assert_type(optimizer.zero_grad(), None)
optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True)
optim.SGD([{"params": net.parameters(), "lr": 1e-2}, {"params": [x]}], lr=0.1)
optim.SGD(net.named_parameters(), lr=0.1)
optim.lr_scheduler.StepLR(optimizer, 10).step()

# -- training ----------------------------------------------------------------------------------------------------------


class Largest(train.Callback):
    def on_train_batch_end(self, trainer: train.Trainer, batch: Any, batch_idx: int) -> None:
        self.largest = trainer.last_loss


pairs = [(x, y), (x, y)]
trainer = train.Trainer(
    net, nn.MSELoss(), optimizer, callbacks=[Largest(), train.EarlyStopping("valid_loss")], clip=1.0
)
assert_type(trainer.fit(pairs, pairs, epochs=3, resume=True), list[dict[str, Any]])
assert_type(trainer.evaluate(pairs), dict[str, Any])
for epoch in trainer.epochs(3):
    assert_type(epoch, int)
    for inputs, targets in trainer.batches(pairs):
        trainer.step(F.mse_loss(net(inputs), targets))
assert_type(train.compare_runs("a", "b").is_equal, bool)
trainer.fit(pairs, epoch=3)  # type: ignore[call-arg]

# -- distributions -----------------------------------------------------------------------------------------------------

distributions = tl.distributions
normal = distributions.Normal(0.0, tl.ones(2), validate_args=True)
joint = distributions.Independent(normal.expand((3, 2)), 1)
squashed = distributions.TransformedDistribution(joint, [distributions.transforms.TanhTransform(cache_size=1)])
assert_type(normal.expand((3, 2)), distributions.Normal)
assert_type(joint.batch_shape + joint.event_shape, tuple[int, ...])
assert_type(squashed.log_prob(squashed.rsample((5,))), Tensor)
assert_type(normal.mean + normal.stddev, Tensor)
assert_type(distributions.kl_divergence(normal, distributions.Normal(0.0, 1.0)), Tensor)
assert_type(distributions.biject_to(distributions.constraints.positive)(x), Tensor)
distributions.Normal(0.0)  # type: ignore[call-arg]
distributions.Bernoulli(prob=0.5)  # type: ignore[call-arg]

# -- what must be refused ----------------------------------------------------------------------------------------------

x.foo()  # type: ignore[attr-defined]
tl.exp(x, y)  # type: ignore[call-arg]
tl.sum(x, dim=0)  # type: ignore[call-arg]
tl.matmul(x)  # type: ignore[call-arg]
x.sum(dim=0)  # type: ignore[call-arg]
x.reshape(4, 3).undefined()  # type: ignore[attr-defined]
nn.Linear(3)  # type: ignore[call-arg]
nn.Linear(3, 4)(x, y)  # type: ignore[call-arg]
nn.SmoothL1Loss(betta=1.0)  # type: ignore[call-arg]
nn.SmoothL1Loss(reduction="average")  # type: ignore[arg-type]
net(x, factor=2.0)  # type: ignore[call-arg]
optim.Adam(net.parameters(), learning_rate=0.1)  # type: ignore[call-arg]
step: Callable[[Tensor], int] = tl.exp  # type: ignore[assignment]

# -- PyTorch's names ---------------------------------------------------------------------------------------------------

assert_type(tl.cat([x, y], 1), Tensor)
assert_type(tl.clamp(x, 0.0, 1.0), Tensor)
assert_type(tl.gather(x, 1, tl.argmax(x, 1)), Tensor)
assert_type(tl.chunk(x, 2), tuple[Tensor, ...])
assert_type(tl.masked_fill(x, x > 0, 0.0), Tensor)
assert_type(x.add_(y, alpha=2), Tensor)
assert_type(x.clamp_(min=0.0).mul_(2.0), Tensor)
assert_type(x.copy_(y).zero_(), Tensor)
assert_type(x.register_hook(lambda g: 2 * g).remove(), None)
assert_type(x.new_zeros((2, 3)), Tensor)
assert_type(tl.einsum(x, [0, 1], y, [2, 1]), Tensor)
