# Finds llhttp and defines the target Llhttp::llhttp.
#
# Newer distributions ship a library (libllhttp-dev). Debian 12 ships the C sources of the same
# parser in node-llhttp; they are then compiled into a static library of this build.
find_path(Llhttp_INCLUDE_DIR llhttp.h HINTS /usr/share/include/llhttp /usr/include)
find_library(Llhttp_LIBRARY llhttp)
find_path(Llhttp_SOURCE_DIR llhttp.c HINTS /usr/share/llhttp)

include(FindPackageHandleStandardArgs)
if(Llhttp_LIBRARY)
  find_package_handle_standard_args(Llhttp REQUIRED_VARS Llhttp_INCLUDE_DIR Llhttp_LIBRARY)
else()
  find_package_handle_standard_args(Llhttp REQUIRED_VARS Llhttp_INCLUDE_DIR Llhttp_SOURCE_DIR
    REASON_FAILURE_MESSAGE "install node-llhttp (Debian 12) or libllhttp-dev")
endif()

if(Llhttp_FOUND AND NOT TARGET Llhttp::llhttp)
  if(Llhttp_LIBRARY)
    add_library(Llhttp::llhttp UNKNOWN IMPORTED)
    set_target_properties(Llhttp::llhttp PROPERTIES IMPORTED_LOCATION "${Llhttp_LIBRARY}")
    target_include_directories(Llhttp::llhttp INTERFACE "${Llhttp_INCLUDE_DIR}")
  else()
    enable_language(C)
    add_library(llhttp_sources STATIC "${Llhttp_SOURCE_DIR}/api.c" "${Llhttp_SOURCE_DIR}/http.c"
      "${Llhttp_SOURCE_DIR}/llhttp.c")
    target_include_directories(llhttp_sources SYSTEM PUBLIC "${Llhttp_INCLUDE_DIR}")
    target_compile_options(llhttp_sources PRIVATE -w)
    # As newer releases do by default: refuse bare CR, space before a colon and their like, which
    # two parsers may read differently.
    target_compile_definitions(llhttp_sources PUBLIC LLHTTP_STRICT_MODE=1)
    add_library(Llhttp::llhttp ALIAS llhttp_sources)
  endif()
endif()
mark_as_advanced(Llhttp_INCLUDE_DIR Llhttp_LIBRARY Llhttp_SOURCE_DIR)
