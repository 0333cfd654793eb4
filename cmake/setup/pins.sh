# The pinned pieces (cmake/pins.tsv): which are needed here, and which lie unpacked and whole under deps/.
# A piece is finished when deps/.done/PIECE stands, which is written last: its first line is the piece's own line of
# pins.tsv, then a line "sha256 bytes path" for each file of a megabyte or more. deps/.done/PIECE.files lists all files.

oldest_cuda_driver=580   # the first driver series that runs CUDA 13

nvidia_driver() { # the driver's version, or nothing
  local line
  if [[ -r /proc/driver/nvidia/version ]] && read -r line </proc/driver/nvidia/version; then
    [[ $line =~ ([0-9]+)\.[0-9]+(\.[0-9]+)? ]] && printf '%s' "${BASH_REMATCH[0]}"
  elif [[ -e /usr/lib/wsl/lib/libcuda.so.1 ]]; then
    printf '%s' "$oldest_cuda_driver"   # under WSL the driver is Windows'; its number is not to be had
  fi
}

# Whether the CUDA libraries are wanted: TEXTBOOK_CUDA=1 or 0 says so, else the driver does.
wants_cuda() {
  [[ -n ${TEXTBOOK_CUDA-} ]] && { [[ $TEXTBOOK_CUDA != 0 ]]; return; }
  local driver
  driver=$(nvidia_driver)
  [[ -n $driver ]] && ((${driver%%.*} >= oldest_cuda_driver))
}

# The needed lines of pins.tsv as parallel arrays.
read_pins() {
  local line piece requirement when into bytes kept_bytes sha256 file kept cuda=0
  wants_cuda && cuda=1
  pin_lines=() pin_piece=() pin_requirement=() pin_into=()
  pin_bytes=() pin_kept_bytes=() pin_sha256=() pin_file=() pin_kept=()
  while IFS= read -r line; do
    [[ -z $line || $line == \#* ]] && continue
    IFS=$'\t' read -r piece requirement when into bytes kept_bytes sha256 file kept <<<"$line"
    [[ $when == nvidia && $cuda == 0 ]] && continue
    [[ $when == tests && -z ${for_tests-} ]] && continue
    pin_lines+=("$line") pin_piece+=("$piece") pin_requirement+=("$requirement") pin_into+=("$into")
    pin_bytes+=("$bytes") pin_kept_bytes+=("$kept_bytes") pin_sha256+=("$sha256")
    pin_file+=("$file") pin_kept+=("$kept")
  done <"$root/cmake/pins.tsv"
}

# Whether piece number $1 is finished, its large files having the sizes they were unpacked with.
piece_ready() {
  local marker="$deps/.done/${pin_piece[$1]}" sha256 bytes path
  local -a lines paths=() wanted=()
  [[ -r $marker ]] || return 1
  mapfile -t lines <"$marker"
  [[ ${lines[0]-} == "${pin_lines[$1]}" ]] || return 1
  for line in "${lines[@]:1}"; do
    read -r sha256 bytes path <<<"$line"
    paths+=("$deps/$path") wanted+=("$bytes")
  done
  ((${#paths[@]})) || return 0
  [[ $(stat -c %s -- "${paths[@]}" 2>/dev/null) == "$(printf '%s\n' "${wanted[@]}")" ]]
}

# The numbers of the pieces that are not finished, one a line.
missing_pieces() {
  local i
  for i in "${!pin_piece[@]}"; do piece_ready "$i" || printf '%s\n' "$i"; done
}

# Reads every unpacked byte of piece number $1 again (the small files by their sizes). Prints what is damaged.
piece_damage() {
  local marker="$deps/.done/${pin_piece[$1]}"
  (cd "$deps" 2>/dev/null || exit
    tail -n +2 "$marker" | sed -E 's/^([0-9a-f]{64}) [0-9]+ /\1  /' |
      sha256sum -c --quiet 2>/dev/null | sed 's/: FAILED.*//'
    local bytes path
    while IFS=$'\t' read -r bytes path; do printf '%s\0' "$path"; done <"$marker.files" |
      xargs -0 stat -c $'%s\t%n' -- 2>/dev/null | LC_ALL=C sort | LC_ALL=C comm -13 - "$marker.files" | cut -f2)
}
