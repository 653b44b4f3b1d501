"""ParameterList and ParameterDict."""

import pytest

import tensorlab as tl
from tensorlab import nn


class TestParameterList:
    def test_it_is_a_list(self):
        first, second = nn.Parameter(tl.ones(2)), tl.zeros(3)
        held = nn.ParameterList([first, second])
        assert held[0] is first
        assert isinstance(held[1], nn.Parameter)
        assert [p.shape for p in held] == [(2,), (3,)]
        held.append(tl.ones(1)).extend([tl.ones(4)])
        held += [tl.ones(5)]
        assert len(held) == 5
        assert held[-1].shape == (5,)
        assert [p.shape for p in held[1:4:2]] == [(3,), (4,)]
        held[-2] = tl.ones(6)
        assert list(held.state_dict()) == ["0", "1", "2", "3", "4"]
        assert held.state_dict()["3"].shape == (6,)
        assert list(nn.ParameterList().parameters()) == []

    def test_other_values(self):
        held = nn.ParameterList([tl.ones(2), "name", None])
        assert held[1] == "name"
        assert held[2] is None
        held[0] = 3
        assert held[0] == 3
        assert not held.state_dict()
        assert repr(nn.ParameterList([tl.ones(2, 3), "name"])) == (
            "ParameterList(\n  (0): Parameter containing: [float32 of size 2x3]\n  (1): Object of type: str\n)"
        )
        assert repr(nn.ParameterList()) == "ParameterList()"

    def test_errors(self):
        held = nn.ParameterList([tl.ones(2)])
        with pytest.raises(IndexError, match="ParameterList of 1 values has no value 1"):
            held[1]
        with pytest.raises(TypeError, match="values must be an iterable, not Tensor"):
            held.extend(tl.ones(2))
        with pytest.raises(RuntimeError, match="not to be called"):
            held(tl.ones(2))


class TestParameterDict:
    def test_it_is_a_dictionary(self):
        held = nn.ParameterDict({"b": tl.ones(2), "a": tl.zeros(3)})
        assert list(held) == ["b", "a"]
        assert list(held.keys()) == ["b", "a"]
        assert list(reversed(held)) == ["a", "b"]
        assert isinstance(held["b"], nn.Parameter)
        assert "a" in held
        assert held.get("c", 5) == 5
        assert held.setdefault("c", tl.ones(4)).shape == (4,)
        assert held.setdefault("c").shape == (4,)
        assert len(held) == 3
        assert [key for key, _ in held.items()] == ["b", "a", "c"]
        assert [p.shape for p in held.values()] == [(2,), (3,), (4,)]
        assert held.pop("a").shape == (3,)
        assert held.popitem()[0] == "c"
        del held["b"]
        assert not held.state_dict()
        held.update([("x", tl.ones(1))])
        held.clear()
        assert len(held) == 0

    def test_union_and_copies(self):
        left, right = nn.ParameterDict({"a": tl.ones(1), "b": tl.ones(1)}), nn.ParameterDict({"b": tl.ones(2)})
        assert {k: v.shape for k, v in (left | right).items()} == {"a": (1,), "b": (2,)}
        assert {k: v.shape for k, v in ({"b": tl.ones(3)} | right).items()} == {"b": (2,)}
        assert left.copy()["a"] is left["a"]
        left |= right
        assert left["b"] is right["b"]
        assert left.fromkeys(["u", "v"], 1)["v"] == 1

    def test_other_values(self):
        held = nn.ParameterDict({"a": tl.ones(2), "n": 3})
        held["a"] = "text"
        assert not held.state_dict()
        assert repr(held) == "ParameterDict(\n  (a): Object of type: str\n  (n): Object of type: int\n)"

    @pytest.mark.parametrize("key", ["a.b", "", "keys", "training", "_keys"])
    def test_impossible_keys(self, key):
        with pytest.raises(KeyError):
            nn.ParameterDict({key: tl.ones(1)})

    def test_errors(self):
        held = nn.ParameterDict()
        with pytest.raises(TypeError, match="a key must be a string, not int"):
            held[1] = tl.ones(1)
        with pytest.raises(KeyError):
            held["a"]
        with pytest.raises(KeyError):
            held.popitem()
        with pytest.raises(RuntimeError, match="not to be called"):
            held()
