"""Containers, registration, state dicts and their hooks beside PyTorch's."""

import collections

import pytest
from beside import torch

import tensorlab as tl

LIBRARIES = (tl, torch)


def described(value):
    """Return what a module and its state dict look like, or a value itself."""
    return (repr(value), list(value.state_dict())) if hasattr(value, "state_dict") else value


def outcome(action, library):
    """Return what an action does with one of the libraries: its result, or the class of its error."""
    try:
        return action(library.nn, library)
    except Exception as error:
        return type(error)


def changed(module, action):
    action(module)
    return described(module)


def sequence(nn):
    return nn.Sequential(nn.Linear(1, 2), None, nn.Linear(2, 3))


def listed(nn):
    return nn.ModuleList([nn.Linear(1, 2), None, nn.Linear(2, 3)])


@pytest.mark.parametrize("make", [sequence, listed])
@pytest.mark.parametrize(
    "action",
    [
        lambda held, nn: described(held),
        lambda held, nn: [name for name, _ in held.named_children()],
        lambda held, nn: [name for name, _ in held.named_modules()],
        lambda held, nn: len(held),
        lambda held, nn: described(held[1:]),
        lambda held, nn: described(held[::2]),
        lambda held, nn: held[3],
        lambda held, nn: held[-4],
        lambda held, nn: held["a"],
        lambda held, nn: held[1],
        lambda held, nn: changed(held, lambda h: h.__setitem__(1, nn.ReLU())),
        lambda held, nn: changed(held, lambda h: h.__setitem__(0, None)),
        lambda held, nn: changed(held, lambda h: h.__setitem__(0, 3)),
        lambda held, nn: changed(held, lambda h: h.__delitem__(0)),
        lambda held, nn: changed(held, lambda h: h.__delitem__(slice(0, 2))),
        lambda held, nn: changed(held, lambda h: h.append(None)),
        lambda held, nn: changed(held, lambda h: h.append(3)),
        lambda held, nn: changed(held, lambda h: h.insert(1, nn.ReLU())),
        lambda held, nn: changed(held, lambda h: h.extend([nn.ReLU(), None])),
        lambda held, nn: changed(held, lambda h: h.extend(3)),
        lambda held, nn: changed(held, lambda h: h.pop(0)),
        lambda held, nn: changed(held, lambda h: h.pop(-1)),
        lambda held, nn: described(held.pop(slice(1, 3))),
        lambda held, nn: held.pop(3),
        lambda held, nn: described(held + held),
        lambda held, nn: described(held.__iadd__(held[:1])),
    ],
)
def test_sequences(make, action):
    assert outcome(lambda nn, _: action(make(nn), nn), tl) == outcome(lambda nn, _: action(make(nn), nn), torch)


@pytest.mark.parametrize(
    "action",
    [
        lambda net, nn: described(net * 2),
        lambda net, nn: described(3 * net),
        lambda net, nn: described(net.__imul__(2)),
        lambda net, nn: described(net.__imul__(1)),
        lambda net, nn: net * 0,
        lambda net, nn: net * -1,
        lambda net, nn: net * 1.5,
        lambda net, nn: net.insert(4, nn.ReLU()),
        lambda net, nn: net.insert(-4, nn.ReLU()),
        lambda net, nn: changed(net, lambda h: h.insert(-1, nn.ReLU())),
        lambda net, nn: net(None),
    ],
)
def test_sequential(action):
    assert outcome(lambda nn, _: action(sequence(nn), nn), tl) == outcome(lambda nn, _: action(sequence(nn), nn), torch)


@pytest.mark.parametrize(
    "action",
    [
        lambda held, nn: described(held),
        lambda held, nn: (list(held), len(held), "a" in held, held["a"]),
        lambda held, nn: changed(held, lambda h: h.__setitem__("a", nn.ReLU())),
        lambda held, nn: changed(held, lambda h: h.__setitem__("b", None)),
        lambda held, nn: changed(held, lambda h: h.__delitem__("a")),
        lambda held, nn: changed(held, lambda h: h.update([("c", None), ["d", nn.ReLU()]])),
        lambda held, nn: changed(held, lambda h: h.update(nn.ModuleDict({"c": None}))),
        lambda held, nn: changed(held, lambda h: h.clear()),
        lambda held, nn: held.update(3),
        lambda held, nn: held.update([3]),
        lambda held, nn: held["c"],
        lambda held, nn: held.pop("a"),
        lambda held, nn: held.__setitem__(3, None),
        lambda held, nn: held.__setitem__("c", 3),
    ],
)
def test_dictionaries(action):
    def made(nn, _):
        return action(nn.ModuleDict({"a": None, "b": nn.Linear(1, 1)}), nn)

    assert outcome(made, tl) == outcome(made, torch)


PARTS = {
    "parameter": lambda module, name, value, nn, lib: module.register_parameter(
        name, nn.Parameter(lib.ones(1)) if value else None
    ),
    "buffer": lambda module, name, value, nn, lib: module.register_buffer(name, lib.ones(1) if value else None),
    "module": lambda module, name, value, nn, lib: module.add_module(name, nn.ReLU() if value else None),
    "assigned parameter": lambda module, name, value, nn, lib: setattr(
        module, name, nn.Parameter(lib.ones(1)) if value else None
    ),
    "assigned module": lambda module, name, value, nn, lib: setattr(module, name, nn.ReLU() if value else None),
    "assigned tensor": lambda module, name, value, nn, lib: setattr(module, name, lib.ones(1) if value else None),
    "assigned number": lambda module, name, value, nn, lib: setattr(module, name, 3 if value else None),
    "deleted": lambda module, name, value, nn, lib: delattr(module, name),
}


@pytest.mark.parametrize("first", PARTS)
@pytest.mark.parametrize("then", PARTS)
@pytest.mark.parametrize("values", [(True, True), (False, True), (True, False), (False, False)])
def test_one_name_for_two_parts(first, then, values):
    """A third assignment shows what the name is by then."""
    if (first == "assigned parameter" and not values[0]) or (first, values[0]) == ("assigned module", False):
        pytest.skip("the same as assigning None")

    def made(nn, lib, third):
        module = nn.Module()
        module.first = nn.ReLU()
        PARTS[first](module, "part", values[0], nn, lib)
        PARTS[then](module, "part", values[1], nn, lib)
        if third is not None:
            PARTS[third](module, "part", True, nn, lib)
        return (
            described(module),
            [name for name, _ in module.named_parameters()],
            [name for name, _ in module.named_buffers()],
        )

    # A plain attribute that is None can become a parameter here, which PyTorch refuses.
    lenient = then == "parameter" and first.startswith("assigned") and not values[0]
    for third in (None, *PARTS):
        if lenient or (third == "parameter" and not values[1]):
            continue
        found, expected = (outcome(lambda nn, lib, third=third: made(nn, lib, third), lib) for lib in LIBRARIES)
        assert found == expected, third


@pytest.mark.parametrize("name", ["", "a.b", 3, None, "forward", "training"])
@pytest.mark.parametrize("register", ["register_parameter", "register_buffer", "add_module", "register_module"])
def test_names(register, name):
    found, expected = (outcome(lambda nn, _: getattr(nn.Module(), register)(name, None), lib) for lib in LIBRARIES)
    assert found == expected


@pytest.mark.parametrize("target", ["", "0", "0.0", "0.weight", "0.7.1", "training", "0.forward", "new"])
@pytest.mark.parametrize("strict", [False, True])
def test_set_submodule(target, strict):
    def made(nn, _):
        net = nn.Sequential(nn.Sequential(nn.Linear(1, 1), None), nn.Linear(1, 1))
        net.set_submodule(target, nn.Tanh(), strict)
        return described(net)

    assert outcome(made, tl) == outcome(made, torch)


# -- state dicts -------------------------------------------------------------------------------------------------------


def with_extra_state(nn, lib):
    """Return a network in which modules have parameters, buffers, extra state and modules that are None."""

    class Part(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(1, 1)
            self.scale = nn.Parameter(lib.ones(1))
            self.register_buffer("count", lib.zeros(1))
            self.register_buffer("scratch", lib.zeros(1), persistent=False)
            self.register_parameter("nothing", None)
            self.number = 3

        def get_extra_state(self):
            return self.number

        def set_extra_state(self, state):
            self.number = state

    return nn.Sequential(Part(), None, nn.ModuleDict({"a": Part(), "b": nn.BatchNorm1d(2)}))


STATES = {
    "whole": lambda state: state,
    "other numbers": lambda state: {**state, "0._extra_state": 7, "2.a._extra_state": 8},
    "missing parts": lambda state: {
        key: value for key, value in state.items() if not key.endswith(("scale", "_extra_state"))
    },
    "an empty dict": lambda state: {},
    "of one module": lambda state: {key: value for key, value in state.items() if key.startswith("0.")},
    "unexpected": lambda state: {
        "first": 1, **state, "0.new": 1, "3.weight": 1, "_extra_state": 1, "2.b._extra_state": 1, "2.c.d": 1,
        "0.inner.scale.x": 1, "2.a.inner.x": 1, "0.scratch": 1, "0.nothing": 1, "last": 1,
    },
    "another order": lambda state: dict(reversed({**state, "x": 1, "0.y": 1}.items())),
}  # fmt: skip


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("assign", [False, True])
def test_missing_and_unexpected_keys(name, strict, assign):
    def made(nn, lib):
        net = with_extra_state(nn, lib)
        state = STATES[name](net.state_dict())
        # Without its version, PyTorch takes a state dict for one that is older than the count of batches.
        if lib is torch:
            state = collections.OrderedDict(state)
            state._metadata = net.state_dict()._metadata
        found = net.load_state_dict(state, strict=strict, assign=assign)
        return list(net.state_dict()), found.missing_keys, found.unexpected_keys, net[0].number, net[2]["a"].number

    assert outcome(made, tl) == outcome(made, torch)


def test_the_arguments_of_hooks():
    """PyTorch calls the hooks after loading as it goes; here all of them are called at the end, in the same order."""

    def made(nn, lib):
        net, seen, after = with_extra_state(nn, lib), [], []
        for name, module in net.named_modules():
            module.register_state_dict_pre_hook(lambda m, *args, name=name: seen.append((name, args)))
            module.register_state_dict_post_hook(
                lambda m, state, prefix, _, name=name: seen.append((name, list(state), prefix))
            )
            module.register_load_state_dict_pre_hook(
                lambda m, state, prefix, _, *others, name=name: seen.append((name, list(state), prefix, others[0]))
            )
            module.register_load_state_dict_post_hook(lambda m, keys, name=name: after.append(name))
        net.load_state_dict(net.state_dict(keep_vars=True))
        return seen, after

    assert made(tl.nn, tl) == made(torch.nn, torch)


def test_hooks_change_keys():
    def made(nn, lib):
        def translate(module, state_dict, prefix, metadata, strict, missing, unexpected, messages):
            state_dict[prefix + "weight"] = state_dict.pop(prefix + "kernel")
            state_dict[prefix + "added"] = 1
            missing.append("a key")
            unexpected.append("another key")

        net = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
        net[0].register_load_state_dict_pre_hook(translate)
        net[1].register_load_state_dict_post_hook(lambda module, keys: keys.unexpected_keys.remove("0.added"))
        state = net.state_dict()
        state["0.kernel"] = state.pop("0.weight") + 1
        found = net.load_state_dict(state, strict=False)
        return found.missing_keys, found.unexpected_keys, bool((net[0].weight == state["0.kernel"]).all())

    assert made(tl.nn, tl) == made(torch.nn, torch)


@pytest.mark.parametrize("state", [None, 3, [("weight", 1)]])
def test_not_a_state_dict(state):
    found, expected = (outcome(lambda nn, _: nn.Linear(1, 1).load_state_dict(state), lib) for lib in LIBRARIES)
    assert found == expected


@pytest.mark.parametrize("assign", [False, True])
def test_types_after_loading(assign):
    def made(nn, lib):
        net, source = nn.BatchNorm1d(2), nn.BatchNorm1d(2).double()
        source.weight.requires_grad_(False)
        net.load_state_dict(source.state_dict(), assign=assign)
        return [
            (str(tensor.dtype).split(".")[-1], tensor.requires_grad)
            for tensor in net.state_dict(keep_vars=True).values()
        ]

    assert made(tl.nn, tl) == made(torch.nn, torch)


@pytest.mark.parametrize("cast", ["double", "half", "float", "bfloat16", "type"])
def test_casts(cast):
    narrow = {"half": "float16", "bfloat16": "bfloat16"}.get(cast, "float32")
    if tl.active_backend().native_dtype(narrow) is None:
        pytest.skip("this backend has no such type")

    def made(nn, lib):
        net = nn.BatchNorm1d(2)
        assert (net.type(lib.float64) if cast == "type" else getattr(net, cast)()) is net
        return {name: str(tensor.dtype).split(".")[-1] for name, tensor in net.state_dict().items()}

    assert made(tl.nn, tl) == made(torch.nn, torch)
