"""A shape mismatch names the op, both shapes and the axes that disagree: the words themselves."""

import pytest

import tensorlab as tl
from tensorlab import ShapeError
from tensorlab.ops.convolution import convolution
from tensorlab.ops.loss import softmax_cross_entropy
from tensorlab.ops.pooling import avg_pool, max_pool


def conv(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
    n = len(w) - 2
    return convolution(
        tl.zeros(x), tl.zeros(w), None if b is None else tl.zeros(b), stride=(stride,) * n,
        padding=((padding, padding),) * n, dilation=(dilation,) * n, groups=groups,
    )  # fmt: skip


def z(*shape):
    return tl.zeros(shape)


CASES = [
    (lambda: z(2, 3) @ z(2, 3),
     "matmul of shapes (2, 3) and (2, 3): axis -1 of the first has length 3, axis -2 of the second 2; they must be "
     "equal"),
    (lambda: z(2, 3) @ z(4),
     "matmul of shapes (2, 3) and (4,): axis -1 of the first has length 3, axis 0 of the second 4; they must be equal"),
    (lambda: z() @ z(3),
     "matmul takes arrays of at least 1 axis, not shapes () and (3,); multiply scalars with *"),
    (lambda: z(2, 2, 3) @ z(3, 3, 4),
     "matmul: shapes (2,) and (3,) do not broadcast: axis -1 has lengths 2 and 3, which must be equal or 1"),
    (lambda: z(2, 3) + z(2, 4),
     "add: shapes (2, 3) and (2, 4) do not broadcast: axis -1 has lengths 3 and 4, which must be equal or 1"),
    (lambda: tl.where(z(5) > 0, z(2, 3), z(3)),
     "where: shapes (5,) and (2, 3) and (3,) do not broadcast: axis -1 has lengths 3 and 5, which must be equal or 1"),
    (lambda: tl.concat([z(2, 3), z(3, 3)], axis=1),
     "concat along axis 1: array 0 has shape (2, 3), array 1 has (3, 3); they differ in axis 0"),
    (lambda: tl.concat([z(2, 3), z(3)]),
     "concat along axis 0: array 0 has shape (2, 3), array 1 has (3,); they differ in the number of axes"),
    (lambda: tl.stack([z(2), z(3)]),
     "stack: array 0 has shape (2,), array 1 has (3,); they must be equal"),
    (lambda: conv((1, 4, 8, 8), (6, 3, 3, 3)),
     "convolution expects 3 channels on axis 1 of the images (filters of shape (6, 3, 3, 3)), but images of shape "
     "(1, 4, 8, 8) have 4"),
    (lambda: conv((1, 8, 8, 3), (6, 3, 3, 3)),
     "convolution expects 3 channels on axis 1 of the images (filters of shape (6, 3, 3, 3)), but images of shape "
     "(1, 8, 8, 3) have 8; this looks like channels-last, which x.permute(0, 3, 1, 2) corrects"),
    (lambda: conv((1, 3, 8), (6, 2, 3), groups=2),
     "convolution expects 4 channels on axis 1 of the images (filters of shape (6, 2, 3), 2 groups), but images of "
     "shape (1, 3, 8) have 3"),
    (lambda: conv((1, 4, 8), (5, 2, 3), groups=2),
     "convolution: 5 output channels do not divide into 2 groups (filters (5, 2, 3))"),
    (lambda: conv((1, 3, 2), (4, 3, 3), dilation=2, padding=1),
     "convolution: a window of length 5 does not fit axis 2 of images of shape (1, 3, 2) with padding (1, 1)"),
    (lambda: conv((3, 8), (4, 3, 3)),
     "convolution: images of shape (3, 8) and filters of shape (4, 3, 3) differ in the number of axes"),
    (lambda: conv((1, 3, 8), (4, 3, 3), (3,)),
     "convolution: bias of shape (3,) does not match filters of shape (4, 3, 3): it must be (4,)"),
    (lambda: tl.linear(z(2, 5), z(4, 3)),
     "linear expects inputs with 3 features on the last axis (weight has shape (4, 3): out, in), not shape (2, 5)"),
    (lambda: tl.linear(z(2, 3), z(4, 3), z(3)),
     "linear: bias of shape (3,) does not match weight (4, 3): it must be (4,)"),
    (lambda: z(2, 3).reshape(4, 2),
     "reshape: 6 elements of shape (2, 3) do not fill shape (4, 2)"),
    (lambda: z(2, 3).reshape(-1, 4),
     "reshape: 6 elements of shape (2, 3) do not fill shape (-1, 4)"),
    (lambda: z(2, 3).permute(0, 0),
     "permute: axes (0, 0) are not a permutation of the axes of shape (2, 3)"),
    (lambda: tl.broadcast_to(z(2, 3), (3, 3)),
     "broadcast_to: shapes (2, 3) and (3, 3) do not broadcast: axis -2 has lengths 2 and 3, which must be equal or 1"),
    (lambda: tl.broadcast_to(z(2, 3), (3,)),
     "broadcast_to: shape (2, 3) does not broadcast to (3,)"),
    (lambda: tl.sum(z(2, 3), axis=2),
     "sum: axis 2 is out of range for 2 axes"),
    (lambda: tl.sum(z(2, 3), axis=(0, -2)),
     "sum: axis (0, -2) names an axis twice"),
    (lambda: tl.squeeze(z(2, 1), axis=0),
     "squeeze: axis 0 of shape (2, 1) has length 2, not 1"),
    (lambda: tl.matrix_transpose(z(2)),
     "matrix_transpose needs at least 2 axes, not shape (2,)"),
    (lambda: z(2, 3, 4).T,
     ".T is for 2 axes, not shape (2, 3, 4); use .mT or .permute(...)"),
    (lambda: tl.split(z(5), 2),
     "split: an axis of length 5 does not divide into 2 equal pieces"),
    (lambda: tl.vecdot(z(2), z(3)),
     "vecdot: axis -1 of shapes (2,) and (3,) differs in length"),
    (lambda: tl.tensordot(z(2, 3), z(4, 2), axes=1),
     "tensordot: axes (1,) of shape (2, 3) and (0,) of (4, 2) differ in length"),
    (lambda: tl.take(z(2, 3), tl.tensor([0])),
     "take: shape (2, 3) does not have exactly one axis; name one with axis=..."),
    (lambda: tl.take_along_axis(z(2, 3), tl.tensor([[0]]), axis=1),
     "take_along_axis: indices of shape (1, 1) must match shape (2, 3) in all axes but 1"),
    (lambda: softmax_cross_entropy(z(4, 3), tl.tensor([0, 1])),
     "softmax_cross_entropy: expected logits of shape (samples, classes) and one class index per sample, not logits "
     "of shape "
     "(4, 3) and a target of shape (2,)"),
    (lambda: max_pool(z(1, 1, 2), kernel_size=(3,), stride=(1,), padding=((0, 0),), dilation=(1,)),
     "max_pool: pooling: a window of length 3 does not fit axis 2 of images of shape (1, 1, 2) with padding (0, 0)"),
    (lambda: avg_pool(z(1, 2), kernel_size=(2,), stride=(1,), padding=((0, 0),)),
     "avg_pool: pooling over 1 axes expects (batch, channels, *spatial), not shape (1, 2)"),
    (lambda: tl.softmax(z(2), axis=1),
     "softmax: axis 1 is out of range for 1 axes"),
    (lambda: tl.softmax(z(2, 3), axis=(0, 2)),
     "softmax: axis 2 is out of range for 2 axes"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), CASES, ids=[message[:40] for _, message in CASES])
def test_message(call, message):
    with pytest.raises(ShapeError) as error:
        call()
    assert str(error.value) == message


def test_a_shape_error_is_a_value_error():
    assert issubclass(ShapeError, ValueError)


def test_target_outside_the_classes():
    with pytest.raises(IndexError, match="a target is outside the 3 classes 0 to 2: 3"):
        softmax_cross_entropy(z(2, 3), tl.tensor([0, 3]))


def test_other_errors_name_the_op():
    """What the array library says stands, with a note of which op it was."""
    with pytest.raises((TypeError, ValueError)) as error:
        tl.cumulative_sum(z(2, 3))
    assert any("in tensorlab.cumulative_sum with operands of shape (2, 3)" in note for note in error.value.__notes__)


REDUCTIONS = [
    "sum", "prod", "mean", "var", "std", "max", "min", "all", "any", "argmax", "argmin", "count_nonzero", "logsumexp",
    "nansum", "nanmean", "nanmax", "median", "ptp",
]  # fmt: skip


@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("name", REDUCTIONS)
def test_a_number_has_no_axes(name, axis):
    reduce = getattr(tl, name)
    with pytest.raises(tl.ShapeError, match=f"{name}: axis {axis} is out of range for 0 axes"):
        reduce(tl.tensor(2.0), axis=axis)
    assert reduce(tl.tensor(2.0)).shape == ()
