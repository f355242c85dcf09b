# cmake -DPROGRAM=… -DVERSION=… -DPAGE=….in -DOUT=…gz -P manual.cmake: fills a manual page in from the
# program's own tables.
file(READ "${PAGE}" text)
string(REGEX MATCHALL "\n@[a-z]+@\n" parts "${text}")
foreach(part ${parts})
  string(REGEX REPLACE "[\n@]" "" part "${part}")
  execute_process(COMMAND "${PROGRAM}" __manual "${part}" OUTPUT_VARIABLE ${part}
    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  if("${${part}}" STREQUAL "")
    message(FATAL_ERROR "${PAGE}: the program knows nothing about @${part}@")
  endif()
endforeach()
configure_file("${PAGE}" "${OUT}" @ONLY)
execute_process(COMMAND gzip -9nf "${OUT}" COMMAND_ERROR_IS_FATAL ANY)
