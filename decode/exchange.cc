#include "decode/exchange.h"

#include <algorithm>

#include "decode/recycle.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kOrdinaryLines = 256;  // of a head

constexpr std::array<std::string_view, static_cast<std::size_t>(Defect::count_)> kDefectNames{
    "request-missing",
    "response-missing",
    "response-unseen",
    "request-gap",
    "response-gap",
    "request-truncated",
    "response-truncated",
    "request-malformed",
    "response-malformed",
    "request-body-cut",
    "response-body-cut",
    "request-body-undecoded",
    "response-body-undecoded",
    "stream-reset",
    "pushed",
    "request-refused",
    "request-body-over-limit",
    "response-body-over-limit",
    "request-ambiguous",
    "response-ambiguous"};

}  // namespace

std::string_view name_of(Defect defect) {
  return kDefectNames[static_cast<std::size_t>(defect)];
}

void FieldLines::clear() {
  if (text_.size() > kOrdinaryText) std::string().swap(text_);  // the room stays, for the next head
  size_ = 0;
  if (lines_.capacity() > kOrdinaryLines) std::vector<Span>().swap(lines_);
  lines_.clear();
}

void FieldLines::grow(std::size_t most) {
  constexpr std::size_t kLeast = 1'024;
  text_.resize(std::max({kLeast, size_ + most, 2 * size_}));
}

void FieldLines::reserve(std::size_t lines, std::size_t bytes) {
  lines_.reserve(lines);
  if (text_.size() < bytes) text_.resize(bytes);
}

void FieldLines::add(std::string_view name, std::string_view value) {
  begin_line();
  append_name(name);
  append_value(value);
}

std::optional<std::string_view> FieldLines::find(std::string_view name) const {
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (lines_[i].name_length != name.size()) continue;
    const Line line = (*this)[i];
    if (equals_ignoring_case(line.name, name)) return line.value;
  }
  return std::nullopt;
}

void Exchange::clear() {
  for (std::string* text : {&request.method, &request.target, &request.scheme, &request.authority,
                            &request.body, &response.reason, &response.body, &malformed}) {
    recycle(*text);
  }
  request.fields.clear();
  response.fields.clear();
  response.trailers.clear();
  request.present = response.present = response.head_cut = false;
  request.authority_guessed = false;
  request.version = response.version = HttpVersion::unknown;
  request.body_length = response.body_length = 0;
  request.begin = request.end = response.begin = response.end = decided = {};
  response.status = 0;
  kind = Kind::http;
  stream = 0;
  index = 0;
  tls = false;
  defects.clear();
}

CaptureTime Exchange::completed() const {
  if (response.present) return response.end;
  return request.present ? request.end : decided;
}

}  // namespace mpsdscope
