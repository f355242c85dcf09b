"""Files of the seed corpora, and the events that targets for connections read from them."""
import pathlib
import struct

ROOT = pathlib.Path(__file__).parent / "corpus"


def event(op, data=b"", length=None):
    return struct.pack("<BH", op, len(data) if length is None else length) + data


def write(corpus, name, data):
    folder = ROOT / corpus
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
