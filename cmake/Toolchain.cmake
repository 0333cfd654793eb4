# Warnings for our own code, the compiler cache, the fast linker.
find_program(TEXTBOOK_CCACHE ccache)
if(TEXTBOOK_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${TEXTBOOK_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${TEXTBOOK_CCACHE})
endif()
find_program(TEXTBOOK_MOLD mold)
if(TEXTBOOK_MOLD)
  # mold 1.10 begins the region that is made read-only after relocation at a thread-local section that is smaller than a
  # page, and by the luck of the layout the page before it may be none of ours: then the program does not start
  # ("cannot apply additional memory protection"). No such region, no such luck.
  add_link_options(-fuse-ld=mold -Wl,-z,norelro)
endif()

# textbook_library(name [SHARED|STATIC|OBJECT] sources...): one of our own libraries, with our warnings.
function(textbook_library name)
  add_library(${name} ${ARGN})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wshadow -Wno-missing-field-initializers
    -Wno-restrict)   # g++ 12 reports std::string's own operator+ (GCC bug 105651)
endfunction()
