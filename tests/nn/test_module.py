"""Module: names, state, modes, hooks, moving, errors with paths, the summary."""

import copy

import numpy as np
import pytest
from helpers import assert_same, host

import tensorlab as tl
from tensorlab import nn


class Block(nn.Module):
    def __init__(self, features=3):
        super().__init__()
        self.first = nn.Linear(features, 4)
        self.scale = nn.Parameter(tl.ones(1))
        self.second = nn.Linear(4, 2, bias=False)
        self.register_buffer("count", tl.zeros(1))
        self.register_buffer("scratch", tl.zeros(2), persistent=False)

    def forward(self, x):
        return self.second(tl.relu(self.first(x))) * self.scale


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([Block(), Block()])
        self.head = nn.Sequential(nn.Linear(4, 3), nn.Tanh())

    def forward(self, x):
        return self.head(tl.concat([block(x) for block in self.blocks], axis=-1))


def names(pairs):
    return [name for name, _ in pairs]


class TestNames:
    def test_own_parameters_come_before_those_of_children(self):
        assert names(Block().named_parameters()) == ["scale", "first.weight", "first.bias", "second.weight"]

    def test_modules_in_preorder(self):
        assert names(Block().named_modules()) == ["", "first", "second"]
        assert names(Net().named_modules())[:4] == ["", "blocks", "blocks.0", "blocks.0.first"]

    def test_children(self):
        assert names(Net().named_children()) == ["blocks", "head"]
        assert [type(child) for child in Net().children()] == [nn.ModuleList, nn.Sequential]

    def test_buffers(self):
        block = Block()
        assert names(block.named_buffers()) == ["count", "scratch"]
        assert list(block.buffers()) == [block.count, block.scratch]

    def test_without_recursion(self):
        assert names(Block().named_parameters(recurse=False)) == ["scale"]

    def test_a_shared_parameter_counts_once(self):
        net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
        net[1].weight = net[0].weight
        assert names(net.named_parameters()) == ["0.weight", "0.bias", "1.bias"]
        assert names(net.named_parameters(remove_duplicate=False)) == ["0.weight", "0.bias", "1.weight", "1.bias"]
        assert list(net.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]

    def test_a_shared_module_appears_once(self):
        activation = nn.ReLU()
        net = nn.Sequential(activation, activation)
        assert names(net.named_modules()) == ["", "0"]
        assert len(net) == 2
        assert len(list(net.children())) == 1

    def test_lookup_by_path(self):
        net = Net()
        assert net.get_submodule("blocks.1.first") is net.blocks[1].first
        assert net.get_submodule("") is net
        assert net.get_parameter("blocks.0.scale") is net.blocks[0].scale
        assert net.get_buffer("blocks.0.count") is net.blocks[0].count

    @pytest.mark.parametrize("path", ["blocks.7", "head.weight", "nothing"])
    def test_lookup_of_what_is_not_there(self, path):
        with pytest.raises(AttributeError, match="has no module"):
            Net().get_submodule(path)

    def test_lookup_of_a_parameter_that_is_not_there(self):
        with pytest.raises(AttributeError, match="has no parameter 'bias'"):
            Net().get_parameter("blocks.0.second.bias")
        with pytest.raises(AttributeError, match="has no buffer"):
            Net().get_buffer("blocks.0.scale")

    def test_registering(self):
        module = nn.Module()
        module.register_parameter("weight", nn.Parameter(tl.ones(2)))
        module.register_parameter("bias", None)
        module.add_module("inner", nn.ReLU())
        module.register_buffer("empty", None)
        assert names(module.named_parameters()) == ["weight"]
        assert module.bias is None
        assert list(module.state_dict()) == ["weight"]

    @pytest.mark.parametrize(
        ("register", "value"), [("register_parameter", tl.ones(1)), ("register_buffer", 3), ("add_module", 3)]
    )
    def test_registering_something_else(self, register, value):
        with pytest.raises(TypeError, match="'part'"):
            getattr(nn.Module(), register)("part", value)

    @pytest.mark.parametrize("name", ["a.b", "", "forward"])
    def test_registering_under_an_impossible_name(self, name):
        with pytest.raises(KeyError):
            nn.Module().register_buffer(name, tl.ones(1))

    @pytest.mark.parametrize("register", ["register_parameter", "register_buffer", "add_module", "register_module"])
    @pytest.mark.parametrize("name", [3, None, b"part", ("part",)])
    def test_registering_under_a_name_that_is_not_text(self, register, name):
        with pytest.raises(TypeError, match="must be a string, not"):
            getattr(nn.Module(), register)(name, None)

    PARTS = {
        "parameter": ("register_parameter", lambda: nn.Parameter(tl.ones(1))),
        "buffer": ("register_buffer", lambda: tl.ones(1)),
        "module": ("add_module", nn.ReLU),
    }

    @pytest.mark.parametrize("present", ["parameter", "buffer", "module", "plain"])
    @pytest.mark.parametrize("kind", ["parameter", "buffer", "module"])
    @pytest.mark.parametrize("none", [False, True])
    def test_registering_over_another_kind_drops_nothing(self, present, kind, none):
        module = nn.Module()
        if present == "plain":
            module.part = 3
        else:
            register, make = self.PARTS[present]
            getattr(module, register)("part", None if none else make())
        before = module.part
        register, make = self.PARTS[kind]
        if kind == present:
            new = make()
            getattr(module, register)("part", new)
            assert module.part is new
        else:
            with pytest.raises(KeyError, match=f"already has a {present} attribute 'part'"):
                getattr(module, register)("part", make())
            assert module.part is before

    def test_a_deleted_name_is_free(self):
        module = nn.Module()
        module.register_buffer("part", tl.ones(1))
        del module.part
        module.part = tl.ones(2)
        assert not module.state_dict()
        del module.part
        module.add_module("part", None)
        del module.part
        assert repr(module) == "Module()"

    def test_replacing_a_module_at_a_path(self):
        net = Net()
        net.set_submodule("blocks.0.first", nn.Identity())
        net.set_submodule("blocks.1.third", nn.Identity())
        assert isinstance(net.blocks[0].first, nn.Identity)
        assert names(net.blocks[1].named_children()) == ["first", "second", "third"]
        net.set_submodule("head", nn.Tanh(), strict=True)
        assert names(net.named_children()) == ["blocks", "head"]

    @pytest.mark.parametrize(
        ("target", "strict", "error", "message"),
        [
            ("", False, ValueError, "must not be empty"),
            ("blocks.7.first", False, AttributeError, "has no module '7'"),
            ("blocks.0.scale", False, AttributeError, "has no module 'scale'"),
            ("blocks.0.forward", False, AttributeError, "has no module 'forward'"),
            ("blocks.0.third", True, AttributeError, "has no module 'third'"),
        ],
    )
    def test_replacing_a_module_where_there_is_none(self, target, strict, error, message):
        with pytest.raises(error, match=message):
            Net().set_submodule(target, nn.Identity(), strict)
        with pytest.raises(TypeError, match="module must be a tensorlab"):
            Net().set_submodule("head", 3)


class TestAttributes:
    def test_a_parameter_stays_one(self):
        layer = nn.Linear(2, 2)
        with pytest.raises(TypeError, match="is a parameter and cannot become"):
            layer.weight = tl.ones(2, 2)
        layer.bias = None
        assert names(layer.named_parameters()) == ["weight"]

    def test_a_buffer_stays_one(self):
        block = Block()
        block.count = tl.ones(1)
        assert host(block.state_dict()["count"]) == 1
        with pytest.raises(TypeError, match="is a buffer"):
            block.count = 3

    def test_a_module_stays_one(self):
        net = Net()
        with pytest.raises(TypeError, match="head is a module and cannot become a int"):
            net.head = 3
        net.head = None
        with pytest.raises(TypeError, match="head is a module and cannot become a Tensor"):
            net.head = tl.ones(1)
        net.head = nn.ReLU()
        assert names(net.named_children()) == ["blocks", "head"]

    def test_a_parameter_that_is_none_stays_one(self):
        module = nn.Module()
        module.register_parameter("scale", None)
        with pytest.raises(TypeError, match="scale is a parameter and cannot become a Tensor"):
            module.scale = tl.ones(1)
        module.scale = nn.Parameter(tl.ones(1))
        assert names(module.named_parameters()) == ["scale"]

    def test_a_parameter_takes_the_name_of_a_buffer(self):
        block = Block()
        block.count = nn.Parameter(tl.ones(1))
        assert names(block.named_buffers()) == ["scratch"]
        assert names(block.named_parameters(recurse=False)) == ["scale", "count"]

    def test_a_parameter_is_not_a_buffer(self):
        with pytest.raises(TypeError, match=r"not Parameter; register its .detach\(\)"):
            nn.Module().register_buffer("part", nn.Parameter(tl.ones(1)))

    def test_a_plain_tensor_is_no_part(self):
        module = nn.Module()
        module.mask = tl.ones(2)
        assert not list(module.buffers())
        assert not module.state_dict()

    def test_parameter(self):
        data = tl.ones(2)
        parameter = nn.Parameter(data)
        assert parameter.requires_grad
        assert parameter.is_leaf
        assert not nn.Parameter(data, requires_grad=False).requires_grad
        assert repr(parameter).startswith("Parameter containing:\ntensor(")


class TestState:
    def test_keys_and_order(self):
        assert list(Block().state_dict()) == ["scale", "count", "first.weight", "first.bias", "second.weight"]
        assert next(iter(Net().state_dict(prefix="net."))) == "net.blocks.0.scale"

    def test_entries_share_memory_and_have_no_history(self):
        block = Block()
        entry = block.state_dict()["scale"]
        assert not entry.requires_grad
        assert entry.array is block.scale.array
        assert block.state_dict(keep_vars=True)["scale"] is block.scale

    def test_round_trip(self):
        source, target = Net(), Net()
        result = target.load_state_dict(source.state_dict())
        assert result == ([], [])
        for key, tensor in source.state_dict().items():
            assert_same(target.state_dict()[key], host(tensor))

    def test_loading_keeps_the_parameters_and_copies(self):
        layer, source = nn.Linear(2, 2), {"weight": tl.ones(2, 2), "bias": tl.zeros(2)}
        weight, array = layer.weight, layer.weight.array
        layer.load_state_dict(source)
        assert layer.weight is weight
        assert layer.weight.array is array
        assert layer.weight.array is not source["weight"].array

    def test_numpy_arrays_and_lists_are_cast(self):
        layer = nn.Linear(2, 1)
        layer.load_state_dict({"weight": np.array([[1.0, 2.0]]), "bias": [3]})
        assert_same(layer.weight.detach(), np.array([[1, 2]], "float32"))
        assert_same(layer.bias.detach(), np.array([3], "float32"))

    def test_python_numbers_are_read_in_the_precision_of_the_parameter(self):
        layer = nn.Linear(2, 1).double()
        layer.load_state_dict({"weight": [[0.1, 1 / 3]], "bias": [1]})
        assert layer.weight.tolist() == [[0.1, 1 / 3]]

    def test_one_error_lists_everything_and_nothing_changes(self):
        block = Block()
        before = {key: host(tensor).copy() for key, tensor in block.state_dict().items()}
        state = block.state_dict()
        state["first.weight"] = tl.ones(9, 9)
        state["scale"] = tl.ones(1) * 7
        state["other"] = state.pop("count")
        with pytest.raises(RuntimeError) as caught:
            block.load_state_dict(state)
        message = str(caught.value)
        assert "missing: count" in message
        assert "unexpected: other" in message
        assert "first.weight has shape (9, 9) in the state dict, not (4, 3)" in message
        for key, tensor in block.state_dict().items():
            assert_same(tensor, before[key])

    def test_not_strict(self):
        layer = nn.Linear(1, 1)
        result = layer.load_state_dict({"weight": [[5.0]], "other": 1}, strict=False)
        assert result.missing_keys == ["bias"]
        assert result.unexpected_keys == ["other"]
        assert layer.weight.item() == 5
        with pytest.raises(RuntimeError, match=r"weight has shape \(1,\) in the state dict, not \(1, 1\)"):
            layer.load_state_dict({"weight": [5.0]}, strict=False)

    @pytest.mark.parametrize(
        ("key", "value", "message"),
        [
            ("num_batches_tracked", 2.7, "has elements in the state dict that are not of int64"),
            ("num_batches_tracked", float("nan"), "has elements in the state dict that are not of int64"),
            ("num_batches_tracked", float("inf"), "has elements in the state dict that are not of int64"),
            ("num_batches_tracked", np.float64(1e300), "has elements in the state dict that are not of int64"),
            ("num_batches_tracked", -5, "has negative elements"),
            ("num_batches_tracked", None, "is no tensor in the state dict, but a NoneType"),
            ("num_batches_tracked", 1 << 70, "is no tensor in the state dict, but a int"),
            ("running_var", [1.0, -1.0], "has negative elements"),
            ("running_mean", [1j, 0], "is complex64 in the state dict, and float32 in the module"),
            ("running_mean", "ab", "is no tensor in the state dict, but a str"),
            ("running_mean", [[1], [1, 2]], "is no tensor in the state dict, but a list"),
            ("running_mean", {"a": 1}, "is no tensor in the state dict, but a dict"),
            ("weight", object(), "is no tensor in the state dict, but a object"),
            ("weight", [1.0], r"has shape \(1,\) in the state dict, not \(2,\)"),
            ("weight", None, "is no tensor in the state dict, but a NoneType"),
        ],
    )
    @pytest.mark.parametrize("assign", [False, True])
    def test_values_that_cannot_be_right_are_refused_and_nothing_changes(self, key, value, message, assign):
        layer = nn.BatchNorm1d(2)
        before = {name: host(tensor).copy() for name, tensor in layer.state_dict().items()}
        state = {name: tensor + 1 for name, tensor in layer.state_dict().items()}
        if assign:
            message = f"({message}|.* cannot be assigned to)"
        with pytest.raises(RuntimeError, match=f"nothing was loaded\n  {key} {message}"):
            layer.load_state_dict({**state, key: value}, assign=assign)
        for name, tensor in layer.state_dict().items():
            assert_same(tensor, before[name])

    def test_every_problem_is_listed(self):
        state = {"weight": "a", "running_var": [-1.0, 1.0], "running_mean": 3, "other": 1}
        with pytest.raises(RuntimeError) as caught:
            nn.Sequential(nn.BatchNorm1d(2)).load_state_dict({f"0.{key}": value for key, value in state.items()})
        assert str(caught.value).splitlines() == [
            "the state dict does not fit Sequential; nothing was loaded",
            "  0.weight is no tensor in the state dict, but a str",
            "  0.running_mean has shape () in the state dict, not (2,)",
            "  0.running_var has negative elements in the state dict",
            "  missing: 0.bias, 0.num_batches_tracked",
            "  unexpected: 0.other",
        ]

    @pytest.mark.parametrize("state", [None, 3, "ab", [("weight", 1)]])
    def test_not_a_state_dict(self, state):
        with pytest.raises(TypeError, match=r"^load_state_dict: state_dict must be a mapping, not"):
            nn.Linear(1, 1).load_state_dict(state)

    def test_keys_that_are_not_text(self):
        with pytest.raises(TypeError, match="the keys of state_dict must be strings, not 3"):
            nn.Linear(1, 1).load_state_dict({3: 1}, strict=False)

    @pytest.mark.parametrize(
        ("dtype", "good", "bad"),
        [
            ("bool", [[True], [1], [0.0, 1.0]], [[2], [0.5], [-1]]),
            ("uint8", [[255], [3.0], [True]], [[256], [-1], [0.5], [float("inf")]]),
            ("int8", [[-128, 127]], [[128], [-129.0]]),
        ],
    )
    def test_integers_and_booleans_are_cast_where_they_stay_what_they_are(self, dtype, good, bad):
        def holding(values):
            module = nn.Module()
            module.register_buffer("part", tl.zeros(len(values), dtype=dtype))
            return module

        for values in good:
            module = holding(values)
            module.load_state_dict({"part": tl.asarray(values)})
            assert module.part.dtype == getattr(tl, dtype)
            assert module.part.tolist() == values
        for values in bad:
            with pytest.raises(RuntimeError, match=f"part has elements in the state dict that are not of {dtype}"):
                holding(values).load_state_dict({"part": tl.asarray(values)})

    def test_assigning_takes_memory_and_type_and_keeps_the_objects(self):
        net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
        net[0].bias.requires_grad = False
        net(tl.ones(3, 2)).sum().backward()
        weight, tracked = net[0].weight, net[1].num_batches_tracked
        state = {key: (value + 1).double() for key, value in net.state_dict().items()}
        state["1.num_batches_tracked"] = tl.asarray(7, dtype="int32")
        net.load_state_dict(state, assign=True)
        assert net[0].weight is weight
        assert net[1].num_batches_tracked is tracked
        assert tracked.dtype == tl.int32
        assert weight.requires_grad
        assert weight.is_leaf
        assert weight.grad is None
        assert not net[0].bias.requires_grad
        for key, value in net.state_dict().items():
            assert value.array is state[key].array

    def test_assigning_keeps_what_is_shared(self):
        net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
        net[1].weight = net[0].weight
        net.load_state_dict({key: value.double() for key, value in net.state_dict().items()}, assign=True)
        assert net[1].weight is net[0].weight
        assert net[0].weight.dtype == tl.float64

    def test_assigning_another_kind(self):
        with pytest.raises(RuntimeError, match="bias is int64 in the state dict, which cannot be assigned to float32"):
            nn.Linear(1, 1).load_state_dict({"weight": [[1.0]], "bias": [1]}, assign=True)

    def test_assigning_to_a_lazy_layer(self):
        layer = nn.LazyLinear(1)
        layer.load_state_dict({"weight": tl.ones(1, 3, dtype="float64"), "bias": tl.zeros(1)}, assign=True)
        assert layer.weight.dtype == tl.float64
        with pytest.raises(RuntimeError, match="weight has no shape yet in the state dict"):
            nn.Linear(2, 1).load_state_dict(nn.LazyLinear(1).state_dict())

    def test_deep_copy(self):
        net = Net()
        twin = copy.deepcopy(net)
        assert list(twin.state_dict()) == list(net.state_dict())
        with tl.no_grad():
            twin.head[0].weight += 1
        assert not (twin.head[0].weight == net.head[0].weight).any()
        assert twin.head[0].weight.requires_grad
        x = tl.ones(2, 3)
        twin(x).sum().backward()
        assert net.head[0].weight.grad is None

    def test_deep_copy_keeps_sharing(self):
        net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
        net[1].weight = net[0].weight
        twin = copy.deepcopy(net)
        assert twin[1].weight is twin[0].weight is not net[0].weight


class Scaled(nn.Module):
    """Has a number as extra state, which must be positive."""

    def __init__(self, factor=1.0):
        super().__init__()
        self.weight = nn.Parameter(tl.ones(1))
        self.factor = factor

    def get_extra_state(self):
        return {"factor": self.factor}

    def set_extra_state(self, state):
        if state["factor"] <= 0:
            raise ValueError("the factor must be positive")
        self.factor = state["factor"]


class TestExtraState:
    def test_round_trip(self):
        net = nn.Sequential(Scaled(2.0), Scaled(3.0))
        state = net.state_dict()
        assert list(state) == ["0.weight", "0._extra_state", "1.weight", "1._extra_state"]
        other = nn.Sequential(Scaled(), Scaled())
        assert other.load_state_dict(state) == ([], [])
        assert [part.factor for part in other] == [2.0, 3.0]

    def test_it_is_saved_in_files(self, tmp_path):
        path = tmp_path / "net.safetensors"
        tl.save(Scaled(2.0).state_dict(), path)
        other = Scaled()
        other.load_state_dict(tl.load(path))
        assert other.factor == 2.0

    def test_missing_and_unexpected(self):
        assert Scaled().load_state_dict({"weight": [1.0]}, strict=False).missing_keys == ["_extra_state"]
        found = nn.Linear(1, 1, bias=False).load_state_dict({"weight": [[1.0]], "_extra_state": 1}, strict=False)
        assert found.unexpected_keys == ["_extra_state"]

    def test_an_error_restores_everything(self):
        net = nn.Sequential(Scaled(2.0), Scaled(3.0), nn.LazyLinear(1))
        state = {
            key: value * 5 if key.endswith("weight") else {"factor": 7.0}
            for key, value in nn.Sequential(Scaled(), Scaled()).state_dict().items()
        }
        state |= {"1._extra_state": {"factor": -1.0}, "2.weight": tl.ones(1, 2), "2.bias": tl.ones(1)}
        for assign in (False, True):
            with pytest.raises(ValueError, match="must be positive"):
                net.load_state_dict(state, assign=assign)
            assert [part.factor for part in net[:2]] == [2.0, 3.0]
            assert [part.weight.item() for part in net[:2]] == [1.0, 1.0]
            assert net[2].has_uninitialized_params()

    def test_it_must_be_defined(self):
        with pytest.raises(NotImplementedError, match=r"Linear does not define get_extra_state"):
            nn.Linear(1, 1).get_extra_state()
        with pytest.raises(NotImplementedError, match=r"Linear does not define set_extra_state"):
            nn.Linear(1, 1).set_extra_state(1)


class TestStateHooks:
    def test_what_they_see(self):
        seen = []
        net = nn.Sequential(nn.Linear(1, 1))
        net[0].register_state_dict_pre_hook(lambda *args: seen.append(args))
        net[0].register_state_dict_post_hook(
            lambda module, state, prefix, metadata: seen.append((module, list(state), prefix, metadata))
        )
        net.state_dict(prefix="net.", keep_vars=True)
        assert seen == [(net[0], "net.0.", True), (net[0], ["net.0.weight", "net.0.bias"], "net.0.", {})]

    def test_a_removed_hook_is_not_called(self):
        layer = nn.Linear(1, 1)
        layer.register_state_dict_post_hook(lambda module, state, *_: state.clear()).remove()
        assert len(layer.state_dict()) == 2

    def test_old_names_are_translated(self):
        def rename(module, state_dict, prefix, *_):
            for key in [key for key in state_dict if key.endswith("gamma")]:
                state_dict[key.replace("gamma", "weight")] = state_dict.pop(key)

        net = nn.Sequential(nn.LayerNorm(2))
        net[0].register_load_state_dict_pre_hook(rename)
        state = {"0.gamma": [3.0, 4.0], "0.bias": [1.0, 2.0]}
        assert net.load_state_dict(state) == ([], [])
        assert net[0].weight.tolist() == [3.0, 4.0]
        assert list(state) == ["0.gamma", "0.bias"]

    def test_a_pre_hook_adds_errors(self):
        layer = nn.Linear(1, 1)
        layer.register_load_state_dict_pre_hook(lambda *args: args[-1].append("the version is too old"))
        with pytest.raises(RuntimeError, match="the version is too old"):
            layer.load_state_dict(layer.state_dict())

    def test_a_post_hook_forgives_missing_keys(self):
        net = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
        seen = []
        net[0].register_load_state_dict_post_hook(lambda module, keys: seen.append((module, keys)))
        net.register_load_state_dict_post_hook(lambda module, keys: keys.missing_keys.remove("0.bias"))
        state = net.state_dict()
        del state["0.bias"]
        state["0.weight"] = tl.full((1, 1), 7.0)
        assert net.load_state_dict(state) == ([], [])
        assert net[0].weight.item() == 7.0
        assert seen == [(net[0], ([], []))]
        del state["1.bias"]
        state["0.weight"] = tl.full((1, 1), 8.0)
        with pytest.raises(RuntimeError, match=r"missing: 1\.bias"):
            net.load_state_dict(state)
        assert net[0].weight.item() == 7.0

    def test_an_error_in_a_post_hook_restores_everything(self):
        layer = nn.Linear(1, 1)
        before = layer.weight.item()
        layer.register_load_state_dict_post_hook(lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            layer.load_state_dict({"weight": [[before + 1]], "bias": [0.0]})
        assert layer.weight.item() == before

    def test_hooks_return_nothing(self):
        layer = nn.Linear(1, 1)
        layer.register_state_dict_post_hook(lambda *_: {})
        with pytest.raises(RuntimeError, match="must change its arguments and return None"):
            layer.state_dict()

    def test_they_are_copied(self):
        layer = nn.Linear(1, 1)
        layer.register_state_dict_post_hook(lambda module, state, *_: state.clear())
        other = copy.deepcopy(layer)
        layer._state_hooks.clear()
        assert not other.state_dict()


class TestModes:
    def test_train_and_eval(self):
        net = Net()
        assert net.training
        assert net.eval() is net
        assert not any(module.training for module in net.modules())
        assert all(module.training for module in net.train().modules())

    def test_requires_grad(self):
        block = Block()
        assert block.requires_grad_(False) is block
        assert not any(parameter.requires_grad for parameter in block.parameters())

    def test_zero_grad(self):
        block = Block()
        block(tl.ones(1, 3)).sum().backward()
        block.zero_grad(set_to_none=False)
        assert all(not host(p.grad).any() for p in block.parameters())
        block.zero_grad()
        assert all(p.grad is None for p in block.parameters())

    def test_apply_goes_inside_out(self):
        seen = []
        net = nn.Sequential(nn.ReLU(), nn.Sequential(nn.Tanh()))
        assert net.apply(lambda module: seen.append(type(module).__name__)) is net
        assert seen == ["ReLU", "Tanh", "Sequential", "Sequential"]

    def test_forward_must_be_defined(self):
        with pytest.raises(NotImplementedError, match=r"Module does not define forward"):
            nn.Module()()


class TestMoving:
    def test_casting_keeps_parameters_and_integers(self):
        layer = nn.BatchNorm1d(2)
        weight = layer.weight
        layer(tl.ones(3, 2)).sum().backward()
        assert layer.to(tl.float64) is layer
        assert layer.weight is weight
        assert weight.requires_grad
        assert weight.dtype == weight.grad.dtype == layer.running_mean.dtype == tl.float64
        assert layer.num_batches_tracked.dtype == tl.int64
        assert layer.float().weight.dtype == tl.float32

    # array-api-strict's dtypes have the hashes of NumPy's, so that sets which hold both compare them.
    @pytest.mark.filterwarnings("ignore:You are comparing a array_api_strict dtype")
    def test_to_another_backend(self, other_backend):
        layer = nn.Linear(2, 1).to(other_backend)
        assert layer.weight.backend.name == other_backend
        x = tl.ones(1, 2).to(other_backend)
        layer(x).sum().backward()
        assert layer.weight.grad.backend.name == other_backend

    def test_like_a_tensor(self):
        assert nn.Linear(2, 1).to(tl.ones(1, dtype=tl.float64)).weight.dtype == tl.float64

    @pytest.mark.skipif(tl.active_backend().name != "numpy", reason="the standard has no half precision")
    def test_bfloat16(self):
        layer = nn.BatchNorm1d(2).bfloat16()
        assert layer.weight.dtype == layer.running_var.dtype == tl.bfloat16
        assert layer.num_batches_tracked.dtype == tl.int64

    @pytest.mark.parametrize("dtype", ["float64", tl.float64])
    def test_type_casts_everything(self, dtype):
        layer = nn.BatchNorm1d(2)
        assert layer.type(dtype) is layer
        assert {tensor.dtype for tensor in layer.state_dict().values()} == {tl.float64}
        with pytest.raises(TypeError, match="cannot become int64"):
            layer.type(tl.int64)
        lazy = nn.LazyBatchNorm1d().type(dtype)
        assert lazy.running_mean.dtype == tl.float64

    def test_to_empty(self):
        net = nn.Sequential(nn.Linear(2, 3), nn.LazyLinear(4)).double()
        weight, array = net[0].weight, net[0].weight.array
        assert net.to_empty(device=None) is net
        assert net[0].weight is weight
        assert weight.array is not array
        assert weight.requires_grad
        assert weight.shape == (3, 2)
        assert weight.dtype == tl.float64
        array = weight.array
        net.to_empty(device="cpu", recurse=False)
        assert weight.array is array

    def test_to_empty_on_another_backend(self, other_backend):
        layer = nn.BatchNorm1d(2).to_empty(device=other_backend)
        assert {tensor.backend.name for tensor in layer.state_dict().values()} == {other_backend}

    def test_not_to_integers(self):
        with pytest.raises(TypeError, match="cannot become int64"):
            nn.Linear(2, 1).to(tl.int64)


class TestHooks:
    def test_hooks_see_and_replace(self):
        layer = nn.Identity()
        before = layer.register_forward_pre_hook(lambda module, args: args[0] + 1)
        after = layer.register_forward_hook(lambda module, args, output: output * 10)
        assert layer(1) == 20
        before.remove()
        before.remove()
        assert layer(1) == 10
        after.remove()
        assert layer(1) == 1

    def test_hooks_that_return_nothing(self):
        seen = []
        layer = nn.Identity()
        with layer.register_forward_hook(lambda module, args, output: seen.append((module, args, output))):
            layer(5)
        layer(6)
        assert seen == [(layer, (5,), 5)]

    def test_order_and_prepend(self):
        seen = []
        layer = nn.Identity()
        layer.register_forward_hook(lambda *_: seen.append("a"))
        layer.register_forward_hook(lambda *_: seen.append("b"))
        layer.register_forward_hook(lambda *_: seen.append("first"), prepend=True)
        layer(0)
        assert seen == ["first", "a", "b"]

    def test_keyword_arguments(self):
        class Scale(nn.Module):
            def forward(self, x, by=1):
                return x * by

        layer = Scale()
        layer.register_forward_pre_hook(lambda m, args, kwargs: (args, {"by": kwargs["by"] + 1}), with_kwargs=True)
        layer.register_forward_hook(lambda m, args, kwargs, out: (out, kwargs["by"]), with_kwargs=True)
        assert layer(3, by=1) == (6, 2)

    def test_other_modules_are_not_affected(self):
        nn.Identity().register_forward_hook(lambda *_: 0)
        assert nn.Identity()(5) == 5


class TestErrorsNameTheModule:
    def notes(self, net, x):
        with pytest.raises(tl.ShapeError) as caught:
            net(x)
        return caught.value.__notes__

    def test_the_whole_path_in_one_note(self):
        net = Net()
        net.blocks[1].second = nn.Linear(7, 2)
        assert self.notes(net, tl.ones(1, 3)) == ["in blocks.1.second (Linear)"]

    def test_the_outermost_module(self):
        assert self.notes(nn.Linear(2, 2), tl.ones(1, 3)) == ["in Linear"]

    def test_a_module_that_is_no_attribute(self):
        class Maker(nn.Module):
            def forward(self, x):
                return nn.Linear(9, 9)(x)

        assert self.notes(nn.Sequential(Maker()), tl.ones(1, 3)) == ["in 0.<Linear> (Linear)"]

    def test_an_error_that_was_dealt_with_leaves_no_trace(self):
        class Careful(nn.Module):
            def __init__(self):
                super().__init__()
                self.inner = nn.Linear(9, 9)

            def forward(self, x):
                try:
                    return self.inner(x)
                except ValueError:
                    return x

        assert Careful()(tl.ones(1, 3)).shape == (1, 3)


class TestWords:
    def test_repr(self):
        assert repr(nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.ReLU()))) == (
            "Sequential(\n"
            "  (0): Linear(in_features=2, out_features=3, bias=True)\n"
            "  (1): Sequential(\n"
            "    (0): ReLU()\n"
            "  )\n"
            ")"
        )

    @pytest.mark.parametrize(
        ("layer", "text"),
        [
            (nn.Conv2d(1, 6, 5), "Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1))"),
            (
                nn.Conv1d(2, 4, 3, 2, 1, 2, 2, False, "reflect"),
                "Conv1d(2, 4, kernel_size=(3,), stride=(2,), padding=(1,), dilation=(2,), groups=2, bias=False, "
                "padding_mode=reflect)",
            ),
            (
                nn.MaxPool2d(2),
                "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)",
            ),
            (nn.AvgPool1d(3, 1), "AvgPool1d(kernel_size=(3,), stride=(1,), padding=(0,))"),
            (
                nn.BatchNorm2d(3),
                "BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)",
            ),
            (nn.Dropout(0.2), "Dropout(p=0.2, inplace=False)"),
            (nn.Flatten(), "Flatten(start_axis=1, end_axis=-1)"),
            (nn.Softmax(1), "Softmax(axis=1)"),
            (nn.ReLU(inplace=True), "ReLU(inplace=True)"),
            (nn.CrossEntropyLoss(), "CrossEntropyLoss()"),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_repr_of_layers(self, layer, text):
        assert repr(layer) == text


class TestSummary:
    def test_shapes_parameters_and_flops(self):
        net = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 4 * 4, 10))
        table = net.summary((2, 3, 4, 4))
        assert [row.output_shapes for row in table.rows[1:]] == [[(2, 8, 4, 4)], [(2, 8, 4, 4)], [(2, 128)], [(2, 10)]]
        assert [row.parameters for row in table.rows] == [0, 8 * 27 + 8, 0, 0, 1290]
        multiplications_and_additions = 2 * (2 * 8 * 4 * 4) * 27
        assert [row.flops for row in table.rows] == [0, multiplications_and_additions, 256, 0, 2 * 2 * 10 * 128 + 20]
        assert table.parameters == sum(parameter.nelement() for parameter in net.parameters())
        assert "Total" in str(table)

    def test_nothing_is_left_behind(self):
        net = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout())
        net.summary((4, 3))
        assert net[0].num_batches_tracked.item() == 0
        assert net.training
        assert net[1].training
        assert not net[0]._hooks

    def test_shared_parameters_count_once(self):
        net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
        net[1].weight = net[0].weight
        assert net.summary((1, 3)).parameters == 9 + 3 + 3

    def test_work_outside_inner_modules_belongs_to_the_outer_one(self):
        table = Block().summary((1, 3))
        assert table.rows[0].flops == 4 + 2  # relu of 4 elements, times the scale for 2

    def test_an_error_leaves_no_hooks(self):
        net = nn.Sequential(nn.Linear(3, 3))
        with pytest.raises(tl.ShapeError):
            net.summary((1, 4))
        assert not net._hooks
        assert net.training


def values(module):
    return {name: parameter.detach() for name, parameter in module.named_parameters()}


class TestDeepCopy:
    def test_shared_parameters_stay_shared(self):
        net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
        net[1].weight = net[0].weight
        net(tl.ones(1, 2)).sum().backward()
        other = copy.deepcopy(net)
        assert other[1].weight is other[0].weight
        assert other[0].weight is not net[0].weight
        assert_same(other[0].weight.grad, host(net[0].weight.grad))
        other[0].weight.data = tl.zeros(2, 2)
        assert host(net[0].weight.detach()).any()

    def test_hooks_are_copied(self):
        layer, seen = nn.Identity(), []
        layer.register_forward_hook(lambda *_: seen.append("forward"))
        layer.register_full_backward_hook(lambda *_: seen.append("backward"))
        other = copy.deepcopy(layer)
        layer._hooks.clear()
        other(tl.ones(1, requires_grad=True)).sum().backward()
        assert seen == ["forward", "backward"]
