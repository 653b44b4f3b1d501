"""Observers see each operation on tensors, with its operands, parameters and result."""

from helpers import leaf, tensor

import tensorlab as tl
from tensorlab.autodiff.graph import watched


def test_observers_see_every_operation():
    seen = []
    x = leaf([1.0, 2.0])
    with watched(lambda op, operands, params, result: seen.append((op.name, operands, params, result))):
        y = tl.sum(x * 2, axis=0)
    assert [name for name, *_ in seen] == ["multiply", "sum"]
    assert seen[0][1][0] is x
    assert seen[1][2] == {"axis": 0, "dtype": None, "keepdims": False}
    assert seen[1][3] is y
    seen.clear()
    x * 2
    assert not seen


def test_observers_are_nested():
    inner, outer = [], []
    with watched(lambda op, *_: outer.append(op.name)):
        tl.exp(tensor(1.0))
        with watched(lambda op, *_: inner.append(op.name)):
            tl.sin(tensor(1.0))
        tl.cos(tensor(1.0))
    assert (outer, inner) == (["exp", "sin", "cos"], ["sin"])


def test_observers_see_operations_on_untraced_tensors_and_not_on_arrays():
    seen = []
    with watched(lambda op, *_: seen.append(op.name)), tl.no_grad():
        tl.exp(tensor(1.0))
        tl.exp(tensor(1.0).array)
    assert seen == ["exp"]
