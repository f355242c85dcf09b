"""Redirected connections in network namespaces: a device, a router that runs the proxy, and the service behind it."""
import os
import shutil
import subprocess

import real
import scope
from proxy_peers import Proxy
from proxy_service import ca, identity

MPSD = "sessiondirectory.xboxlive.com"
SERVICE = {4: "198.51.100.7", 6: "2001:db8:7::7"}
ROUTER = {4: "10.7.0.1", 6: "fd07::1"}
SET_UP = f"""
ip link add dev0 type veth peer name eth0 netns $DEVICE
ip link add svc0 type veth peer name eth0 netns $SERVICE
ip address add 10.7.0.1/24 dev dev0
ip address add fd07::1/64 dev dev0 nodad
ip address add 198.51.100.1/24 dev svc0
ip address add 2001:db8:7::1/64 dev svc0 nodad
ip link set dev0 up
ip link set svc0 up
in_device ip address add 10.7.0.2/24 dev eth0
in_device ip address add fd07::2/64 dev eth0 nodad
in_device ip link set eth0 up
in_device ip route add default via 10.7.0.1
in_device ip route add default via fd07::1
in_service ip address add {SERVICE[4]}/24 dev eth0
in_service ip address add {SERVICE[6]}/64 dev eth0 nodad
in_service ip link set eth0 up
"""
REDIRECT = """
add table inet way
add chain inet way in {{ type nat hook prerouting priority dstnat; }}
add rule inet way in iifname "dev0" tcp dport {{ 80, 443 }} redirect to :{}
"""
TPROXY = """
add table inet way
add chain inet way in { type filter hook prerouting priority mangle; }
add rule inet way in iifname "dev0" tcp dport 443 tproxy to :8888 meta mark set 7 accept
"""
TPROXY_ROUTES = """
ip rule add fwmark 7 lookup 7
ip route add local default dev lo table 7
ip -6 rule add fwmark 7 lookup 7
ip -6 route add local default dev lo table 7
"""


def sh(script, **environment):
    return subprocess.run(["sh", "-e", "-c", script], capture_output=True, text=True, timeout=scope.PATIENCE,
                          env={**os.environ, **environment})


def possible():
    """Whether namespaces and redirection can be had here."""
    return shutil.which("nft") and "MPSDSCOPE_ISOLATED" in os.environ and sh("nft add table inet probe; nft delete table inet probe").returncode == 0


class Namespace(real.Process):
    """A network namespace as long as its process."""

    def __init__(self):
        super().__init__("unshare", "--net", "sh", "-c", "ip link set lo up && echo ready && exec cat")
        self.says("ready", "out")
        self.enter = ["nsenter", "--net", "--target", str(self.process.pid)]

    def run(self, *command):
        return subprocess.run([*self.enter, *map(str, command)], capture_output=True, text=True, timeout=scope.PATIENCE)


class Transparent(scope.Case):
    def setUp(self):
        if not possible():
            self.skipTest("needs rights to make network namespaces, and nft")
        self.device, self.service = self.enterContext(Namespace()), self.enterContext(Namespace())
        functions = "".join(f"in_{name}() {{ nsenter --net --target {space.process.pid} \"$@\"; }}\n"
                            for name, space in (("device", self.device), ("service", self.service)))
        done = sh(functions + SET_UP, DEVICE=str(self.device.process.pid), SERVICE=str(self.service.process.pid))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.addCleanup(sh, "nft delete table inet way; ip link delete dev0; ip link delete svc0")
        self.server = self.enterContext(real.Process(*self.service.enter, "openssl", "s_server", "-accept", "443", "-cert", identity(),
                                                     "-key", identity(), "-www"))
        self.server.says("ACCEPT", "out")
        self.proxy = self.enterContext(Proxy("--mode", "transparent", "--upstream-ca", ca(), "--all",
                                             listen=("0.0.0.0:8888", "[::]:8888")))
        done = sh(f"nft '{REDIRECT.format(8888)}'")
        self.assertEqual(done.returncode, 0, done.stderr)

    def curl(self, *arguments):
        return self.device.run("curl", "-sS", "--noproxy", "*", "--max-time", str(scope.PATIENCE), *arguments)

    def ask(self, host, version, trusted):
        address = SERVICE[version] if version == 4 else f"[{SERVICE[version]}]"
        return self.curl("--cacert", trusted, "--resolve", f"{host}:443:{address}", f"https://{host}/")

    def test_redirected_connections_are_decrypted_and_others_tunnelled(self):
        for version in (4, 6):
            got = self.ask(MPSD, version, self.proxy.ca)
            self.assertEqual(got.returncode, 0, got.stderr)
            self.assertIn("s_server -accept 443", got.stdout)
            got = self.ask("localhost", version, ca())  # not intercepted: the service's own certificate
            self.assertEqual(got.returncode, 0, got.stderr)
            self.assertIn("s_server -accept 443", got.stdout)
        self.proxy.interrupt()
        run = scope.Run(0, real.read(self.proxy.log), self.proxy.err)
        self.assertEqual([(exchange["host"], exchange["status"], exchange["server"]) for exchange in run.exchanges],
                         [(MPSD, 200, f"{SERVICE[4]}:443"), (MPSD, 200, f"[{SERVICE[6]}]:443")])

    def test_the_proxys_own_port_shows_its_page(self):
        for version in (4, 6):
            host = ROUTER[version] if version == 4 else f"[{ROUTER[version]}]"
            got = self.curl("-w", "%{http_code}", "-o", scope.scratch("page"), f"http://{host}:8888/")
            self.assertEqual((got.stdout, got.returncode), ("200", 0), got.stderr)

    def test_tproxy(self):
        done = sh(f"nft delete table inet way; nft '{TPROXY}'; {TPROXY_ROUTES}")
        if done.returncode != 0:
            self.skipTest(f"no TPROXY here: {done.stderr}")
        self.addCleanup(sh, "ip rule delete fwmark 7; ip route flush table 7; ip -6 rule delete fwmark 7; ip -6 route flush table 7")
        for version in (4, 6):
            got = self.ask(MPSD, version, self.proxy.ca)
            self.assertEqual(got.returncode, 0, got.stderr)
            self.assertIn("s_server -accept 443", got.stdout)
        self.test_the_proxys_own_port_shows_its_page()

    def test_an_unreachable_service_looks_unreachable(self):
        got = self.curl("--resolve", f"{MPSD}:80:{SERVICE[4]}", f"http://{MPSD}/")  # nobody listens at port 80
        self.assertIn(got.returncode, (7, 52, 56), got.stderr)  # a reset, sooner or later
        self.proxy.says("Connection refused")


if __name__ == "__main__":
    real.isolate()
    scope.main()
