#include "rules/known_fields.h"

namespace mpsdscope {

KnownFields find_known_fields(const Exchange& exchange) {
  const FieldLines& request = exchange.request.fields;
  const FieldLines& response = exchange.response.fields;
  KnownFields known;
  known.authorization = request.find(FieldName::authorization);
  known.contract_version = request.find(FieldName::contract_version);
  known.if_match = request.find(FieldName::if_match);
  known.if_none_match = request.find(FieldName::if_none_match);
  known.signature = request.find(FieldName::signature);
  known.content_type = response.find(FieldName::content_type);
  known.correlation_id = response.find(FieldName::correlation_id);
  known.date = response.find(FieldName::date);
  known.debug = response.find(FieldName::debug);
  known.etag = response.find(FieldName::etag);
  known.retry_after = response.find(FieldName::retry_after);
  return known;
}

}  // namespace mpsdscope
