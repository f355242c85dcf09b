"""Completion in real shells, and that neither it nor the manual page lacks an option that --help has."""
import gzip
import os
import re
import subprocess

import scope
import terminal
from scope import PATIENCE, PROGRAM, Case, run

PROGRAM_PATH = os.path.abspath(PROGRAM)
MANUAL = os.path.join(os.path.dirname(PROGRAM_PATH), "tools", "package", "mpsdscope.1.gz")
# Typed before the tab, and what the line is then.
LINES = (
    ("mpsdscope rep", "mpsdscope replay "),
    (f"{PROGRAM_PATH} rep", f"{PROGRAM_PATH} replay "),
    ("mpsdscope ca exp", "mpsdscope ca export "),
    ("mpsdscope replay --form", "mpsdscope replay --format "),
    ("mpsdscope replay --format j", "mpsdscope replay --format jsonl "),
    ("mpsdscope replay --format=j", "mpsdscope replay --format=jsonl "),
    ("mpsdscope replay -q --severity 412-no-e", "mpsdscope replay -q --severity 412-no-etag="),
    ("mpsdscope replay --severity 412-no-etag=err", "mpsdscope replay --severity 412-no-etag=error "),
    ("mpsdscope replay --severity=412-no-etag=err", "mpsdscope replay --severity=412-no-etag=error "),
    ("mpsdscope tail --filter rule:412-no-e", "mpsdscope tail --filter rule:412-no-etag "),
    ("mpsdscope tail --filter sess", "mpsdscope tail --filter session:"),
    ("mpsdscope proxy --mode rev", "mpsdscope proxy --mode reverse:https://"),
    ("mpsdscope rules 403-m", "mpsdscope rules 403-message "),
    ("mpsdscope replay pla", "mpsdscope replay play.pcapng "),
    ("mpsdscope replay --out=pla", "mpsdscope replay --out=play.pcapng "),
    ("mpsdscope proxy --client-cert h=pla", "mpsdscope proxy --client-cert h=play.pcapng "),
    ("mpsdscope replay --keylog two", "mpsdscope replay --keylog two\\ words.log "),
    ("mpsdscope proxy --ca-dir da", "mpsdscope proxy --ca-dir dan/"),
    ("mpsdscope replay 2>/dev/null --al", "mpsdscope replay 2>/dev/null --all "),
)


def folder():
    """A directory with the files that LINES are about."""
    path = scope.scratch("folder")
    os.makedirs(os.path.join(path, "dan"))
    for name in ("play.pcapng", "two words.log", "dawn.log"):
        with open(os.path.join(path, name), "wb"):
            pass
    return path


def environment():
    return {"PATH": os.path.dirname(PROGRAM_PATH) + ":" + os.environ["PATH"], "HOME": scope.scratch("nobody")}


def candidates(*words):
    return [line.split("\t")[0] for line in run("__complete", *words).out.decode().splitlines()[1:]]


class InATerminal(Case):
    def lines(self, shell, lines=LINES):
        """Types each line, the tab and an X, and looks at where the X is."""
        for typed, wanted in lines:
            with self.subTest(typed=typed):
                shell.send("C-u")
                shell.type(typed)
                shell.send("Tab")
                shell.type("X")
                shell.wait(wanted + "X")

    def open(self, *command):
        shell = terminal.Terminal("env", "-C", folder(), "PS1=READY> ", *command, width=250, environment=environment())
        self.addCleanup(shell.__exit__)
        shell.wait("READY>")
        return shell

    def test_bash(self):
        for breaks in ("", "COMP_WORDBREAKS=${COMP_WORDBREAKS//[:=]/}; "):
            shell = self.open("bash", "--norc", "--noprofile", "-i")
            shell.type(breaks + "source <(mpsdscope completion bash) && echo SOUR''CED")
            shell.send("Enter")
            shell.wait("SOURCED")
            if breaks:  # readline alone completes a file's name, without regard to what is before it
                shell.type("mpsdscope replay --severity 412-no-etag=err")
                shell.send("Tab")
                shell.type("X")
                shell.wait("mpsdscope replay --severity 412-no-etag=error X")
            else:
                self.lines(shell)

    def test_zsh(self):
        functions = scope.scratch("functions")
        os.mkdir(functions)
        with open(os.path.join(functions, "_mpsdscope"), "wb") as script:
            script.write(run("completion", "zsh").out)
        setup = "autoload -U compinit && compinit -u -D"
        for begin, lines in ((f"{setup} && source <(mpsdscope completion zsh)", LINES),
                             (f"fpath=({functions} $fpath) && {setup}", LINES[:1] + LINES[-1:])):  # as it is installed
            shell = self.open("zsh", "-f", "-i")
            shell.type(begin + " && echo SET''UP")
            shell.send("Enter")
            shell.wait("SETUP")
            self.lines(shell, lines)


class InScripts(Case):
    def test_fish(self):
        script = scope.file(run("completion", "fish").out, "mpsdscope.fish")
        lines = [line for line in LINES if "2>" not in line[0]]  # `complete -C` knows of no redirections
        commands = [f"source {script}", f"cd {folder()}", *(f"echo '> {n}'; complete -C '{typed}'" for n, (typed, _) in enumerate(lines))]
        done = subprocess.run(["fish", "--no-config", "-c", "; ".join(commands)], capture_output=True, timeout=PATIENCE, text=True,
                              env={**os.environ, **environment()}, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        answers = [block.splitlines() for block in re.split(r"^> \d+\n", done.stdout, flags=re.M)[1:]]
        for (typed, wanted), answer in zip(lines, answers, strict=True):
            token = wanted.rstrip(" ").replace("\\ ", "\0").split(" ")[-1].replace("\0", " ")
            self.assertEqual([line.split("\t")[0] for line in answer], [token], typed)

    def test_each_shell_can_read_its_script(self):
        for shell, check in (("bash", ("bash", "-n")), ("zsh", ("zsh", "-n")), ("fish", ("fish", "-n")),
                             ("bash", ("shellcheck", "--shell", "bash"))):
            done = subprocess.run([*check, scope.file(run("completion", shell).out, "script")], capture_output=True, timeout=PATIENCE,
                                  check=False)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""), shell)

    def test_a_shell_that_is_not_known(self):
        done = run("completion", "csh")
        self.assertEqual((done.code, done.out), (2, b""))
        self.assertIn("csh", done.err)


class Options(Case):
    def each_help(self, *path):
        """(command, the options in its help) of all commands."""
        text = run(*path, "--help").out.decode()
        options = {name for line in re.findall(r"^  (-.*?)(?:  .*)?$", text, re.M) for name in re.findall(r"(?<![\w-])--?[a-z][\w-]*", line)}
        yield path, options
        commands = re.search(r"^Commands:\n((?:  .*\n)+)", text, re.M)
        for name in re.findall(r"^  (\w+)", commands.group(1), re.M) if commands else ():
            yield from self.each_help(*path, name)

    def test_completion_has_all_that_help_has(self):
        seen = 0
        for path, options in self.each_help():
            self.assertIn("--help", options)
            self.assertEqual(options - set(candidates(*path, "-")), set(), path)
            seen += len(options)
            if path:
                self.assertIn(path[-1], candidates(*path))
        self.assertGreater(seen, 150)

    def test_the_manual_has_all_that_help_has(self):
        with gzip.open(MANUAL, "rt", encoding="utf-8") as file:
            page = file.read().replace("\\-", "-")
        for path, options in self.each_help():
            if path:
                self.assertIn("\\fB" + " ".join(path) + "\\fR [\\fIOPTIONS\\fR]", page)
            for option in options:
                self.assertIn(f"\\fB{option}\\fR", page)


if __name__ == "__main__":
    scope.main()
