# ./textbook doctor: one line for each thing the textbook stands on. Needs nothing but bash and the core utilities.

doctor_usage() {
  cat <<'TEXT'
./textbook doctor [--json]
./textbook doctor --report [FILE]

One line for each thing the textbook stands on: OK, NOTE (it works, but read this), or MISSING with what to do.
The exit code is 1 when something is missing without which it does not run. Unpacked files are read and verified; a
damaged one is unpacked again by the next ./textbook.

--report writes all that into a text file for a bug report (textbook-report.txt unless FILE is given), with the system,
the version and the last crash logs. It holds no names, no paths of yours and nothing that you typed; look through it,
then attach it. Nothing is sent.
TEXT
}

# report name status what [remedy]; status is ok, note or missing
report() {
  [[ $2 == missing ]] && doctor_missing=1
  if ((wants_json)); then
    doctor_json+=("$(printf '{"name":%s,"status":"%s","what":%s,"remedy":%s}' "$(json_string "$1")" "$2" \
      "$(json_string "$3")" "$(json_string "${4-}")")")
  else
    printf '%-8s %-10s %s%s\n' "${2^^}" "$1" "$3" "${4:+. $4}"
  fi
}

version_of() { "$@" --version 2>/dev/null | grep -oE '[0-9]+(\.[0-9]+)+' | head -n 1; }

check_compiler() {
  local gxx cmake ninja absent=() tool
  gxx=$(g++ -dumpfullversion 2>/dev/null) cmake=$(version_of cmake) ninja=$(version_of ninja)
  for tool in g++ cmake ninja python3 unzip; do command -v "$tool" >/dev/null || absent+=("$tool"); done
  if ((${#absent[@]})); then
    report compiler missing "not here: ${absent[*]}" "Run ./textbook, which installs them"
  elif ((${gxx%%.*} < 12)); then
    report compiler missing "g++ $gxx is too old" "Install g++ 12 or newer"
  else
    report compiler ok "g++ $gxx, cmake $cmake, ninja $ninja, ccache $(version_of ccache)"
  fi
}

check_packages() {
  local shown=(libfmt-dev nlohmann-json3-dev libtomlplusplus-dev libsqlite3-dev libpcre2-dev libfreetype-dev catch2)
  if ! command -v dpkg-query >/dev/null; then
    report packages note "no Debian or Ubuntu" \
      "These packages' contents must be installed otherwise: ${debian_packages[*]}"
  elif ((${#absent_packages[@]})); then
    report packages missing "not here: ${absent_packages[*]}" "Run ./textbook, which installs them with apt-get"
  else
    report packages ok "all ${#debian_packages[@]} of Debian; $(
      dpkg-query -W -f '${Package} ${Version}, ' "${shown[@]}" |
      sed -E 's/lib([a-z0-9+]+)-dev/\1/g; s/-[^ ,]*,/,/g; s/, $//')"
  fi
}

check_pieces() { # the unpacked packages but the model
  local i damage absent=() damaged=() whole=()
  for i in "${!pin_piece[@]}"; do
    [[ ${pin_piece[i]} == model ]] && continue
    if one_of "$i" "${absent_pieces[@]}"; then absent+=("${pin_requirement[i]}"); continue; fi
    damage=$(piece_damage "$i")
    if [[ -n $damage ]]; then damaged+=("$damage"); rm -f -- "$deps/.done/${pin_piece[i]}"
    elif [[ ${pin_into[i]} != tools ]]; then whole+=("${pin_requirement[i]}"); fi
  done
  if ((${#damaged[@]})); then
    report libraries missing "damaged in $deps: $(printf '%s' "${damaged[*]}" | tr '\n' ' ' | cut -c1-300)" \
      "Run ./textbook, which unpacks them again"
  elif ((${#absent[@]})); then
    report libraries missing "not fetched or damaged: ${absent[*]}" "Run ./textbook, which fetches them"
  else report libraries ok "${whole[*]}, verified"; fi
}

check_model() {
  local i damage
  for i in "${!pin_piece[@]}"; do [[ ${pin_piece[i]} == model ]] && break; done
  if one_of "$i" "${absent_pieces[@]}"; then
    report model missing "${pin_requirement[i]} is not fetched or damaged" \
      "Run ./textbook, which fetches it ($(size "${pin_bytes[i]}"))"
    return
  fi
  damage=$(piece_damage "$i")
  if [[ -n $damage ]]; then
    rm -f -- "$deps/.done/model"
    report model missing "$damage is damaged" "Run ./textbook, which unpacks it again"
  else
    report model ok "$(sed -n '2s/.* //p' "$deps/.done/model"), $(size "${pin_kept_bytes[i]}"), SHA-256 as pinned"
  fi
}

check_program() {
  if [[ ! -x $build/bin/textbook ]]; then report program missing "not built" "Run ./textbook, which builds it"
  elif ! configured; then report program note "built for another place or cache" "The next ./textbook builds it again"
  else report program ok "$build/bin/textbook"; fi
}

check_cpu() {
  local name flags have=() flag cores threads
  name=$(sed -nE 's/^model name\s*: //p' /proc/cpuinfo | head -n 1)
  flags=" $(sed -nE 's/^flags\s*: //p' /proc/cpuinfo | head -n 1) "
  threads=$(nproc)
  cores=$(awk -F': ' '/^physical id/ { p = $2 } /^core id/ { if (!seen[p "/" $2]++) n++ } END { print n + 0 }' /proc/cpuinfo)
  ((cores == 0 || cores > threads)) && cores=$threads
  for flag in avx2 fma avx512f avx512_vnni avx512_bf16 amx_bf16; do [[ $flags == *" $flag "* ]] && have+=("$flag"); done
  if [[ $(uname -m) != x86_64 ]]; then report cpu missing "$(uname -m)" "The textbook needs an x86-64 processor"
  elif [[ $flags != *" avx2 "* ]]; then
    report cpu note "${name:-unknown}, $cores cores, $threads threads, no AVX2" \
      "It works, but the model computes slowly"
  else report cpu ok "${name:-unknown}, $cores cores, $threads threads; ${have[*]}"; fi
}

check_memory() {
  local kilobytes
  kilobytes=$(awk '/^MemTotal:/ { print $2 }' /proc/meminfo)
  if ((kilobytes < 3500000)); then
    report memory note "$(size $((kilobytes * 1000)))" "The build takes 1.5 GB for one compiler, the model 1 GB"
  else report memory ok "$(size $((kilobytes * 1000)))"; fi
}

check_gpu() {
  local driver name
  driver=$(nvidia_driver)
  if [[ -z $driver ]]; then report gpu ok "no NVIDIA driver: the model computes on the CPU"
  elif ((${driver%%.*} < oldest_cuda_driver)); then
    report gpu note "NVIDIA driver $driver is too old for CUDA 13: the model computes on the CPU" \
      "Update the driver to $oldest_cuda_driver or newer to use the GPU"
  elif ! wants_cuda; then report gpu note "NVIDIA driver $driver, not used" "TEXTBOOK_CUDA=0 forbids it"
  elif [[ ! -r $deps/.done/libtorch-cuda ]]; then
    report gpu missing "NVIDIA driver $driver, CUDA libraries not fetched" "Run ./textbook, which fetches them"
  else
    name=$(nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null | head -n 1)
    report gpu ok "NVIDIA driver $driver, ${name:-unnamed} with CUDA 13.0"
  fi
}

check_display() {
  local socket
  if [[ -n ${WAYLAND_DISPLAY-} ]]; then
    socket=$WAYLAND_DISPLAY
    [[ $socket == /* ]] || socket=${XDG_RUNTIME_DIR-}/$socket
    [[ -S $socket ]] && { report display ok "Wayland, $WAYLAND_DISPLAY"; return; }
  fi
  if [[ -n ${DISPLAY-} ]]; then
    socket=${DISPLAY#:}
    if [[ $DISPLAY != :* || -S /tmp/.X11-unix/X${socket%%.*} ]]; then report display ok "X11, $DISPLAY"; return; fi
  fi
  report display note "none: the reader's window cannot open" "The rest works: $(without_display)"
}

check_fonts() {
  local file absent=() count=0
  while IFS= read -r file; do
    ((count++))
    [[ -r $file ]] || absent+=("$file")
  done < <(sed -nE 's/.*\bfile = "([^"]+)".*/\1/p' "$root/assets/fonts.toml")
  if ((${#absent[@]})); then
    report fonts missing "not here: ${absent[*]##*/}" "Run ./textbook, which installs them with apt-get"
  else report fonts ok "all $count"; fi
}

check_disk() {
  local place free needed
  place=$(existing_folder "$cache")
  free=$(free_space "$place")
  count_bytes
  needed=$((bytes_to_fetch + bytes_to_unpack))
  [[ -x $build/bin/textbook ]] || ((needed += build_bytes))
  if ((free < needed)); then
    report disk missing "$(size "$free") free in $place, $(size $needed) needed" \
      "Free some space, or set TEXTBOOK_CACHE to a folder on another disk"
  elif ((free < 1000000000)); then report disk note "$(size "$free") free in $place" "That is little"
  else report disk ok "$(size "$free") free in $place"; fi
}

# What a bug report needs, to standard output.
report_text() {
  local name logs
  echo "# How a Neural Network Thinks: report of $(date -u +%F)"
  echo
  echo "version   $(git -C "$root" log -1 --format='%h of %cs' 2>/dev/null || echo 'unknown: not a git checkout')$(
    git -C "$root" diff --quiet HEAD 2>/dev/null || echo ', with changes')"
  echo "system    $(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release 2>/dev/null), $(uname -srm)"
  echo "language  ${LC_ALL:-${LC_MESSAGES:-${LANG:-not set}}}"
  echo "session   ${XDG_SESSION_TYPE:-none} ${XDG_CURRENT_DESKTOP-}"
  for name in TEXTBOOK_CACHE TEXTBOOK_DATA TEXTBOOK_CUDA TEXTBOOK_JOBS OMP_NUM_THREADS OMP_WAIT_POLICY; do
    [[ -n ${!name-} ]] && printf '%s=%s\n' "$name" "${!name}"
  done
  echo
  cmd_doctor
  mapfile -t logs < <(find "$data/logs" -maxdepth 1 -name 'crash-*.txt' -printf '%T@ %p\n' 2>/dev/null | sort -rn |
    head -n 3 | cut -d' ' -f2-)
  for name in "${logs[@]}"; do
    printf '\n## Crash of %s\n\n' "$(date -u -r "$name" '+%F %R UTC')"
    head -c 20000 -- "$name"
  done
  if [[ ! -x $build/bin/textbook && -r $build/configure.log ]]; then
    printf '\n## The end of the configuration\n\n'
    tail -n 30 -- "$build/configure.log"
  fi
}

# Takes out of standard input what says who and where the reader is: the longest paths first.
without_names() {
  local -a edits=()
  local from into
  while IFS=$'\t' read -r from into; do
    [[ -n $from && $from != / ]] || continue
    from=$(printf '%s' "$from" | sed 's/[][\\.*^$|/]/\\&/g')
    edits+=(-e "s/$from/$into/g")
  done < <(printf '%s\t%s\n' "$build" '<build>' "$root" '<textbook>' "$cache" '<cache>' "$data" '<data>' "$HOME" '~')
  from=$(id -un 2>/dev/null)
  ((${#from} > 2)) && [[ $from != root ]] && edits+=(-e "s/\b$from\b/<user>/g")
  from=$(uname -n 2>/dev/null)
  ((${#from} > 2)) && [[ $from != localhost ]] && edits+=(-e "s/\b$from\b/<machine>/g")
  sed "${edits[@]}"
}

write_report() { # file
  local file=$1
  wants_json=0
  report_text 2>&1 | without_names >"$file.part" && mv -- "$file.part" "$file" ||
    stop doctor.report "The report cannot be written." "Name another place: ./textbook doctor --report FILE" "$file"
  say "Written: $file ($(size "$(stat -c %s -- "$file")")). Look through it, then attach it to your report."
}

cmd_doctor() {
  local option check
  case ${1-} in
    --report) set -- "--report=${2-textbook-report.txt}" "${@:3}" ;&
    --report=*)
      (($# == 1)) || stop usage.option "doctor --report takes one file." "./textbook doctor --help"
      write_report "${1#*=}"
      return 0 ;;
  esac
  for option; do
    case $option in
      -h | --help) doctor_usage; return 0 ;;
      --json) ;;
      *) stop usage.option "doctor has no option '$option'; the nearest is '$(nearest "$option" --json --report --help)'." \
        "./textbook doctor --help" ;;
    esac
  done
  doctor_missing=0 doctor_json=()
  look
  for check in compiler packages pieces model program cpu memory gpu display fonts disk; do "check_$check"; done
  if ((wants_json)); then
    local ok=true
    ((doctor_missing)) && ok=false
    printf '{"ok":%s,"checks":[%s]}\n' "$ok" "$(IFS=,; printf '%s' "${doctor_json[*]}")"
  fi
  return "$doctor_missing"
}
