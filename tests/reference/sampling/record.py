#!/usr/bin/env python3
"""What transformers' logits processors keep of random logits: the outside reference of tests/labs/sampling_test.cpp.

The processors stand in the order in which transformers' generate() applies them: temperature, top-k, top-p, min-p.
    python record.py        writes sampling.json beside itself. Needs torch, transformers, numpy.
"""
import json, pathlib, platform

import numpy as np
import torch
import transformers
from transformers import LogitsProcessorList
from transformers.generation.logits_process import (MinPLogitsWarper, TemperatureLogitsWarper, TopKLogitsWarper,
                                                    TopPLogitsWarper)

VOCABULARY, CASES = 60, 48
random = np.random.default_rng(7)
cases = []
for i in range(CASES):
    logits = (random.normal(size=VOCABULARY) * random.choice([1.0, 3.0, 8.0])).astype(np.float32)
    if i % 6 == 5:                                   # ties
        logits = np.round(logits)
    temperature = float(random.choice([0.3, 0.7, 1.0, 1.5]))
    top_k = int(random.choice([0, 1, 5, 20, 100]))
    top_p = float(random.choice([1.0, 0.95, 0.8, 0.5, 0.1]))
    min_p = float(random.choice([0.0, 0.02, 0.1, 0.5]))
    processors = LogitsProcessorList()
    processors.append(TemperatureLogitsWarper(temperature))
    if top_k > 0:
        processors.append(TopKLogitsWarper(top_k))
    if top_p < 1:
        processors.append(TopPLogitsWarper(top_p))
    if min_p > 0:
        processors.append(MinPLogitsWarper(min_p))
    scores = processors(None, torch.tensor(logits)[None].double())
    cases.append({"logits": [float(x) for x in logits], "temperature": temperature, "top_k": top_k, "top_p": top_p,
                  "min_p": min_p, "kept": [round(float(x), 12) for x in torch.softmax(scores, -1)[0]]})
result = {"made_with": {"python": platform.python_version(), "torch": torch.__version__,
                        "transformers": transformers.__version__}, "cases": cases}
(pathlib.Path(__file__).parent / "sampling.json").write_text(json.dumps(result) + "\n")
