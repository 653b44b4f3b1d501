"""Modules of PyTorch made of ours, and ours made of theirs: the same words, parameters and results."""

import numpy as np
import pytest
from beside import assert_alike, leaves, ours, theirs
from helpers import assert_close, host, tensor

import tensorlab as tl
from tensorlab import nn

torch = pytest.importorskip("torch")

from tensorlab.interop.torch import NotConvertible, from_torch, tensor_from_torch, tensor_to_torch, to_torch

RNG = np.random.default_rng(0)


def draw(*shape):
    return RNG.standard_normal(shape)


LAYERS = [
    ("Linear", (3, 4), {"bias": False}, (draw(5, 3),)),
    ("Bilinear", (3, 4, 2), {}, (draw(5, 3), draw(5, 4))),
    ("Conv1d", (2, 4, 3), {"padding": "same", "dilation": 2}, (draw(2, 2, 8),)),
    ("Conv2d", (4, 6, (3, 2)), {"stride": (2, 1), "padding": (1, 2), "groups": 2}, (draw(2, 4, 7, 6),)),
    ("Conv2d", (2, 3, 3), {"padding": 1, "padding_mode": "reflect", "bias": False}, (draw(2, 2, 5, 6),)),
    ("ConvTranspose2d", (2, 3, 3), {"stride": 2, "output_padding": 1}, (draw(2, 2, 4, 4),)),
    ("BatchNorm2d", (3,), {"eps": 1e-2, "momentum": 0.3}, (draw(4, 3, 2, 5),)),
    ("BatchNorm1d", (3,), {"affine": False, "track_running_stats": False}, (draw(4, 3),)),
    ("InstanceNorm2d", (3,), {"affine": True}, (draw(2, 3, 4, 5),)),
    ("GroupNorm", (2, 4), {}, (draw(2, 4, 5),)),
    ("LayerNorm", ((4, 5),), {"bias": False}, (draw(2, 4, 5),)),
    ("RMSNorm", (5,), {}, (draw(2, 5),)),
    ("LocalResponseNorm", (3,), {"alpha": 0.1}, (draw(2, 5, 4),)),
    ("MaxPool2d", ((3, 2),), {"stride": (2, 3), "padding": 1, "ceil_mode": True}, (draw(2, 3, 9, 10),)),
    ("AvgPool2d", (3,), {"stride": 2, "padding": 1, "count_include_pad": False}, (draw(2, 3, 8, 9),)),
    ("AdaptiveAvgPool2d", ((2, 3),), {}, (draw(2, 3, 8, 9),)),
    ("Softmax", (1,), {}, (draw(2, 3),)),
    ("GLU", (0,), {}, (draw(4, 3),)),
    ("Flatten", (1, 2), {}, (draw(2, 3, 4, 5),)),
    ("Unflatten", (1, (2, 3)), {}, (draw(2, 6),)),
    ("LeakyReLU", (0.3,), {}, (draw(3, 4),)),
    ("PReLU", (3,), {}, (draw(2, 3, 4),)),
    ("Softshrink", (0.2,), {}, (draw(3, 4),)),
    ("Hardtanh", (-0.5, 0.7), {}, (draw(3, 4),)),
    ("GELU", (), {"approximate": "tanh"}, (draw(3, 4),)),
    ("Upsample", (), {"scale_factor": 2.0, "mode": "nearest"}, (draw(1, 2, 3, 4),)),
    ("PixelShuffle", (2,), {}, (draw(1, 4, 3, 3),)),
    ("ZeroPad2d", ((1, 2, 0, 1),), {}, (draw(1, 2, 3, 4),)),
    ("Unfold", (2,), {"stride": 2}, (draw(1, 2, 4, 4),)),
    ("PairwiseDistance", (1.5,), {}, (draw(4, 3), draw(4, 3))),
    ("CosineSimilarity", (0,), {}, (draw(4, 3), draw(4, 3))),
    ("Embedding", (10, 3), {"padding_idx": 2}, (np.array([[1, 2], [3, 9]]),)),
    ("EmbeddingBag", (10, 3), {"mode": "sum"}, (np.array([[1, 2], [3, 9]]),)),
    ("LSTM", (3, 4), {"num_layers": 2, "bidirectional": True, "proj_size": 2}, (draw(5, 2, 3),)),
    ("GRU", (3, 4), {"batch_first": True, "bias": False}, (draw(2, 5, 3),)),
    ("RNN", (3, 4), {"nonlinearity": "relu"}, (draw(5, 2, 3),)),
    ("LSTMCell", (3, 4), {}, (draw(2, 3),)),
    ("MultiheadAttention", (8, 2), {"kdim": 3, "vdim": 5}, (draw(4, 2, 8), draw(6, 2, 3), draw(6, 2, 5))),
    ("MultiheadAttention", (8, 2), {"bias": False, "add_bias_kv": True, "add_zero_attn": True}, (draw(4, 2, 8),) * 3),
    ("TransformerEncoderLayer", (8, 2, 16, 0.0, "gelu"), {"norm_first": True}, (draw(4, 2, 8),)),
    ("TransformerDecoderLayer", (8, 2, 16, 0.0), {"batch_first": True, "bias": False}, (draw(2, 4, 8), draw(2, 3, 8))),
    ("Transformer", (8, 2, 1, 2, 16), {"dropout": 0.0}, (draw(4, 2, 8), draw(3, 2, 8))),
    ("CrossEntropyLoss", (), {"weight": np.array([0.2, 0.5, 1.0])}, (draw(4, 3), np.array([0, 2, 1, 1]))),
    ("CrossEntropyLoss", (), {"label_smoothing": 0.1, "ignore_index": 1}, (draw(4, 3), np.array([0, 2, 1, 1]))),
    ("BCEWithLogitsLoss", (), {"pos_weight": np.array([2.0, 3.0]), "reduction": "sum"}, (draw(4, 2), np.eye(4)[:, :2])),
    ("SmoothL1Loss", (), {"beta": 0.5}, (draw(4, 2), draw(4, 2))),
    ("GaussianNLLLoss", (), {"full": True}, (draw(4, 2), draw(4, 2), draw(4, 2) ** 2)),
    ("TripletMarginLoss", (), {"margin": 0.5, "p": 3.0}, (draw(4, 2), draw(4, 2), draw(4, 2))),
]  # fmt: skip
LAYERS = [
    (name, args, {k: v for k, v in options.items() if (name, k) != ("PairwiseDistance", "axis")}, inputs)
    for name, args, options, inputs in LAYERS
]


def made(name, args, options):
    """Return a layer of PyTorch in double precision, and one of ours."""
    their_options = {
        key: torch.tensor(value) if isinstance(value, np.ndarray) else value for key, value in options.items()
    }
    our_options = {key: tensor(value) if isinstance(value, np.ndarray) else value for key, value in options.items()}
    return getattr(torch.nn, name)(*args, **their_options).double(), getattr(nn, name)(*args, **our_options).double()


@pytest.mark.filterwarnings("ignore:Using padding='same'", "ignore:enable_nested_tensor")  # PyTorch's, of its speed
@pytest.mark.parametrize(("name", "args", "options", "inputs"), LAYERS)
class TestLayers:
    def test_from_torch(self, name, args, options, inputs):
        their, _ = made(name, args, options)
        our = from_torch(their)
        self.compare(our, their, inputs)
        assert repr(our).replace("axis", "dim") == repr(their).replace("NonDynamicallyQuantizable", "")

    def test_to_torch(self, name, args, options, inputs):
        _, our = made(name, args, options)
        their = to_torch(our)
        self.compare(our, their, inputs)
        assert repr(our).replace("axis", "dim") == repr(their).replace("NonDynamicallyQuantizable", "")

    def compare(self, our, their, inputs):
        assert list(our.state_dict()) == list(their.state_dict())
        for x, y in zip(our.state_dict().values(), their.state_dict().values(), strict=True):
            assert_close(x, y.numpy(), rtol=0)
        if inputs:
            with torch.no_grad(), tl.no_grad():
                assert_alike(our(*ours(inputs)), their(*theirs(inputs)))


def networks():
    """Return the same network twice."""

    def network(lib):
        block = lib.Sequential(lib.Conv2d(1, 4, 3), lib.BatchNorm2d(4), lib.ReLU())
        return lib.Sequential(block, lib.Flatten(), lib.ModuleDict({"a": lib.Linear(4, 2)})["a"], lib.Identity())

    return network(torch.nn), network(nn)


class TestStructures:
    def test_nested_containers(self):
        their, _ = networks()
        our = from_torch(their)
        assert repr(our).replace("axis", "dim") == repr(their)
        x = draw(2, 1, 3, 3).astype("float32")
        their(torch.tensor(x))
        again = from_torch(their)  # the running averages of a step
        assert_close(again[0][1].running_mean, their[0][1].running_mean.numpy(), rtol=0)

    def test_lists_and_dictionaries(self):
        their = torch.nn.ModuleList([torch.nn.ModuleDict({"b": torch.nn.ReLU(), "a": torch.nn.Linear(2, 2)})])
        assert repr(from_torch(their)) == repr(their)
        parameters = torch.nn.ParameterList([torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.zeros(3))])
        assert [x.shape for x in from_torch(parameters)] == [(2,), (3,)]

    def test_modes_and_frozen_parameters(self):
        their, _ = networks()
        their[0].eval()
        their[2].weight.requires_grad_(False)
        our = from_torch(their)
        assert [m.training for m in our.modules()] == [m.training for m in their.modules()]
        assert [p.requires_grad for p in our.parameters()] == [p.requires_grad for p in their.parameters()]

    def test_shared_modules_and_parameters(self):
        layer = torch.nn.Linear(2, 2)
        other = torch.nn.Linear(2, 2)
        other.weight = layer.weight
        our = from_torch(torch.nn.Sequential(layer, torch.nn.Tanh(), layer, other))
        assert our[0] is our[2]
        assert our[3].weight is our[0].weight
        assert len(list(our.parameters())) == 3
        back = to_torch(our)
        assert back[0] is back[2] and back[3].weight is back[0].weight

    @pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
    def test_data_types(self, dtype):
        if tl.active_backend().native_dtype(dtype) is None:
            pytest.skip(f"the backend has no {dtype}")
        our = from_torch(torch.nn.Linear(2, 3, dtype=getattr(torch, dtype)))
        assert our.weight.dtype == dtype
        assert to_torch(our).weight.dtype == getattr(torch, dtype)

    def test_copies_share_no_memory(self):
        their = torch.nn.Linear(2, 2)
        our = from_torch(their)
        before = host(our.weight.detach()).copy()
        with torch.no_grad():
            their.weight.zero_()
        assert_close(our.weight.detach(), before, rtol=0)
        back = to_torch(our)
        our.weight.data = tl.zeros(2, 2)
        assert_close(tensor(before), back.weight.detach().numpy(), rtol=0)

    def test_a_converted_network_learns_the_same(self):
        their, _ = networks()
        their = their.double()
        our = from_torch(their)
        x, target = draw(4, 1, 3, 3), draw(4, 2)
        for lib, model, make in ((torch, their, torch.tensor), (tl, our, tensor)):
            optimizer = lib.optim.Adam(model.parameters(), lr=0.1)
            for _ in range(3):
                optimizer.zero_grad()
                lib.nn.functional.mse_loss(model(make(x)), make(target)).backward()
                optimizer.step()
        for p, q in zip(our.parameters(), their.parameters(), strict=True):
            assert_close(p.detach(), q.detach().numpy(), rtol=1e-7)


class TestRefusals:
    def test_classes_of_the_user(self):
        class Mine(torch.nn.Module):
            pass

        model = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Sequential(Mine(), torch.nn.Softmax2d(), Mine()))
        with pytest.raises(NotConvertible, match=r"^1\.0 is a .*Mine, which tensorlab\.nn has not; 1\.2 is a .*Mine"):
            from_torch(model)

    def test_layers_of_ours_alone(self):
        with pytest.raises(NotConvertible, match=r"the module is a tensorlab\..*Maxout, which torch\.nn has not"):
            to_torch(nn.Maxout(2, 3, 4))

    def test_lazy_layers(self):
        with pytest.raises(NotConvertible, match="the module is a LazyLinear without parameters; call it once first"):
            from_torch(torch.nn.LazyLinear(3))
        layer = torch.nn.LazyLinear(3)
        layer(torch.ones(1, 2))
        assert from_torch(layer).in_features == 2

    def test_functions_as_options(self):
        loss = torch.nn.TripletMarginWithDistanceLoss(distance_function=lambda a, b: (a - b).abs().sum(-1))
        with pytest.raises(NotConvertible, match=r"has the function .* as its option distance_function"):
            from_torch(loss)

    def test_activations_of_transformers(self):
        layer = torch.nn.TransformerEncoderLayer(4, 1, 8, activation=torch.tanh)
        with pytest.raises(NotConvertible, match="activation tanh, and only relu and gelu"):
            from_torch(layer)


@pytest.mark.parametrize("dtype", ["bool", "int64", "float32", "bfloat16", "complex64"])
def test_tensors(dtype):
    if tl.active_backend().native_dtype(dtype) is None:
        pytest.skip(f"the backend has no {dtype}")
    x = torch.tensor([[0, 1, 2]]).to(getattr(torch, dtype)).T
    found = tensor_from_torch(x)
    assert found.dtype == dtype and found.shape == (3, 1)
    back = tensor_to_torch(found)
    assert back.dtype == x.dtype
    assert torch.equal(back, x)
    assert not next(iter(leaves(found))).requires_grad
