#include "tools/run_capture.h"

#include <cerrno>
#include <memory>

#include <unistd.h>

#include "tools/diagnostics.h"
#include "tools/filtered_output.h"
#include "tools/jsonl_output.h"
#include "tools/metrics/metrics_output.h"
#include "tools/personal.h"
#include "tools/pipeline.h"
#include "tools/pretty_output.h"
#include "tools/pretty_text.h"
#include "tools/progress.h"
#include "tools/signals.h"
#include "tools/terminal.h"
#include "tools/text_sink.h"
#include "tools/title_names.h"
#include "tools/unread.h"
#include "tools/verdict.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kPipeWidth = 120;  // pretty output that goes to no terminal

// Where the output went, whether it got there, and what a person should know about it.
class Outcome {
 public:
  Outcome(const CaptureOptions& options, OutputFile& file, TextSink& sink, Format format)
      : options_(options), file_(file), sink_(sink), format_(format) {}

  int report(const RunSummary& summary, const Output& output) {
    const int code = exit_code_of(summary, options_.fail_on, options_.rules);
    const int closed = file_.close();
    std::string why;
    if (!output.ok(why) || closed != 0) {
      // A reader that went away (`| head`) wants no more, and no complaint.
      if (sink_.error() != EPIPE) {
        report_error("cannot write " + file_.name() + ": " +
                     (closed != 0 ? std::generic_category().message(closed) : why) +
                     "; what was written before is incomplete");
      }
      return code == exit_code::kViolations ? code : exit_code::kFailed;
    }
    if (format_ == Format::jsonl) {
      for (const std::string& problem : summary.problems) report_warning(problem);
      for (const std::string& text : warnings_of(summary, options_.rules)) report_warning(text);
    }
    if (!options_.session.empty() && summary.sessions && summary.sessions->told == 0) {
      report_warning("--session: none of the " + counted(summary.sessions->followed, "session") +
                     " of the input has that name; --sessions tells of all");
    }
    if (options_.fail_on != Severity::off && summary.calls == 0 &&
        service_unread(summary, options_.rules)) {
      report_error("--fail-on has nothing to judge: no call of the service could be read");
    }
    if (!file_.is_stdout()) report_note(verdict_line(summary) + "; written to " + file_.name());
    return code;
  }

 private:
  const CaptureOptions& options_;
  OutputFile& file_;
  TextSink& sink_;
  Format format_;
};

PipelineOptions pipeline_options(const CaptureOptions& options, const CaptureRun& run,
                                 const std::atomic<bool>& stop) {
  PipelineOptions pipeline;
  pipeline.threads = options.threads;
  pipeline.all = options.all;
  pipeline.live = run.live;
  pipeline.limits = options.limits;
  pipeline.rules = options.rules;
  pipeline.session = options.session;
  pipeline.stop = &stop;
  return pipeline;
}

}  // namespace

Format format_of(const OutputOptions& options, int fd) {
  if (options.format) return *options.format;
  return is_terminal(fd) ? Format::pretty : Format::jsonl;
}

PrettyOptions pretty_options(const OutputOptions& options, int fd) {
  PrettyOptions pretty;
  const bool terminal = is_terminal(fd);
  pretty.width = options.width > 0 ? options.width
                 : terminal        ? terminal_width(fd, kPipeWidth)
                                   : kPipeWidth;
  pretty.wrap = terminal || options.width > 0;
  pretty.colour = wants_colour(options.colour, fd);
  pretty.ascii = !locale_is_utf8();
  pretty.verbose = options.loudness == Loudness::verbose;
  return pretty;
}

int run_capture(const CaptureOptions& options, const CaptureRun& run) {
  if (options.redact_personal) mask_personal_data();
  set_title_names(options.titles);
  auto opened = OutputFile::open(options.output.out, run.inputs);
  if (!opened) {
    report_error(opened.error().message);
    return exit_code::kFailed;
  }
  OutputFile& file = *opened;
  const std::atomic<bool>& stop = stop_on_signals();
  ProgressBar progress(STDERR_FILENO);
  const bool shares_terminal = progress.active() && is_terminal(file.fd());
  TextSink sink(
      [&](std::string_view text) {
        std::unique_lock<std::mutex> hidden;
        if (shares_terminal) hidden = progress.hide();
        return write_all(file.fd(), text);
      },
      run.live);
  const Format format = format_of(options.output, file.fd());
  std::unique_ptr<Output> output = make_filtered_output(
      format == Format::jsonl
          ? make_jsonl_output(sink, run.inputs, options.bodies)
          : make_pretty_output(sink, pretty_options(options.output, file.fd()), run.live),
      options.filter.filter);
  if (run.metrics) output = make_metered_output(std::move(output), *run.metrics);

  PipelineOptions pipeline = pipeline_options(options, run, stop);
  if (format == Format::jsonl) pipeline.rules.keep_body_bytes = options.bodies.needed();
  const bool draws = options.output.loudness != Loudness::quiet && !run.live;
  pipeline.on_counters = run.on_counters;
  pipeline.on_batch = [&] {
    if (run.on_batch) run.on_batch();
    if (draws) progress.update(run.source.bytes_read(), run.source.bytes_total());
  };
  RunSummary summary = run_pipeline(run.source, run.keys, pipeline, *output);
  static_cast<void>(progress.hide());
  summary.inputs = run.inputs;
  summary.secrets = run.keys.size();
  output->end(summary);
  return Outcome(options, file, sink, format).report(summary, *output);
}

}  // namespace mpsdscope
