#include "capture/page_server.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <list>
#include <thread>
#include <utility>

#include <sys/socket.h>

#include "capture/proxy/event_loop.h"
#include "capture/proxy/http_head.h"
#include "capture/proxy/listener.h"

namespace mpsdscope {
namespace {

// What is read of a client in all, in the longest heads: one that sends on and on is cut off.
constexpr std::size_t kMostHeads = 16;

struct Answer {
  std::string_view status;  // with its reason phrase
  std::string body;
  std::string_view media_type = "text/plain; charset=utf-8";
  std::string_view field = "";  // a further field line
};

std::string text_of(const Answer& answer) {
  std::string text = "HTTP/1.1 ";
  text.append(answer.status) += "\r\nContent-Type: ";
  text.append(answer.media_type) += "\r\n";
  text.append(answer.field) +=
      "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nConnection: close\r\n"
      "Content-Length: ";
  text += std::to_string(answer.body.size()) + "\r\n\r\n";
  return text += answer.body;
}

// Of a target in origin-form or absolute-form (RFC 9112 §3.2), without its query.
std::string_view path_of(std::string_view target) {
  if (const std::size_t scheme = target.find("://"); target.substr(0, 1) != "/") {
    const std::size_t slash = scheme == target.npos ? target.npos : target.find('/', scheme + 3);
    if (slash == target.npos) return "/";
    target.remove_prefix(slash);
  }
  return target.substr(0, target.find_first_of("?#"));
}

Answer answer_to(std::string_view text, const ServedPage& page) {
  const auto bad = [](const Error& error) {
    return Answer{"400 Bad Request", error.message + "\n"};
  };
  const auto head = parse_head(text);
  if (!head) return bad(head.error());
  const auto request = parse_request_line(head->start_line);
  if (!request) return bad(request.error());
  if (request->minor > 0 && head->count("host") != 1) {
    return bad(Error{"a request of HTTP/1.1 has one Host field (RFC 9112 §3.2)"});
  }
  if (request->method != "GET") {
    return {"405 Method Not Allowed", "only GET\n", "text/plain; charset=utf-8", "Allow: GET\r\n"};
  }
  if (path_of(request->target) == page.path) return {"200 OK", page.text(), page.media_type};
  return {"404 Not Found", "what there is here is at " + page.path + "\n"};
}

// Signals are for the other threads; those that tell of a defect come to whoever made it.
sigset_t others_signals() {
  sigset_t set;
  sigfillset(&set);
  for (const int own : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) sigdelset(&set, own);
  return set;
}

}  // namespace

class PageServer::Impl {
 public:
  Impl(std::unique_ptr<EventLoop> loop, FileDescriptor socket, const PageServerLimits& limits)
      : loop_(std::move(loop)),
        limits_(limits),
        listener_(
            std::move(socket), [this](Listener::Accepted client) { admit(std::move(client)); },
            [this](int) { short_of_files_ = true; }) {}

  ~Impl() {
    loop_->post([this] { loop_->stop(); });
    if (thread_.joinable()) thread_.join();
  }

  void start(ServedPage page) {
    page_ = std::move(page);
    const sigset_t others = others_signals();
    sigset_t before;
    pthread_sigmask(SIG_BLOCK, &others, &before);
    thread_ = std::thread([this] { run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  const Endpoint& listening() const { return listener_.local(); }

 private:
  // One request and its answer; then it waits for the client to close, so that none of the answer
  // is lost by a reset.
  class Client final : public EventLoop::Handler {
   public:
    Client(FileDescriptor socket, EventLoop::SteadyTime until, const Impl& server)
        : socket_(std::move(socket)), until_(until), server_(server) {}

    int socket() const { return socket_.get(); }
    bool over(EventLoop::SteadyTime now) const { return over_ || now >= until_; }

    void on_events(std::uint32_t /*events*/) override {
      read();
      write();
    }

   private:
    void read() {
      std::array<char, 4'096> piece;
      while (!over_) {
        const ssize_t size = ::recv(socket_.get(), piece.data(), piece.size(), 0);
        if (size > 0) {
          if (answer_.empty()) take({piece.data(), static_cast<std::size_t>(size)});
          received_ += static_cast<std::size_t>(size);
          over_ = received_ > kMostHeads * server_.limits_.head_bytes;
        } else if (size == 0) {
          // Who sent a request may close its side and still wait for the answer.
          ended_ = true;
          over_ = answer_.empty() || sent_ == answer_.size();
          return;
        } else if (errno != EINTR) {
          over_ = errno != EAGAIN;
          return;
        }
      }
    }

    void take(std::string_view piece) {
      request_.append(piece);
      const std::size_t length = head_length(request_, scanned_);
      if (length == std::string::npos) {
        answer_ = text_of({"400 Bad Request", "a line ends without CR\n"});
      } else if ((length > 0 ? length : request_.size()) > server_.limits_.head_bytes) {
        answer_ = text_of({"431 Request Header Fields Too Large", "the head is too long\n"});
      } else if (length > 0) {
        answer_ = text_of(answer_to(std::string_view(request_).substr(0, length), server_.page_));
      }
    }

    void write() {
      if (answer_.empty() || over_) return;
      while (sent_ < answer_.size()) {
        const ssize_t size =
            ::send(socket_.get(), answer_.data() + sent_, answer_.size() - sent_, MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) {
          over_ = errno != EAGAIN;
          return;
        }
        sent_ += static_cast<std::size_t>(size);
      }
      ::shutdown(socket_.get(), SHUT_WR);
      over_ = ended_;
    }

    FileDescriptor socket_;
    EventLoop::SteadyTime until_;
    const Impl& server_;
    std::string request_;
    std::size_t scanned_ = 0;
    std::size_t received_ = 0;
    std::string answer_;
    std::size_t sent_ = 0;
    bool ended_ = false;  // the client sends nothing more
    bool over_ = false;
  };

  void admit(Listener::Accepted accepted) {
    if (clients_.size() >= limits_.clients) dismiss(clients_.begin());
    clients_.emplace_back(std::move(accepted.socket), loop_->steady() + limits_.patience, *this);
    if (!loop_->add(clients_.back().socket(), clients_.back())) clients_.pop_back();
  }

  std::list<Client>::iterator dismiss(std::list<Client>::iterator client) {
    loop_->forget(*client);
    return clients_.erase(client);
  }

  void run() {
    listener_.start(*loop_);
    loop_->run([] {}, [this] { tidy_up(); });
    while (!clients_.empty()) dismiss(clients_.begin());
    listener_.stop(*loop_);
  }

  void tidy_up() {
    for (auto client = clients_.begin(); client != clients_.end();) {
      client = client->over(loop_->steady()) ? dismiss(client) : std::next(client);
    }
    if (std::exchange(short_of_files_, false)) listener_.retry();
  }

  std::unique_ptr<EventLoop> loop_;
  ServedPage page_;
  PageServerLimits limits_;
  std::list<Client> clients_;  // oldest first
  bool short_of_files_ = false;
  Listener listener_;
  std::thread thread_;
};

PageServer::PageServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PageServer::~PageServer() = default;

Result<std::unique_ptr<PageServer>> PageServer::open(const Endpoint& at, std::string_view flag,
                                                     const PageServerLimits& limits) {
  auto socket = listen_at(at, false, flag);
  if (!socket) return socket.error();
  auto loop = EventLoop::create();
  if (!loop) return loop.error();
  return std::unique_ptr<PageServer>(
      new PageServer(std::make_unique<Impl>(std::move(*loop), std::move(*socket), limits)));
}

void PageServer::start(ServedPage page) {
  impl_->start(std::move(page));
}

const Endpoint& PageServer::listening() const {
  return impl_->listening();
}

}  // namespace mpsdscope
