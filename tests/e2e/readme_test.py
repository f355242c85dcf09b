"""What the README shows is what the program prints, its commands work as they stand there, and its options exist."""
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys

import scope
from scope import GOLDEN, PATIENCE, PLAYTEST, PROGRAM, REPOSITORY, Case, replay, run

STORIES = os.path.join(GOLDEN, "stories")
sys.path.insert(0, STORIES)

import generate
import sample
import wire
from capture_file import pcapng
from certificate_lab import Lab, LabOrigin
from proxy_peers import Proxy
from tls_channel import KeyLog

# Options of other programs.
FOREIGN = {"--inject-secrets", "--proxy", "--cacert", "--ssl-revoke-best-effort", "--install", "--prefix"}


def text_of(*path):
    with open(os.path.join(REPOSITORY, *path), encoding="utf-8") as file:
        return file.read()


README = text_of("README.md")


def blocks(language=""):
    """(the comment above it, its lines) of every block of code in that language."""
    above, opened, lines = "", None, []
    for line in README.splitlines():
        if opened is None and line.startswith("```"):
            opened, lines = line[3:], []
        elif opened is None:
            said = re.fullmatch("<!-- (.*) -->", line)
            above = said.group(1) if said else ""
        elif line == "```":
            if opened == language:
                yield above, lines
            above, opened = "", None
        else:
            lines.append(line)


def commands():
    for _, lines in blocks():
        for line in lines:
            if line.startswith("mpsdscope "):
                yield line


def differences(shown, printed):
    """Where the pieces between lines "…" do not stand in what was printed, in their order. A line that ends with " …" goes on."""
    at, pieces = 0, [[]]
    for line in shown:
        if line == "…":
            pieces.append([])
        else:
            pieces[-1].append(line)
    for piece in filter(None, pieces):
        fits = [begin for begin in range(at, len(printed) - len(piece) + 1)
                if all(line == there or (line.endswith(" …") and there.startswith(line[:-1]))
                       for line, there in zip(piece, printed[begin:]))]
        if not fits:
            nearest = [line for line in piece if line not in printed]
            return [f"not printed so: {line}" for line in nearest or piece[:1]]
        at = fits[0] + len(piece)
    return []


class Samples(Case):
    def capture(self, word):
        if word.endswith(".pcapng"):
            return os.path.join(REPOSITORY, word)
        if not word.endswith(".pcap"):
            return word
        story = generate.Story()  # named after one
        generate.STORIES[word[:-len(".pcap")]](story)
        story.write(path := scope.scratch(word))
        return path

    def test_they_are_what_is_printed(self):
        seen = 0
        for said, lines in blocks():
            if said:
                done = run(*map(self.capture, shlex.split(said)[1:]), "--format", "pretty", "--color", "never")
                self.assertEqual(done.code, 0, done.err)
                self.assertEqual(differences(lines, done.out.decode().splitlines()), [], said)
                seen += 1
        self.assertGreaterEqual(seen, 4)

    def test_all_samples_say_how_they_are_made(self):
        """A block of the program's output has times or a heading in columns, and nothing else has."""
        for said, lines in blocks():
            if re.search(r"^ *\d\d:\d\d:\d\d\.\d{3} |^Limits used", "\n".join(lines), re.M):
                self.assertRegex(said, "^mpsdscope ", lines[0])

    def test_the_comparison_can_fail(self):
        printed = ["a", "b b", "c", "d"]
        for shown in (["a", "b b"], ["a", "…", "d"], ["b …", "c"], ["…", "c"]):
            self.assertEqual(differences(shown, printed), [])
        for shown in (["a", "c"], ["d", "…", "a"], ["x …"], ["a", "x", "c"], ["b"]):
            self.assertNotEqual(differences(shown, printed), [], shown)

    def test_the_status_table_has_as_many_rows_as_it_says(self):
        self.assertIn("the status table's fifteen rows", README)
        self.assertEqual(len(run("rules", "--format", "jsonl").of_type("row")), 15)

    def test_the_configuration_is_one(self):
        found = list(blocks("toml"))
        self.assertGreater(len(found), 0)
        for _, lines in found:
            done = run("config", "--config", scope.file("\n".join(lines), "config.toml"))
            self.assertEqual(done.code, 0, done.err)


class Commands(Case):
    def folder(self):
        """Where a user may be: with a capture and a log."""
        path = scope.scratch("user")
        os.mkdir(path)
        shutil.copy(PLAYTEST, os.path.join(path, "play.pcapng"))
        done = run("replay", PLAYTEST, "--out", os.path.join(path, "play.jsonl"))
        self.assertEqual(done.code, 0, done.err)
        return path

    def environment(self):
        tools = scope.scratch("bin")
        os.mkdir(tools)
        os.symlink(os.path.abspath(PROGRAM), os.path.join(tools, "mpsdscope"))
        return {**os.environ, "PATH": tools + ":" + os.environ["PATH"], "XDG_DATA_HOME": scope.scratch("data"), "SSLKEYLOGFILE": ""}

    def test_what_reads_files_works_as_it_is_printed(self):
        seen = set()
        folder, environment = self.folder(), self.environment()
        for command in commands():
            name = command.split()[1]
            if name in ("proxy", "sniff"):
                continue
            done = subprocess.run(["sh", "-c", f"{command.split('  #')[0]} {'--no-follow' if name == 'tail' else ''}"], cwd=folder,
                                  env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, text=True, check=False)
            self.assertIn(done.returncode, (0, 3), f"{command}\n{done.stderr}")
            seen.add(name)
        self.assertIn("tail", seen)

    def test_proxies_start_as_they_are_printed(self):
        seen = 0
        folder, environment = self.folder(), self.environment()
        os.remove(os.path.join(folder, "play.pcapng"))
        for command in commands():
            if not command.startswith("mpsdscope proxy "):
                continue
            words = shlex.split(command, comments=True)
            if "--listen" not in words:
                words += ["--listen", "127.0.0.1:0"]  # the usual port may be taken
            else:
                words[words.index("--listen") + 1] = "127.0.0.1:0"
            with subprocess.Popen(words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, text=True) as proxy:
                line = ""
                for line in proxy.stderr:
                    if "Ctrl-C" in line:
                        proxy.send_signal(signal.SIGINT)
                self.assertEqual(proxy.wait(PATIENCE), 0, f"{command}\n{line}")
            seen += 1
        self.assertGreaterEqual(seen, 2)

    def test_each_option_exists(self):
        known = {name for command in ("replay", "sniff", "proxy", "tail", "rules", "ca", "ca make", "ca export", "ca import", "config", "help")
                 for name in re.findall(r"--[a-z][\w-]*", run(*command.split(), "--help").out.decode())}
        for name in ("README.md", "tools/LOG.md", "tools/README.md"):
            mentioned = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", text_of(name)))
            self.assertEqual(mentioned - known - FOREIGN, set(), name)

    def test_each_link_leads_somewhere(self):
        headings = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in re.findall(r"^#+ (.*)$", README, re.M)}
        links = re.findall(r"\]\(([^)]+)\)", README)
        self.assertGreater(len(links), 5)
        for link in links:
            if link.startswith("#"):
                self.assertIn(link[1:], headings)
            elif "://" not in link:
                self.assertTrue(os.path.exists(os.path.join(REPOSITORY, link)), link)


class OtherPrograms(Case):
    """What the README says to other programs, as it stands there but for names."""

    def shown(self, begin):
        found = re.search(rf"`({re.escape(begin)}[^`]*)`|^({re.escape(begin)}.*)$", README, re.M)
        self.assertIsNotNone(found, begin)
        return found[1] or found[2]

    def sh(self, command, folder):
        clean = {name: value for name, value in os.environ.items() if not re.search("proxy|CURL|SSL", name, re.I)}
        return subprocess.run(["sh", "-c", command], cwd=folder, env=clean, capture_output=True, timeout=PATIENCE, text=True, check=False)

    def test_editcap_puts_the_secrets_into_the_capture(self):
        keys, folder = KeyLog(), scope.scratch("user")
        os.mkdir(folder)
        segments = sample.encrypted(keys).segments
        for name, data in (("in.pcapng", pcapng(wire.frames(segments))), ("keys.log", keys.text().encode())):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
        done = self.sh(self.shown("editcap --inject-secrets"), folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(replay(os.path.join(folder, "in.pcapng")).exchanges), 0)
        self.assertFacts(replay(os.path.join(folder, "out.pcapng")), sample.facts())

    def test_curl_goes_through_the_proxy(self):
        lab = Lab()
        with LabOrigin(lab.issue("DNS:localhost")) as origin, Proxy("--upstream-ca", lab.ca, "--intercept", "localhost") as proxy:
            folder, at, url = os.path.dirname(proxy.ca), "%s:%d" % proxy.at, f"https://localhost:{origin.port}/"
            told = self.shown("curl --proxy ").replace("HOST:8888", at).replace("https://…", url + " --silent --show-error")
            through = self.shown("export https_proxy=").replace("HOST:8888", at)
            trusting = self.shown("SSL_CERT_FILE=")
            for command in (told, f"{through} && {trusting} curl -sS {url}"):
                done = self.sh(command, folder)
                self.assertEqual((done.returncode, done.stdout), (0, "origin"), f"{command}\n{done.stderr}")
            # The certificate is the proxy's: who does not trust the CA refuses it.
            for command in (re.sub("--cacert [^ ]*", "", told), f"{through} && curl -sS {url}"):
                self.assertEqual(self.sh(command, folder).returncode, 60, command)

    def test_the_page_for_devices_has_the_certificate(self):
        with Proxy() as proxy:
            at = "%s:%d" % proxy.at
            direct, through = (f"curl -sS {address}" for address in (self.shown("http://HOST:8888/").replace("HOST:8888", at),
                                                                     f"--proxy {at} " + self.shown("http://mpsdscope/")))
            for command in (direct, through):
                done = self.sh(command, os.path.dirname(proxy.ca))
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("FiddlerRoot.cer", done.stdout)


if __name__ == "__main__":
    scope.main()
