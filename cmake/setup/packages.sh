# Debian's packages: which are missing, and how to install them. The names hold for Debian 12 and Ubuntu 24.04.

debian_packages=(
  g++ cmake ninja-build ccache pkg-config           # compiler and build
  python3 python3-pip unzip                         # fetching and unpacking
  catch2 libcli11-dev libexpected-dev libfmt-dev nlohmann-json3-dev libtomlplusplus-dev libsqlite3-dev
  libutf8proc-dev libstemmer-dev libpcre2-dev nettle-dev libfreetype-dev librsvg2-dev libboost-dev
  bubblewrap libseccomp-dev libarchive-dev          # confining what learners write, and reading it from archives
  libhunspell-dev hunspell-en-gb hunspell-ru        # the spelling of the chapters, which the tests read
  libx11-dev libxrandr-dev libxinerama-dev libxcursor-dev libxi-dev   # the window, on X11
  libwayland-dev libxkbcommon-dev wayland-protocols                   # and on Wayland
  libdecor-0-0 libdecor-0-plugin-1-cairo                              # title bars where Wayland leaves them to programs
  libgl-dev libegl-dev libegl1 libgl1-mesa-dri libegl-mesa0           # drawing, also without a display
  fonts-paratype fonts-jetbrains-mono fonts-dejavu-core fonts-noto-core fonts-noto-color-emoji fonts-droid-fallback
)

missing_packages() { # one a line; nothing where there is no dpkg: other systems have to bring them by themselves
  local package status
  command -v dpkg-query >/dev/null || return 0
  local -A installed=()
  while read -r status package; do
    [[ $status == ii* || $status == hi* ]] && installed[$package]=1
  done < <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "${debian_packages[@]}" 2>/dev/null)
  for package in "${debian_packages[@]}"; do
    [[ -n ${installed[$package]-} ]] || printf '%s\n' "$package"
  done
}

# The commands as a person would type them. sudo drops the proxy of the environment, hence it is named again.
as_root=()
choose_as_root() {
  local name
  as_root=()
  ((EUID == 0)) && return
  as_root=(sudo)
  for name in http_proxy https_proxy ftp_proxy no_proxy; do
    [[ -n ${!name-} ]] && as_root+=("$name=${!name}")
  done
}
apt_update=(apt-get -q update)
apt_install=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 install
  --no-install-recommends)

ensure_debian_packages() {
  local -a missing=("${absent_packages[@]}")
  ((${#missing[@]})) || return 0
  choose_as_root
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      stop setup.sudo "Debian packages are missing, and there is neither root nor sudo to install them." \
        "Ask whoever runs this machine for: apt-get install --no-install-recommends ${missing[*]}"
    if [[ ! -t 0 ]] && ! sudo -n true 2>/dev/null; then
      stop setup.sudo "Debian packages are missing, and sudo asks for a password where nobody can type one." \
        "Run in a terminal: sudo apt-get install --no-install-recommends ${missing[*]}"
    fi
  fi
  if [[ -r $offline/packages/Packages ]]; then use_offline_packages; fi
  say "Installing ${#missing[@]} Debian packages."
  run_apt update "${as_root[@]}" "${apt_update[@]}"
  run_apt install "${as_root[@]}" "${apt_install[@]}" "${missing[@]}"
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]} == 0)) ||
    stop setup.packages "apt-get finished, but these packages are still missing: ${missing[*]}" "Install them by hand."
}

# apt reads the bundle's folder as its only source. The packages were verified when the bundle was made.
use_offline_packages() {
  local list="$cache/tmp/offline.list" uri
  uri=$(python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(sys.argv[1]))' "$offline/packages" 2>/dev/null ||
    printf '%s' "${offline// /%20}/packages")
  printf 'deb [trusted=yes] file:%s ./\n' "$uri" >"$list"
  local only=(-o "Dir::Etc::SourceList=$list" -o Dir::Etc::SourceParts=/dev/null -o APT::Get::List-Cleanup=0
    -o APT::Sandbox::User=root)
  apt_update+=("${only[@]}")
  apt_install+=("${only[@]}")
}

# run_apt step command...: shows apt's own lines, and says what a failure means.
run_apt() {
  local step=$1 log="$cache/tmp/apt.log"
  shift
  # Standard input stays: sudo may ask for the password on it. Without a terminal apt must not wait for an answer.
  if [[ -t 0 ]]; then "$@" 2>&1 | tee "$log" >&2; else "$@" 2>&1 </dev/null | tee "$log" >&2; fi
  local code=${PIPESTATUS[0]}
  if ((code == 0)) && ! { [[ $step == update ]] && grep -q '^\(W\|E\): Failed to fetch' "$log"; }; then return 0; fi
  # An update that could not reach every source may still leave what is needed; the installation decides.
  if [[ $step == update ]]; then
    say "apt-get update did not reach every package source; trying with what is known."
    return 0
  fi
  if grep -qi 'no space left\|enough free space' "$log"; then
    stop setup.disk "The disk is full." "Free some space (see the lines above) and run ./textbook again." "/"
  elif grep -qi 'could not resolve\|temporary failure\|failed to fetch\|unable to connect\|unable to locate' \
    "$log"; then
    stop setup.network "apt-get could not reach its package sources." \
      "Check the network and apt's proxy (Acquire::http::Proxy in /etc/apt/apt.conf.d, or http_proxy), then run \
./textbook again."
  fi
  stop setup.packages "apt-get failed (exit code $code)." "See its own lines above; then run ./textbook again."
}
