"""Sequential, ModuleList, ModuleDict."""

import copy
from collections import OrderedDict

import pytest

import tensorlab as tl
from tensorlab import nn


def layers(count):
    return [nn.Linear(i + 1, i + 2) for i in range(count)]


class TestSequential:
    def test_order(self):
        net = nn.Sequential(*layers(3))
        assert net(tl.ones(5, 1)).shape == (5, 4)

    def test_named(self):
        net = nn.Sequential(OrderedDict([("first", nn.Linear(1, 2)), ("second", nn.ReLU())]))
        assert list(net.state_dict()) == ["first.weight", "first.bias"]
        assert net.first is net[0]

    def test_indexing_and_slicing(self):
        parts = layers(4)
        net = nn.Sequential(*parts)
        assert net[-1] is parts[3]
        assert list(net[1:3]) == parts[1:3]
        assert next(iter(net[1:3].state_dict())) == "1.weight"
        assert len(net) == 4
        with pytest.raises(IndexError, match="of 4 modules has no module 4"):
            net[4]

    def test_changing(self):
        net = nn.Sequential(*layers(2))
        third, other = nn.ReLU(), nn.Tanh()
        assert net.append(third) is net
        net[0] = other
        assert net[0] is other
        assert net[2] is third
        del net[1]
        assert list(net) == [other, third]
        assert [name for name, _ in net.named_children()] == ["0", "1"]
        net.insert(1, nn.Sigmoid())
        assert [type(m).__name__ for m in net] == ["Tanh", "Sigmoid", "ReLU"]

    def test_only_modules(self):
        with pytest.raises(TypeError, match="must be a tensorlab"):
            nn.Sequential(nn.ReLU(), tl.relu)

    def test_what_is_refused_adds_nothing(self):
        net = nn.Sequential(nn.ReLU())
        with pytest.raises(TypeError, match="module '2' must be"):
            net.extend([nn.Tanh(), 3])
        with pytest.raises(TypeError, match="insert: module must be a Module or None, not 3"):
            net.insert(0, 3)
        with pytest.raises(IndexError, match="has no place for index 2"):
            net.insert(2, nn.Tanh())
        assert len(net) == 1

    def test_sums_and_multiples(self):
        a, b = nn.Sequential(*layers(2)), nn.Sequential(nn.ReLU())
        assert list(a + b) == [*a, *b]
        assert list(2 * b) == list(b * 2) == [*b, *b]
        expected = [*a, *b]
        whole = a
        a += b
        assert whole is a
        assert list(a) == expected
        a *= 2
        assert whole is a
        assert list(a) == expected * 2
        assert [name for name, _ in a._module_slots()] == ["0", "1", "2", "3", "4", "5"]
        with pytest.raises(ValueError, match="positive number of times"):
            a * 0
        for other in ([nn.ReLU()], 1.5):
            with pytest.raises(TypeError):
                a + other
            with pytest.raises(TypeError):
                a * other

    def test_pop(self):
        parts = layers(4)
        net = nn.Sequential(*parts)
        assert net.pop(1) is parts[1]
        assert net.pop(-1) is parts[3]
        assert list(net) == [parts[0], parts[2]]
        assert list(net.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]
        assert list(net.pop(slice(1, 2))) == [parts[2]]
        assert list(net) == [parts[0]]


class TestModuleList:
    def test_a_list(self):
        parts = layers(3)
        held = nn.ModuleList(parts[:1])
        held.extend(parts[1:])
        assert list(held) == parts
        assert list(held[1:]) == parts[1:]
        assert isinstance(held[1:], nn.ModuleList)
        del held[0:2]
        assert list(held) == parts[2:]
        assert list(held.state_dict()) == ["0.weight", "0.bias"]

    def test_sums_and_pop(self):
        parts = layers(3)
        held = nn.ModuleList(parts[:1])
        assert list(held + parts[1:]) == list(held + nn.ModuleList(parts[1:])) == parts
        assert len(held) == 1
        same = held
        held += parts[1:]
        assert same is held
        assert held.pop(0) is parts[0]
        assert list(held.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]
        with pytest.raises(TypeError, match="iterable of modules, not int"):
            held.extend(3)
        assert len(nn.ModuleList(None)) == 0

    def test_it_has_no_forward(self):
        with pytest.raises(NotImplementedError):
            nn.ModuleList()(1)


class TestModuleDict:
    def test_a_dictionary(self):
        held = nn.ModuleDict({"a": nn.ReLU()})
        held["b"] = nn.Tanh()
        held.update([("c", nn.Linear(1, 1))])
        assert list(held) == list(held.keys()) == ["a", "b", "c"]
        assert len(held) == 3
        assert "b" in held
        assert [type(m) for m in held.values()] == [nn.ReLU, nn.Tanh, nn.Linear]
        assert dict(held.items())["a"] is held["a"]
        assert isinstance(held.pop("b"), nn.Tanh)
        assert list(held.state_dict()) == ["c.weight", "c.bias"]
        del held["a"]
        held.clear()
        assert len(held) == 0

    def test_missing_and_impossible_keys(self):
        with pytest.raises(KeyError):
            nn.ModuleDict()["a"]
        with pytest.raises(TypeError, match="must be a string, not 3"):
            nn.ModuleDict({3: nn.ReLU()})
        with pytest.raises(TypeError, match="modules must be pairs of a name and a module, not 'ab'"):
            nn.ModuleDict(["ab"])
        with pytest.raises(KeyError, match="of its own"):
            nn.ModuleDict({"keys": nn.ReLU()})


class TestNone:
    """A module that is None keeps its place."""

    def test_it_keeps_its_number(self):
        held = nn.ModuleList([nn.Linear(1, 1), None, nn.Linear(2, 2)])
        assert len(held) == 3
        assert held[1] is None
        assert list(held.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
        assert [name for name, _ in held.named_children()] == ["0", "2"]
        assert "(1): None" in repr(held)
        held[1] = nn.ReLU()
        assert [name for name, _ in held.named_children()] == ["0", "1", "2"]
        held[0] = None
        assert held[0] is None
        del held[1]
        assert list(held.state_dict()) == ["1.weight", "1.bias"]

    def test_changing(self):
        held = nn.ModuleList([None]).append(None).insert(1, nn.ReLU())
        assert [module is None for module in held] == [True, False, True]
        assert [module is None for module in held[1:] + [None]] == [False, True, True]
        assert held.pop(-1) is None
        assert len(held) == 2

    def test_a_sequence_says_that_it_cannot_be_called(self):
        net = nn.Sequential(nn.ReLU(), None)
        assert len(net * 2) == 4
        assert list(nn.Sequential({"a": None, "b": nn.ReLU()})[:1]._module_slots()) == [("a", None)]
        with pytest.raises(TypeError, match="a module is None"):
            net(tl.ones(1))

    def test_in_a_dictionary(self):
        held = nn.ModuleDict({"a": None, "b": nn.Linear(1, 1)})
        assert list(held) == ["a", "b"]
        assert held["a"] is None
        held["a"] = nn.Linear(2, 2)
        assert next(iter(held.state_dict())) == "a.weight"
        held["b"] = None
        assert held.pop("b") is None
        assert "b" not in held

    def test_copies(self):
        held = copy.deepcopy(nn.ModuleList([None, nn.Linear(1, 1)]))
        assert len(held) == 2
        held[0] = nn.ReLU()
        assert [type(module) for module in held] == [nn.ReLU, nn.Linear]
