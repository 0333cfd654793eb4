# Writes the checksum of `sources` into the header `out`.
set(all "")
foreach(source IN LISTS sources)
  file(SHA256 "${source}" sum)
  string(APPEND all "${sum}")
endforeach()
string(SHA256 total "${all}")
file(WRITE "${out}" "#define TEXTBOOK_GRADER \"${total}\"\n")
