"""A type is defined in one header only: the linker takes any one of two that have a name in common, and says nothing."""
import collections
import re
import unittest

import repository

# At the beginning of a line: of the namespace of the whole program, not within a class.
DEFINITION = re.compile(r"^(?:struct|class|enum class) (\w+)(?: final)?(?: :[^;{]*)? ?\{", re.MULTILINE)


def defined_twice(files):
    places = collections.defaultdict(list)
    for path, text in files:
        for name in DEFINITION.findall(text):
            places[name].append(path)
    return [f"{name}: {', '.join(paths)}" for name, paths in sorted(places.items()) if len(paths) > 1]


class Types(unittest.TestCase):
    def test_no_type_is_defined_in_two_headers(self):
        headers = [(path, text) for path, text in repository.files(".h") if not path.startswith("tests/")]
        self.assertGreater(len(headers), 50)
        self.assertEqual(defined_twice(headers), [])

    def test_the_lint_can_fail(self):
        one, other = ("a.h", "struct Thing {\n};\n"), ("b.h", "class Thing final : public Base {\n};\n")
        self.assertEqual(defined_twice([one, other]), ["Thing: a.h, b.h"])
        self.assertEqual(defined_twice([one, ("b.h", "struct Thing;\nclass Box {\n  struct Thing {\n  };\n};\n")]), [])


if __name__ == "__main__":
    unittest.main()
