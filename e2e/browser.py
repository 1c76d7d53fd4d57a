"""Where Chromium is on this machine; run as a program, it installs one when there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Playwright, sync_playwright

PROGRAMS = [
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "chrome",
    "microsoft-edge-stable",
    "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
]


def main():
    if not (look() or install() or look()):
        sys.exit("No Chromium was found or could be installed. Install one, or name it in SERGIO_BROWSER.")


def look() -> str | None:
    with sync_playwright() as playwright:
        path = find(playwright)
    if path:
        print(f"The browser tests will use {path}")
    return path


def find(playwright: Playwright) -> str | None:
    """The path of the browser to drive: SERGIO_BROWSER, else Playwright's own, else one of this machine's."""
    named = os.environ.get("SERGIO_BROWSER")
    own = playwright.chromium.executable_path
    if named or Path(own).exists():
        return named or own
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


def install():
    """Debian's package where we may add packages, with the libraries it needs; elsewhere Playwright's own build."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        print("Installing Chromium from this machine's packages. This takes about a minute.", flush=True)
        os.environ["DEBIAN_FRONTEND"] = "noninteractive"
        subprocess.call(["apt-get", "update", "-qq"])
        subprocess.call(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-liberation"])
    else:
        print("Downloading Chromium.", flush=True)
        subprocess.call([sys.executable, "-m", "playwright", "install", "chromium"])


if __name__ == "__main__":
    main()
