# Warnings for our own code, the compiler cache.
find_program(TEXTBOOK_CCACHE ccache)
if(TEXTBOOK_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${TEXTBOOK_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${TEXTBOOK_CCACHE})
endif()

# textbook_library(name [SHARED|STATIC|OBJECT] sources...): one of our own libraries, with our warnings.
function(textbook_library name)
  add_library(${name} ${ARGN})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wshadow -Wno-missing-field-initializers
    -Wno-restrict)   # g++ 12 reports std::string's own operator+ (GCC bug 105651)
endfunction()
