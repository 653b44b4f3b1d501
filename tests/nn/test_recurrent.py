"""Recurrent layers and cells against one plain loop per sequence, and packed sequences against their definition."""

import numpy as np
import pytest
from helpers import assert_close, assert_same, host, leaf, tensor
from references import recurrent as references

import tensorlab as tl
from tensorlab import nn

rnn = nn.utils.rnn
MANY = 10_000 if tl.active_backend().name == "numpy" else 2_000  # Python's limit of recursion is 1,000
KINDS = [("RNN", {}), ("RNN", {"nonlinearity": "relu"}), ("LSTM", {}), ("LSTM", {"proj_size": 2}), ("GRU", {})]
kinds = pytest.mark.parametrize(("name", "options"), KINDS, ids=str)


def weights_of(layer, suffix):
    """Return what the parameters with a suffix are by the rest of their names, biases zero where there are none."""
    names = {
        name.removesuffix(suffix): host(p.detach()) for name, p in layer.named_parameters() if name.endswith(suffix)
    }
    rows = names["weight_hh"].shape[0]
    return {"bias_ih": np.zeros(rows), "bias_hh": np.zeros(rows), **names}


def one_direction(name, layer, suffix, rows, states, batch_sizes, reverse):
    """Run one layer in one direction by the reference of its op; return its rows and last states."""
    w = weights_of(layer, suffix)
    rows = rows @ w["weight_ih"].T + w["bias_ih"]
    steps = {"batch_sizes": batch_sizes, "reverse": reverse}
    if name == "GRU":
        out, *after, _ = references.gru_steps(rows, *states, w["weight_hh"], w["bias_hh"], **steps)
    elif name == "LSTM":
        operands = (rows + w["bias_hh"], *states, w["weight_hh"], w.get("weight_hr"))
        out, *after, _, _ = references.lstm_steps(*operands, **steps)
    else:
        operands = (rows + w["bias_hh"], *states, w["weight_hh"])
        out, *after = references.rnn_steps(*operands, **steps, nonlinearity=layer.nonlinearity)
    return out, after


def expected_of(name, layer, rows, states, batch_sizes):
    """Run all layers; states are (layers * directions, batch, size)."""
    directions = 1 + layer.bidirectional
    last = []
    for number in range(layer.num_layers):
        outs = []
        for direction in range(directions):
            suffix = f"_l{number}" + "_reverse" * direction
            first = [state[number * directions + direction] for state in states]
            out, after = one_direction(name, layer, suffix, rows, first, batch_sizes, bool(direction))
            outs.append(out)
            last.append(after)
        rows = np.concatenate(outs, -1)
    return rows, [np.stack(parts) for parts in zip(*last, strict=True)]


def states_of(name, layer, batch, rng):
    count = layer.num_layers * (1 + layer.bidirectional)
    sizes = [layer.proj_size or layer.hidden_size, layer.hidden_size][: 1 + (name == "LSTM")]
    return [rng.standard_normal((count, batch, size)) for size in sizes]


def given(name, states):
    """Return states as a layer takes them."""
    return tuple(map(tensor, states)) if name == "LSTM" else tensor(states[0])


def each(name, states):
    """Return a layer's states as a tuple."""
    return states if name == "LSTM" else (states,)


@kinds
class TestLayers:
    @pytest.mark.parametrize("batch_first", [False, True])
    @pytest.mark.parametrize("more", [{}, {"num_layers": 2, "bidirectional": True}, {"bias": False}], ids=str)
    def test_value(self, name, options, more, batch_first, rng):
        layer = getattr(nn, name)(3, 4, dtype=tl.float64, batch_first=batch_first, **options, **more)
        x, states = rng.standard_normal((5, 2, 3)), states_of(name, layer, 2, rng)
        rows, last = expected_of(name, layer, x.reshape(10, 3), states, (2,) * 5)
        output, h = layer(tensor(x.swapaxes(0, 1) if batch_first else x), given(name, states))
        rows = rows.reshape(5, 2, -1)
        assert_close(output.detach(), rows.swapaxes(0, 1) if batch_first else rows)
        for found, expected in zip(each(name, h), last, strict=True):
            assert_close(found.detach(), expected)

    def test_states_are_zero_by_default(self, name, options, rng):
        layer = getattr(nn, name)(3, 4, dtype=tl.float64, num_layers=2, **options)
        x = tensor(rng.standard_normal((5, 2, 3)))
        zeros = [np.zeros_like(state) for state in states_of(name, layer, 2, rng)]
        assert_same(layer(x)[0].detach(), host(layer(x, given(name, zeros))[0].detach()))

    def test_without_batch_axis(self, name, options, rng):
        layer = getattr(nn, name)(3, 4, dtype=tl.float64, num_layers=2, batch_first=True, **options)
        x, states = tensor(rng.standard_normal((5, 3))), states_of(name, layer, 1, rng)
        alone, h = layer(x, given(name, [state[:, 0] for state in states]))
        batched, last = layer(tl.expand_dims(x, 0), given(name, states))
        assert_close(alone.detach(), host(batched.detach())[0])
        for a, b in zip(each(name, h), each(name, last), strict=True):
            assert_close(a.detach(), host(b.detach())[:, 0])

    @pytest.mark.parametrize("lengths", [(5, 3, 3, 1), (2, 5, 1)])
    def test_packed(self, name, options, lengths, rng):
        """Each sequence comes out as if it were alone, whatever stands in the padding."""
        layer = getattr(nn, name)(3, 4, dtype=tl.float64, num_layers=2, bidirectional=True, **options)
        x, states = rng.standard_normal((5, len(lengths), 3)), states_of(name, layer, len(lengths), rng)
        packed = rnn.pack_padded_sequence(tensor(x), lengths, enforce_sorted=False)
        output, h = layer(packed, given(name, states))
        parts = rnn.unpack_sequence(output)
        for i, length in enumerate(lengths):
            alone, last = expected_of(name, layer, x[:length, i], [s[:, i : i + 1] for s in states], (1,) * length)
            assert_close(parts[i].detach(), alone)
            for found, expected in zip(each(name, h), last, strict=True):
                assert_close(found.detach()[:, i], expected[:, 0])

    @pytest.mark.parametrize("more", [{}, {"num_layers": 2, "bidirectional": True, "bias": False}], ids=str)
    def test_gradients(self, name, options, more, rng):
        layer = getattr(nn, name)(2, 3, dtype=tl.float64, **options, **more)
        states = states_of(name, layer, 2, rng)
        names = [name for name, _ in layer.named_parameters()]

        def run(x, *rest):
            hx, weights = rest[: len(states)], rest[len(states) :]
            for key, weight in zip(names, weights, strict=True):
                object.__setattr__(layer, key, weight)
            output, h = layer(x, hx if name == "LSTM" else hx[0])
            return output, *each(name, h)

        parameters = [leaf(host(p.detach())) for p in layer.parameters()]
        tl.check_gradients(run, (leaf(rng.standard_normal((3, 2, 2))), *map(leaf, states), *parameters))

    def test_gradients_of_packed(self, name, options, rng):
        layer = getattr(nn, name)(2, 3, dtype=tl.float64, bidirectional=True, **options)
        states = states_of(name, layer, 3, rng)

        def run(x, *hx):
            packed = rnn.pack_padded_sequence(x, (1, 3, 2), enforce_sorted=False)
            output, h = layer(packed, hx if name == "LSTM" else hx[0])
            return rnn.pad_packed_sequence(output)[0], *each(name, h)

        tl.check_gradients(run, (leaf(rng.standard_normal((3, 3, 2))), *map(leaf, states)))

    def test_state_dict(self, name, options):
        keys = list(getattr(nn, name)(2, 3, num_layers=2, bidirectional=True, **options).state_dict())
        roles = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"] + ["weight_hr"] * bool(options.get("proj_size"))
        assert keys == [f"{role}_l{i}{way}" for i in range(2) for way in ("", "_reverse") for role in roles]

    def test_a_state_used_twice(self, name, options, rng):
        """One tensor as both states, and as input: its gradient is the sum, in the second order too."""
        size = options.get("proj_size") or 3
        layer = getattr(nn, name)(size, 3, dtype=tl.float64, **({} if name == "LSTM" else options))
        layer = nn.LSTM(3, 3, dtype=tl.float64) if name == "LSTM" else layer
        x = leaf(rng.standard_normal((1, 2, 3)))
        tl.check_gradients(lambda x: layer(x, (x, x) if name == "LSTM" else x)[0], (x,))


class TestMore:
    def test_initial_distribution(self):
        layer = nn.LSTM(100, 64, num_layers=2, proj_size=32)
        for parameter in layer.parameters():
            numbers = host(parameter.detach())
            assert np.abs(numbers).max() <= 1 / 8
            assert numbers.std() == pytest.approx(1 / 8 / np.sqrt(3), rel=0.1)
        before = host(layer.weight_hh_l0.detach()).copy()
        layer.reset_parameters()
        assert not np.array_equal(before, host(layer.weight_hh_l0.detach()))

    def test_all_weights(self):
        layer = nn.GRU(2, 3, num_layers=2, bias=False)
        layer.flatten_parameters()
        assert [[p.shape for p in weights] for weights in layer.all_weights] == [[(9, 2), (9, 3)], [(9, 3), (9, 3)]]
        assert layer.all_weights[1][0] is layer.weight_ih_l1

    def test_words(self):
        assert repr(nn.RNN(2, 3, nonlinearity="relu")) == "RNN(2, 3)"
        text = "LSTM(2, 3, proj_size=1, num_layers=2, bias=False, batch_first=True, dropout=0.5, bidirectional=True)"
        assert repr(nn.LSTM(2, 3, 2, False, True, 0.5, True, 1)) == text
        assert repr(nn.RNNCell(2, 3, bias=False, nonlinearity="relu")) == (
            "RNNCell(2, 3, bias=False, nonlinearity=relu)"
        )

    def test_dropout_between_layers(self, rng):
        """With an identity for the second layer its output is the first one's, dropped out and scaled."""
        layer = nn.RNN(3, 200, 2, "relu", bias=False, dropout=0.25, dtype=tl.float64)
        layer.load_state_dict({"weight_ih_l1": np.eye(200), "weight_hh_l1": np.zeros((200, 200))}, strict=False)
        x = tensor(rng.standard_normal((20, 10, 3)))
        plain, dropped = host(layer.eval()(x)[0].detach()), host(layer.train()(x)[0].detach())
        kept = (dropped != 0)[plain != 0]
        assert kept.mean() == pytest.approx(0.75, abs=0.02)
        assert_close(tensor(dropped[dropped != 0]), plain[dropped != 0] / 0.75)

    def test_dropout_of_a_single_layer_warns(self):
        with pytest.warns(UserWarning, match="between layers, and there is only one") as caught:
            nn.LSTM(2, 3, dropout=0.5)
        assert caught[0].filename == __file__

    @pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
    def test_many_steps(self, kind):
        layer = kind(1, 2)
        x = tl.ones(MANY, 1, 1, requires_grad=True)
        layer(x)[0].sum().backward()
        assert np.isfinite(host(x.grad)).all()

    def test_many_steps_of_a_cell(self):
        cell, h = nn.GRUCell(1, 2), tl.zeros(1, 2)
        x = tl.ones(1, 1, requires_grad=True)
        for _ in range(MANY):
            h = cell(x, h)
        h.sum().backward()
        assert np.isfinite(host(x.grad)).all()

    def test_saturated_gates_do_not_overflow(self):
        layer = nn.LSTM(1, 1, dtype=tl.float32)
        with np.errstate(all="raise", under="ignore"):
            output, _ = layer(1e30 * tl.tensor([[[1.0]], [[-1.0]]]))
        assert np.isfinite(host(output.detach())).all()

    def test_half_precision(self, rng):
        if tl.active_backend().name != "numpy":
            pytest.skip("this backend has no float16")
        layer = nn.LSTM(3, 4)
        x = rng.standard_normal((5, 2, 3)).astype("float16")
        expected = host(layer(tensor(x, dtype="float32"))[0].detach())
        small = tensor(x, requires_grad=True)
        output, _ = layer.half()(small)
        assert output.dtype == tl.float16
        np.testing.assert_allclose(host(output.detach()), expected, atol=3e-3)
        output.sum().backward()
        assert small.grad.dtype == tl.float16


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("name", "options"), [KINDS[0], KINDS[1], KINDS[2], KINDS[4]], ids=str)
def test_cells_are_one_step_of_layers(name, options, bias, rng):
    layer = getattr(nn, name)(3, 4, dtype=tl.float64, bias=bias, **options)
    cell = getattr(nn, f"{name}Cell")(3, 4, dtype=tl.float64, bias=bias, **options)
    cell.load_state_dict({key.removesuffix("_l0"): value for key, value in layer.state_dict().items()})
    states = states_of(name, layer, 2, rng)
    x = rng.standard_normal((1, 2, 3))
    _, last = layer(tensor(x), given(name, states))
    after = cell(tensor(x[0]), given(name, [state[0] for state in states]))
    alone = cell(tensor(x[0, 0]), given(name, [state[0, 0] for state in states]))
    for whole, one, single in zip(*(each(name, s) for s in (last, after, alone)), strict=True):
        assert_close(one.detach(), host(whole.detach())[0])
        assert_close(single.detach(), host(whole.detach())[0, 0])
    zero = given(name, [0 * state[0] for state in states])
    for a, b in zip(*(each(name, cell(tensor(x[0]), *hx)) for hx in ((), (zero,))), strict=True):
        assert_same(a.detach(), host(b.detach()))


@pytest.mark.parametrize("kind", [nn.RNNCell, nn.LSTMCell, nn.GRUCell])
def test_gradients_of_cells(kind, rng):
    cell = kind(2, 3, dtype=tl.float64)
    states = [leaf(rng.standard_normal((2, 3))) for _ in cell.states]
    tl.check_gradients(
        lambda x, *hx: cell(x, hx if len(hx) == 2 else hx[0]), (leaf(rng.standard_normal((2, 2))), *states)
    )


class TestSequences:
    def test_pack(self, rng):
        x = rng.standard_normal((4, 3, 2))
        packed = rnn.pack_padded_sequence(tensor(x), [2, 4, 1], enforce_sorted=False)
        data = [x[0, 1], x[0, 0], x[0, 2], x[1, 1], x[1, 0], x[2, 1], x[3, 1]]
        assert_same(packed.data, data)
        assert packed.batch_sizes.tolist() == [3, 2, 1, 1]
        assert packed.batch_sizes.dtype == tl.int64
        assert packed.sorted_indices.tolist() == [1, 0, 2]
        assert packed.unsorted_indices.tolist() == [1, 0, 2]

    def test_there_and_back(self, rng):
        sequences = [rng.standard_normal((n, 2)) for n in (1, 3, 2, 3)]
        packed = rnn.pack_sequence([tensor(x) for x in sequences], enforce_sorted=False)
        for found, expected in zip(rnn.unpack_sequence(packed), sequences, strict=True):
            assert_same(found, expected)
        padded, lengths = rnn.pad_packed_sequence(packed, padding_value=7.0, total_length=5)
        assert lengths.tolist() == [1, 3, 2, 3]
        for i, x in enumerate(sequences):
            assert_same(padded[:, i], np.concatenate([x, np.full((5 - len(x), 2), 7.0)]))

    @pytest.mark.parametrize(("side", "expected"), [("right", [[1, 2], [3, 9]]), ("left", [[1, 2], [9, 3]])])
    def test_pad_sequence(self, side, expected):
        sequences = [tl.tensor([1.0, 2.0]), tl.tensor([3.0])]
        padded = rnn.pad_sequence(sequences, True, 9.0, side)
        assert_same(padded, np.array(expected, "float32"))
        assert_same(rnn.pad_sequence(sequences, False, 9.0, side), np.array(expected, "float32").T)

    def test_gradients(self, rng):
        parts = [leaf(rng.standard_normal((n, 2))) for n in (1, 3, 2)]

        def there_and_back(*parts):
            packed = rnn.pack_sequence(parts, enforce_sorted=False)
            return tuple(rnn.unpack_sequence(packed._replace(data=packed.data**2)))

        tl.check_gradients(there_and_back, parts)
        x = leaf(rng.standard_normal((3, 2)))
        tl.check_gradients(lambda x: rnn.pack_padded_sequence(x, (3, 1)).data, (x,))

    def test_casts(self):
        packed = rnn.pack_sequence([tl.tensor([1.0]), tl.tensor([2.0, 3.0])], enforce_sorted=False)
        assert packed.double().data.dtype == tl.float64
        assert packed.to(dtype="float64").sorted_indices.tolist() == [1, 0]
        assert packed.float() is packed
        assert packed.cpu().data.tolist() == packed.data.tolist()

    def test_errors(self):
        x = tl.ones(4, 2, 3)
        with pytest.raises(ValueError, match=r"lengths \(1, 4\) are not sorted.*enforce_sorted=False"):
            rnn.pack_padded_sequence(x, [1, 4])
        with pytest.raises(ValueError, match=r"between 1 and 4"):
            rnn.pack_padded_sequence(x, [5, 1])
        with pytest.raises(ValueError, match=r"between 1 and 4"):
            rnn.pack_padded_sequence(x, [4, 0])
        with pytest.raises(tl.ShapeError, match=r"3 lengths do not fit .* axis 1"):
            rnn.pack_padded_sequence(x, [4, 2, 1])
        with pytest.raises(tl.ShapeError, match="axis 0 is the sequences' axis"):
            rnn.unpad_sequence(x, [4], batch_first=True)
        with pytest.raises(ValueError, match="total_length=1 is less than the longest sequence's 4"):
            rnn.pad_packed_sequence(rnn.pack_padded_sequence(x, [4, 2]), total_length=1)
        with pytest.raises(ValueError, match="padding_side"):
            rnn.pad_sequence([x], padding_side="top")
        with pytest.raises(ValueError, match="no sequence"):
            rnn.pad_sequence([])
        with pytest.raises(tl.ShapeError, match=r"sequence 1 has \(4, 2\)"):
            rnn.pad_sequence([tl.ones(4, 3), tl.ones(4, 2)])
        with pytest.raises(TypeError, match="pad_sequence: sequences"):
            rnn.pad_sequence(["text"])


class TestErrors:
    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"hidden_size": 0}, ValueError, "hidden_size must be a positive integer, not 0"),
            ({"input_size": 2.0}, TypeError, "input_size must be a positive integer, not 2.0"),
            ({"num_layers": 0}, ValueError, "num_layers must be a positive integer, not 0"),
            ({"dropout": 1.5, "num_layers": 2}, ValueError, r"dropout must be a number in \[0, 1\], not 1.5"),
            ({"dropout": True}, TypeError, r"dropout must be a number in \[0, 1\], not True"),
            ({"proj_size": 4}, ValueError, "smaller than hidden_size 4"),
            ({"proj_size": -1}, ValueError, "proj_size must be a non-negative integer, not -1"),
        ],
    )
    def test_settings(self, options, error, message):
        with pytest.raises(error, match=f"LSTM: .*{message}"):
            nn.LSTM(**{"input_size": 3, "hidden_size": 4, **options})

    def test_nonlinearity(self):
        for kind in (nn.RNN, nn.RNNCell):
            with pytest.raises(ValueError, match="'tanh' or 'relu', not 'sine'"):
                kind(3, 4, nonlinearity="sine")
        with pytest.raises(ValueError, match="mode must be 'RNN_TANH', 'RNN_RELU', 'LSTM' or 'GRU'"):
            nn.RNNBase("QRNN", 3, 4)

    def test_inputs(self):
        layer = nn.LSTM(3, 4, batch_first=True)
        with pytest.raises(tl.ShapeError, match=r"LSTM expects an input of 3 axes \(batch, steps, features\), or of 2"):
            layer(tl.ones(3))
        with pytest.raises(tl.ShapeError, match=r"3 features on the last axis .*; is its feature axis another one\?"):
            layer(tl.ones(2, 3, 5))
        with pytest.raises(tl.ShapeError, match="at least one step"):
            layer(tl.ones(2, 0, 3))
        with pytest.raises(tl.ShapeError, match="LSTM expects 3 features"):
            layer(rnn.pack_sequence([tl.ones(4, 2)]))
        with pytest.raises(tl.ShapeError, match="LSTMCell expects an input of 2 axes"):
            nn.LSTMCell(3, 4)(tl.ones(1, 2, 3))
        with pytest.raises(tl.ShapeError, match="GRUCell expects 3 features"):
            nn.GRUCell(3, 4)(tl.ones(1, 4))

    def test_states(self):
        layer, x = nn.LSTM(3, 4, proj_size=2), tl.ones(5, 2, 3)
        with pytest.raises(tl.ShapeError, match=r"hidden .* \(1, 2, 2\) \(layers \* directions, batch, size\)"):
            layer(x, (tl.zeros(1, 2, 4), tl.zeros(1, 2, 4)))
        with pytest.raises(tl.ShapeError, match=r"cell states of shape \(1, 2, 4\)"):
            layer(x, (tl.zeros(1, 2, 2), tl.zeros(1, 1, 4)))
        with pytest.raises(tl.ShapeError, match=r"cell states of shape \(1, 4\)"):
            layer(x[:, 0], (tl.zeros(1, 2), tl.zeros(1, 1, 4)))
        with pytest.raises(tl.ShapeError, match=r"hidden states of shape \(1, 2, 2\)"):
            packed = rnn.pack_padded_sequence(x, [1, 5], enforce_sorted=False)
            layer(packed, (tl.zeros(1, 3, 2), tl.zeros(1, 3, 4)))
        with pytest.raises(TypeError, match=r"GRU: hx must be a tensor or None, not (\(tensor|a tuple)"):
            nn.GRU(2, 3)(tl.ones(4, 1, 2), (tl.ones(1, 1, 3), tl.ones(1, 1, 3)))
        with pytest.raises(TypeError, match=r"pair \(h_0, c_0\), not Tensor"):
            layer(x, tl.zeros(1, 2, 2))
        with pytest.raises(TypeError, match=r"pair \(h, c\), not Tensor"):
            nn.LSTMCell(3, 4)(tl.ones(3), tl.zeros(4))
        with pytest.raises(tl.ShapeError, match=r"GRUCell expects initial hidden states of shape \(2, 4\)"):
            nn.GRUCell(3, 4)(tl.ones(2, 3), tl.zeros(1, 4))

    def test_operands_of_the_ops(self):
        ops = tl.ops.recurrent
        steps = {"batch_sizes": (1, 1), "reverse": False}
        with pytest.raises(tl.ShapeError, match="gru_steps"):
            ops.gru_steps(tl.ones(2, 9), tl.ones(2, 3), tl.ones(9, 3), **steps)
        with pytest.raises(tl.ShapeError, match="lstm_steps"):
            ops.lstm_steps(tl.ones(2, 9), tl.ones(1, 3), tl.ones(1, 3), tl.ones(12, 3), **steps)
        with pytest.raises(tl.ShapeError, match="rnn_steps"):
            ops.rnn_steps(tl.ones(3, 3), tl.ones(1, 3), tl.ones(3, 3), nonlinearity="tanh", **steps)
