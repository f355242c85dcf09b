#include "capture/proxy/tls_endpoint.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace mpsdscope {
namespace {

// OpenSSL wants its queue empty before I/O, which it is but for failures; emptying it takes longer
// than looking.
void clear_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

}  // namespace

// A BIO that reads from input_ and writes to out_, without buffers of its own.
struct TlsEndpoint::Bio {
  static int read(BIO* bio, char* to, int length) {
    auto& self = *static_cast<TlsEndpoint*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (length <= 0) return 0;
    const std::size_t count = std::min(static_cast<std::size_t>(length), self.input_.size());
    if (count == 0) {
      BIO_set_retry_read(bio);
      return -1;
    }
    std::memcpy(to, self.input_.data(), count);
    self.input_ = self.input_.subspan(count);
    return static_cast<int>(count);
  }

  static int write(BIO* bio, const char* from, int length) {
    auto& self = *static_cast<TlsEndpoint*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (length <= 0) return 0;
    self.out_.append(
        {reinterpret_cast<const std::uint8_t*>(from), static_cast<std::size_t>(length)});
    return length;
  }

  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static const BIO_METHOD* method() {
    // Lives as long as the process: OpenSSL's BIOs refer to it.
    static const BIO_METHOD* const kMethod = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "queue");
      BIO_meth_set_read(made, read);
      BIO_meth_set_write(made, write);
      BIO_meth_set_ctrl(made, control);
      return made;
    }();
    return kMethod;
  }
};

TlsEndpoint::TlsEndpoint(SslPtr ssl, ByteQueue& out) : ssl_(std::move(ssl)), out_(out) {
  BIO* bio = BIO_new(Bio::method());
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
}

TlsEndpoint::~TlsEndpoint() {
  // A connection that just ends is no reason to forget its session: resumption would suffer.
  SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

std::size_t TlsEndpoint::receive(Bytes ciphertext, std::span<std::uint8_t> plaintext) {
  if (state_ == State::failed) return 0;
  std::vector<std::uint8_t> before = std::move(kept_);
  kept_.clear();
  if (before.empty()) {
    input_ = ciphertext;
  } else {
    before.insert(before.end(), ciphertext.begin(), ciphertext.end());
    input_ = before;
  }
  clear_errors();
  if (state_ == State::handshaking) shake_hands();

  std::size_t done = 0;
  while (state_ == State::open && !peer_closed_ && done < plaintext.size()) {
    std::size_t count = 0;
    const auto room = plaintext.subspan(done);
    const int result = SSL_read_ex(ssl_.get(), room.data(), room.size(), &count);
    if (result == 1) {
      done += count;
      // Asking once more would tell nothing, but costs OpenSSL a buffer that it allocates and
      // frees.
      if (input_.empty() && SSL_has_pending(ssl_.get()) == 0) break;
    } else {
      const int why = SSL_get_error(ssl_.get(), result);
      if (why == SSL_ERROR_ZERO_RETURN) {
        peer_closed_ = true;
      } else if (why != SSL_ERROR_WANT_READ) {
        state_ = State::failed;
      }
      break;
    }
  }
  if (state_ == State::open && !unsent_.empty()) {
    unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(write(unsent_)));
    if (closing_) send_close();
  }
  if (state_ != State::failed && !peer_closed_) kept_.assign(input_.begin(), input_.end());
  input_ = {};
  return done;
}

void TlsEndpoint::shake_hands() {
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    state_ = State::open;
  } else if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) {
    state_ = State::failed;
  }
}

std::size_t TlsEndpoint::write(Bytes plaintext) {
  std::size_t done = 0;
  while (state_ == State::open && done < plaintext.size()) {
    std::size_t count = 0;
    clear_errors();
    const Bytes rest = plaintext.subspan(done);
    const int result = SSL_write_ex(ssl_.get(), rest.data(), rest.size(), &count);
    if (result == 1) {
      done += count;
    } else {
      if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) state_ = State::failed;
      break;
    }
  }
  return done;
}

void TlsEndpoint::send(Bytes plaintext) {
  // OpenSSL wants the same bytes again.
  const std::size_t done = unsent_.empty() ? write(plaintext) : 0;
  if (state_ != State::open) return;
  unsent_.insert(unsent_.end(), plaintext.begin() + static_cast<std::ptrdiff_t>(done),
                 plaintext.end());
}

void TlsEndpoint::send_close() {
  if (state_ != State::open) return;
  closing_ = true;
  if (!unsent_.empty()) return;
  clear_errors();
  SSL_shutdown(ssl_.get());
}

void TlsEndpoint::keep_buffers(bool keep) {
  if (std::exchange(keeps_buffers_, keep) == keep) return;
  if (keep) {
    SSL_clear_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS);
  } else {
    SSL_set_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS);
    SSL_free_buffers(ssl_.get());  // those that are empty; the others when they will be
  }
}

std::string TlsEndpoint::alpn() const {
  const unsigned char* name = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &length);
  return {reinterpret_cast<const char*>(name), length};
}

}  // namespace mpsdscope
