#!/usr/bin/env python3
"""What transformers' logits processors keep of random logits: the outside reference of tests/labs/sampling_test.cpp.

The processors stand in the order in which transformers' generate() applies them (GenerationMixin.
_get_logits_processor): sequence bias, repetition penalty, temperature, top-k, top-p, min-p.
    python record.py        writes sampling.json beside itself. Needs torch, transformers, numpy.
"""
import json, pathlib, platform

import numpy as np
import torch
import transformers
from transformers import LogitsProcessorList
from transformers.generation.logits_process import (MinPLogitsWarper, RepetitionPenaltyLogitsProcessor,
                                                    SequenceBiasLogitsProcessor, TemperatureLogitsWarper,
                                                    TopKLogitsWarper, TopPLogitsWarper)

VOCABULARY, CASES = 60, 96
random = np.random.default_rng(7)
cases = []
while len(cases) < CASES:
    i = len(cases)
    logits = (random.normal(size=VOCABULARY) * random.choice([1.0, 3.0, 8.0])).astype(np.float32)
    if i % 6 == 5:                                   # ties
        logits = np.round(logits)
    temperature = float(random.choice([0.3, 0.7, 1.0, 1.5]))
    top_k = int(random.choice([0, 1, 5, 20, 100]))
    top_p = float(random.choice([1.0, 0.95, 0.8, 0.5, 0.1]))
    min_p = float(random.choice([0.0, 0.02, 0.1, 0.5]))
    penalty, bias, text = 1.0, {}, [int(x) for x in random.integers(0, VOCABULARY, 25)]
    if i % 2 == 1:
        penalty = float(random.choice([0.8, 1.1, 1.3, 2.0]))
    if i % 4 >= 2:
        bias = {int(x): round(float(random.normal() * 16)) / 4 for x in random.integers(0, VOCABULARY, 5)}
    processors = LogitsProcessorList()
    if bias:
        processors.append(SequenceBiasLogitsProcessor({(x,): b for x, b in bias.items()}))
    if penalty != 1:
        processors.append(RepetitionPenaltyLogitsProcessor(penalty))
    before = processors(torch.tensor([text]), torch.tensor(logits)[None].double())[0]
    processors.append(TemperatureLogitsWarper(temperature))
    if top_k > 0:
        processors.append(TopKLogitsWarper(top_k))
    if top_p < 1:
        processors.append(TopPLogitsWarper(top_p))
    if min_p > 0:
        processors.append(MinPLogitsWarper(min_p))
    scores = processors(torch.tensor([text]), torch.tensor(logits)[None].double())
    equal_to_kept = torch.isin(before, before[torch.isfinite(scores[0])])
    if torch.isinf(scores[0][equal_to_kept]).any():  # top-p cuts between equal logits: which of them stay is left open
        continue
    cases.append({"logits": [float(x) for x in logits], "text": text, "logit_bias": bias,
                  "repetition_penalty": penalty, "temperature": temperature, "top_k": top_k, "top_p": top_p,
                  "min_p": min_p, "kept": [float(f"{float(x):.12g}") for x in torch.softmax(scores, -1)[0]]})
result = {"made_with": {"python": platform.python_version(), "torch": torch.__version__,
                        "transformers": transformers.__version__}, "cases": cases}
(pathlib.Path(__file__).parent / "sampling.json").write_text(json.dumps(result) + "\n")
