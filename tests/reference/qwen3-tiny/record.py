#!/usr/bin/env python3
"""A tiny model of the Qwen3 family with random weights, and what transformers computes for it: the outside reference of
the family that the bundled model does not belong to (norms of q and k, a head size apart from the width, a head of its
own). Writes tiny.gguf (with the gguf package) and reference.json beside itself.

    python record.py        needs torch, transformers, gguf, numpy; versions are written into reference.json
"""
import importlib.metadata, json, pathlib, platform

import gguf
import numpy as np
import torch
import transformers
from transformers import Qwen3Config, Qwen3ForCausalLM

HERE = pathlib.Path(__file__).parent


def byte_symbols():
    """GPT-2's printable stand-ins for the 256 bytes."""
    keep = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    symbols, extra = {b: chr(b) for b in keep}, 0
    for b in range(256):
        if b not in symbols:
            symbols[b] = chr(256 + extra)
            extra += 1
    return [symbols[b] for b in range(256)]


torch.manual_seed(5)
tokens = byte_symbols() + ["th", "he", "<|endoftext|>"]
config = Qwen3Config(vocab_size=len(tokens), hidden_size=24, intermediate_size=40, num_hidden_layers=2,
                     num_attention_heads=4, num_key_value_heads=2, head_dim=16, max_position_embeddings=128,
                     rope_theta=1e6, rms_norm_eps=1e-6, tie_word_embeddings=False, attn_implementation="eager")
model = Qwen3ForCausalLM(config).eval().float()
with torch.no_grad():
    for name, parameter in model.named_parameters():
        parameter.normal_(1.0 if "norm" in name else 0.0, 0.3 if "norm" in name else 0.5)

writer = gguf.GGUFWriter(HERE / "tiny.gguf", "qwen3")
writer.add_block_count(2)
writer.add_context_length(128)
writer.add_embedding_length(24)
writer.add_feed_forward_length(40)
writer.add_head_count(4)
writer.add_head_count_kv(2)
writer.add_key_length(16)
writer.add_value_length(16)
writer.add_rope_freq_base(1e6)
writer.add_layer_norm_rms_eps(1e-6)
writer.add_tokenizer_model("gpt2")
writer.add_tokenizer_pre("qwen2")
writer.add_token_list(tokens)
writer.add_token_types([1] * (len(tokens) - 1) + [3])
writer.add_token_merges(["t h", "h e"])
writer.add_eos_token_id(len(tokens) - 1)
names = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight",
         "lm_head.weight": "output.weight"}
parts = {"input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
         "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
         "self_attn.k_norm": "attn_k_norm", "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate",
         "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
for layer in range(2):
    for theirs, ours in parts.items():
        names[f"model.layers.{layer}.{theirs}.weight"] = f"blk.{layer}.{ours}.weight"
for name, tensor in model.state_dict().items():
    writer.add_tensor(names[name], tensor.numpy().astype(np.float32))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()

ids = [int(i) for i in np.random.default_rng(1).integers(0, len(tokens), 11)]
with torch.no_grad():
    output = model(torch.tensor([ids]), output_attentions=True)
(HERE / "reference.json").write_text(json.dumps({
    "made_with": {"python": platform.python_version(), "torch": torch.__version__,
                  "transformers": transformers.__version__,
                  "gguf": importlib.metadata.version("gguf"), "numpy": np.__version__},
    "ids": ids, "logits": [float(x) for x in output.logits[0].flatten()],
    "pattern": [float(x) for x in output.attentions[1][0].flatten()]}) + "\n")
