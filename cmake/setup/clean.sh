# ./textbook clean: removes what set-up and builds have put on the disk. The learner's data is never touched.

clean_usage() {
  cat <<'TEXT'
./textbook clean [--keep-downloads] [--dry-run]

Removes the build folder, and from the cache: downloads, unpacked packages, compiler results, results of labs.
The learner's data (TEXTBOOK_DATA) stays. Debian packages stay: apt-get manages those.
  --keep-downloads   keeps the downloaded packages, so that the next ./textbook needs no network
  --dry-run          only says what it would remove
TEXT
}

contains() { # folder path: whether the path is the folder or lies inside
  local folder path
  folder=$(readlink -m -- "$1") path=$(readlink -m -- "$2")
  [[ $path == "$folder" || $path == "$folder"/* ]]
}

cmd_clean() {
  local option folder bytes freed=0 keep_downloads=0 dry_run=0
  local -a folders
  for option; do
    case $option in
      -h | --help) clean_usage; return 0 ;;
      --keep-downloads) keep_downloads=1 ;;
      --dry-run) dry_run=1 ;;
      *) stop usage.option "clean has no option '$option'; the nearest is '$(nearest "$option" --keep-downloads \
        --dry-run --help)'." "./textbook clean --help" ;;
    esac
  done
  folders=("$build" "$cache/deps" "$cache/ccache" "$cache/tmp" "$cache/snapshots")
  ((keep_downloads)) || folders+=("$cache/downloads")
  for folder in "${folders[@]}"; do
    if contains "$folder" "$data"; then
      stop clean.data "The learner's data lies in $folder, which clean would remove. Nothing was removed." \
        "Move the data elsewhere and set TEXTBOOK_DATA." "$data"
    fi
  done
  for folder in "${folders[@]}"; do
    [[ -e $folder || -L $folder ]] || continue
    bytes=$(du -sB1 -- "$folder" | cut -f1)
    if ((!dry_run)); then
      rm -rf -- "$folder" || stop clean.remove "A folder could not be removed." "Check its owner." "$folder"
    fi
    ((freed += bytes))
    printf '%-9s %s\n' "$(size "$bytes")" "$folder"
  done
  if ((!dry_run)); then
    rm -f -- "$cache/lock"
    rmdir -- "$cache" 2>/dev/null
  fi
  if ((dry_run)); then printf '%s would be freed.' "$(size $freed)"; else printf '%s freed.' "$(size $freed)"; fi
  printf ' The learner'\''s data in %s stays.\n' "$data"
  return 0
}
