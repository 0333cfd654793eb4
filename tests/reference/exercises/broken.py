#!/usr/bin/env python3
"""What becomes of "The capital of France is" when a part of SmolLM2 is computed wrongly: numbers that the statements of
exercises quote (rms_norm, softmax, attention, grouped_query_attention, rope, logit_lens, add_steering).

transformers reads the bundled GGUF, dequantised to float32; one of its functions is replaced at a time.

    python broken.py MODEL.gguf        writes broken.json beside itself

Needs torch, transformers, gguf. Versions are written into broken.json.
"""
import hashlib, json, pathlib, platform, sys

import torch
import transformers
from transformers import AutoModelForCausalLM, GgufConfig
from transformers.models.llama import modeling_llama as llama

PROMPT, PARIS = torch.tensor([[504, 3575, 282, 4649, 314]]), 7042

torch.set_grad_enabled(False)
path = pathlib.Path(sys.argv[1]).resolve()
model = AutoModelForCausalLM.from_pretrained(
    str(path.parent), gguf_file=path.name, dtype=torch.float32, attn_implementation="eager",
    quantization_config=GgufConfig(gguf_file=path.name, dequantize=True)).eval()
attention, rotation = llama.eager_attention_forward, llama.apply_rotary_pos_emb


def paris(**replaced):
    """The probability of Paris, in percent, with functions of the model's module replaced by name."""
    ours = {name: getattr(llama, name) for name in replaced}
    for name, function in replaced.items():
        setattr(llama, name, function)
    p = model(PROMPT).logits[0, -1].softmax(-1)[PARIS].item()
    for name, function in ours.items():
        setattr(llama, name, function)
    return float(f"{100 * p:.3g}")


def norm(by_mean=1, weighted=1):
    """The forward pass of an RMS norm: with the mean of the squares (or their sum), with weights (or without)."""
    def forward(self, x):
        squares = x.pow(2).mean(-1, keepdim=True) if by_mean else x.pow(2).sum(-1, keepdim=True)
        return x / (squares + self.variance_epsilon).sqrt() * (self.weight if weighted else 1)
    return forward


def paris_with(forward):
    """The same as `paris`, with this forward pass in the norms."""
    ours, llama.LlamaRMSNorm.forward = llama.LlamaRMSNorm.forward, forward
    p = paris()
    llama.LlamaRMSNorm.forward = ours
    return p


def unscaled(module, q, k, v, mask, scaling, **other):
    return attention(module, q, k, v, mask, 1.0, **other)


def unmasked(module, q, k, v, mask, *rest, **other):
    return attention(module, q, k, v, None, *rest, **other)


def neighbours(q, k, cosines, sines, **_):
    """Rotation of the pairs (0, 1), (2, 3), ... in place of (0, 32), (1, 33), ..."""
    def turned(x):
        half = x.shape[-1] // 2
        c, s, a, b = cosines[:, None, :, :half], sines[:, None, :, :half], x[..., ::2], x[..., 1::2]
        return torch.stack([a * c - b * s, b * c + a * s], -1).flatten(-2)
    return turned(q), turned(k)


result = {
    "made_with": {"python": platform.python_version(), "torch": torch.__version__,
                  "transformers": transformers.__version__},
    "model_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    "paris_percent": {
        "as it is": paris(),
        "scores not divided by the root": paris(eager_attention_forward=unscaled),
        "no causal mask": paris(eager_attention_forward=unmasked),
        "head h reads key head h mod 3": paris(repeat_kv=lambda x, n: x.repeat(1, n, 1, 1)),
        "no rotation": paris(apply_rotary_pos_emb=lambda q, k, c, s, **_: (q, k)),
        "rotation backwards": paris(apply_rotary_pos_emb=lambda q, k, c, s, **_: rotation(q, k, c, -s)),
        "neighbours as pairs": paris(apply_rotary_pos_emb=neighbours),
        "norms by the sum of the squares": paris_with(norm(by_mean=0)),
        "norms without weights": paris_with(norm(weighted=0)),
        "powers of 2 in the last softmax": float(
            f"{100 * (model(PROMPT).logits[0, -1] * torch.log(torch.tensor(2.0))).softmax(-1)[PARIS].item():.3g}")}}

# The last row of the finished stream, read with and without parts of the final norm.
states = []
handle = model.model.norm.register_forward_pre_hook(lambda module, args: states.append(args[0][0, -1].clone()))
hidden = model(PROMPT, output_hidden_states=True).hidden_states
handle.remove()
row, unembedding = states[0], model.lm_head.weight
scaled = row / (row.pow(2).mean() + model.config.rms_norm_eps).sqrt()
result["rms"] = round(row.pow(2).mean().sqrt().item(), 2)
for name, x in (("normed", model.model.norm(row)), ("without weights", scaled), ("as it is", row)):
    logits = unembedding @ x
    p = logits.softmax(-1)
    result.setdefault("lens", {})[name] = {
        "paris": {"logit": round(logits[PARIS].item(), 2), "percent": float(f"{100 * p[PARIS].item():.3g}")},
        "best": {"id": int(p.argmax()), "percent": float(f"{100 * p.max().item():.4g}")}}
result["lengths_after_15_blocks"] = [round(x, 1) for x in hidden[15][0].norm(dim=-1).tolist()]
(pathlib.Path(__file__).parent / "broken.json").write_text(json.dumps(result, indent=1) + "\n")
