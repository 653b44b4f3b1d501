"""Graphs of models: what is traced, where it is drawn, and the files."""

import copy
import itertools
import os
import stat
import sys
import xml.etree.ElementTree as ET

import pytest

import tensorlab as tl
from tensorlab import nn, viz
from tensorlab.viz.graph import dot
from tensorlab.viz.graph.layout import GAP, laid_out
from tensorlab.viz.graph.trace import Box

F = nn.functional


class Block(nn.Module):
    """A residual block, which adds in place."""

    def __init__(self, channels, out, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1)
        self.shortcut = nn.Conv2d(channels, out, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, x):
        out = F.relu(self.conv1(x))
        out = self.conv2(out)
        out += self.shortcut(x)
        return F.relu(out)


def edges(graph):
    """Return pairs of names: the path of a layer, the label of anything else."""
    return [(source.path or source.label, box.path or box.label) for box in graph.boxes for source in box.sources]


class TestTrace:
    def test_a_chain(self):
        net = nn.Sequential(nn.Conv2d(1, 6, 5), nn.Tanh(), nn.Flatten(), nn.Linear(6 * 16, 3))
        graph = viz.model_graph(net, tl.zeros(2, 1, 8, 8))
        assert [(box.kind, box.label, box.path, box.shapes, box.parameters) for box in graph.boxes] == [
            ("input", "input", "", [(2, 1, 8, 8)], 0),
            ("layer", "Conv2d", "0", [(2, 6, 4, 4)], 156),
            ("layer", "Tanh", "1", [(2, 6, 4, 4)], 0),
            ("layer", "Flatten", "2", [(2, 96)], 0),
            ("layer", "Linear", "3", [(2, 3)], 291),
            ("output", "output", "", [(2, 3)], 0),
        ]
        assert edges(graph) == [("input", "0"), ("0", "1"), ("1", "2"), ("2", "3"), ("3", "output")]
        assert graph.parameters == sum(parameter.nelement() for parameter in net.parameters())

    @pytest.mark.parametrize("frozen", [False, True])
    def test_a_residual_connection_in_place(self, frozen):
        block = Block(2, 2)
        block.requires_grad_(not frozen)
        graph = viz.model_graph(block, tl.zeros(1, 2, 4, 4))
        assert edges(graph) == [
            ("x", "conv1"), ("conv1", "relu"), ("relu", "conv2"), ("x", "shortcut"),
            ("conv2", "+"), ("shortcut", "+"), ("+", "relu"), ("relu", "output"),
        ]  # fmt: skip

    def test_a_layer_that_returns_its_argument(self):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.dropout = nn.Dropout()

            def forward(self, x):
                x = x.relu()
                return x * self.dropout(x)

        graph = viz.model_graph(Net(), tl.ones(3))
        assert edges(graph) == [("x", "relu"), ("relu", "dropout"), ("relu", "×"), ("dropout", "×"), ("×", "output")]

    def test_the_same_layer_twice(self):
        layer = nn.Linear(3, 3)
        graph = viz.model_graph(nn.Sequential(layer, layer), tl.ones(1, 3))
        assert [box.parameters for box in graph.boxes] == [0, 12, 0, 0]
        assert [box.path for box in graph.boxes] == ["", "0", "0", ""]

    def test_several_inputs_and_outputs(self):
        class Net(nn.Module):
            def forward(self, pair, *, scale):
                first, second = pair
                return {"sum": first + second, "rest": [scale * first]}

        graph = viz.model_graph(Net(), (tl.ones(2), tl.zeros(2)), scale=tl.ones(()))
        assert [box.label for box in graph.boxes] == ["pair[0]", "pair[1]", "scale", "+", "×", "output 0", "output 1"]
        assert ("scale", "×") in edges(graph)
        assert ("pair[0]", "×") in edges(graph)

    def test_views_hand_on_where_they_come_from(self):
        class Net(nn.Module):
            def forward(self, x):
                halves = x.reshape(2, 2, 3)
                return halves[0].mT @ halves[1]

        assert edges(viz.model_graph(Net(), tl.ones(4, 3))) == [("x", "@"), ("@", "output")]

    def test_parameters_of_operations(self):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.position = nn.Parameter(tl.zeros(4, 3))
                self.linear = nn.Linear(3, 3)

            def forward(self, x):
                return self.linear(x + self.position)

        graph = viz.model_graph(Net(), tl.ones(2, 4, 3))
        assert [(box.label, box.parameters) for box in graph.boxes[1:3]] == [("+", 12), ("Linear", 12)]

    def test_writing_to_a_part(self):
        class Net(nn.Module):
            def forward(self, x, y):
                z = x.relu()
                z[0] = y[0].exp()
                return z

        graph = viz.model_graph(Net(), tl.ones(2), tl.ones(2))
        assert edges(graph)[-2:] == [("relu", "output"), ("exp", "output")]

    def test_what_is_opened(self):
        net = nn.Sequential(Block(2, 2), nn.Sequential(nn.ReLU(), nn.Sequential(nn.Tanh())))
        x = tl.zeros(1, 2, 4, 4)

        def paths(**options):
            return [box.path for box in viz.model_graph(net, x, **options).boxes if box.kind == "layer"]

        assert paths() == ["0.conv1", "0.conv2", "0.shortcut", "1.0", "1.1.0"]
        assert paths(depth=1) == ["0", "1"]
        assert paths(depth=2) == ["0.conv1", "0.conv2", "0.shortcut", "1.0", "1.1"]
        assert [box.label for box in viz.model_graph(net, x, depth=1).boxes] == [
            "input", "Block", "Sequential", "output",
        ]  # fmt: skip

    def test_library_layers_are_boxes_and_transformer_layers_are_opened(self):
        graph = viz.model_graph(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), tl.zeros(1, 3, 8))
        assert edges(graph) == [
            ("src", "self_attn"), ("self_attn", "dropout1"), ("src", "+"), ("dropout1", "+"), ("+", "norm1"),
            ("norm1", "linear1"), ("linear1", "relu"), ("relu", "dropout"), ("dropout", "linear2"),
            ("linear2", "dropout2"), ("norm1", "+"), ("dropout2", "+"), ("+", "norm2"), ("norm2", "output"),
        ]  # fmt: skip

    def test_parametrized_layers_are_boxes(self):
        layer = nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))
        graph = viz.model_graph(nn.Sequential(layer), tl.ones(1, 3))
        assert [box.label for box in graph.boxes] == ["input", "Linear", "output"]
        assert graph.boxes[1].parameters == sum(parameter.nelement() for parameter in layer.parameters())

    def test_the_model_stays_as_it_is(self):
        model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Dropout())
        before = copy.deepcopy(model.state_dict())
        x = tl.ones(4, 3)
        viz.model_graph(model, x)
        assert all(module.training and not module._hooks for module in model.modules())
        assert not x.requires_grad
        for name, value in model.state_dict().items():
            assert value.tolist() == before[name].tolist()
        with pytest.raises(tl.ShapeError):
            viz.model_graph(model, tl.ones(4, 5))
        assert all(module.training and not module._hooks for module in model.modules())

    def test_integers_go_in(self):
        graph = viz.model_graph(nn.Sequential(nn.Embedding(5, 3), nn.LSTM(3, 4)), tl.zeros(2, 1, dtype="int64"))
        assert [box.label for box in graph.boxes] == ["input", "Embedding", "LSTM", "output 0", "output 1", "output 2"]
        assert graph.boxes[2].shapes == [(2, 1, 4), (1, 1, 4), (1, 1, 4)]

    def test_errors(self):
        with pytest.raises(TypeError, match="model_graph: model must be a Module, not 3"):
            viz.model_graph(3)
        with pytest.raises(ValueError, match="model_graph: depth must be a positive integer"):
            viz.model_graph(nn.ReLU(), tl.ones(1), depth=0)
        with pytest.raises(TypeError, match="missing a required argument: 'input'"):
            viz.model_graph(nn.ReLU())


class TestLayout:
    @staticmethod
    def chain(*skips, length=6):
        """Return a chain of boxes with further edges from one to another."""
        boxes = [Box("op", str(number)) for number in range(length)]
        for source, box in itertools.pairwise(boxes):
            box.sources.append(source)
        for start, end in skips:
            boxes[end].sources.append(boxes[start])
        return boxes

    @staticmethod
    def overlaps(first, second):
        return (
            abs(first.x - second.x) < (first.width + second.width) / 2 - 1e-6
            and abs(first.y - second.y) < (first.height + second.height) / 2 - 1e-6
        )

    def test_a_chain_is_straight(self):
        layout = laid_out(self.chain(), [(40, 20), (80, 30), (60, 20), (40, 20), (90, 20), (40, 20)])
        assert len({round(place.x, 6) for place in layout.places}) == 1
        tops = [place.y - place.height / 2 for place in layout.places]
        assert tops == sorted(tops)
        assert (layout.width, tops[0]) == (90, 0)

    def test_skips_leave_the_chain_straight_and_pass_beside_it(self):
        layout = laid_out(self.chain((0, 4), (1, 3)), [(60, 20)] * 6)
        assert len({round(place.x, 3) for place in layout.places}) == 1
        long = [edge for edge in layout.edges if len(edge) > 2]
        assert sorted(map(len, long)) == [3, 5]
        for edge in long:
            assert len({round(bend.x, 3) for bend in edge[1:-1]}) == 1
            assert all(abs(bend.x - layout.places[0].x) >= 30 + GAP - 0.1 for bend in edge[1:-1])

    def test_branches_are_symmetric(self):
        start, left, right, end = (Box("op", name) for name in "slre")
        left.sources, right.sources, end.sources = [start], [start], [left, right]
        layout = laid_out([start, left, right, end], [(50, 20)] * 4)
        places = {place.box: place for place in layout.places}
        assert places[left].x < places[right].x
        assert (places[left].x + places[right].x) / 2 == pytest.approx(places[start].x)

    def test_an_input_is_just_above_what_takes_it(self):
        boxes = self.chain()
        late = Box("input", "late")
        boxes.insert(1, late)
        boxes[-1].sources.append(late)
        layout = laid_out(boxes, [(50, 20)] * 7)
        places = {place.box: place for place in layout.places}
        assert places[late].y == places[boxes[-2]].y

    def test_crossings_are_removed(self):
        tops, bottoms = [Box("op", f"t{k}") for k in range(4)], [Box("op", f"b{k}") for k in range(4)]
        for top, bottom in zip(tops, reversed(bottoms), strict=True):
            bottom.sources.append(top)
        layout = laid_out(tops + bottoms, [(50, 20)] * 8)
        places = {place.box: place for place in layout.places}
        for top, bottom in zip(tops, reversed(bottoms), strict=True):
            assert places[top].x == pytest.approx(places[bottom].x)

    @pytest.mark.parametrize("seed", range(6))
    def test_nothing_overlaps(self, seed, rng):
        for _ in range(seed):
            rng.random()
        boxes = [Box("op", str(number)) for number in range(25)]
        for number, box in enumerate(boxes[1:], 1):
            chosen = rng.choice(number, size=min(number, int(rng.integers(1, 4))), replace=False)
            box.sources.extend(boxes[source] for source in sorted(chosen))
        layout = laid_out(boxes, [(float(rng.uniform(20, 120)), 20.0) for _ in boxes])
        bends = [bend for edge in layout.edges for bend in edge[1:-1]]
        for first, second in itertools.combinations([*layout.places, *bends], 2):
            assert not self.overlaps(first, second)
        for place in layout.places:
            assert place.width / 2 - 1e-6 <= place.x <= layout.width - place.width / 2 + 1e-6
        for edge in layout.edges:
            assert all(upper.y < lower.y for upper, lower in itertools.pairwise(edge))


class TestFiles:
    @staticmethod
    def graph():
        return viz.model_graph(nn.Sequential(Block(2, 2), Block(2, 4, 2)), tl.zeros(1, 2, 8, 8))

    def test_svg(self):
        graph = self.graph()
        root = ET.fromstring(graph.svg("own"))
        space = "{http://www.w3.org/2000/svg}"
        texts = [text.text for text in root.iter(f"{space}text")]
        for box in graph.boxes:
            assert box.label in texts
        assert "1.shortcut" in texts
        assert "(1, 4, 4, 4)" in texts
        assert "12 parameters" in texts
        lines = [path for path in root.iter(f"{space}path") if path.get("marker-end")]
        assert len(lines) == len(edges(graph))

    def test_text_is_escaped(self):
        class Odd(nn.Module):
            def forward(self, x):
                return x

        Odd.__name__ = 'A<B> & "C"'
        graph = viz.model_graph(nn.Sequential(Odd()), tl.ones(1))
        root = ET.fromstring(graph.svg("own"))
        assert 'A<B> & "C"' in [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
        assert r"A<B> & \"C\"" in graph.dot()

    def test_dot(self):
        graph = viz.model_graph(nn.Sequential(nn.Linear(2, 3)), tl.ones(1, 2))
        lines = [line.strip() for line in graph.dot().splitlines()]
        assert lines[0] == "digraph model {"
        assert 'n1 [label="Linear\\n0\\n(1, 3)\\n9 parameters", fillcolor="#d9e8f7"];' in lines
        assert lines[-3:] == ["n0 -> n1;", "n1 -> n2;", "}"]

    def test_saving(self, tmp_path, monkeypatch):
        monkeypatch.setattr(dot.shutil, "which", lambda name: None)
        graph = self.graph()
        graph.save(tmp_path / "graph.svg")
        assert (tmp_path / "graph.svg").read_text(encoding="utf-8") == graph.svg("own") == graph._repr_svg_()
        graph.save(str(tmp_path / "graph.dot"))
        assert (tmp_path / "graph.dot").read_text(encoding="utf-8") == graph.dot()
        with pytest.raises(ImportError, match="pdf is drawn by Graphviz, whose program `dot` is not installed"):
            graph.save(tmp_path / "graph.pdf")
        with pytest.raises(ImportError, match="Graphviz"):
            graph.svg("graphviz")
        with pytest.raises(ValueError, match="save: path must end with a format"):
            graph.save(tmp_path / "graph")

    @pytest.mark.skipif(os.name == "nt", reason="the program is a script")
    def test_graphviz(self, tmp_path, monkeypatch):
        program = tmp_path / "dot"
        program.write_text(
            f"#!{sys.executable}\nimport sys\nsource = sys.stdin.read()\n"
            "sys.exit('bad') if 'Tanh' in source else print(sys.argv[1], source.count('->'))\n"
        )
        program.chmod(program.stat().st_mode | stat.S_IEXEC)
        monkeypatch.setenv("PATH", str(tmp_path))
        graph = self.graph()
        assert graph.svg() == f"-Tsvg {len(edges(graph))}\n"
        assert graph.svg("own").startswith("<svg")
        graph.save(tmp_path / "graph.pdf")
        assert (tmp_path / "graph.pdf").read_bytes().startswith(b"-Tpdf")
        with pytest.raises(RuntimeError, match="ModelGraph: Graphviz failed: bad"):
            viz.model_graph(nn.Tanh(), tl.ones(1)).svg("graphviz")

    def test_repr(self):
        assert repr(viz.model_graph(nn.Linear(3, 2), tl.ones(1, 3))) == "<ModelGraph of Linear: 3 boxes, 8 parameters>"
