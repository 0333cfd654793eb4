#!/usr/bin/env python3
"""What PyTorch, transformers, peft and tokenizers make of the exercises' inputs: the outside reference of
tests/exercise/solutions_test.cpp, which calls our solutions with the same.

    python record.py        writes reference.json beside itself

Needs torch, transformers, peft, tokenizers, numpy. Versions are written into reference.json. Inputs are random float32;
each case has the function's arguments by name, as flat lists with their shapes, and what is expected.
"""
import json, pathlib, platform
from importlib.metadata import version

import numpy as np
import peft
import tokenizers
import torch
import torch.nn.functional as F
from tokenizers.models import BPE
from transformers import LlamaConfig
from transformers.generation.logits_process import MinPLogitsWarper, TopPLogitsWarper
from transformers.models.llama.modeling_llama import LlamaRMSNorm, LlamaRotaryEmbedding, apply_rotary_pos_emb

random = np.random.default_rng(11)
torch.manual_seed(11)
cases = {}


def draw(*shape, size=1.0):
    return torch.tensor((random.normal(size=shape) * size).astype(np.float32))


def record(name, expected, **arguments):
    def plain(x):
        if not isinstance(x, torch.Tensor):
            return x
        numbers = [str(n) if abs(n) == float("inf") else float(f"{n:.9g}")
                   for n in x.detach().double().flatten().tolist()]
        if not x.is_floating_point():
            numbers = x.flatten().tolist()
        return {"shape": list(x.shape), "values": numbers}
    cases.setdefault(name, []).append({"arguments": {k: plain(v) for k, v in arguments.items()},
                                       "expected": {k: plain(v) for k, v in expected.items()}})


for n in (1, 5, 40):
    x = draw(n, size=8)
    record("softmax", {"probabilities": torch.softmax(x.double(), -1)}, logits=x)
    record("log_sum_exp", {"returned": torch.logsumexp(x.double(), -1, keepdim=True)}, logits=x)
    some = torch.where(torch.arange(n) % 2 == 0, torch.tensor(-float("inf")), x)
    record("log_sum_exp", {"returned": torch.logsumexp(some.double(), -1, keepdim=True)}, logits=some)

    norm = LlamaRMSNorm(n, eps=1e-5)
    norm.weight.data = draw(n)
    record("rms_norm", {"y": norm(x)}, x=x, weight=norm.weight, epsilon=1e-5)

# Merges of random texts over three letters. Two rules may make the same token, and a rule may be made of tokens that
# come from rules of a higher rank.
for _ in range(12):
    vocabulary, rules = {letter: i for i, letter in enumerate("abc")}, []
    while len(rules) < 40:
        left, right = random.choice(list(vocabulary), 2)
        if (left, right) in rules or len(left + right) > 5:
            continue
        rules.append((str(left), str(right)))
        vocabulary.setdefault(str(left + right), len(vocabulary))
    rules = [rules[i] for i in random.permutation(len(rules))]
    text = "".join(random.choice(list("abc"), 30))
    ids = [token.id for token in BPE(vocab=vocabulary, merges=rules).tokenize(text)]
    record("bpe_merge", {"merged": torch.tensor(ids + [-1] * (len(text) - len(ids)))},
           tokens=torch.tensor([vocabulary[letter] for letter in text]),
           merges=torch.tensor([[vocabulary[a], vocabulary[b], vocabulary[a + b]] for a, b in rules]))

for share in (0.05, 0.3, 0.6, 0.9, 0.99):
    p = torch.softmax(draw(30, size=2), -1)
    for name, warper in (("top_p", TopPLogitsWarper(share)), ("min_p", MinPLogitsWarper(share))):
        kept = torch.softmax(warper(None, p.double().log()[None])[0], -1)
        record(name, {"kept": kept}, probabilities=p, p=share)

for n, d in ((1, 4), (7, 8), (12, 16)):
    q, k, v = (draw(n, d, size=2).double() for _ in range(3))
    z = F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)[0]
    record("attention", {"z": z}, queries=q, keys=k, values=v)
    rows = torch.zeros(n + 2, d)
    filled = [torch.cat([x[:n - 1].float(), rows[n - 1:] + 7]) for x in (k, v)]
    after = [torch.cat([x.float(), rows[n:] + 7]) for x in (k, v)]
    record("decode_cached", {"z": z[-1], "keys": after[0], "values": after[1]}, query=q[-1], key=k[-1], value=v[-1],
           length=n - 1, keys=filled[0], values=filled[1])

    scores = draw(n, n, size=2).double()
    key, bias = int(random.integers(n)), float(round(random.normal() * 3, 3))
    mask = torch.zeros(n, n).double()
    mask[:, key] = bias
    mask = mask.masked_fill(torch.ones(n, n).bool().triu(1), -float("inf"))
    one = torch.eye(n).double()       # as keys and values it lets the scores through, and the weights out
    pattern = F.scaled_dot_product_attention(scores * n ** 0.5, one, one, attn_mask=mask)
    record("bias_attention", {"pattern": pattern}, scores=scores, key=key, bias=bias)

for n_query, n_key, heads, kv_heads, d in ((5, 5, 6, 2, 4), (1, 6, 9, 3, 8), (3, 7, 4, 4, 4), (4, 9, 4, 1, 8)):
    q, k, v = draw(n_query, heads, d, size=2), draw(n_key, kv_heads, d, size=2), draw(n_key, kv_heads, d)
    seen = torch.ones(n_query, n_key).bool().tril(n_key - n_query)
    z = F.scaled_dot_product_attention(*(x.double().transpose(0, 1)[None] for x in (q, k, v)), attn_mask=seen,
                                       enable_gqa=True)[0].transpose(0, 1)
    record("grouped_query_attention", {"z": z}, queries=q, keys=k, values=v)

for n, heads, d, first, theta in ((4, 2, 8, 0, 10000.0), (3, 3, 64, 100, 100000.0), (1, 1, 2, 7, 500.0)):
    x = draw(n, heads, d)
    config = LlamaConfig(hidden_size=heads * d, num_attention_heads=heads, head_dim=d,
                         rope_parameters={"rope_type": "default", "rope_theta": theta})
    cosines, sines = LlamaRotaryEmbedding(config)(x, torch.arange(first, first + n)[None])
    y = apply_rotary_pos_emb(x.transpose(0, 1)[None], x.transpose(0, 1)[None], cosines, sines)[0][0].transpose(0, 1)
    record("rope", {"y": y}, x=x, first=first, theta=theta)

for vocabulary, d in ((5, 4), (20, 12), (3, 7)):
    r, norm, unembedding = draw(d, size=5), LlamaRMSNorm(d, eps=1e-5), draw(vocabulary, d)
    norm.weight.data = draw(d)
    record("logit_lens", {"logits": unembedding.double() @ norm(r).double()}, residual=r, weight=norm.weight,
           epsilon=1e-5, unembedding=unembedding)

# A head's term of a difference of logits is that of a projection which is fed this head alone.
for heads, d_head, d, head in ((1, 4, 6, 0), (3, 4, 12, 1), (5, 2, 7, 4)):
    z, projection = draw(heads, d_head), torch.nn.Linear(heads * d_head, d, bias=False)
    projection.weight.data = draw(d, heads * d_head)
    target, foil, weight, rms = draw(d), draw(d), draw(d), float(round(abs(random.normal()) + 0.5, 3))
    alone = torch.zeros_like(z)
    alone[head] = z[head]
    written = projection(alone.flatten()) * weight / rms
    record("edge_contribution", {"returned": (written @ target - written @ foil)[None]}, z=z, head=head,
           output=projection.weight, difference=target - foil, weight=weight, rms=rms)

for targets in ([2], [0, 3, 1], [-100, 4, -100, 0, 2]):
    z = draw(len(targets), 6, size=3).double().requires_grad_()
    F.cross_entropy(z, torch.tensor(targets), ignore_index=-100).backward()
    record("cross_entropy_gradient", {"gradient": z.grad}, logits=z.detach().float(), targets=torch.tensor(targets))

weights = torch.nn.Parameter(draw(6))
options = {"rate": 0.01, "beta1": 0.9, "beta2": 0.99, "epsilon": 1e-6, "decay": 0.1}
adam = torch.optim.AdamW([weights], lr=0.01, betas=(0.9, 0.99), eps=1e-6, weight_decay=0.1)
for step in range(1, 6):
    state = adam.state[weights]
    before = {"weights": weights.detach().clone(), "m": state.get("exp_avg", torch.zeros(6)).clone(),
              "v": state.get("exp_avg_sq", torch.zeros(6)).clone()}
    weights.grad = draw(6, size=10.0 ** (step - 4))
    adam.step()
    state = adam.state[weights]
    record("adamw_step", {"weights": weights, "m": state["exp_avg"], "v": state["exp_avg_sq"]}, **before,
           gradient=weights.grad, step=step, **options)

for n, d_in, d_out, rank, alpha in ((3, 5, 4, 2, 16), (1, 4, 4, 4, 2), (2, 3, 6, 1, 1)):
    module = torch.nn.ModuleDict({"layer": torch.nn.Linear(d_in, d_out, bias=False)})
    model = peft.get_peft_model(module, peft.LoraConfig(r=rank, lora_alpha=alpha, target_modules=["layer"]))
    layer = model.base_model.model["layer"]
    layer.lora_A["default"].weight.data, layer.lora_B["default"].weight.data = draw(rank, d_in), draw(d_out, rank)
    x = draw(n, d_in)
    record("lora_forward", {"y": layer(x)}, x=x, w=layer.base_layer.weight, a=layer.lora_A["default"].weight,
           b=layer.lora_B["default"].weight, scale=alpha / rank)

for n, d, first, alpha in ((4, 5, 2, 3.5), (3, 8, 0, -0.5), (2, 3, 2, 1.0)):
    r, direction = draw(n, d), draw(d, size=3)
    steered = r.clone()
    steered[first:] += alpha * F.normalize(direction, dim=0)
    record("add_steering", {"steered": steered}, residual=r, direction=direction, alpha=alpha, first=first)

made_with = {"python": platform.python_version()} | {name: version(name) for name in
             ("torch", "transformers", "peft", "tokenizers", "numpy")}
lines = [f'"{name}": [\n' + ",\n".join(json.dumps(case) for case in some) + "]" for name, some in cases.items()]
(pathlib.Path(__file__).parent / "reference.json").write_text(
    '{"made_with": ' + json.dumps(made_with) + ",\n" + ",\n".join(lines) + "}\n")
