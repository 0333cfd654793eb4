#!/usr/bin/env python3
"""Adapters made by peft, and what transformers computes with them: the outside reference of labs/model/lora.h. Reads the
tiny models of ../tiny. Each folder NAME gets adapter_config.json, adapter_model.safetensors and record.safetensors:

  ids [pos] int64, logits [pos, vocab], loss [] (mean cross-entropy of the next tokens, nats)
  gradient.NAME            of that loss with respect to A and B, by peft's names

`ours` is the other way round: an adapter that tests/labs/lora_test.cpp writes (it must stay the same, byte for byte);
peft loads it here, and its logits are recorded beside it.

    python record.py         needs torch, transformers, peft, safetensors; versions are written into made_with.json
"""
import importlib.metadata
import json
import pathlib
import platform
import shutil

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

HERE = pathlib.Path(__file__).parent
TINY = HERE.parent / "tiny"
ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
ADAPTERS = {
    "qwen3": dict(r=4, lora_alpha=10, lora_dropout=0.25, target_modules=["q_proj", "v_proj", "down_proj"],
                  layers_to_transform=[1]),
    "llama": dict(r=3, lora_alpha=6, target_modules=ALL, init_lora_weights="gaussian"),
}


def base(name):
    return AutoModelForCausalLM.from_pretrained(TINY / name, dtype=torch.float32, attn_implementation="eager")


def record(folder, model):
    model.eval()
    ids = torch.randint(0, model.config.vocab_size, (17,), generator=torch.Generator().manual_seed(3))
    logits = model(input_ids=ids[None], use_cache=False).logits[0]
    loss = torch.nn.functional.cross_entropy(logits[:-1], ids[1:])
    out = {"ids": ids, "logits": logits.detach(), "loss": loss.detach()}
    if any(p.requires_grad for p in model.parameters()):
        loss.backward()
        out |= {"gradient." + name.replace(".default", ""): p.grad
                for name, p in model.named_parameters() if p.grad is not None}
    save_file({name: tensor.contiguous() for name, tensor in out.items()}, folder / "record.safetensors")


torch.manual_seed(2)
for name, options in ADAPTERS.items():
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    model = get_peft_model(base(name), LoraConfig(task_type="CAUSAL_LM", **options))
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            if "lora_B" in parameter_name:
                parameter.normal_(0, 0.3)
    model.save_pretrained(folder)
    (folder / "README.md").unlink()
    config = json.loads((folder / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = "tiny/" + name   # not a path of the machine that made it
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n")
    record(folder, model)

ours = HERE / "ours"
if ours.exists():
    model = PeftModel.from_pretrained(base("qwen3"), ours)
    weights = {n: p for n, p in model.named_parameters() if "lora_" in n}
    assert weights and all(p.abs().sum() > 0 for p in weights.values()), "peft did not find our numbers"
    record(ours, model)

for file in HERE.rglob("*.safetensors"):
    file.chmod(0o644)
versions = {package: importlib.metadata.version(package) for package in ("torch", "transformers", "peft", "safetensors")}
(HERE / "made_with.json").write_text(json.dumps({"python": platform.python_version(), **versions}, indent=2) + "\n")
