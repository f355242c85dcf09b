#include "tools/screen/record_store.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "decode/ascii.h"

namespace mpsdscope {
namespace {

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

}  // namespace

std::size_t size_of(const Record& record) {
  std::size_t bytes = sizeof(Record) + sizeof(std::uint64_t);
  for (const std::string* text :
       {&record.type,          &record.host,      &record.method,    &record.uri,
        &record.row,           &record.variant,   &record.target,    &record.scid,
        &record.template_name, &record.session,   &record.element,   &record.handle,
        &record.user_id,       &record.user_hash, &record.etag,      &record.correlation_id,
        &record.client,        &record.server,    &record.malformed, &record.event,
        &record.message}) {
    bytes += text_bytes(*text);
  }
  bytes += vector_bytes(record.defects) + vector_bytes(record.findings);
  bytes += vector_bytes(record.rates);
  for (const std::string& defect : record.defects) bytes += text_bytes(defect);
  for (const Finding& finding : record.findings) {
    bytes += text_bytes(finding.rule) + text_bytes(finding.message);
  }
  for (const RecordRates& rates : record.rates) bytes += text_bytes(rates.user);
  return bytes;
}

void RecordStore::add(Record record) {
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
