#include "tools/live_log.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "tools/diagnostics.h"
#include "tools/filtered_output.h"
#include "tools/jsonl_output.h"
#include "tools/live_file.h"
#include "tools/proxy_text.h"
#include "tools/text_sink.h"

namespace mpsdscope {
namespace {

constexpr auto kBetweenAttempts = std::chrono::seconds(1);

std::string header_record(const std::vector<std::string>& inputs) {
  std::string header;
  TextSink sink(
      [&header](std::string_view text) {
        header = text;
        return 0;
      },
      true);
  make_jsonl_output(sink, inputs)->begin();
  return header;
}

// "logs/play.jsonl", 2: "logs/play.2.jsonl"
std::string numbered(const std::string& path, unsigned number) {
  const std::size_t slash = path.rfind('/');
  const std::size_t name = slash == path.npos ? 0 : slash + 1;
  const std::size_t dot = path.rfind('.');
  const std::size_t at = dot == path.npos || dot <= name ? path.size() : dot;
  return path.substr(0, at) + "." + std::to_string(number) + path.substr(at);
}

// 0 or errno. Never replaces a file.
int rename_to_new(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // A file system that cannot do that in one step.
  if (access(to.c_str(), F_OK) == 0) return EEXIST;
  return std::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

class LiveLog final : public LiveOutput {
 public:
  LiveLog(LogFileOptions options, const std::vector<std::string>& inputs, LiveFile file,
          CaptureTime now)
      : options_(std::move(options)),
        header_(header_record(inputs)),
        file_(std::move(file)),
        now_(now),
        period_(period_of(now)),
        sink_([this](std::string_view text) { return write(text); }, false),
        records_(make_filtered_output(make_jsonl_output(sink_, inputs, options_.bodies),
                                      options_.filter)) {
    file_.write_first(header_);
  }

  void begin() override {}
  void call(const Call& call) override { records_->call(call); }
  void conduct(const Conduct& conduct) override { records_->conduct(conduct); }
  void rates(CaptureTime at, const std::vector<TitleRates>& rates) override {
    records_->rates(at, rates);
  }
  void notification(const Notification& notification) override {
    records_->notification(notification);
  }
  void session(const Story& story) override { records_->session(story); }
  void end(const RunSummary& summary) override {
    records_->end(summary);
    file_.close();
  }
  bool ok(std::string& /*why*/) const override { return true; }

  void flush(CaptureTime now) override {
    now_ = std::max(now_, now);
    sink_.flush();
  }

  void event(const ProxyEvent& event, CaptureTime now) override {
    append_event_record(sink_.text(), now, event);
    sink_.commit();
    flush(now);
  }

  void reopen(CaptureTime now) override {
    flush(now);
    if (options_.path == "-") return;
    reopen_again();
  }

  std::uint64_t lost() const override { return file_.lost() + lost_before_; }

 private:
  std::int64_t period_of(CaptureTime time) const {
    return options_.rotate_time > Duration::zero() ? time.time_since_epoch() / options_.rotate_time
                                                   : 0;
  }

  // Splits a batch where a file is full.
  int write(std::string_view text) {
    if (reopening_ && now_ >= next_attempt_) {
      reopen_again();
    }
    while (!text.empty()) {
      if (file_.regular() && is_due(line_length(text)) && now_ >= next_attempt_) rotate();
      std::size_t size = line_length(text);
      std::uint64_t lines = 1;
      while (size < text.size() && !is_full(size + line_length(text.substr(size)))) {
        size += line_length(text.substr(size));
        ++lines;
      }
      file_.write(text.substr(0, size), lines);
      text.remove_prefix(size);
    }
    return 0;
  }

  void reopen_again() {
    reopening_ = !begin_file(log_file_name(options_.path, now_));
    next_attempt_ = reopening_ ? now_ + kBetweenAttempts : now_;
    if (!reopening_) period_ = period_of(now_);
  }

  static std::size_t line_length(std::string_view text) {
    return std::min(text.find('\n'), text.size() - 1) + 1;
  }

  bool is_due(std::size_t more) const {
    return period_of(now_) != period_ || (file_.size() > header_.size() && is_full(more));
  }

  bool is_full(std::size_t more) const {
    return file_.regular() && options_.rotate_size > 0 &&
           file_.size() + more > options_.rotate_size;
  }

  void rotate() {
    next_attempt_ = now_ + kBetweenAttempts;
    const std::string name = log_file_name(options_.path, now_);
    if (name == file_.path()) {
      if (file_.size() <= header_.size()) {  // nothing in it yet
        period_ = period_of(now_);
        next_attempt_ = now_;
        return;
      }
      if (!put_aside()) return;
    }
    if (!begin_file(name)) return;
    period_ = period_of(now_);
    next_attempt_ = now_;
  }

  bool put_aside() {
    int error = EEXIST;
    std::string name;
    while (error == EEXIST) {
      name = numbered(file_.path(), ++last_number_);
      error = rename_to_new(file_.path(), name);
    }
    if (error == 0 || error == ENOENT) return true;  // somebody else moved it
    report_error("cannot rename the log " + file_.path() + " to " + name + ": " +
                 std::generic_category().message(error) + "; it goes on in the same file");
    return false;
  }

  bool begin_file(const std::string& name) {
    if (file_.is_at(name)) return true;
    auto opened = LiveFile::open(name, LiveFile::Existing::append, "the log");
    if (!opened) {
      report_error(opened.error().message +
                   "; the log goes on in the file that was open, and this is tried again");
      return false;
    }
    lost_before_ += file_.lost();
    file_.close();
    file_ = std::move(*opened);
    file_.write_first(header_);
    return true;
  }

  LogFileOptions options_;
  std::string header_;
  LiveFile file_;
  CaptureTime now_;
  CaptureTime next_attempt_{};
  std::int64_t period_;
  bool reopening_ = false;  // asked for, and failed until now
  unsigned last_number_ = 0;
  std::uint64_t lost_before_ = 0;  // in earlier files
  TextSink sink_;
  std::unique_ptr<Output> records_;
};

}  // namespace

std::string log_file_name(const std::string& pattern, CaptureTime time) {
  if (pattern.find('%') == pattern.npos) return pattern;
  const std::time_t seconds =
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 4096> name{};
  const std::size_t length = std::strftime(name.data(), name.size(), pattern.c_str(), &parts);
  return length > 0 ? std::string(name.data(), length) : pattern;
}

Result<std::unique_ptr<LiveOutput>> open_live_log(LogFileOptions options,
                                                  const std::vector<std::string>& inputs,
                                                  CaptureTime now) {
  auto file =
      LiveFile::open(log_file_name(options.path, now), LiveFile::Existing::append, "the log");
  if (!file) return file.error();
  return std::unique_ptr<LiveOutput>(
      std::make_unique<LiveLog>(std::move(options), inputs, std::move(*file), now));
}

}  // namespace mpsdscope
