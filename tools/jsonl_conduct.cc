#include "tools/jsonl_conduct.h"

#include "tools/call_text.h"
#include "tools/jsonl_fields.h"
#include "tools/redact.h"

namespace mpsdscope {

void write_conduct(JsonWriter& json, const Conduct& conduct) {
  write_time(json, "ts", conduct.next ? conduct.next->ts : conduct.answer.ts);
  json.word("end", name_of(conduct.end));
  if (conduct.corrects) json.word("corrects", name_of(*conduct.corrects));
  write_title(json, conduct.title_id);
  if (!conduct.user.empty()) json.text("user", redacted_user(conduct.user));
  json.number("status", conduct.status);
  json.number("retry_after_s", conduct.retry_after_s);
  json.text("method", redacted_name(conduct.method));
  json.word("target", name_of(conduct.target));
  write_ref(json, "answer", conduct.answer);
  if (!conduct.next) return;
  write_ref(json, "request", *conduct.next);
  write_thousandths(json, "after_ms", conduct.after / std::chrono::microseconds(1));
  json.boolean("same_kind", conduct.same_kind);
  if (conduct.automatic) json.boolean("automatic", *conduct.automatic);
}

}  // namespace mpsdscope
