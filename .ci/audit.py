"""Name the installed libraries that have known faults: `make audit`.

pip-audit (Apache 2.0, kept by PyPA) is installed into a folder of its own, and asks the package index. Where that
cannot be reached, this says so and ends with exit code 0. Exit code 1 if a fault is known.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path


def main() -> int:
    """Ask, print a line for each fault, and return the exit code."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "freeze", "--exclude-editable"], capture_output=True, text=True, check=True
    )
    with tempfile.TemporaryDirectory() as folder:
        names = Path(folder, "installed.txt")
        names.write_text("".join(line + "\n" for line in listed.stdout.splitlines() if "==" in line))
        tools = Path(folder, "tools")
        subprocess.run([sys.executable, "-m", "venv", tools], check=True)
        python = next(path for path in (tools / "bin" / "python", tools / "Scripts" / "python.exe") if path.exists())
        if subprocess.run([python, "-m", "pip", "install", "-qq", "pip-audit"], check=False).returncode:
            print("audit: skipped, pip-audit cannot be installed here")
            return 0
        options = ["--no-deps", "--disable-pip", "--timeout", "10", "--progress-spinner", "off", "--format", "json"]
        asked = subprocess.run(
            [python, "-m", "pip_audit", "-r", names, *options], capture_output=True, text=True, check=False
        )
    try:
        libraries = json.loads(asked.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(f"audit: skipped, the index of faults cannot be reached here ({asked.stderr.strip()[-200:]})")
        return 0
    known = [one for one in libraries if "skip_reason" not in one]
    if not known:
        print("audit: skipped, the index of faults knows none of the libraries here")
        return 0
    faulty = [one for one in known if one["vulns"]]
    for one in faulty:
        for fault in one["vulns"]:
            mended = " ".join(fault["fix_versions"]) or "no version"
            print(f"audit: {one['name']} {one['version']}: {fault['id']}, mended in {mended}")
    print(f"audit: {len(known)} of {len(libraries)} libraries known, {len(faulty)} with a fault")
    return 1 if faulty else 0


if __name__ == "__main__":
    sys.exit(main())
