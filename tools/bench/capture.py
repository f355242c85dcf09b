"""Makes the captures of the benchmark: real nginx, real h2load, real tcpdump on loopback at MTU 1500.

    capture.py DIRECTORY [MEGABYTES]

Leaves plain.pcap, tls.pcap and tls.keys in DIRECTORY. Needs root, or user namespaces: everything runs
in a network namespace of its own, so no foreign packet gets in and nothing of the machine is touched.
"""
import array
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

HOST = "sessiondirectory.xboxlive.com"
SCID = "4fc10100-5f7a-4470-899b-280f0a6d2730"
TEMPLATE = "MatchSession"
DOCUMENTS = 100          # different session documents
USERS = 100              # at once, each with a connection of its own
REQUESTS = 100           # of a user in one run of the load, which takes a second
RUNS_APART = 6           # before a user reads a session again: longer ago than is called a repetition
MARK_PORT = 9            # of the datagram behind each capture's last packet
RATE = 100               # requests a second and connection: gentle enough for tcpdump to keep up


def session_document(number):
    """An entire session document of about 1.2 KB with two members."""
    def member(index, following):
        xuid = 2533274790000000 + number * 16 + index
        return {"next": following, "joinTime": "2026-03-14T15:09:26.5358979Z",
                "constants": {"system": {"xuid": str(xuid), "initialize": True}, "custom": {}},
                "properties": {"system": {"active": True, "connection": f"{number:08x}-{index:04d}"}},
                "gamertag": f"BenchPilot{number}x{index}", "activeTitleId": "174925616"}
    document = {
        "membersInfo": {"first": 0, "next": 2, "count": 2, "accepted": 2, "active": 2},
        "constants": {"system": {"version": 1, "maxMembersCount": 12, "visibility": "open",
                                 "capabilities": {"connectivity": True, "gameplay": True},
                                 "inviteProtocol": "game"},
                      "custom": {"map": "harbour", "mode": "capture"}},
        "properties": {"system": {"joinRestriction": "none", "turn": []},
                       "custom": {"round": number, "seed": f"{number * 2654435761 % 2**64:016x}",
                                  "playlist": ["harbour-night", "old-foundry", "glass-canyon", "north-relay"]}},
        "members": {"0": member(0, 1), "1": member(1, 2)},
        "contractVersion": 107, "correlationId": f"0f0e0d0c-0b0a-4908-8706-{number:012x}",
        "startTime": "2026-03-14T15:09:26.5358979Z", "branch": f"6e2a1e1c-0000-4000-8000-{number:012x}",
        "changeNumber": number + 1}
    return json.dumps(document, separators=(",", ":"))


def paths(run, user):
    """Such that no rule objects to a read, apart from how many they are."""
    folder = f"/serviceconfigs/{SCID}/sessiontemplates/{TEMPLATE}/sessions"
    return [f"{folder}/bench-{run % RUNS_APART}-{(user + n) % DOCUMENTS:02d}" for n in range(REQUESTS)]


def nginx_configuration(root):
    return f"""
worker_processes 1; daemon off; pid {root}/nginx.pid; error_log {root}/error.log warn;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_body_temp_path {root}/b; proxy_temp_path {root}/p; fastcgi_temp_path {root}/f;
  uwsgi_temp_path {root}/u; scgi_temp_path {root}/s;
  default_type application/json; root {root}/www; keepalive_requests 1000000; sendfile off;
  server_tokens off; tcp_nodelay on;
  add_header Cache-Control "max-age=0, must-revalidate";
  add_header X-XblCorrelationId $request_id;
  add_header X-Xbl-Debug "title=174925616, device=FD00000000000001, sandbox=XDKS.1, mode=Read";
  map $http_authorization $user {{ "~x=[0-9]*(?<digits>[0-9][0-9][0-9]);" $digits; }}
  add_header X-Xbl-Debug "user0=2814646326226$user; gamertag=BenchPilot";
  server {{ listen 127.0.0.1:80; server_name {HOST}; rewrite "-([0-9][0-9])$" /$1 break; }}
  server {{ listen 127.0.0.1:443 ssl; server_name {HOST}; rewrite "-([0-9][0-9])$" /$1 break;
           ssl_protocols TLSv1.3; ssl_certificate {root}/cert.pem; ssl_certificate_key {root}/key.pem; }}
}}
"""


def single_segments(interface):
    """Turns segmentation offload off, so that packets keep to the MTU as they do on a real wire."""
    offloads = (0x1F, 0x24, 0x2C)  # ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO of linux/ethtool.h
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for command in offloads:
            value = array.array("B", struct.pack("II", command, 0))
            request = struct.pack("16sP", interface.encode(), value.buffer_info()[0]).ljust(40, b"\0")
            fcntl.ioctl(control, 0x8946, request)  # SIOCETHTOOL


def wait_for(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"bench: {what} did not happen within {seconds} s")
        time.sleep(0.02)


def listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def load(scheme, root, keys, run):
    """One run of the load: every user reads its sessions over HTTP/1.1 with keep-alive, one h2load for each."""
    port = {"http": 80, "https": 443}[scheme]
    token = "obviously-fake-token." * 16
    environment = dict(os.environ)
    environment.pop("SSLKEYLOGFILE", None)
    if keys:
        environment["SSLKEYLOGFILE"] = keys
    clients = []
    for user in range(USERS):
        with open(f"{root}/{user}.uris", "w") as uris:
            uris.writelines(f"{scheme}://{HOST}{path}\n" for path in paths(run, user))
        clients.append(subprocess.Popen(
            ["h2load", "--h1", "-n", str(REQUESTS), "-c", "1", "--rps", str(RATE),
             "-i", f"{root}/{user}.uris", f"--connect-to=127.0.0.1:{port}",
             "-H", "user-agent: XboxServicesAPI/2024.10.20241009.2 MultiplayerManager",
             "-H", "x-xbl-contract-version: 107", "-H", "accept-language: en-US,en",
             "-H", f"authorization: XBL3.0 x=1234567890123456{user:03d};{token}",
             "-H", "signature: " + "AAAAAQ" * 12],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
    for client in clients:
        said, _ = client.communicate()
        if f"{REQUESTS} 2xx" not in said:
            sys.exit("bench: h2load did not get its responses:\n" + said)


def finish(tcpdump, out):
    """Ends tcpdump when everything was written: a mark behind the last packet of the load has come through."""
    mark = os.urandom(16)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(mark, ("127.0.0.1", MARK_PORT))

    def written():
        with open(out, "rb") as file:
            file.seek(max(0, os.path.getsize(out) - 65536))
            return mark in file.read()
    wait_for(written, "tcpdump's last packet")
    tcpdump.send_signal(signal.SIGINT)
    tcpdump.wait()


def capture(scheme, root, out, keys, megabytes):
    """One capture file; taken again from the start if the kernel dropped a packet."""
    port = {"http": 80, "https": 443}[scheme]
    for _ in range(5):
        if keys and os.path.exists(keys):
            os.remove(keys)
        log = open(f"{root}/tcpdump.log", "w+")
        tcpdump = subprocess.Popen(["tcpdump", "-i", "lo", "-Z", "root", "-U", "-B", "524288", "-s", "0", "-w", out,
                                    f"tcp port {port} or udp port {MARK_PORT}"], stderr=log)
        wait_for(lambda: "listening on" in open(log.name).read(), "tcpdump's start")
        runs = 0
        while os.path.getsize(out) < megabytes * 1_000_000:
            load(scheme, root, keys, runs)
            runs += 1
            print(f"\rbench: {os.path.basename(out)}: {os.path.getsize(out) >> 20} MiB", end="", file=sys.stderr)
        finish(tcpdump, out)
        said = open(log.name).read()
        dropped = int(re.search(r"(\d+) packets? dropped by kernel", said).group(1))
        print(f" of {runs * USERS * REQUESTS} exchanges, {dropped} packets dropped", file=sys.stderr)
        if dropped == 0:
            return runs * USERS * REQUESTS
    sys.exit("bench: tcpdump dropped packets five times; the machine is too busy to take a capture")


def main(directory, megabytes):
    subprocess.run(["ip", "link", "set", "lo", "up", "mtu", "1500"], check=True)
    single_segments("lo")
    os.makedirs(directory, exist_ok=True)
    root = tempfile.mkdtemp(prefix="mpsdscope-bench.")
    os.chmod(root, 0o755)  # nginx's worker is not root
    nginx = None
    try:
        os.makedirs(f"{root}/www")
        for number in range(DOCUMENTS):
            with open(f"{root}/www/{number:02d}", "w") as document:
                document.write(session_document(number))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "7",
                        "-keyout", f"{root}/key.pem", "-out", f"{root}/cert.pem", "-subj", f"/CN={HOST}"],
                       check=True, capture_output=True)
        with open(f"{root}/nginx.conf", "w") as configuration:
            configuration.write(nginx_configuration(root))
        nginx = subprocess.Popen(["nginx", "-p", root, "-c", f"{root}/nginx.conf"])
        wait_for(lambda: listening(80) and listening(443), "nginx's start")
        facts = {}
        for name, scheme, keys in (("plain", "http", None), ("tls", "https", f"{directory}/tls.keys")):
            facts[name] = capture(scheme, root, f"{directory}/{name}.part", keys, megabytes)
            os.replace(f"{directory}/{name}.part", f"{directory}/{name}.pcap")
        with open(f"{directory}/exchanges.json", "w") as file:
            json.dump(facts, file)
    finally:
        if nginx:
            nginx.terminate()
            nginx.wait()
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    if os.environ.get("MPSDSCOPE_BENCH_NETNS") != "1":
        os.environ["MPSDSCOPE_BENCH_NETNS"] = "1"
        isolate = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
        os.execvp(isolate[0], [*isolate, sys.executable, "-B", *sys.argv])
    main(os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 550)
