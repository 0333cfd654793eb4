# What the launcher says. It goes to standard error: standard output belongs to the command that runs in the end.

say() { printf '%s\n' "$*" >&2; }

json_string() { # the argument as a JSON string
  local s=$1
  s=${s//\\/\\\\}; s=${s//\"/\\\"}; s=${s//$'\n'/\\n}; s=${s//$'\t'/\\t}; s=${s//$'\r'/}; s=${s//$'\e'/}
  printf '"%s"' "$s"
}

wants_json=0
for argument in "$@"; do [[ $argument == --json ]] && wants_json=1; done

# stop code what remedy [where]: ends the launcher with exit code 2, saying what is wrong and what to do.
stop() {
  if ((wants_json)); then
    printf '{"error":{"code":%s,"what":%s,"where":%s,"remedy":%s}}\n' "$(json_string "$1")" "$(json_string "$2")" \
      "$(json_string "${4-}")" "$(json_string "$3")" >&2
  else
    say "textbook: $2"
    [[ -n ${4-} ]] && say "  where: $4"
    say "  what to do: $3"
  fi
  exit 2
}

size() { # bytes as a person reads them
  local bytes=$1
  if ((bytes >= 1000000000)); then printf '%d.%d GB' $((bytes / 1000000000)) $((bytes % 1000000000 / 100000000))
  elif ((bytes >= 1000000)); then printf '%d MB' $((bytes / 1000000))
  else printf '%d kB' $(((bytes + 999) / 1000)); fi
}

# Runs a command in the background, its output in command_log, and reports how much of the expected bytes lies in a
# growing folder: a line that rewrites itself on a terminal, a line every five seconds elsewhere.
#   watch_growth label bytes folder command...
command_log="$cache/tmp/command.log"
child=
watch_growth() {
  local label=$1 total=$2 folder=$3 done_bytes shown=$SECONDS tty=0
  shift 3
  [[ -t 2 ]] && tty=1
  ((total < 1000000)) && shown=$((SECONDS + 3600)) tty=0   # too small to report
  set -m   # a process group of its own, so that an interruption reaches all of it
  "$@" >"$command_log" 2>&1 </dev/null &
  child=$!
  set +m
  while kill -0 "$child" 2>/dev/null; do
    if ((tty || SECONDS - shown >= 5)); then
      done_bytes=$(du -sb -- "$folder" 2>/dev/null | cut -f1)
      ((${done_bytes:=0} > total)) && done_bytes=$total
      if ((tty)); then printf '\r\e[K  %s: %s of %s' "$label" "$(size "$done_bytes")" "$(size "$total")" >&2
      else say "  $label: $(size "$done_bytes") of $(size "$total")"; fi
      shown=$SECONDS
    fi
    sleep 0.2
  done
  wait "$child"
  local code=$?
  child=
  ((tty)) && printf '\r\e[K' >&2
  return $code
}

# An interruption also ends what runs in the background; what is finished stays.
interrupted() {
  [[ -n $child ]] && kill -- "-$child" 2>/dev/null
  say ""
  say "Interrupted. What is finished is kept; ./textbook goes on from here."
  exit 130
}
trap interrupted INT TERM
