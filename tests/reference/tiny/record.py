#!/usr/bin/env python3
"""Tiny models with random weights, and what transformers computes for them: the outside reference of all families, of
every way a configuration can differ, and of both kinds of checkpoint. Needs torch, transformers, safetensors, gguf and
numpy; the versions that made what stands here are in made_with.json.

    python record.py

Each folder NAME is a Hugging Face folder (config.json and weights, in one file or sharded) and holds besides:

  model.gguf           the same model as a GGUF, written by the gguf package (Llama's rows of q and k permuted as
                       llama.cpp's converter does it). `quantised` has only this: its weights are K-quants.
  record.safetensors   what transformers computes in float32 with attn_implementation="eager":
    ids                  [pos] int64: the text
    frequencies          [d_head / 2]: of the rotation, radians a position
    rotation_scale       []: what cosines and sines are multiplied by
    embed                [pos, d_model]: the token embeddings
    resid.L              [pos, d_model]: the residual stream behind layer L, from 0
    final_norm           [pos, d_model]
    logits               [pos, vocab]
    attention.L          [head, query, key]: the pattern of layer L
    loss                 []: mean cross-entropy of each next token (nats), over the pos - 1 that have one
    gradient.NAME        of that loss with respect to each parameter, under its name in transformers and in its shape;
                         float32, also where the weights are stored in 16 bits. A tied head has no gradient of its own:
                         the embedding's holds both.
"""
import importlib.metadata
import json
import math
import pathlib
import platform
import shutil

import gguf
import numpy as np
import torch
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as Type
from gguf.quants import dequantize, quantize
from safetensors.torch import save_file
from transformers import (LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM, Qwen2Config,
                          Qwen2ForCausalLM, Qwen2Tokenizer, Qwen3Config, Qwen3ForCausalLM)

HERE = pathlib.Path(__file__).parent
CLASSES = {"llama": (LlamaConfig, LlamaForCausalLM), "mistral": (MistralConfig, MistralForCausalLM),
           "qwen2": (Qwen2Config, Qwen2ForCausalLM), "qwen3": (Qwen3Config, Qwen3ForCausalLM)}
FAMILIES = {"llama": "llama", "mistral": "llama", "qwen2": "qwen2", "qwen3": "qwen3"}   # as a GGUF names them

# What differs from the common configuration, model by model. "dtype", "shard", "tokenizer" and "old" (keys as
# transformers 4 wrote them) are for this script.
MODELS = {
    "qwen3": dict(family="qwen3", head_dim=16, tokenizer=True),
    "qwen3-sharded": dict(family="qwen3", num_attention_heads=6, num_key_value_heads=2, head_dim=8, hidden_size=20,
                          tie_word_embeddings=True, dtype="bfloat16", shard="8KB", num_hidden_layers=3),
    "qwen3-yarn": dict(family="qwen3", head_dim=16, attention_bias=True, max_position_embeddings=64, old=True,
                       num_key_value_heads=4,
                       rope_parameters=dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=16,
                                            rope_theta=1e3)),
    "llama": dict(family="llama", num_key_value_heads=4, head_dim=6, tokenizer=True, dtype="float16"),
    "llama-multi-query": dict(family="llama", num_key_value_heads=1, head_dim=10, tie_word_embeddings=True,
                              shard="12KB"),
    "llama-bias": dict(family="llama", attention_bias=True, mlp_bias=True,
                       rope_parameters=dict(rope_type="linear", factor=2.5, rope_theta=1e4)),
    "llama3": dict(family="llama", head_dim=16, dtype="bfloat16", max_position_embeddings=128,
                   rope_parameters=dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                                        original_max_position_embeddings=16, rope_theta=5e2)),
    "llama-dynamic": dict(family="llama", max_position_embeddings=24, old=True,
                          rope_parameters=dict(rope_type="dynamic", factor=2.0, rope_theta=1e4)),
    "mistral": dict(family="mistral", head_dim=8, sliding_window=None),
    "qwen2": dict(family="qwen2", tie_word_embeddings=True),   # q, k and v have biases without a word about it
}
PARTS = {"input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
         "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
         "self_attn.k_norm": "attn_k_norm", "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate",
         "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
WHOLE = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight",
         "lm_head.weight": "output.weight"}
TYPES = {"float32": Type.F32, "float16": Type.F16, "bfloat16": Type.BF16}
CARD = "---\nlanguage: en\nlicense: apache-2.0\n---\n# Random numbers\n"
CHAT = "{% for message in messages %}{{ message['content'] }}{% endfor %}"


def gguf_name(name):
    if name in WHOLE:
        return WHOLE[name]
    layer, rest = name.removeprefix("model.layers.").split(".", 1)
    part, kind = rest.rsplit(".", 1)
    return f"blk.{layer}.{PARTS[part]}.{kind}"


def paired(rows, heads):
    """Llama's order of q's and k's rows in a GGUF: (i, i + d/2) become neighbours."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def unpaired(rows, heads):
    return rows.reshape(heads, rows.shape[0] // heads // 2, 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def heads_of(name, config):
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    paired_rows = name.startswith("blk.") and FAMILIES[config.model_type] == "llama"
    return heads.get(name.split(".")[2]) if paired_rows else None


def write_gguf(path, config, tensors):
    """tensors: GGUF name -> (raw array, type)."""
    writer = gguf.GGUFWriter(path, FAMILIES[config.model_type])
    writer.add_license("apache-2.0")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    d_head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    if config.model_type != "qwen2":   # its configuration has no word for it
        writer.add_key_length(d_head)
        writer.add_value_length(d_head)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    rope = config.rope_parameters
    writer.add_rope_freq_base(rope["rope_theta"])
    writer.add_rope_dimension_count(d_head)
    if rope["rope_type"] in ("linear", "yarn"):
        writer.add_rope_scaling_type(gguf.RopeScalingType(rope["rope_type"]))
        writer.add_rope_scaling_factor(rope["factor"])
    if rope["rope_type"] == "yarn":
        writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
    if rope["rope_type"] == "llama3":   # as llama.cpp's converter computes what each frequency is divided by
        divisors = []
        for i in range(d_head // 2):
            length = 2 * math.pi * rope["rope_theta"] ** (2 * i / d_head)
            turns = rope["original_max_position_embeddings"] / length
            low, high, factor = rope["low_freq_factor"], rope["high_freq_factor"], rope["factor"]
            smooth = (turns - low) / (high - low)
            divisors.append(1 if turns > high else factor if turns < low else 1 / ((1 - smooth) / factor + smooth))
        tensors["rope_freqs.weight"] = (np.array(divisors, dtype=np.float32), Type.F32)
    for name, (raw, type_) in tensors.items():
        writer.add_tensor(name, raw, raw_dtype=type_)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def save(folder, tensors):
    save_file(tensors, folder / "record.safetensors")
    for file in folder.iterdir():
        file.chmod(0o644)


def record(folder, model, ids, gradients=True):
    kept = {}

    def keep(name):
        def hook(module, inputs, output):
            kept[name] = (output[0] if isinstance(output, tuple) else output).detach()[0]
        return hook

    handles = [model.model.embed_tokens.register_forward_hook(keep("embed")),
               model.model.norm.register_forward_hook(keep("final_norm"))]
    for i, layer in enumerate(model.model.layers):
        handles.append(layer.register_forward_hook(keep(f"resid.{i}")))
    model.zero_grad()
    output = model(ids[None], output_attentions=True, use_cache=False)
    loss = torch.nn.functional.cross_entropy(output.logits[0, :-1], ids[1:])
    loss.backward()
    for handle in handles:
        handle.remove()
    kept.update({"ids": ids, "logits": output.logits[0].detach(), "loss": loss.detach(),
                 "frequencies": model.model.rotary_emb.inv_freq,
                 "rotation_scale": torch.tensor(float(model.model.rotary_emb.attention_scaling))})
    for i, pattern in enumerate(output.attentions):
        kept[f"attention.{i}"] = pattern[0].detach()
    for name, parameter in model.named_parameters() if gradients else []:
        kept["gradient." + name] = parameter.grad
    save(folder, {name: tensor.contiguous().clone() for name, tensor in kept.items()})


def byte_tokenizer():
    keep = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    letters, extra = [], 0
    for b in range(256):
        letters.append(chr(b) if b in keep else chr(256 + extra))
        extra += b not in keep
    vocabulary = {text: i for i, text in enumerate(letters + ["th", "he", "<|endoftext|>"])}
    return Qwen2Tokenizer(vocab=vocabulary, merges=[("t", "h"), ("h", "e")])


def old_keys(path):
    """Puts the configuration's rotation where transformers 4 had it."""
    config = json.loads(path.read_text())
    rope = config.pop("rope_parameters")
    config["rope_theta"] = rope.pop("rope_theta")
    rope["type"] = rope.pop("rope_type")
    config["rope_scaling"] = rope
    path.write_text(json.dumps(config, indent=2) + "\n")


def make(name, family, tokenizer=False, dtype="float32", shard=None, old=False, **given):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    vocabulary = 259 if tokenizer else 61
    config_class, model_class = CLASSES[family]
    common = dict(vocab_size=vocabulary, hidden_size=24, intermediate_size=28, num_hidden_layers=2,
                  num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=96, rms_norm_eps=1e-5)
    config = config_class(**{**common, **given}, attn_implementation="eager")
    model = model_class(config).eval()
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            gain = "norm" in parameter_name
            parameter.normal_(1.0 if gain else 0.0, 0.3)
    model.to(getattr(torch, dtype)).save_pretrained(folder, **({"max_shard_size": shard} if shard else {}))
    (folder / "generation_config.json").unlink(missing_ok=True)
    if old:
        old_keys(folder / "config.json")
    if tokenizer:
        made = byte_tokenizer()
        made.chat_template = CHAT
        made.save_pretrained(folder)
        (folder / "README.md").write_text(CARD)

    tensors = {}
    for parameter_name, tensor in model.named_parameters():
        short = gguf_name(parameter_name)
        numbers = tensor.detach().float().numpy()
        heads = heads_of(short, config)
        numbers = paired(numbers, heads) if heads else numbers
        type_ = TYPES[dtype] if numbers.ndim > 1 else Type.F32
        tensors[short] = (quantize(numbers, type_), type_)
    write_gguf(folder / "model.gguf", config, tensors)
    reopened = model_class.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    ids = torch.randint(0, vocabulary, (24,), generator=torch.Generator().manual_seed(len(name)))
    record(folder, reopened, ids)


# Types and spreads for `quantised`, one after the other over the matrices.
QUANTS = ["Q4_K", "Q5_K", "Q6_K", "Q5_0", "Q5_1", "Q4_K", "Q8_0", "Q6_K"]


def random_blocks(random, type_, shape):
    """K-quants are not written by the package: random bytes, with scales that give weights of about 0.06."""
    elements, size = GGML_QUANT_SIZES[type_]
    raw = random.integers(0, 256, (shape[0], shape[1] // elements, size), dtype=np.uint8)
    scales = {Type.Q4_K: [(0, 2e-4), (2, 1.5e-3)], Type.Q5_K: [(0, 1e-4), (2, 1.5e-3)], Type.Q6_K: [(208, 5e-5)]}
    for at, spread in scales[type_]:
        raw[..., at:at + 2] = np.full(raw.shape[:-1], spread, dtype="<f2").view(np.uint8).reshape(*raw.shape[:-1], 2)
    return raw.reshape(shape[0], -1)


def make_quantised():
    folder = HERE / "quantised"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    config = LlamaConfig(vocab_size=64, hidden_size=256, intermediate_size=256, num_hidden_layers=1,
                         num_attention_heads=8, num_key_value_heads=2, head_dim=32, max_position_embeddings=64,
                         tie_word_embeddings=True, rms_norm_eps=1e-5, attn_implementation="eager")
    model = LlamaForCausalLM(config).eval().float()
    random = np.random.default_rng(3)
    tensors, types = {}, iter(QUANTS)
    for parameter_name, parameter in model.named_parameters():
        short = gguf_name(parameter_name)
        if parameter.ndim == 1:
            numbers = random.normal(1.0, 0.3, parameter.shape).astype(np.float32)
            tensors[short] = (numbers, Type.F32)
        else:
            type_ = Type[next(types)]
            if type_.name.endswith("K"):
                raw = random_blocks(random, type_, tuple(parameter.shape))
            else:
                raw = quantize(random.normal(0, 0.06, parameter.shape).astype(np.float32), type_)
            tensors[short] = (raw, type_)
            numbers = dequantize(raw, type_).reshape(parameter.shape)
            heads = heads_of(short, config)
            numbers = unpaired(numbers, heads) if heads else numbers
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(numbers)))
    write_gguf(folder / "model.gguf", config, tensors)
    # Training works on float32 weights: gradients would only take room.
    record(folder, model, torch.randint(0, 64, (24,), generator=torch.Generator().manual_seed(1)), gradients=False)


torch.manual_seed(7)
for model_name, spec in MODELS.items():
    make(model_name, **spec)
make_quantised()
versions = {package: importlib.metadata.version(package)
            for package in ("torch", "transformers", "safetensors", "tokenizers", "gguf", "numpy")}
(HERE / "made_with.json").write_text(json.dumps({"python": platform.python_version(), **versions}, indent=2) + "\n")
