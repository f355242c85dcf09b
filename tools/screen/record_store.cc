#include "tools/screen/record_store.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "decode/ascii.h"

namespace mpsdscope {
namespace {

struct LongestText {
  std::string Record::*text;
  std::size_t bytes;
};
constexpr std::size_t kName = 2'048;
constexpr std::size_t kSentence = 8'192;
constexpr std::size_t kMostListed = 64;  // findings, defects, rates

constexpr auto kTexts = std::to_array<LongestText>({
    {&Record::type, kName},
    {&Record::host, kName},
    {&Record::method, kName},
    {&Record::uri, kSentence},
    {&Record::row, kName},
    {&Record::variant, kName},
    {&Record::target, kName},
    {&Record::scid, kName},
    {&Record::template_name, kName},
    {&Record::session, kName},
    {&Record::element, kName},
    {&Record::handle, kName},
    {&Record::title_name, kName},
    {&Record::user_id, kName},
    {&Record::user_hash, kName},
    {&Record::etag, kName},
    {&Record::correlation_id, kName},
    {&Record::client, kName},
    {&Record::server, kName},
    {&Record::malformed, kSentence},
    {&Record::event, kName},
    {&Record::message, kSentence},
});

void cut(std::string& text, std::size_t most) {
  if (text.size() <= most) return;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  text.resize(most);
  text += "…";
  text.shrink_to_fit();
}

template <class Value>
void cut(std::vector<Value>& values) {
  if (values.size() <= kMostListed) return;
  values.resize(kMostListed);
  values.shrink_to_fit();
}

void shorten(MessageText& message) {
  constexpr std::size_t kBody = std::size_t{256} << 10;
  cut(message.headers);
  for (auto& [name, value] : message.headers) {
    cut(name, kName);
    cut(value, kSentence);
  }
  cut(message.body, kBody);
}

std::size_t text_bytes(const std::string& text) {
  constexpr std::size_t kInside = 15;  // characters that need no allocation
  return text.capacity() > kInside ? text.capacity() + 1 : 0;
}

template <class Value>
std::size_t vector_bytes(const std::vector<Value>& values) {
  return values.capacity() * sizeof(Value);
}

// Names are compared without case, as the service does. By handle nothing says which session it is.
std::uint64_t session_key_of(const Record& record) {
  if (record.session.empty()) return 0;
  const std::string name =
      lower_case(record.scid + '/' + record.template_name + '/') + lower_case(record.session);
  return std::max<std::uint64_t>(1, std::hash<std::string>()(name));
}

std::size_t message_bytes(const MessageText& message) {
  std::size_t bytes = vector_bytes(message.headers) + text_bytes(message.body);
  for (const auto& [name, value] : message.headers) bytes += text_bytes(name) + text_bytes(value);
  return bytes;
}

}  // namespace

std::size_t size_of(const Record& record) {
  std::size_t bytes = sizeof(Record) + sizeof(std::uint64_t);
  for (const LongestText& text : kTexts) bytes += text_bytes(record.*text.text);
  bytes += vector_bytes(record.defects) + vector_bytes(record.findings);
  bytes += vector_bytes(record.rates);
  bytes += message_bytes(record.request) + message_bytes(record.response);
  for (const std::string& defect : record.defects) bytes += text_bytes(defect);
  for (const Finding& finding : record.findings) {
    bytes += text_bytes(finding.rule) + text_bytes(finding.message) + text_bytes(finding.advice);
    bytes += vector_bytes(finding.exchanges);
  }
  for (const RecordRates& rates : record.rates) bytes += text_bytes(rates.user);
  return bytes;
}

void shorten(Record& record) {
  for (const LongestText& text : kTexts) cut(record.*text.text, text.bytes);
  if (record.limit) cut(record.limit->type, kName);
  cut(record.defects);
  cut(record.findings);
  cut(record.rates);
  for (std::string& defect : record.defects) cut(defect, kName);
  for (Finding& finding : record.findings) {
    cut(finding.rule, kName);
    cut(finding.message, kSentence);
    cut(finding.advice, kSentence);
    cut(finding.exchanges);
  }
  for (RecordRates& rates : record.rates) {
    cut(rates.user, kName);
    rates.limits.clear();  // the screen has none of them
  }
  shorten(record.request);
  shorten(record.response);
}

void RecordStore::add(Record record) {
  shorten(record);
  bytes_ += size_of(record);
  sessions_.push_back(session_key_of(record));
  records_.push_back(std::move(record));
  while (records_.size() > 1 && (records_.size() > bounds_.records || bytes_ > bounds_.bytes)) {
    bytes_ -= size_of(records_.front());
    records_.pop_front();
    sessions_.pop_front();
    ++begin_;
  }
}

}  // namespace mpsdscope
