# Where the pinned packages were unpacked (cmake/pins.tsv, fetched by the launcher), and Debian's libraries.
if(NOT DEFINED TEXTBOOK_CACHE)
  if(DEFINED ENV{TEXTBOOK_CACHE} AND NOT "$ENV{TEXTBOOK_CACHE}" STREQUAL "")
    set(TEXTBOOK_CACHE "$ENV{TEXTBOOK_CACHE}")
  elseif(DEFINED ENV{XDG_CACHE_HOME} AND NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
    set(TEXTBOOK_CACHE "$ENV{XDG_CACHE_HOME}/textbook")
  else()
    set(TEXTBOOK_CACHE "$ENV{HOME}/.cache/textbook")
  endif()
endif()
set(TEXTBOOK_CACHE "${TEXTBOOK_CACHE}" CACHE PATH "downloads and unpacked packages")
set(TEXTBOOK_DEPS "${TEXTBOOK_CACHE}/deps")
set(IMGUI_BUNDLE "${TEXTBOOK_DEPS}/imgui_bundle-1.93.0/external")

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(tl-expected REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(Boost REQUIRED)   # headers only: the distributions of Boost.Math
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
pkg_check_modules(NETTLE REQUIRED IMPORTED_TARGET nettle)   # SHA-256
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
find_path(STEMMER_INCLUDE libstemmer.h REQUIRED)       # Snowball: word forms; it has no pkg-config file
find_library(STEMMER_LIBRARY stemmer REQUIRED)
pkg_check_modules(FREETYPE REQUIRED IMPORTED_TARGET freetype2)
pkg_check_modules(LIBARCHIVE REQUIRED IMPORTED_TARGET libarchive)
pkg_check_modules(RSVG REQUIRED IMPORTED_TARGET librsvg-2.0)

# libtorch from the wheel, without its CMake package: that one demands a CUDA toolkit, and we need two libraries.
# libtorch_cuda.so is never linked; it is opened at run time where an NVIDIA driver is present.
set(TEXTBOOK_TORCH "${TEXTBOOK_DEPS}/site/torch")
if(NOT EXISTS "${TEXTBOOK_TORCH}/lib/libtorch_cpu.so")
  message(FATAL_ERROR "libtorch is not in ${TEXTBOOK_TORCH}: run ./textbook, which fetches it.")
endif()
add_library(torch_cpu SHARED IMPORTED)
set_target_properties(torch_cpu PROPERTIES IMPORTED_LOCATION "${TEXTBOOK_TORCH}/lib/libtorch_cpu.so")
add_library(c10 SHARED IMPORTED)
set_target_properties(c10 PROPERTIES IMPORTED_LOCATION "${TEXTBOOK_TORCH}/lib/libc10.so")
add_library(torch INTERFACE)
target_include_directories(torch SYSTEM INTERFACE
  "${TEXTBOOK_TORCH}/include" "${TEXTBOOK_TORCH}/include/torch/csrc/api/include")
target_link_libraries(torch INTERFACE torch_cpu c10)
target_link_options(torch INTERFACE "-Wl,-rpath-link,${TEXTBOOK_DEPS}/site/nvidia/cu13/lib")

# md4c ships inside the bundle; Debian's 0.4.8 has quadratic cases.
set(MD4C "${IMGUI_BUNDLE}/imgui_rich_md/imgui_rich_md/external/md4c/src")
add_library(md4c STATIC "${MD4C}/md4c.c")
target_include_directories(md4c SYSTEM PUBLIC "${MD4C}")
