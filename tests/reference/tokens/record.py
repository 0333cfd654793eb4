#!/usr/bin/env python3
"""Records what other implementations make of the strings below, for tests/labs/tokenizer_test.cpp.

  python -m venv venv && venv/bin/pip install llama-cpp-python==0.3.36 tokenizers==0.22.1
  venv/bin/python record.py SmolLM2-135M-Instruct.Q4_1.gguf > tokens.json

For each string: the ids of llama.cpp with special tokens parsed and not parsed ("special" is left out where it equals
"plain"), and the lengths in bytes of the pieces that Hugging Face's tokenizers cuts it into by Qwen's published
expression. The strings are the same at every run.
"""
import hashlib
import json
import random
import sys
from importlib.metadata import version

from llama_cpp import Llama
from tokenizers import Regex, pre_tokenizers

QWEN2 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
         r"|\s*[\r\n]+|\s+(?!\S)|\s+")

FIXED = [
    "", "a", " ", "  ", "   ", "\n", "\n\n", "\r\n", "\r", "\t", "\t\t", " \n", "\n ", " \n ", "\r\n\r\n", "\u00a0",
    "Hello", " Hello", "Hello, world!", "Hello   world", "hello  \n  world", "The capital of France is",
    "Once upon a time, there was a little girl who lived in a village near the forest.",
    # contractions
    "it's", "IT'S", "don't won't can't", "we're they've I'm you'll he'd", "WE'RE THEY'VE I'M YOU'LL HE'D", "'tis", "''s",
    "rock 'n' roll", "o'clock", "'", "''", "it\u2019s", "'\u017f", "'re'", "'r e",
    # digits
    "0", "7", "42", "123", "1234567890", "3.14159", "1,000,000", "-273.15", "2024-05-17", "a1b2c3", "1 2 3", "   5",
    "  12  ", "x=1", "\u0661\u0662\u0663", "\u00bd", "x\u00b2", "\u2167", "\u5341\u4e00", "10^100", "0x1F", "1e-5", "007",
    "page 12, line 3", "12 34\n56",
    # Russian
    "\u041f\u0440\u0438\u0432\u0435\u0442", "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440!",
    "\u041f\u043e\u0436\u0430\u043b\u0443\u0439\u0441\u0442\u0430, \u043e\u0431\u044a\u044f\u0441\u043d\u0438 \u043c\u043d\u0435",
    "\u0421\u0442\u043e\u043b\u0438\u0446\u0430 \u0424\u0440\u0430\u043d\u0446\u0438\u0438 \u2014 \u041f\u0430\u0440\u0438\u0436.",
    "\u0401\u0436\u0438\u043a \u0432 \u0442\u0443\u043c\u0430\u043d\u0435", "\u0432\u0435\u0440\u043e\u044f\u0442\u043d\u043e\u0441\u0442\u044c 91 %",
    "\u00ab\u042f \u2014 \u0441\u0435\u0442\u044c\u00bb, \u2014 \u0441\u043a\u0430\u0437\u0430\u043b \u043e\u043d\u2026", "\u0439 \u0438\u0306", "\u042a\u042b\u042c", "\u0431\u0435\u0437  \u043f\u0440\u043e\u0431\u0435\u043b\u043e\u0432",
    # Chinese, Japanese, Korean
    "\u4f60\u597d", "\u4f60\u597d\uff0c\u4e16\u754c\uff01", "\u4e2d\u56fd\u7684\u9996\u90fd\u662f\u5317\u4eac\u3002", "\u3000\u5168\u89d2\u7a7a\u683c", "\u3053\u3093\u306b\u3061\u306f\u4e16\u754c",
    "\u30ab\u30bf\u30ab\u30ca", "\uc548\ub155\ud558\uc138\uc694", "\u1112\u1161\u11ab", "\u7b2c1\u7ae0", "\U00020000\U0002a6d6", "\u6f22\u5b57\u304b\u306a\u4ea4\u3058\u308a\u6587",
    # emoji sequences
    "\U0001f600", "\U0001f44d\U0001f3fd", "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", "\U0001f1eb\U0001f1f7\U0001f1e9\U0001f1ea",
    "\u2764\ufe0f", "1\ufe0f\u20e3", "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "ok \U0001f44c\U0001f3fb!",
    "\U0001f9d1\U0001f3ff\u200d\U0001f680 in space", "\u2708\ufe0e\u2708\ufe0f", "\U0001f600\U0001f600\U0001f600",
    # other scripts and marks
    "na\u00efve caf\u00e9", "nai\u0308ve cafe\u0301", "\u00c5ngstr\u00f6m", "Stra\u00dfe", "\u0391\u03b8\u03ae\u03bd\u03b1", "\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d\u0628\u0627",
    "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35", "\u0928\u092e\u0938\u094d\u0924\u0947", "\u1e9e\u0130\u0131", "\ufb01\ufb02", "\u2211\u222b\u221a\u221e\u2248\u2260", "\u2190\u2192\u2191\u2193",
    "a\u0301\u0302\u0303", "\u200b\u200c\u200d", "\ufeffBOM", "\u180e", "a\u180eb", " \u180e ", "\u2028\u2029", "\u0085", "a\u0085b", "\u2003\u2003x", "\u202f5\u202f000", "\ufffd",
    "\ue000\uf8ff", "\U0001d400\U0001d7ce", "\u0378\u0379", "\U0010ffff", "\u02b0\u02b1", "\u2160\u2161", "\u24b6",
    # whitespace runs
    "a  b", "a   b", "a    b", "a     b", "a\tb", "a\t\tb", "a \t b", "a\nb", "a\n\nb", "a\n\n\nb", "a \nb", "a\n b", "a  \n  b",
    "a\r\nb", "a\r\n\r\nb", "a \r\n b", "a\rb", "\n\n  x", "  \n\n  ", "x  ", "x \n", " x", "  x", "    x", "\x0b\x0c", "a\x0bb", "a \x0c b",
    "\u00a0x", "x\u00a0 \u00a0y", " \u3000 ", " " * 17, " " * 64, "\n" * 9, "\t" * 5 + "x", " \t \t x",
    # code
    "int main() { return 0; }", "for (int i = 0; i < n; ++i) {\n    sum += a[i];\n}\n", "def f(x):\n    return x ** 2\n",
    "#include <vector>\n#include \"labs/lab.h\"\n", "SELECT * FROM t WHERE a = 'b';", "if(a&&b||!c)", "x->y::z", "a_b_c __init__",
    "camelCaseName HTTPServer2", "<div class=\"x\">&nbsp;</div>", "https://example.org/a?b=c&d=%20#e", "$\\frac{a}{b}$", "{{ {} }}",
    "\tif x:\r\n\t\tpass\r\n", "// \u043a\u043e\u043c\u043c\u0435\u043d\u0442\u0430\u0440\u0438\u0439\n", "!!!???...", "---===+++", "....", "\\n\\t\\\\", "~`@#$%^&*", "a.b,c;d:e", "(((((", "\"quoted\"",
    # text of special tokens
    "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", "a<|im_end|>b",
    "<|im_end|><|im_end|>", " <|im_end|> ", "<|im_end|", "|im_end|>", "<<|im_end|>>", "<repo_name>x<file_sep>y", "<reponame>", "<jupyter_start><jupyter_code>1",
    "<empty_output>", "<|IM_END|>", "<| im_end |>", "5<|im_end|>5", "\u041f\u0440\u0438<|im_start|>\u0432\u0435\u0442", "<|endoftext|>\n\n", "<gh_stars>10", "<issue_start><issue_comment>",
    # bytes that SmolLM2's vocabulary has no token for, inside well-formed text
    "\x04", "a\x04b", "\x06\x13\x14\x16\x1d", "\x00", "\x01\x02\x03", "\x7f", "\x1b[0m", "\U00040000", "a\U000c0000b", "bell\x07", "x\x04\x04 y",
    # long pieces
    "a" * 100, "ab" * 77, "na" * 50 + " batman", "=" * 80, "-" * 33 + "\n", "\u044f" * 40, "\u4e00" * 21, "9" * 30,
    "antidisestablishmentarianism", "Donaudampfschifffahrtsgesellschaft",
    "\u041f\u0440\u0435\u0432\u044b\u0441\u043e\u043a\u043e\u043c\u043d\u043e\u0433\u043e\u0440\u0430\u0441\u0441\u043c\u043e\u0442\u0440\u0438\u0442\u0435\u043b\u044c\u0441\u0442\u0432\u0443\u044e\u0449\u0438\u0439",
]

ALPHABETS = [
    "abcdefghijklmnopqrstuvwxyz      ", "ABCdef '\"!?.,;:-()  \n", "0123456789 .,\n ", " \t\n\r", "'stremvdlSTREMVDL ",
    "\u0430\u0431\u0432\u0433\u0434\u0435\u0436\u0437\u0438\u0439\u043a\u043b\u043c\u043d\u043e\u043f\u0440\u0441\u0442\u0443\u0444\u0445\u0446\u0447\u0448\u0449\u044a\u044b\u044c\u044d\u044e\u044f    ", "\u7684\u4e00\u662f\u4e0d\u4e86\u4eba\u6211\u5728\u6709\u4ed6\u3002\uff0c", "\U0001f600\U0001f680\u2764\ufe0f\u200d\U0001f468\U0001f469\U0001f3fd ",
    "a\u00e9\u00ef\u03b1\u0436\u4e2d\u0e01\u05d0 \u00a0\u2003\u3000\n1\u0663\u00bd\u2167'!\u0301", "{}[]()<>=+-*/&|;:_\t\n xyz01",
]


def strings():
    generator = random.Random(20240517)
    drawn = []
    for i in range(120):
        alphabet = ALPHABETS[i % len(ALPHABETS)]
        drawn.append("".join(alphabet[int(generator.random() * len(alphabet))] for _ in range(5 + i // 3)))
    # All over Unicode, without surrogates and without the planes that each version of Unicode assigns more of: which
    # of those are letters depends on the age of an implementation's tables.
    ranges = [(0x20, 0xD800), (0xE000, 0x10000), (0x1F300, 0x1F650), (0x20000, 0x2A6D7), (0xF0000, 0x110000)]
    for _ in range(20):
        points = []
        for _ in range(12):
            first, end = ranges[int(generator.random() * len(ranges))]
            points.append(first + int(generator.random() * (end - first)))
        drawn.append("".join(map(chr, points)))
    return FIXED + drawn


def main():
    path = sys.argv[1]
    llama = Llama(model_path=path, vocab_only=True, verbose=False)
    qwen2 = pre_tokenizers.Split(Regex(QWEN2), behavior="isolated")
    with open(path, "rb") as file:
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
    lines = []
    for text in strings():
        data = text.encode()
        entry = {"text": text, "plain": llama.tokenize(data, add_bos=False, special=False)}
        special = llama.tokenize(data, add_bos=False, special=True)
        if special != entry["plain"]:
            entry["special"] = special
        entry["qwen2"] = [len(piece.encode()) for piece, _ in qwen2.pre_tokenize_str(text)]
        lines.append(json.dumps(entry, separators=(",", ":")))
    head = {"llama-cpp-python": version("llama-cpp-python"), "tokenizers": version("tokenizers"), "model": checksum}
    print('{"made_with":' + json.dumps(head) + ',\n"strings":[\n' + ",\n".join(lines) + "\n]}")


main()
