"""The frames that users see: those of errors inside modules, with how they end, and those of warnings."""

import traceback

import numpy as np
import pytest

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.tracebacks import shortened

OWN = ("tensorlab", "tensorlab_numpy", "tensorlab_cupy")


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Sequential(nn.Linear(4, 3)))

    def forward(self, x):
        return self.body(x)


class Failing(nn.Module):
    def forward(self, x):
        raise LookupError("the user's own")


def frames(net, x):
    """Return the (is the library's, function) of each frame, outermost first, of what calling `net` raises."""
    with pytest.raises(Exception) as caught:
        net(x)
    found = []
    entry = caught.value.__traceback__
    while entry is not None:
        module = entry.tb_frame.f_globals["__name__"].partition(".")[0]
        found.append((module in OWN, entry.tb_frame.f_code.co_name))
        entry = entry.tb_next
    return found


def test_a_linear_three_levels_deep_shows_the_users_lines_and_at_most_three_others():
    found = frames(nn.Sequential(Encoder()), tl.ones(2, 5))
    users = [name for own, name in found if not own]
    assert users == ["frames", "forward"]
    assert [own for own, _ in found[:2]] == [False, False]
    assert 1 <= len(found[2:]) <= 3
    assert found[2] == (True, "forward")


def test_it_ends_with_the_message_and_the_path():
    with pytest.raises(tl.ShapeError) as caught:
        nn.Sequential(Encoder())(tl.ones(2, 5))
    *_, message, path = "".join(traceback.format_exception(caught.value)).splitlines()
    assert message.endswith("not shape (2, 5)")
    assert path == "in 0.body.0.0 (Linear)"


def test_an_error_of_the_users_own_shows_the_users_frames_alone():
    assert frames(nn.Sequential(nn.Sequential(Failing())), tl.ones(1)) == [(False, "frames"), (False, "forward")]


def test_missing_arguments_show_the_users_call():
    with pytest.raises(TypeError, match="missing 1 required positional argument") as caught:
        nn.Linear(2, 2)()
    assert len(traceback.extract_tb(caught.value.__traceback__)) == 1


@pytest.mark.parametrize(
    ("layer", "inputs", "message"),
    [
        (nn.Conv2d(1, 2, 3), (None,), "Conv2d: input must be a tensor, not None"),
        (nn.ReLU(), (np.array(["a"]),), "ReLU: input must be a tensor, not array(['a'], dtype='<U1')"),
        (nn.LazyLinear(2), (2,), "LazyLinear: input must be a tensor, not 2"),
        (nn.LSTM(2, 3), ("ab",), "LSTM: input must be a tensor or a PackedSequence, not 'ab'"),
        (nn.TransformerEncoderLayer(4, 2), ([1.0],), "TransformerEncoderLayer: src must be a tensor, not [1.0]"),
        (nn.CrossEntropyLoss(), (tl.ones(1, 2), None), "CrossEntropyLoss: target must be a tensor, not None"),
        (nn.GRUCell(2, 3), (tl.ones(2), 1), "GRUCell: hx must be a tensor or None, not 1"),
        (nn.MaxUnpool1d(2), (tl.ones(1, 1), [0]), "MaxUnpool1d: indices must be a tensor, not [0]"),
    ],
)
def test_a_layer_names_the_input_that_is_no_tensor(layer, inputs, message):
    with pytest.raises(TypeError) as caught:
        nn.Sequential(Inner(layer, inputs))(tl.ones(1))
    assert str(caught.value) == message
    assert caught.value.__notes__ == [f"in 0.layer ({type(layer).__name__})"]
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


class Inner(nn.Module):
    def __init__(self, layer, inputs):
        super().__init__()
        self.layer, self.inputs = layer, inputs

    def forward(self, x):
        return self.layer(*self.inputs)


def test_the_inputs_of_the_users_own_layers_are_not_looked_at():
    class Doubling(nn.ReLU):
        def forward(self, input):
            raise ValueError(f"no {input}")

    with pytest.raises(ValueError, match="no None"):
        Doubling()(None)


def test_hooks_of_the_user_stay_visible():
    net = nn.Sequential(nn.Sequential(nn.Identity()))

    def hook(module, args):
        raise LookupError("in a hook")

    net[0][0].register_forward_pre_hook(hook)
    assert [name for own, name in frames(net, tl.ones(1)) if not own] == ["frames", "hook"]
    assert sum(own for own, _ in frames(net, tl.ones(1))) <= 3


@pytest.mark.parametrize("layer", [nn.LazyLinear(3), nn.LSTM(4, 3), nn.Conv2d(3, 3, 3), nn.MultiheadAttention(4, 2)])
def test_other_layers_show_at_most_three_frames_of_the_library(layer):
    arguments = [tl.tensor(1.0)] * (3 if isinstance(layer, nn.MultiheadAttention) else 1)
    with pytest.raises(Exception) as caught:
        layer(*arguments)
    assert len(traceback.extract_tb(caught.value.__traceback__)) <= 1 + 3


def test_a_switch_leaves_all_frames(monkeypatch):
    monkeypatch.setenv("TENSORLAB_FULL_TRACEBACK", "1")
    names = [name for _, name in frames(nn.Sequential(Encoder()), tl.ones(2, 5))]
    assert names.count("__call__") == 5
    monkeypatch.setenv("TENSORLAB_FULL_TRACEBACK", "0")
    assert "__call__" not in [name for _, name in frames(nn.Sequential(Encoder()), tl.ones(2, 5))]


def test_nothing_to_shorten():
    assert shortened(None) == (None, 0)


class Raising(nn.Module):
    def __init__(self, error):
        super().__init__()
        self.error = error

    def forward(self, x):
        raise self.error


def test_an_error_that_is_raised_again_gets_a_note_of_its_own():
    error = LookupError("stored")
    net = nn.Sequential(nn.Sequential(Raising(error)))
    for call in (1, 2, 3):
        with pytest.raises(LookupError):
            net(tl.ones(1))
        assert error.__notes__ == ["in 0.0 (Raising)"] * call


def test_an_error_that_another_module_raises_again():
    error = LookupError("stored")

    class Catching(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = Raising(error), nn.Sequential(Raising(error))

        def forward(self, x):
            try:
                return self.first(x)
            except LookupError:
                return self.second(x)

    with pytest.raises(LookupError):
        nn.Sequential(Catching())(tl.ones(1))
    assert error.__notes__ == ["in Raising", "in 0.second.0 (Raising)"]


def test_an_error_that_a_module_catches_and_raises_again_keeps_its_path():
    class Catching(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = Raising(LookupError("stored"))

        def forward(self, x):
            try:
                return self.inner(x)
            except LookupError as error:
                raise error

    with pytest.raises(LookupError) as caught:
        nn.Sequential(Catching())(tl.ones(1))
    assert caught.value.__notes__ == ["in 0.inner (Raising)"]


class RefusesNotes(LookupError):
    def add_note(self, note):
        raise RuntimeError("no notes")


class WrongNotes(LookupError):
    @property
    def __notes__(self):
        raise RuntimeError("no notes")


def with_notes(notes):
    error = LookupError("the user's own")
    error.__notes__ = notes
    return error


@pytest.mark.parametrize("error", [with_notes(("a",)), with_notes(None), with_notes(3), RefusesNotes(), WrongNotes()])
def test_the_users_error_is_never_replaced(error):
    with pytest.raises(LookupError) as caught:
        nn.Sequential(nn.Sequential(Raising(error)))(tl.ones(1))
    assert caught.value is error and error.__context__ is None


def test_frames_without_the_name_of_a_module():
    namespace = {"__name__": None}
    exec("def fail(x): raise LookupError('nameless')", namespace)

    class Calling(nn.Module):
        def forward(self, x):
            return namespace["fail"](x)

    with pytest.raises(LookupError) as caught:
        nn.Sequential(Calling())(tl.ones(1))
    assert [entry.name for entry in traceback.extract_tb(caught.value.__traceback__)][-2:] == ["forward", "fail"]
    assert caught.value.__notes__ == ["in 0 (Calling)"]


@pytest.mark.parametrize(
    "call",
    [
        lambda: nn.functional.mse_loss(tl.ones(2, 1), tl.ones(2)),
        lambda: nn.MSELoss()(tl.ones(2, 1), tl.ones(2)),
        lambda: nn.Sequential(nn.Sequential(Comparing()))(tl.ones(2, 1)),
        lambda: optim.SGD([tl.ones(1, requires_grad=True)]).step(),
        lambda: optim.Adam([tl.ones(1, requires_grad=True)]).step(lambda: None),
    ],
)
def test_warnings_show_the_users_line(call):
    with pytest.warns(UserWarning) as caught:
        call()
    assert [warning.filename for warning in caught] == [__file__]


class Comparing(nn.Module):
    def forward(self, x):
        return nn.functional.l1_loss(x, tl.ones(2))
