// One aligned line per exchange, with what was found about it indented beneath.
#pragma once

#include <cstddef>
#include <string>

#include "rules/call.h"
#include "rules/rta/notification.h"
#include "tools/paint.h"

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

  // Column names before the first line, the date before the first line of a day.
  void append_call(std::string& out, const Call& call);
  // What a client was told by the service's websocket.
  void append_notification(std::string& out, const Notification& told);

 private:
  // What stands in the columns of a line: printable, fitting where it may be long.
  struct LineCells {
    CaptureTime time{};
    std::string title, user, method, target, status, row, elapsed;
    Style style = Style::plain;  // of status and row
  };
  void append_date(std::string& out, CaptureTime time);
  void append_cells(std::string& out, const LineCells& cells);
  void append_headings(std::string& out);
  void append_line(std::string& out, const Call& call);
  void append_note(std::string& out, Style style, std::string_view label, std::string_view id,
                   std::string_view message);
  void append_remark(std::string& out, std::string_view text);
  void append_findings(std::string& out, const Call& call);

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
