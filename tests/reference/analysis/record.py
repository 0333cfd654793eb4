#!/usr/bin/env python3
"""Analyses of one prompt in PyTorch: the outside reference of tests/labs/analysis_reference_test.cpp.

transformers reads the bundled GGUF, dequantised to float32, and runs it eagerly; everything here is computed from hooks
on its modules and from its weights. Recorded for "When John and Mary went to the store, John gave a drink to":

  lens         after 0, 1, ... blocks: the most probable token, its probability, KL(final || lens) in bits; the depth
  attribution  the terms of logit(Mary) - logit(John) at the last position: embedding, heads, MLPs; one head by source
  rollout      attention rollout: the last row after every fifth layer
  scores       previous token and sink of every head; entropy of the last row in bits
  patching     the same prompt with the second John replaced by Mary as the corrupted text: the logit difference after
               patching single activations, and the whole map of resid_pre for some layers

    python record.py MODEL.gguf        writes reference.json beside itself

Needs torch, transformers, gguf, numpy. Versions are written into reference.json.
"""
import hashlib, json, math, pathlib, platform, sys

import torch
import transformers
from transformers import AutoModelForCausalLM, GgufConfig

HERE = pathlib.Path(__file__).parent
CLEAN = [2427, 2322, 284, 5099, 3514, 288, 260, 4249, 28, 2322, 4502, 253, 5968, 288]
CORRUPTED = CLEAN[:9] + [5099] + CLEAN[10:]
MARY, JOHN = 5099, 2322

path = pathlib.Path(sys.argv[1]).resolve()
model = AutoModelForCausalLM.from_pretrained(
    str(path.parent), gguf_file=path.name, dtype=torch.float32, attn_implementation="eager",
    quantization_config=GgufConfig(gguf_file=path.name, dequantize=True)).eval()
torch.set_grad_enabled(False)
layers, heads = model.config.num_hidden_layers, model.config.num_attention_heads
blocks, gain, unembedding = model.model.layers, model.model.norm.weight, model.lm_head.weight
d_head = model.config.hidden_size // heads
group = heads // model.config.num_key_value_heads


def run(ids, patch=None):
    """Everything that flows, by (point, layer). patch: {(point, layer): function of the tensor [pos, ...]}."""
    seen, handles = {}, []

    def changed(key, x):
        if patch and key in patch:
            x = patch[key](x.clone())
        seen[key] = x
        return x

    for i, block in enumerate(blocks):
        def resid_pre(module, args, i=i):
            return (changed(("resid_pre", i), args[0][0])[None],) + args[1:]

        def attn_out(module, args, output, i=i):
            return (changed(("attn_out", i), output[0][0])[None],) + output[1:]

        def z(module, args, i=i):
            return (changed(("z", i), args[0][0].view(-1, heads, d_head)).view(1, -1, heads * d_head),)

        def mlp_out(module, args, output, i=i):
            return changed(("mlp_out", i), output[0])[None]

        def v(module, args, output, i=i):
            seen["v", i] = output[0].view(-1, heads // group, d_head)

        handles += [block.register_forward_pre_hook(resid_pre), block.self_attn.register_forward_hook(attn_out),
                    block.self_attn.o_proj.register_forward_pre_hook(z), block.mlp.register_forward_hook(mlp_out),
                    block.self_attn.v_proj.register_forward_hook(v)]
    handles.append(model.model.norm.register_forward_pre_hook(
        lambda module, args: seen.__setitem__(("resid_pre", layers), args[0][0])))
    output = model(torch.tensor([ids]), output_attentions=patch is None)
    for handle in handles:
        handle.remove()
    seen["logits"] = output.logits[0]
    if patch is None:
        seen["patterns"] = torch.stack([a[0] for a in output.attentions]).double()   # [layer, head, query, key]
    return seen


def numbers(tensor):
    return [float(f"{x:.9g}") for x in tensor.flatten().tolist()]


clean, corrupted = run(CLEAN), run(CORRUPTED)
n, last = len(CLEAN), len(CLEAN) - 1

# The lens.
stream = torch.stack([clean["resid_pre", i][last] for i in range(layers + 1)])
logs = model.lm_head(model.model.norm(stream)).double().log_softmax(-1)
top1 = logs.argmax(-1)
final = logs[-1]
depth = next(i for i in range(layers + 1) if (top1[i:] == top1[-1]).all())
lens = {"top1": top1.tolist(), "p": numbers(logs.max(-1).values.exp()), "depth": depth,
        "kl": numbers((final.exp() * (final - logs)).sum(-1) / math.log(2))}

# Attribution, at the last position, in float64 from the recorded float32 activations.
h = clean["resid_pre", layers][last].double()
rms = (h.pow(2).mean() + model.config.rms_norm_eps).sqrt()
direction = (unembedding[MARY] - unembedding[JOHN]).double() * gain.double() / rms
out = [b.self_attn.o_proj.weight.double().view(-1, heads, d_head) for b in blocks]   # [d_model, head, d_head]
by_head = torch.stack([torch.einsum("hd,mhd,m->h", clean["z", i][last].double(), out[i], direction)
                       for i in range(layers)])
values = clean["v", 18].double().repeat_interleave(group, 1)                         # [key, head, d_head]
sources = clean["patterns"][18][:, last] * torch.einsum("khd,mhd,m->hk", values, out[18], direction)
attribution = {"embedding": float(clean["resid_pre", 0][last].double() @ direction), "heads": numbers(by_head),
               "mlps": numbers(torch.stack([clean["mlp_out", i][last].double() @ direction for i in range(layers)])),
               "source_layer": 18, "sources": numbers(sources)}

# Rollout, and what the patterns are like.
mixed, rolled = torch.eye(n, dtype=torch.double), []
for i in range(layers):
    mixed = (clean["patterns"][i].mean(0) + torch.eye(n, dtype=torch.double)) / 2 @ mixed
    rolled.append(mixed[last])
patterns = clean["patterns"]
scores = {"previous": numbers(patterns.diagonal(-1, 2, 3).mean(-1)), "sink": numbers(patterns[:, :, 1:, 0].mean(-1)),
          "entropy": numbers(-torch.xlogy(patterns[:, :, last], patterns[:, :, last]).sum(-1) / math.log(2))}


# Patching.
def difference(seen):
    return float(seen["logits"][last, MARY] - seen["logits"][last, JOHN])


def patched(point, layer, rows, only_heads=None):
    def put(x):
        for row in rows:
            if only_heads is None:
                x[row] = clean[point, layer][row]
            else:
                x[row, only_heads] = clean[point, layer][row, only_heads]
        return x
    return difference(run(CORRUPTED, {(point, layer): put}))


single = []
for point, layer, rows, only_heads in [
        ("resid_pre", 0, [9], None), ("resid_pre", 12, [9], None), ("resid_pre", 12, [13], None),
        ("resid_pre", 20, [10, 13], None), ("resid_pre", 29, [13], None), ("attn_out", 0, [9], None),
        ("attn_out", 20, [13], None), ("attn_out", 23, list(range(n)), None), ("mlp_out", 0, [9], None),
        ("mlp_out", 25, [13], None), ("z", 23, list(range(n)), [3]), ("z", 20, [13], [0, 5]), ("z", 1, [9, 11], [3])]:
    single.append({"point": point, "layer": layer, "rows": rows, "heads": only_heads or [],
                   "answer": patched(point, layer, rows, only_heads)})
maps = {str(layer): [patched("resid_pre", layer, [row]) for row in range(n)] for layer in (5, 15, 25)}

result = {
    "made_with": {"python": platform.python_version(), "torch": torch.__version__,
                  "transformers": transformers.__version__},
    "model_sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "clean": CLEAN, "corrupted": CORRUPTED,
    "target": MARY, "foil": JOHN, "answer": difference(clean), "corrupted_answer": difference(corrupted),
    "lens": lens, "attribution": attribution, "rollout": [numbers(rolled[i]) for i in range(4, layers, 5)],
    "scores": scores, "patched": single, "maps": maps}
(HERE / "reference.json").write_text(json.dumps(result) + "\n")
total = attribution["embedding"] + sum(attribution["heads"]) + sum(attribution["mlps"])
print("answer", result["answer"], "sum of terms", total, "corrupted", result["corrupted_answer"], "depth", depth)
