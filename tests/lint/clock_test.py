"""Time is data: no clock is read and nobody sleeps, but at the edge."""
import re
import unittest

import repository

# Reads of a clock and waits for one. A type's name alone (steady_clock::time_point) is no read.
CLOCK = re.compile(r"(::now\s*\(|\b(?:time|ftime|clock|gettimeofday|clock_gettime|timespec_get|sleep|usleep|nanosleep"
                   r"|clock_nanosleep|sleep_for|sleep_until|wait_for|wait_until)\s*\()")
# Members and declarations that only share the name.
HARMLESS = re.compile(r"(?:\.|->|\w::)(?:time|clock)\s*\(|\b(?!return\b|else\b)\w+[&*>]*\s+[&*]?(?:time|clock)\s*\(")
# Where reading the clock is the job: the edge, where packets come in, and what only a person sees.
MAY = {"tools/progress.cc": "speed and refresh of the progress bar",
       "tools/live_file.cc": "a full disk is not asked again at every packet",
       "tools/screen/screen_loop.cc": "at most 30 pictures a second for a person's eye",
       "tools/text_queue.cc": "how long a reader that reads nothing is waited for at the end"}
FOLDERS = ("decode", "rules", "tools")  # capture/ is the edge


def reads(text):
    found = []
    for number, line in enumerate(repository.without_comments(text).splitlines(), 1):
        if CLOCK.search(HARMLESS.sub(" ", line)):
            found.append(number)
    return found


class Clock(unittest.TestCase):
    def test_no_clock_is_read(self):
        seen, found = 0, []
        for path, text in repository.files(".h", ".cc", folders=FOLDERS):
            seen += 1
            if path not in MAY:
                found += [f"{path}:{line}" for line in reads(text)]
        self.assertGreater(seen, 40)
        self.assertEqual(found, [])

    def test_the_allowlist_is_needed(self):
        texts = dict(repository.files(".h", ".cc", folders=FOLDERS))
        for path in MAY:
            self.assertTrue(reads(texts[path]), f"{path} reads no clock: take it off the list")

    def test_the_lint_can_fail(self):
        for line in ("auto t = std::chrono::system_clock::now();", "auto t = Clock::now ();", "t = time(nullptr);",
                     "x = ::time(0);", "return time(nullptr);", "gettimeofday(&tv, nullptr);", "clock_gettime(CLOCK_REALTIME, &t);",
                     "std::this_thread::sleep_for(1s);", "changed_.wait_for(lock, 1s);", "usleep(5);"):
            self.assertEqual(reads(line), [1], line)
        for line in ("// no now(): time is data", "/* time(0) */", 's = "time(0)";', "steady_clock::time_point at;",
                     "call.time();", "hh_mm_ss clock(floor(since));", "Duration elapsed_time(int x);", "CaptureTime clock() const { return clock_; }"):
            self.assertEqual(reads(line), [], line)


if __name__ == "__main__":
    unittest.main()
