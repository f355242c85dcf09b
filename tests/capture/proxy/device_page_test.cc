#include "capture/proxy/device_page.h"

#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/capture/temporary_folder.h"
#include "tests/capture/testing/tls_lab.h"

namespace mpsdscope {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Page : public ::testing::Test {
 protected:
  void SetUp() override {
    auto ca = CertificateAuthority::make(folder_.path("ca"), kNow);
    ASSERT_TRUE(ca.ok());
    authority_ = std::make_unique<CertificateAuthority>(std::move(*ca));
    page_ = std::make_unique<DevicePage>(*authority_,
                                         std::vector<std::string>{"*.xboxlive.com", "<b>.example"});
  }
  std::string get(std::string_view path, const DeviceState& state = {},
                  std::string_view method = "GET") const {
    return page_->respond({method, path, "192.0.2.1:8888"}, state);
  }
  // The body, which must be as long as the head says.
  static std::string body_of(const std::string& response) {
    const std::size_t end = response.find("\r\n\r\n");
    std::string body = response.substr(end + 4);
    EXPECT_THAT(response.substr(0, end),
                HasSubstr("\r\nContent-Length: " + std::to_string(body.size()) + "\r\n"));
    return body;
  }

  TemporaryFolder folder_;
  std::unique_ptr<CertificateAuthority> authority_;
  std::unique_ptr<DevicePage> page_;
};

TEST_F(Page, SaysHowToInstallOnEachDevice) {
  const std::string response = get("/");
  EXPECT_THAT(response, AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Connection: close\r\n"),
                              HasSubstr("Content-Type: text/html; charset=utf-8\r\n"),
                              HasSubstr("Content-Security-Policy: default-src 'none'; style-src "
                                        "'sha256-")));
  const std::string body = body_of(response);
  for (const std::string& text :
       {std::string("xs:\\Microsoft\\Cert\\FiddlerRoot.cer"),
        std::string("xs:\\Microsoft\\Fiddler\\ProxyAddress.txt"), std::string("192.0.2.1:8888"),
        std::string("netsh winhttp set proxy 192.0.2.1:8888"), std::string("certutil"),
        std::string("update-ca-certificates"), std::string("--cacert"), std::string("Android"),
        std::string("iOS"), authority_->fingerprint(), authority_->subject(),
        std::string("&lt;b&gt;.example")}) {
    EXPECT_THAT(body, HasSubstr(text));
  }
  EXPECT_THAT(body,
              AllOf(Not(HasSubstr("{{")), Not(HasSubstr("<b>")), Not(HasSubstr("<script")),
                    Not(HasSubstr("src=")), Not(HasSubstr("@import")), Not(HasSubstr("url("))));
  EXPECT_EQ(get("/?again=1"), response);
}

TEST_F(Page, HasTheCertificateInEachFormatAndNeverTheKey) {
  struct Case {
    const char* path;
    const char* type;
    CertificateFormat format;
  };
  for (const Case& file :
       {Case{"/mpsdscope-ca-cert.pem", "application/x-x509-ca-cert", CertificateFormat::pem},
        Case{"/mpsdscope-ca-cert.cer", "application/x-x509-ca-cert", CertificateFormat::der},
        Case{"/mpsdscope-ca-cert.p12", "application/x-pkcs12", CertificateFormat::pkcs12},
        Case{"/FiddlerRoot.cer", "application/x-x509-ca-cert", CertificateFormat::der}}) {
    const std::string response = get(file.path);
    EXPECT_THAT(response, HasSubstr("\r\nContent-Type: " + std::string(file.type) + "\r\n"));
    EXPECT_THAT(response, HasSubstr("filename=\"" + std::string(file.path + 1) + "\"\r\n"));
    EXPECT_EQ(body_of(response), authority_->exported(file.format)) << file.path;
  }
  EXPECT_EQ(body_of(get("/ProxyAddress.txt")), "192.0.2.1:8888");
  for (const char* path : {"/mpsdscope-ca.pem", "/../mpsdscope-ca.pem", "/%2e%2e/mpsdscope-ca.pem",
                           "", "//", "/mpsdscope-ca-cert.pem/", "/etc/passwd"}) {
    EXPECT_THAT(get(path), StartsWith("HTTP/1.1 404 ")) << path;
  }
}

TEST_F(Page, AnswersOtherMethodsAsHttpWantsIt) {
  const std::string whole = get("/FiddlerRoot.cer");
  EXPECT_EQ(get("/FiddlerRoot.cer", {}, "HEAD"), whole.substr(0, whole.find("\r\n\r\n") + 4));
  EXPECT_THAT(get("/", {}, "POST"),
              AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("\r\nAllow: GET, HEAD\r\n")));
}

TEST_F(Page, TellsHowFarTheDeviceIs) {
  DeviceState state;
  state.client = "192.0.2.7";
  state.connections = 3;
  EXPECT_THAT(get("/", state), HasSubstr("Nothing has arrived from this device yet"));
  state.tunnelled = 1;
  EXPECT_THAT(get("/", state), HasSubstr("Traffic arrives, nothing of it was decrypted yet"));
  state.refused = 1;
  state.refused_host = "sessiondirectory.xboxlive.com";
  state.refused_why = "unknown CA (alert 48)";
  EXPECT_THAT(
      get("/", state),
      AllOf(HasSubstr("This device does not trust the certificate"),
            HasSubstr("<code>sessiondirectory.xboxlive.com</code>: unknown CA (alert 48)")));
  state.decrypted = 2;
  state.decrypted_since = true;
  state.hosts = {"sessiondirectory.xboxlive.com"};
  EXPECT_THAT(get("/", state), AllOf(HasSubstr("Traffic arrives and is decrypted"),
                                     HasSubstr("<dd>sessiondirectory.xboxlive.com</dd>"),
                                     HasSubstr("<dd>192.0.2.7</dd>")));
}

TEST_F(Page, ShowsWhatClientsChoseAsTextOnly) {
  DeviceState state;
  state.refused = 1;
  state.refused_host = "<script>alert(1)</script>{{subject}}\x1b\xff";
  state.refused_why = "\"'&";
  state.hosts = std::vector<std::string>(25, "<img src=x>");
  const std::string body = body_of(get("/", state));
  EXPECT_THAT(body, AllOf(HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;{{subject}}??"),
                          HasSubstr("&quot;&#39;&amp;"), Not(HasSubstr("<script")),
                          Not(HasSubstr("<img")), HasSubstr("and 5 more")));
  EXPECT_THAT(page_->respond({"GET", "/", "\"><b>"}, {}), Not(HasSubstr("<b>")));
}

TEST_F(Page, WarnsThatLoopbackIsForThisMachineOnly) {
  EXPECT_THAT(page_->respond({"GET", "/", "127.0.0.1:8888"}, {}), HasSubstr("--listen"));
  EXPECT_THAT(page_->respond({"GET", "/", "[::1]:8888"}, {}), HasSubstr("--listen"));
  EXPECT_THAT(get("/"), Not(HasSubstr("--listen")));
}

}  // namespace
}  // namespace mpsdscope
