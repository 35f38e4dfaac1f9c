"""Blobs in a folder, and Zstandard by each implementation."""

from __future__ import annotations

import base64
import os
import random
import tempfile
import unittest

from millrace.data import zstd
from millrace.data.artifacts import InlineBudget, load_artifact, store_artifact
from millrace.data.errors import BlobCorruptError, BlobMissingError, StoreError
from millrace.data.folder import FolderBlobStore

from .support import text_of, typescript

CONTENTS = {
    "nothing": b"",
    "little": b"x" * 511,
    "text": b"a line of text\n" * 10_000,
    "noise": random.Random(1).randbytes(100_000),
    "noise with text at the end": random.Random(2).randbytes(60_000) + b"x" * 60_000,
}


class Folder(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.mkdtemp()
        self.blobs = FolderBlobStore(self.folder)

    def files(self) -> list[str]:
        return sorted(os.path.relpath(os.path.join(at, name), self.folder) for at, _, names in os.walk(self.folder) for name in names)

    def test_both_languages_give_the_same_bytes_the_same_address(self) -> None:
        for name, content in CONTENTS.items():
            with self.subTest(name):
                blob = self.blobs.put(content)
                self.assertEqual(typescript("put", folder=tempfile.mkdtemp(), content=text_of(content)), blob)
                self.assertEqual(typescript("get", folder=self.folder, blob=blob), text_of(content))

    def test_python_reads_what_typescript_stored(self) -> None:
        for name, content in CONTENTS.items():
            with self.subTest(name):
                self.assertEqual(self.blobs.get(typescript("put", folder=self.folder, content=text_of(content))), content)

    def test_stores_the_same_content_once(self) -> None:
        self.blobs.put(CONTENTS["text"])
        self.blobs.put(CONTENTS["text"])
        self.assertEqual(len(self.files()), 1)

    def test_damage_and_absence_are_found(self) -> None:
        for name in ("little", "text", "noise"):
            blob = self.blobs.put(CONTENTS[name])
            (file,) = self.files()
            path = os.path.join(self.folder, file)
            with open(path, "r+b") as target:
                target.seek(20)
                target.write(b"\0\1\2\3")
            with self.assertRaises(BlobCorruptError):
                self.blobs.get(blob)
            os.remove(path)
            with self.assertRaises(BlobMissingError) as caught:
                self.blobs.get(blob)
            self.assertEqual(caught.exception.location, path)

    def test_a_forged_size_or_address_is_damage(self) -> None:
        blob = self.blobs.put(CONTENTS["text"])
        for forged in ({**blob, "size": 10}, {**blob, "size": blob["size"] + 1}, {**blob, "hash": "../../etc"}):
            with self.assertRaises(BlobCorruptError):
                self.blobs.get(forged)  # type: ignore[arg-type]

    def test_a_file_where_the_folder_should_be(self) -> None:
        with open(os.path.join(self.folder, "blobs"), "w", encoding="utf-8"):
            pass
        with self.assertRaises(StoreError) as caught:
            self.blobs.put(b"x")
        self.assertEqual(caught.exception.fix, "Move the file away, or name another store.")


class Inline(unittest.TestCase):
    def test_small_values_are_in_the_reference(self) -> None:
        folder = tempfile.mkdtemp()
        blobs, budget = FolderBlobStore(folder), InlineBudget()
        sizes = [4094, 4095] + [4094] * 7 + [10]
        refs = [store_artifact("x" * size, "flow.x", blobs, budget) for size in sizes]
        # Each has two quotation marks; after eight of 4 KB there is no room.
        self.assertEqual(["inline" in ref for ref in refs], [True, False] + [True] * 7 + [False])
        self.assertEqual([load_artifact(ref, blobs) for ref in refs], ["x" * size for size in sizes])

    def test_bytes_are_there_in_base64(self) -> None:
        ref = store_artifact(b"\xff\x00", "flow.x", FolderBlobStore("/none"), InlineBudget())
        self.assertEqual((ref["inline"], ref["size"]), (base64.b64encode(b"\xff\x00").decode(), 2))
        self.assertEqual(load_artifact(ref, FolderBlobStore("/none")), b"\xff\x00")


class Zstandard(unittest.TestCase):
    def test_every_implementation_that_is_here(self) -> None:
        loaders = (zstd._from_standard_library, zstd._from_zstandard, zstd._from_pyzstd, zstd._from_system)
        found = [implementation for implementation in (load() for load in loaders) if implementation is not None]
        self.assertTrue(found)
        frames = [(one.name, one.compress(memoryview(CONTENTS["text"]))) for one in found]
        for reader in found:
            for writer, frame in frames:
                with self.subTest(reader=reader.name, writer=writer):
                    self.assertEqual(reader.decompress(bytearray(frame), len(CONTENTS["text"])), CONTENTS["text"])
                    with self.assertRaises(ValueError):
                        reader.decompress(b"no frame at all", 100)

    def test_where_there_is_none_blobs_are_stored_plain_and_compressed_ones_cannot_be_read(self) -> None:
        folder = tempfile.mkdtemp()
        blob = FolderBlobStore(folder).put(CONTENTS["text"])
        known, loaders = zstd._found, {name: getattr(zstd, name) for name in vars(zstd) if name.startswith("_from_")}
        try:
            zstd._found = None
            for name in loaders:
                setattr(zstd, name, lambda: None)
            plain = FolderBlobStore(folder).put(CONTENTS["text"])
            self.assertNotIn("compression", plain)
            self.assertEqual(FolderBlobStore(folder).get(plain), CONTENTS["text"])
            with self.assertRaises(zstd.ZstdMissingError) as caught:
                FolderBlobStore(folder).get(blob)
            self.assertEqual(
                caught.exception.fix, "Add zstandard to the step's requirements, use Python 3.14, or install the system's libzstd."
            )
        finally:
            zstd._found = known
            for name, load in loaders.items():
                setattr(zstd, name, load)


if __name__ == "__main__":
    unittest.main()
