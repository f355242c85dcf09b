#include "decode/field_names.h"

#include "decode/ascii.h"
#include "decode/field_name_table.h"

namespace mpsdscope {

FieldName recognise_field(std::string_view name) {
  using namespace field_name_table;  // NOLINT(google-build-using-namespace)
  if (name.empty()) return FieldName::other;
  const FieldName candidate = kOfSlot[slot_of(name)];
  const std::string_view spelling = kSpelling[static_cast<std::size_t>(candidate)];
  const bool same = name.size() == spelling.size() && same_but_for_case(name, spelling);
  return same ? candidate : FieldName::other;
}

}  // namespace mpsdscope
