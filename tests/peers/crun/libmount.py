"""libmount - as much of util-linux's Python module as crun's tests use, over the C library.

Debian does not package the module, and without it test_mounts.py says that it has no tests.
The parsing is libmount.so's own."""

import ctypes
import os

_lib = ctypes.CDLL("libmount.so.1")
_FORWARD = 0  # MNT_ITER_FORWARD


def _declare(name, result, *arguments):
    function = getattr(_lib, name)
    function.restype, function.argtypes = result, arguments
    return function


_new_table = _declare("mnt_new_table_from_file", ctypes.c_void_p, ctypes.c_char_p)
_unref_table = _declare("mnt_unref_table", None, ctypes.c_void_p)
_find_target = _declare("mnt_table_find_target", ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int)
_vfs_options = _declare("mnt_fs_get_vfs_options", ctypes.c_char_p, ctypes.c_void_p)
_fs_options = _declare("mnt_fs_get_fs_options", ctypes.c_char_p, ctypes.c_void_p)


class Fs:
    def __init__(self, fs):
        self.vfs_options = (_vfs_options(fs) or b"").decode()
        self.fs_options = (_fs_options(fs) or b"").decode()


class Table:
    def __init__(self, path):
        self._table = _new_table(os.fsencode(path))
        if not self._table:
            raise OSError("libmount cannot read %s" % path)

    def __del__(self):
        _unref_table(self._table)

    def find_target(self, target):
        fs = _find_target(self._table, os.fsencode(target), _FORWARD)
        if not fs:
            raise LookupError("nothing is mounted at %s" % target)
        return Fs(fs)
