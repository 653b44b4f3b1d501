"""Recurrent layers, cells and packed sequences beside PyTorch's."""

import numpy as np
import pytest
from beside import (
    assert_alike,
    assert_same_gradients,
    compare_layers,
    layer_pair,
    leaves,
    ours,
    theirs,
    torch,
)
from helpers import assert_close, assert_same, tensor

import tensorlab as tl

rnn, torch_rnn = tl.nn.utils.rnn, torch.nn.utils.rnn


def numbers(*shape):
    return np.random.default_rng(shape).normal(size=shape)


LAYERS = [
    {},
    {"num_layers": 3},
    {"bias": False},
    {"batch_first": True},
    {"bidirectional": True},
    {"num_layers": 2, "bidirectional": True, "batch_first": True, "bias": False},
]
KINDS = [
    ("RNN", {}),
    ("RNN", {"nonlinearity": "relu"}),
    ("LSTM", {}),
    ("LSTM", {"proj_size": 2}),
    ("GRU", {}),
]


def initial(name, options, *batch):
    """Return initial states of the shapes that a layer expects."""
    count = options.get("num_layers", 1) * (1 + options.get("bidirectional", False))
    hidden = numbers(count, *batch, options.get("proj_size") or 4)
    return (hidden, numbers(count, *batch, 4)) if name == "LSTM" else hidden


@pytest.mark.parametrize("more", LAYERS, ids=str)
@pytest.mark.parametrize(("name", "options"), KINDS, ids=str)
class TestLayers:
    def test_without_states(self, name, options, more):
        compare_layers(name, (3, 4), options | more, (numbers(5, 2, 3),))

    def test_with_states(self, name, options, more):
        options = options | more
        shape = (2, 5, 3) if options.get("batch_first") else (5, 2, 3)
        compare_layers(name, (3, 4), options, (numbers(*shape), initial(name, options, 2)), modes=(True, False))

    def test_without_batch_axis(self, name, options, more):
        options = options | more
        compare_layers(name, (3, 4), options, (numbers(5, 3),), modes=(True,))
        compare_layers(name, (3, 4), options, (numbers(5, 3), initial(name, options)), modes=(False,))

    @pytest.mark.parametrize("lengths", [(6, 4, 4, 1), (2, 6, 1, 4), (3, 3)])
    def test_packed(self, name, options, more, lengths):
        options = options | more
        a, b = layer_pair(name, (3, 4), options)
        x = numbers(6, len(lengths), 3)
        hx = initial(name, options, len(lengths))
        ordered = lengths != (2, 6, 1, 4)
        for state in ((), (hx,)):
            left, right = ours((x, *state)), theirs((x, *state))
            packs = [
                module.pack_padded_sequence(inputs[0], list(lengths), enforce_sorted=ordered)
                for module, inputs in ((rnn, left), (torch_rnn, right))
            ]
            found, expected = a(packs[0], *left[1:]), b(packs[1], *right[1:])
            assert isinstance(found[0], rnn.PackedSequence)
            assert_alike(list(found[0]), list(expected[0]))
            found = (rnn.pad_packed_sequence(found[0])[0], found[1])
            expected = (torch_rnn.pad_packed_sequence(expected[0])[0], expected[1])
            assert_alike(found, expected)
            a.zero_grad()
            b.zero_grad()
            pairs = [*zip(leaves(left), leaves(right), strict=True), *zip(a.parameters(), b.parameters(), strict=True)]
            assert_same_gradients(found, expected, *zip(*pairs, strict=True))


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
class TestMore:
    def test_empty_batch(self, name):
        compare_layers(name, (3, 4), {}, (numbers(5, 0, 3),))

    def test_only_the_last_state_is_used(self, name):
        a, b = layer_pair(name, (3, 4), {"num_layers": 2})
        x = numbers(5, 2, 3)
        found, expected = a(tensor(x))[1], b(torch.tensor(x))[1]
        found, expected = (found[1], expected[1]) if name == "LSTM" else (found, expected)
        assert_same_gradients(found, expected, list(a.parameters()), list(b.parameters()))

    def test_states_go_on(self, name):
        a, b = layer_pair(name, (3, 4), {})
        x = numbers(5, 2, 3)
        outcomes = []
        for layer, given in ((a, tensor(x)), (b, torch.tensor(x))):
            _, state = layer(given)
            out, _ = layer(given, state)
            outcomes.append(out)
        assert_alike(*outcomes)
        assert_same_gradients(*outcomes, list(a.parameters()), list(b.parameters()))

    def test_all_weights(self, name):
        a, b = layer_pair(name, (3, 4), {"num_layers": 2, "bidirectional": True})
        for mine, other in zip(a.all_weights, b.all_weights, strict=True):
            for p, q in zip(mine, other, strict=True):
                assert_close(p.detach(), q.detach().numpy())

    def test_words(self, name):
        for options in ({"num_layers": 2, "dropout": 0.5, "batch_first": True}, {"bias": False, "bidirectional": True}):
            a, b = layer_pair(name, (3, 4), options)
            assert repr(a) == repr(b)

    def test_dropout_of_everything(self, name):
        a, b = layer_pair(name, (3, 4), {"num_layers": 2, "dropout": 1.0})
        x = numbers(5, 2, 3)
        assert_alike(a(tensor(x)), b(torch.tensor(x)))
        assert_alike(a.eval()(tensor(x)), b.eval()(torch.tensor(x)))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("batch", [(3,), (), (0,)])
@pytest.mark.parametrize(
    ("name", "options"),
    [("RNNCell", {}), ("RNNCell", {"nonlinearity": "relu"}), ("LSTMCell", {}), ("GRUCell", {})],
    ids=str,
)
def test_cells(name, options, batch, bias):
    state = numbers(*batch, 4)
    state = (state, numbers(*batch, 4) + 1) if name == "LSTMCell" else state
    for hx in ((), (state,)):
        compare_layers(name, (3, 4), options | {"bias": bias}, (numbers(*batch, 3), *hx), modes=(True,))


class TestSequences:
    sequences = [numbers(4, 3), numbers(2, 3), numbers(1, 3)]

    @pytest.mark.parametrize("batch_first", [False, True])
    @pytest.mark.parametrize("padding_side", ["right", "left"])
    def test_pad_sequence(self, batch_first, padding_side):
        a, b = ours(self.sequences), theirs(self.sequences)
        options = {"batch_first": batch_first, "padding_value": 1.5, "padding_side": padding_side}
        found, expected = rnn.pad_sequence(a, **options), torch_rnn.pad_sequence(b, **options)
        assert_alike(found, expected)
        assert_same_gradients(found, expected, a, b)

    @pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
    def test_pack_and_unpack(self, order):
        sequences = [self.sequences[i] for i in order]
        a, b = ours(sequences), theirs(sequences)
        packed = rnn.pack_sequence(a, enforce_sorted=order == (0, 1, 2))
        expected = torch_rnn.pack_sequence(b, enforce_sorted=order == (0, 1, 2))
        assert_alike(list(packed), list(expected))
        found, wanted = rnn.unpack_sequence(packed), torch_rnn.unpack_sequence(expected)
        assert_alike(found, wanted)
        assert_same_gradients(found, wanted, a, b)

    @pytest.mark.parametrize("batch_first", [False, True])
    @pytest.mark.parametrize("total_length", [None, 6])
    def test_pad_packed_sequence(self, batch_first, total_length):
        a, b = ours(self.sequences), theirs(self.sequences)
        options = {"batch_first": batch_first, "padding_value": -2.0, "total_length": total_length}
        found = rnn.pad_packed_sequence(rnn.pack_sequence(a), **options)
        expected = torch_rnn.pad_packed_sequence(torch_rnn.pack_sequence(b), **options)
        assert_alike(found, expected)
        assert_same_gradients(found[0], expected[0], a, b)

    @pytest.mark.parametrize("batch_first", [False, True])
    @pytest.mark.parametrize("shape", [(3, 4), (3, 4, 2, 2)])
    @pytest.mark.parametrize("dtype", ["float32", "int64", "bool"])
    def test_pack_padded_sequence(self, batch_first, shape, dtype):
        x = (10 * numbers(*shape)).astype(dtype)
        lengths = (3, 1, 2) if batch_first else (1, 3, 1, 2)
        a, b = ours(x), theirs(x)
        found = rnn.pack_padded_sequence(a, tl.tensor(lengths), batch_first, enforce_sorted=False)
        expected = torch_rnn.pack_padded_sequence(b, torch.tensor(lengths), batch_first, enforce_sorted=False)
        assert_alike(list(found), list(expected))
        assert_alike(rnn.pad_packed_sequence(found, batch_first), torch_rnn.pad_packed_sequence(expected, batch_first))

    @pytest.mark.parametrize("batch_first", [False, True])
    def test_unpad_sequence(self, batch_first):
        a, b = ours(self.sequences), theirs(self.sequences)
        padded, expected = rnn.pad_sequence(a, batch_first), torch_rnn.pad_sequence(b, batch_first)
        assert_alike(
            rnn.unpad_sequence(padded, tl.tensor([4, 2, 1]), batch_first),
            torch_rnn.unpad_sequence(expected, torch.tensor([4, 2, 1]), batch_first),
        )

    def test_invert_permutation(self):
        order = np.array([3, 0, 2, 1])
        assert_same(rnn.invert_permutation(tensor(order)), torch_rnn.invert_permutation(torch.tensor(order)).numpy())
