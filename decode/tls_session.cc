#include "decode/tls_session.h"

#include "decode/tls_key_schedule.h"

namespace mpsdscope {
namespace {

SecretLabel label_of(Direction sender, Epoch epoch) {
  const bool client = sender == Direction::to_server;
  switch (epoch) {
    case Epoch::early:
      return SecretLabel::client_early_traffic_secret;
    case Epoch::handshake:
      return client ? SecretLabel::client_handshake_traffic_secret
                    : SecretLabel::server_handshake_traffic_secret;
    default:
      return client ? SecretLabel::client_traffic_secret_0 : SecretLabel::server_traffic_secret_0;
  }
}

}  // namespace

std::optional<Secret> TlsSession::find_secret(Direction sender, Epoch epoch) const {
  if (!is_tls13()) return keys_.find(SecretLabel::client_random, client_random);
  return keys_.find(label_of(sender, epoch), client_random);
}

bool TlsSession::has_application_secrets() const {
  return find_secret(Direction::to_server, Epoch::application) &&
         find_secret(Direction::to_client, Epoch::application);
}

std::unique_ptr<RecordCipher> TlsSession::make_cipher(Direction sender,
                                                      const Secret& secret) const {
  const TrafficKeys keys =
      is_tls13() ? derive_tls13_keys(*suite, secret)
                 : derive_tls12_keys(*suite, secret, client_random, server_random, sender);
  return std::make_unique<RecordCipher>(*suite, keys, encrypt_then_mac);
}

}  // namespace mpsdscope
