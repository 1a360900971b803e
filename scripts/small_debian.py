"""A small Debian in a directory, made by debootstrap, and commands in it: for scripts/real-programs and scripts/other-machines."""

import os
import pathlib
import subprocess
import tempfile

AS_ROOT = [] if os.geteuid() == 0 else ["sudo"]
APT = """\
APT::Install-Recommends "false";
APT::Get::Assume-Yes "true";
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
quiet "1";
"""


class Failure(Exception):
    """Something that had to work did not."""


def run(command, **options):
    """Runs a command to its end and answers what it printed; its words are in the failure."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, text=True, errors="replace", **options)
    if done.returncode != 0:
        raise Failure(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


def own_release():
    """The release of this machine."""
    lines = pathlib.Path("/etc/os-release").read_text().split("\n")
    return dict(line.split("=", 1) for line in lines if line)["VERSION_CODENAME"]


class Debian:
    """One that is in `place`; commands have processes and mounts of their own, which end with them."""

    def __init__(self, place, release):
        self.place, self.release = place, release

    def make(self, architectures=()):
        """Makes it if it is not there, and learns which packages there are. `scripts/prepare` has installed debootstrap."""
        if not (self.place / "complete").exists():
            run([*AS_ROOT, "rm", "-rf", self.place])
            run([*AS_ROOT, "/usr/sbin/debootstrap", "--variant=minbase", self.release, self.place])
            # No service is started, and nothing comes that was not asked for.
            self.put("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", "755")
            self.put("etc/apt/apt.conf.d/90quiet", APT, "644")
            for architecture in architectures:
                self.inside("dpkg", "--add-architecture", architecture)
            run([*AS_ROOT, "mkdir", self.place / "complete"])
        self.inside("apt-get", "update")

    def put(self, path, text, mode):
        """Writes a file."""
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(text)
            file.flush()
            run([*AS_ROOT, "install", "-m", mode, file.name, self.place / path])

    def inside(self, *command, timeout=None, bind=(), directory="/", **environment):
        """Runs a command in it and answers what it printed. `bind` has directories of this machine and where they are seen."""
        settings = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8",
                    "DEBIAN_FRONTEND": "noninteractive", **environment}
        mounts = "".join(f'mkdir -p "$root{seen}"; mount --bind "{real}" "$root{seen}"; ' for real, seen in bind)
        script = f'set -e; root=$1; shift; {mounts}mount -t proc proc "$root/proc"; exec chroot "$root" "$@"'
        wrapper = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script, "sh", self.place,
                   "env", "-i", f"--chdir={directory}", *(f"{name}={value}" for name, value in settings.items())]
        return run([*AS_ROOT, *wrapper, *command], timeout=timeout)

    def shell(self, script, **options):
        return self.inside("sh", "-c", script, **options)
