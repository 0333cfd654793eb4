#!/usr/bin/env bash
# Installs the programs that `textbook bench peers` compares with into a virtual environment of their own:
# llama.cpp (llama-cpp-python, compiled here for this processor), transformers and TransformerLens.
#
#   tests/reference/peers/install.sh [DIR]     DIR: TEXTBOOK_PEERS, else `peers` in the textbook's cache folder
#
# torch is the wheel that the textbook has downloaded, where it has. Its Python half is linked with NVIDIA's libraries,
# 2 GB that computing on the CPU never calls: where they are not on this machine, empty stand-ins take their place.
# Needs Python 3.11, for which that wheel is made, g++ and cmake.
set -euo pipefail

here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
cache=${TEXTBOOK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/textbook}
folder=${1:-${TEXTBOOK_PEERS:-$cache/peers}}

python=${PYTHON:-}
for candidate in python3.11 python3; do
  [[ -n $python ]] && break
  "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && python=$candidate
done
[[ -n $python ]] || { echo "install.sh: Python 3.11 is needed; name it in PYTHON." >&2; exit 2; }

"$python" -m venv "$folder"
pip=("$folder/bin/python" -m pip --disable-pip-version-check --quiet install)
torch=("$cache"/downloads/torch-2.11.0-cp311-*.whl)
[[ -f ${torch[0]} ]] || torch=(torch==2.11.0)

echo "torch 2.11.0, transformers and TransformerLens ..."
"${pip[@]}" --no-deps -r "$here/requirements.txt"
"${pip[@]}" --no-deps "${torch[0]}" nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85
echo "llama-cpp-python 0.3.36, compiled here: some minutes ..."
"${pip[@]}" --no-deps llama-cpp-python==0.3.36

# Stand-ins: libraries of the missing names with nothing in them, and one that they lead to, with all functions that
# are asked for; each ends the program. (In a library of the name asked for, the loader would insist on versions.)
lib=$("$folder/bin/python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')/torch/lib
rm -f "$lib"/lib{cu,nv,nccl}*.so.*   # of an earlier run; the wheel has none of these names
missing=$(ldd "$lib/libtorch_python.so" | awk '/=> not found/ {print $1}' | sort -u)
library() { # name option...: its source comes from standard input
  gcc -w -shared -fPIC -x c - -x none -Wl,--no-as-needed -Wl,-soname,"$1" -Wl,-rpath,'$ORIGIN' "${@:2}" -o "$lib/$1"
}
if [[ -n $missing ]]; then
  echo "stand-ins for:" $missing
  for name in $missing; do library "$name" </dev/null; done
  { ldd -r "$lib/libtorch_python.so" 2>&1 || true; } | sed -n 's/^undefined symbol: \([A-Za-z0-9_]*\).*/\1/p' |
    grep -v '^_\?Py' | sort -u | sed 's/.*/void &(void) { __builtin_trap(); }/' | library libstandins.so
  for name in $missing; do library "$name" "$lib/libstandins.so" </dev/null; done
fi

"$folder/bin/python" -c 'import torch, transformers, llama_cpp
print("installed: torch", torch.__version__, "transformers", transformers.__version__,
      "llama-cpp-python", llama_cpp.__version__)'
echo "textbook bench peers finds it at $folder"
