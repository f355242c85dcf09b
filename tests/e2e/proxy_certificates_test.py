"""What the proxy shows to clients, and whom it trusts: Python's ssl as client and origin, openssl as the oracle."""
import contextlib
import re
import ssl

import real
import scope
from certificate_lab import Lab, LabOrigin, Visit, der_text, openssl
from proxy_peers import Proxy, connect_through, read_all, wait_for

HOST = "sessiondirectory.xboxlive.com"
ACCESS_DENIED = bytes((21, 3, 3, 0, 2, 2, 49))  # RFC 8446 section 6: a fatal alert in the clear


def names_of(der):
    return sorted(re.findall(r"(?:DNS|IP Address):([^,\s]+)", der_text(der, "-ext", "subjectAltName")))


def first_flight(proxy, port, host):
    """All that the proxy answers to a ClientHello, until it closes the connection."""
    said, heard = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl._create_unverified_context().wrap_bio(heard, said, server_hostname=host)
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    with connect_through(proxy, "127.0.0.1", port) as connection:
        connection.sendall(said.read())
        return read_all(connection)


class Case(scope.Case):
    def assertRefused(self, proxy, port, host, why):
        """The client gets an alert and never a certificate, not even one that takes any; the user is told why and what to do."""
        said = len(proxy.err)
        self.assertEqual(first_flight(proxy, port, host), ACCESS_DENIED)
        for trust in (proxy.ca, None):
            with self.assertRaises(ssl.SSLError) as refused:
                Visit(proxy, port, host, trust=trust)
            self.assertEqual(refused.exception.reason, "TLSV1_ALERT_ACCESS_DENIED")
        wait_for(lambda: len(re.findall(f"{host}.*{why}.*--insecure-upstream {re.escape(host)}", proxy.err[said:])) == 3,
                 f"{host}: {why}, three times")


class Leaves(Case):
    def test_are_what_clients_accept(self):
        lab = Lab()
        with LabOrigin(lab.issue("DNS:*.xboxlive.com,DNS:xboxlive.com,IP:192.0.2.7")) as origin, \
                Proxy("--upstream-ca", lab.ca) as proxy:
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                with Visit(proxy, origin.port, HOST, trust=proxy.ca, version=version) as visit:
                    self.assertTrue(visit.ask().endswith(b"origin"))
                    leaf = visit.certificate
            self.assertEqual(names_of(leaf), ["*.xboxlive.com", "192.0.2.7", "xboxlive.com"])
            path = scope.file(openssl("x509", "-inform", "der", stdin=leaf), "leaf.pem")
            self.assertIn("OK", openssl("verify", "-x509_strict", "-CAfile", proxy.ca, "-purpose", "sslserver", "-verify_hostname",
                                        HOST, path))
            text = der_text(leaf, "-text")
            for part in ("Version: 3", "prime256v1", "CA:FALSE", "TLS Web Server Authentication", "Digital Signature",
                         "Authority Key Identifier", "Subject Key Identifier", "ecdsa-with-SHA256"):
                self.assertIn(part, text)
            begin, end = (ssl.cert_time_to_seconds(date) for date in re.findall(r"=(.*GMT)", der_text(leaf, "-dates")))
            self.assertLessEqual(end - begin + 1, 197 * 86400)
            self.assertGreater(end - begin, 190 * 86400)

    def test_are_shared_where_the_upstream_certificate_is(self):
        lab = Lab()
        with LabOrigin(lab.issue("DNS:*.xboxlive.com")) as origin, Proxy("--upstream-ca", lab.ca) as proxy:
            leaves = []
            for host in (HOST, "smartmatch.xboxlive.com", HOST):
                with Visit(proxy, origin.port, host, trust=proxy.ca) as visit:
                    leaves.append(visit.certificate)
            self.assertEqual(len(set(leaves)), 1)

    def test_cover_no_name_that_was_not_validated(self):
        lab = Lab()
        wide, narrow = lab.issue("DNS:*.xboxlive.com"), lab.issue("DNS:rta.xboxlive.com")
        with LabOrigin(wide) as origin, LabOrigin(narrow) as other, \
                Proxy("--upstream-ca", lab.ca, "--intercept", "*", "--insecure-upstream", "lab.xboxlive.com") as proxy:
            with Visit(proxy, origin.port, HOST, trust=proxy.ca) as visit:
                self.assertEqual(names_of(visit.certificate), ["*.xboxlive.com"])
            with Visit(proxy, other.port, "rta.xboxlive.com", trust=proxy.ca) as visit:
                self.assertEqual(names_of(visit.certificate), ["rta.xboxlive.com"])
            with Visit(proxy, other.port, "lab.xboxlive.com", trust=proxy.ca) as visit:
                self.assertEqual(names_of(visit.certificate), ["lab.xboxlive.com"])
            with Visit(proxy, origin.port, "lab.xboxlive.com", trust=proxy.ca) as visit:
                self.assertEqual(names_of(visit.certificate), ["lab.xboxlive.com"])
            for port, host in ((other.port, HOST), (origin.port, "a.b.xboxlive.com"), (origin.port, "xboxlive.com"),
                               (origin.port, "xboxlive.com.evil.example")):
                self.assertRefused(proxy, port, host, "it is for ")
            self.assertEqual((origin.received, other.received), (b"", b""))


class Upstream(Case):
    def test_that_is_not_trusted_gets_nothing(self):
        lab, stranger = Lab(), Lab("Stranger")
        cases = ((lab.issue("DNS:other.example,DNS:more.example"), r"it is for other\.example, more\.example"),
                 (lab.issue(f"DNS:{HOST}", begin_day=-9, end_day=-2), r"it expired on \d{4}-"),
                 (lab.issue(f"DNS:{HOST}", begin_day=2, end_day=9), r"it is not valid before \d{4}-"),
                 (Lab.self_signed(f"DNS:{HOST}"), r"it is self-signed"),
                 (stranger.issue(f"DNS:{HOST}"), r"its issuer is not known here, CN=Stranger CA"))
        for identity, why in cases:
            with LabOrigin(identity) as origin, Proxy("--upstream-ca", lab.ca) as proxy:
                self.assertRefused(proxy, origin.port, HOST, why)
                self.assertEqual((origin.received, origin.peers), (b"", []))

    def test_that_is_named_insecure_is_reached(self):
        with LabOrigin(Lab.self_signed("DNS:other.example")) as origin, Proxy("--insecure-upstream", HOST) as proxy:
            with Visit(proxy, origin.port, HOST, trust=proxy.ca) as visit:
                self.assertTrue(visit.ask().endswith(b"origin"))
                self.assertEqual(names_of(visit.certificate), [HOST])

    def test_sees_our_client_certificate_if_it_is_for_it(self):
        lab = Lab()
        player = lab.issue("DNS:player.example")
        with LabOrigin(lab.issue("DNS:*.xboxlive.com"), client_ca=lab.ca) as origin, \
                Proxy("--upstream-ca", lab.ca, "--client-cert", f"{HOST}={player}") as proxy:
            for host in (HOST, "rta.xboxlive.com"):
                with Visit(proxy, origin.port, host, trust=proxy.ca) as visit:
                    visit.ask()
            self.assertIn("player.example", der_text(origin.peers[0], "-ext", "subjectAltName"))
            self.assertIsNone(origin.peers[1])


if __name__ == "__main__":
    real.isolate()
    scope.main()
