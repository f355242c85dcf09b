// Two nghttp2 sessions that talk to each other over memory: real HTTP/2 to decode.
#pragma once

#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <nghttp2/nghttp2.h>

#include "tests/decode/testing/http_transcript.h"

namespace mpsdscope::testing {

using Headers = std::vector<std::pair<std::string, std::string>>;

inline std::vector<nghttp2_nv> to_nv(const Headers& headers) {
  std::vector<nghttp2_nv> list;
  for (const auto& [name, value] : headers) {
    list.push_back({reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                    reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
                    value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  return list;
}

// A client and a server. What they sent stands in `transcript`.
class Http2Peers {
 public:
  explicit Http2Peers(std::size_t padding = 0) : padding_(padding) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_select_padding_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, std::size_t max, void* self) {
          const std::size_t wanted = frame->hd.length + static_cast<Http2Peers*>(self)->padding_;
          return static_cast<ssize_t>(std::min(wanted, max));
        });
    nghttp2_option* option = nullptr;
    nghttp2_option_new(&option);
    nghttp2_option_set_no_auto_window_update(option, 0);
    nghttp2_option_set_no_http_messaging(option, 1);
    nghttp2_session_client_new2(&client, callbacks, this, option);
    nghttp2_session_server_new2(&server, callbacks, this, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    settings(client);
    settings(server);
  }
  ~Http2Peers() {
    nghttp2_session_del(client);
    nghttp2_session_del(server);
  }
  Http2Peers(const Http2Peers&) = delete;
  Http2Peers& operator=(const Http2Peers&) = delete;

  void settings(nghttp2_session* session, std::vector<nghttp2_settings_entry> entries = {}) {
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, entries.data(), entries.size());
  }

  std::int32_t request(const Headers& headers, const std::string& body = "",
                       const Headers& trailers = {}) {
    const auto list = to_nv(headers);
    auto provider = source(body, trailers);
    const std::int32_t id =
        nghttp2_submit_request(client, nullptr, list.data(), list.size(),
                               body.empty() && trailers.empty() ? nullptr : &provider, nullptr);
    return id;
  }
  std::int32_t get(const std::string& path) { return request(head("GET", path)); }

  void respond(std::int32_t id, const Headers& headers, const std::string& body = "",
               const Headers& trailers = {}) {
    const auto list = to_nv(headers);
    auto provider = source(body, trailers);
    nghttp2_submit_response(server, id, list.data(), list.size(),
                            body.empty() && trailers.empty() ? nullptr : &provider);
  }
  void interim(std::int32_t id, const Headers& headers) {
    const auto list = to_nv(headers);
    nghttp2_submit_headers(server, NGHTTP2_FLAG_NONE, id, nullptr, list.data(), list.size(),
                           nullptr);
  }
  std::int32_t push(std::int32_t on, const Headers& headers) {
    const auto list = to_nv(headers);
    return nghttp2_submit_push_promise(server, NGHTTP2_FLAG_NONE, on, list.data(), list.size(),
                                       nullptr);
  }

  static Headers head(const std::string& method, const std::string& path) {
    return {
        {":method", method}, {":scheme", "https"}, {":authority", "h.example"}, {":path", path}};
  }

  // Lets both send what they have until neither has more.
  void exchange() {
    bool moved = true;
    while (moved) {
      moved = move(client, server, Direction::to_server);
      if (move(server, client, Direction::to_client)) moved = true;
    }
  }

  Transcript take() { return std::exchange(transcript, {}); }

  nghttp2_session* client = nullptr;
  nghttp2_session* server = nullptr;
  Transcript transcript;

 private:
  struct Source {
    std::string body;
    std::size_t sent = 0;
    Headers trailers;
  };

  nghttp2_data_provider source(const std::string& body, const Headers& trailers) {
    sources_.push_back(std::make_unique<Source>(Source{body, 0, trailers}));
    nghttp2_data_provider provider;
    provider.source.ptr = sources_.back().get();
    provider.read_callback = [](nghttp2_session* session, std::int32_t id, std::uint8_t* to,
                                std::size_t room, std::uint32_t* flags, nghttp2_data_source* from,
                                void*) -> ssize_t {
      auto& source = *static_cast<Source*>(from->ptr);
      const std::size_t n = std::min(room, source.body.size() - source.sent);
      std::memcpy(to, source.body.data() + source.sent, n);
      source.sent += n;
      if (source.sent == source.body.size()) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        if (!source.trailers.empty()) {
          *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
          const auto list = to_nv(source.trailers);
          nghttp2_submit_trailer(session, id, list.data(), list.size());
        }
      }
      return static_cast<ssize_t>(n);
    };
    return provider;
  }

  bool move(nghttp2_session* from, nghttp2_session* to, Direction direction) {
    std::string bytes;
    const std::uint8_t* data = nullptr;
    for (ssize_t n = 0; (n = nghttp2_session_mem_send(from, &data)) > 0;) {
      bytes.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(n));
    }
    if (bytes.empty()) return false;
    nghttp2_session_mem_recv(to, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    transcript.push_back({Event::Kind::data, direction, std::move(bytes)});
    return true;
  }

  std::size_t padding_;
  std::vector<std::unique_ptr<Source>> sources_;
};

// One frame made by hand.
inline std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                         const std::string& payload) {
  std::string bytes;
  for (const std::size_t shift : {16u, 8u, 0u}) {
    bytes += static_cast<char>(payload.size() >> shift & 0xff);
  }
  bytes += static_cast<char>(type);
  bytes += static_cast<char>(flags);
  for (const unsigned shift : {24u, 16u, 8u, 0u})
    bytes += static_cast<char>(stream >> shift & 0xff);
  return bytes + payload;
}

// A header block of literals without indexing (RFC 7541 §6.2.2), names and values under 127 bytes.
inline std::string block(const Headers& headers) {
  std::string bytes;
  for (const auto& [name, value] : headers) {
    bytes += '\0';
    bytes += static_cast<char>(name.size()) + name;
    bytes += static_cast<char>(value.size()) + value;
  }
  return bytes;
}

}  // namespace mpsdscope::testing
