// One aligned line per exchange, with what was found about it indented beneath; a line for whatever
// else a log tells.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tools/paint.h"
#include "tools/record.h"

namespace mpsdscope {

constexpr std::size_t kRemarkIndent = 10;  // of lines beneath a call: where rule ids begin

struct PrettyOptions {
  std::size_t width = 120;  // columns of a line
  bool colour = false;
  bool wrap = false;     // messages break at `width`; else they stay on one line (for grep)
  bool verbose = false;  // all counters, all users
  bool ascii = false;    // bars of ASCII: the locale's characters are not UTF-8
};

// Widths of the columns; 0: left out.
struct LineLayout {
  std::size_t time = 0;
  std::size_t title = 0;
  std::size_t user = 0;
  std::size_t method = 0;
  std::size_t target = 0;
  std::size_t status = 0;
  std::size_t row = 0;
  std::size_t elapsed = 0;
  std::size_t space = 1;  // between columns

  // The columns that fit. Below 100 columns there is none for the status: the row's id begins with
  // it. All others fit from 73 on; at less the elapsed time is left out first.
  static LineLayout of(std::size_t width);
};

class PrettyLines {
 public:
  explicit PrettyLines(const PrettyOptions& options)
      : options_(options), layout_(LineLayout::of(options.width)), paint_(options.colour) {}

  // Column names before the first line, the date before the first line of a day. Of rates only the
  // titles that were throttled.
  void append(std::string& out, const Record& record);

 private:
  void append_headings(std::string& out);
  void append_date(std::string& out, CaptureTime time);
  void append_rates(std::string& out, const Record& record);
  void append_conduct(std::string& out, const Record& record);
  void append_other(std::string& out, const Record& record);
  void append_event(std::string& out, const Record& record);
  void append_told(std::string& out, const Record& record, Style style, std::string_view text);
  void append_line(std::string& out, const Record& record);
  void append_note(std::string& out, Style style, std::string_view label, std::string_view id,
                   std::string_view message);
  void append_remark(std::string& out, std::string_view text);
  void append_findings(std::string& out, const Record& record);

  PrettyOptions options_;
  LineLayout layout_;
  Paint paint_;
  std::string date_;
};

// "08:11:39.123" and "2026-11-23" of a capture time, UTC.
std::string time_of_day(CaptureTime time);
std::string date_of(CaptureTime time);
// "12.3 ms", "4.56 s"
std::string duration_text(Duration duration);

}  // namespace mpsdscope
