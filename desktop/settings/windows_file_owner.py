"""Asks Windows for the ProgramData folder, and whether an administrator owns a file.

Asked of the system, never of the environment: %PROGRAMDATA% is a variable anybody can set.
Sources: learn.microsoft.com, SHGetKnownFolderPath, GetNamedSecurityInfoW, well-known SIDs.
"""

import sys
from pathlib import Path

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes
    from uuid import UUID

    _PROGRAM_DATA = UUID("62AB5D82-FDC1-4DC3-A9DD-070D1D495D97").bytes_le
    # SE_FILE_OBJECT and OWNER_SECURITY_INFORMATION (winnt.h, accctrl.h).
    _FILE_OBJECT = 1
    _OWNER = 1
    # Administrators, the system itself, TrustedInstaller.
    _ADMINISTRATORS = (
        "S-1-5-32-544",
        "S-1-5-18",
        "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
    )

    def program_data() -> Path:
        """Ask Windows for the ProgramData folder, where a managed policy lies."""
        found = ctypes.c_wchar_p()
        ctypes.windll.shell32.SHGetKnownFolderPath(_PROGRAM_DATA, 0, None, ctypes.byref(found))
        try:
            return Path(found.value or r"C:\ProgramData")
        finally:
            ctypes.windll.ole32.CoTaskMemFree(found)

    def owned_by_administrator(path: Path) -> bool:
        """Whether Windows names the system or the administrators as the policy file's owner."""
        owner, descriptor = ctypes.c_void_p(), ctypes.c_void_p()
        failed = ctypes.windll.advapi32.GetNamedSecurityInfoW(
            str(path),
            _FILE_OBJECT,
            _OWNER,
            ctypes.byref(owner),
            None,
            None,
            None,
            ctypes.byref(descriptor),
        )
        if failed:
            return False
        try:
            text = wintypes.LPWSTR()
            if not ctypes.windll.advapi32.ConvertSidToStringSidW(owner, ctypes.byref(text)):
                return False
            sid = text.value
            ctypes.windll.kernel32.LocalFree(text)
            return sid in _ADMINISTRATORS
        finally:
            ctypes.windll.kernel32.LocalFree(descriptor)
