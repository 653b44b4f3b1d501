"""CSV files and archives of labelled arrays."""

import csv
import gzip

import numpy as np
import pytest
from helpers import assert_close, assert_same, host

from tensorlab.data import DataLoader
from tensorlab.datasets import CSVDataset, NPZDataset

FLOWERS = "length,width,species\n5.1,3.5,setosa\n7.0,3.2,versicolor\n\n4.9,,setosa\n"


def written(tmp_path, text, name="table.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


class TestCSV:
    @pytest.mark.parametrize(
        "encode", [str.encode, lambda text: gzip.compress(text.encode()), lambda text: text.encode("utf-8-sig")]
    )
    def test_classes(self, tmp_path, encode):
        data = CSVDataset(written(tmp_path, encode(FLOWERS)))
        assert_same(data.data, np.array([[5.1, 3.5], [7.0, 3.2], [4.9, np.nan]], "float32"))
        assert data.targets.tolist() == [0, 1, 0]
        assert (data.classes, data.feature_names) == (["setosa", "versicolor"], ["length", "width"])
        x, y = next(iter(DataLoader(data, batch_size=2)))
        assert (x.shape, y.tolist()) == ((2, 2), [0, 1])

    @pytest.mark.parametrize(
        ("labels", "dtype", "expected"),
        [
            (["1", "2", "-3"], "int64", [1, 2, -3]),
            (["1", "2.5", "-3"], "float32", [1, 2.5, -3]),
            (["1", "b", "a"], "int64", [0, 2, 1]),
        ],
    )
    def test_labels(self, tmp_path, labels, dtype, expected):
        rows = "".join(f"{label},0.5\n" for label in labels)
        data = CSVDataset(written(tmp_path, "y,x\n" + rows), target="y")
        assert (data.targets.tolist(), data.targets.dtype.name) == (expected, dtype)
        assert data.classes == (sorted(labels) if "b" in labels else [])

    def test_columns(self, tmp_path):
        path = written(tmp_path, "1;a;3\n4;b;6\n")
        data = CSVDataset(path, 1, [2, -3], delimiter=";", header=False)
        assert_same(data.data, np.array([[3, 1], [6, 4]], "float32"))
        assert (data.targets.tolist(), data.feature_names) == ([0, 1], ["2", "0"])

    def test_quotes_and_odd_files(self, tmp_path):
        path = tmp_path / "x.csv"
        with open(path, "w", newline="") as file:
            csv.writer(file).writerows([["a, b", 'quoted "y"'], ["1e-3", "one\nline more"], [" 2 ", "x"]])
        data = CSVDataset(path)
        assert data.feature_names == ["a, b"]
        assert_close(data.data, np.array([[1e-3], [2]], "float32"))
        assert data.classes == ["one\nline more", "x"]

    def test_missing_numbers(self, tmp_path):
        data = CSVDataset(written(tmp_path, "x,y\nNA,0\n?,0\n,0\nnan,0\n null,0\n5,0\n"))
        assert np.isnan(host(data.data)[:, 0]).tolist() == 5 * [True] + [False]

    @pytest.mark.parametrize(
        ("text", "options", "message"),
        [
            ("", {}, "table.csv has no rows"),
            ("a,b\n", {}, "table.csv has no rows below its header"),
            ("a,b\n1,2\n3\n", {}, r"table.csv, line 3 has 1 cells, not 2"),
            (
                "a,b\n1,2\nred,2\n",
                {},
                r"table.csv, line 3, column 'a' has 'red', which is not a number; columns= chooses",
            ),
            ("a,b\n1,2\n", {"target": "c"}, "target must be among the 2 columns a, b, unlike 'c'"),
            ("a,b\n1,2\n", {"columns": ["a", 7]}, "columns must be among the 2 columns a, b, unlike 7"),
            ("a,b\n1,2\n", {"delimiter": "ab"}, "delimiter must be one character, not 'ab'"),
            ("a,b\n1,2\n3, \n", {}, "table.csv, line 3 has no label in column 'b'"),
            (b"a,b\n\xff,2\n", {}, "table.csv is not UTF-8 text: byte 4"),
            ('a,b\n"1,2\n', {}, "table.csv, line 2: unexpected end of data"),
        ],
    )
    def test_faults(self, tmp_path, text, options, message):
        with pytest.raises(ValueError, match=rf"^CSVDataset: .*{message}"):
            CSVDataset(written(tmp_path, text), **options)

    def test_no_file(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            CSVDataset(tmp_path / "none.csv")


class TestNPZ:
    @pytest.mark.parametrize(
        ("layout", "shape"),
        [("HWCN", (32, 30, 3, 5)), ("NHWC", (5, 32, 30, 3)), ("NCHW", (5, 3, 32, 30)), ("NHW", (5, 32, 30))],
    )
    def test_layouts(self, tmp_path, rng, layout, shape):
        samples = rng.integers(0, 256, shape, dtype="uint8")
        np.savez(tmp_path / "x.npz", X=samples, y=np.arange(5)[:, None])
        data = NPZDataset(tmp_path / "x.npz", layout=layout)
        named = dict(zip(layout, range(4)))
        image = samples.take(3, named["N"])
        rest = layout.replace("N", "")
        image = image[None] if "C" not in rest else np.moveaxis(image, [rest.index(c) for c in "CHW"], [0, 1, 2])
        assert_same(data[3][0], image)
        assert data[3][1] == 3

    @pytest.mark.parametrize("names", [("images", "labels"), ("data", "targets"), ("x_train", "y_train"), ("X", "y")])
    def test_names(self, tmp_path, names):
        arrays = {names[0]: np.zeros((3, 2)), names[1]: np.array([2, 0, 1], "uint8"), "more": np.zeros(7)}
        np.savez_compressed(tmp_path / "x.npz", **arrays)
        data = NPZDataset(tmp_path / "x.npz", classes=["a", "b", "c"])
        assert (data.targets.tolist(), data.targets.dtype.name) == ([2, 0, 1], "int64")
        given = NPZDataset(tmp_path / "x.npz", *names)
        assert given.data.shape == (3, 2)

    @pytest.mark.parametrize(
        ("arrays", "options", "message"),
        [
            ({"a": np.zeros(3)}, {}, "data must be the name of an array in .*, which has a, not None"),
            ({"X": np.zeros(3), "y": np.zeros(3, int)}, {"data": "Z"}, "data must be the name of an array in"),
            (
                {"X": np.zeros(3), "y": np.zeros(3)},
                {},
                "targets: array 'y' in .* has elements of type .*float64, not integers",
            ),
            ({"X": np.zeros(3), "y": np.zeros(4, int)}, {}, "must have one label for each sample"),
            ({"X": np.zeros((3, 3)), "y": np.zeros(3, int)}, {"layout": "NHWC"}, "layout='NHWC' does not fit"),
        ],
    )
    def test_faults(self, tmp_path, arrays, options, message):
        np.savez(tmp_path / "x.npz", **arrays)
        with pytest.raises(ValueError, match=rf"^NPZDataset: .*{message}"):
            NPZDataset(tmp_path / "x.npz", **options)

    def test_a_damaged_file(self, tmp_path):
        (tmp_path / "x.npz").write_bytes(b"damaged")
        with pytest.raises(ValueError, match=r"^NPZDataset: path=.*x\.npz' is not a readable \.npz file"):
            NPZDataset(tmp_path / "x.npz")
