"""Makes of the zip that Zappa packed the one that starts fast and is the same for the same contents.

Zappa's own zip starts from source each time: its files are dated 1980, so bytecode that looks at dates is never taken,
and a function cannot write its own. Here each module is compiled into bytecode that is taken unchecked. Libraries go
without their source: a traceback then names their file and line, without the line's text. The shop's own has both.
Which columns of a line a step stands in is left out everywhere (PYTHONNODEBUGRANGES): a quarter of the bytecode.
"""

import hashlib
import importlib.util
import os
import py_compile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy.contents import is_left_out

# Whose source stays, so that tracebacks show its lines.
OURS = ("adminpanel/", "shop/", "storefront/")
# Where Lambda unpacks it: how tracebacks name the files.
HOME = "/var/task/"
# The earliest that a zip can say.
ONE_DAY = (1980, 1, 1, 0, 0, 0)
CACHE = Path(__file__).resolve().parent.parent / ".local" / "package" / "bytecode"
READABLE = 0o644 << 16


def add_bytecode(cli: Any) -> None:
    """Zappa's `zip` callback: rewrites the package in its place."""
    rewrite(Path(cli.zip_path))


def rewrite(path: Path) -> None:
    """Leave out what is not needed, compile the rest, and put it in order, with one date."""
    draft = path.with_suffix(".draft")
    with zipfile.ZipFile(path) as packed, zipfile.ZipFile(draft, "w") as out:
        for name, content in sorted(entries(packed)):
            entry = zipfile.ZipInfo(name, ONE_DAY)
            entry.create_system, entry.external_attr = 3, READABLE
            out.writestr(entry, content, zipfile.ZIP_DEFLATED)
    draft.replace(path)


def entries(packed: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    """The files of the new zip. Zappa may have put an empty `__init__.py` twice: the last one counts."""
    for name in {each.filename for each in packed.infolist() if not each.is_dir()}:
        if is_left_out(name) or name.endswith(".pyc"):
            continue
        content = packed.read(name)
        if not name.endswith(".py"):
            yield name, content
        elif name.startswith(OURS):
            yield name, content
            yield importlib.util.cache_from_source(name), compiled(name, content)
        else:
            yield f"{name}c", compiled(name, content)


def compiled(name: str, source: bytes) -> bytes:
    """The module's bytecode, which is taken without a look at its source. Raises PyCompileError."""
    kind = f"{importlib.util.MAGIC_NUMBER!r} {os.environ.get('PYTHONNODEBUGRANGES')} {name}\n"
    key = hashlib.sha256(kind.encode() + source).hexdigest()
    kept = CACHE / key
    if not kept.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            module, draft = Path(folder) / "module.py", Path(folder) / "module.pyc"
            module.write_bytes(source)
            unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
            py_compile.compile(str(module), str(draft), HOME + name, doraise=True, invalidation_mode=unchecked)
            os.replace(draft, kept)
    return kept.read_bytes()
