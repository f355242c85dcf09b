"""The sources that the lints look at."""
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = ("capture", "decode", "rules", "tools", "tests")


def files(*suffixes, folders=FOLDERS):
    """(path below the root, text) of every source file with one of the suffixes, in order."""
    for folder in folders:
        for directory, _, names in sorted(os.walk(os.path.join(ROOT, folder))):
            for name in sorted(names):
                if name.endswith(suffixes) and "__pycache__" not in directory:
                    path = os.path.join(directory, name)
                    with open(path, encoding="utf-8") as file:
                        yield os.path.relpath(path, ROOT), file.read()


def without_comments(code):
    """C++ with comments and the insides of string literals blanked; line numbers stay."""
    token = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)

    def blank(match):
        text = match.group()
        keep = re.sub(r"[^\n]", " ", text)
        return f'"{keep[1:-1]}"' if text[0] == '"' else keep
    return token.sub(blank, code)
