"""mpsdscope ca, with openssl as the oracle."""
import os
import re
import stat
import subprocess

import certificate_lab
import scope
from certificate_lab import Lab, openssl

FILES = {"mpsdscope-ca.pem": 0o600, "mpsdscope-ca-cert.pem": 0o644, "mpsdscope-ca-cert.cer": 0o644,
         "mpsdscope-ca-cert.p12": 0o644, "FiddlerRoot.cer": 0o644}


def ca(directory, *arguments, code=0):
    done = scope.run("ca", "--ca-dir", directory, *arguments)
    if done.code != code:
        raise AssertionError(f"ca {arguments}: exit {done.code}: {done.err}")
    if b"PRIVATE" in done.out or "PRIVATE" in done.err:
        raise AssertionError("the key was printed")
    return done


def fingerprint(certificate, form="pem"):
    return openssl("x509", "-in", certificate, "-inform", form, "-noout", "-fingerprint", "-sha256").strip().split("=")[1]


def shown(done):
    return re.search(r"SHA-256 +(\S+)", done.out.decode())[1]


class Ca(scope.Case):
    def test_made_in_a_private_directory_in_every_format(self):
        directory = os.path.join(scope.scratch("data"), "deep", "mpsdscope")
        umask = os.umask(0)
        try:
            made = ca(directory, "make")
        finally:
            os.umask(umask)
        self.assertEqual({name: stat.S_IMODE(os.stat(f"{directory}/{name}").st_mode) for name in os.listdir(directory)}, FILES)
        self.assertEqual(stat.S_IMODE(os.stat(directory).st_mode), 0o700)
        expected = fingerprint(f"{directory}/mpsdscope-ca-cert.pem")
        self.assertEqual(shown(made), expected)
        for name in ("mpsdscope-ca-cert.cer", "FiddlerRoot.cer"):
            self.assertEqual(fingerprint(f"{directory}/{name}", "der"), expected)
        bag = openssl("pkcs12", "-in", f"{directory}/mpsdscope-ca-cert.p12", "-passin", "pass:", "-nodes")
        self.assertIn("BEGIN CERTIFICATE", bag)
        self.assertNotIn("PRIVATE KEY", bag)
        self.assertIn("OK", openssl("verify", "-CAfile", f"{directory}/mpsdscope-ca-cert.pem", "-check_ss_sig", "-x509_strict",
                                    f"{directory}/mpsdscope-ca-cert.pem"))
        openssl("pkey", "-in", f"{directory}/mpsdscope-ca.pem", "-check", "-noout")

    def test_shown_but_not_made_by_looking(self):
        directory = scope.scratch("ca")
        self.assertIn("ca make", ca(directory, code=1).err)
        self.assertFalse(os.path.exists(directory))
        made = ca(directory, "make")
        self.assertEqual(ca(directory).out, made.out)
        self.assertIn(directory, made.out.decode())

    def test_default_directory(self):
        data = scope.scratch("xdg")
        done = scope.run("ca", "make", environment={"XDG_DATA_HOME": data})
        self.assertEqual(done.code, 0, done.err)
        self.assertTrue(os.path.exists(f"{data}/mpsdscope/mpsdscope-ca.pem"))

    def test_replaced_only_when_told(self):
        directory = scope.scratch("ca")
        first = shown(ca(directory, "make"))
        self.assertIn("--replace", ca(directory, "make", code=1).err)
        self.assertEqual(shown(ca(directory)), first)
        second = shown(ca(directory, "make", "--replace"))
        self.assertNotEqual(first, second)
        self.assertEqual(fingerprint(f"{directory}/FiddlerRoot.cer", "der"), second)

    def test_exported(self):
        directory, out = scope.scratch("ca"), scope.scratch("out")
        expected = shown(ca(directory, "make"))
        self.assertEqual(fingerprint(scope.file(ca(directory, "export").out, "e.pem")), expected)
        ca(directory, "export", "--format", "der", "--out", out)
        self.assertEqual(fingerprint(out, "der"), expected)
        bag = scope.file(ca(directory, "export", "--format", "p12").out, "e.p12")
        self.assertNotIn("PRIVATE KEY", openssl("pkcs12", "-in", bag, "-passin", "pass:", "-nodes"))
        self.assertIn("/nowhere/x", ca(directory, "export", "--out", "/nowhere/x", code=1).err)

    def test_imported_from_what_others_make(self):
        lab = Lab()
        rsa = scope.scratch("rsa")
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=mitmproxy", "-keyout", f"{rsa}.key",
                "-out", f"{rsa}.crt")
        for key, certificate in ((lab.key, lab.ca), (f"{rsa}.key", f"{rsa}.crt")):
            for order in ((key, certificate), (certificate, key)):
                directory = scope.scratch("ca")
                done = ca(directory, "import", certificate_lab.joined(scope.scratch("in.pem"), *order))
                self.assertEqual(shown(done), fingerprint(certificate))
                self.assertEqual(stat.S_IMODE(os.stat(f"{directory}/mpsdscope-ca.pem").st_mode), 0o600)

    def test_not_imported_when_unusable(self):
        lab = Lab()
        locked = scope.scratch("locked")
        openssl("pkey", "-in", lab.key, "-aes256", "-passout", "pass:x", "-out", locked)
        for path, why in ((lab.issue("DNS:a.example"), "CA:TRUE"), (lab.ca, "no private key"),
                          (certificate_lab.joined(scope.scratch("in.pem"), locked, lab.ca), "password"),
                          (scope.file("nothing"), "neither PEM nor DER"), ("/nowhere.pem", "/nowhere.pem")):
            directory = scope.scratch("ca")
            self.assertIn(why, ca(directory, "import", path, code=1).err)
            self.assertFalse(os.path.exists(directory))

    def test_refused_when_others_can_read_the_key(self):
        directory = scope.scratch("ca")
        ca(directory, "make")
        os.chmod(f"{directory}/mpsdscope-ca.pem", 0o640)
        self.assertIn("chmod 600", ca(directory, code=1).err)
        done = scope.run("proxy", "--ca-dir", directory, "--listen", "127.0.0.1:0")
        self.assertEqual(done.code, 1)
        self.assertIn("chmod 600", done.err)

    def test_a_directory_that_cannot_be_written_to_is_told_with_its_option(self):
        for directory in ("/proc/mpsdscope", scope.file("a file") + "/ca"):
            self.assertIn("--ca-dir", ca(directory, "make", code=1).err)
            done = scope.run("proxy", "--listen", "127.0.0.1:0", "--ca-dir", directory)
            self.assertEqual(done.code, 1)
            self.assertRegex(done.err, f"cannot create directory {directory}: .*--ca-dir")

    def test_many_processes_make_one(self):
        directory = scope.scratch("ca")
        makers = [subprocess.Popen([scope.PROGRAM, "ca", "--ca-dir", directory, "make"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE) for _ in range(8)]
        ends = [(maker.communicate(timeout=scope.PATIENCE), maker.returncode) for maker in makers]
        made = [out for (out, _), code in ends if code == 0]
        self.assertEqual(len(made), 1, ends)
        self.assertEqual(made[0], ca(directory).out)
        self.assertEqual(sorted(os.listdir(directory)), sorted(FILES))


if __name__ == "__main__":
    scope.main()
