#!/usr/bin/env python3
"""How long other programs take for what the textbook measures of itself, on the same GGUF and as many threads.

    peers.py PEER MODEL.gguf THREADS [TASK...]

PEER is llama.cpp, transformers or transformer-lens; a TASK one of
    prefill:N   read N tokens, and give the logits after the last                       (llama.cpp)
    decode:N    write 48 tokens after N; the N are not timed                            (llama.cpp)
    capture:N   read N tokens and keep what is inside: transformers all attention patterns and hidden states (eager),
                TransformerLens everything that run_with_cache keeps
The first line printed names the peer and its versions; then one line {"task", "seconds", "tokens"} for each TASK.
Without a TASK they are read from standard input, one a line, so that `textbook bench peers` can take turns.
install.sh, beside this file, installs what it needs. Nothing is fetched here.
"""
import json, os, pathlib, sys, time
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec

NEW_TOKENS = 48


def some_ids(count, vocabulary):
    """Ids without meaning, as in app/commands/bench.cpp: what they are changes nothing in the time."""
    return [(100 + i * 7919) % vocabulary for i in range(count)]


class LlamaCpp:
    def __init__(self, path, threads):
        import llama_cpp
        self.versions = {"llama-cpp-python": llama_cpp.__version__}
        self.model = llama_cpp.Llama(str(path), n_ctx=1024, n_batch=512, n_ubatch=512, n_threads=threads,
                                     n_threads_batch=threads, n_gpu_layers=0, logits_all=False, verbose=False)

    def prefill(self, count):
        self.model.reset()
        ids = some_ids(count, self.model.n_vocab())
        start = time.perf_counter()
        self.model.eval(ids)
        return time.perf_counter() - start, count

    def decode(self, count):
        self.prefill(count)
        start = time.perf_counter()
        for token in some_ids(NEW_TOKENS, self.model.n_vocab()):
            self.model.eval([token])
        return time.perf_counter() - start, NEW_TOKENS


def load_transformers(path, threads):
    """The file's weights in float32, run eagerly on the CPU."""
    import torch
    import transformers
    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    quantization = transformers.GgufConfig(gguf_file=path.name, dequantize=True)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        str(path.parent), gguf_file=path.name, quantization_config=quantization, dtype=torch.float32,
        attn_implementation="eager")
    return model.eval(), {"torch": torch.__version__, "transformers": transformers.__version__}


class Transformers:
    def __init__(self, path, threads):
        self.model, self.versions = load_transformers(path, threads)

    def capture(self, count):
        import torch
        ids = torch.tensor([some_ids(count, self.model.config.vocab_size)])
        start = time.perf_counter()
        out = self.model(ids, output_attentions=True, output_hidden_states=True, use_cache=False)
        seconds = time.perf_counter() - start
        assert len(out.attentions) == self.model.config.num_hidden_layers
        return seconds, count


class TransformerLens:
    def __init__(self, path, threads):
        # It imports its training logger at once, which is neither installed nor needed.
        sys.modules["wandb"] = module_from_spec(ModuleSpec("wandb", None))
        import torch
        from importlib.metadata import version
        from transformer_lens import HookedTransformer, HookedTransformerConfig
        from transformer_lens.pretrained.weight_conversions import convert_llama_weights
        source, self.versions = load_transformers(path, threads)
        self.versions["transformer-lens"] = version("transformer-lens")
        c = source.config
        config = HookedTransformerConfig(
            n_layers=c.num_hidden_layers, d_model=c.hidden_size, n_ctx=1024, n_heads=c.num_attention_heads,
            n_key_value_heads=c.num_key_value_heads, d_head=c.hidden_size // c.num_attention_heads,
            d_mlp=c.intermediate_size, d_vocab=c.vocab_size, act_fn="silu", gated_mlp=True, normalization_type="RMS",
            final_rms=True, eps=c.rms_norm_eps, positional_embedding_type="rotary", rotary_adjacent_pairs=False,
            rotary_dim=c.hidden_size // c.num_attention_heads, rotary_base=int(c.rope_parameters["rope_theta"]),
            original_architecture="LlamaForCausalLM", dtype=torch.float32, device="cpu", seed=0)
        self.model = HookedTransformer(config)
        self.model.load_state_dict(convert_llama_weights(source, config), strict=False)
        ids = torch.tensor([some_ids(24, c.vocab_size)])
        difference = (self.model(ids).log_softmax(-1) - source(ids).logits.log_softmax(-1)).abs().max().item()
        if difference > 1e-2:   # then it does not compute the same model, and its time says nothing
            sys.exit(f"peers.py: TransformerLens differs from transformers by {difference}")

    def capture(self, count):
        import torch
        ids = torch.tensor([some_ids(count, self.model.cfg.d_vocab)])
        start = time.perf_counter()
        logits, cache = self.model.run_with_cache(ids)
        seconds = time.perf_counter() - start
        assert "blocks.0.attn.hook_pattern" in cache
        return seconds, count


PEERS = {"llama.cpp": LlamaCpp, "transformers": Transformers, "transformer-lens": TransformerLens}


def main():
    if len(sys.argv) < 4 or sys.argv[1] not in PEERS:
        sys.exit(__doc__)
    name, path, threads = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), int(sys.argv[3])
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    os.environ["HF_HUB_OFFLINE"] = "1"
    peer = PEERS[name](path, threads)
    print(json.dumps({"peer": name, **peer.versions}), flush=True)
    for line in sys.argv[4:] or sys.stdin:
        task, _, count = line.strip().partition(":")
        seconds, tokens = getattr(peer, task)(int(count))
        print(json.dumps({"task": line.strip(), "seconds": seconds, "tokens": tokens}), flush=True)


if __name__ == "__main__":
    main()
