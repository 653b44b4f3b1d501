"""Sequential, ModuleList, ModuleDict."""

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
        with pytest.raises(KeyError, match="of its own"):
            nn.ModuleDict({"keys": nn.ReLU()})
