"""What a PyTorch user types runs with only the import changed."""

import inspect

import pytest

import tensorlab as torch
from tensorlab import nn


def test_the_program_of_the_first_issue():
    image = torch.randn(3, 10, 20)

    class MyNet(nn.Module):
        def __init__(self, d0, d1, d2, d3):
            super().__init__()
            self.m0, self.m1, self.m2 = nn.Linear(d0, d1), nn.Linear(d1, d2), nn.Linear(d2, d3)

        def forward(self, x):
            z1 = torch.relu(self.m0(x.view(-1)))
            return self.m2(torch.relu(self.m1(z1)))

    net = MyNet(image.nelement(), 60, 40, 10)
    out = net(image)
    out.sum().backward()
    assert out.shape == (10,)
    assert all(parameter.grad.shape == parameter.shape for parameter in net.parameters())


def test_a_training_loop():
    torch.manual_seed(0)
    inputs = torch.randn(64, 2)
    labels = (inputs[:, 0] * inputs[:, 1] > 0).astype(torch.int64)
    loader = torch.data.DataLoader(torch.data.TensorDataset(inputs, labels), batch_size=16, shuffle=True)
    model = nn.Sequential(nn.Linear(2, 32), nn.ReLU(inplace=True), nn.Dropout(0.0), nn.Linear(32, 2))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02, betas=(0.9, 0.99))
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=20, gamma=0.5)
    for _ in range(40):
        model.train()
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
    model.eval()
    with torch.no_grad():
        accuracy = (model(inputs).argmax(1) == labels).sum().item() / len(labels)
    assert accuracy > 0.95


SIGNATURES = {
    nn.Linear: "in_features out_features bias device dtype",
    nn.Conv2d: "in_channels out_channels kernel_size stride padding dilation groups bias padding_mode device dtype",
    nn.MaxPool2d: "kernel_size stride padding dilation return_indices ceil_mode",
    nn.AvgPool1d: "kernel_size stride padding ceil_mode count_include_pad",
    nn.AvgPool2d: "kernel_size stride padding ceil_mode count_include_pad divisor_override",
    nn.BatchNorm2d: "num_features eps momentum affine track_running_stats device dtype",
    nn.Dropout: "p inplace",
    nn.Flatten: "start_axis end_axis",
    nn.functional.conv2d: "input weight bias stride padding dilation groups",
    nn.functional.linear: "input weight bias",
    nn.functional.max_pool2d: "input kernel_size stride padding dilation ceil_mode return_indices",
    nn.functional.avg_pool2d: "input kernel_size stride padding ceil_mode count_include_pad divisor_override",
    nn.functional.batch_norm: "input running_mean running_var weight bias training momentum eps",
    nn.functional.pad: "input pad mode value",
    nn.init.kaiming_uniform_: "tensor a mode nonlinearity generator",
    torch.optim.SGD: "params lr momentum dampening weight_decay nesterov maximize",
    torch.optim.Adam: "params lr betas eps weight_decay amsgrad maximize",
    torch.data.DataLoader: "dataset batch_size shuffle sampler batch_sampler",
}


@pytest.mark.parametrize("function", SIGNATURES, ids=lambda function: function.__name__)
def test_argument_order(function):
    parameters = list(inspect.signature(function).parameters)
    expected = SIGNATURES[function].split()
    assert parameters[: len(expected)] == expected


FIRST_INPUTS = {
    nn.Bilinear: "input1",
    nn.ContrastiveLoss: "input1",
    nn.CosineEmbeddingLoss: "input1",
    nn.CosineSimilarity: "x1",
    nn.CTCLoss: "log_probs",
    nn.GATConv: "x",  # graph layers have the names of PyTorch Geometric
    nn.GCNConv: "x",
    nn.MarginRankingLoss: "input1",
    nn.MultiheadAttention: "query",
    nn.PairwiseDistance: "x1",
    nn.SAGEConv: "x",
    nn.Transformer: "src",
    nn.TransformerDecoder: "tgt",
    nn.TransformerDecoderLayer: "tgt",
    nn.TransformerEncoder: "src",
    nn.TransformerEncoderLayer: "src",
    nn.TripletMarginLoss: "anchor",
    nn.TripletMarginWithDistanceLoss: "anchor",
}
MODULES = [c for c in (getattr(nn, name) for name in nn.__all__) if isinstance(c, type) and issubclass(c, nn.Module)]


@pytest.mark.parametrize("layer", MODULES)
def test_name_of_the_first_input(layer):
    first = list(inspect.signature(layer.forward).parameters.values())[1]
    if first.kind is not first.VAR_POSITIONAL:  # as in containers, which compute nothing
        assert first.name == FIRST_INPUTS.get(layer, "input")


def test_inputs_are_passed_by_name():
    x = torch.ones(2, 3, 8, 8)
    for layer in (nn.Conv2d(3, 4, 3), nn.BatchNorm2d(3), nn.Flatten(), nn.Sequential(nn.ReLU(), nn.Linear(8, 2))):
        assert layer.eval()(input=x).tolist() == layer(x).tolist()


# -- arguments under another name --------------------------------------------------------------------------------------

X = torch.ones(2, 3)
OTHER_NAMES = {
    "an op": (lambda: X.sum(dim=0), "sum() got an unexpected keyword argument 'dim'; here it is called 'axis'"),
    "an op, again": (
        lambda: torch.sum(X, 0, keepdim=True),
        "sum() got an unexpected keyword argument 'keepdim'; here it is called 'keepdims'",
    ),
    "a function made of ops": (
        lambda: torch.std(X, dim=0),
        "std() got an unexpected keyword argument 'dim'; here it is called 'axis'",
    ),
    "a method made of ops": (
        lambda: X.std(unbiased=True),
        "std() got an unexpected keyword argument 'unbiased'; here it is called 'correction'",
    ),
    "joining": (
        lambda: torch.concat([X], dim=1),
        "concat() got an unexpected keyword argument 'dim'; here it is called 'axis'",
    ),
    "a functional": (
        lambda: nn.functional.softmax(X, dim=1),
        "softmax() got an unexpected keyword argument 'dim'; here it is called 'axis'",
    ),
    "a transform": (
        lambda: torch.fft.rfft(X, dim=1),
        "rfft() got an unexpected keyword argument 'dim'; here it is called 'axis'",
    ),
    "a layer": (
        lambda: nn.Softmax(dim=1),
        "Softmax: got an unexpected keyword argument 'dim'; here it is called 'axis'",
    ),
    "another layer": (
        lambda: nn.Flatten(start_dim=1),
        "Flatten: got an unexpected keyword argument 'start_dim'; here it is called 'start_axis'",
    ),
    "no such argument": (lambda: X.sum(places=1), "sum() got an unexpected keyword argument 'places'"),
    "out": (
        lambda: X.sum(out=X),
        "sum() got an unexpected keyword argument 'out'; results are new tensors; x[...] = ... writes one into x",
    ),
}


@pytest.mark.parametrize(("call", "message"), OTHER_NAMES.values(), ids=OTHER_NAMES)
def test_names_of_arguments(call, message):
    for _ in range(2):  # the first call of a function goes through a stub
        with pytest.raises(TypeError) as error:
            call()
        assert str(error.value) == message
