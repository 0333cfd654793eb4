# ./textbook test: set-up, build with the tests, run them. Every test program prints "N passed, N failed" as its last
# line (tests/catch_main.cpp); the sum of these lines is the last line here.

test_usage() {
  cat <<'TEXT'
./textbook test [NAME...|full]

Runs the tests: all but the slow ones, or those whose name or label is given, or with `full` all of them.
  --list   prints the names of the tests and their labels
The last line is `N passed, N failed`; the exit code is 0 when none failed, 1 when one did, 2 for wrong use.
TEXT
}

minutes() { printf '%d.%d' $(($1 / 60)) $(($1 % 60 * 10 / 60)); }

test_names() { ctest --test-dir "$build" -N "$@" 2>/dev/null | sed -nE 's/^ *Test +#[0-9]+: ([^ ]+).*/\1/p'; }
test_labels() {
  ctest --test-dir "$build" --print-labels 2>/dev/null | sed -nE '/^All Labels/,$ { s/^  +([^ ]+)$/\1/p }'
}

list_tests() {
  local label
  for label in $(test_labels); do
    printf '%s: %s\n' "$label" "$(test_names -L "^$label\$" | paste -sd ' ')"
  done
}

# The tests that the words choose, as ctest's arguments in test_choice and as names in test_chosen.
choose_tests() {
  local word
  local -a names labels found
  mapfile -t names < <(test_names)
  mapfile -t labels < <(test_labels)
  if (($# == 0)); then mapfile -t test_chosen < <(test_names -LE '^full$'); test_choice=(-LE '^full$'); return; fi
  if [[ $* == full ]]; then test_chosen=("${names[@]}"); test_choice=(); return; fi
  test_chosen=()
  for word; do
    found=()
    if one_of "$word" "${names[@]}"; then found=("$word")
    elif one_of "$word" "${labels[@]}"; then mapfile -t found < <(test_names -L "^$word\$")
    else
      stop usage.test "There is no test and no label '$word'; the nearest is '$(nearest "$word" "${names[@]}" \
        "${labels[@]}" full)'." "./textbook test --list prints them."
    fi
    test_chosen+=("${found[@]}")
  done
  test_choice=(-R "^($(IFS='|'; printf '%s' "${test_chosen[*]}"))\$")
}

cmd_test() {
  local option began=$SECONDS set_up built code
  for option; do
    case $option in
      -h | --help) test_usage; return 0 ;;
      --list | [!-]*) ;;
      *) stop usage.option "test has no option '$option'; the nearest is '$(nearest "$option" --list --help)'." \
        "./textbook test --help" ;;
    esac
  done
  test_finished=0
  trap '((test_finished)) || printf "0 passed, 1 failed\n"' EXIT   # set-up or build stopped: that is a failure too
  for_tests=1   # a vocabulary that only they need is fetched too
  prepare
  set_up=$((SECONDS - began))
  configure
  if one_of --list "$@"; then test_finished=1; list_tests; return 0; fi
  (choose_tests "$@") || { test_finished=1; return 2; }   # a wrong name is wrong use, not a failed test
  choose_tests "$@"
  began=$SECONDS
  if (($#)) && [[ $* != full ]]; then build_targets textbook $(test_targets); else build_targets all; fi
  built=$((SECONDS - began))
  began=$SECONDS
  export TEXTBOOK_DATA="$build/test-data"   # the learner's own stays out of it
  rm -rf -- "$TEXTBOOK_DATA"
  mkdir -p -- "$TEXTBOOK_DATA"
  ctest --test-dir "$build" --verbose "${test_choice[@]}" 2>&1 | count_tests "$build/tests.txt"
  code=${PIPESTATUS[1]}
  printf 'minutes: set-up %s, build %s, tests %s\n' "$(minutes $set_up)" "$(minutes $built)" \
    "$(minutes $((SECONDS - began)))"
  tail -n 1 "$build/tests.txt"
  test_finished=1
  return "$code"
}

# The build targets of the chosen tests: a test is named after its program. One that is not needs everything.
test_targets() {
  local name targets
  targets=$(ninja -C "$build" -t targets all 2>/dev/null)
  for name in "${test_chosen[@]}"; do
    if grep -q "^$name: " <<<"$targets"; then printf '%s\n' "$name"; else printf 'all\n'; fi
  done
}

# Reads ctest's verbose output: prints one line for each test as it ends, and all its output if it failed; writes the
# sum into a file. A test that ctest calls failed, or that counts nothing, adds at least one failure; one that skips
# itself ("skipped: WHY", SKIP_RETURN_CODE) counts as nothing.
count_tests() { # file
  awk -v file="$1" '
    /^ *Start +[0-9]+: / { name = $NF; output = counts = why_skipped = ""; printf "  %-34s", name; fflush(); next }
    /^[0-9]+: / {
      line = $0; sub(/^[0-9]+: /, "", line); output = output "    " line "\n"
      if (line ~ /^skipped: /) why_skipped = line
      if (line ~ /^[0-9]+ passed, [0-9]+ failed$/) counts = line; else if (line != "") counts = ""
      next
    }
    /^ *[0-9]+\/[0-9]+ Test +#[0-9]+: .*Skipped +[0-9.]+ sec/ && why_skipped != "" {
      printf " %s\n", why_skipped; fflush(); ran++; next
    }
    /^ *[0-9]+\/[0-9]+ Test +#[0-9]+: / {
      split(counts, n, " "); p = n[1] + 0; f = n[3] + 0
      good = ($0 ~ / Passed +[0-9.]+ sec/) && f == 0 && p > 0
      if (!good && f == 0) f = 1
      seconds = $(NF - 1)
      if (good) printf " %4d passed  %7.1f s\n", p, seconds
      else {
        why = counts == "" ? "ended without its count" : counts
        printf " FAILED: %s\n%s", why, output; sub(/^.*\.\.\.*/, ""); print "    ctest:" $0
      }
      fflush(); passed += p; failed += f; output = ""; counts = ""; ran++
    }
    END {
      if (!ran) { print "  no test ran"; failed++ }
      printf "%d passed, %d failed\n", passed, failed > file
      exit failed > 0
    }'
}
