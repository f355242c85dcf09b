#include "rules/completeness.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace mpsdscope {

bool response_body_known(const Exchange& exchange) {
  if (!exchange.response.present) return false;
  constexpr std::array<Defect, 9> kUnknown{
      Defect::response_missing,        Defect::response_unseen,    Defect::response_gap,
      Defect::response_truncated,      Defect::response_malformed, Defect::response_body_cut,
      Defect::response_body_undecoded, Defect::response_ambiguous, Defect::stream_reset};
  if (!exchange.defects.none() && std::any_of(kUnknown.begin(), kUnknown.end(), [&](Defect defect) {
        return exchange.defects.has(defect);
      })) {
    return false;
  }
  // Bytes came but were not kept.
  return !exchange.response.body.empty() || exchange.response.body_length == 0;
}

bool answered(const Exchange& exchange) {
  return exchange.response.present && !exchange.defects.has(Defect::response_missing) &&
         !exchange.defects.has(Defect::response_unseen) &&
         !exchange.defects.has(Defect::response_truncated) &&
         !exchange.defects.has(Defect::response_malformed);
}

bool coding_damaged(const Exchange& exchange) {
  constexpr std::array<Defect, 4> kNotAllThere{Defect::response_gap, Defect::response_body_cut,
                                               Defect::response_body_over_limit,
                                               Defect::stream_reset};
  return exchange.defects.has(Defect::response_body_undecoded) && answered(exchange) &&
         std::none_of(kNotAllThere.begin(), kNotAllThere.end(),
                      [&](Defect defect) { return exchange.defects.has(defect); });
}

bool body_truncated_only(const Exchange& exchange) {
  return exchange.defects.has(Defect::response_truncated) &&
         !exchange.defects.has(Defect::response_gap) &&
         !exchange.defects.has(Defect::response_body_cut) &&
         !exchange.defects.has(Defect::response_body_undecoded) &&
         !exchange.defects.has(Defect::response_malformed);
}

}  // namespace mpsdscope
