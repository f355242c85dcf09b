#include "tools/screen/screen_model.h"

#include <algorithm>

#include "tools/screen/detail.h"

namespace mpsdscope {
namespace {

constexpr Duration kRateOver = std::chrono::seconds(2);
constexpr Duration kMessageShown = std::chrono::seconds(10);
constexpr std::size_t kMostMessages = 200;

}  // namespace

ScreenModel::ScreenModel(const RecordStore::Bounds& bounds) : list_(bounds) {
  lay_out();
}

void ScreenModel::resize(ScreenSize size) {
  size_ = size;
  lay_out();
}

void ScreenModel::lay_out() {
  layout_ = layout_of(size_, focus_);
  // In the pane that is not in sight the list keeps its length.
  if (!layout_.log.empty()) list_.set_rows(layout_.log.height - 1);
  update_detail();
  if (popup_) lay_out_popup();
}

void ScreenModel::take(ScreenBatch batch, Duration since_start, std::optional<Duration> behind) {
  now_ = since_start;
  for (Record& record : batch.records) list_.add(std::move(record));
  totals_ = batch.totals;
  if (batch.titles && !list_.paused()) titles_ = std::move(*batch.titles);
  dropped_ = batch.dropped;
  source_ = std::move(batch.source);
  ended_ = batch.ended;
  behind_ = behind;
  if (message_ && now_ >= message_until_) message_.reset();
  for (auto& message : batch.messages) {
    say(message.first, message.second);
    messages_.push_back(std::move(message));
    if (messages_.size() > kMostMessages) messages_.pop_front();
  }
  update_rate(since_start);
  update_detail();
}

void ScreenModel::update_rate(Duration now) {
  samples_.push_back({now, totals_.records});
  while (samples_.size() > 2 && now - samples_[1].at >= kRateOver) samples_.pop_front();
  const double seconds = std::chrono::duration<double>(now - samples_.front().at).count();
  if (seconds < 0.2) return;
  rate_ = static_cast<double>(totals_.records - samples_.front().records) / seconds;
}

void ScreenModel::say(Severity severity, std::string text) {
  message_.emplace(severity, std::move(text));
  message_until_ = now_ + kMessageShown;
}

void ScreenModel::update_detail() {
  const Area& area = layout_.detail;
  const auto selected = list_.selected();
  if (area.empty() || !selected) {
    if (!selected) detail_.clear();
    detail_of_.reset();
    return;
  }
  const DetailOf wanted{*selected, list_.store().end(), area.width};
  if (detail_of_ == wanted) return;
  const bool same = detail_of_ && detail_of_->number == wanted.number;
  TextLines lines(area.width);
  if (same && detail_of_->width == wanted.width) {
    detail_.resize(detail_fixed_);
  } else {
    append_detail(lines, list_.store()[*selected]);
    detail_ = lines.take();
    detail_fixed_ = detail_.size();
  }
  TextLines session(area.width);
  if (list_.store().session_key(*selected) != 0) session.empty_line();
  append_session(session, list_.store(), *selected);
  for (TextLine& line : session.take()) detail_.push_back(std::move(line));
  if (!same) first_detail_ = 0;
  detail_of_ = wanted;
}

bool ScreenModel::set_filter(const std::string& text) {
  auto parsed = Filter::parse(text);
  if (auto* error = std::get_if<FilterError>(&parsed)) {
    prompt_.fail(std::move(*error));
    return false;
  }
  list_.set_filter(std::get<Filter>(std::move(parsed)));
  filter_text_ = text;
  update_detail();
  return true;
}

void ScreenModel::focus_on(Pane pane) {
  focus_ = pane;
  lay_out();
}

void ScreenModel::next_pane(int by) {
  const auto panes = static_cast<int>(kPanes);
  focus_on(static_cast<Pane>((static_cast<int>(focus_) + panes + by) % panes));
}

}  // namespace mpsdscope
