// Sessions and their change notifications in the log.
#pragma once

#include "tools/json_writer.h"
#include "tools/output.h"

namespace mpsdscope {

// The fields of a session record.
void write_session(JsonWriter& json, const Story& story);

// The fields of a notification record.
void write_notification(JsonWriter& json, const Notification& notification);

// "notifications" of the summary, if there were any.
void write_notification_counts(JsonWriter& json, const RtaCounts& counts);
// "sessions" of the summary.
void write_session_counts(JsonWriter& json, const SessionCounts& counts);

}  // namespace mpsdscope
