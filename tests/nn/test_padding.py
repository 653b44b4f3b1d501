"""Padding layers and negative padding, against NumPy's."""

import numpy as np
import pytest
from helpers import assert_same, host, leaf, native, tensor

import tensorlab as tl
from tensorlab import nn

F = nn.functional

NUMPYS = {
    "Zero": "constant",
    "Constant": "constant",
    "Reflection": "reflect",
    "Replication": "edge",
    "Circular": "wrap",
}
ENDS = {1: (2, 1), 2: (2, 1, 0, 3), 3: (1, 2, 2, 0, 0, 1)}


def layer_of(name, axes, padding):
    more = (2.5,) if name == "Constant" else ()
    return getattr(nn, f"{name}Pad{axes}d")(padding, *more)


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("name", NUMPYS)
class TestLayers:
    def test_value_and_gradients(self, name, axes, rng):
        x = rng.standard_normal((2, 2, 4, 5, 3)[: 2 + axes])
        ends = ENDS[axes]
        pairs = [(0, 0), (0, 0), *reversed(list(zip(ends[::2], ends[1::2], strict=True)))]
        options = {"constant_values": 2.5} if name == "Constant" else {}
        layer = layer_of(name, axes, ends)
        assert_same(layer(tensor(x)), np.pad(x, pairs, NUMPYS[name], **options))
        assert_same(layer(tensor(x[0])), np.pad(x[0], pairs[1:], NUMPYS[name], **options))
        tl.check_gradients(layer, (leaf(x[:1]),))

    def test_one_number_for_all_ends(self, name, axes, rng):
        x = tensor(rng.standard_normal((1, 2, 4, 4, 4)[: 2 + axes]))
        assert_same(layer_of(name, axes, 1)(x), host(layer_of(name, axes, (1,) * 2 * axes)(x)))

    def test_cuts(self, name, axes, rng):
        x = rng.standard_normal((1, 2, 4, 4, 4)[: 2 + axes])
        expected = x[(..., *(slice(1, -1),) * axes)]
        layer = layer_of(name, axes, -1)
        assert_same(layer(tensor(x)), expected)
        tl.check_gradients(layer, (leaf(x),))

    def test_repr_and_state(self, name, axes):
        layer = layer_of(name, axes, 1)
        ends = (1,) * 2 * axes
        text = f"padding={ends}, value=2.5" if name == "Constant" else str(ends)
        assert repr(layer) == f"{name}Pad{axes}d({text})"
        assert not layer.state_dict()

    def test_refused(self, name, axes):
        with pytest.raises(ValueError, match=f"^{name}Pad{axes}d: padding must be a number or have {2 * axes}"):
            layer_of(name, axes, (1,) * 5)
        if name in ("Reflection", "Replication", "Circular"):
            with pytest.raises(tl.ShapeError, match=f"^{name}Pad{axes}d expects .* with {axes} spatial axes, not"):
                layer_of(name, axes, 1)(tl.ones((2,) * (axes + 3)))


class TestNegativeNumbers:
    """Elements are cut off; what is added at the other end comes from before the cut, or with "circular" after it."""

    @pytest.mark.parametrize(
        ("mode", "pad", "expected"),
        [
            ("constant", (-2, 3), [2, 3, 9, 9, 9]),
            ("constant", (1, -4), [9]),
            ("constant", (-4, 0), []),
            ("reflect", (-2, 3), [2, 3, 2, 1, 0]),
            ("reflect", (3, -2), [3, 2, 1, 0, 1]),
            ("reflect", (-1, -1), [1, 2]),
            ("replicate", (-5, 7), [3] * 6),
            ("replicate", (2, -3), [0, 0, 0]),
            ("circular", (-2, 2), [2, 3, 2, 3]),
            ("circular", (1, -1), [2, 0, 1, 2]),
        ],
    )
    def test_value_and_gradients(self, mode, pad, expected):
        options = {"value": 9.0} if mode == "constant" else {}
        found = F.pad(tensor(np.arange(4.0)), pad, mode, **options)
        assert_same(found, np.array(expected, float))
        tl.check_gradients(lambda x: F.pad(x, pad, mode, **options), (leaf(np.arange(4.0)),))

    @pytest.mark.parametrize(
        ("mode", "pad"),
        [
            ("constant", (-5, 0)),
            ("constant", (-5, 7)),
            ("reflect", (-1, 4)),
            ("reflect", (-5, 0)),
            ("replicate", (-3, -2)),
            ("circular", (-3, 2)),
        ],
    )
    def test_refused(self, mode, pad):
        with pytest.raises(
            tl.ShapeError, match=rf"^pad: axis 0 of length 4 cannot be padded by \({pad[0]}, {pad[1]}\)"
        ):
            F.pad(tl.arange(4.0), pad, mode)


class TestPad:
    def test_value_only_where_it_means_something(self):
        with pytest.raises(ValueError, match=r"^pad: mode 'reflect' takes no value; 1.0 was given"):
            F.pad(tl.ones(3), (1, 1), "reflect", 1.0)
        assert F.pad(tl.ones(3), (1, 1), "reflect", 0.0).shape == (5,)

    def test_types(self):
        found = F.pad(tensor(np.array([1, 2], "int32")), (1, 0), value=3.7)
        assert found.dtype == tl.int32
        assert_same(found, [3, 1, 2])
        assert_same(F.pad(tensor([True]), (1, 0), value=1), [True, True])

    def test_arrays_give_arrays(self):
        for mode in ("constant", "reflect", "replicate", "circular"):
            found = F.pad(native(np.arange(4.0)), (1, -1), mode)
            assert not isinstance(found, tl.Tensor)
            assert_same(found, host(F.pad(tensor(np.arange(4.0)), (1, -1), mode)))

    def test_nothing_to_pad(self):
        x = tl.ones(2, 3)
        assert_same(F.pad(x, ()), np.ones((2, 3)))
        assert F.pad(tl.ones(0, 2, 4), (1, 2), "reflect").shape == (0, 2, 7)
        assert F.pad(tl.ones(1, 1, 0), (1, 1)).shape == (1, 1, 2)

    def test_refused(self):
        with pytest.raises(ValueError, match=r"^pad: give two integers in pad for each axis"):
            F.pad(tl.ones(3), (1,))
        with pytest.raises(TypeError, match=r"^pad: pad must be a tuple of integers, not \(1.5, 1\)"):
            F.pad(tl.ones(3), (1.5, 1))
        with pytest.raises(TypeError, match=r"^pad: input.* must be a tensor or an array"):
            F.pad([1.0], (1, 1))


class TestModes:
    @pytest.mark.parametrize(
        ("mode", "options"),
        [("constant", {"value": 2.0}), ("reflect", {}), ("replicate", {}), ("circular", {})],
    )
    def test_value_and_gradient(self, mode, options, rng):
        x = rng.standard_normal((2, 4, 5))
        names = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
        more = {"constant_values": options["value"]} if options else {}
        expected = np.pad(x, [(0, 0), (2, 3), (1, 0)], mode=names[mode], **more)
        assert_same(F.pad(tensor(x), (1, 0, 2, 3), mode, **options), expected)
        tl.check_gradients(lambda x: F.pad(x, (1, 0, 2, 3), mode, **options), (leaf(x),))

    def test_errors(self):
        with pytest.raises(tl.ShapeError, match=r"axis 0 of length 3 cannot be padded by \(3, 0\) in mode reflect"):
            F.pad(tl.ones(3), (3, 0), "reflect")
        with pytest.raises(tl.ShapeError, match="2 axes are to be padded"):
            F.pad(tl.ones(3), (1, 1, 1, 1))
        with pytest.raises(ValueError, match="two integers"):
            F.pad(tl.ones(3), (1,))
        with pytest.raises(ValueError, match="mode must be"):
            F.pad(tl.ones(3), (1, 1), "mirror")
