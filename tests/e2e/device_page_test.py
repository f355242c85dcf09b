"""The device page in a real browser, and its downloads."""
import os
import re
import ssl
import struct
import subprocess
import urllib.request
import zlib

import real
import scope
from certificate_lab import Lab, LabOrigin, Visit, openssl
from proxy_peers import Proxy

HOST = "sessiondirectory.xboxlive.com"
ACCENT = {"light": (0x0e, 0x6b, 0x4f), "dark": (0x4c, 0xc7, 0x9d)}  # of the buttons, in device_page_html.h
SHOTS = os.environ.get("MPSDSCOPE_SHOTS")  # keep the pictures there, for a person to look at


def chromium(url, *arguments, proxy=None):
    """What the browser prints."""
    route = [f"--proxy-server=http://127.0.0.1:{proxy.at[1]}"] if proxy else ["--no-proxy-server"]
    done = subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
                           "--disable-component-update", "--disable-sync", "--no-first-run", "--hide-scrollbars", f"--user-data-dir={scope.scratch('profile')}", *route,
                           *arguments, url], capture_output=True, timeout=scope.PATIENCE * 2)
    if done.returncode != 0:
        raise AssertionError(f"chromium {arguments}: exit {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode()


def dom(url, proxy=None):
    return re.sub(r"\s+", " ", chromium(url, "--dump-dom", proxy=proxy))


def pixels(path):
    """Rows of (red, green, blue) of a PNG with 8 bits a channel, as browsers write them."""
    with open(path, "rb") as file:
        data = file.read()
    at, packed = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height, _, colour = struct.unpack(">IIBB", body[:10])
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    size = {2: 3, 6: 4}[colour]
    raw, rows, previous = zlib.decompress(packed), [], bytearray(width * size)
    for y in range(height):
        begin = y * (width * size + 1)
        kind, line = raw[begin], bytearray(raw[begin + 1:begin + 1 + width * size])
        for i in range(len(line)):
            left, up = line[i - size] if i >= size else 0, previous[i]
            corner = previous[i - size] if i >= size else 0
            if kind == 1:
                guess = left
            elif kind == 2:
                guess = up
            elif kind == 3:
                guess = (left + up) // 2
            elif kind == 4:
                near = sorted(((abs(up - corner), 0, left), (abs(left - corner), 1, up), (abs(left + up - 2 * corner), 2, corner)))
                guess = near[0][2]
            else:
                guess = 0
            line[i] = line[i] + guess & 255
        rows.append([tuple(line[x:x + 3]) for x in range(0, len(line), size)])
        previous = line
    return rows


def picture(name, url, width, height, *arguments):
    path = os.path.join(SHOTS, f"{name}.png") if SHOTS else scope.scratch(f"{name}.png")
    chromium(url, f"--window-size={width},{height}", f"--screenshot={path}", *arguments)
    return pixels(path)


class DevicePage(scope.Case):
    def test_is_looked_at(self):
        """On a phone and on a desk, light and dark: the style is taken, nothing sticks out to the right."""
        with Proxy() as proxy:
            for name, width, height, scheme in (("phone", 500, 900, "light"), ("desk", 1200, 900, "light"),
                                                ("dark", 1200, 900, "dark")):
                dark = ("--force-dark-mode",) if scheme == "dark" else ()
                rows = picture(name, proxy.url(), width, height, *dark)
                self.assertEqual((len(rows[0]), len(rows)), (width, height))
                colours = {pixel for row in rows for pixel in row}
                self.assertIn(ACCENT[scheme], colours, f"{name}: the buttons")
                self.assertNotIn(ACCENT["dark" if scheme == "light" else "light"], colours)
                edge = {row[-1] for row in rows}
                self.assertEqual(len(edge), 1, f"{name}: the margin on the right")
                brightness = sum(sum(pixel) for pixel in edge) / 3
                self.assertTrue(brightness < 60 if scheme == "dark" else brightness > 220, edge)

    def test_through_the_proxy_by_its_name(self):
        with Proxy() as proxy:
            page = dom("http://mpsdscope/", proxy)
            self.assertIn("Nothing has arrived from this device yet", page)
            self.assertIn("xs:\\Microsoft\\Cert\\FiddlerRoot.cer", page)
            self.assertIn(f"netsh winhttp set proxy 127.0.0.1:{proxy.at[1]}", page)

    def test_says_how_far_the_device_is(self):
        lab = Lab()
        with LabOrigin(lab.issue("DNS:*.xboxlive.com")) as origin, Proxy("--upstream-ca", lab.ca) as proxy:
            self.assertIn("Nothing has arrived from this device yet", dom(proxy.url()))
            with self.assertRaises(ssl.SSLError):
                Visit(proxy, origin.port, HOST, trust=lab.ca)  # not the proxy's CA
            proxy.says("refused our certificate")
            page = dom(proxy.url())
            self.assertIn("This device does not trust the certificate", page)
            self.assertIn(f"<code>{HOST}</code>: ", page)
            with Visit(proxy, origin.port, HOST, trust=proxy.ca) as visit:
                self.assertTrue(visit.ask().endswith(b"origin"))
            page = dom(proxy.url())
            self.assertIn("Traffic arrives and is decrypted", page)
            self.assertIn(f"<dt>Hosts</dt><dd>{HOST}</dd>", page)

    def test_hands_out_the_certificate(self):
        with Proxy() as proxy:
            direct = urllib.request.build_opener(urllib.request.ProxyHandler({"http": proxy.url()}))
            prints = set()
            for name, kind, arguments in (("mpsdscope-ca-cert.pem", "application/x-x509-ca-cert", ("x509",)),
                                          ("mpsdscope-ca-cert.cer", "application/x-x509-ca-cert", ("x509", "-inform", "der")),
                                          ("FiddlerRoot.cer", "application/x-x509-ca-cert", ("x509", "-inform", "der")),
                                          ("mpsdscope-ca-cert.p12", "application/x-pkcs12", None)):
                with direct.open(f"http://mpsdscope/{name}") as answer:
                    data = answer.read()
                    self.assertEqual(answer.headers["Content-Type"], kind)
                    self.assertIn(f'"{name}"', answer.headers["Content-Disposition"])
                if arguments is None:
                    data = openssl("pkcs12", "-passin", "pass:", "-nodes", stdin=data).encode()
                    self.assertNotIn(b"PRIVATE KEY", data)
                    arguments = ("x509",)
                prints.add(openssl(*arguments, "-noout", "-fingerprint", "-sha256", stdin=data))
            self.assertEqual(len(prints), 1)
            shown = next(iter(prints)).strip().split("=")[1]
            self.assertIn(shown, dom(proxy.url()))
            with direct.open("http://mpsdscope/ProxyAddress.txt") as answer:
                self.assertEqual(answer.read().decode(), f"127.0.0.1:{proxy.at[1]}")


if __name__ == "__main__":
    real.isolate()
    scope.main()
