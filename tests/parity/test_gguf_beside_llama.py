"""GGUF files that the package of llama.cpp writes, and its values of quantised blocks."""

import numpy as np
import pytest
from helpers import assert_same

import tensorlab as tl
from tensorlab.io.blocks import QUANTISED

gguf = pytest.importorskip("gguf")
NAMES = {number: gguf.GGMLQuantizationType(number).name for number in QUANTISED}


@pytest.mark.parametrize("number", QUANTISED, ids=NAMES.get)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # random bytes are scales beyond float16, too
def test_values_of_blocks(number, rng):
    layout = QUANTISED[number]
    assert (layout.elements, layout.size) == gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType(number)]
    blocks = rng.integers(0, 256, (40, layout.size), dtype="uint8")
    expected = gguf.quants.dequantize(blocks.reshape(1, -1), gguf.GGMLQuantizationType(number)).reshape(40, -1)
    np.testing.assert_array_equal(layout.values(blocks), expected)


def test_a_file(tmp_path, rng):
    path = tmp_path / "model.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("a model")
    writer.add_context_length(128)
    writer.add_rope_freq_base(10000.0)
    writer.add_token_list(["<s>", "ä", "b"])
    writer.add_array("numbers", [1, 2, 3])
    writer.add_bool("flag", True)
    plain = {
        "float32": rng.standard_normal((3, 4)).astype("float32"),
        "float64": rng.standard_normal(5),
        "int32": np.arange(6, dtype="int32").reshape(1, 2, 3),
        "int8": np.arange(-3, 3, dtype="int8"),
    }
    for name, array in plain.items():
        writer.add_tensor(name, array)
    weight = rng.standard_normal((4, 64)).astype("float32")
    expected = {}
    for kind in ("Q4_0", "Q5_1", "Q8_0"):
        number = gguf.GGMLQuantizationType[kind]
        blocks = gguf.quants.quantize(weight, number)
        writer.add_tensor(kind, blocks, raw_dtype=number)
        expected[kind] = gguf.quants.dequantize(blocks, number)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()

    for lazy in (False, True):
        loaded = tl.load(path, lazy=lazy)
        assert list(loaded) == [*plain, *expected]
        for name, array in plain.items():
            assert_same(loaded[name], array)
        for kind, values in expected.items():
            assert_same(loaded[kind], values)
    metadata = tl.io.read_metadata(path)
    assert metadata["general.name"] == "a model"
    assert metadata["llama.context_length"] == 128
    assert metadata["llama.rope.freq_base"] == 10000.0
    assert metadata["tokenizer.ggml.tokens"] == ["<s>", "ä", "b"]
    assert metadata["numbers"] == [1, 2, 3]
    assert metadata["flag"] is True
