// The texts of the device page. {{name}} stands for a value that device_page.cc puts in, escaped.
#pragma once

#include <string_view>

namespace mpsdscope {

constexpr std::string_view kDevicePageStyle = R"css(
:root{color-scheme:light dark;--bg:#f5f6f8;--card:#fff;--text:#1d2228;--dim:#5b6470;--line:#dde1e6;
--accent:#0e6b4f;--on:#fff;--good:#0e6b4f;--bad:#b3261e;--warn:#8a5a00;--code:#eef0f3}
@media (prefers-color-scheme:dark){:root{--bg:#14171b;--card:#1d2126;--text:#e6e9ed;--dim:#9aa4b0;
--line:#31373f;--accent:#4cc79d;--on:#0c1512;--good:#4cc79d;--bad:#ff8a80;--warn:#f0b95a;--code:#14171b}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:16px/1.5 system-ui,"Segoe UI",Roboto,sans-serif}
main{max-width:46rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{font-size:1.5rem;margin:0}
h2{font-size:1.1rem;margin:0 0 .6rem}
p{margin:.5rem 0}
.dim{color:var(--dim)}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1.1rem 1.2rem;margin-top:1rem}
.state{border-left:6px solid var(--dim)}
.state.good{border-left-color:var(--good)}.state.bad{border-left-color:var(--bad)}.state.warn{border-left-color:var(--warn)}
.state strong{font-size:1.15rem;display:block}
.good strong{color:var(--good)}.bad strong{color:var(--bad)}.warn strong{color:var(--warn)}
dl{display:grid;grid-template-columns:auto 1fr;gap:.15rem 1rem;margin:.8rem 0 0}
dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
code,pre{font:.9em/1.45 ui-monospace,Consolas,"DejaVu Sans Mono",monospace;background:var(--code);border-radius:6px}
code{padding:.1em .3em;overflow-wrap:anywhere}
pre{padding:.7rem .8rem;margin:.5rem 0;white-space:pre-wrap;overflow-wrap:anywhere}
.buttons{display:flex;flex-wrap:wrap;gap:.5rem;margin:.8rem 0 0}
a{color:var(--accent)}
a.button{background:var(--accent);color:var(--on);text-decoration:none;padding:.5rem .8rem;border-radius:8px;font-weight:600}
a.button small{display:block;font-weight:400}
details{border-top:1px solid var(--line);padding:.6rem 0}
details:last-child{padding-bottom:0}
summary{cursor:pointer;font-weight:600}
ol{margin:.5rem 0;padding-left:1.4rem}li{margin:.25rem 0}
)css";

constexpr std::string_view kDevicePageHead = R"html(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>mpsdscope: {{title}}</title><style>{{style}}</style></head><body><main>
<h1>mpsdscope</h1><p class="dim">proxy at <code>{{address}}</code></p>
)html";

constexpr std::string_view kDevicePageState = R"html(
<section class="state {{class}}" id="state"><strong>{{headline}}</strong><p>{{advice}}</p>
<dl><dt>This device</dt><dd>{{client}}</dd><dt>Connections, with this page's</dt><dd>{{connections}}</dd>
<dt>Decrypted</dt><dd>{{decrypted}}</dd><dt>Passed on unread</dt><dd>{{tunnelled}}</dd>
<dt>Certificate refused</dt><dd>{{refused}}</dd>{{hosts}}</dl>
<p><a href="/">Check again</a></p></section>
)html";

constexpr std::string_view kDevicePageCertificate = R"html(
<section id="certificate"><h2>1. Install the certificate</h2>
<p>This device must trust the CA of this proxy. Take the format that your device wants, or see below.</p>
<p class="buttons"><a class="button" href="/mpsdscope-ca-cert.cer">.cer<small>Windows, Android</small></a>
<a class="button" href="/mpsdscope-ca-cert.pem">.pem<small>Linux, curl, iOS</small></a>
<a class="button" href="/mpsdscope-ca-cert.p12">.p12<small>no password, no key</small></a>
<a class="button" href="/FiddlerRoot.cer">FiddlerRoot.cer<small>Xbox development kit</small></a></p>
<dl><dt>Subject</dt><dd>{{subject}}</dd><dt>SHA-256</dt><dd><code>{{fingerprint}}</code></dd>
<dt>Valid until</dt><dd>{{until}}</dd></dl>
<p class="dim">Compare the fingerprint with <code>mpsdscope ca</code> on the machine of the proxy: this page came
unencrypted. Only test devices should trust the CA; remove it from them after the test.</p></section>
)html";

constexpr std::string_view kDevicePageSteps = R"html(
<section id="devices"><h2>2. Send the traffic through the proxy</h2>
<details open><summary>Xbox development kit</summary>
<p>On the PC with the GDK, in a folder with <a href="/FiddlerRoot.cer">FiddlerRoot.cer</a> and
<a href="/ProxyAddress.txt">ProxyAddress.txt</a> (one line, <code>{{address}}</code>):</p>
<pre>xbcp FiddlerRoot.cer xs:\Microsoft\Cert\FiddlerRoot.cer
xbcp ProxyAddress.txt xs:\Microsoft\Fiddler\ProxyAddress.txt
xbreboot</pre>
<p>To end it, delete <code>xs:\Microsoft\Fiddler\ProxyAddress.txt</code> and reboot.</p></details>
<details><summary>Windows PC</summary>
<p>In a command prompt as administrator:</p>
<pre>certutil -addstore -f Root mpsdscope-ca-cert.cer
netsh winhttp set proxy {{address}}</pre>
<p>That is for WinHTTP, which games use; browsers and WinINet follow Settings › Network › Proxy. To end it:</p>
<pre>netsh winhttp reset proxy
certutil -delstore Root "{{common_name}}"</pre></details>
<details><summary>Linux</summary>
<pre>sudo cp mpsdscope-ca-cert.pem /usr/local/share/ca-certificates/mpsdscope.crt
sudo update-ca-certificates
export https_proxy=http://{{address}} http_proxy=http://{{address}}</pre>
<p>For a single program that uses OpenSSL: <code>SSL_CERT_FILE=mpsdscope-ca-cert.pem</code>.</p></details>
<details><summary>curl</summary>
<pre>curl --proxy http://{{address}} --cacert mpsdscope-ca-cert.pem https://sessiondirectory.xboxlive.com/</pre>
<p>On Windows add <code>--ssl-revoke-best-effort</code>: the CA publishes no revocation list.</p></details>
<details><summary>Android</summary><ol>
<li>Wi-Fi › this network › Proxy › Manual: <code>{{address}}</code>.</li>
<li>Settings › Security › Encryption &amp; credentials › Install a certificate › CA certificate: the .cer file.</li>
<li>Apps trust it only if their network security configuration allows user CAs, as debug builds may.</li></ol></details>
<details><summary>iOS</summary><ol>
<li>Wi-Fi › (i) › Configure Proxy › Manual: <code>{{address}}</code>.</li>
<li>Open the .pem above in Safari, then Settings › General › VPN &amp; Device Management › install it.</li>
<li>Settings › General › About › Certificate Trust Settings: switch it on.</li></ol></details>
</section>
<p class="dim">Decrypted: {{intercept}}. Everything else passes untouched.</p>
</main></body></html>
)html";

}  // namespace mpsdscope
