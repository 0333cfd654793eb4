#!/usr/bin/env python3
"""What PyTorch computes when it trains: the outside reference of labs/model/training. Reads ../tiny/qwen3 (a tiny model
with random weights) and writes record.safetensors beside itself:

  adamw.0.K, adamw.1.K     two parameters before step K = 0, 1, ..., 8 of torch.optim.AdamW; a third, adamw.2.K, is a
  adamw.gradient.I.K       vector and does not decay. The gradients are given, not computed.
  schedule.linear, .cosine [40] what transformers' get_*_schedule_with_warmup multiply the learning rate by (8 steps of
                           warm-up, 40 in all)
  text.I                   four texts of different lengths; learned.I: 1 where a token is to be predicted
  loss, norm               [10] of each step: the mean loss of what is to be learned, and the norm of all gradients
  trained.NAME             some parameters after the 10 steps: AdamW, gradients clipped at 1, cosine schedule

    python record.py       needs torch, transformers, safetensors, numpy; versions are written into made_with.json
"""
import importlib.metadata
import json
import pathlib
import platform

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup

HERE = pathlib.Path(__file__).parent
out = {}
random = torch.Generator().manual_seed(11)


def normal(*shape):
    return torch.randn(*shape, generator=random)


# AdamW on its own.
parameters = [torch.nn.Parameter(normal(5, 7)), torch.nn.Parameter(normal(1, 3)), torch.nn.Parameter(normal(6))]
rates = [1e-2, 3e-3, 2e-2, 1e-2, 0.0, 1e-3, 5e-2, 1e-2]
optimiser = torch.optim.AdamW([{"params": parameters[:2], "weight_decay": 0.1},
                               {"params": parameters[2:], "weight_decay": 0.0}], betas=(0.8, 0.95), eps=1e-6)
for step in range(len(rates) + 1):
    for i, parameter in enumerate(parameters):
        out[f"adamw.{i}.{step}"] = parameter.detach().clone()
    if step == len(rates):
        break
    for i, parameter in enumerate(parameters):
        parameter.grad = normal(*parameter.shape) * 10.0 ** (i - 1)
        if step == 3:
            parameter.grad.zero_()
        out[f"adamw.gradient.{i}.{step}"] = parameter.grad.clone()
    for group in optimiser.param_groups:
        group["lr"] = rates[step]
    optimiser.step()
out["adamw.rates"] = torch.tensor(rates)

# Schedules.
for name, make in (("linear", get_linear_schedule_with_warmup), ("cosine", get_cosine_schedule_with_warmup)):
    dummy = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule, factors = make(dummy, 8, 40), []
    for _ in range(40):
        factors.append(schedule.get_last_lr()[0])
        dummy.step()
        schedule.step()
    out["schedule." + name] = torch.tensor(factors)

# A whole run.
model = AutoModelForCausalLM.from_pretrained(HERE.parent / "tiny/qwen3", dtype=torch.float32,
                                             attn_implementation="eager").train()
texts = [torch.randint(0, model.config.vocab_size, (n,), generator=random) for n in (9, 14, 14, 5)]
learned = [torch.rand(len(t), generator=random) < 0.7 for t in texts]
ids, labels = torch.zeros(4, 14, dtype=torch.long), torch.full((4, 14), -100)
for i, (text, wanted) in enumerate(zip(texts, learned)):
    out[f"text.{i}"], out[f"learned.{i}"] = text, wanted.long()
    ids[i, :len(text)] = text
    labels[i, :len(text)] = torch.where(wanted, text, -100)
matrices = [p for p in model.parameters() if p.ndim > 1]
vectors = [p for p in model.parameters() if p.ndim == 1]
optimiser = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.05}, {"params": vectors, "weight_decay": 0.0}],
                              lr=5e-3)
schedule = get_cosine_schedule_with_warmup(optimiser, 0, 10)
losses, norms = [], []
for step in range(10):
    optimiser.zero_grad()
    logits = model(ids, use_cache=False).logits
    loss = torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())
    loss.backward()
    norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0))
    losses.append(loss.detach())
    optimiser.step()
    schedule.step()
out["loss"], out["norm"] = torch.stack(losses), torch.stack(norms)
for name, parameter in model.named_parameters():
    if "layers.1" in name or name == "model.norm.weight":
        out["trained." + name] = parameter.detach()

save_file({name: tensor.contiguous() for name, tensor in out.items()}, HERE / "record.safetensors")
versions = {package: importlib.metadata.version(package) for package in ("torch", "transformers", "safetensors", "numpy")}
(HERE / "made_with.json").write_text(json.dumps({"python": platform.python_version(), **versions}, indent=2) + "\n")
