# Dear ImGui, GLFW, MicroTeX and (for tests) the ImGui test engine, all from the bundle's sources.
find_package(OpenGL REQUIRED)
find_package(Freetype REQUIRED)

foreach(option GLFW_BUILD_DOCS GLFW_BUILD_EXAMPLES GLFW_BUILD_TESTS GLFW_INSTALL)
  set(${option} OFF CACHE BOOL "" FORCE)
endforeach()
set(GLFW_BUILD_X11 ON CACHE BOOL "" FORCE)
set(GLFW_BUILD_WAYLAND ON CACHE BOOL "" FORCE)
set(GLFW_LIBRARY_TYPE STATIC CACHE STRING "" FORCE)
add_subdirectory("${IMGUI_BUNDLE}/glfw/glfw" glfw EXCLUDE_FROM_ALL)

# One ImGui for program and tests: the test engine's hooks are compiled in, and the program carries four empty ones.
set(IMGUI "${IMGUI_BUNDLE}/imgui/imgui")
add_library(imgui STATIC
  "${IMGUI}/imgui.cpp" "${IMGUI}/imgui_draw.cpp" "${IMGUI}/imgui_tables.cpp" "${IMGUI}/imgui_widgets.cpp"
  "${IMGUI}/imgui_stacklayout.cpp"   # the bundle's ImGui is patched and needs it
  "${IMGUI}/misc/cpp/imgui_stdlib.cpp" "${IMGUI}/misc/freetype/imgui_freetype.cpp")
target_include_directories(imgui SYSTEM PUBLIC "${IMGUI}" "${IMGUI}/backends" "${IMGUI}/misc/cpp" "${IMGUI}/misc/freetype")
target_compile_definitions(imgui PUBLIC IMGUI_USE_WCHAR32 IMGUI_DISABLE_OBSOLETE_FUNCTIONS IMGUI_ENABLE_FREETYPE
  IMGUI_ENABLE_TEST_ENGINE IMGUI_TEST_ENGINE_ENABLE_COROUTINE_STDTHREAD_IMPL=1
  IMGUI_TEST_ENGINE_ENABLE_STD_FUNCTION=1 IMGUI_TEST_ENGINE_ENABLE_CAPTURE=1)
target_link_libraries(imgui PUBLIC Freetype::Freetype)

add_library(imgui_glfw STATIC "${IMGUI}/backends/imgui_impl_glfw.cpp" "${IMGUI}/backends/imgui_impl_opengl3.cpp")
target_link_libraries(imgui_glfw PUBLIC imgui glfw OpenGL::GL ${CMAKE_DL_LIBS})
add_library(imgui_null STATIC EXCLUDE_FROM_ALL "${IMGUI}/backends/imgui_impl_null.cpp")
target_link_libraries(imgui_null PUBLIC imgui)

# MicroTeX typesets formulas. It drops normal variables on the first configure, hence the cache entries.
set(MICROTEX_GLYPH_RENDER_TYPE 2 CACHE STRING "" FORCE)
set(GRAPHICS_DEBUG OFF CACHE BOOL "" FORCE)
set(HAVE_LOG OFF CACHE BOOL "" FORCE)
set(MICROTEX_BUILD_STATIC ON CACHE BOOL "" FORCE)
set(MICROTEX_HAVE_AUTO_FONT_FIND OFF CACHE BOOL "" FORCE)   # the two font files are given
set(MICROTEX "${IMGUI_BUNDLE}/imgui_microtex/MicroTeX")
add_subdirectory("${MICROTEX}" microtex EXCLUDE_FROM_ALL)
# It constructs std::locale("en_US.UTF-8"), which throws where that locale is not generated, and then every formula
# fails. __WIN32__ on this one file selects std::locale("C").
set_source_files_properties("${MICROTEX}/lib/utils/utils.cpp" TARGET_DIRECTORY microtex
  PROPERTIES COMPILE_DEFINITIONS __WIN32__)

# Of rich_md: the font of formulas, and stb_image beside it.
set(RICH_MD "${IMGUI_BUNDLE}/imgui_rich_md/imgui_rich_md")
set(LATEX_FONTS "${RICH_MD}/assets/fonts/latex")   # latinmodern-math.clm1, latinmodern-math.otf

# The editor of the exercises, with its view of differences.
set(TEXT_EDITOR "${IMGUI_BUNDLE}/ImGuiColorTextEdit/ImGuiColorTextEdit")
add_library(text_editor STATIC "${TEXT_EDITOR}/TextEditor.cpp" "${TEXT_EDITOR}/TextDiff.cpp")
target_include_directories(text_editor SYSTEM PUBLIC "${TEXT_EDITOR}")
target_link_libraries(text_editor PUBLIC imgui)

# Test builds only: its licence is free for education and open source, but is not an OSI one.
set(TEST_ENGINE "${IMGUI_BUNDLE}/imgui_test_engine/imgui_test_engine")
file(GLOB test_engine_sources "${TEST_ENGINE}/imgui_test_engine/*.cpp")
list(FILTER test_engine_sources EXCLUDE REGEX "python_gil")
add_library(imgui_test_engine STATIC EXCLUDE_FROM_ALL ${test_engine_sources})
target_include_directories(imgui_test_engine SYSTEM PUBLIC "${TEST_ENGINE}" "${TEST_ENGINE}/imgui_test_engine")
target_link_libraries(imgui_test_engine PUBLIC imgui Threads::Threads)
