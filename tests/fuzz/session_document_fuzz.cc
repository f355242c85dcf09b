// Reading any bytes as a document: no crash, the same facts in place and from a copy, and facts
// that agree with each other.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "decode/session_document.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mpsdscope::DocumentFacts;
  using mpsdscope::DocumentShape;
  const std::unique_ptr<char[]> exact(new char[size]);
  if (size > 0) std::memcpy(exact.get(), data, size);
  const std::string_view body(exact.get(), size);
  const DocumentFacts facts = *mpsdscope::read_document(body, 107);

  std::string roomy(body);
  roomy.reserve(size + 64);
  const DocumentFacts again = *mpsdscope::read_document(roomy, 0, roomy.capacity());
  require(facts.shape == again.shape && facts.problem == again.problem);
  require(facts.title_id == again.title_id && facts.xuid == again.xuid);
  require(facts.results.size() == again.results.size() && facts.results.size() <= 256);

  require((facts.shape == DocumentShape::none) == body.empty());
  require(facts.problem.empty() ==
          (facts.shape == DocumentShape::none || facts.shape == DocumentShape::session));
  require(facts.missing_fields.empty() || facts.shape == DocumentShape::session);
  require(again.missing_fields.empty());
  if (facts.shape == DocumentShape::session) require(facts.json_object);

  // Whitespace around a document changes nothing, something behind it makes it damaged.
  if (facts.shape != DocumentShape::none && facts.shape != DocumentShape::not_json) {
    require(mpsdscope::read_document(roomy + " \n", 107)->shape == facts.shape);
    require(mpsdscope::read_document(roomy + "]", 107)->shape == DocumentShape::not_json);
  }
  return 0;
}
