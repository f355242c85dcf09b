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
    "response-ambiguous",
    "request-head-over-limit",
    "response-head-over-limit"};

}  // namespace

std::string_view name_of(Defect defect) {
  return kDefectNames[static_cast<std::size_t>(defect)];
}

void FieldLines::clear() {
  if (text_.size() > kOrdinaryText) std::string().swap(text_);  // the room stays, for the next head
  used_ = size_ = 0;
  held_ = 0;
  if (lines_.capacity() > kOrdinaryLines) std::vector<Span>().swap(lines_);
  lines_.clear();
}

void FieldLines::reserve(std::size_t lines, std::size_t bytes) {
  lines_.reserve(lines);
  if (text_.size() < bytes) text_.resize(bytes);
}

char* FieldLines::room_for(std::size_t size) {
  constexpr std::size_t kLeast = 1'024;
  const std::size_t wanted = used_ + size;
  if (text_.size() < wanted) text_.resize(std::max({kLeast, wanted, 2 * used_}));
  char* const room = text_.data() + used_;
  used_ = wanted;
  return room;
}

void FieldLines::add(std::string_view name, std::string_view value) {
  const auto begin = static_cast<std::uint32_t>(used_);
  char* const to = room_for(name.size() + value.size());
  std::copy(value.begin(), value.end(), std::copy(name.begin(), name.end(), to));
  const FieldName field = recognise_field(name);
  const auto name_length = static_cast<std::uint32_t>(name.size());
  note(field, lines_.size());
  lines_.push_back(
      {begin, name_length, begin + name_length, static_cast<std::uint32_t>(value.size()), field});
  size_ += name.size() + value.size();
}

void FieldLines::assign(std::string_view text, std::span<const Span> lines, std::size_t size) {
  clear();
  std::copy(text.begin(), text.end(), room_for(text.size()));
  lines_.assign(lines.begin(), lines.end());
  for (std::size_t i = 0; i < lines.size(); ++i) note(lines[i].field, i);
  size_ = size;
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
