#!/usr/bin/env python3
"""Writes small.gguf with the reference implementation of the format, and small.f32, what its tensors are in float32.

  python -m venv venv && venv/bin/pip install gguf==0.19.0
  venv/bin/python make.py

small.f32 holds the tensors one behind the other in the order of the file. The metadata has a value of every type.
"""
from pathlib import Path

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as Type, GGUFValueType as Value, GGUFWriter
from gguf.quants import dequantize, quantize

HERE = Path(__file__).parent
SHAPES = {"f32": (3, 5), "f16": (4, 7), "bf16": (2, 3, 5), "q8_0": (3, 64), "q4_0": (2, 2, 32), "q4_1": (5, 96),
          "q5_0": (3, 64), "q5_1": (2, 96), "q4_k": (2, 512), "q5_k": (3, 256), "q6_k": (3, 256)}
# Where the float16 scales of a K block stand. The package reads these types and does not write them: their blocks are
# random bytes, so that every bit counts, with moderate scales, and negative ones too.
SCALES = {"q4_k": [0, 2], "q5_k": [0, 2], "q6_k": [208]}


def random_blocks(random, type_, scales, shape):
    elements, size = GGML_QUANT_SIZES[type_]
    raw = random.integers(0, 256, (*shape[:-1], shape[-1] // elements, size), dtype=np.uint8)
    for at in scales:
        halves = (random.standard_normal(raw.shape[:-1]) / 16).astype("<f2")
        raw[..., at:at + 2] = halves.view(np.uint8).reshape(*raw.shape[:-1], 2)
    return raw.reshape(*shape[:-1], -1)


def main():
    random = np.random.default_rng(11)
    writer = GGUFWriter(HERE / "small.gguf", "llama")
    for kind, value in [("uint8", 200), ("int8", -100), ("uint16", 60000), ("int16", -30000), ("uint32", 4000000000),
                        ("int32", -2000000000), ("uint64", 2**63 + 5), ("int64", -2**62), ("float32", 0.1),
                        ("float64", 0.1), ("bool", True)]:
        writer.add_key_value("t." + kind, value, Value[kind.upper()])
    writer.add_string("t.string", "Сеть, é, 網")
    writer.add_array("t.strings", ["a", "", "бв"])
    writer.add_key_value("t.int32s", [-1, 0, 7], Value.ARRAY, Value.INT32)
    writer.add_key_value("t.uint8s", [0, 255], Value.ARRAY, Value.UINT8)
    writer.add_key_value("t.bools", [True, False], Value.ARRAY, Value.BOOL)
    writer.add_key_value("t.float32s", [0.5, -2.0], Value.ARRAY, Value.FLOAT32)

    expected = []
    for name, shape in SHAPES.items():
        type_ = Type[name.upper()]
        numbers = (random.standard_normal(shape) * 3).astype(np.float32)
        if name == "f16":   # the corners of half precision: zeros, subnormal and largest numbers, infinities
            numbers.flat[:10] = [0.0, -0.0, 6e-8, -3e-5, 6.09e-5, 6.11e-5, 65504, -65504, np.inf, -np.inf]
        raw = random_blocks(random, type_, SCALES[name], shape) if name in SCALES else quantize(numbers, type_)
        writer.add_tensor(name, raw, raw_dtype=type_)
        expected.append(dequantize(raw, type_).astype("<f4").reshape(-1))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    np.concatenate(expected).tofile(HERE / "small.f32")


main()
