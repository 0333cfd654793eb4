# Building with CMake and ninja. A build folder that is up to date costs one look at the files' times.

configure_command=(cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release "-DTEXTBOOK_CACHE=$cache")

jobs() { # one compiler for each core, as far as memory reaches: a file that includes libtorch takes 1.4 GB
  local key kilobytes rest by_memory=1 cores
  cores=$(nproc)
  while read -r key kilobytes rest; do
    [[ $key == MemAvailable: ]] && by_memory=$((kilobytes / 1500000))
  done </proc/meminfo
  ((by_memory < 1)) && by_memory=1
  printf '%d' "${TEXTBOOK_JOBS:-$((by_memory < cores ? by_memory : cores))}"
}

# Compilers keep their temporary files in the build folder and their results in the cache.
compile_environment() {
  export CCACHE_DIR="$cache/ccache" CCACHE_TEMPDIR="$cache/ccache/tmp" CCACHE_MAXSIZE=2G CCACHE_BASEDIR="$root" \
    CCACHE_NOHASHDIR=1 TMPDIR="$build/tmp"
  mkdir -p -- "$TMPDIR" "$CCACHE_TEMPDIR" ||
    stop setup.build "The build folder cannot be written." "Check its owner." "$build"
}

configured() { # whether the build folder was configured by these settings, at this place
  local settings=
  [[ -f $build/build.ninja && -r $build/.configured ]] && settings=$(<"$build/.configured")
  [[ $settings == "${configure_command[*]}" ]]
}

# Runs a function with the build folder locked and the compiler's environment set; ends the launcher where it fails.
in_build_folder() { # function argument...
  local code
  mkdir -p -- "$build" ||
    stop setup.build "The build folder cannot be made." "Check who owns the source folder." "$build"
  (
    exec 8>"$build/.lock"
    flock -n 8 2>/dev/null || { say "Another ./textbook is building; waiting for it."; flock 8; }
    compile_environment
    "$@" 8>&-
  )
  code=$?
  ((code == 0)) && return
  ((code == 130)) && exit 130
  space_for 0 "$build" ||
    stop setup.disk "The disk is full." "Free some space and run ./textbook again; what is built is kept." "$build"
  stop setup.build "The build failed; the lines above say where." \
    "If the sources are as they were released, see ./textbook doctor. What is built is kept." "$build"
}

configure() {
  configured || in_build_folder run_cmake
}
run_cmake() {
  say "Configuring the build"
  rm -rf -- "$build/CMakeCache.txt" "$build/CMakeFiles"
  "${configure_command[@]}" >"$build/configure.log" 2>&1 || { tail -n 30 "$build/configure.log" >&2; return 1; }
  printf '%s' "${configure_command[*]}" >"$build/.configured"
}

# Whether nothing is to be done for the targets. A dry run alone takes the lists of files that CMake globbed for changed,
# always; hence they are looked at beforehand, and the dry run reads build.ninja by a name that has no rule to renew it.
up_to_date() { # target...
  ninja -C "$build" build.ninja >/dev/null 2>&1   # fails where this folder cannot be written
  [[ $(ninja -C "$build" -f "$build/build.ninja" -n "$@" 2>/dev/null) == *"ninja: no work to do."* ]]
}

build_targets() { # target...: brings them up to date
  configure
  up_to_date "$@" || in_build_folder run_ninja "$@"
}

# ninja rewrites its own line on a terminal. Elsewhere: a line every five seconds, and whatever is no progress line.
run_ninja() { # target...
  say "Building"
  if [[ -t 2 ]]; then
    NINJA_STATUS='  [%f of %t, %e s] ' ninja -C "$build" -j "$(jobs)" "$@" >&2
    return
  fi
  local line shown=$((SECONDS - 5))
  NINJA_STATUS='  [%f of %t, %e s] ' ninja -C "$build" -j "$(jobs)" "$@" 2>&1 | while IFS= read -r line; do
    if [[ $line == '  ['* ]]; then
      ((SECONDS - shown >= 5)) || continue
      shown=$SECONDS
    fi
    [[ $line == "ninja: Entering directory"* ]] || say "$line"
  done
}

build_program() { build_targets textbook; }
