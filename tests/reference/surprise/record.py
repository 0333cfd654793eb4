#!/usr/bin/env python3
"""What another implementation says each token of a text surprises SmolLM2-135M-Instruct by: the outside reference of
tests/labs/surprise_lab_test.cpp.

transformers reads the same GGUF, dequantised to float32. The token ids are those of tests/reference/smollm2/prompts.json
(see the script there for why its own tokenizer is not used). Recorded for each prompt with at least two tokens: bits
(-log2 p of each token but the first, from log_softmax in float64), rank (1: the most probable), entropy in bits of the
distribution that the token was drawn from, and the most probable token with its probability.

    python record.py MODEL.gguf        writes reference.json beside itself

Needs torch, transformers, gguf. Versions are written into reference.json.
"""
import hashlib, json, math, pathlib, platform, sys

import torch
import transformers
from transformers import AutoModelForCausalLM, GgufConfig

HERE = pathlib.Path(__file__).parent


def main():
    path = pathlib.Path(sys.argv[1]).resolve()
    model = AutoModelForCausalLM.from_pretrained(
        str(path.parent), gguf_file=path.name,
        quantization_config=GgufConfig(gguf_file=path.name, dequantize=True),
        dtype=torch.float32, attn_implementation="eager").eval()
    prompts = json.loads((HERE.parent / "smollm2" / "prompts.json").read_text())
    out = []
    for prompt in prompts:
        ids = torch.tensor(prompt["ids"])
        if len(ids) < 2:
            continue
        with torch.no_grad():
            logits = model(ids[None]).logits[0, :-1].double()
        logp = torch.log_softmax(logits, -1) / math.log(2)
        own = logp.gather(1, ids[1:, None])[:, 0]
        best = logits.argmax(-1)
        out.append({
            "name": prompt["name"], "ids": prompt["ids"],
            "bits": [round(float(-x), 7) for x in own],
            "rank": [int((logits[i] > logits[i, ids[i + 1]]).sum()) + 1 for i in range(len(ids) - 1)],
            "entropy": [round(float(x), 7) for x in -(logp.exp2() * logp).sum(-1)],
            "best": best.tolist(),
            "best_p": [round(float(x), 9) for x in logp.max(-1).values.exp2()]})
    made = {"python": platform.python_version(), "torch": torch.__version__, "transformers": transformers.__version__}
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (HERE / "reference.json").write_text(json.dumps({"made_with": made, "model_sha256": digest, "prompts": out}) + "\n")


main()
