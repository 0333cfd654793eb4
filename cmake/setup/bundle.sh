# ./textbook bundle FILE: everything that a room without a network needs, in one tar file: the sources, the pinned
# packages, and Debian's packages with all that they need. Unpacked there, ./textbook finds it in offline/.

bundle_usage() {
  cat <<'TEXT'
./textbook bundle [--no-packages] FILE.tar

Writes the textbook with everything that setting up downloads into one file, for machines without a network that run
the same release of Debian or Ubuntu as this one. There:

  tar -xf FILE.tar && textbook/textbook

--no-packages leaves Debian's packages out, for machines that have them or a mirror of their own. TEXTBOOK_CUDA=1 takes
the CUDA libraries along even if this machine has no GPU.
TEXT
}

# Debian's packages and all that they depend on, as if nothing were installed, with the index that apt reads.
bundle_packages() { # folder
  local folder=$1 package
  mkdir -p -- "$folder/partial"
  say "Collecting Debian's packages."
  # The state is empty, so that what happens to be installed here comes along.
  apt-get -q -y -o Dir::State::status=/dev/null -o Dir::Cache::archives="$folder" -o Debug::NoLocking=1 \
    -o APT::Sandbox::User="$(id -un)" --no-install-recommends --download-only install "${debian_packages[@]}" \
    >"$command_log" 2>&1 </dev/null ||
    stop setup.network "Debian's packages could not be collected: apt-get did not get them all." \
      "Run apt-get update with a network, then try again; or leave them out with --no-packages." \
      "$(tail -n 2 "$command_log")"
  rm -rf -- "$folder/partial" "$folder/lock"
  for package in "$folder"/*.deb; do
    dpkg-deb -f "$package" || return
    printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "${package##*/}" "$(stat -c %s -- "$package")" \
      "$(sha256sum <"$package" | cut -d' ' -f1)"
  done >"$folder/Packages" ||
    stop setup.bundle "A package could not be read." "Try again." "$package"
}

bundle_sources() { # the names of the files, each ended by a zero byte, below the folder of the textbook
  if git -C "$root" rev-parse --git-dir >/dev/null 2>&1; then git -C "$root" ls-files -z
  else (cd "$root" && find . -type f -not -path './build/*' -not -path './offline/*' -printf '%P\0'); fi
}

write_bundle() { # file
  local file=$1 folder="$cache/tmp/bundle" i
  rm -rf -- "$folder"
  mkdir -p -- "$folder/textbook/offline/downloads"
  for i in "${!pin_file[@]}"; do
    cp -al -- "$cache/downloads/${pin_file[i]}" "$folder/textbook/offline/downloads/" 2>/dev/null ||
      cp -a -- "$cache/downloads/${pin_file[i]}" "$folder/textbook/offline/downloads/"
  done
  ((with_packages)) && bundle_packages "$folder/textbook/offline/packages"
  need_space $(($(du -sbl -- "$folder" | cut -f1) + 20000000)) "$(dirname -- "$file")"
  { bundle_sources | tar -C "$root" --null -T - --transform 's,^,textbook/,' -cf "$file.part" &&
    tar -C "$folder" -rf "$file.part" textbook/offline && mv -- "$file.part" "$file"; } >"$command_log" 2>&1 ||
    { rm -f -- "$file.part"
      stop setup.bundle "The bundle could not be written." "Check the folder and its free space, then try again." \
        "$file: $(tail -n 1 "$command_log")"; }
  rm -rf -- "$folder"
  say "Written: $file ($(size "$(stat -c %s -- "$file")")). There: tar -xf ${file##*/} && textbook/textbook"
}

cmd_bundle() {
  local option file='' with_packages=1 i
  for option; do
    case $option in
      -h | --help) bundle_usage; return 0 ;;
      --no-packages) with_packages=0 ;;
      -*) stop usage.option "bundle has no option '$option'; the nearest is '$(
        nearest "$option" --no-packages --help)'." "./textbook bundle --help" ;;
      *) [[ -z $file ]] || stop usage.option "bundle takes one file." "./textbook bundle --help"
         file=$option ;;
    esac
  done
  [[ -n $file ]] || stop usage.option "bundle needs the file to write." "./textbook bundle FILE.tar"
  [[ -d $(dirname -- "$file") && -w $(dirname -- "$file") ]] ||
    stop setup.bundle "The bundle cannot be written there." "Name a file in a folder that can be written." "$file"
  ((with_packages)) && ! command -v apt-get >/dev/null &&
    stop setup.bundle "Without apt-get Debian's packages cannot be collected." "./textbook bundle --no-packages $file"
  for_tests=1   # ./textbook test works there, too
  look
  take_lock
  choose_pip
  for i in "${!pin_file[@]}"; do
    download_whole "$i" || download "$i"
  done
  write_bundle "$file"
  drop_lock
}
