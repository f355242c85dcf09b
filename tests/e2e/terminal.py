"""A terminal to run the program in: tmux, driven by keys and looked at as text. Imported by the tests beside it."""
import itertools
import os
import shlex
import subprocess
import time

import scope

_sockets = itertools.count()
# What the program finds, ends as, and leaves behind; then the terminal goes on, so that it can be looked at.
SCRIPT = """stty -g >{before}
{command}
echo $? >{code}
stty -g >{after}
printf 'back again\\n'
exec cat
"""


class Terminal:
    """Runs a command in a terminal of its own; `raw` collects every byte that the command writes to it."""

    def __init__(self, *command, width=80, height=24, environment=None):
        self.socket = os.path.join(scope.scratch("tmux"), "")[:-1]
        self.raw = scope.file(b"", "raw")
        self.before, self.after, self.code_file = scope.scratch("before"), scope.scratch("after"), scope.scratch("code")
        # A shell between would only take the blame for a command that is killed.
        script = scope.file(SCRIPT.format(before=self.before, after=self.after, code=self.code_file,
                                          command="(exec " + " ".join(map(shlex.quote, map(str, command))) + ")"), "run.sh")
        variables = {**os.environ, "LC_ALL": "C.UTF-8", "COLORTERM": "", **(environment or {})}
        for name in ("TMUX", "TMUX_PANE", "COLUMNS", "LINES"):
            variables.pop(name, None)
        gate = scope.scratch("gate")
        os.mkfifo(gate)
        # The command waits until its bytes are collected.
        subprocess.run(["tmux", "-u", "-f", "/dev/null", "-S", self.socket, "new-session", "-d", "-x", str(width), "-y", str(height),
                        f"read go <{gate}; exec sh {script}"], env=variables, check=True, timeout=scope.PATIENCE)
        self.tmux("set-option", "-g", "remain-on-exit", "on")
        self.tmux("pipe-pane", "-O", f"cat >{self.raw}")
        with open(gate, "w", encoding="ascii") as out:
            out.write("\n")

    def tmux(self, *arguments):
        done = subprocess.run(["tmux", "-S", self.socket, *arguments], capture_output=True, timeout=scope.PATIENCE, check=True)
        return done.stdout.decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], capture_output=True, timeout=scope.PATIENCE, check=False)

    def screen(self):
        """What is to be seen, a line each."""
        return self.tmux("capture-pane", "-p").split("\n")

    def text(self):
        return "\n".join(self.screen())

    def send(self, *keys):
        """Names of keys as tmux knows them: Enter, Up, F1; or characters."""
        self.tmux("send-keys", *keys)

    def type(self, text):
        self.tmux("send-keys", "-l", text)

    def resize(self, width, height):
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    def wait(self, *wanted, gone=()):
        """Until all of these texts are to be seen, and none of those; returns the text."""
        end = time.monotonic() + scope.PATIENCE
        while True:
            text = self.text()
            if all(one in text for one in wanted) and not any(one in text for one in gone):
                return text
            if time.monotonic() > end:
                raise AssertionError(f"not within {scope.PATIENCE} s: {wanted}, without {gone}\n{text}")
            time.sleep(0.05)

    def state(self):
        """Whether programs have the alternate screen, whether there is a cursor, which keys are in application mode."""
        return self.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag} #{keypad_cursor_flag}").strip()

    def wait_for_the_end(self):
        """The exit code, once the command is over."""
        self.wait("back again")
        with open(self.code_file, encoding="ascii") as file:
            return int(file.read())

    def is_as_before(self):
        with open(self.before, encoding="ascii") as before, open(self.after, encoding="ascii") as after:
            return before.read() == after.read() and self.state() == "0 1 0"

    def pid(self, name):
        """The process id of the program that runs in it."""
        shell = int(self.tmux("display-message", "-p", "#{pane_pid}"))
        end = time.monotonic() + scope.PATIENCE
        while time.monotonic() < end:
            for pid in descendants(shell):
                if command_of(pid) == name:
                    return pid
            time.sleep(0.05)
        raise AssertionError(f"no {name} beneath {shell}")


def descendants(pid):
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                for child in map(int, file.read().split()):
                    found += [child, *descendants(child)]
    except OSError:
        pass  # it is over
    return found


def command_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""
