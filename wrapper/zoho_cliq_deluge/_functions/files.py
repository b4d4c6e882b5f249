"""Functions of files."""

from __future__ import annotations

import io
import zipfile
import zlib

from .._values.context import Context
from .._values.types import File, Value
from ..failures import Failure
from .conversions import media_type
from .registry import builtin

__all__: list[str] = []

_MOST_FILES = 1000
_CHARSETS = frozenset({"utf-8", "utf-16", "utf-16le", "utf-16be", "iso-8859-1", "us-ascii", "windows-1252"})


@builtin("getFileName")
def get_file_name(context: Context, file: File) -> Value:
    """Return the file's name."""
    return file.name


@builtin("getFileType")
def get_file_type(context: Context, file: File) -> Value:
    """Return the file's media type."""
    return file.type


@builtin("getFileSize")
def get_file_size(context: Context, file: File) -> Value:
    """Return the number of bytes."""
    return len(file.content)


@builtin("getFileContent")
def get_file_content(context: Context, file: File) -> Value:
    """Return the content as text."""
    context.budget.charge(len(file.content))
    return file.content.decode(file.charset, "replace")


@builtin("setFileName")
def set_file_name(context: Context, file: File, name: str) -> None:
    """Set the file's name."""
    file.name = name


@builtin("setFileType")
def set_file_type(context: Context, file: File, media: str) -> None:
    """Set the file's media type; the content does not change."""
    file.type = media


@builtin("setParamName")
def set_param_name(context: Context, file: File, name: str) -> None:
    """Set the form field under which an upload carries the file."""
    file.param_name = name


@builtin("setCharset")
def set_charset(context: Context, file: File, charset: str) -> None:
    """Set the encoding in which the content is read."""
    if charset.lower() not in _CHARSETS:
        raise Failure(f'there is no charset "{charset[:20]}"; known are {", ".join(sorted(_CHARSETS))}')
    file.charset = charset


@builtin("compress")
def compress(context: Context, file: File, name: str | None = None) -> Value:
    """Return a ZIP archive that holds the file."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(file.name or "file"), file.content, zipfile.ZIP_DEFLATED)
    content = target.getvalue()
    context.budget.charge(len(content))
    return File(name or f"{file.name}.zip", content, "application/zip")


@builtin("extract")
def extract(context: Context, file: File) -> Value:
    """Return the files that a ZIP archive holds, as a list."""
    try:
        with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > _MOST_FILES:
                raise Failure(f"the archive holds more than {_MOST_FILES:,} files")
            found = []
            for entry in entries:
                context.budget.charge(entry.file_size + 100)
                with archive.open(entry) as stream:
                    content = stream.read(entry.file_size)
                found.append(File(entry.filename, content, media_type(entry.filename)))
            return found
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, OSError):
        raise Failure("the file is not a ZIP archive that can be read") from None


@builtin("setFilePassword", "convertToPDF")
def outside(context: Context, file: File, *arguments: Value) -> Value:
    """Raise an error: the function exists only on Zoho's servers."""
    raise Failure("Zoho's servers do this, and it cannot be done here")
