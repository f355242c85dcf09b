"""What is installed: by `cmake --install` and as a Debian package; and that the manual pages are well-formed and complete."""
import gzip
import os
import platform
import re
import shutil
import subprocess
import unittest

import scope
from scope import PATIENCE, PLAYTEST, PROGRAM, REPOSITORY, Case, run

BUILD = os.path.dirname(os.path.abspath(PROGRAM))
FILES = {
    "bin/mpsdscope": 0o755,
    "share/bash-completion/completions/mpsdscope": 0o644,
    "share/doc/mpsdscope/LOG.md": 0o644,
    "share/doc/mpsdscope/README.md": 0o644,
    "share/doc/mpsdscope/changelog.gz": 0o644,
    "share/doc/mpsdscope/copyright": 0o644,
    "share/fish/vendor_completions.d/mpsdscope.fish": 0o644,
    "share/man/man1/mpsdscope.1.gz": 0o644,
    "share/man/man5/mpsdscope-config.5.gz": 0o644,
}
PAGES = ("mpsdscope.1", "mpsdscope-config.5")


def do(*command, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, timeout=PATIENCE * 4, check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{command}: exit {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}")
    return done.stdout.decode()


def modes(root):
    """{path below it: mode} of every file."""
    return {os.path.relpath(os.path.join(folder, name), root): os.lstat(os.path.join(folder, name)).st_mode & 0o7777
            for folder, _, names in os.walk(root) for name in names}


def page(name):
    with gzip.open(os.path.join(BUILD, "tools", "package", name + ".gz"), "rt", encoding="utf-8") as file:
        return file.read()


class Installed(Case):
    def works(self, program):
        """It is the same program, and finds nothing of its build or source directory missing."""
        ours = run("replay", "--format", "jsonl", PLAYTEST)
        theirs = subprocess.run([program, "replay", "--format", "jsonl", PLAYTEST], capture_output=True, timeout=PATIENCE, check=False)
        self.assertEqual((theirs.returncode, theirs.stdout), (ours.code, ours.out))

    def test_cmake_install(self):
        root = scope.scratch("root")
        # Not 077 or 027: others are to read it.
        do("cmake", "--install", BUILD, "--prefix", "/usr/local", env={**os.environ, "DESTDIR": root}, umask=0o022)
        self.assertEqual(modes(f"{root}/usr/local"), {**FILES, "share/zsh/site-functions/_mpsdscope": 0o644})
        self.assertEqual(os.listdir(root), ["usr"])
        self.works(f"{root}/usr/local/bin/mpsdscope")
        for shell, path in (("bash", "bash-completion/completions/mpsdscope"), ("fish", "fish/vendor_completions.d/mpsdscope.fish"),
                            ("zsh", "zsh/site-functions/_mpsdscope")):
            with open(f"{root}/usr/local/share/{path}", "rb") as script:
                self.assertEqual(script.read(), run("completion", shell).out)

    @unittest.skipUnless(platform.machine() == "x86_64", "elsewhere nothing depends on the processor")
    def test_the_preset_of_the_package_needs_no_newer_processor(self):
        # One that has AVX2 has SSE4.2, with which llhttp looks for the end of a field.
        def searches(preset):
            build = scope.scratch(preset)
            do("cmake", "--preset", preset, "-B", build, "-DMPSDSCOPE_TESTS=OFF", cwd=REPOSITORY)
            do("cmake", "--build", build, "--target", "llhttp_sources")
            return do("objdump", "-d", f"{build}/libllhttp_sources.a").count("pcmpestri")
        self.assertEqual(searches("package"), 0)
        with open("/proc/cpuinfo", encoding="ascii") as file:
            newer = {"avx2", "fma", "bmi1", "bmi2"} <= set(file.read().split())
        self.assertEqual(searches("release") > 0, newer)

    def test_debian_package(self):
        folder, root = scope.scratch("packages"), scope.scratch("root")
        do("cpack", "-G", "DEB", "-B", folder, "--config", f"{BUILD}/CPackConfig.cmake")
        architecture = do("dpkg", "--print-architecture").strip()
        version = run("--version").out.decode().split()[1]
        package = f"{folder}/mpsdscope_{version}_{architecture}.deb"
        fields = dict(re.findall(r"^([\w-]+): (.*)$", do("dpkg-deb", "-f", package), re.M))
        self.assertEqual({name: fields[name] for name in ("Package", "Version", "Architecture", "Section", "Priority")},
                         {"Package": "mpsdscope", "Version": version, "Architecture": architecture, "Section": "net", "Priority": "optional"})
        self.assertRegex(fields["Maintainer"], r"^[\w ]+ <[^@ ]+@[^@ ]+>$")
        self.assertLess(len(fields["Description"]), 80)
        # As the linker says; the numbers are the distribution's.
        depends = {re.match(r"[a-z.+-]+?(?=[\d.]|$)", name.strip()).group() for name in fields["Depends"].split(",")}
        self.assertLessEqual({"libc", "libpcap", "libssl", "libnghttp", "libncursesw", "libre"}, depends)
        for line in do("dpkg-deb", "-c", package).splitlines():
            self.assertIn(" root/root ", line)
        do("dpkg-deb", "-x", package, root)
        self.assertEqual(modes(f"{root}/usr"), {**FILES, "share/zsh/vendor-completions/_mpsdscope": 0o644})
        self.assertEqual(os.listdir(root), ["usr"])
        self.works(f"{root}/usr/bin/mpsdscope")
        done = do("fish", "-c", "complete -C 'mpsdscope rep'", env={
            **os.environ, "HOME": scope.scratch("home"), "XDG_CONFIG_HOME": "", "XDG_DATA_DIRS": f"{root}/usr/share:/usr/share",
            "PATH": f"{root}/usr/bin:{os.environ['PATH']}"})
        self.assertTrue(done.startswith("replay\t"), done)
        with open(f"{root}/usr/bin/mpsdscope", "rb") as program:
            self.assertNotIn(REPOSITORY.encode() + b"/", program.read())
        if shutil.which("lintian"):
            found = subprocess.run(["lintian", "--fail-on", "none", package], capture_output=True, timeout=PATIENCE * 4, text=True, check=False)
            self.assertEqual([line for line in found.stdout.splitlines() if line.startswith(("E:", "W:"))], [])


class Manual(Case):
    def test_pages_are_well_formed(self):
        for name in PAGES:
            path = scope.file(page(name), name)
            done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", path], capture_output=True, timeout=PATIENCE, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (0, ""))
            self.assertRegex(do("mandoc", "-T", "ascii", "-O", "width=78", path).replace("\b", ""), "S+E+ +A+L+S+O+")

    def test_man_shows_them(self):
        for name in PAGES:
            done = subprocess.run(["man", "--warnings=w", "-l", scope.file(page(name), name)], capture_output=True, timeout=PATIENCE,
                                  text=True, env={**os.environ, "MANWIDTH": "78", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"}, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("SEE ALSO", done.stdout)

    def test_nothing_is_left_to_fill_in(self):
        for name in PAGES:
            self.assertNotRegex(page(name), r"@[a-zA-Z]+@")

    def test_every_key_of_the_configuration_is_told(self):
        text = page("mpsdscope-config.5").replace("\\-", "-")
        printed = run("config").out.decode()
        keys = re.findall(r"^([\w-]+) = ", printed, re.M)
        self.assertGreater(len(keys), 50)
        for key in keys:
            self.assertTrue(re.search(rf"(\\fB|^\.BR ){re.escape(key)}\b", text, re.M), key)
        for section in re.findall(r"^\[(\w+)", printed, re.M):
            self.assertTrue(re.search(rf"^\.SS \[{section}", text, re.M), section)

    def test_the_example_is_a_configuration(self):
        example = re.search(r"^\.EX\n(.*?)^\.EE", page("mpsdscope-config.5"), re.M | re.S).group(1).replace("\\-", "-")
        done = run("config", "--config", scope.file(example, "config.toml"))
        self.assertEqual(done.code, 0, done.err)
        self.assertIn('0A6D2730 = "Harbour Lights"', done.out.decode())

    def test_every_variable_that_the_program_reads_is_told(self):
        read = set()
        for folder, _, names in os.walk(os.path.join(REPOSITORY, "tools")):
            for name in names:
                if name.endswith((".cc", ".h")):
                    with open(os.path.join(folder, name), encoding="utf-8") as file:
                        read |= set(re.findall(r'"(MPSDSCOPE_[A-Z_]+|SSLKEYLOGFILE|NO_COLOR|COLUMNS|XDG_\w+)"', file.read()))
        self.assertGreater(len(read), 6)
        text = page("mpsdscope.1")
        for name in read:
            self.assertIn(name, text)


if __name__ == "__main__":
    scope.main()
