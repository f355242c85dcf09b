"""Files stay short enough to read, and each folder says what it is."""
import os
import unittest

import repository

MOST_LINES = 400
MOST_LINES_OF_A_TEST = 600  # tables of cases
READMES = ("", "capture", "decode", "rules", "tools", "tests")


def too_long(path, text):
    lines, most = text.count("\n"), MOST_LINES_OF_A_TEST if path.startswith("tests/") else MOST_LINES
    return [f"{path}: {lines} lines, more than {most}: split it by noun"] if lines > most else []


def missing_readmes(root, folders):
    return [folder or "." for folder in folders if not os.path.isfile(os.path.join(root, folder, "README.md"))]


class Files(unittest.TestCase):
    def test_no_file_is_too_long(self):
        seen, found = 0, []
        for path, text in repository.files(".h", ".cc", ".py", ".sh"):
            seen += 1
            found += too_long(path, text)
        self.assertGreater(seen, 50)
        self.assertEqual(found, [])

    def test_each_folder_has_a_readme(self):
        self.assertEqual(missing_readmes(repository.ROOT, READMES), [])

    def test_the_lints_can_fail(self):
        self.assertEqual(len(too_long("x.cc", "x\n" * (MOST_LINES + 1))), 1)
        self.assertEqual(too_long("x.cc", "x\n" * MOST_LINES), [])
        self.assertEqual(len(too_long("tests/x.cc", "x\n" * (MOST_LINES_OF_A_TEST + 1))), 1)
        self.assertEqual(missing_readmes(repository.ROOT, ("decode/nowhere",)), ["decode/nowhere"])


if __name__ == "__main__":
    unittest.main()
