"""Includes follow the direction of the folders: decode <- capture, rules <- tools."""
import re
import unittest

import repository

ALLOWED = {
    "decode": {"decode"},
    "capture": {"capture", "decode"},
    "rules": {"rules", "decode"},
    "tools": {"tools", "capture", "rules", "decode"},
    "tests": {"tests", "tools", "capture", "rules", "decode"},
}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.M)
# What does I/O or reads the wall clock has no business where bytes become events.
SYSTEM = re.compile(r"^(sys/socket|sys/ioctl|netinet/.*|unistd|fcntl|poll|pcap.*|fstream|iostream|thread|asio.*)(\.h|\.hpp)?$")
PURE = {"decode", "rules"}


def violations(path, text):
    folder = path.split("/")[0]
    found = []
    for match in INCLUDE.finditer(text):
        own, system = match.groups()
        if own is not None and "/" not in own:
            found.append(f'{path}: include "{own}" by its folder')
        elif own is not None and own.split("/")[0] not in ALLOWED[folder]:
            found.append(f'{path}: {folder}/ may not include "{own}"')
        elif system is not None and folder in PURE and SYSTEM.match(system):
            found.append(f"{path}: {folder}/ does no I/O and may not include <{system}>")
    return found


class Layers(unittest.TestCase):
    def test_includes_follow_the_direction(self):
        seen, found = 0, []
        for path, text in repository.files(".h", ".cc"):
            seen += 1
            found += violations(path, text)
        self.assertGreater(seen, 50)
        self.assertEqual(found, [])

    def test_the_lint_can_fail(self):
        for path, line in (("decode/x.cc", '#include "rules/call.h"'), ("decode/x.cc", '#include "tools/output.h"'),
                           ("capture/x.h", ' # include "rules/call.h"'), ("rules/x.cc", '#include "capture/packet_source.h"'),
                           ("tools/x.cc", '#include "tests/x.h"'), ("tools/x.cc", '#include "escape.h"'),
                           ("decode/x.cc", "#include <unistd.h>"), ("rules/x.cc", "#include <fstream>")):
            self.assertEqual(len(violations(path, f"#include <vector>\n{line}\n")), 1, line)
        for path, line in (("decode/x.cc", '#include "decode/y.h"'), ("capture/x.cc", "#include <pcap/pcap.h>"),
                           ("tools/x.cc", '#include "rules/call.h"'), ("tests/a/x.cc", '#include "tests/a/y.h"')):
            self.assertEqual(violations(path, line), [], line)


if __name__ == "__main__":
    unittest.main()
