"""How the full screen keeps up: `mpsdscope tail --screen -v` in tmux at 300x100 while a log grows by 50,000 records a second.

    screen.py PROGRAM DIRECTORY [SECONDS]
"""
import os
import re
import shutil
import subprocess
import sys
import time

RATE = 50_000
WIDTH, HEIGHT = 300, 100
PATIENCE = 60


def line(number):
    status, row = (429, "429") if number % 10 == 0 else (200, "200")
    return ('{"type":"exchange","ts":"2026-11-23T08:%02d:%02d.%06dZ","host":"sessiondirectory.xboxlive.com","method":"GET","uri":"https://'
            'sessiondirectory.xboxlive.com/serviceconfigs/7492baca-c1b4-440d-a391-b7ef0a6d2730/sessiontemplates/quick/sessions/s%d",'
            '"status":%d,"row":"%s","target":"session","scid":"7492baca-c1b4-440d-a391-b7ef0a6d2730","template":"quick","session":"s%d",'
            '"title_id":"0A6D27%02X","user_id":"25332749088%05d","elapsed_ms":35.400,"client":"10.20.0.14:51009","server":"203.0.113.10:443",'
            '"conn":%d,"stream":1,"http":"1.1","tls":true,"defects":[],"violations":[]}\n'
            % (number // (60 * RATE) % 60, number // RATE % 60, number % RATE * 20, number % 500, status, row, number % 500,
               number % 20, number % 3000, number))


class Tmux:
    def __init__(self, folder, command):
        self.socket = os.path.join(folder, "tmux")
        self.call("-f", "/dev/null", "new-session", "-d", "-x", str(WIDTH), "-y", str(HEIGHT), command)

    def call(self, *arguments):
        return subprocess.run(["tmux", "-u", "-S", self.socket, *arguments], check=True, capture_output=True, timeout=PATIENCE,
                              env={**os.environ, "LC_ALL": "C.UTF-8"}).stdout.decode()

    def wait(self, text):
        end = time.monotonic() + PATIENCE
        while text not in self.call("capture-pane", "-p"):
            if time.monotonic() > end:
                sys.exit(f"not on the screen within {PATIENCE} s: {text}\n" + self.call("capture-pane", "-p"))
            time.sleep(0.05)


def main(program, folder, seconds):
    folder = os.path.join(folder, "screen")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    log, told = os.path.join(folder, "play.jsonl"), os.path.join(folder, "told")
    pieces = ["".join(line(second * RATE + i) for i in range(RATE)) for second in range(seconds)]
    open(log, "w", encoding="ascii").close()
    tmux = Tmux(folder, f"'{program}' tail --screen -v '{log}' 2>'{told}'; sleep {PATIENCE}")
    tmux.wait("No record yet")
    begun = time.monotonic()
    with open(log, "a", encoding="ascii") as out:
        for second, piece in enumerate(pieces):
            tenth = len(piece) // 10
            for part in range(10):
                out.write(piece[part * tenth:(part + 1) * tenth if part < 9 else None])
                out.flush()
                time.sleep(max(0.0, begun + second + (part + 1) / 10 - time.monotonic()))
    written = time.monotonic()
    tmux.wait(f"{RATE * seconds:,} records")
    print(f"{RATE * seconds:,} records in {written - begun:.1f} s, all counted {time.monotonic() - written:.2f} s later")
    with open(f"/proc/{pid_of(program)}/status", encoding="ascii") as status:
        print("memory " + re.search(r"VmHWM:\s*(.*)", status.read()).group(1) + " at most")
    tmux.call("send-keys", "q")
    end = time.monotonic() + PATIENCE
    while "drew the screen" not in open(told, encoding="utf-8").read() and time.monotonic() < end:
        time.sleep(0.05)
    print(open(told, encoding="utf-8").read().strip())
    tmux.call("kill-server")


def pid_of(program):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if words[0] == program.encode() and b"--screen" in words:
            return pid
    return sys.exit("the program is gone")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 10)
