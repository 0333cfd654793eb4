# Fetching the pinned pieces with pip and unpacking them. pip's own settings (index, proxy, certificates) hold; it
# downloads only, verifies the SHA-256, and leaves nothing outside the cache.

take_lock() { # one launcher at a time works on the cache
  mkdir -p -- "$cache/tmp" "$cache/downloads" "$deps/.done" 2>/dev/null ||
    stop setup.cache "The cache folder cannot be written." "Set TEXTBOOK_CACHE to a folder that can." "$cache"
  exec 9>"$cache/lock"
  command -v flock >/dev/null || return 0
  flock -n 9 || { say "Another ./textbook is setting up; waiting for it."; flock 9; }
  find "$cache/tmp" -mindepth 1 -delete 2>/dev/null   # what an interruption left half done
}
drop_lock() { exec 9>&-; }

pip=()
choose_pip() { # the first Python that has pip: the user's, else the system's
  local python
  for python in python3 /usr/bin/python3; do
    if "$python" -m pip --version >/dev/null 2>&1; then pip=("$python" -m pip); return; fi
  done
  stop setup.pip "python3 has no pip." "sudo apt-get install python3-pip"
}

# The tags of the wheels that are pinned; without them pip would choose by the Python it happens to run on.
pip_platform=(--python-version 3.11 --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64
  --platform manylinux_2_25_x86_64 --platform manylinux_2_18_x86_64 --platform manylinux_2_17_x86_64
  --platform manylinux2014_x86_64)

pip_download_arguments() { # piece number; sets pip_arguments
  pip_arguments=(download --no-deps --no-cache-dir --require-hashes --progress-bar off)
  if [[ ${pin_file[$1]} == *.whl ]]; then pip_arguments+=(--only-binary=:all: "${pip_platform[@]}")
  else pip_arguments+=(--no-binary=:all: --no-build-isolation); fi
}

download_whole() { # piece number: whether its package lies in downloads/ with the pinned checksum
  local path="$cache/downloads/${pin_file[$1]}"
  [[ -f $path && $(stat -c %s -- "$path") == "${pin_bytes[$1]}" ]] || return 1
  [[ $(sha256sum <"$path") == "${pin_sha256[$1]}  -" ]]
}

download() { # piece number
  local i=$1 folder="$cache/tmp/download" file="${pin_file[$1]}" pip_arguments code
  if [[ -e $cache/downloads/$file ]]; then
    download_whole "$i" && return
    say "  $file is damaged; fetching it again"
    rm -f -- "$cache/downloads/$file"
  fi
  if [[ -e $offline/downloads/$file ]]; then   # a bundle brought it
    need_space "${pin_bytes[i]}" "$cache"
    cp -- "$offline/downloads/$file" "$cache/tmp/$file" && mv -- "$cache/tmp/$file" "$cache/downloads/$file"
    if download_whole "$i"; then return; fi
    say "  $file in $offline is damaged; trying the network"
    rm -f -- "$cache/downloads/$file"
  fi
  local temporary=0
  [[ $file == *.tar.gz ]] && temporary=$((3 * pin_bytes[i]))   # pip unpacks a source package to read its metadata
  need_space $((pin_bytes[i] + temporary)) "$cache"
  rm -rf -- "$folder"
  mkdir -p -- "$folder"/{temp,out}
  printf '%s --hash=sha256:%s\n' "${pin_requirement[$i]}" "${pin_sha256[$i]}" >"$folder/requirements.txt"
  pip_download_arguments "$i"
  watch_growth "downloading ${pin_requirement[$i]}" "${pin_bytes[$i]}" "$folder" \
    env TMPDIR="$folder/temp" PYTHONPATH="$deps/tools" PYTHONDONTWRITEBYTECODE=1 PIP_REQUIRE_VIRTUALENV=0 \
    "${pip[@]}" "${pip_arguments[@]}" --disable-pip-version-check --no-input \
    -d "$folder/out" -r "$folder/requirements.txt"
  code=$?
  [[ $code == 0 && -f $folder/out/$file ]] || explain_pip "$i"
  mv -- "$folder/out/$file" "$cache/downloads/$file"
  rm -rf -- "$folder"
  say "  downloaded ${pin_requirement[$i]} ($(size "${pin_bytes[$i]}"))"
}

explain_pip() { # piece number: ends the launcher with what pip's failure means
  local requirement=${pin_requirement[$1]} last
  last=$(grep -E '^ *(ERROR|error|OSError|Errno)' "$command_log" | tail -n 2)
  # Where the disk is full, pip's own last words may not have reached the log.
  if grep -qi 'no space left' "$command_log" || ! space_for $((4 * pin_bytes[$1])) "$cache"; then
    stop setup.disk "The disk is full." "Free some space, or set TEXTBOOK_CACHE to a folder on another disk." "$cache"
  elif grep -qi 'do not match the hashes' "$command_log"; then
    stop setup.checksum "$requirement as the package index gave it is not the file that is pinned." \
      "Run ./textbook again; if that does not help, the index or a proxy alters files." "$last"
  elif grep -qi 'resolution\|unreachable\|connection\|timed out\|ProxyError\|CERTIFICATE\|retries' "$command_log"; then
    stop setup.network "$requirement could not be fetched: the package index cannot be reached." \
      "Check the network and pip's settings (pip config list: index, proxy, cert), then run ./textbook again; what is \
there is kept." "$last"
  fi
  stop setup.download "$requirement could not be fetched." "Run ./textbook again; pip's last words stand above." "$last"
}

choose_unpack_arguments() { # piece number, folder; sets unpack_arguments
  local package="$cache/downloads/${pin_file[$1]}"
  local -a kept
  IFS=' ' read -ra kept <<<"${pin_kept[$1]}"
  case $package:${pin_into[$1]} in
    *.tar.gz:*) unpack_arguments=(tar -xzf "$package" --no-same-owner -C "$2" "${kept[@]}") ;;
    *:flat:*) unpack_arguments=(unzip -q -o -j "$package" "${kept[@]}" -d "$2") ;;
    *) unpack_arguments=(unzip -q -o "$package" "${kept[@]}" -d "$2") ;;
  esac
}

unpack() { # piece number
  local i=$1 new="$cache/tmp/unpacked" into="$deps/${pin_into[$1]#flat:}" package="$cache/downloads/${pin_file[$1]}"
  local marker="$deps/.done/${pin_piece[$1]}" code
  local -a unpack_arguments
  choose_unpack_arguments "$i" "$new"
  need_space "${pin_kept_bytes[$i]}" "$cache"
  rm -rf -- "$new" "$marker"
  mkdir -p -- "$new" "$into"
  watch_growth "unpacking ${pin_piece[$i]}" "${pin_kept_bytes[$i]}" "$new" "${unpack_arguments[@]}"
  code=$?
  # The lists are made from what came out of the verified package; then every file is moved to its place by a rename.
  local place=${into#"$deps"}
  place=${place#/}
  [[ $place == . ]] && place=
  if ((code == 0)); then
    {
      printf '%s\n' "${pin_lines[$i]}" &&
        (cd "$new" && find . -type f -size +1023k -printf '%P\0' | xargs -0 -r sha256sum --) |
        while read -r sha256 path; do
          printf '%s %s %s\n' "$sha256" "$(stat -c %s -- "$new/$path")" "${place:+$place/}$path"
        done
    } >"$marker.new" &&
      find "$new" -type f -printf "%s\t${place:+$place/}%P\n" | LC_ALL=C sort >"$marker.files" &&
      { cp -alf -- "$new/." "$into/" 2>/dev/null || cp -af --remove-destination -- "$new/." "$into/"; } &&
      mv -- "$marker.new" "$marker"
    code=$?
  fi
  rm -rf -- "$new"
  ((code == 0)) && return
  if grep -qi 'no space\|disk full' "$command_log" || ! space_for "${pin_kept_bytes[$i]}" "$cache"; then
    stop setup.disk "The disk is full." "Free some space, or set TEXTBOOK_CACHE to a folder on another disk." "$cache"
  fi
  stop setup.unpack "${pin_file[$i]} could not be unpacked." "Run ./textbook again." "$(tail -n 2 "$command_log")"
}

free_space() { df -PB1 -- "$1" | awk 'NR == 2 { print $4 }'; }
space_for() { (($(free_space "$2") >= $1 + 50000000)); }   # 50 MB more, for logs and lists
need_space() { # bytes folder
  space_for "$1" "$2" ||
    stop setup.disk "The disk is too full: $(size "$1") are needed next, $(size "$(free_space "$2")") are free." \
      "Free some space, or set TEXTBOOK_CACHE to a folder on another disk." "$2"
}

ensure_pieces() {
  local i
  ((${#absent_pieces[@]})) || return 0
  choose_pip
  for i in "${absent_pieces[@]}"; do
    download "$i"
    unpack "$i"
  done
}
