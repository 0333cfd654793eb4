#!/usr/bin/env python3
"""What another implementation computes for SmolLM2-135M-Instruct: the outside reference of tests/labs/parity_test.cpp.

transformers reads the same GGUF, dequantised to float32, and runs it eagerly on the CPU. The token ids stand in
prompts.json (llama.cpp's and ours agree on them; transformers' conversion of this tokenizer has a known fault with
digits after spaces, so that its tokenizer is not used). Recorded, for each prompt:

  last_logits      [vocab]                the logits after the last token, whole
  logits           [pos, columns]         a fixed random subset of the vocabulary, at every position
  resid            [layer + 1, pos, columns]   the residual stream: the embedding, then after every block (subset)
  resid_last       [layer + 1, d_model]   the same for the last position, whole
  pattern.L        [head, query, key]     attention, for the layers listed
  greedy           32 tokens (fewer after the end token), and the smallest lead of a chosen token over the second
and for the prompt named in POINTS_OF, every other point inside one block.

    python record.py MODEL.gguf        writes reference.json and reference.bin (float32, little-endian) beside itself

Needs torch, transformers, gguf, numpy. Versions are written into reference.json.
"""
import hashlib, json, pathlib, platform, sys

import numpy as np
import torch
import transformers
from transformers import AutoModelForCausalLM, GgufConfig
from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

HERE = pathlib.Path(__file__).parent
PATTERN_LAYERS = [0, 7, 15, 22, 29]
POINTS_OF, POINTS_LAYER = "store", 4
NEW_TOKENS, END_TOKEN = 32, 2


def load(path):
    folder, name = str(path.parent), path.name
    model = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=name, quantization_config=GgufConfig(gguf_file=name, dequantize=True),
        dtype=torch.float32, attn_implementation="eager")
    return model.eval()


class Hooks:
    """The outputs (and inputs) of named modules during one forward pass."""

    def __init__(self, model, names):
        self.inputs, self.outputs = {}, {}
        modules = dict(model.named_modules())
        self.handles = [modules[name].register_forward_hook(self.keep(name)) for name in names]

    def keep(self, name):
        def hook(module, args, output):
            self.inputs[name] = args[0].detach() if args else None
            self.outputs[name] = (output[0] if isinstance(output, tuple) else output).detach()
        return hook

    def remove(self):
        for handle in self.handles:
            handle.remove()


def greedy(model, ids):
    tokens, lead = list(ids), float("inf")
    for _ in range(NEW_TOKENS):
        logits = model(torch.tensor([tokens])).logits[0, -1]
        best = torch.topk(logits, 2)
        lead = min(lead, float(best.values[0] - best.values[1]))
        tokens.append(int(best.indices[0]))
        if tokens[-1] == END_TOKEN:
            break
    return tokens[len(ids):], lead


def main():
    path = pathlib.Path(sys.argv[1]).resolve()
    torch.manual_seed(0)
    model = load(path)
    config = model.config
    random = np.random.default_rng(20240601)
    logit_columns = sorted(int(i) for i in random.choice(config.vocab_size, 192, replace=False))
    resid_columns = sorted(int(i) for i in random.choice(config.hidden_size, 24, replace=False))
    layers = [f"model.layers.{i}" for i in range(config.num_hidden_layers)]

    binary, index, entries = bytearray(), {}, []

    def record(name, tensor):
        array = np.ascontiguousarray(tensor.detach().numpy(), dtype="<f4")
        index[name] = {"offset": len(binary) // 4, "shape": list(array.shape)}
        binary.extend(array.tobytes())

    for prompt in json.loads((HERE / "prompts.json").read_text()):
        name, ids = prompt["name"], prompt["ids"]
        hooks = Hooks(model, ["model.embed_tokens"] + layers)
        with torch.no_grad():
            output = model(torch.tensor([ids]), output_attentions=True)
        hooks.remove()
        logits = output.logits[0]
        resid = torch.stack([hooks.outputs[n].reshape(len(ids), -1) for n in ["model.embed_tokens"] + layers])
        record(f"{name}/last_logits", logits[-1])
        record(f"{name}/logits", logits[:, logit_columns])
        record(f"{name}/resid", resid[:, :, resid_columns])
        record(f"{name}/resid_last", resid[:, -1])
        for layer in PATTERN_LAYERS:
            record(f"{name}/pattern.{layer}", output.attentions[layer][0])
        with torch.no_grad():
            tokens, lead = greedy(model, ids)
        entries.append({"name": name, "ids": ids, "greedy": tokens, "smallest_lead": lead})
        print(name, len(ids), "tokens, smallest lead", lead)

        if name != POINTS_OF:
            continue
        block = layers[POINTS_LAYER]
        parts = ["input_layernorm", "self_attn", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
                 "self_attn.o_proj", "post_attention_layernorm", "mlp", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]
        hooks = Hooks(model, [f"{block}.{p}" for p in parts] + ["model.rotary_emb", "model.norm"])
        with torch.no_grad():
            model(torch.tensor([ids]))
            cosines, sines = model.model.rotary_emb(torch.zeros(1), torch.arange(len(ids))[None])
        hooks.remove()
        out = lambda part: hooks.outputs[f"{block}.{part}"].reshape(len(ids), -1)
        heads = lambda x: x.reshape(len(ids), -1, config.hidden_size // config.num_attention_heads)
        q_raw, k_raw = heads(out("self_attn.q_proj")), heads(out("self_attn.k_proj"))
        q, k = apply_rotary_pos_emb(q_raw.transpose(0, 1)[None], k_raw.transpose(0, 1)[None], cosines, sines)
        q, k = q[0].transpose(0, 1), k[0].transpose(0, 1)
        group = config.num_attention_heads // config.num_key_value_heads
        scores = torch.einsum("qhd,khd->hqk", q, k.repeat_interleave(group, 1)) / q.shape[-1] ** 0.5
        for point, value in {
                "norm1": out("input_layernorm"), "attn.q_raw": q_raw, "attn.k_raw": k_raw, "attn.q": q, "attn.k": k,
                "attn.v": heads(out("self_attn.v_proj")), "attn.scores": scores,
                "attn.z": heads(hooks.inputs[f"{block}.self_attn.o_proj"].reshape(len(ids), -1)),
                "attn_out": out("self_attn"), "norm2": out("post_attention_layernorm"), "mlp.gate": out("mlp.gate_proj"),
                "mlp.up": out("mlp.up_proj"), "mlp.act": hooks.inputs[f"{block}.mlp.down_proj"].reshape(len(ids), -1),
                "mlp_out": out("mlp")}.items():
            kept = value[:, :96] if point.startswith("mlp.") else value
            record(f"points/blocks.{POINTS_LAYER}.{point}", kept)
        record("points/final_norm", hooks.outputs["model.norm"][0])

    result = {
        "made_with": {"python": platform.python_version(), "torch": torch.__version__,
                      "transformers": transformers.__version__, "numpy": np.__version__},
        "model_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "logit_columns": logit_columns, "resid_columns": resid_columns, "pattern_layers": PATTERN_LAYERS,
        "points_of": POINTS_OF, "points_layer": POINTS_LAYER, "prompts": entries, "tensors": index}
    (HERE / "reference.json").write_text(json.dumps(result, indent=1) + "\n")
    (HERE / "reference.bin").write_bytes(binary)
    print(len(binary), "bytes")


main()
