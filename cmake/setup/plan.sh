# What is missing, and what setting up will do about it.

look() { # sets absent_packages (names) and absent_pieces (numbers of the arrays that read_pins sets)
  read_pins
  mapfile -t absent_packages < <(missing_packages)
  mapfile -t absent_pieces < <(missing_pieces)
}

# Bytes to download and to unpack for the absent pieces; a package that is there already or is named twice counts once.
count_bytes() {
  local i
  local -A seen=()
  bytes_to_fetch=0 bytes_to_unpack=0
  for i in "${absent_pieces[@]}"; do
    ((bytes_to_unpack += pin_kept_bytes[i]))
    [[ -n ${seen[${pin_file[i]}]-} || -e $cache/downloads/${pin_file[i]} ]] && continue
    seen[${pin_file[i]}]=1
    ((bytes_to_fetch += pin_bytes[i]))
  done
}

build_bytes=150000000   # build folder and compiler cache together

# Says what is missing, what will be done, and what it costs; ends the launcher where the disk is too small.
print_plan() {
  local i cores needed free names=() to_build=0
  [[ $(uname -sm) == "Linux x86_64" ]] ||
    stop setup.platform "This is $(uname -sm); the textbook runs on Linux on x86-64." "Use such a machine."
  count_bytes
  cores=$(nproc)
  [[ -x $build/bin/textbook ]] || to_build=$build_bytes
  needed=$((bytes_to_fetch + bytes_to_unpack + to_build))
  free=$(free_space "$(existing_folder "$cache")")
  for i in "${absent_pieces[@]}"; do names+=("${pin_requirement[i]}"); done
  say "Setting up the textbook."
  if ((${#absent_packages[@]})); then
    say "  Debian packages are missing: ${absent_packages[*]}"
    say "    apt-get installs them$( ((EUID)) && printf ' (with sudo)'); on a bare system they take 1.1 GB"
  fi
  if ((${#names[@]})); then
    say "  packages are missing or damaged: ${names[*]}"
    ((bytes_to_fetch)) && say "    pip downloads them into $cache: $(size $bytes_to_fetch)"
    say "    they are verified by SHA-256 and unpacked there: $(size $bytes_to_unpack)"
  fi
  ((to_build)) && say "  the program is built in $build and in the compiler cache: $(size $to_build)"
  say "  disk: $(size $needed), besides Debian's packages; $(size "$free") are free"
  say "  time: up to about $((to_build ? 32 / cores + 2 : 2)) minutes on $cores cores with a fast network"
  has_display || say "  There is no display: the reader needs one, everything else works ($(without_display))."
  ((free > needed)) ||
    stop setup.disk "The disk is too full: about $(size $needed) are needed, $(size "$free") are free." \
      "Free some space, or set TEXTBOOK_CACHE to a folder on another disk." "$cache"
}

existing_folder() { # the path, or the nearest folder above it that exists
  local path=$1
  while [[ ! -d $path ]]; do path=$(dirname -- "$path"); done
  printf '%s' "$path"
}

print_commands() { # what print_plan announces, as commands to type
  local i pip_arguments unpack_arguments
  choose_as_root
  if ((${#absent_packages[@]})); then
    printf '%s\n' "${as_root[*]} ${apt_update[*]}" "${as_root[*]} ${apt_install[*]} ${absent_packages[*]}"
  fi
  for i in "${absent_pieces[@]}"; do
    [[ -e $cache/downloads/${pin_file[i]} ]] && continue
    pip_download_arguments "$i"
    printf 'python3 -m pip %s -d %q -r <(echo %q)   # %s\n' "${pip_arguments[*]}" "$cache/downloads" \
      "${pin_requirement[i]} --hash=sha256:${pin_sha256[i]}" "$(size "${pin_bytes[i]}")"
  done
  for i in "${absent_pieces[@]}"; do
    choose_unpack_arguments "$i" "$deps/${pin_into[i]#flat:}"
    printf '%s\n' "$(printf '%q ' "${unpack_arguments[@]}")"
  done
  printf '%s\n' "$(printf '%q ' "${configure_command[@]}")" "$(printf '%q ' ninja -C "$build" textbook)"
}

has_display() { [[ -n ${DISPLAY-}${WAYLAND_DISPLAY-} ]]; }
without_display() { printf '%s' "./textbook tokens 'Hello', generate, trace, lab, claims, screenshot, test"; }
